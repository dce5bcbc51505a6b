"""A file as a stream of inflated pieces: every gzip member (RFC 1952, section 2.2), or the bytes as they are.

ISA-L's inflate (igzip) does the work, in pieces small enough to stay in the processor's cache while they are searched.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, cast

from isal import igzip_lib, isal_zlib

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from rootwarden.trail.limits import Limits

MAGIC: Final = b"\x1f\x8b"
PIECE: Final = 256 * 1024
_READ: Final = 1024 * 1024
_LEAST: Final = 4096
# What was fed to a member is kept so far, to find where exactly it breaks; log files are smaller than one read.
_KEPT: Final = 16
_GONE: Final = b""
BROKEN: Final = (cast("type[Exception]", isal_zlib.error), EOFError, ValueError)


class Damage(StrEnum):
    """Why a stream ended before its end."""

    CUT = "cut"
    CORRUPT = "corrupt"
    BOMB = "bomb"
    TRAILING = "trailing"


class Inflation:
    """One pass over a file.

    Args:
        source: The file, at its beginning.
        limits: How much it may take.
        size: Bytes there are to read, where that is known.
        piece: Most bytes of a piece: few where each is searched, many where they are joined.

    Attributes:
        packed: Bytes read so far.
        inflated: Bytes given so far.
        members: gzip members begun; 0 for a file that is not packed.
        damage: Why it ended early, or `None`.
        detail: More of that, for people.
    """

    def __init__(self, source: BinaryIO, limits: Limits, *, size: int = 0, piece: int = PIECE) -> None:
        self._source = source
        self._piece = piece
        self._limits = limits
        self._size = size
        self.packed = 0
        self.inflated = 0
        self.members = 0
        self.damage: Damage | None = None
        self.detail = ""

    def pieces(self) -> Iterator[bytes]:
        """The content, in order, until its end or the damage."""
        head = self._read()
        pieces = self._members(head) if head.startswith(MAGIC) else self._plain(head)
        for piece in pieces:
            self.inflated += len(piece)
            if self._too_much():
                return
            yield piece
            # Whoever is done with a piece lets it go: the next then takes its place, which is still in the cache.
            piece = _GONE  # noqa: PLW2901 - lets it go

    def _read(self) -> bytes:
        # A buffer far larger than the file costs more than reading it.
        most = min(_READ, max(self._size - self.packed + 1, _LEAST)) if self._size else _READ
        data = self._source.read(most)
        self.packed += len(data)
        return data

    def _plain(self, data: bytes) -> Iterator[bytes]:
        while data:
            for start in range(0, len(data), self._piece):
                yield data[start : start + self._piece]
            data = self._read()

    def _members(self, data: bytes) -> Iterator[bytes]:
        while data:
            self.members += 1
            member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
            yield from self._member(member, data)
            if self.damage:
                return
            data = self._next_member(member.unused_data)

    def _member(self, member: igzip_lib.IgzipDecompressor, data: bytes) -> Iterator[bytes]:
        fed = [data]
        given = 0
        try:
            while True:
                piece = member.decompress(data, self._piece)
                if piece:
                    given += len(piece)
                    yield piece
                    piece = _GONE
                if member.eof:
                    return
                data = self._read() if member.needs_input else b""
                if data and len(fed) < _KEPT:
                    fed.append(data)
                if member.needs_input and not data:
                    self._damaged(Damage.CUT, "the gzip stream ends in the middle")
                    return
        except BROKEN as error:
            self._damaged(Damage.CORRUPT, f"no gzip stream from byte {self.inflated:,} on: {error}".lower())
        if len(fed) < _KEPT:
            yield from _up_to_the_fault(fed, given)

    def _next_member(self, rest: bytes) -> bytes:
        """What begins the next member; empty at the end. Zeros fill up blocks on tapes and some stores."""
        rest = rest.lstrip(b"\0")
        while len(rest) < len(MAGIC):
            more = self._read()
            if not more:
                break
            rest = (rest + more).lstrip(b"\0")
        if rest and not rest.startswith(MAGIC):
            self._damaged(Damage.TRAILING, "bytes follow the last gzip member")
            return b""
        return rest

    def _too_much(self) -> bool:
        limits = self._limits
        if self.inflated > limits.inflated:
            self._damaged(Damage.BOMB, f"it inflates to more than {limits.inflated:,} bytes")
        elif self.members and self.inflated > limits.ratio_from and self.inflated > limits.ratio * self.packed:
            self._damaged(Damage.BOMB, f"it inflates to more than {limits.ratio} times its size")
        return self.damage is Damage.BOMB

    def _damaged(self, damage: Damage, detail: str) -> None:
        self.damage = damage
        self.detail = detail


def _up_to_the_fault(fed: list[bytes], given: int) -> Iterator[bytes]:
    """What a broken member holds beyond the bytes given: igzip gives nothing of the piece with the fault in it.

    It is asked for one byte at a time, so that everything before the fault comes out.
    """
    member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    found = bytearray()
    passed = 0
    try:
        for data in fed:
            step = data
            while True:
                piece = member.decompress(step, min(PIECE, given - passed) or 1)
                step = b""
                if passed < given:
                    passed += len(piece)
                else:
                    found += piece
                if member.eof or member.needs_input:
                    break
    except BROKEN:
        pass
    yield bytes(found)
