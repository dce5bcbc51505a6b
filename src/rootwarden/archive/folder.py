"""An archive in a folder on this machine."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from rootwarden.archive.place import Entry
from rootwarden.archive.snapshot import BUNDLE, NAME, SUFFIX
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable
    from pathlib import Path

_PARTIAL: Final = ".partial"


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
