"""A digest as CloudTrail writes it, and what its signature is made over.

CloudTrail user guide, "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file integrity
validation".
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.instant import Instant, parse_instant

if TYPE_CHECKING:
    from datetime import datetime

ALGORITHM: Final = "SHA256withRSA"
HASH: Final = "SHA-256"
# What a starting digest has in place of the signature before it.
NO_SIGNATURE: Final = "null"


class ListedFile(msgspec.Struct, frozen=True, rename="camel"):
    """A log file, as a digest lists it; `hash_value` is of its uncompressed content."""

    s3_bucket: str
    s3_object: str
    hash_value: str
    hash_algorithm: str


class Digest(msgspec.Struct, frozen=True, rename="camel"):
    """The content of a digest. Instants stay the text that was signed; the five `previous` fields may be null."""

    aws_account_id: str
    digest_start_time: str
    digest_end_time: str
    digest_s3_bucket: str
    digest_s3_object: str
    digest_public_key_fingerprint: str
    digest_signature_algorithm: str
    log_files: tuple[ListedFile, ...]
    previous_digest_s3_bucket: str | None = None
    previous_digest_s3_object: str | None = None
    previous_digest_hash_value: str | None = None
    previous_digest_hash_algorithm: str | None = None
    previous_digest_signature: str | None = None

    @property
    def starting(self) -> bool:
        """Whether a chain starts with it: there is nothing before."""
        return self.previous_digest_s3_object is None and self.previous_digest_signature is None

    @property
    def period(self) -> tuple[datetime, datetime] | None:
        """The time whose deliveries it lists; `None` where it is no time."""
        start, end = parse_instant(self.digest_start_time), parse_instant(self.digest_end_time)
        return (start, end) if start is not None and end is not None else None

    def signed_text(self, content_sha256: str) -> bytes:
        """What CloudTrail signed, given the SHA-256 of the digest's uncompressed content in hexadecimal."""
        lines = (
            self.digest_end_time,
            f"{self.digest_s3_bucket}/{self.digest_s3_object}",
            content_sha256,
            self.previous_digest_signature or NO_SIGNATURE,
        )
        return "\n".join(lines).encode()


class Metadata(msgspec.Struct, frozen=True):
    """What S3 keeps beside a digest.

    Attributes:
        signature: In hexadecimal; empty when it is not known.
        generated: When a backfill digest was made.
    """

    signature: str = ""
    generated: Instant | None = None


def read_digest(content: bytes) -> Digest | None:
    """Read the uncompressed content of a digest; `None` when it is none."""
    try:
        return msgspec.json.decode(content, type=Digest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def metadata_of(values: object) -> Metadata:
    """Read user metadata of an object, as botocore and `aws s3api head-object` tell them."""
    if not isinstance(values, dict):
        return Metadata()
    told = {str(name).lower(): value for name, value in values.items() if isinstance(value, str)}
    generated = parse_instant(told.get("backfill-generation-timestamp", ""))
    return Metadata(told.get("signature", "").strip().lower(), generated)


def sha256(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
