"""What a Parquet file will unpack to, from its footer and page headers, before anything of it is unpacked.

A snapshot may come from anywhere, and a few hundred bytes of zstd can unpack to gigabytes. A decoder reserves what
page headers say and stops there, so their sum is a bound: it is taken here, and must agree with the footer.

Apache Parquet format (https://parquet.apache.org/docs/file-format/, parquet.thrift for the numbers of fields).
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.archive.damaged import Damaged
from rootwarden.archive.thrift import read_struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_FOOTER: Final = 64 * 1024 * 1024
MOST_ROWS: Final = 500_000
# Bytes of one row group, and of all row groups without the facts, which are read a few at a time.
MOST_GROUP: Final = 512 * 1024 * 1024
MOST_TABLE: Final = 512 * 1024 * 1024
_MAGIC: Final = b"PAR1"
_END: Final = 8  # length of the footer, four bytes, and the magic word
_SHORT_HEADER: Final = 256
_LONG_HEADER: Final = 1024 * 1024


class Chunk(msgspec.Struct, frozen=True):
    """One column of one row group: where its pages are, and what they unpack to."""

    column: str
    start: int
    packed: int
    unpacked: int


class Group(msgspec.Struct, frozen=True):
    """A row group."""

    rows: int
    chunks: tuple[Chunk, ...]


class Footer(msgspec.Struct, frozen=True):
    """What the end of the file says of its rows."""

    rows: int
    groups: tuple[Group, ...]


def read_footer(path: Path) -> Footer:
    """The rows and columns of a file, as its end tells them.

    Raises:
        Damaged: When it is no Parquet file, or holds more than any snapshot does.
    """
    with _mapped(path) as content:
        length = _length(content)
        told, _ = read_struct(content[-_END - length : -_END])
    footer = Footer(rows=_number(told, 3), groups=tuple(_group(each) for each in _each(told, 4)))
    if footer.rows > MOST_ROWS or sum(group.rows for group in footer.groups) != footer.rows:
        raise Damaged(f"its footer tells of {footer.rows:,} rows, which no snapshot has")
    return footer


def check_end(path: Path) -> None:
    """Make sure that a file ends as a Parquet file does, with metadata of some sensible length.

    Raises:
        Damaged: When it does not.
    """
    with _mapped(path) as content:
        _length(content)


def _length(content: mmap.mmap) -> int:
    """The bytes of the metadata before the end."""
    length = int.from_bytes(content[-_END : -len(_MAGIC)], "little")
    if len(content) < _END + len(_MAGIC) or content[-len(_MAGIC) :] != _MAGIC or length > len(content) - _END:
        raise Damaged("it is no whole Parquet file (cut short?)")
    if length > MOST_FOOTER:
        raise Damaged(f"its footer has {length:,} bytes, which no snapshot has")
    return length


def check_pages(path: Path, footer: Footer, columns: frozenset[str], large: str) -> None:
    """Make sure that these columns unpack to no more than a snapshot's, by the headers a decoder goes by.

    Args:
        path: The file.
        footer: Its footer.
        columns: Those that will be read.
        large: The one that is read a row group at a time.

    Raises:
        Damaged: When they unpack to more, or pages and footer disagree.
    """
    whole = 0
    with _mapped(path) as content:
        for group in footer.groups:
            chosen = [chunk for chunk in group.chunks if chunk.column in columns]
            sizes = {chunk.column: _unpacked(content, chunk, group.rows) for chunk in chosen}
            whole += sum(size for column, size in sizes.items() if column != large)
            if max(sum(sizes.values()), whole) > MOST_GROUP:
                raise Damaged(f"it unpacks to more than {MOST_TABLE // 1024**2} MB, which no snapshot does")


def _unpacked(content: mmap.mmap, chunk: Chunk, rows: int) -> int:
    """The bytes the pages of a column unpack to."""
    at, end = chunk.start, chunk.start + chunk.packed
    unpacked = values = 0
    if not len(_MAGIC) <= at <= end <= len(content):
        raise Damaged(f"column `{chunk.column}` lies outside of the file")
    while at < end:
        header, length = _header(content, at, end)
        size, packed = _number(header, 2), _number(header, 3)
        at += length + packed
        unpacked += size
        values += sum(_number(header[kind], 1) for kind in (5, 8) if kind in header)
        if at > end or unpacked > chunk.unpacked:
            raise Damaged(f"the pages of column `{chunk.column}` are larger than its footer says")
    if values != rows:
        raise Damaged(f"column `{chunk.column}` has {values:,} values for {rows:,} rows")
    return unpacked


def _header(content: mmap.mmap, at: int, end: int) -> tuple[dict[int, Any], int]:
    """The header of a page, and its length; one with long statistics is read again, whole."""
    try:
        return read_struct(content[at : min(at + _SHORT_HEADER, end)])
    except Damaged:
        return read_struct(content[at : min(at + _LONG_HEADER, end)])


def _group(told: dict[int, Any]) -> Group:
    return Group(rows=_number(told, 3), chunks=tuple(_chunk(each.get(3)) for each in _each(told, 1)))


def _chunk(told: dict[int, Any] | None) -> Chunk:
    if not isinstance(told, dict):
        raise Damaged("its footer tells of a column in another file")
    names = told.get(3)
    pages = [_number(told, field) for field in (9, 11) if field in told]
    if not isinstance(names, list) or not all(isinstance(name, bytes) for name in names) or not pages:
        raise Damaged("its footer tells of a column without a name or a place")
    return Chunk(
        column=b".".join(names).decode("utf-8", "replace"),
        # A dictionary stands before the pages that use it; writers that have none may leave the field 0.
        start=min(page for page in pages if page) if any(pages) else 0,
        packed=_number(told, 7),
        unpacked=_number(told, 6),
    )


def _number(told: Any, field: int) -> int:
    """A number that is there and not negative."""
    value = told.get(field) if isinstance(told, dict) else None
    if not isinstance(value, int) or value < 0:
        raise Damaged("its metadata lacks a number, or has a negative one")
    return value


def _each(told: dict[int, Any], field: int) -> list[dict[int, Any]]:
    """The structures of a list."""
    value = told.get(field)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Damaged("its footer lacks a list")
    return value


def _mapped(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        raise Damaged("it is no whole Parquet file (cut short?)") from None
    except OSError as error:
        raise Damaged(f"it cannot be opened: {error.strerror or error}") from error


def columns_of(footer: Footer) -> Iterator[str]:
    """The columns of a file."""
    return (chunk.column for group in footer.groups for chunk in group.chunks)
