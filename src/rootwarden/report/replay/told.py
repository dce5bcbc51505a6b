"""Everything a report of a replay tells: the fields of docs/guardrails-replay.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from rootwarden.guardrails.replaying.change import Operation, PolicyKind
from rootwarden.guardrails.replaying.ruling import Place, Verdict

if TYPE_CHECKING:
    from rootwarden.guardrails.replaying.tally import ReplayTally


class PolicyNamed(msgspec.Struct, frozen=True, kw_only=True):
    """A policy, by what it says."""

    name: str
    id: str | None
    sha256: str


class StepTold(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the change."""

    operation: Operation
    kind: PolicyKind
    target: str
    policy: PolicyNamed


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """The policies of now."""

    organization: str
    management: str
    sha256: str


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, and what there was; `null` where it is open, or nothing was; no regions: all of them."""

    start: str | None = msgspec.field(name="from")
    to: str | None
    first: str | None
    last: str | None
    regions: tuple[str, ...]


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was read; `accounts` are those of the evidence in which somebody called."""

    source: str
    files: int
    records: int
    sha256: str
    trouble: tuple[str, ...]
    complete: bool
    accounts: tuple[str, ...]


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls of each verdict."""

    at_least: int
    at_most: int
    denied: int
    depends: int
    denied_before: int
    failed: int
    denied_anyway: int
    let_through: int
    not_preventable: int


class GroupTold(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that have everything in common but their time."""

    account: str
    principal: str
    kind: str
    assumed_root: bool | None
    source: str
    event: str
    actions: tuple[str, ...]
    verdict: Verdict
    surely: bool
    calls: int
    first: str
    last: str
    events: tuple[str, ...]
    by: tuple[Place, ...]
    depends_on: tuple[str, ...]
    why: str


class ReplayRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record."""

    schema: Literal["rootwarden.guardrails-replay/1"] = "rootwarden.guardrails-replay/1"
    change: tuple[StepTold, ...]
    present: Present
    window: Window
    read: Read
    calls: Calls
    principals: int
    unknown_accounts: tuple[str, ...]
    groups: tuple[GroupTold, ...]
    beyond: int

    @property
    def foretells(self) -> bool:
        """Whether the logs say anything: not where the change binds callers, and all of them are of other accounts."""
        binds_callers = all(step.kind == "scp" for step in self.change)
        return bool(self.read.accounts) or not (binds_callers and self.unknown_accounts)


def calls_of(tally: ReplayTally) -> Calls:
    """The numbers of a tally."""
    numbers = {verdict.value: number for verdict, number in tally.calls.items()}
    sure = numbers["denied"]
    return Calls(at_least=sure, at_most=sure + numbers["depends"], **numbers)


def groups_of(tally: ReplayTally) -> tuple[GroupTold, ...]:
    """The groups of a tally, in the order they are shown."""
    return tuple(
        GroupTold(
            **{name: getattr(kind, name) for name in kind.__struct_fields__},
            calls=group.calls,
            first=group.first,
            last=group.last,
            events=tuple(group.events),
        )
        for kind, group in tally.ordered()
    )
