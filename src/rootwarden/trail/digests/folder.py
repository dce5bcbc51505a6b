"""A folder that mirrors a bucket, or what lies below a prefix of one, as `aws s3 sync` makes it."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.trail.digests.digest import Metadata, metadata_of
from rootwarden.trail.digests.location import DIGESTS, LOGS, METADATA_SUFFIX, TOP, site_of
from rootwarden.trail.digests.place import CannotRead, NotThere, Opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.trail.digests.location import Origin, Site

_CHUNK: Final = 256 * 1024
_MOST_METADATA: Final = 64 * 1024
# A prefix is seldom deeper than two; a hostile copy may be as deep as a path can be.
_DEEPEST_PREFIX: Final = 6
_DEEPEST: Final = 12
_LEVELS: Final = 4  # organization, account, kind, region


class Folder:
    """A copy of a bucket in a folder.

    Args:
        path: The folder.
        origin: Where its content came from, when it is known.

    Raises:
        InputError: When it is no folder, or has no `AWSLogs` in it.
    """

    def __init__(self, path: Path, origin: Origin | None = None) -> None:
        self._path = path
        self._origin = origin
        if not path.is_dir():
            raise InputError(f"`{path}` is not a folder", hint="give a folder that mirrors the trail's bucket")
        if not any(True for _ in self._tops()):
            hint = "give the folder that holds `AWSLogs`, not one inside of it"
            raise InputError(f"there is no `{TOP}` folder in `{path}`", hint=hint)

    @property
    def described(self) -> str:
        """The folder."""
        return str(self._path)

    @property
    def origin(self) -> Origin | None:
        """Where it was copied from, when that was said."""
        return self._origin

    def sites(self) -> tuple[Site, ...]:
        """Every account and region below any `AWSLogs`."""
        found = set()
        for top in self._tops():
            prefix = top.rpartition("/")[0]
            for below in self._folders(top, _LEVELS):
                site = site_of(prefix, below)
                if site is not None:
                    found.add(site)
        return tuple(sorted(found))

    def names(self, folder: str, after: str = "") -> Iterator[str]:
        """The names of the files below a folder, each folder's in order, without whole folders that come before one.

        Raises:
            InputError: When a folder cannot be listed.
        """
        return self._walk(folder, after, _DEEPEST)

    def newest(self, folder: str) -> Iterator[str]:
        """The names in the last folder of each level."""
        for _ in range(_DEEPEST):
            entries = self._entries(folder)
            yield from (f"{folder}/{entry.name}" for entry in entries if entry.is_file())
            below = [entry.name for entry in entries if entry.is_dir()]
            if not below:
                return
            folder = f"{folder}/{below[-1]}"

    @contextmanager
    def opened(self, name: str) -> Iterator[Opened]:
        """A file's bytes; its metadata are in the file beside it, as `aws s3api head-object` prints them.

        Raises:
            NotThere, CannotRead: When it is not there, or is no file that can be read.
        """
        try:
            handle = _regular(self._path / name)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotThere from error
        except OSError as error:
            raise CannotRead(error.strerror or "it cannot be opened") from error
        try:
            yield Opened(_chunks(handle), lambda: self._metadata(name))
        finally:
            os.close(handle)

    def _metadata(self, name: str) -> Metadata:
        try:
            handle = _regular(self._path / f"{name}{METADATA_SUFFIX}")
        except OSError:
            return Metadata()
        try:
            answer = msgspec.json.decode(os.read(handle, _MOST_METADATA))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Metadata()
        finally:
            os.close(handle)
        return metadata_of(answer.get("Metadata")) if isinstance(answer, dict) else Metadata()

    def _tops(self) -> Iterator[str]:
        """Every `AWSLogs`, one below another too: a reader of log files reads whatever lies anywhere.

        Folders of log files and digests are not looked into: everything below them belongs to their site.
        """
        waiting = [("", 0)]
        while waiting:
            folder, depth = waiting.pop()
            for entry in self._entries(folder):
                if not entry.is_dir():
                    continue
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.name == TOP:
                    yield name
                if depth < _DEEPEST_PREFIX and entry.name not in (DIGESTS, LOGS):
                    waiting.append((name, depth + 1))

    def _folders(self, folder: str, levels: int) -> Iterator[tuple[str, ...]]:
        """Every folder up to some levels below one, as the parts of its path."""
        if not levels:
            return
        for entry in self._entries(folder):
            if entry.is_dir():
                yield (entry.name,)
                yield from ((entry.name, *rest) for rest in self._folders(f"{folder}/{entry.name}", levels - 1))

    def _walk(self, folder: str, after: str, levels: int) -> Iterator[str]:
        for entry in self._entries(folder):
            name = f"{folder}/{entry.name}"
            if entry.is_dir():
                # A folder is passed over only when all its names come before.
                if levels and name + "/\U0010ffff" > after:
                    yield from self._walk(name, after, levels - 1)
            else:
                yield name

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        """What is in a folder, in order of name; nothing in one that is not there."""
        try:
            with os.scandir(self._path / folder) as found:
                return sorted(found, key=lambda entry: entry.name)
        except FileNotFoundError:
            return []
        except OSError as error:
            where = f"`{self._path / folder}` cannot be listed: {error.strerror}"
            raise InputError(where, hint="may you read it?") from error


def _regular(path: Path) -> int:
    """A handle on a regular file; a pipe or a device would never end.

    Raises:
        OSError: When it is not there, or something else.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "it is not a regular file")
    return handle


def _chunks(handle: int) -> Iterator[bytes]:
    try:
        while chunk := os.read(handle, _CHUNK):
            yield chunk
    except OSError as error:
        raise CannotRead(error.strerror or "it cannot be read") from error
