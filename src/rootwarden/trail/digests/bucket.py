"""A trail's bucket, read through the one door: only listed and read, never written."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from botocore import exceptions as botocore_errors
from urllib3 import exceptions as transport_errors

from rootwarden.aws.calls import CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.errors import AccessError, AwsError, UsageError
from rootwarden.trail.digests.digest import metadata_of
from rootwarden.trail.digests.location import DIGESTS, LOGS, TOP, Origin, site_of
from rootwarden.trail.digests.place import BrokenOff, CannotRead, NotThere, Opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.aws.door import Door
    from rootwarden.trail.digests.location import Site

S3: Final = "s3://"
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_CHUNK: Final = 256 * 1024
_SECONDS: Final = 300.0
_ABSENT: Final = frozenset({"NoSuchKey", "404"})
_REFUSED: Final = frozenset({"AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403"})
_NO_BUCKET: Final = frozenset({"NoSuchBucket", "InvalidBucketName"})
_DEEPEST_PREFIX: Final = 6


def split_target(target: str) -> tuple[str, str]:
    """The bucket and the prefix, without slashes at its ends, of `s3://BUCKET/PREFIX`.

    Raises:
        UsageError: When it names no bucket.
    """
    bucket, _, prefix = target.removeprefix(S3).partition("/")
    if not target.startswith(S3) or not _BUCKET.fullmatch(bucket):
        raise UsageError(f"`{target}` names no S3 bucket", hint="write it as s3://BUCKET/PREFIX")
    return bucket, prefix.strip("/")


def origin_of(target: str) -> Origin:
    """Where the objects below `s3://BUCKET/PREFIX` are.

    Raises:
        UsageError: When it names no bucket.
    """
    bucket, prefix = split_target(target)
    return Origin(bucket, f"{prefix}/" if prefix else "")


class Bucket:
    """What lies below a prefix of a bucket.

    Args:
        target: `s3://BUCKET/PREFIX`; the prefix is what stands before `AWSLogs`, or less.
        door: Access to AWS.

    Raises:
        UsageError: When it names no bucket.
    """

    def __init__(self, target: str, door: Door) -> None:
        self._target = target.rstrip("/")
        self._origin = origin_of(target)
        self._door = door

    @property
    def described(self) -> str:
        """`s3://BUCKET/PREFIX`."""
        return self._target

    @property
    def origin(self) -> Origin:
        """The bucket itself."""
        return self._origin

    def sites(self) -> tuple[Site, ...]:
        """Every account and region below any `AWSLogs`, found folder by folder.

        Raises:
            AccessError, AwsError, UsageError: When it cannot be listed, or there is none.
        """
        tops = list(self._tops("", 0))
        if not tops:
            hint = "give what stands before `AWSLogs`: s3://BUCKET, or s3://BUCKET/PREFIX"
            raise UsageError(f"there is no `{TOP}/` below `{self._target}`", hint=hint)
        found = set()
        for top in tops:
            for below in self._below(top):
                site = site_of(top.removesuffix(TOP).rstrip("/"), below)
                if site is not None:
                    found.add(site)
        return tuple(sorted(found))

    def names(self, folder: str, after: str = "") -> Iterator[str]:
        """The names below a folder, a page at a time while they are asked for.

        Raises:
            AccessError, AwsError, UsageError: When they cannot be listed.
        """
        if after:
            yield from (name for name in self._outside_of_days(folder, after) if name <= after)
            yield from self._pages(f"{folder}/", StartAfter=self._origin.key(after))
        else:
            yield from self._pages(f"{folder}/")

    def _outside_of_days(self, folder: str, after: str) -> Iterator[str]:
        """What lies in a folder itself, or in those of a year and month."""
        for place in range(len(folder), len(after)):
            if after[place] == "/" and after.find("/", place + 1) > 0:
                yield from self._pages(after[: place + 1], Delimiter="/")

    def _pages(self, folder: str, **more: object) -> Iterator[str]:
        while True:
            answer = self._list(folder, **more)
            for each in answer.get("Contents") or ():
                if not str(each["Key"]).endswith("/"):  # a folder marker of the S3 console
                    yield str(each["Key"]).removeprefix(self._origin.prefix)
            token = answer.get("NextContinuationToken")
            if not answer.get("IsTruncated") or not token:
                return
            more = {**more, "ContinuationToken": token}

    @contextmanager
    def opened(self, name: str) -> Iterator[Opened]:
        """An object's bytes and metadata.

        Raises:
            NotThere, CannotRead: When it is not there, or cannot be read to its end.
        """
        try:
            answer = self._door.send(
                "s3",
                "GetObject",
                deadline=Deadline(_SECONDS),
                parameters={"Bucket": self._origin.bucket, "Key": self._origin.key(name)},
            )
        except CallFailed as failed:
            if failed.code in _ABSENT:
                raise NotThere from failed
            raise CannotRead(f"s3:GetObject was refused ({failed.code})") from failed
        body = answer["Body"]
        try:
            yield Opened(_chunks(body), lambda: metadata_of(answer.get("Metadata")))
        finally:
            body.close()

    def _tops(self, folder: str, depth: int) -> Iterator[str]:
        below = self._folders(folder)
        for name in below:
            if name == TOP:
                yield f"{folder}{TOP}"
            elif depth < _DEEPEST_PREFIX and TOP not in below:
                yield from self._tops(f"{folder}{name}/", depth + 1)

    def _below(self, top: str) -> Iterator[tuple[str, ...]]:
        """The paths of regions below an `AWSLogs`."""
        waiting: list[tuple[str, ...]] = [()]
        while waiting:
            path = waiting.pop()
            for name in self._folders("/".join((top, *path)) + "/"):
                if path and path[-1] in (DIGESTS, LOGS):
                    yield (*path, name)
                elif len(path) < 2 or name in (DIGESTS, LOGS):  # noqa: PLR2004 - organization and account
                    waiting.append((*path, name))

    def _folders(self, folder: str) -> list[str]:
        """The names of what S3 shows as folders in a folder."""
        found: list[str] = []
        more: dict[str, object] = {}
        while True:
            answer = self._list(folder, Delimiter="/", **more)
            page = [str(each["Prefix"]) for each in answer.get("CommonPrefixes") or ()]
            found += (each.rstrip("/").rpartition("/")[2] for each in page)
            token = answer.get("NextContinuationToken")
            if not answer.get("IsTruncated") or not token:
                return found
            more = {"ContinuationToken": token}

    def _list(self, folder: str, **more: object) -> dict[str, Any]:
        parameters = {"Bucket": self._origin.bucket, "Prefix": self._origin.key(folder), **more}
        try:
            return self._door.send("s3", "ListObjectsV2", deadline=Deadline(_SECONDS), parameters=parameters)
        except CallFailed as failed:
            said = f"`{S3}{self._origin.bucket}/{self._origin.key(folder)}` cannot be listed: {failed.code}"
            if failed.code in _NO_BUCKET:
                raise UsageError(said, hint="is the name of the bucket right?") from failed
            if failed.code in _REFUSED:
                raise AccessError(said, hint="this needs s3:ListBucket and s3:GetObject") from failed
            raise AwsError(said, hint="try again; check the network and AWS_ENDPOINT_URL") from failed


def _chunks(body: Any) -> Iterator[bytes]:
    try:
        while chunk := body.read(_CHUNK):
            yield chunk
    except (botocore_errors.BotoCoreError, transport_errors.HTTPError) as error:
        raise BrokenOff("it could not be read to its end") from error
