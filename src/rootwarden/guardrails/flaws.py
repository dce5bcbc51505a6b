"""Why statements that are meant for root do not reach it, and where policies bind nobody or bar too much.

Nothing is recognised by its spelling. A condition that keeps a Deny from a request of root is changed in one respect
(operator, partition, account, a value or a key there is not) and the statement decided again: what makes it match is
what was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from rootwarden.facts.fact import Known
from rootwarden.facts.iam_document import Condition
from rootwarden.guardrails.asking import Around, asked, statement_name
from rootwarden.guardrails.content.guardrail import Ask, Asker
from rootwarden.guardrails.standing import policies_of
from rootwarden.iam.condition import compiled
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.statement import compiled_statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.facts.iam_document import IamDocument, Statement
    from rootwarden.guardrails.standing import Attached, Landscape, Level, Standing
    from rootwarden.iam.context import Context
    from rootwarden.iam.statement import CompiledStatement, Request

_TYPES: Final = frozenset({"account", "user", "federateduser", "assumedrole", "anonymous"})
_TYPE_KEY: Final = "aws:principaltype"
_ARN_PARTS: Final = 6
_EXACT: Final = {
    "stringequals": "StringLike",
    "stringequalsignorecase": "StringLike",
    "stringequalsifexists": "StringLikeIfExists",
}


class FlawKind(StrEnum):
    """What is wrong with a policy, or with where it is."""

    OPERATOR = "wrong-operator"
    TYPE = "no-such-principal-type"
    KEY = "no-such-key"
    PARTITION = "wrong-partition"
    ACCOUNT = "other-account"
    SPARES = "spares-actions"
    ASSUME_ROOT = "bars-assume-root"
    NOBODY = "binds-nobody"
    NOTHING = "allows-nothing"


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong.

    Attributes:
        kind: What.
        policy: Name of the policy; empty for a level.
        policy_id: Its id.
        statement: Name of the statement, or empty.
        levels: Where the policy is attached.
        accounts: How many active member accounts are below.
        said: In words.
    """

    kind: FlawKind
    policy: str = ""
    policy_id: str = ""
    statement: str = ""
    levels: tuple[str, ...]
    accounts: int
    said: str


class _Repair(msgspec.Struct, frozen=True):
    """A condition with one thing changed (`None`: left out), and what that was."""

    kind: FlawKind
    said: str
    condition: Condition | None


def nearly(
    document: IamDocument, request: Request, around: Around, standing: Standing
) -> Iterator[tuple[int, FlawKind, str]]:
    """Each Deny that would match a request but for a mistake: its place, what kind of mistake, in words."""
    for index, statement in enumerate(document.statements):
        if statement.effect != "Deny":
            continue
        bare = compiled_statement(structs.replace(statement, conditions=()), document.version)
        if not bare.names_action(request.action) or bare.truth(request.resource, request.context) is False:
            continue
        repairs = _repairs(statement, document.version, request.context, around, standing)
        yield from ((index, one.kind, one.said) for one in repairs)


def _repairs(
    statement: Statement, version: str, context: Context, around: Around, standing: Standing
) -> tuple[_Repair, ...]:
    """What has to be changed in the conditions that do not hold; nothing if one of them is simply not met."""
    made: list[_Repair] = []
    for one in statement.conditions:
        if compiled(one, version).test(context).truth is not False:
            continue
        mended = _mended(one, version, context, around, standing)
        if not mended:
            return ()
        made += mended
    return tuple(made)


def _mended(one: Condition, version: str, context: Context, around: Around, standing: Standing) -> list[_Repair]:
    """The fewest changes, two at most, that make a condition hold; none where there are none."""
    changes = list(_changes(one, around, standing))
    for each in changes:
        if _holds(each, version, context):
            return [each]
    for first in changes:
        for second in _changes(first.condition, around, standing) if first.condition is not None else ():
            if _holds(second, version, context):
                return [first, second]
    return []


def _holds(repair: _Repair, version: str, context: Context) -> bool:
    return repair.condition is None or compiled(repair.condition, version).test(context).truth is True


def _changes(one: Condition, around: Around, standing: Standing) -> Iterator[_Repair]:
    test = f"`{one.operator}` of `{one.key}` with {', '.join(f'`{value}`' for value in one.values[:3])}"
    if one.key.lower() in around.no_keys:
        yield _Repair(FlawKind.KEY, f"there is no key `{one.key}`, so the condition never holds", None)
    if one.key.lower() == _TYPE_KEY and not {value.lower() for value in one.values} & _TYPES:
        said = f"{test}: there is no such type of principal; that of root is `Account`"
        yield _Repair(FlawKind.TYPE, said, None)
    like = _EXACT.get(one.operator.lower())
    if like and any("*" in value or "?" in value for value in one.values):
        said = f"{test}: the operator takes `*` for a character, so it never matches"
        yield _Repair(FlawKind.OPERATOR, said, structs.replace(one, operator=like))
    for place, wanted, kind, what in (
        (1, standing.partition, FlawKind.PARTITION, "partition"),
        (4, standing.account, FlawKind.ACCOUNT, "account"),
    ):
        changed = tuple(_with_part(value, place, wanted) for value in one.values)
        if changed != one.values:
            said = f"{test}: the {what} is `{wanted}`" if place == 1 else f"{test}: that is root of another account"
            yield _Repair(kind, said, structs.replace(one, values=changed))


def _with_part(arn: str, place: int, wanted: str) -> str:
    """An ARN with one part put in, where that part is there and has no wildcard."""
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or not parts[place] or "*" in parts[place] or "?" in parts[place] or "$" in parts[place]:
        return arn
    return ":".join((*parts[:place], wanted, *parts[place + 1 :]))


def flaws(
    landscape: Landscape, probes: Iterable[Ask], tasks: Mapping[str, tuple[str, ...]], around: Around
) -> tuple[Flaw, ...]:
    """What is wrong with the service control policies of an organization.

    Args:
        landscape: The accounts and what is attached above them.
        probes: Requests of root that guardrails deny.
        tasks: The actions of sessions of `sts:AssumeRoot`, by task policy.
        around: What is the same for every account.
    """
    sought = _Sought(tuple(one for one in probes if one.who is Asker.ROOT), tasks, around)
    below = _accounts_below(landscape)
    levels = landscape.attached.get("scp", ())
    found: dict[tuple[str, ...], Flaw] = {}
    for policy in policies_of(levels):
        if isinstance(policy.document, Unreadable) or policy.planned:
            continue
        where = tuple(level for level in levels if any(one.id == policy.id for one in level.policies))
        bound = {one.account: one for level in where for one in below.get(level.target, ())}
        for flaw in _about(policy, where, tuple(bound.values()), sought):
            found.setdefault((flaw.kind, flaw.policy_id, flaw.statement, flaw.said), flaw)
    return (*found.values(), *_silent_levels(levels, below))


def _accounts_below(landscape: Landscape) -> dict[str, list[Standing]]:
    """The accounts service control policies of a target bind."""
    below: dict[str, list[Standing]] = {}
    for one in landscape.standings:
        if isinstance(one.scp, Known) and not one.management:
            for level in one.scp.value:
                below.setdefault(level.target, []).append(one)
    return below


class _Sought(msgspec.Struct, frozen=True):
    """What policies are tried with: requests of root, actions of AssumeRoot sessions by task policy."""

    probes: tuple[Ask, ...]
    tasks: Mapping[str, tuple[str, ...]]
    around: Around


def _about(policy: Attached, where: tuple[Level, ...], bound: tuple[Standing, ...], sought: _Sought) -> Iterator[Flaw]:
    document = policy.document
    if isinstance(document, Unreadable) or not any(one.effect == "Deny" for one in document.statements):
        return
    make = _Maker(policy, tuple(level.name for level in where), len(bound))
    if not bound:
        yield make(FlawKind.NOBODY, _why_nobody(where, sought.around.management))
        return
    # One account of each partition is enough: mistakes do not differ between them, other accounts apart.
    for standing in {one.partition: one for one in reversed(bound)}.values():
        yield from _mistakes(make, document, sought, standing)
        yield from _spared(make, document, sought, standing)
        yield from _bars(make, document, sought, standing)


class _Maker:
    """Makes the flaws of one policy."""

    def __init__(self, policy: Attached, levels: tuple[str, ...], accounts: int) -> None:
        self._policy = policy
        self._levels = levels
        self._accounts = accounts

    def __call__(self, kind: FlawKind, said: str, statement: str = "") -> Flaw:
        return Flaw(
            kind=kind,
            policy=self._policy.name,
            policy_id=self._policy.id,
            statement=statement,
            levels=self._levels,
            accounts=self._accounts,
            said=said,
        )


def _why_nobody(where: tuple[Level, ...], management: str) -> str:
    if management and {level.target for level in where} == {management}:
        return "it is attached to the management account, which no service control policy binds"
    return "no active member account is below where it is attached"


def _mistakes(make: _Maker, document: IamDocument, sought: _Sought, standing: Standing) -> Iterator[Flaw]:
    for probe in sought.probes:
        _, request = asked(probe, standing, sought.around)
        for index, kind, said in nearly(document, request, sought.around, standing):
            # That a policy names one account may be meant; it is told where a guardrail does not hold for it.
            if kind is not FlawKind.ACCOUNT:
                yield make(kind, said, statement_name(document.statements[index], index))


def _spared(make: _Maker, document: IamDocument, sought: _Sought, standing: Standing) -> Iterator[Flaw]:
    """Statements that deny root everything but a list, and what of the list guardrails deny."""
    for index, statement in enumerate(document.statements):
        if statement.effect != "Deny" or statement.not_actions is None:
            continue
        ready = compiled_statement(statement, document.version)
        spared = []
        for probe in sought.probes:
            _, request = asked(probe, standing, sought.around)
            if ready.truth(request.resource, request.context) is True and not ready.names_action(request.action):
                spared.append(f"`{probe.action}`")
        if spared and _is_about_root(ready.written):
            said = f"`NotAction` leaves root {', '.join(sorted(set(spared)))}"
            yield make(FlawKind.SPARES, said, statement_name(statement, index))


def _is_about_root(statement: Statement) -> bool:
    """Whether who asks is a condition at all: a fence of regions spares actions of everybody, and means to."""
    return any(one.key.lower().startswith("aws:principal") for one in statement.conditions)


def _bars(make: _Maker, document: IamDocument, sought: _Sought, standing: Standing) -> Iterator[Flaw]:
    """Statements that deny sessions of `sts:AssumeRoot` what their task policy is for."""
    for index, statement in enumerate(document.statements):
        if statement.effect != "Deny":
            continue
        ready = compiled_statement(statement, document.version)
        barred = [
            f"`{name}`"
            for name, actions in sought.tasks.items()
            if any(_denied(ready, one, sought.around, standing) for one in actions)
        ]
        if barred:
            said = f"sessions of `sts:AssumeRoot` are denied what they are for: {', '.join(barred)}"
            yield make(FlawKind.ASSUME_ROOT, said, statement_name(statement, index))


def _denied(ready: CompiledStatement, action: str, around: Around, standing: Standing) -> bool:
    ask = Ask(name=action, denied=False, who=Asker.ASSUMED_ROOT, action=action)
    _, request = asked(ask, standing, around)
    return ready.match(request).truth is True


def _silent_levels(levels: Iterable[Level], below: Mapping[str, list[Standing]]) -> Iterator[Flaw]:
    """Levels at which no policy allows anything: nobody below can do anything, whatever the other levels say."""
    for level in levels:
        accounts = len(below.get(level.target, ()))
        documents = [one.document for one in level.policies]
        if not accounts or not documents or any(isinstance(one, Unreadable) for one in documents):
            continue
        if not any(
            one.effect == "Allow" for each in documents if not isinstance(each, Unreadable) for one in each.statements
        ):
            said = "no policy of this level allows anything, so everything is denied below it"
            yield Flaw(kind=FlawKind.NOTHING, levels=(level.name,), accounts=accounts, said=said)
