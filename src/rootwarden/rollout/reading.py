"""A journal read back: line by line, each bound to the one before, believed no further than the first bad one."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.rollout.entry import (
    FIRST_PREVIOUS,
    LONGEST_LINE,
    Entry,
    Kind,
    digest_of,
    read_line,
)
from rootwarden.rollout.sealing import Seals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MOST_LINES: Final = 5_000_000


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal is worth.

    Attributes:
        entries: How many lines hold, from the first on.
        bad: Number of the first line that does not hold; -1 when all do.
        why: What is wrong with it, or empty.
        signed: How many of the lines stand under a signature that ended a run, itself included; those after it have
            the seal of their run alone, which a kill ended.
        unsettled: Numbers of the intents without an outcome.
        torn: Bytes of a line that was cut off at the end.
    """

    entries: int
    bad: int = -1
    why: str = ""
    signed: int = 0
    unsettled: tuple[int, ...] = ()
    torn: int = 0

    @property
    def holds(self) -> bool:
        """Every line holds."""
        return self.bad < 0


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a journal that hold, and where they end.

    Attributes:
        entries: Them.
        head: SHA-256 of the last line.
        size: Bytes up to the end of the last line.
        torn: What stands after it without a line feed.
        bad: What is wrong with the line after them, or empty.
    """

    entries: tuple[Entry, ...]
    head: str
    size: int
    torn: bytes = b""
    bad: str = ""


def read_journal(path: Path) -> Content:
    """The lines of a journal, up to the first that does not hold.

    Raises:
        InputError: The file cannot be read, or is no plain file.
    """
    entries: list[Entry] = []
    head, size = FIRST_PREVIOUS, 0
    open_intents: set[int] = set()
    for line in _lines(path):
        if not line.endswith(b"\n"):
            why = "is too long" if len(line) > LONGEST_LINE else ""
            return Content(entries=tuple(entries), head=head, size=size, torn=b"" if why else line, bad=why)
        why = fault(line[:-1], len(entries), head, open_intents)
        if why:
            return Content(entries=tuple(entries), head=head, size=size, bad=why)
        entries.append(msgspec.json.decode(line, type=Entry))
        head, size = digest_of(line[:-1]), size + len(line)
    return Content(entries=tuple(entries), head=head, size=size)


def fault(line: bytes, number: int, head: str, open_intents: set[int]) -> str:
    """What is wrong with a line, or nothing.

    Args:
        line: Without its line feed.
        number: Where it stands.
        head: SHA-256 of the line before.
        open_intents: Intents that have no outcome yet; kept up to date here.
    """
    entry = read_line(line)
    if entry is None:
        return "is no entry in canonical form"
    if entry.number != number:
        return f"says that it is entry {entry.number}"
    if entry.previous != head:
        return "does not follow from the line before: one of the two was changed, or lines are missing"
    if (entry.kind is Kind.BEGIN) != (number == 0):
        return "begins a journal in the middle of one" if number else "does not begin a journal"
    if entry.kind is Kind.INTENT:
        open_intents.add(number)
    elif entry.kind is Kind.OUTCOME:
        if entry.intent not in open_intents:
            return "is the outcome of no intent that was open"
        open_intents.discard(entry.intent)
    return ""


def unsettled(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The intents of which it is not known what became."""
    waiting: dict[int, Entry] = {}
    for entry in entries:
        if entry.kind is Kind.INTENT:
            waiting[entry.number] = entry
        elif entry.kind is Kind.OUTCOME:
            waiting.pop(entry.intent, None)
    return tuple(waiting.values())


def verify(path: Path, keys: Iterable[Ed25519PublicKey]) -> Verdict:
    """Whether a journal is whole, in order, and every line of it written in the name of one of these keys.

    Raises:
        InputError: The file cannot be read, or is no plain file.
    """
    return believed(read_journal(path), keys)


def believed(content: Content, keys: Iterable[Ed25519PublicKey]) -> Verdict:
    """What lines that were read are worth: no line counts that nobody among these keys vouches for.

    Args:
        content: The lines.
        keys: Of the people who may have written them.
    """
    seals, signed = Seals(keys), 0
    for entry in content.entries:
        why = seals.fault(entry)
        if why:
            return Verdict(entries=entry.number, bad=entry.number, why=why, signed=min(signed, entry.number))
        if entry.kind is Kind.SIGNED:
            signed = entry.number + 1
    return Verdict(
        entries=len(content.entries),
        bad=len(content.entries) if content.bad else -1,
        why=content.bad,
        signed=signed,
        unsettled=tuple(entry.number for entry in unsettled(content.entries)),
        torn=len(content.torn),
    )


def _lines(path: Path) -> Iterator[bytes]:
    """Lines with their line feeds; the last may lack it, and so does one that is too long."""
    try:
        with open(path, "rb", opener=_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError(f"`{path}` is no plain file")
            yield from _bounded(path, file)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}") from error


def _bounded(path: Path, file: BinaryIO) -> Iterator[bytes]:
    for _ in range(MOST_LINES):
        line = file.readline(LONGEST_LINE + 1)
        if line:
            yield line
        if not line.endswith(b"\n"):
            return
    raise InputError(f"`{path}` has more than {MOST_LINES} lines")


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for a pipe's other end."""
    return os.open(path, flags | os.O_NONBLOCK)
