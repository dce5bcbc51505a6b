"""Collections that stay small however much is put in, and come out the same whatever the order.

Each keeps the smallest values it was given and says whether there were more. What is kept of two of them together is
what one would have kept of both, so they can be merged in any order.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

# An event in order of time: its second (those without one come last) and its id.
Stamp = tuple[int, str]
Kept = TypeVar("Kept", str, Stamp)
NO_TIME = 1 << 53


class Texts(msgspec.Struct, kw_only=True):
    """The smallest of the texts that were added, sorted.

    Attributes:
        most: How many are kept.
        values: They.
        more: There were others.
    """

    most: int
    values: list[str] = msgspec.field(default_factory=list)
    more: bool = False

    def add(self, value: str) -> None:
        """Add a text; an empty one says nothing and is passed over."""
        if value:
            self.more |= _keep(self.values, value, self.most)

    def merge(self, other: Texts) -> None:
        """Add all of another, and what it had to leave out."""
        self.more |= other.more
        for value in other.values:
            self.add(value)


class Stamps(msgspec.Struct, kw_only=True):
    """The first of the events that were added, by time.

    Attributes:
        most: How many are kept.
        values: They.
        more: There were others.
    """

    most: int
    values: list[Stamp] = msgspec.field(default_factory=list)
    more: bool = False

    def add(self, stamp: Stamp) -> None:
        """Add an event."""
        self.more |= _keep(self.values, stamp, self.most)

    def merge(self, other: Stamps) -> None:
        """Add all of another, and what it had to leave out."""
        self.more |= other.more
        for stamp in other.values:
            self.add(stamp)

    def ids(self) -> tuple[str, ...]:
        """The events' ids, by time."""
        return tuple(event_id for _, event_id in self.values)


class Tally(msgspec.Struct, kw_only=True):
    """How often each name came, for the smallest names.

    A name that is kept was kept from the start, so its count is whole.

    Attributes:
        most: How many names are kept.
        counts: Name and count.
        more: There were other names.
    """

    most: int
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    more: bool = False

    def add(self, name: str, count: int = 1) -> None:
        """Count a name."""
        self.counts[name] = self.counts.get(name, 0) + count
        if len(self.counts) > self.most:
            del self.counts[max(self.counts)]
            self.more = True

    def merge(self, other: Tally) -> None:
        """Add the counts of another."""
        self.more |= other.more
        for name, count in other.counts.items():
            self.add(name, count)


def ids_sorted(stamps: Iterable[Stamp]) -> tuple[str, ...]:
    """The ids of events, sorted by id."""
    return tuple(sorted({event_id for _, event_id in stamps}))


def _keep(values: list[Kept], value: Kept, most: int) -> bool:
    """Put a value in its place; true when one had to be left out."""
    if len(values) == most and value > values[-1]:
        return True
    place = bisect_left(values, value)
    if place < len(values) and values[place] == value:
        return False
    values.insert(place, value)
    if len(values) > most:
        values.pop()
        return True
    return False
