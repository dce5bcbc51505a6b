"""Parquet files made by hand, byte by byte: small ones that unpack to very much, or that lie about it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import polars as pl

from rootwarden.archive.snapshot import CARD_KEY

if TYPE_CHECKING:
    from pathlib import Path

I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12
Field = tuple[int, int, Any]
GZIP = 2
MEGABYTE = 1024 * 1024


def unsigned(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def struct(*fields: Field) -> bytes:
    """Thrift's compact protocol; fields in order of their numbers, at most fifteen apart."""
    made, last = b"", 0
    for number, kind, value in fields:
        made += bytes([(number - last) << 4 | kind]) + encoded(kind, value)
        last = number
    return made + b"\0"


def encoded(kind: int, value: Any) -> bytes:
    if kind in (I32, I64):
        return unsigned((value << 1) ^ (value >> 63))
    if kind == BINARY:
        return unsigned(len(value)) + bytes(value)
    if kind == STRUCT:
        return bytes(value)
    element, items = value
    return bytes([len(items) << 4 | element]) + b"".join(encoded(element, each) for each in items)


def text_page(size: int, told: int | None = None) -> bytes:
    """A page of one text of so many zeros, whose header tells of another size when one is given."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = pack.compress((2).to_bytes(4, "little") + b"\x02\x01" + size.to_bytes(4, "little"))
    for start in range(0, size, MEGABYTE):
        body += pack.compress(bytes(min(MEGABYTE, size - start)))
    body += pack.flush()
    data = struct((1, I32, 1), (2, I32, 0), (3, I32, 3), (4, I32, 3))
    header = struct((1, I32, 0), (2, I32, size + 10 if told is None else told), (3, I32, len(body)), (5, STRUCT, data))
    return header + body


def with_pages(path: Path, page: bytes, rows: int, *, unpacked: int) -> None:
    """Replace a snapshot by a file of its card, with one column `account_name` of such pages.

    Args:
        path: The snapshot.
        page: The page of each row.
        rows: How many there are.
        unpacked: What the footer says they unpack to.
    """
    card = pl.read_parquet_metadata(path)[CARD_KEY].encode()
    pages = page * rows
    column = struct(
        (1, I32, 6),
        (2, LIST, (I32, [0])),
        (3, LIST, (BINARY, [b"account_name"])),
        (4, I32, GZIP),
        (5, I64, rows),
        (6, I64, unpacked),
        (7, I64, len(pages)),
        (9, I64, 4),
    )
    group = struct((1, LIST, (STRUCT, [struct((2, I64, 4), (3, STRUCT, column))])), (2, I64, unpacked), (3, I64, rows))
    schema = [
        struct((4, BINARY, b"root"), (5, I32, 1)),
        struct((1, I32, 6), (3, I32, 1), (4, BINARY, b"account_name"), (6, I32, 0)),
    ]
    footer = struct(
        (1, I32, 1),
        (2, LIST, (STRUCT, schema)),
        (3, I64, rows),
        (4, LIST, (STRUCT, [group])),
        (5, LIST, (STRUCT, [struct((1, BINARY, CARD_KEY.encode()), (2, BINARY, card))])),
    )
    path.write_bytes(b"PAR1" + pages + footer + len(footer).to_bytes(4, "little") + b"PAR1")
