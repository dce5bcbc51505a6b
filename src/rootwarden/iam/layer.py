"""One layer of policies (identity, boundary, a level of service control policies …): what it comes to for a request.

A layer is read twice: as it is at least (everything doubtful settled against the request) and at most (settled for
it). What both come to is sure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rootwarden.facts.iam_document import IamDocument, Principals
from rootwarden.iam.condition import Outcome
from rootwarden.iam.principal import Named
from rootwarden.iam.statement import compiled_document, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.facts.iam_document import Statement
    from rootwarden.iam.principal import Principal
    from rootwarden.iam.statement import CompiledStatement, Request


class Unreadable(msgspec.Struct, frozen=True):
    """A document that cannot be read, and why: it may say anything."""

    why: str


Document: TypeAlias = IamDocument | Unreadable
# The only principal a resource control policy may name, and each has to (Organizations guide, *RCP syntax*).
_EVERYBODY: Final = Principals(aws=("*",))


class Policy(msgspec.Struct, frozen=True):
    """A policy: its name and document."""

    name: str
    document: Document


class Reason(msgspec.Struct, frozen=True):
    """One line of an explanation.

    Attributes:
        layer: `identity`, `resource`, `boundary`, `session`, `scp`, `rcp`, or `service` for what no policy decides.
        policy: Name of the policy; empty where the layer itself is meant.
        index: Position of the statement from 0; -1 where no statement is meant.
        matched: `None` when it depends.
        why: In words.
    """

    layer: str
    policy: str
    index: int
    matched: bool | None
    why: str


class Match(msgspec.Struct, frozen=True):
    """A statement that matches, or may.

    Attributes:
        reason: Where it stands and why it matches.
        denies: Whether it is a Deny; `None` for a document that may say anything.
        surely: Whether it matches whatever is settled.
        keys: What it depends on.
        named: For resource policies, how it names who asks.
    """

    reason: Reason
    denies: bool | None
    surely: bool
    keys: tuple[str, ...] = ()
    named: Named = Named.DIRECTLY


class LayerView(msgspec.Struct, frozen=True):
    """What the policies of a layer come to.

    Attributes:
        matches: The statements that match or may.
        others: Why each other statement does not.
    """

    matches: tuple[Match, ...] = ()
    others: tuple[Reason, ...] = ()

    def denies(self, *, at_most: bool) -> bool:
        """Whether it denies, everything doubtful settled for a deny (`at_most`) or against."""
        return any(one.denies is not False and (one.surely or at_most) for one in self.matches)

    def allows(self, *, at_most: bool) -> Named:
        """The strongest allow, everything doubtful settled for it (`at_most`) or against; `NOBODY` for none."""
        found = (one.named for one in self.matches if one.denies is not True and (one.surely or at_most))
        return max(found, default=Named.NOBODY)


def statements_of(policy: Policy) -> tuple[Statement, ...]:
    """The statements of a policy; none of one that cannot be read."""
    return () if isinstance(policy.document, Unreadable) else policy.document.statements


def view(layer: str, policies: Iterable[Policy], request: Request) -> LayerView:
    """What policies without principals come to."""
    return _view(layer, policies, request, None, bounded=False)


def resource_view(policies: Iterable[Policy], request: Request, who: Principal, *, bounded: bool) -> LayerView:
    """What the policy of a resource comes to for somebody."""
    return _view("resource", policies, request, who, bounded=bounded)


def _view(
    layer: str, policies: Iterable[Policy], request: Request, who: Principal | None, *, bounded: bool
) -> LayerView:
    matches: list[Match] = []
    others: list[Reason] = []
    for policy in policies:
        for found in _judged(layer, policy, request, who, bounded=bounded):
            if isinstance(found, Match):
                matches.append(found)
            else:
                others.append(found)
    return LayerView(tuple(matches), tuple(others))


def _judged(
    layer: str, policy: Policy, request: Request, who: Principal | None, *, bounded: bool
) -> Iterator[Match | Reason]:
    if isinstance(policy.document, Unreadable):
        why = f"the policy cannot be read: {policy.document.why}"
        yield Match(Reason(layer, policy.name, -1, None, why), None, surely=False, keys=(f"policy `{policy.name}`",))
        return
    for index, statement in enumerate(compiled_document(policy.document)):
        named, doubt = _naming(layer, statement, who, bounded=bounded)
        outcome = statement.match(request) if named or doubt else Outcome(False, "it does not name who asks")
        if outcome.truth is not False and doubt:
            outcome = Outcome(None, f"nobody can tell whether `{doubt}` is who asks", (doubt,))
        reason = Reason(layer, policy.name, index, outcome.truth, outcome.why)
        if outcome.truth is False:
            yield reason
        else:
            yield Match(reason, statement.denies, outcome.truth is True, outcome.keys, named or Named.DIRECTLY)


def _naming(layer: str, statement: CompiledStatement, who: Principal | None, *, bounded: bool) -> tuple[Named, str]:
    written = statement.written
    if who is not None:
        return names(written, who, bounded=bounded)
    if layer == "rcp" and written.principals == _EVERYBODY:
        return Named.DIRECTLY, ""
    if written.principals is not None or written.not_principals is not None:
        return Named.NOBODY, "the element `Principal`, which this kind of policy does not have,"
    return Named.DIRECTLY, "" if statement.resources is not None else "the missing element `Resource`"
