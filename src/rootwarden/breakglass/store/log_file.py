"""A log as files: `entries.jsonl` and `heads.jsonl`, for auditors and for the day this software is gone.

The format is in docs/break-glass-audit.md. What is read back is as hostile as any file: it is taken a line at a time,
each of bounded length, from regular files only, and believed by nobody (`verify` looks at it).
"""

from __future__ import annotations

import base64
import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

import msgspec

from rootwarden.breakglass.core.entry import LONGEST_ENTRY, from_bytes
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.core.step import step
from rootwarden.breakglass.store.trouble import DamagedError
from rootwarden.errors import InputError, UsageError
from rootwarden.transparency.canonical import canonical
from rootwarden.transparency.head import Cosignature, Head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rootwarden.breakglass.store.log_store import LogStore

T = TypeVar("T")

ENTRIES: Final = "entries.jsonl"
HEADS: Final = "heads.jsonl"
# How `sinks.file` begins its lines.
SINK_ENTRY: Final = b"entry "
SINK_HEAD: Final = b"head "
MOST_LINES: Final = 10_000_000
_LONGEST_LINE: Final = LONGEST_ENTRY * 4 // 3 + 100
_LONGEST_HEAD: Final = 4096
_MARK: Final = b'{"not_an_entry":'


class _Escaped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row that is no entry, and could not stand on a line of its own."""

    not_an_entry: str


_ESCAPED: Final = msgspec.json.Decoder(_Escaped)
_HEAD: Final = msgspec.json.Decoder(Head)
_COSIGNATURE: Final = msgspec.json.Decoder(Cosignature)


def export(store: LogStore, folder: Path) -> int:
    """Write the log as it is at one instant; what was damaged is written as it is, up to the first missing entry.

    Args:
        store: The log; others may write to it meanwhile.
        folder: Where to; it is made if need be, and must not hold an export already.

    Returns:
        How many entries there are.

    Raises:
        UsageError: The folder cannot be written to, or holds an export.
        DamagedError: An entry is missing, or a head cannot be read; those before are written.
        StoreError: The database does not answer.
    """
    reach = store.reach()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / HEADS, (_head_line(head) for head in _until(store.heads(), reach.head)))
        _write(folder / ENTRIES, (_entry_line(one) for _, one in zip(range(reach.entries), store.read(), strict=False)))
    except OSError as error:
        where = error.filename or folder
        raise UsageError(f"`{where}` cannot be written: {error.strerror}", hint="name an empty folder") from error
    return reach.entries


def read_entries(path: Path) -> Iterator[bytes]:
    """Entries of an export, as they stand there.

    Raises:
        InputError: The file cannot be read.
        DamagedError: A line is too long, or the file ends within one.
    """
    for index, line in enumerate(_lines(path, _LONGEST_LINE)):
        yield _unescaped(index, line)


def replayed(folder: Path) -> State:
    """The state an export's entries lead to; its heads are not looked at (`verify` does).

    Raises:
        InputError: The file cannot be read, or an entry of it.
        Refused: A step refuses an entry.
    """
    state = State()
    for content in read_entries(folder / ENTRIES):
        step(state, from_bytes(content))
    return state


def read_heads(path: Path) -> Iterator[Head]:
    """Heads, one a line: those of an export, kept anywhere else, or in the file of a sink, between entries.

    Raises:
        InputError: The file cannot be read.
        DamagedError: A line is no head.
    """
    for index, line in enumerate(_lines(path, LONGEST_ENTRY + _LONGEST_HEAD)):
        if not line or line.startswith(SINK_ENTRY):
            continue
        yield _decoded(_HEAD, line.removeprefix(SINK_HEAD), "head", path, index)


def read_sink(path: Path) -> tuple[list[bytes], list[Head]]:
    """What the file of a sink holds: entries from the first on, without a hole, and heads; nothing of it is believed.

    Raises:
        InputError: The file cannot be read.
        DamagedError: A line is too long, or the file was cut off.
    """
    entries, heads = list[bytes](), list[Head]()
    for line in _lines(path, LONGEST_ENTRY + _LONGEST_HEAD):
        start = SINK_ENTRY + b"%d " % len(entries)
        if line.startswith(start):
            entries.append(line.removeprefix(start))
        elif line.startswith(SINK_HEAD):
            with suppress(msgspec.DecodeError, UnicodeError, RecursionError):
                heads.append(_HEAD.decode(line.removeprefix(SINK_HEAD)))
    return entries, heads


def read_cosignatures(path: Path) -> Iterator[Cosignature]:
    """Statements of witnesses, one a line.

    Raises:
        InputError: The file cannot be read.
        DamagedError: A line is none.
    """
    return _read(path, _COSIGNATURE, "statement of a witness")


def _read(path: Path, decoder: msgspec.json.Decoder[T], what: str) -> Iterator[T]:
    for index, line in enumerate(_lines(path, _LONGEST_HEAD)):
        yield _decoded(decoder, line, what, path, index)


def _decoded(decoder: msgspec.json.Decoder[T], line: bytes, what: str, path: Path, index: int) -> T:
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise DamagedError(index, f"line {index + 1} of `{path.name}` is no {what}: {error}") from error


def _until(heads: Iterable[Head], largest: int) -> Iterator[Head]:
    for head in heads:
        if head.size > largest:
            return
        yield head


def _head_line(head: Head) -> bytes:
    return canonical(msgspec.to_builtins(head))


def _entry_line(content: bytes) -> bytes:
    """An entry in canonical form is a line; anything else that lies in its place is escaped, and stays what it is."""
    if content.startswith(b'{"') and not content.startswith(_MARK) and b"\n" not in content:
        return content
    return canonical({"not_an_entry": base64.b64encode(content).decode()})


def _unescaped(index: int, line: bytes) -> bytes:
    if not line.startswith(_MARK):
        return line
    try:
        return base64.b64decode(_ESCAPED.decode(line).not_an_entry, validate=True)
    except (msgspec.DecodeError, ValueError) as error:
        raise DamagedError(index, f"line {index + 1} of `{ENTRIES}` cannot be read") from error


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.writelines(line + b"\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path, longest: int) -> Iterator[bytes]:
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            _check_regular(file)
            yield from _bounded(path, file, longest)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}") from error


def _check_regular(file: BinaryIO) -> None:
    """Refuse what could keep us waiting."""
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


def _bounded(path: Path, file: BinaryIO, longest: int) -> Iterator[bytes]:
    index = 0
    while line := file.readline(longest + 1):
        if not line.endswith(b"\n"):
            why = "is too long" if len(line) > longest else "has no end: the file was cut off"
            raise DamagedError(index, f"line {index + 1} of `{path.name}` {why}")
        if index >= MOST_LINES:
            raise DamagedError(index, f"`{path.name}` has more than {MOST_LINES} lines")
        yield line[:-1]
        index += 1


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for a pipe's other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
