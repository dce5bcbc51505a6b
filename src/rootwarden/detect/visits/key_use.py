"""What a long-term key of root is used for, so that the work can be moved to a role and the key deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.bounded import NO_TIME, Tally

if TYPE_CHECKING:
    from rootwarden.detect.visits.visit import Seen

_OPERATIONS: Final = 500
_PLACES: Final = 100


class KeyUse(msgspec.Struct, kw_only=True):
    """Every use of one key, of whatever visit.

    Attributes:
        events: How many events it signed.
        first: Second of the first.
        last: Second of the last.
        operations: How often each operation was called, reads too: what the role needs.
        addresses: Where from.
        agents: With what.
        regions: Where to.
    """

    events: int = 0
    first: int = NO_TIME
    last: int = -NO_TIME
    operations: Tally = msgspec.field(default_factory=lambda: Tally(most=_OPERATIONS))
    addresses: Tally = msgspec.field(default_factory=lambda: Tally(most=_PLACES))
    agents: Tally = msgspec.field(default_factory=lambda: Tally(most=_PLACES))
    regions: Tally = msgspec.field(default_factory=lambda: Tally(most=_PLACES))

    def add(self, seen: Seen) -> None:
        """Take one event in."""
        self.events += 1
        if seen.second is not None:
            self.first = min(self.first, seen.second)
            self.last = max(self.last, seen.second)
        for tally, name in (
            (self.operations, seen.action),
            (self.addresses, seen.address),
            (self.agents, seen.agent),
            (self.regions, seen.region),
        ):
            if name:
                tally.add(name)

    def merge(self, other: KeyUse) -> None:
        """Take in all uses of another."""
        self.events += other.events
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.operations.merge(other.operations)
        self.addresses.merge(other.addresses)
        self.agents.merge(other.agents)
        self.regions.merge(other.regions)
