"""A bucket with Object Lock, in another organization: what is in it stays until its day, whoever asks.

One object a head, `heads/LOG/SIZE.json`, with retention in COMPLIANCE mode, which nobody can shorten, root included
(Amazon S3 User Guide, "Locking objects with Object Lock"; documented). What was stored is asked back before it counts:
the version, its mode and its day. A delete marker hides an object from a listing, so versions are listed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec
from botocore.awsrequest import AWSResponse
from botocore.exceptions import HTTPClientError
from urllib3.response import HTTPResponse

from rootwarden.aws.calls import CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.breakglass.exchange import ExchangeFailed, exchange, trust_of
from rootwarden.breakglass.sinks.sink import Receipt, SinkKind, is_of_log
from rootwarden.breakglass.witness.messages import LARGEST, parse_head
from rootwarden.errors import InputError, SinkError
from rootwarden.facts.instant import parse_instant
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from botocore.awsrequest import AWSPreparedRequest
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.aws.door import Door
    from rootwarden.breakglass.sinks.lane import Allowance
    from rootwarden.transparency.head import Head

MOST_BYTES: Final = 64 * 1024 * 1024
MOST_PAGES: Final = 1000
MOST_VERSIONS: Final = 50
_NEEDS: Final = (
    "it needs s3:PutObject, s3:PutObjectRetention, s3:GetObjectVersion, s3:GetObjectRetention, s3:ListBucketVersions"
)
_REFUSED: Final = frozenset({"AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403"})
# The clocks of S3 and of this machine may differ so much before a retention counts as too short.
_CLOCKS: Final = timedelta(minutes=5)
_LONGEST_ERROR: Final = 200


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """Where heads are kept.

    Attributes:
        name: Name of the bucket; it must have Object Lock.
        owner: Account that owns it, twelve digits; S3 refuses when it is another's.
        organization: Id of the organization of that account, as declared; placement compares it.
        prefix: What names begin with, without a slash at its end.
        retention: How long nobody can delete what is stored.
    """

    name: str
    owner: str
    organization: str = ""
    prefix: str = "heads"
    retention: timedelta = timedelta(days=3650)


class BoundedSending:
    """Sends botocore's requests within what is left of an allowance, whatever the server does.

    Args:
        trust: Whose certificates are believed; those of the system if left out.
    """

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = trust or trust_of("")
        self._local = threading.local()  # a thread that stores and one that asks share the way to AWS

    def allow(self, within: Allowance) -> None:
        """What the next requests of this thread may take."""
        self._local.within = within

    def __call__(self, request: AWSPreparedRequest) -> AWSResponse:
        """Send it.

        Raises:
            HTTPClientError: There is no answer in time.
        """
        given: Any = request.body
        body = given.read() if hasattr(given, "read") else given
        given_headers: dict[str, Any] = dict(request.headers.items())
        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value)
            for name, value in given_headers.items()
            if name.lower() != "expect"  # the body goes out at once; the header is not signed
        }
        within: Allowance = self._local.within
        try:
            answer = exchange(
                request.method,
                request.url,
                headers=headers,
                body=body.encode() if isinstance(body, str) else body,
                seconds=within.left(),
                most_bytes=MOST_BYTES,
                trust=self._trust,
                by_proxy=True,
            )
        except ExchangeFailed as error:
            raise HTTPClientError(error=error) from error
        raw = HTTPResponse(
            body=io.BytesIO(answer.body),
            headers=dict(answer.headers),
            status=answer.status,
            preload_content=False,
        )
        told: Any = raw.headers
        return AWSResponse(request.url, answer.status, told, raw)


class ObjectLockSink:
    """A bucket with Object Lock.

    Args:
        name: What people call it.
        bucket: Where.
        door: Access to AWS, made with `sending` as its transport.
        sending: Keeps each request within its time.
        log: Name of the log.
        log_keys: Public keys of its heads: what is not signed with one is passed over.
        takes_entries: Whether entries are stored with the head.
        clock: Now.
    """

    kind: ClassVar[SinkKind] = SinkKind.OBJECT_LOCK
    tells: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        bucket: Bucket,
        *,
        door: Door,
        sending: BoundedSending,
        log: str,
        log_keys: Sequence[Ed25519PublicKey],
        takes_entries: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self.name = name
        self.takes_entries = takes_entries
        self._bucket = bucket
        self._door = door
        self._sending = sending
        self._prefix = f"{bucket.prefix}/{log}/" if bucket.prefix else f"{log}/"
        self._log_keys = tuple(log_keys)
        self._clock = clock

    def offer(self, head: Head, entries: Sequence[bytes], within: Allowance) -> Receipt:
        """Store the head, and ask back which version it is and how long it is locked."""
        key = f"{self._prefix}{head.size:016}.json"
        content = _content(head, entries if self.takes_entries else ())
        if len(content) > MOST_BYTES:
            raise SinkError(f"more than {MOST_BYTES} bytes are to be stored at once", hint="store heads only")
        now = self._clock()
        until = (now + self._bucket.retention).replace(microsecond=0)
        stored = self._send(
            "PutObject",
            within,
            Key=key,
            Body=content,
            ContentType="application/json",
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=base64.b64encode(hashlib.sha256(content).digest()).decode(),
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=until,
        )
        version = stored.get("VersionId")
        if not isinstance(version, str) or version in ("", "null"):
            raise SinkError(f"`{self._bucket.name}` keeps no versions", hint="make a bucket with Object Lock")
        self._check_kept(key, version, content, until, within)
        return Receipt(
            sink=self.name,
            kind=self.kind,
            head=head,
            accepted_at=now,
            reference=f"s3://{self._bucket.name}/{key}?versionId={version}",
            verifiable=False,
        )

    def newest(self, within: Allowance) -> tuple[Head, ...]:
        """The signed heads of the largest size of which there is any version, hidden ones too.

        What nobody signed is passed over, so that it hides nothing.
        """
        sized = ((self._size(key), key, version) for key, version in self._versions(within))
        newest: dict[Head, None] = {}
        for number, (size, key, version) in enumerate(sorted((each for each in sized if each[0] > 0), reverse=True)):
            if newest and size < next(iter(newest)).size:
                break
            if number >= MOST_VERSIONS:
                raise SinkError(
                    f"`{self._bucket.name}` shows too many versions", hint="who else writes to this bucket?"
                )
            head = self._head(key, version, within)
            if head is not None and head.size == size and is_of_log(head, self._log_keys):
                newest[head] = None
        return tuple(newest)

    def _head(self, key: str, version: str, within: Allowance) -> Head | None:
        """The head in one version, if there is one."""
        answer = self._send("GetObject", within, Key=key, VersionId=version)
        try:
            kept = msgspec.json.decode(answer["Body"].read(), type=dict[str, msgspec.Raw])
            return parse_head(bytes(kept.get("head", msgspec.Raw(b"null"))))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InputError):
            return None

    def _versions(self, within: Allowance) -> Iterator[tuple[str, str]]:
        more: dict[str, object] = {}
        for _ in range(MOST_PAGES):
            page = self._send("ListObjectVersions", within, Prefix=self._prefix, **more)
            for each in page.get("Versions") or ():
                yield str(each.get("Key")), str(each.get("VersionId"))
            if not page.get("IsTruncated"):
                return
            more = {"KeyMarker": page.get("NextKeyMarker"), "VersionIdMarker": page.get("NextVersionIdMarker")}
        raise SinkError(f"`{self._bucket.name}` lists more than {MOST_PAGES} pages", hint="is the prefix right?")

    def _size(self, key: str) -> int:
        name = key.removeprefix(self._prefix).removesuffix(".json")
        is_size = name.isascii() and name.isdigit() and key == f"{self._prefix}{name}.json"
        return int(name) if is_size and len(name) == len(str(LARGEST)) else -1

    def _check_kept(self, key: str, version: str, content: bytes, until: datetime, within: Allowance) -> None:
        """Ask back what S3 keeps.

        Raises:
            SinkError: It is something else, or can be deleted before its day.
        """
        kept = self._send("GetObject", within, Key=key, VersionId=version)
        day = parse_instant(str(kept.get("ObjectLockRetainUntilDate") or ""))
        if kept["Body"].read() != content:
            raise SinkError(f"`{self._bucket.name}` kept something else in `{key}`", hint="is this S3?")
        if kept.get("ObjectLockMode") != "COMPLIANCE" or day is None or day < until - _CLOCKS:
            raise SinkError(
                f"`{self._bucket.name}` did not lock `{key}` until {until:%Y-%m-%d}",
                hint="the bucket needs Object Lock, and the retention a role that may set it",
            )

    def _send(self, operation: str, within: Allowance, **parameters: object) -> dict[str, Any]:
        self._sending.allow(within)
        given = {"Bucket": self._bucket.name, "ExpectedBucketOwner": self._bucket.owner, **parameters}
        try:
            return self._door.send("s3", operation, deadline=Deadline(within.left()), parameters=given)
        except CallFailed as failed:
            within.left()
            said = f"`{self._bucket.name}`: {operation} failed: {failed.code}"
            if failed.code in _REFUSED:
                raise SinkError(said, hint=_NEEDS) from failed
            detail = f"{said}: {failed.detail[:_LONGEST_ERROR]}" if failed.detail else said
            raise SinkError(detail, hint="check the bucket, the network and AWS_ENDPOINT_URL") from failed


def _content(head: Head, entries: Sequence[bytes]) -> bytes:
    record = canonical({"size": head.size, "root": head.root, "time": head.time, "signature": head.signature})
    first = head.size - len(entries)
    return b'{"entries":[%s],"first":%d,"head":%s}' % (b",".join(entries), first, record)
