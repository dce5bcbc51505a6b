"""Statements that allow less in the place of one that allows too much, the one that takes least first."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from rootwarden.facts.iam_document import Condition, Statement
from rootwarden.iam.admins.trust import trusting
from rootwarden.iam.pattern import action_pattern, resource_pattern
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.admins.attempt import Asked
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape

_PASS_ROLE: Final = "iam:passrole"  # noqa: S105 - an action
_ATTACH: Final = frozenset({"iam:attachuserpolicy", "iam:attachrolepolicy", "iam:attachgrouppolicy"})
_MOST_NAMED: Final = 15


class Narrower(msgspec.Struct, frozen=True):
    """What may stand in the place of a statement.

    Attributes:
        words: What it leaves.
        statements: The statements.
    """

    words: str
    statements: tuple[Statement, ...]


class Harmless:
    """What of an account gives nobody anything: principals that are not up, and policies only they have.

    Args:
        land: Who there is.
        up: ARNs of those that are up.
        account: Which.
    """

    def __init__(self, land: Landscape, up: Iterable[str], account: str) -> None:
        risky = set(up)
        self.holders = tuple(one for one in land.households[account].holders if one.arn not in risky)
        self.risky = tuple(one for one in land.households[account].holders if one.arn in risky)
        feared = {each.arn for one in self.risky for each in one.attachments}
        held = {each.arn: None for one in self.holders for each in one.attachments if each.arn not in feared}
        self.policies = tuple(sorted(arn for arn in held if arn))

    def services(self, statement: Statement, version: str) -> tuple[str, ...]:
        """The services that the roles a statement names lend themselves to."""
        roles = (one for one in self.holders if one.kind is Kind.ROLE and _names(statement, one, version))
        return tuple(sorted({service for one in roles for service in trusting(one.trust).services}))


def narrower(statement: Statement, version: str, asked: list[Asked], harmless: Harmless) -> Iterator[Narrower]:
    """Statements to try in the place of one.

    Args:
        statement: An allow.
        version: Of its document.
        asked: What its policy allowed on ways up.
        harmless: What of its account gives nobody anything.
    """
    entries = statement.actions or ()
    if statement.actions is not None:
        asked = [one for one in asked if any(_fits(entry, {one.action.lower()}) for entry in entries)]
    if statement.effect != "Allow" or not asked:
        return
    used = {one.action.lower() for one in asked}
    fitting = [entry for entry in entries if _fits(entry, used)]
    if fitting and all(entry.lower() in used for entry in fitting):
        rest = tuple(entry for entry in entries if entry not in fitting)
        others = (structs.replace(statement, actions=rest),) if rest else ()
        part = structs.replace(statement, actions=tuple(fitting), sid=statement.sid if not rest else "")
        for one in _less(part, version, used, asked, harmless):
            yield Narrower(one.words, (*others, *one.statements))
        if others:
            yield Narrower(f"without {_listed(fitting)}", others)
    elif fitting or statement.not_actions is not None:
        names = tuple(dict.fromkeys(one.action for one in asked))
        deny = Statement(effect="Deny", actions=names, resources=("*",))
        yield Narrower(f"with a deny of {_listed(names)} beside it", (statement, deny))


def _less(part: Statement, version: str, used: set[str], asked: list[Asked], harmless: Harmless) -> Iterator[Narrower]:
    """A statement of the used actions alone, with a condition or of fewer resources."""
    if used == {_PASS_ROLE}:
        services = harmless.services(part, version)
        if services:
            condition = Condition("StringEquals", "iam:PassedToService", services)
            yield Narrower(f"passing roles to {_listed(services)} only", (_with(part, condition),))
    if used <= _ATTACH and harmless.policies and len(harmless.policies) <= _MOST_NAMED:
        condition = Condition("ArnEquals", "iam:PolicyARN", harmless.policies)
        yield Narrower(f"attaching {_listed(harmless.policies)} only", (_with(part, condition),))
    yield from _fewer_resources(part, version, asked, harmless)


def _fewer_resources(part: Statement, version: str, asked: list[Asked], harmless: Harmless) -> Iterator[Narrower]:
    kinds = {
        one.kind for one in (*harmless.holders, *harmless.risky) if any(one.arn == each.resource for each in asked)
    }
    if not kinds or part.resources is None:
        return
    left = [one.arn for one in harmless.holders if one.kind in kinds and _names(part, one, version)]
    taken = [one.arn for one in harmless.risky if one.kind in kinds and _names(part, one, version)]
    literal = tuple(one for one in part.resources if one not in taken)
    if set(taken) <= set(part.resources) and literal:
        yield Narrower(f"without the resources {_listed(taken)}", (structs.replace(part, resources=literal),))
    elif left and len(left) <= _MOST_NAMED:
        yield Narrower(f"on {_listed(left)} only", (structs.replace(part, resources=tuple(sorted(left))),))
    if part.resources == ("*",) and taken and len(taken) <= _MOST_NAMED:
        spared = structs.replace(part, resources=None, not_resources=tuple(sorted(taken)))
        yield Narrower(f"not on {_listed(taken)}", (spared,))


def _with(part: Statement, condition: Condition) -> Statement:
    return structs.replace(part, conditions=(*part.conditions, condition))


def _names(statement: Statement, holder: Holder, version: str) -> bool:
    if statement.resources is None:
        return False
    patterns = (resource_pattern(one, version) for one in statement.resources)
    return any(one.matches(holder.arn) is True for one in patterns)


def _fits(entry: str, used: set[str]) -> bool:
    pattern = action_pattern(entry)
    return pattern is not None and any(pattern.matches(one) is True for one in used)


def _listed(names: Iterable[str]) -> str:
    shown = [f"`{one}`" for one in islice(names, 4)]
    more = len(list(names)) - len(shown) if isinstance(names, list | tuple) else 0
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
