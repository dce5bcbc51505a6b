"""Touched calls added up: by principal, action and verdict, with a few examples each, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.replaying.ruling import Effect, Issued, Place, Ruling, SignedIn, Touched, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_GROUPS: Final = 50_000
MOST_EXAMPLES: Final = 5
_AGREED: Final = {"denied": Verdict.DENIED_BEFORE, "failed": Verdict.FAILED}


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A call with what is said of it.

    Attributes:
        call: The call.
        verdict: What comes of it.
        ruling: Why.
        assumed: Whether root was assumed, as far as the whole log tells.
    """

    call: Touched
    verdict: Verdict
    ruling: Ruling
    assumed: bool | None


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What the calls of a group have in common; docs/guardrails-replay.md has every field."""

    account: str
    principal: str
    kind: str
    assumed_root: bool | None
    source: str
    event: str
    actions: tuple[str, ...]
    verdict: Verdict
    surely: bool
    by: tuple[Place, ...]
    depends_on: tuple[str, ...]
    why: str


class Group(msgspec.Struct, kw_only=True):
    """Calls of one kind.

    Attributes:
        calls: How many.
        first: Time of the earliest, of those that tell.
        last: Of the latest.
        events: Ids of the first ones.
    """

    calls: int = 0
    first: str = ""
    last: str = ""
    events: list[str] = msgspec.field(default_factory=list)

    def add(self, call: Touched) -> None:
        """Add a call."""
        self.calls += 1
        if call.time and (not self.first or call.time < self.first):
            self.first = call.time
        self.last = max(self.last, call.time)
        if len(self.events) < MOST_EXAMPLES:
            self.events.append(call.event)


class ReplayTally:
    """All of it.

    Args:
        most: How many groups are kept.

    Attributes:
        calls: How many of each verdict.
        groups: Calls by what they have in common.
        beyond: Calls of groups that were too many to keep.
    """

    def __init__(self, *, most: int = MOST_GROUPS) -> None:
        self.calls = dict.fromkeys(Verdict, 0)
        self.groups: dict[Kind, Group] = {}
        self.beyond = 0
        self._most = most
        self._principals: set[str] = set()

    @property
    def principals(self) -> int:
        """How many principals would or might be denied what they did."""
        return len(self._principals)

    def add(self, judged: Judged) -> None:
        """Add a call."""
        self.calls[judged.verdict] += 1
        kind = _kind(judged)
        group = self.groups.get(kind)
        if group is None:
            if len(self.groups) >= self._most:
                self.beyond += 1
                return
            group = self.groups[kind] = Group()
        if judged.verdict in {Verdict.DENIED, Verdict.DEPENDS}:
            self._principals.add(judged.call.principal)
        group.add(judged.call)

    def ordered(self) -> list[tuple[Kind, Group]]:
        """The groups, by verdict, the most calls first."""
        order = list(Verdict)
        return sorted(
            self.groups.items(),
            key=lambda each: (order.index(each[0].verdict), -each[1].calls, _texts(each[0])),
        )


def judged_calls(found: Iterable[Touched | Issued | SignedIn]) -> Iterator[Judged]:
    """Calls with what is said of each.

    Args:
        found: What was read; keys that were given out, and sign-ins of root, before every call.
    """
    issued: set[str] = set()
    signed_in: set[tuple[str, str]] = set()
    for one in found:
        if isinstance(one, Issued):
            issued.add(one.key)
        elif isinstance(one, SignedIn):
            signed_in.add((one.account, one.time))
        else:
            judged = _judged(one, issued, signed_in)
            if judged is not None:
                yield judged


def _judged(call: Touched, issued: set[str], signed_in: set[tuple[str, str]]) -> Judged | None:
    ruling, assumed = call.ruling, call.assumed
    if call.if_assumed is not None and call.if_itself is not None:
        if call.key in issued:
            ruling, assumed = call.if_assumed, True
        elif (call.of, call.started) in signed_in:
            ruling, assumed = call.if_itself, False
    if ruling.effect is Effect.NOTHING:
        return None
    return Judged(call=call, verdict=_verdict(call, ruling), ruling=ruling, assumed=assumed)


def _verdict(call: Touched, ruling: Ruling) -> Verdict:
    if ruling.beyond:
        return Verdict.NOT_PREVENTABLE
    if ruling.effect is Effect.LETS_THROUGH:
        return Verdict.LET_THROUGH
    if call.outcome in _AGREED:
        return _AGREED[call.outcome]
    if ruling.effect is Effect.DENIES_ANYWAY:
        return Verdict.DENIED_ANYWAY
    return Verdict.DENIED if ruling.surely else Verdict.DEPENDS


def _kind(judged: Judged) -> Kind:
    call, ruling = judged.call, judged.ruling
    return Kind(
        account=call.of or call.account,
        principal=call.principal,
        kind=call.kind,
        assumed_root=judged.assumed,
        source=call.source,
        event=call.name,
        actions=ruling.actions,
        verdict=judged.verdict,
        surely=ruling.surely,
        by=ruling.by,
        depends_on=ruling.depends_on,
        why=ruling.beyond,
    )


def _texts(kind: Kind) -> tuple[str, ...]:
    return kind.account, kind.principal, kind.source, kind.event, str(msgspec.json.encode(kind))
