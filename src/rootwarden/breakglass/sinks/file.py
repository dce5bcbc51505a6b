"""A file that only grows, on another mount: a line an entry, a line a head.

    entry 41 {"actor":"p-1","at":"2026-03-02T08:00:00Z",…}
    head {"root":"…","signature":"…","size":42,"time":"…"}

A line that was cut by a full disk or a crash is never taken back by hand: the next line begins on a line of its own,
what is cut reads as nothing, and its entry is written again.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from rootwarden.breakglass.sinks.sink import Receipt, SinkBehindError, SinkKind, is_of_log
from rootwarden.breakglass.witness.messages import parse_head
from rootwarden.errors import InputError, SinkError
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.sinks.lane import Allowance
    from rootwarden.transparency.head import Head

LONGEST_LINE: Final = 1024 * 1024
LONGEST_HEAD: Final = 1024
_CHUNK: Final = 1024 * 1024
_OPEN: Final = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_HINT: Final = "is the disk full, or gone?"


class FileSink:
    """An append-only file.

    Args:
        name: What people call it.
        path: The file; is made with mode 0600 if there is none. No part of the path may be a link.
        apart_from: A path on the mount the file must not be on, that of the database; `None`: any mount will do.
        takes_entries: Whether entries are written, or heads only.
        log_keys: Public keys of the log's heads: what is not signed with one is passed over.
        clock: Now.
    """

    kind: ClassVar[SinkKind] = SinkKind.FILE
    tells: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        apart_from: Path | None,
        takes_entries: bool,
        log_keys: Sequence[Ed25519PublicKey],
        clock: Callable[[], datetime],
    ) -> None:
        self.name = name
        self.takes_entries = takes_entries
        self._path = path
        self._apart_from = apart_from
        self._log_keys = tuple(log_keys)
        self._clock = clock
        # What the file held when it was looked at last, and how long it was then.
        self._known: tuple[int, int, int] = (-1, -1, -1)
        self._holds = 0

    def offer(self, head: Head, entries: Sequence[bytes], within: Allowance) -> Receipt:
        """Append the entries it lacks and the head, and flush them to the disk."""
        try:
            descriptor = self._opened(os.O_RDWR | os.O_APPEND | os.O_CREAT)
        except OSError as error:
            raise self._error(error) from error
        try:
            holds = self._entries_held(descriptor, within) if self.takes_entries else head.size
            first = head.size - len(entries)
            if self.takes_entries and holds < first:
                raise SinkBehindError(f"`{self.name}` holds {holds} entries", holds=holds)
            lacks = [(first + number, each) for number, each in enumerate(entries) if first + number >= holds]
            place = _append(descriptor, _lines(lacks if self.takes_entries else (), head))
            self._remember(descriptor, max(holds, head.size))
        except OSError as error:
            self._known = (-1, -1, -1)
            raise self._error(error) from error
        finally:
            os.close(descriptor)
        return Receipt(
            sink=self.name,
            kind=self.kind,
            head=head,
            accepted_at=self._clock(),
            reference=f"{self._path}:{place}",
            verifiable=False,
        )

    def newest(self, within: Allowance) -> tuple[Head, ...]:
        """The signed heads of the largest size in the file.

        It is read whole, so that an old head at its end hides nothing; nor does a large one that nobody signed.
        """
        try:
            descriptor = self._opened(os.O_RDONLY)
        except OSError as error:
            raise self._error(error) from error
        try:
            return self._newest_in(descriptor, within)
        except OSError as error:
            raise self._error(error) from error
        finally:
            os.close(descriptor)

    def _newest_in(self, descriptor: int, within: Allowance) -> tuple[Head, ...]:
        # Sizes and places only: signatures are checked from the largest on, so mostly one of them.
        places = sorted(
            ((head.size, place) for place, line in _lines_of(descriptor, within) if (head := _head_in(line))),
            reverse=True,
        )
        newest: dict[Head, None] = {}
        for size, place in places:
            if newest and size < next(iter(newest)).size:
                break
            within.left()
            head = _head_in(os.pread(descriptor, LONGEST_HEAD, place).partition(b"\n")[0])
            if head is not None and is_of_log(head, self._log_keys):
                newest[head] = None
        return tuple(newest)

    def _opened(self, flags: int) -> int:
        """The file, if it is one that can be trusted to keep what is written.

        Raises:
            SinkError: It is not.
            OSError: It cannot be opened.
        """
        parent = self._path.parent
        if parent.resolve(strict=True) != parent.absolute():
            raise SinkError(f"`{self._path}` is reached through a link", hint="give the path it leads to")
        if _writable_by_all(parent.stat()):
            raise SinkError(f"anybody may write to `{parent}`", hint=f"chmod o-w {parent}")
        descriptor = os.open(self._path, flags | _OPEN, 0o600)
        try:
            self._check(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _check(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise SinkError(f"`{self._path}` is no plain file with one name", hint="give the path of a file of its own")
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH):
            raise SinkError(f"`{self._path}` is executable, or others may write to it", hint=f"chmod 600 {self._path}")
        if found.st_uid not in (0, os.geteuid()):
            raise SinkError(f"`{self._path}` belongs to another user", hint="a sink is the broker's own, or root's")
        if self._apart_from is not None and self._apart_from.stat().st_dev == found.st_dev:
            hint = "one disk that is set back takes both along; give a path on another mount"
            raise SinkError(f"`{self._path}` is on the mount of `{self._apart_from}`", hint=hint)

    def _entries_held(self, descriptor: int, within: Allowance) -> int:
        """How many entries the file holds from the first on, without a hole."""
        found = os.fstat(descriptor)
        if (found.st_dev, found.st_ino, found.st_size) == self._known:
            return self._holds
        held = 0
        for _, line in _lines_of(descriptor, within):
            held = held + 1 if _is_entry(line, held) else held
        return held

    def _remember(self, descriptor: int, holds: int) -> None:
        found = os.fstat(descriptor)
        self._known, self._holds = (found.st_dev, found.st_ino, found.st_size), holds

    def _error(self, error: OSError) -> SinkError:
        why = error.strerror or type(error).__name__
        return SinkError(f"`{self.name}` cannot use `{self._path}`: {why}", hint=_HINT)


def _writable_by_all(found: os.stat_result) -> bool:
    return bool(found.st_mode & stat.S_IWOTH) and not found.st_mode & stat.S_ISVTX


def _lines(entries: Sequence[tuple[int, bytes]], head: Head) -> bytes:
    lines = [b"entry %d %s\n" % (index, entry) for index, entry in entries]
    record = canonical({"size": head.size, "root": head.root, "time": head.time, "signature": head.signature})
    return b"".join([*lines, b"head %s\n" % record])


def _append(descriptor: int, content: bytes) -> int:
    """Append, flush, and give the place it begins at; what was cut is taken back if the file lets it be."""
    before = os.lseek(descriptor, 0, os.SEEK_END)
    is_torn = before > 0 and os.pread(descriptor, 1, before - 1) != b"\n"
    whole = b"\n" + content if is_torn else content
    try:
        written = 0
        while written < len(whole):
            written += os.write(descriptor, whole[written:])
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, before)
        raise
    return before


def _lines_of(descriptor: int, within: Allowance) -> Iterator[tuple[int, bytes]]:
    """Every line that ends, with its place; one that is too long is passed over."""
    start, kept, is_long = 0, b"", False
    while chunk := os.pread(descriptor, _CHUNK, start + len(kept)):
        within.left()
        *lines, kept = (kept + chunk).split(b"\n")
        for line in lines:
            if not is_long:
                yield start, line
            start, is_long = start + len(line) + 1, False
        if len(kept) > LONGEST_LINE:
            start, kept, is_long = start + len(kept), b"", True


def _is_entry(line: bytes, index: int) -> bool:
    """Whether a line is the whole entry of this index: a cut one lacks the brace at its end."""
    start = b"entry %d {" % index
    return line.startswith(start) and line.endswith(b"}") and _is_json(line[len(start) - 1 :])


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _head_in(line: bytes) -> Head | None:
    if not line.startswith(b"head ") or len(line) > LONGEST_HEAD:
        return None
    try:
        return parse_head(line.removeprefix(b"head "))
    except InputError:
        return None
