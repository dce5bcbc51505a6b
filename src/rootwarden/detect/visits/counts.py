"""How many events were read, and how many of them were odd: nothing odd is dropped, and nothing odd goes unsaid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.bounded import Tally

if TYPE_CHECKING:
    from rootwarden.detect.visits.event import Event

_FIELDS: Final = 200


class Counts(msgspec.Struct, kw_only=True):
    """Counts of one reading.

    Attributes:
        events: Distinct events that were given.
        root_events: Of them, those whose identity is root.
        without_time: Root events without a time that can be read.
        without_account: Root events that do not say whose root it is.
        without_id: Events without an `eventID`.
        irregular: Events with a field of another kind than documented, by field.
    """

    events: int = 0
    root_events: int = 0
    without_time: int = 0
    without_account: int = 0
    without_id: int = 0
    irregular: Tally = msgspec.field(default_factory=lambda: Tally(most=_FIELDS))

    def add(self, event: Event) -> None:
        """Count one event."""
        self.events += 1
        self.without_id += not event.id
        for field in event.irregular:
            self.irregular.add(field)

    def add_root(self, *, timeless: bool, nowhere: bool) -> None:
        """Count what is odd about a root event."""
        self.root_events += 1
        self.without_time += timeless
        self.without_account += nowhere

    def merge(self, other: Counts) -> None:
        """Add those of another reader."""
        self.events += other.events
        self.root_events += other.root_events
        self.without_time += other.without_time
        self.without_account += other.without_account
        self.without_id += other.without_id
        self.irregular.merge(other.irregular)
