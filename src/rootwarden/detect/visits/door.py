"""What happens at the sign-in page of one account without a session.

It is kept by the second, so that each event can be joined to the sign-in that follows it. Somebody who tries passwords
for days must not fill the memory: an hour with very many such seconds is kept as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.visit import Summary

if TYPE_CHECKING:
    from rootwarden.detect.visits.visit import Seen

HOUR: Final = 3600
# Within an hour of the clock; far more than a person can do, and far beyond every threshold of a burst.
MOST_SECONDS: Final = 100


class Door(msgspec.Struct, kw_only=True):
    """Events of the sign-in page by second, and by whether somebody knocked or was already let in.

    Attributes:
        hours: By hour since 1970; a key of the inner table is (second, knock).
        whole: Hours that are kept as a whole.
    """

    hours: dict[int, dict[tuple[int, bool], Summary]] = msgspec.field(default_factory=dict)
    whole: set[int] = msgspec.field(default_factory=set)

    def add(self, seen: Seen) -> None:
        """Take one event in."""
        second = seen.stamp[0]
        self._cell(second // HOUR, second, seen.knock).add(seen)
        self._bound(second // HOUR)

    def merge(self, other: Door) -> None:
        """Take in all that another holds."""
        for hour, cells in other.hours.items():
            if hour in other.whole:
                self._make_whole(hour)
            for (second, knock), cell in cells.items():
                self._cell(hour, second, knock).merge(cell)
            self._bound(hour)

    def cells(self) -> list[tuple[bool, Summary]]:
        """Whether it is a knock, and what happened; by time."""
        every = [(knock, cell) for cells in self.hours.values() for (_, knock), cell in cells.items()]
        return sorted(every, key=lambda each: (each[1].first, each[1].last, each[0]))

    def _cell(self, hour: int, second: int, knock: bool) -> Summary:
        cells = self.hours.setdefault(hour, {})
        at = (hour * HOUR if hour in self.whole else second, knock)
        if at not in cells:
            cells[at] = Summary()
        return cells[at]

    def _bound(self, hour: int) -> None:
        if hour not in self.whole and len({second for second, _ in self.hours[hour]}) > MOST_SECONDS:
            self._make_whole(hour)

    def _make_whole(self, hour: int) -> None:
        if hour in self.whole:
            return
        self.whole.add(hour)
        cells = self.hours.pop(hour, {})
        for (second, knock), cell in cells.items():
            self._cell(hour, second, knock).merge(cell)
