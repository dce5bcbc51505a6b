"""Where CloudTrail puts digests and log files, and what their names tell.

CloudTrail user guide, "CloudTrail digest file structure" and "Finding your CloudTrail log files": below an optional
prefix, `AWSLogs/[ORGANIZATION/]ACCOUNT/CloudTrail-Digest/REGION/YYYY/MM/DD/NAME`, and the log files beside it below
`CloudTrail/`. Names are a hint only: what counts is what is signed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from rootwarden.facts.instant import FIRST_YEAR, LAST_YEAR

TOP: Final = "AWSLogs"
DIGESTS: Final = "CloudTrail-Digest"
LOGS: Final = "CloudTrail"
# `aws s3api head-object` of a digest, kept beside a copy of it: its metadata hold the signature.
METADATA_SUFFIX: Final = ".metadata.json"
_REGION: Final = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,16}){1,4}")
_DIGEST: Final = re.compile(
    r"(?P<account>[0-9]{12})_CloudTrail-Digest_(?P<region>[a-z0-9-]+)_(?P<trail>[A-Za-z0-9._-]{3,128})_"
    r"(?P<home>[a-z0-9-]+)_(?P<time>[0-9]{8}T[0-9]{6}Z)(?P<backfill>_backfill)?\.json\.gz"
)
_LOG_TIME: Final = re.compile(r"_(?P<time>[0-9]{8}T[0-9]{4}Z)_[A-Za-z0-9]+\.json\.gz$")
_DAY: Final = re.compile(r"/(?P<year>[0-9]{4})/(?P<month>[0-9]{2})/(?P<day>[0-9]{2})/[^/]+$")
_PARTS_TO_REGION: Final = 3


class Site(msgspec.Struct, frozen=True, order=True):
    """One account's region below one prefix: where digests and the log files they list lie side by side.

    Attributes:
        prefix: What stands before `AWSLogs`, seen from the place that is looked at; may be empty.
        organization: The organization's id in an organization trail's paths, else empty.
        account: Account id.
        region: Region.
    """

    prefix: str
    organization: str
    account: str
    region: str

    def folder(self, kind: str) -> str:
        """The folder of its digests or log files, without a slash at its end."""
        parts = (self.prefix, TOP, self.organization, self.account, kind, self.region)
        return "/".join(part for part in parts if part)


class DigestName(msgspec.Struct, frozen=True, order=True):
    """What the name of a digest tells.

    Attributes:
        trail: Name of the trail.
        home_region: The trail's home region.
        backfill: Whether it belongs to the chain of backfill digests.
        end: The end of the hour it is about.
    """

    trail: str
    home_region: str
    backfill: bool
    end: datetime


class Origin(msgspec.Struct, frozen=True, order=True):
    """Where a place's objects were when CloudTrail signed for them.

    Attributes:
        bucket: Name of the bucket.
        prefix: What a key has before the name seen from the place; empty, or with a slash at its end.
    """

    bucket: str
    prefix: str

    def key(self, name: str) -> str:
        """The key of what the place calls `name`."""
        return self.prefix + name

    def name(self, bucket: str, key: str) -> str | None:
        """What the place calls an object; `None` when it lies outside of it, or has a name no object of a trail has."""
        if bucket != self.bucket or not key.startswith(self.prefix):
            return None
        name = key.removeprefix(self.prefix)
        return name if is_plain(name) else None


def is_plain(name: str) -> bool:
    """Whether a name leads only downwards: no empty part, no `..`, nothing that ends a path early."""
    if not name or len(name) > 1024 or "\\" in name or not name.isprintable():  # noqa: PLR2004 - S3's longest key
        return False
    return all(part not in ("", ".", "..") for part in name.split("/"))


def site_of(prefix: str, below: tuple[str, ...]) -> Site | None:
    """The site of a path below `AWSLogs`: `[ORGANIZATION,] ACCOUNT, CloudTrail or CloudTrail-Digest, REGION`.

    Names of accounts and regions that AWS does not give make a site too: whoever reads log files would read those.
    """
    organization = below[0] if len(below) > _PARTS_TO_REGION else ""
    rest = below[1:] if organization else below
    if len(rest) != _PARTS_TO_REGION or rest[1] not in (DIGESTS, LOGS):
        return None
    return Site(prefix, organization, rest[0], rest[2])


def digest_name(site: Site, name: str) -> DigestName | None:
    """What the name of a digest of a site tells; `None` for what is no digest's name."""
    match = _DIGEST.fullmatch(name.rpartition("/")[2])
    if (
        match is None
        or not _REGION.fullmatch(site.region)
        or match["account"] != site.account
        or match["region"] != site.region
    ):
        return None
    end = _instant(match["time"], "%Y%m%dT%H%M%SZ")
    if end is None:
        return None
    return DigestName(match["trail"], match["home"], match["backfill"] is not None, end)


def log_time(name: str) -> datetime | None:
    """The minute a log file was delivered in, as its name tells; `None` where it tells none."""
    match = _LOG_TIME.search(name)
    return _instant(match["time"], "%Y%m%dT%H%MZ") if match else None


def day_of(name: str) -> date | None:
    """The day whose folder a digest or log file lies in; `None` where it lies in none."""
    match = _DAY.search(name)
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"])) if match else None
    except ValueError:
        return None


def _instant(text: str, form: str) -> datetime | None:
    try:
        instant = datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None
    return instant if FIRST_YEAR <= instant.year <= LAST_YEAR else None
