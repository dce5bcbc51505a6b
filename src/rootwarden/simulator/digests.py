"""CloudTrail's log files and digests as a trail delivers them, signed with keys that were made a moment ago.

In: hours and what was logged in them. Out: objects of a bucket with their metadata, in memory, in a folder or anywhere
else the caller puts them, and the public keys. Nothing here can be taken for real: the keys are made when they are
needed and never kept, and their fingerprints begin with `fa4e`.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rootwarden.facts.instant import format_instant
from rootwarden.trail.digests.digest import ALGORITHM, HASH, Digest, ListedFile
from rootwarden.trail.digests.keys import PublicKey
from rootwarden.trail.digests.location import DIGESTS, LOGS, METADATA_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from rootwarden.simulator.state import State
    from rootwarden.trail.digests.location import Site

HOUR: Final = timedelta(hours=1)
_FAKE: Final = "fa4e"
_BITS: Final = 2048


class Stored(msgspec.Struct, frozen=True):
    """An object of a bucket: its bytes and user metadata."""

    content: bytes
    metadata: dict[str, str] = {}


class SigningKey:
    """A key pair of one region, made when it is asked for.

    Args:
        region: Region whose digests it signs.
        valid_from: Begin of its validity.
        valid_to: End of its validity.
    """

    def __init__(self, region: str, valid_from: datetime, valid_to: datetime) -> None:
        self._private = rsa.generate_private_key(65537, _BITS)
        der = self._private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        self.public = PublicKey(
            region=region,
            fingerprint=_FAKE + hashlib.sha256(der).hexdigest()[:28],
            valid_from=valid_from,
            valid_to=valid_to,
            value=base64.b64encode(der).decode(),
        )

    def sign(self, text: bytes) -> str:
        """The signature of a text, in hexadecimal."""
        return self._private.sign(text, padding.PKCS1v15(), hashes.SHA256()).hex()


class DigestedTrail:
    """One trail's deliveries for one account and region.

    Args:
        bucket: The bucket's objects, by key; added to.
        bucket_name: What the bucket is called.
        site: Account and region; its prefix is the trail's.
        key: Signs the digests; may be exchanged for another at any hour.
        trail: Name of the trail.
        home_region: Its home region.
        backfill: Write backfill digests, which are a chain of their own.
    """

    def __init__(
        self,
        bucket: dict[str, Stored],
        bucket_name: str,
        site: Site,
        key: SigningKey,
        *,
        trail: str = "example-trail",
        home_region: str = "us-east-1",
        backfill: bool = False,
    ) -> None:
        self.bucket = bucket
        self.bucket_name = bucket_name
        self.site = site
        self.key = key
        self.trail = trail
        self.home_region = home_region
        self.backfill = backfill
        self._before: tuple[Digest, bytes, str] | None = None

    def deliver(self, start: datetime, contents: Sequence[bytes] = (), *, length: timedelta = HOUR) -> str:
        """Deliver log files, evenly over a time, and the digest that lists them.

        Args:
            start: Begin of the digest's period.
            contents: The uncompressed log files.
            length: Length of the period; shorter for the last digest before logging stops.

        Returns:
            The key of the digest.
        """
        every = length / (len(contents) + 1)
        listed = [self.log_file(start + every * (place + 1), each) for place, each in enumerate(contents)]
        return self.digest(start, start + length, listed)

    def log_file(self, written: datetime, content: bytes) -> ListedFile:
        """Put a log file into the bucket; gives the line a digest has about it."""
        unique = hashlib.sha256(content + written.isoformat().encode()).hexdigest()[:16]
        name = f"{self.site.account}_CloudTrail_{self.site.region}_{written:%Y%m%dT%H%MZ}_{unique}.json.gz"
        key = f"{self.site.folder(LOGS)}/{written:%Y/%m/%d}/{name}"
        self.bucket[key] = Stored(gzip.compress(content, 1, mtime=0))
        return ListedFile(self.bucket_name, key, hashlib.sha256(content).hexdigest(), HASH)

    def digest(self, start: datetime, end: datetime, listed: Sequence[ListedFile]) -> str:
        """Put a digest into the bucket, and have the next one lead back to it.

        Returns:
            Its key.
        """
        content = self._digest(start, end, listed)
        document = msgspec.json.encode(content)
        signature = self.key.sign(content.signed_text(hashlib.sha256(document).hexdigest()))
        metadata = {"signature": signature, "signature-algorithm": ALGORITHM}
        if self.backfill:
            metadata["backfill-generation-timestamp"] = format_instant(end + timedelta(days=1))
        self.bucket[content.digest_s3_object] = Stored(gzip.compress(document, mtime=0), metadata)
        self._before = (content, document, signature)
        return content.digest_s3_object

    def stop(self) -> None:
        """Logging stops: the next digest begins a new chain."""
        self._before = None

    def _digest(self, start: datetime, end: datetime, listed: Sequence[ListedFile]) -> Digest:
        fields: dict[str, str] = {}
        if self._before is not None:
            before, document, signature = self._before
            fields = {
                "previous_digest_s3_bucket": before.digest_s3_bucket,
                "previous_digest_s3_object": before.digest_s3_object,
                "previous_digest_hash_value": hashlib.sha256(document).hexdigest(),
                "previous_digest_hash_algorithm": HASH,
                "previous_digest_signature": signature,
            }
        return Digest(
            aws_account_id=self.site.account,
            digest_start_time=format_instant(start),
            digest_end_time=format_instant(end),
            digest_s3_bucket=self.bucket_name,
            digest_s3_object=self._key(end),
            digest_public_key_fingerprint=self.key.public.fingerprint,
            digest_signature_algorithm=ALGORITHM,
            log_files=tuple(listed),
            **fields,
        )

    def _key(self, end: datetime) -> str:
        name = f"{self.site.account}_CloudTrail-Digest_{self.site.region}_{self.trail}_{self.home_region}"
        suffix = "_backfill" if self.backfill else ""
        return f"{self.site.folder(DIGESTS)}/{end:%Y/%m/%d}/{name}_{end:%Y%m%dT%H%M%SZ}{suffix}.json.gz"


def sample_log(written: datetime, events: int = 3) -> bytes:
    """A log file of a fake account: so many calls, made by nobody."""
    records = [
        {
            "eventVersion": "1.11",
            "userIdentity": {"type": "AWSService", "invokedBy": "fake.example.com"},
            "eventTime": format_instant(written),
            "eventSource": "sts.amazonaws.com",
            "eventName": "GetCallerIdentity",
            "awsRegion": "us-east-1",
            "eventID": hashlib.sha256(f"{written.isoformat()} {place}".encode()).hexdigest()[:32],
            "recipientAccountId": "000000000000",
        }
        for place in range(events)
    ]
    return msgspec.json.encode({"Records": records})


def write_copy(bucket: dict[str, Stored], folder: Path, *, metadata: bool = False) -> None:
    """Write a bucket's objects as `aws s3 sync` copies them; metadata, if wanted, as `aws s3api head-object` tells."""
    for key, stored in bucket.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stored.content)
        if metadata and stored.metadata:
            beside = path.with_name(f"{path.name}{METADATA_SUFFIX}")
            beside.write_bytes(msgspec.json.encode({"Metadata": stored.metadata}))


def publish(state: State, *keys: SigningKey) -> None:
    """Have a simulator answer `ListPublicKeys` with these keys."""
    state.public_keys += (key.public for key in keys)
