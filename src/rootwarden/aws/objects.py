"""Objects in an S3 bucket below one prefix, through the one door: listed, read, written whole, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore import exceptions as botocore_errors
from urllib3 import exceptions as transport_errors

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.aws.document import document_of
from rootwarden.aws.missing import Missing
from rootwarden.errors import AccessError, AwsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from rootwarden.aws.calls import JsonObject
    from rootwarden.aws.door import Door

# One PUT takes at most 5 GiB (S3 API reference, PutObject).
MOST_BYTES: Final = 5 * 1024**3
OPERATION_SECONDS: Final = 900.0
_CHUNK: Final = 1024 * 1024
_REFUSED: Final = frozenset({"AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403"})
_ARCHIVE_NEEDS: Final = "an archive needs s3:ListBucket, s3:GetObject, s3:PutObject; docs/archive.md"


class Stored(msgspec.Struct, frozen=True):
    """An object: its name below the prefix, its size in bytes, and the tag S3 gives its content."""

    name: str
    size: int
    etag: str = ""


class Objects:
    """The objects of a bucket below a prefix.

    Args:
        door: Access to AWS; `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_S3` are heeded.
        bucket: Name of the bucket.
        prefix: What all names begin with, without a slash at its end; may be empty.
        needs: What to say where access is refused.
    """

    def __init__(self, door: Door, bucket: str, prefix: str, *, needs: str = _ARCHIVE_NEEDS) -> None:
        self._needs = needs
        self._door = door
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def names(self) -> tuple[Stored, ...]:
        """Every object below the prefix.

        Raises:
            AccessError, AwsError, UsageError: When they cannot be listed.
        """
        call = Call(
            service="s3",
            operation="ListObjectsV2",
            file="",
            region=self._door.region,
            parameters={"Bucket": self._bucket, "Prefix": self._prefix},
        )
        try:
            answer = self._door.ask(call, identity=None, deadline=Deadline(OPERATION_SECONDS), charged="s3")
        except CallFailed as failed:
            raise self._error("listed", failed) from failed
        return tuple(sorted(self._stored(answer), key=lambda each: each.name))

    def pages(self, start: str) -> Iterator[Stored]:
        """Every object whose name begins so, page by page: any number of them.

        Raises:
            AccessError, AwsError, UsageError: When they cannot be listed.
        """
        parameters = {"Bucket": self._bucket, "Prefix": self._prefix + start}
        while True:
            try:
                deadline = Deadline(OPERATION_SECONDS)
                answer = self._door.send("s3", "ListObjectsV2", deadline=deadline, parameters=parameters)
            except CallFailed as failed:
                raise self._error("listed", failed) from failed
            yield from self._stored(document_of(answer))
            token = answer.get("NextContinuationToken")
            if not answer.get("IsTruncated") or not token:
                return
            parameters["ContinuationToken"] = token

    def find(self, start: str) -> Stored | None:
        """The first object whose name begins so, in order of name; `None` when there is none.

        Raises:
            AccessError, AwsError, UsageError: When the bucket does not tell.
        """
        parameters = {"Bucket": self._bucket, "Prefix": self._prefix + start, "MaxKeys": 1}
        try:
            answer = self._door.send("s3", "ListObjectsV2", deadline=Deadline(OPERATION_SECONDS), parameters=parameters)
        except CallFailed as failed:
            raise self._error("listed", failed) from failed
        return next(self._stored(document_of(answer)), None)

    def _stored(self, answer: JsonObject) -> Iterator[Stored]:
        listed = answer.get("Contents")
        for each in listed if isinstance(listed, list) else ():
            key, size = (each.get("Key"), each.get("Size")) if isinstance(each, dict) else (None, None)
            if isinstance(each, dict) and isinstance(key, str) and isinstance(size, int):
                yield Stored(key.removeprefix(self._prefix), size, str(each.get("ETag") or ""))

    def put(self, name: str, file: BinaryIO) -> None:
        """Write an object whole, in one PUT: it is there with all its bytes, or not there.

        Raises:
            AccessError, AwsError, UsageError: When it was not written.
        """
        self._send("PutObject", name, "written", Body=file)

    def get(self, name: str, into: BinaryIO) -> None:
        """Copy an object into a file.

        Raises:
            AccessError, AwsError, UsageError: When it cannot be read to its end.
        """
        self._copy(self._send("GetObject", name, "read"), name, into)

    def tail(self, name: str, length: int, into: BinaryIO) -> None:
        """Copy the last bytes of an object into a file; all of it, when it is shorter.

        Raises:
            AccessError, AwsError, UsageError: When they cannot be read.
        """
        self._copy(self._send("GetObject", name, "read", Range=f"bytes=-{length}"), name, into)

    def remove(self, name: str) -> None:
        """Remove an object.

        Raises:
            AccessError, AwsError, UsageError: When it was not removed.
        """
        self._send("DeleteObject", name, "removed")

    def _send(self, operation: str, name: str, done: str, **more: object) -> dict[str, Any]:
        parameters = {"Bucket": self._bucket, "Key": self._prefix + name, **more}
        try:
            return self._door.send("s3", operation, deadline=Deadline(OPERATION_SECONDS), parameters=parameters)
        except CallFailed as failed:
            raise self._error(done, failed, name) from failed

    def _copy(self, answer: dict[str, Any], name: str, into: BinaryIO) -> None:
        body = answer["Body"]
        copied = 0
        try:
            while chunk := body.read(_CHUNK):
                copied += len(chunk)
                if copied > MOST_BYTES:
                    raise AwsError(f"`{self._said(name)}` is larger than 5 GiB", hint="is it part of the archive?")
                into.write(chunk)
        except (botocore_errors.BotoCoreError, transport_errors.HTTPError) as error:
            hint = "try again; the network broke off"
            raise AwsError(f"`{self._said(name)}` could not be read to its end", hint=hint) from error
        finally:
            body.close()

    def _said(self, name: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{name}"

    def _error(self, done: str, failed: CallFailed, name: str = "") -> AccessError | AwsError | UsageError:
        said = f"`{self._said(name)}` cannot be {done}: {failed.code}"
        if failed.code == "NoSuchKey":
            return Missing(f"`{self._said(name)}` is not there any more", hint="try again; was it just removed?")
        if failed.code in ("NoSuchBucket", "InvalidBucketName"):
            return UsageError(said, hint="is the name of the bucket right?")
        if failed.code in _REFUSED:
            return AccessError(said, hint=self._needs)
        detail = f"{said}: {failed.detail}" if failed.detail else said
        return AwsError(detail, hint="try again; check the network and AWS_ENDPOINT_URL")
