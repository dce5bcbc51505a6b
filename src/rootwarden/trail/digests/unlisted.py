"""Log files that lie in the place and that no digest lists.

CloudTrail lists in each digest the log files it delivered in that hour, so a file whose time a proven digest covers,
and that none lists, was put there by somebody else. One that is newer than the newest digest waits for the next.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.errors import RootwardenError
from rootwarden.facts.instant import format_instant
from rootwarden.trail.digests.chain import DUE
from rootwarden.trail.digests.location import LOGS, day_of, log_time
from rootwarden.trail.digests.result import Counts, Finding, Findings, Kind, SiteResult, Verdict, tellable
from rootwarden.trail.place_names import passed_over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rootwarden.trail.digests.chain import Span
    from rootwarden.trail.digests.location import Site
    from rootwarden.trail.digests.seen import SeenDigest

# The minute in a log file's name is that of its delivery (CloudTrail user guide, "CloudTrail log file names"). One
# delivered at the end of an hour may be in the next digest: by how much is not documented.
DELIVERY: Final = timedelta(minutes=15)
# CloudTrail tries for thirty days to deliver to a bucket it cannot reach.
KEPT: Final = timedelta(days=31)


class Unlisted:
    """The log files of one account and region, compared with what digests list; thirty-one days are held at once.

    Args:
        site: Whose.
        names: The log files that are there, in order of their days; read while digests are.
        span: The time that is asked about.
    """

    def __init__(self, site: Site, names: Iterator[str], span: Span) -> None:
        self._site = site
        self._names = names
        self._span = span
        self._listed: dict[date | None, set[str]] = {}
        self._proven: list[tuple[datetime, datetime]] = []
        self._newest: datetime | None = None
        self._counts = Counts()
        self._findings = Findings()
        self._next = self._following()

    def listed(self, name: str) -> None:
        """A digest lists a log file."""
        self._listed.setdefault(day_of(name), set()).add(name)

    def decided(self, seen: SeenDigest, verdict: Verdict) -> None:
        """A digest's time, and whether it is proven."""
        if verdict is Verdict.INVALID or seen.told.backfill:
            return
        self._newest = max(self._newest, seen.end) if self._newest is not None else seen.end
        if verdict is Verdict.VALID:
            _join(self._proven, seen.start, seen.end)

    def reached(self, day: date) -> None:
        """Digests up to a day were read: what lies a month before it can be compared and forgotten."""
        horizon = day - KEPT
        while self._next is not None and (day_of(self._next) or date.min) < horizon:
            self._compare()
        for old in [each for each in self._listed if each is not None and each < horizon]:
            del self._listed[old]

    def finish(self, *, digests_here: bool) -> SiteResult:
        """Every digest was read: compare what is left."""
        while self._next is not None:
            self._compare()
        return SiteResult(
            site=self._site,
            digests_here=digests_here,
            unlisted=self._counts,
            findings=tuple(self._findings.named),
            findings_left_out=self._findings.left_out,
        )

    def _compare(self) -> None:
        name = self._next
        if name is None:
            return
        self._next = self._following()
        if name in self._listed.get(day_of(name), ()):
            return
        if not self._is_asked_about(name):
            return
        verdict, reason = self._verdict(name)
        self._counts.add(verdict)
        self._findings.add(Finding(object=tellable(name), kind=Kind.UNLISTED, verdict=verdict, reason=reason))

    def unread(self, folder: str, reason: str) -> None:
        """Some of its names could not be listed: then nobody knows what else is there."""
        self._findings.add(
            Finding(object=tellable(folder), kind=Kind.PLACE, verdict=Verdict.UNKNOWN, reason=tellable(reason))
        )

    def _following(self) -> str | None:
        """The next log file; none after the listing broke off."""
        try:
            return next((name for name in self._names if not _is_hidden(name)), None)
        except RootwardenError as error:
            self.unread(self._site.folder(LOGS), error.message)
            return None

    def _is_asked_about(self, name: str) -> bool:
        """Whether the time in its name is; what has none could be of any time."""
        written, since = log_time(name), self._span.since
        if written is None:
            return True
        return not self._span.beyond(written) and (since is None or written >= since)

    def _verdict(self, name: str) -> tuple[Verdict, str]:
        written = log_time(name)
        if written is None or day_of(name) is None:
            return Verdict.INVALID, "no digest lists it, and CloudTrail gives no such name"
        delivered = written + DELIVERY
        if self._newest is None:
            return Verdict.UNKNOWN, "there is no digest for it: none of its account and region is here"
        if self._covered(written, delivered):
            return Verdict.INVALID, "no digest lists it, and its time is proven"
        if delivered > self._newest:
            return self._when_due(self._newest + DUE)
        return Verdict.UNKNOWN, "no digest lists it, and none that is proven covers its time"

    def _when_due(self, due: datetime) -> tuple[Verdict, str]:
        """What is newer than the newest digest waits for the next one, and not longer."""
        if self._span.as_of >= due:
            return Verdict.INVALID, f"no digest lists it, and the next was due at {format_instant(due)}"
        return Verdict.UNKNOWN, f"no digest lists it yet; the next is due by {format_instant(due)}"

    def _covered(self, start: datetime, end: datetime) -> bool:
        place = bisect_right(self._proven, start, key=lambda each: each[0])
        return place > 0 and self._proven[place - 1][1] >= end


def _is_hidden(name: str) -> bool:
    """Whether it is a file that desktops leave behind, and that no reader of logs reads."""
    return name.rpartition("/")[2].startswith(".") and bool(passed_over(name))


def _join(periods: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> None:
    """Add a period to sorted, separate ones; those it touches become one with it."""
    low = bisect_right(periods, start, key=lambda each: each[0])
    if low and periods[low - 1][1] >= start:
        low -= 1
        start = periods[low][0]
    high = low
    while high < len(periods) and periods[high][0] <= end:
        end = max(end, periods[high][1])
        high += 1
    if start <= end:
        periods[low:high] = [(start, end)]
