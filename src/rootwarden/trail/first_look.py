"""A first look at a file: inflated and searched piece by piece, nothing kept. Most files are done with after it.

A piece that is let go gives its memory, which is still in the processor's cache, to the next one. Keeping the pieces of
every file, for the few files in which something is found, takes up to a third of the time of looking through them;
those few are read a second time instead, unless it was found in the first piece.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import stringzilla

from rootwarden.trail.byte_filter import Search
from rootwarden.trail.framing import BOM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.trail.byte_filter import ByteFilter
    from rootwarden.trail.inflate import Inflation

# A file larger than this is read in windows at once: in one file, no more than so much is inflated for nothing.
_MOST: Final = 64 * 1024**2
_SAMPLE: Final = 32 * 1024
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
    """

    ruled_out: bool = False
    found: bool = False
    first: bytes = b""
    about: int = 0


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
