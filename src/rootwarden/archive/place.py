"""Where an archive is: a folder on this machine, or a prefix in an S3 bucket. Files come whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from uuid import uuid4

import msgspec

from rootwarden.archive.snapshot import BUNDLE, NAME, SUFFIX
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable

    from rootwarden.aws.door import Door

S3: Final = "s3://"
_PARTIAL: Final = ".partial"


class Entry(msgspec.Struct, frozen=True, order=True):
    """A file of an archive: its name below it, its size in bytes, and a stamp that another content would not have."""

    name: str
    size: int
    stamp: str = ""


class Place(Protocol):
    """Where files are kept."""

    @property
    def described(self) -> str:
        """What people call it."""
        ...

    def check(self) -> None:
        """Find out whether it can be reached and written."""
        ...

    def entries(self) -> tuple[Entry, ...]:
        """Every snapshot, in order of name."""
        ...

    def entry(self, name: str) -> Entry | None:
        """The file of a name, if it is there."""
        ...

    def bundles(self) -> tuple[Entry, ...]:
        """Every bundle, in order of name."""
        ...

    def unfinished(self) -> tuple[str, ...]:
        """What killed writers left behind; never taken for a snapshot."""
        ...

    def add(self, name: str, write: Callable[[Path], None]) -> None:
        """Have a file written, and show it once it is whole and durable."""
        ...

    def footer(self, entry: Entry) -> Path:
        """A file with the end of a snapshot, where Parquet keeps its metadata."""
        ...

    def fetch(self, names: Iterable[str]) -> dict[str, Path]:
        """The files on this machine, by name; whole, for as long as the place is open."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file."""
        ...

    def close(self) -> None:
        """Let go of what was fetched."""
        ...


class Folder:
    """An archive in a folder.

    Args:
        path: The folder.
        create: Make it if it is not there.

    Raises:
        UsageError: When there is no such folder, or it cannot be made.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        self._path = path
        if create:
            try:
                path.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise UsageError(
                    f"`{path}` cannot be made: {error.strerror}", hint="give --archive a folder you may write"
                ) from error
        if not path.is_dir():
            raise UsageError(f"there is no archive `{path}`", hint="`rootwarden archive import` makes one")

    @property
    def described(self) -> str:
        """The folder."""
        return str(self._path)

    def check(self) -> None:
        """Find out whether it can be written.

        Raises:
            UsageError: When it cannot.
        """
        if not os.access(self._path, os.W_OK | os.X_OK):
            raise UsageError(f"`{self._path}` cannot be written", hint="give --archive a folder you may write")

    def entries(self) -> tuple[Entry, ...]:
        """Every snapshot, in order of name; one that is removed meanwhile is left out."""
        return self._named(NAME)

    def bundles(self) -> tuple[Entry, ...]:
        """Every bundle, in order of name."""
        return self._named(BUNDLE)

    def entry(self, name: str) -> Entry | None:
        """The file of a name, if it is there and a regular file: reading a pipe would never end."""
        try:
            status = (self._path / name).stat()
        except OSError:
            return None
        return Entry(name, status.st_size, str(status.st_mtime_ns)) if stat.S_ISREG(status.st_mode) else None

    def unfinished(self) -> tuple[str, ...]:
        """What killed writers left behind."""
        return tuple(sorted(path.relative_to(self._path).as_posix() for path in self._path.glob(f"*/.*{_PARTIAL}")))

    def add(self, name: str, write: Callable[[Path], None]) -> None:
        """Write beside the place, flush to the disk, rename.

        Raises:
            UsageError: When it cannot be written.
        """
        target = self._path / name
        beside = target.with_name(f".{target.name}.{uuid4().hex}{_PARTIAL}")
        try:
            target.parent.mkdir(exist_ok=True, mode=0o700)
            beside.touch(mode=0o600, exist_ok=False)
            try:
                write(beside)
                _flush(beside)
                os.replace(beside, target)  # noqa: PTH105 - rename over an existing file, on every system
                _flush(target.parent)
            finally:
                beside.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"`{target}` cannot be written: {error.strerror or error}", hint="is the disk full?"
            ) from error

    def footer(self, entry: Entry) -> Path:
        """The file itself."""
        return self._path / entry.name

    def fetch(self, names: Iterable[str]) -> dict[str, Path]:
        """The files themselves."""
        return {name: self._path / name for name in names}

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone already is removed.

        Raises:
            UsageError: When it cannot be removed.
        """
        try:
            (self._path / name).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"`{name}` cannot be removed: {error.strerror}", hint="may you write there?") from error

    def close(self) -> None:
        """Nothing was fetched."""

    def _named(self, pattern: re.Pattern[str]) -> tuple[Entry, ...]:
        names = (path.relative_to(self._path).as_posix() for path in self._path.glob(f"*/*{SUFFIX}"))
        found = (self.entry(name) for name in names if pattern.fullmatch(name))
        return tuple(sorted(entry for entry in found if entry is not None))


def _flush(path: Path) -> None:
    """Have a file or folder on the disk, so that a power cut does not take it back."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def place_of(target: str, door: Callable[[], Door], *, create: bool = False) -> Place:
    """The place an `--archive` names.

    Args:
        target: A folder, or `s3://BUCKET/PREFIX`.
        door: Makes access to AWS, when the archive is there.
        create: Make a folder that is not there.

    Raises:
        UsageError: When it is neither, or there is no such folder.
    """
    if target.startswith(S3):
        from rootwarden.archive.bucket import Bucket

        return Bucket(target, door())
    if "://" in target:
        raise UsageError(f"`{target}` is no archive", hint="give a folder, or s3://BUCKET/PREFIX")
    return Folder(Path(target), create=create)
