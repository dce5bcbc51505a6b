"""Digests and log files as they were found, before it is decided what is proven."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from rootwarden.trail.digests.digest import Digest, Metadata
from rootwarden.trail.digests.location import DigestName, Origin, Site


class SeenDigest(msgspec.Struct, frozen=True, kw_only=True):
    """A digest as it was read.

    Attributes:
        site: Where it lies.
        name: Its name, seen from the place.
        told: What the name tells.
        digest: Its content; `None` when it could not be read.
        origin: Where it says it was written.
        start: Begin of its period; of its end, when it could not be read.
        end: End of its period; as its name has it, when it could not be read.
        sha256: Of its content.
        metadata: What S3 keeps beside it.
        fault: Why it is not what CloudTrail wrote; empty when nothing is wrong so far.
        unread: Why nothing can be told; empty when it was read.
        misplaced: Whether it is signed for another place than where it lies, so that it belongs to no chain here.
    """

    site: Site
    name: str
    told: DigestName
    start: datetime
    end: datetime
    digest: Digest | None = None
    origin: Origin | None = None
    sha256: str = ""
    metadata: Metadata = Metadata()
    fault: str = ""
    unread: str = ""
    misplaced: bool = False


class Match(StrEnum):
    """What became of a listed log file."""

    SAME = "same"
    DIFFERENT = "different"
    ABSENT = "absent"
    UNREAD = "unread"


class SeenFile(msgspec.Struct, frozen=True):
    """A log file that a digest lists.

    Attributes:
        name: Its name, or its key when it lies outside of the place.
        match: Whether it is what the digest says.
        reason: Why not.
        size: Bytes of uncompressed content.
        packed: Bytes of the file.
    """

    name: str
    match: Match
    reason: str = ""
    size: int = 0
    packed: int = 0


class Held(msgspec.Struct):
    """A digest, and the log files it lists as far as they were looked at."""

    seen: SeenDigest
    files: list[SeenFile]
