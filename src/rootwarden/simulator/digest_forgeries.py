"""What somebody does to a trail's bucket who would rather not be seen: each forgery changes objects in place.

Used to show that a verifier catches it. All work on the objects `DigestedTrail` writes, none needs its key.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import msgspec

from rootwarden.simulator.digests import Stored
from rootwarden.trail.digests.digest import Digest, sha256
from rootwarden.trail.digests.location import DIGESTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.simulator.digests import DigestedTrail, SigningKey
    from rootwarden.trail.digests.digest import ListedFile

Objects = dict[str, Stored]


def digests(bucket: Objects) -> list[str]:
    """The keys of the digests, in order."""
    return sorted(key for key in bucket if f"/{DIGESTS}/" in key)


def log_files(bucket: Objects) -> list[str]:
    """The keys of the log files, in order."""
    return sorted(key for key in bucket if f"/{DIGESTS}/" not in key)


def listed_by(bucket: Objects, digest: str) -> list[str]:
    """The keys of the log files a digest lists."""
    content = msgspec.json.decode(gzip.decompress(bucket[digest].content), type=Digest)
    return [each.s3_object for each in content.log_files]


def change_content(bucket: Objects, key: str, old: bytes, new: bytes) -> None:
    """Change what an object says, and pack it again as if nothing had happened."""
    content = gzip.decompress(bucket[key].content)
    if old not in content:
        raise ValueError(old)
    bucket[key] = Stored(gzip.compress(content.replace(old, new), mtime=0), bucket[key].metadata)


def append_member(bucket: Objects, key: str, content: bytes) -> None:
    """Append a second gzip member: a reader sees both, whoever hashes only the first sees nothing."""
    bucket[key] = Stored(bucket[key].content + gzip.compress(content, mtime=0), bucket[key].metadata)


def append_bytes(bucket: Objects, key: str, content: bytes) -> None:
    """Append bytes that are no gzip member."""
    bucket[key] = Stored(bucket[key].content + content, bucket[key].metadata)


def cut(bucket: Objects, key: str, left: int) -> None:
    """Leave only the first bytes of an object."""
    bucket[key] = Stored(bucket[key].content[:left], bucket[key].metadata)


def remove(bucket: Objects, *keys: str) -> None:
    """Remove objects."""
    for key in keys:
        del bucket[key]


def plant(trail: DigestedTrail, written: datetime, content: bytes) -> str:
    """Put a log file beside the others that no digest lists; gives its key."""
    return trail.log_file(written, content).s3_object


def bomb(bucket: Objects, key: str, size: int) -> None:
    """Put a file there that is small, and large when it is unpacked."""
    bucket[key] = Stored(gzip.compress(b"\0" * size, mtime=0), bucket[key].metadata)


def copy_to(bucket: Objects, key: str, to: str) -> None:
    """Show an object a second time, under another name."""
    bucket[to] = bucket[key]


def drop_metadata(bucket: Objects) -> None:
    """Lose what S3 keeps beside each object, as a copy to a disk does."""
    for key, stored in bucket.items():
        bucket[key] = Stored(stored.content)


def sign_anew(bucket: Objects, key: str, listed: Sequence[ListedFile], forger: SigningKey) -> None:
    """Have a digest list other files, signed with a key of one's own under the fingerprint of the right one."""
    digest = msgspec.json.decode(gzip.decompress(bucket[key].content), type=Digest)
    forged = msgspec.structs.replace(digest, log_files=tuple(listed))
    document = msgspec.json.encode(forged)
    metadata = dict(bucket[key].metadata)
    if "signature" in metadata:
        metadata["signature"] = forger.sign(forged.signed_text(sha256(document)))
    bucket[key] = Stored(gzip.compress(document, mtime=0), metadata)
