"""Read one digest, or one log file that a digest lists: leaf work, done on many threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.instant import format_instant
from rootwarden.trail.digests.digest import HASH, ListedFile, Metadata, read_digest
from rootwarden.trail.digests.location import DigestName, Origin, Site
from rootwarden.trail.digests.member import inflate
from rootwarden.trail.digests.place import BrokenOff, CannotRead, NotThere
from rootwarden.trail.digests.result import tellable
from rootwarden.trail.digests.seen import Match, SeenDigest, SeenFile

if TYPE_CHECKING:
    from rootwarden.trail.digests.digest import Digest
    from rootwarden.trail.digests.member import Inflated
    from rootwarden.trail.digests.place import Place

# A log file is listed in some 500 bytes; the largest of digests stay far below.
MOST_DIGEST: Final = 64 * 1024 * 1024
# CloudTrail closes a log file at some ten megabytes of gzip; a bomb is given up here.
MOST_LOG: Final = 4 * 1024**3
_TRIES: Final = 2


class DigestToRead(msgspec.Struct, frozen=True):
    """A digest that is there."""

    site: Site
    name: str
    told: DigestName


class FileToHash(msgspec.Struct, frozen=True):
    """A log file that a digest of a place lists."""

    listed: ListedFile
    origin: Origin


def seen_digest(place: Place, wanted: DigestToRead) -> SeenDigest:
    """Read a digest and compare it with where it lies."""
    blank = SeenDigest(site=wanted.site, name=wanted.name, told=wanted.told, start=wanted.told.end, end=wanted.told.end)
    try:
        inflated, metadata = _read(place, wanted.name, most=MOST_DIGEST, keep=True)
    except NotThere:
        return msgspec.structs.replace(blank, unread="it was removed while it was looked at")
    except CannotRead as error:
        return msgspec.structs.replace(blank, unread=str(error))
    if inflated.too_large:
        return msgspec.structs.replace(blank, unread=f"it has more than {MOST_DIGEST // 1024**2} MiB unpacked")
    if inflated.fault:
        return msgspec.structs.replace(blank, fault=inflated.fault)
    digest = read_digest(inflated.content)
    period = digest.period if digest is not None else None
    if digest is None or period is None:
        return msgspec.structs.replace(blank, fault="it is not a digest")
    origin, misplaced = _origin(place, wanted, digest)
    return msgspec.structs.replace(
        blank,
        digest=digest,
        origin=origin,
        start=period[0],
        end=period[1],
        sha256=inflated.sha256,
        metadata=metadata,
        fault=misplaced or _odd(digest, period[0] > period[1]),
        misplaced=bool(misplaced),
    )


def seen_file(place: Place, wanted: FileToHash) -> SeenFile:
    """Hash a log file and compare it with what its digest lists."""
    listed = wanted.listed
    name = wanted.origin.name(listed.s3_bucket, listed.s3_object)
    if name is None:
        told = tellable(f"s3://{listed.s3_bucket}/{listed.s3_object}")[:1200]
        return SeenFile(told, Match.UNREAD, "it lies outside of what was looked at")
    if listed.hash_algorithm != HASH:
        return SeenFile(name, Match.UNREAD, f"its hash is `{listed.hash_algorithm[:64]}`, not {HASH}")
    try:
        inflated, _ = _read(place, name, most=MOST_LOG, keep=False)
    except NotThere:
        return SeenFile(name, Match.ABSENT, "a digest lists it, and it is not here")
    except CannotRead as error:
        return SeenFile(name, Match.UNREAD, str(error))
    if inflated.too_large:
        reason = f"it has more than {MOST_LOG // 1024**3} GiB unpacked"
        return SeenFile(name, Match.UNREAD, reason, inflated.size, inflated.packed)
    reason = inflated.fault
    if not reason and inflated.sha256 != listed.hash_value.lower():
        reason = "its content is not what its digest lists"
    return SeenFile(name, Match.DIFFERENT if reason else Match.SAME, reason, inflated.size, inflated.packed)


def _read(place: Place, name: str, *, most: int, keep: bool) -> tuple[Inflated, Metadata]:
    """Read an object; once more when the network breaks off.

    Raises:
        NotThere, CannotRead: When it cannot be.
    """
    for left in reversed(range(_TRIES)):
        try:
            with place.opened(name) as opened:
                return inflate(opened.chunks, most=most, keep=keep), opened.metadata() if keep else Metadata()
        except BrokenOff:
            if not left:
                raise
    raise NotThere


def _origin(place: Place, wanted: DigestToRead, digest: Digest) -> tuple[Origin | None, str]:
    """Where a digest says it was written, and what is wrong with that; a copy's origin is taken from the digest."""
    key, bucket = digest.digest_s3_object, digest.digest_s3_bucket
    origin = place.origin
    if origin is None and (key == wanted.name or key.endswith(f"/{wanted.name}")):
        origin = Origin(bucket, key.removesuffix(wanted.name))
    if origin is None or origin.name(bucket, key) != wanted.name:
        return origin, f"it is signed for `{tellable(f's3://{bucket}/{key}')[:1200]}`, not for where it lies"
    if digest.aws_account_id != wanted.site.account:
        return origin, f"it is of account `{tellable(digest.aws_account_id)[:64]}`, not of the one it lies with"
    return origin, ""


def _odd(digest: Digest, backwards: bool) -> str:
    """What a digest says that CloudTrail never does."""
    if backwards:
        start, end = digest.period or (None, None)
        return f"it ends at {format_instant(end)}, before it begins" if start and end else ""
    return ""
