"""One operator a journal: an exclusive lock, and who holds it."""

from __future__ import annotations

import fcntl
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST: Final = 4096
_MODE: Final = 0o600


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who has the lock.

    Attributes:
        by: Who, as AWS knows them: an ARN.
        host: Name of the machine.
        process: Number of the process there.
        since: When it took the lock, ISO 8601.
    """

    by: str
    host: str
    process: int
    since: str

    def __str__(self) -> str:
        return f"{self.by}, process {self.process} on {self.host}, since {self.since}"


@contextmanager
def held_alone(journal: Path, *, by: str, since: str) -> Iterator[None]:
    """Hold the lock of a journal, kept in a file beside it; it ends with the process, however that ends.

    Args:
        journal: The journal; the lock is `JOURNAL.lock`.
        by: Who takes it.
        since: Now, ISO 8601.

    Raises:
        StoreError: Somebody else holds it, and the message says who; or the disk is full.
        UsageError: The lock cannot be made there.
    """
    path = journal.with_name(f"{journal.name}.lock")
    try:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror}", hint="is the folder there, yours?") from error
    try:
        _take(opened, journal)
        me = Holder(by=by, host=socket.gethostname(), process=os.getpid(), since=since)
        _sign_in(opened, me, path)
        yield
    finally:
        os.close(opened)


def _take(opened: int, journal: Path) -> None:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StoreError(
            f"somebody else works with the journal `{journal}`: {_holder(opened)}",
            hint="wait until they are done, or talk to them; the lock ends with their process",
        ) from error


def _sign_in(opened: int, me: Holder, path: Path) -> None:
    try:
        os.ftruncate(opened, 0)
        os.pwrite(opened, msgspec.json.encode(me) + b"\n", 0)
    except OSError as error:
        raise StoreError(
            f"`{path}` cannot be written: {error.strerror}",
            hint="nothing was begun; make room, then run the same command again",
        ) from error


def _holder(opened: int) -> str:
    try:
        return str(msgspec.json.decode(os.pread(opened, _MOST, 0), type=Holder))
    except (msgspec.DecodeError, UnicodeDecodeError, OSError):
        return "it is not written down who"
