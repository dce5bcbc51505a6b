"""What the records of a log add up to: who called what, with which outcome, on which days.

Everything in a tally is a union, a first or a last. So records may come twice, in any order, and in any split over
processes, and the sum is the same; and so no number of calls is told, only days.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

import msgspec

from rootwarden.iam.usage.caller import Caller

# What one event names: pairs of a parameter and its text; the parameter is empty for `resources` of the record.
Named: TypeAlias = tuple[tuple[str, str], ...]
MOST_NAMED: Final = 100
MOST_SESSIONS: Final = 200_000
_FIRST_DAY: Final = 735_173  # 2013-11-01, shortly before there was CloudTrail


class Outcome(StrEnum):
    """How a call ended."""

    DONE = "done"
    DENIED = "denied"
    FAILED = "failed"


class Call(NamedTuple):
    """A kind of call.

    Attributes:
        source: Service as the record has it, without `.amazonaws.com`.
        name: `eventName`.
        outcome: How it ended.
        via: The service that made it with the identity's permissions, or empty.
        marks: Parameters it had that decide which actions it needs.
    """

    source: str
    name: str
    outcome: Outcome
    via: str = ""
    marks: tuple[str, ...] = ()


class Seen(msgspec.Struct):
    """When a call was seen, and on what.

    Attributes:
        first: Earliest instant (ISO 8601), or empty where no record tells.
        last: Latest.
        days: The days, one bit each.
        named: What events named, each combination once; `None` when there are too many to keep.
    """

    first: str = ""
    last: str = ""
    days: int = 0
    named: set[Named] | None = msgspec.field(default_factory=set)

    def at(self, time: str, day: int) -> None:
        """Add an instant."""
        if time:
            self.last = max(self.last, time)
            if not self.first or time < self.first:
                self.first = time
            self.days |= 1 << max(day - _FIRST_DAY, 0)

    def about(self, named: Named) -> None:
        """Add what an event named."""
        if self.named is not None:
            self.named.add(named)
            if len(self.named) > MOST_NAMED:
                self.named = None

    def merge(self, other: Seen) -> None:
        """Add another's."""
        if other.first and (not self.first or other.first < self.first):
            self.first = other.first
        self.last = max(self.last, other.last)
        self.days |= other.days
        if self.named is not None:
            self.named = None if other.named is None else self.named | other.named
            if self.named is not None and len(self.named) > MOST_NAMED:
                self.named = None

    @property
    def day_count(self) -> int:
        """On how many days."""
        return self.days.bit_count()


class Issue(NamedTuple):
    """How a session came to be: who asked for it, with which key, and as whom it acts."""

    caller: Caller
    key: str
    role: str


class Covered(msgspec.Struct):
    """What the log of one account shows at all.

    Attributes:
        seen: When.
        sources: Services with management events.
        data: Services with data events.
        reads: Whether it has read-only management events.
        writes: Whether it has others.
    """

    seen: Seen = msgspec.field(default_factory=Seen)
    sources: set[str] = msgspec.field(default_factory=set)
    data: set[str] = msgspec.field(default_factory=set)
    reads: bool = False
    writes: bool = False

    def merge(self, other: Covered) -> None:
        """Add another's."""
        self.seen.merge(other.seen)
        self.sources |= other.sources
        self.data |= other.data
        self.reads = self.reads or other.reads
        self.writes = self.writes or other.writes


class Tally(msgspec.Struct):
    """All of it.

    Attributes:
        calls: Kinds of calls by who made them.
        accounts: What the log shows, by account.
        sessions: Kinds of calls made with a temporary key, by key; `None` when there are too many keys.
        issued: Temporary keys, and how they were issued.
        identities: Source identities that callers' sessions carried.
        undated: Whether a record without a readable time is among them.
    """

    calls: dict[Caller, dict[Call, Seen]] = msgspec.field(default_factory=dict)
    accounts: dict[str, Covered] = msgspec.field(default_factory=dict)
    sessions: dict[str, set[Call]] | None = msgspec.field(default_factory=dict)
    issued: dict[str, Issue] = msgspec.field(default_factory=dict)
    identities: dict[Caller, set[str]] = msgspec.field(default_factory=dict)
    undated: bool = False

    def merge(self, other: Tally) -> None:
        """Add another's; afterwards the other is not to be used."""
        for caller, calls in other.calls.items():
            ours = self.calls.setdefault(caller, {})
            for call, seen in calls.items():
                if call in ours:
                    ours[call].merge(seen)
                else:
                    ours[call] = seen
        for account, covered in other.accounts.items():
            self.accounts.setdefault(account, Covered()).merge(covered)
        self._merge_sessions(other)
        for caller, identities in other.identities.items():
            self.identities.setdefault(caller, set()).update(identities)
        self.undated = self.undated or other.undated

    def _merge_sessions(self, other: Tally) -> None:
        if self.sessions is None or other.sessions is None:
            self.sessions = None
        else:
            for key, calls in other.sessions.items():
                self.sessions.setdefault(key, set()).update(calls)
            if len(self.sessions) > MOST_SESSIONS:
                self.sessions = None
        for key, issue in other.issued.items():
            # Two trails may tell one call in more and in less detail: the greater is taken whatever comes first.
            self.issued[key] = max(issue, self.issued.get(key, issue))
