"""The one gzip member a digest or log file consists of, inflated with ISA-L and hashed; nothing may follow it.

Whoever reads gzip reads one member after another. A verifier that stops after the first one proves less than a reader
sees: what is appended would be read as events that nobody signed. So a file with anything after its first member is
not what CloudTrail wrote.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, cast

import msgspec
from isal import igzip_lib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STEP: Final = 256 * 1024
_APPENDED: Final = "data follow its first gzip member, which nobody signed"
_DAMAGED: Final = cast("type[Exception]", igzip_lib.IsalError)  # its stub says that it is an exception, not a class


class Inflated(msgspec.Struct, frozen=True):
    """What became of a file.

    Attributes:
        sha256: Of the uncompressed content, in hexadecimal; empty when there is a fault.
        size: Bytes of uncompressed content read.
        packed: Bytes of the file read.
        fault: Why it is not what CloudTrail wrote; empty when nothing is wrong.
        too_large: Whether it was given up at the limit, so that nothing can be told.
        content: The uncompressed content, when it was asked for.
    """

    sha256: str = ""
    size: int = 0
    packed: int = 0
    fault: str = ""
    too_large: bool = False
    content: bytes = b""


def inflate(chunks: Iterable[bytes], *, most: int, keep: bool = False) -> Inflated:
    """Inflate and hash a file.

    Args:
        chunks: The file, piece by piece.
        most: Uncompressed bytes after which it is given up.
        keep: Whether the content is wanted.

    Returns:
        The hash, or what is wrong.
    """
    reading = _Reading(most)
    hashed = hashlib.sha256()
    kept: list[bytes] = []
    try:
        for piece in reading.pieces(chunks):
            hashed.update(piece)
            if keep:
                kept.append(piece)
    except _DAMAGED:
        reading.fault = "it is not gzip, or damaged"
    sound = not reading.fault and not reading.too_large
    return Inflated(
        sha256=hashed.hexdigest() if sound else "",
        size=reading.size,
        packed=reading.packed,
        fault=reading.fault,
        too_large=reading.too_large,
        content=b"".join(kept) if sound else b"",
    )


class _Reading:
    """The state of one file's inflation."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._inflating = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        self.size = 0
        self.packed = 0
        self.fault = ""
        self.too_large = False

    def pieces(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The uncompressed content of the first member, until something is wrong."""
        for chunk in chunks:
            self.packed += len(chunk)
            if self._inflating.eof and chunk:
                self.fault = _APPENDED
                return
            yield from self._of(chunk)
            if self.too_large or self.fault:
                return
        if not self._inflating.eof:
            self.fault = "it is cut short"

    def _of(self, chunk: bytes) -> Iterator[bytes]:
        fed = chunk
        while not self._inflating.eof:
            piece = self._inflating.decompress(fed, _STEP)
            fed = b""
            self.size += len(piece)
            if self.size > self._most:
                self.too_large = True
                return
            yield piece
            if self._inflating.needs_input or not piece:
                break
        if self._inflating.eof and self._inflating.unused_data:
            self.fault = _APPENDED
