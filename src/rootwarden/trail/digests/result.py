"""What a verification found: three-valued, chain by chain. What is not proven never counts as valid."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.trail.digests.location import Site

if TYPE_CHECKING:
    from collections.abc import Iterable

# A hostile copy may hold millions of wrong files: all are counted, these are named, in each chain and region.
MOST_NAMED: Final = 1000


class Verdict(StrEnum):
    """What is known of an object, a time or a chain."""

    VALID = "valid"
    INVALID = "invalid"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a finding is about."""

    DIGEST = "digest"
    LOG_FILE = "log_file"
    UNLISTED = "unlisted"
    CONTRADICTION = "contradiction"
    BEGINNING = "beginning"
    PLACE = "place"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it should be, or cannot be told.

    Attributes:
        object: Name of the object it is about, as the place calls it.
        kind: What it is about.
        verdict: `invalid`, `missing` or `unknown`.
        reason: Why.
    """

    object: str
    kind: Kind
    verdict: Verdict
    reason: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A time no digest covers that is here and may be CloudTrail's.

    Attributes:
        start: Its begin.
        end: Its end.
        verdict: `missing` when a proven digest says that there was one, `invalid` when the one that is here is;
            else `unknown`.
        reason: What is known of it.
    """

    start: datetime
    end: datetime
    verdict: Verdict
    reason: str

    @property
    def seconds(self) -> int:
        """Its length."""
        return int((self.end - self.start).total_seconds())


class Counts(msgspec.Struct, kw_only=True):
    """How many of each verdict."""

    valid: int = 0
    invalid: int = 0
    missing: int = 0
    unknown: int = 0

    def add(self, verdict: Verdict) -> None:
        """Count one."""
        setattr(self, verdict.value, getattr(self, verdict.value) + 1)

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            valid=self.valid + other.valid,
            invalid=self.invalid + other.invalid,
            missing=self.missing + other.missing,
            unknown=self.unknown + other.unknown,
        )

    @property
    def total(self) -> int:
        """How many in all."""
        return self.valid + self.invalid + self.missing + self.unknown

    @property
    def verdict(self) -> Verdict:
        """Of all together."""
        if self.invalid or self.missing:
            return Verdict.INVALID
        return Verdict.UNKNOWN if self.unknown else Verdict.VALID


class Findings:
    """Findings as they come: counted by what they mean for the whole, the first of them named."""

    def __init__(self) -> None:
        self.named: list[Finding] = []
        self.left_out = 0
        self.invalid = False
        self.unknown = False

    def add(self, finding: Finding) -> None:
        """Take one."""
        self.note(finding.verdict)
        if len(self.named) < MOST_NAMED:
            self.named.append(finding)
        else:
            self.left_out += 1

    def note(self, verdict: Verdict) -> None:
        """Have a verdict count, and name nothing."""
        self.invalid |= verdict in (Verdict.INVALID, Verdict.MISSING)
        self.unknown |= verdict is Verdict.UNKNOWN

    @property
    def verdict(self) -> Verdict:
        """Of all together."""
        if self.invalid:
            return Verdict.INVALID
        return Verdict.UNKNOWN if self.unknown else Verdict.VALID


class ChainResult(msgspec.Struct, frozen=True, kw_only=True):
    """One chain: the digests of a trail for one account and region, hourly ones or backfill ones.

    Attributes:
        site: Whose.
        trail: Name of the trail.
        home_region: The trail's home region.
        backfill: Whether it is the chain of backfill digests.
        bucket: The bucket its newest readable digest names; empty when none could be read.
        verdict: `valid`, `invalid` or `unknown`.
        covered_from: Begin of the first proven digest; `None` when none is proven.
        covered_to: End of the last proven digest.
        proven_seconds: Time between them that proven digests cover.
        starts: Starting digests: how often logging, or the making of digests, began anew.
        digests: The digests.
        files: The log files they list.
        size: Bytes of uncompressed log files that were hashed.
        gaps: Times no digest covers, in order.
        gaps_left_out: Gaps beyond those named.
        findings: What is wrong or cannot be told, in order.
        findings_left_out: Findings beyond those named.
    """

    site: Site
    trail: str
    home_region: str
    backfill: bool
    bucket: str
    verdict: Verdict
    covered_from: datetime | None
    covered_to: datetime | None
    proven_seconds: int
    starts: int
    digests: Counts
    files: Counts
    size: int
    gaps: tuple[Gap, ...]
    gaps_left_out: int
    findings: tuple[Finding, ...]
    findings_left_out: int


class SiteResult(msgspec.Struct, frozen=True, kw_only=True):
    """The log files of one account and region that no digest lists.

    Attributes:
        site: Whose.
        digests_here: Whether there is any digest of the time that is asked about; without one nothing is proven.
        unlisted: How many; `invalid` where a digest should list them, `unknown` where that cannot be told (yet).
        findings: Each of them.
        findings_left_out: Findings beyond those named.
    """

    site: Site
    digests_here: bool
    unlisted: Counts
    findings: tuple[Finding, ...]
    findings_left_out: int

    @property
    def verdict(self) -> Verdict:
        """Of all together."""
        if self.unlisted.verdict is Verdict.INVALID:
            return Verdict.INVALID
        return Verdict.UNKNOWN if self.findings or not self.digests_here else Verdict.VALID


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run.

    Attributes:
        place: What was looked at.
        original: `s3://BUCKET/PREFIX` the objects are compared with; empty when the digests themselves were believed.
        as_of: The instant it is judged at.
        since: From when on digests were expected; `None` when that was not said.
        until: Until when; `None` when that was not said.
        chains: Every chain, in order.
        sites: Accounts and regions with log files that no digest lists.
        seen_sites: How many accounts and regions were looked at.
        interrupted: Whether it was ended early, so that chains are missing.
    """

    place: str
    original: str
    as_of: datetime
    since: datetime | None
    until: datetime | None
    chains: tuple[ChainResult, ...]
    sites: tuple[SiteResult, ...]
    seen_sites: int
    interrupted: bool = False

    @property
    def verdict(self) -> Verdict:
        """`invalid` when anything is; else `unknown` when anything is, or nothing was found; else `valid`."""
        verdicts = {each.verdict for each in self.chains} | {each.verdict for each in self.sites}
        if Verdict.INVALID in verdicts:
            return Verdict.INVALID
        if Verdict.UNKNOWN in verdicts or not self.chains or self.interrupted:
            return Verdict.UNKNOWN
        return Verdict.VALID


def sum_of(counts: Iterable[Counts]) -> Counts:
    """All together."""
    whole = Counts()
    for each in counts:
        whole = whole.plus(each)
    return whole


def tellable(name: str) -> str:
    """A name from a bucket or disk as text that can be printed: what cannot is escaped."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
