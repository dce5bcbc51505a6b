"""A key or service over time, cut into runs wherever it was quiet for long enough; the same in whatever order."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.visit import Summary

if TYPE_CHECKING:
    from rootwarden.detect.visits.visit import Seen


class Runs(msgspec.Struct, kw_only=True):
    """Summaries that lie more than `quiet` seconds apart, by time.

    Attributes:
        quiet: The longest silence within a run, in seconds.
        runs: One summary for each run.
    """

    quiet: int
    runs: list[Summary] = msgspec.field(default_factory=list)

    def add(self, seen: Seen) -> None:
        """Take one event in; it has a time."""
        second = seen.stamp[0]
        near = self._near(second, second)
        if near is None:
            near = Summary()
            near.add(seen)
            self._insert(near)
        else:
            near.add(seen)

    def merge(self, other: Runs) -> None:
        """Take in all runs of another."""
        for run in other.runs:
            self.join(run)

    def join(self, run: Summary) -> None:
        """Take in a summary as a whole; it is not changed."""
        near = self._near(run.first, run.last)
        if near is None:
            self._insert(run.copy())
        else:
            near.merge(run)

    def _near(self, first: int, last: int) -> Summary | None:
        """The one run within reach of a span, after joining those that the span connects."""
        start = stop = bisect_right(self.runs, last, key=_first)
        while start and self.runs[start - 1].last + self.quiet >= first:
            start -= 1
        while stop < len(self.runs) and self.runs[stop].first <= last + self.quiet:
            stop += 1
        if start == stop:
            return None
        joined = self.runs[start]
        for run in self.runs[start + 1 : stop]:
            joined.merge(run)
        del self.runs[start + 1 : stop]
        return joined

    def _insert(self, run: Summary) -> None:
        self.runs.insert(bisect_right(self.runs, run.first, key=_first), run)


def _first(run: Summary) -> int:
    return run.first
