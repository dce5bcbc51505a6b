"""The smallest policy for what was used: all of it, and no other action of the catalogue; the engine checks both.

No wildcard stands in an action: one that fits exactly today lets in what AWS adds tomorrow. Sizes are those of managed
policies: 6,144 characters, blanks aside (IAM user guide, *IAM and AWS STS quotas*).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InternalError
from rootwarden.facts.iam_document import IamDocument, Statement
from rootwarden.iam.admins.powers import Book
from rootwarden.iam.context import Context
from rootwarden.iam.layer import Policy
from rootwarden.iam.pattern import VARIABLES_SINCE
from rootwarden.iam.principal import Kind, Principal
from rootwarden.iam.usage.result import Doubt, Use

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rootwarden.iam.usage.result import PrincipalUsage, UsedAction

LARGEST: Final = 6_144
_EVERYWHERE: Final = ("*",)
_ALWAYS: Final = "sts:getcalleridentity"


class AllowStatement(
    msgspec.Struct, frozen=True, rename={"effect": "Effect", "actions": "Action", "resources": "Resource"}
):
    """A statement as it is printed."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


class PolicyText(msgspec.Struct, frozen=True, rename={"version": "Version", "statements": "Statement"}):
    """A policy document as it is printed."""

    version: str
    statements: tuple[AllowStatement, ...]


class Minimal(msgspec.Struct, frozen=True, kw_only=True):
    """The policies for one principal.

    Attributes:
        arn: Whose they are.
        documents: As few as hold it; none where nothing was used.
        allows: Pairs of action and resource that were used, each found allowed.
        refuses: Actions of the catalogue that were not, each found impossible on any resource.
        left_out: Granted actions that may be needed, which nobody can tell.
        unmapped: Events that may need actions nobody knows.
        failed: Actions that were tried and never succeeded.
    """

    arn: str
    documents: tuple[PolicyText, ...]
    allows: int
    refuses: int
    left_out: tuple[Doubt, ...]
    unmapped: int
    failed: tuple[str, ...]


def minimal(
    principal: PrincipalUsage, actions: Sequence[str], *, seen_resources: bool = True, with_failed: bool = False
) -> Minimal:
    """Write the policies.

    Args:
        principal: Who used what.
        actions: Every action of the catalogue.
        seen_resources: Name the resources of the log where it tells them; else `*`.
        with_failed: Also allow what failed, though not for want of permission.

    Raises:
        InternalError: They do not do what they should, which would be a mistake of ours.
    """
    wanted = {Use.DONE, Use.BY_SERVICE} | ({Use.FAILED} if with_failed else set())
    used = [one for one in principal.used if one.use in wanted]
    pairs = {one.action: _resources(one, seen=seen_resources) for one in used}
    documents = tuple(_documents(_statements(pairs)))
    allows, refuses = _check(documents, pairs, actions, principal)
    return Minimal(
        arn=principal.arn,
        documents=documents,
        allows=allows,
        refuses=refuses,
        left_out=principal.unjudged,
        unmapped=len(principal.unknown_events),
        failed=tuple(one.action for one in principal.used if one.use not in wanted),
    )


def _resources(one: UsedAction, *, seen: bool) -> tuple[str, ...]:
    return one.resources if seen and one.resources else _EVERYWHERE


def _statements(pairs: dict[str, tuple[str, ...]]) -> Iterator[AllowStatement]:
    """One for all actions on the same resources; one that is too long for a policy in several."""
    together: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for action, resources in sorted(pairs.items()):
        together[resources].append(action)
    for resources, actions in sorted(together.items(), key=lambda one: (one[0] != _EVERYWHERE, one[1])):
        for some in _chunks(actions):
            for where in _chunks(resources):
                yield AllowStatement("Allow", some, where)


def _chunks(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Texts in groups of which two fit into one policy."""
    chunk: list[str] = []
    size = 0
    for text in texts:
        size += len(_json(text)) + 1
        if chunk and size > LARGEST // 2 - 100:
            yield tuple(chunk)
            chunk, size = [], len(_json(text)) + 1
        chunk.append(text)
    if chunk:
        yield tuple(chunk)


def _documents(statements: Iterable[AllowStatement]) -> Iterator[PolicyText]:
    """Statements put into as few documents as take them in their order."""
    held: list[AllowStatement] = []
    for statement in statements:
        if held and len(_json(_document([*held, statement]))) > LARGEST:
            yield _document(held)
            held = []
        held.append(statement)
    if held:
        yield _document(held)


def _document(statements: Iterable[AllowStatement]) -> PolicyText:
    return PolicyText(VARIABLES_SINCE, tuple(statements))


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)


def _check(
    documents: Sequence[PolicyText],
    pairs: dict[str, tuple[str, ...]],
    actions: Sequence[str],
    principal: PrincipalUsage,
) -> tuple[int, int]:
    """Ask the engine for everything that was used, and for every action that was not.

    What the policies of others say, of keys and of roles for instance, is not ours to write and not asked. There is no
    deny in the documents, so that what one of them allows all of them allow together.
    """
    policies = tuple(Policy(f"minimal-{number}", _read(one)) for number, one in enumerate(documents, 1))
    book = Book((*actions, *pairs))
    kind = Kind.USER if principal.kind == "user" else Kind.ROLE
    who = Principal(kind=kind, arn=principal.arn, account=principal.account)
    context = Context(who.keys(), complete=False)
    wanted = {(action, resource) for action, resources in pairs.items() for resource in resources}
    missing = set(wanted)
    for policy, document in zip(policies, documents, strict=True):
        powers = book.powers((policy,))
        written = {(action, where) for one in document.statements for action in one.actions for where in one.resources}
        missing -= {pair for pair in written & missing if powers.may(pair[0].lower(), pair[1], context) is True}
    if missing:
        action, resource = min(missing)
        raise _mistaken(f"`{action}` on `{resource}` was used, and the minimal policy does not allow it")
    possible = book.powers(policies).possible
    known = {action.lower() for action in pairs}
    others = [one for one in book.bits if one not in known]
    for action in others:
        if possible >> book.bits[action] & 1:
            raise _mistaken(f"`{action}` was not used, and the minimal policy allows it")
    return len(wanted), len([one for one in others if one != _ALWAYS])


def _read(written: PolicyText) -> IamDocument:
    statements = (
        Statement(effect=one.effect, actions=one.actions, resources=one.resources) for one in written.statements
    )
    return IamDocument(written.version, tuple(statements))


def _mistaken(why: str) -> InternalError:
    return InternalError(why, hint="this looks like a bug; please report it with the names made up")
