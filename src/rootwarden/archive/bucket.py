"""An archive in an S3 bucket. A file is one PUT, which S3 shows whole or not at all.

What is read is copied to a folder that only the caller can read, and that goes when the archive is closed: ranges of
columns could be read from S3 in place, but not with every kind of credential and endpoint the one door takes.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from rootwarden.archive.place import Entry
from rootwarden.archive.snapshot import BUNDLE, NAME
from rootwarden.aws.objects import MOST_BYTES, Objects
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rootwarden.aws.door import Door
    from rootwarden.aws.objects import Stored

_S3: Final = "s3://"
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_TOGETHER: Final = 8
# A footer holds the columns' places and the card; a larger one is read a second time, whole.
_TAIL: Final = 64 * 1024
_MOST_FOOTER: Final = 64 * 1024 * 1024
_MAGIC: Final = b"PAR1"
_END: Final = 8  # length of the footer, four bytes, and the magic word (Parquet format, "File format")


class Bucket:
    """An archive below a prefix of a bucket.

    Args:
        target: `s3://BUCKET/PREFIX`.
        door: Access to AWS.

    Raises:
        UsageError: When it names no bucket.
    """

    def __init__(self, target: str, door: Door) -> None:
        bucket, _, prefix = target.removeprefix(_S3).partition("/")
        if not _BUCKET.fullmatch(bucket):
            raise UsageError(f"`{target}` names no S3 bucket", hint="write it as s3://BUCKET/PREFIX")
        self._target = target.rstrip("/")
        self._objects = Objects(door, bucket, prefix.strip("/"))
        self._copies = TemporaryDirectory(prefix="rootwarden-archive-")
        self._fetched: dict[str, Path] = {}

    @property
    def described(self) -> str:
        """`s3://BUCKET/PREFIX`."""
        return self._target

    def check(self) -> None:
        """Find out whether the bucket answers.

        Raises:
            AccessError, AwsError, UsageError: When it does not.
        """
        self._objects.find("")

    def entry(self, name: str) -> Entry | None:
        """The object of a name, if it is there."""
        found = self._objects.find(name)
        return _entry(found) if found is not None and found.name == name else None

    def entries(self) -> tuple[Entry, ...]:
        """Every snapshot, in order of name."""
        return tuple(_entry(each) for each in self._objects.names() if NAME.fullmatch(each.name))

    def bundles(self) -> tuple[Entry, ...]:
        """Every bundle, in order of name."""
        return tuple(_entry(each) for each in self._objects.pages("bundles/") if BUNDLE.fullmatch(each.name))

    def unfinished(self) -> tuple[str, ...]:
        """Nothing: an upload that was broken off leaves no object."""
        return ()

    def add(self, name: str, write: Callable[[Path], None]) -> None:
        """Write a file here, then send it whole.

        Raises:
            UsageError: When it is larger than one PUT takes, or cannot be written here.
            AccessError, AwsError: When S3 does not take it.
        """
        with TemporaryDirectory(prefix="rootwarden-archive-") as folder:
            path = Path(folder) / "snapshot"
            try:
                write(path)
                size = path.stat().st_size
            except OSError as error:
                raise UsageError(
                    f"`{path}` cannot be written: {error.strerror or error}", hint="is the disk full?"
                ) from error
            if size > MOST_BYTES:
                raise UsageError(f"`{name}` is larger than 5 GiB", hint="archive fewer accounts at once")
            with path.open("rb") as file:
                self._objects.put(name, file)

    def footer(self, entry: Entry) -> Path:
        """A file of the snapshot's size that holds its end, and nothing before it."""
        length = min(_TAIL, entry.size)
        if not length:
            # S3 refuses a range of nothing (GetObject, InvalidRange), and an empty object has no end to look at.
            empty = self._path(f"footer-{len(self._fetched)}-empty")
            empty.touch()
            return empty
        while True:
            path = self._path(f"footer-{len(self._fetched)}-{length}")
            with path.open("w+b") as file:
                self._objects.tail(entry.name, length, file)
                file.seek(0)
                tail = file.read()
                file.seek(0)
                file.truncate(entry.size)
                file.write(_MAGIC)
                file.seek(max(0, entry.size - len(tail)))
                file.write(tail)
            wanted = int.from_bytes(tail[-_END : -len(_MAGIC)], "little") + _END
            if length < wanted <= min(entry.size, _MOST_FOOTER) and tail.endswith(_MAGIC):
                length = wanted
                continue
            return path

    def fetch(self, names: Iterable[str]) -> dict[str, Path]:
        """Copies of the files; each is copied once."""
        wanted = list(names)
        missing = [name for name in wanted if name not in self._fetched]
        with ThreadPoolExecutor(_TOGETHER) as pool:
            for name, path in zip(missing, pool.map(self._copy, missing), strict=True):
                self._fetched[name] = path
        return {name: self._fetched[name] for name in wanted}

    def remove(self, name: str) -> None:
        """Remove an object."""
        self._objects.remove(name)

    def close(self) -> None:
        """Remove the copies."""
        self._copies.cleanup()

    def _copy(self, name: str) -> Path:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            self._objects.get(name, file)
        return path

    def _path(self, name: str) -> Path:
        return Path(self._copies.name) / name


def _entry(stored: Stored) -> Entry:
    return Entry(stored.name, stored.size, stored.etag)
