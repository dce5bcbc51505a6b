"""One chain of digests, fed in the order of time: what of it is proven, what is missing, which time nobody covers.

Pure: names, digests and hashes go in, a `ChainResult` comes out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.instant import format_instant
from rootwarden.trail.digests.proof import Decision, decide, follows
from rootwarden.trail.digests.result import (
    MOST_NAMED,
    ChainResult,
    Counts,
    Finding,
    Findings,
    Gap,
    Kind,
    Verdict,
    tellable,
)
from rootwarden.trail.digests.seen import Match

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.trail.digests.keys import Keys
    from rootwarden.trail.digests.seen import Held, SeenDigest, SeenFile

# A digest comes every hour; how late it may be is not documented, so it is given another one.
DUE: Final = timedelta(hours=2)
# Digests in a row that may wait for the next to be proven: what bounds the memory on a copy where none is.
_MOST_WAITING: Final = 200


class Span(msgspec.Struct, frozen=True):
    """The time that is asked about.

    Attributes:
        since: Its begin; `None` to take what is there.
        until: Its end; `None` for the instant it is judged at.
        as_of: The instant it is judged at.
    """

    since: datetime | None
    until: datetime | None
    as_of: datetime

    @property
    def end(self) -> datetime:
        """Until when digests are expected."""
        return min(self.until, self.as_of) if self.until is not None else self.as_of

    def clipped(self, start: datetime, end: datetime) -> timedelta:
        """How much of a time lies in it."""
        start = max(start, self.since) if self.since is not None else start
        end = min(end, self.until) if self.until is not None else end
        return max(end - start, timedelta(0))

    def beyond(self, start: datetime) -> bool:
        """Whether what begins then is no longer asked about."""
        return self.until is not None and start >= self.until


class _Proven:
    """The time that proven digests cover."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.start: datetime | None = None
        self.end: datetime | None = None
        self.length = timedelta(0)

    def add(self, start: datetime, end: datetime) -> None:
        """Take a digest's period; what was covered already counts once."""
        begin = max(start, self.end) if self.end is not None else start
        self.length += self._span.clipped(begin, end)
        self.start = min(start, self.start) if self.start is not None else start
        self.end = max(end, self.end) if self.end is not None else end


class Chain:
    """A chain while it is read.

    Args:
        first: Any digest of it: whose chain it is.
        span: The time that is asked about.
        keys: Public keys.
        is_here: Whether a digest of a name is here, whatever its content.
        on_decided: Told each digest, in order of time, with what is known of it.
    """

    def __init__(
        self,
        first: SeenDigest,
        span: Span,
        keys: Keys,
        is_here: Callable[[str], bool],
        on_decided: Callable[[SeenDigest, Verdict], None],
    ) -> None:
        self._of = first
        self._span = span
        self._keys = keys
        self._is_here = is_here
        self._on_decided = on_decided
        self._waiting: list[Held] = []
        self._last: SeenDigest | None = None
        self._reached: datetime | None = None
        self._proven = _Proven(span)
        self._findings = Findings()
        self._gaps: list[Gap] = []
        self._gaps_left_out = 0
        self._digests = Counts()
        self._files = Counts()
        self._starts = 0
        self._size = 0
        self._spoiled = False
        self._bucket = ""

    def feed(self, held: Held) -> None:
        """Take the next digest. What lies beyond the time asked about only proves what is before it."""
        if held.seen.misplaced:
            self._record(held, Decision(Verdict.INVALID, held.seen.fault))
            return
        self._settle(held.seen, None)
        self._waiting.append(held)
        if len(self._waiting) > _MOST_WAITING:
            newest = self._waiting.pop()
            self._settle(newest.seen, Verdict.UNKNOWN)
            self._waiting.append(newest)

    def finish(self) -> ChainResult:
        """Nothing follows: decide what is left.

        Returns:
            What was found.
        """
        self._settle(None, Verdict.UNKNOWN)
        if not self._of.told.backfill:
            self._tail()
        parts = (self._digests.verdict, self._files.verdict, self._findings.verdict)
        verdict = next((each for each in (Verdict.INVALID, Verdict.UNKNOWN) if each in parts), Verdict.VALID)
        return ChainResult(
            site=self._of.site,
            trail=self._of.told.trail,
            home_region=self._of.told.home_region,
            backfill=self._of.told.backfill,
            bucket=self._bucket,
            verdict=verdict,
            covered_from=self._proven.start,
            covered_to=self._proven.end,
            proven_seconds=int(self._proven.length.total_seconds()),
            starts=self._starts,
            digests=self._digests,
            files=self._files,
            size=self._size,
            gaps=tuple(self._gaps),
            gaps_left_out=self._gaps_left_out,
            findings=tuple(self._findings.named),
            findings_left_out=self._findings.left_out,
        )

    def _settle(self, later: SeenDigest | None, proven: Verdict | None) -> None:
        """Decide about the newest digest that waits, and with it about those that waited for it."""
        if not self._waiting:
            return
        decisions: list[Decision] = []
        for held in reversed(self._waiting):
            decision = decide(held.seen, later, proven, self._keys)
            if decision is None:
                return
            decisions.append(decision)
            later, proven = held.seen, decision.verdict
        for held, decision in zip(self._waiting, reversed(decisions), strict=True):
            self._record(held, decision)
        self._waiting.clear()

    def _record(self, held: Held, decision: Decision) -> None:
        seen = held.seen
        if self._span.beyond(seen.start):
            return
        self._digests.add(decision.verdict)
        if decision.verdict is not Verdict.VALID:
            self._find(seen.name, Kind.DIGEST, decision.verdict, decision.reason)
        if decision.contradiction:
            self._find(seen.name, Kind.CONTRADICTION, Verdict.INVALID, decision.contradiction)
        if not seen.misplaced:
            self._place(seen, decision.verdict)
        self._on_decided(seen, decision.verdict)
        for file in held.files:
            self._file(file, decision.verdict)

    def _place(self, seen: SeenDigest, verdict: Verdict) -> None:
        """Put a digest into the chain: what lies between it and the one before."""
        if verdict is Verdict.INVALID:
            self._spoiled = True  # it covers nothing, and what it says about the one before it counts for nothing
            return
        if seen.origin is not None:
            self._same_bucket(seen)
        self._link(seen, verdict)
        if verdict is Verdict.VALID:
            self._proven.add(seen.start, seen.end)
        self._last = seen
        self._spoiled = False
        self._reached = max(self._reached, seen.end) if self._reached is not None else seen.end

    def _same_bucket(self, seen: SeenDigest) -> None:
        bucket = seen.origin.bucket if seen.origin is not None else ""
        if self._bucket and bucket != self._bucket:
            reason = f"it was written to s3://{bucket}, the one before it to s3://{self._bucket}: name the right one"
            self._find(seen.name, Kind.PLACE, Verdict.UNKNOWN, reason)
        self._bucket = bucket

    def _link(self, seen: SeenDigest, verdict: Verdict) -> None:
        if seen.digest is None:
            return
        if seen.digest.starting:
            self._starts += 1
            self._gap(seen.start, Verdict.UNKNOWN, "a new chain starts after it: logging was off, or nobody can tell")
            return
        before = self._before(seen)
        if before is None:
            where = f"s3://{seen.digest.previous_digest_s3_bucket}/{seen.digest.previous_digest_s3_object}"
            reason = f"the digest for it is `{tellable(where)[:1200]}`, which is outside of what was looked at"
            self._gap(seen.start, Verdict.UNKNOWN, reason)
        elif (self._last is not None and follows(seen, self._last)) or self._is_here(before):
            spoiled = (Verdict.INVALID, "the digest for it is not what CloudTrail wrote")
            none = (Verdict.UNKNOWN, "CloudTrail wrote no digest for it")
            self._gap(seen.start, *(spoiled if self._spoiled else none))
        elif self._reached is None and (self._span.since is None or seen.start <= self._span.since):
            self._beginning(seen)
        else:
            self._lost(seen, before, verdict)

    def _before(self, seen: SeenDigest) -> str | None:
        """The name of the digest before one; `None` when it lies elsewhere."""
        digest, origin = seen.digest, seen.origin
        if digest is None or origin is None:
            return None
        return origin.name(digest.previous_digest_s3_bucket or "", digest.previous_digest_s3_object or "")

    def _beginning(self, seen: SeenDigest) -> None:
        """The first digest that is here is not the first of its chain."""
        if self._span.since is None and not self._of.told.backfill:
            reason = "the chain goes further back than what is here: say with --from from when on it matters"
            self._find(seen.name, Kind.BEGINNING, Verdict.UNKNOWN, reason)

    def _lost(self, seen: SeenDigest, before: str, verdict: Verdict) -> None:
        """A digest names one before it that is not here."""
        if verdict is Verdict.VALID:
            self._digests.add(Verdict.MISSING)
            reason = f"`{seen.name.rpartition('/')[2]}`, which is proven, names it"
            self._find(before, Kind.DIGEST, Verdict.MISSING, reason)
            self._gap(seen.start, Verdict.MISSING, "the digests for it are missing")
        else:
            reason = f"a digest that is not proven names `{tellable(before)}`, which is not here"
            self._find(seen.name, Kind.CONTRADICTION, Verdict.UNKNOWN, reason)
            self._gap(seen.start, Verdict.UNKNOWN, "there is no digest for it here")

    def _gap(self, start: datetime, verdict: Verdict, reason: str) -> None:
        """The time between what was reached and a digest's begin, if there is any and it was asked about."""
        reached = self._reached if self._reached is not None else self._span.since
        if reached is None or self._of.told.backfill:
            return
        self._uncovered(reached, start, verdict, reason)

    def _uncovered(self, start: datetime, end: datetime, verdict: Verdict, reason: str) -> None:
        since, until = self._span.since, self._span.until
        start = max(start, since) if since is not None else start
        end = min(end, until) if until is not None else end
        if start >= end:
            return
        self._findings.note(verdict)
        if len(self._gaps) < MOST_NAMED:
            self._gaps.append(Gap(start=start, end=end, verdict=verdict, reason=reason))
        else:
            self._gaps_left_out += 1

    def _tail(self) -> None:
        """Until the end of what was asked about digests should have come."""
        if self._reached is None or self._span.as_of < self._reached + DUE:
            return
        due = format_instant(self._reached + DUE)
        reason = f"no digest follows, and one was due at {due}: logging ended, or the newest digests are gone"
        self._uncovered(self._reached, self._span.end, Verdict.UNKNOWN, reason)

    def _file(self, file: SeenFile, digest: Verdict) -> None:
        """A log file's verdict from its digest's: what is not proven to be listed is not proven."""
        self._size += file.size
        verdict = _OF_A_PROVEN_DIGEST[file.match] if digest is Verdict.VALID else Verdict.UNKNOWN
        self._files.add(verdict)
        if digest is Verdict.INVALID:
            return
        if digest is Verdict.VALID and verdict is not Verdict.VALID:
            self._find(file.name, Kind.LOG_FILE, verdict, file.reason)
        elif file.match in (Match.DIFFERENT, Match.ABSENT):
            reason = f"{file.reason}; the digest is not proven either: one of the two is not what CloudTrail wrote"
            self._find(file.name, Kind.CONTRADICTION, Verdict.INVALID, reason)
        elif file.match is Match.UNREAD:
            self._find(file.name, Kind.LOG_FILE, Verdict.UNKNOWN, file.reason)

    def _find(self, name: str, kind: Kind, verdict: Verdict, reason: str) -> None:
        self._findings.add(Finding(object=tellable(name), kind=kind, verdict=verdict, reason=reason))


_OF_A_PROVEN_DIGEST: Final = {
    Match.SAME: Verdict.VALID,
    Match.DIFFERENT: Verdict.INVALID,
    Match.ABSENT: Verdict.MISSING,
    Match.UNREAD: Verdict.UNKNOWN,
}
