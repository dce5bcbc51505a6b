"""A first look at a file: inflated and searched piece by piece, nothing kept. Most files are done with after it.

A piece that is let go gives its memory, which is still in the processor's cache, to the next one. Keeping the pieces of
every file, for the few files in which something is found, takes up to a third of the time of looking through them;
those few are read a second time instead.

Nearly all log files are one gzip member of a megabyte or less, read in one go and inflated in a loop with nothing
around it (`look_through`): what an `Inflation` takes to tell what is wrong with a file is spent on those with something
wrong. Everything else is looked at through an `Inflation` (`first_look`).
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

import stringzilla
from isal import igzip_lib

from rootwarden.trail.byte_filter import Search
from rootwarden.trail.framing import BOM
from rootwarden.trail.inflate import BROKEN, MAGIC, PIECE
from rootwarden.trail.opening import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.trail.byte_filter import ByteFilter
    from rootwarden.trail.inflate import Inflation
    from rootwarden.trail.limits import Limits

# A file larger than this is read in windows at once: in one file, no more than so much is inflated for nothing.
_MOST: Final = 64 * 1024**2
_IN_ONE_GO: Final = 1024 * 1024
_SAMPLE: Final = 16 * 1024
_END: Final = 64
_BLANKS: Final = b" \t\r\n"
_MARK: Final = b"eventVersion"
_BEGINNING: Final = b'"eventVersion":'


class Look(NamedTuple):
    """What a first look came to.

    Attributes:
        ruled_out: Whether the file is a whole log in which nothing wanted can be.
        found: Whether something that may be wanted was seen; neither, where the file has to be read to tell.
        first: The first piece, if it was seen in that: reading can go on from there.
        about: About how many records a file that is ruled out holds.
        packed: Bytes of such a file.
        inflated: Bytes it inflates to.
    """

    ruled_out: bool = False
    found: bool = False
    first: bytes = b""
    about: int = 0
    packed: int = 0
    inflated: int = 0


_NOTHING: Final = Look()
_FOUND: Final = Look(found=True)


def look_through(source: Path, wanted: ByteFilter, limits: Limits) -> Look:
    """Look through a file of the usual kind: one gzip member that is read in one go.

    Args:
        source: The file.
        wanted: The filter.
        limits: How much it may take.

    Returns:
        Neither ruled out nor found for a file of any other kind, and for one with anything wrong: it has to be read.
    """
    packed = _in_one_go(source)
    if not packed.startswith(MAGIC):
        return _NOTHING
    most = min(_MOST, limits.inflated, limits.ratio_from)
    member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    search = Search(wanted, keep=False)
    begins: Beginning | None = None
    inflated = 0
    end, data = b"", packed
    try:
        while not member.eof:
            piece = member.decompress(data, PIECE)
            data = b""
            inflated += len(piece)
            search.add(piece)
            if search.found:
                return _NOTHING if search.gave_up else _FOUND
            if not piece or inflated > most:
                return _NOTHING
            begins = begins or beginning(piece)
            end = piece[-_END:]
            # The memory of one piece does for the next.
            piece = b""
    except BROKEN:
        return _NOTHING
    if begins is None or member.unused_data or search.may_hold() or not looks_whole(begins, end):
        return _NOTHING
    return Look(ruled_out=True, about=begins.about(inflated), packed=len(packed), inflated=inflated)


def _in_one_go(source: Path) -> bytes:
    """A small regular file; nothing where it is none, cannot be read, or changes meanwhile: reading it will tell."""
    try:
        file = os.open(source, AT_ONCE)
    except OSError:
        return b""
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _IN_ONE_GO:
            return b""
        data = os.read(file, status.st_size + 1)
        return data if len(data) == status.st_size else b""
    except OSError:
        return b""
    finally:
        os.close(file)


def first_look(inflation: Inflation, pieces: Iterator[bytes], wanted: ByteFilter) -> Look:
    """Look through a file that can be read a second time.

    Args:
        inflation: The file, at its beginning.
        pieces: Its pieces; those that were looked at are gone, the others are still to come.
        wanted: The filter.

    Raises:
        OSError: It cannot be read.
    """
    search = Search(wanted, keep=False)
    # What is kept of a piece is small, so that the memory of one piece does for the next.
    begins: Beginning | None = None
    end = b""
    for piece in pieces:
        search.add(piece)
        if search.found:
            return Look(found=not search.gave_up, first=b"" if begins else piece)
        if inflation.inflated > _MOST:
            return Look()
        begins = begins or beginning(piece)
        end = piece[-_END:]
        piece = b""  # noqa: PLW2901 - lets it go
    if begins is None or inflation.damage or search.may_hold() or not looks_whole(begins, end):
        return Look()
    return Look(ruled_out=True, about=begins.about(inflation.inflated))


class Beginning(NamedTuple):
    """The beginning of a file: whether it looks like that of a log, and how many records are how many bytes of it."""

    of_log: bool
    records: int
    length: int

    def about(self, inflated: int) -> int:
        """How many records a file of so many bytes has."""
        return inflated * self.records // self.length if self.records else 0


def beginning(piece: bytes) -> Beginning:
    """What the first piece of a file tells of it."""
    first = memoryview(piece)[:_SAMPLE]
    opens = piece[:_END].removeprefix(BOM).lstrip(_BLANKS)[:1] in (b"{", b"[")
    return Beginning(opens and stringzilla.find(first, _MARK) >= 0, stringzilla.count(first, _BEGINNING), len(first))


def looks_whole(begins: Beginning, end: bytes) -> bool:
    """Whether a file begins and ends as a log does; what does not is read, and then named."""
    return begins.of_log and end.rstrip(_BLANKS)[-1:] in (b"}", b"]")
