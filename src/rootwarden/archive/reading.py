"""Read one snapshot file: its card, its rows, its facts, and whether it is what it says it is."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import TYPE_CHECKING, Any, Final

import msgspec
import polars as pl

from rootwarden.archive.damaged import Damaged
from rootwarden.archive.footer import check_end, check_pages, columns_of, read_footer
from rootwarden.archive.snapshot import (
    CARD_KEY,
    FACTS_COLUMN,
    FACTS_VERSION,
    ORGANIZATION_KEY,
    SCHEMA,
    Content,
    Snapshot,
    decode_facts,
)
from rootwarden.errors import InputError
from rootwarden.fleet.observation import SCHEMA_VERSION, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rootwarden.facts.account import Account

# What polars raises for a file that is no Parquet or is spoiled; a panic of its reader is one of them.
BROKEN: Final[tuple[type[BaseException], ...]] = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    OSError,
    ValueError,
)
_MOST_ORGANIZATION: Final = 256 * 1024 * 1024
_TOGETHER: Final = 256
# Longer names and ids are none of AWS's; a dictionary of one such text can stand for many rows.
_LONGEST_TEXT: Final = 4096


def read_card(path: Path) -> Snapshot:
    """The card of a snapshot, from the end of its file.

    Raises:
        Damaged: When there is none: the file is cut short, is no Parquet file, or is not ours.
    """
    check_end(path)
    metadata = _guarded(lambda: pl.read_parquet_metadata(path))
    text = metadata.get(CARD_KEY)
    if text is None:
        raise Damaged("it is a Parquet file, but no snapshot of rootwarden")
    try:
        schema_named = msgspec.json.decode(text, type=dict[str, Any]).get("schema")
        if schema_named != SCHEMA:
            raise Damaged(f"it has the schema `{schema_named}`; this version reads `{SCHEMA}`")
        card = msgspec.json.decode(text, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(f"its card cannot be read: {error}") from error
    return card


def refuse_newer(card: Snapshot) -> None:
    """Refuse a snapshot whose table only a later version understands.

    Raises:
        Damaged: When it is one.
    """
    if card.observation_version > SCHEMA_VERSION:
        raise Damaged(
            f"its table has version {card.observation_version}; this version of rootwarden reads up to {SCHEMA_VERSION}"
        )


def verify(path: Path, name: str) -> Snapshot:
    """Read all of a snapshot, and compare it with what its card and its name say.

    Raises:
        Damaged: When it is not whole, has other columns than its version, was changed, or bears a wrong name.
    """
    card = read_card(path)
    refuse_newer(card)
    if card.name != name:
        raise Damaged(f"its content belongs into `{card.name}`")
    columns = dict(_guarded(lambda: pl.read_parquet_schema(path)))
    wanted = {**schema(), FACTS_COLUMN: pl.Binary()}
    for column, kind in wanted.items():
        if card.observation_version == SCHEMA_VERSION and columns.get(column) != kind:
            raise Damaged(f"it has no column `{column}` of type {kind}")
    check_content(path)
    content = Content(card.as_of, read_organization(path))
    rows = 0
    for run, *cells, facts in _rows(path, list(columns)):
        rows += 1
        if run != card.run_id:
            raise Damaged(f"row {rows} belongs to the run `{run}`")
        content.row(cells, facts if isinstance(facts, bytes) else b"")
    if rows != card.accounts or content.hexadecimal() != card.content:
        raise Damaged("its content is not what its checksum was made of")
    return card


def check_content(path: Path) -> None:
    """Make sure that all of a snapshot can be unpacked in the memory of one.

    Raises:
        Damaged: When it would unpack to more than any snapshot does.
    """
    footer = read_footer(path)
    check_pages(path, footer, frozenset(columns_of(footer)), large=FACTS_COLUMN)


def read_organization(path: Path) -> bytes:
    """The canonical facts of the organization, as JSON.

    Raises:
        Damaged: When they cannot be read.
    """
    packed = _guarded(lambda: pl.read_parquet_metadata(path)).get(ORGANIZATION_KEY, "")
    try:
        unpack = zlib.decompressobj()
        content = unpack.decompress(base64.b64decode(packed, validate=True), _MOST_ORGANIZATION)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise Damaged("the facts of its organization cannot be unpacked") from error
    if unpack.unconsumed_tail or not unpack.eof:
        raise Damaged("the facts of its organization are cut or too large")
    return content


def read_account(path: Path, card: Snapshot, account: str) -> Account | None:
    """The facts of one account; `None` when the run has none of it.

    Raises:
        Damaged: When the file or the facts cannot be read.
    """
    if card.facts_version > FACTS_VERSION:
        raise Damaged(f"its facts have version {card.facts_version}; this version reads up to {FACTS_VERSION}")
    check_content(path)
    wanted = pl.scan_parquet(path).filter(pl.col("account_id") == account).select(FACTS_COLUMN)
    found = _guarded(wanted.collect)
    if not found.height:
        return None
    try:
        return decode_facts(found.item(0, 0))
    except InputError as error:
        raise Damaged(error.message) from error


def rows_of(path: Path) -> pl.DataFrame:
    """The rows of a snapshot without the facts.

    Raises:
        Damaged: When they cannot be read.
    """
    check_content(path)
    found: pl.DataFrame = _guarded(pl.scan_parquet(path).drop(FACTS_COLUMN, strict=False).collect)
    return found


def refuse_strange(rows: pl.DataFrame) -> None:
    """Refuse other types than the table has, and texts no account has.

    Raises:
        Damaged: There are some.
    """
    wanted = schema()
    for column in rows.iter_columns():
        if column.dtype != wanted[column.name]:
            raise Damaged(f"it has no column `{column.name}` of type {wanted[column.name]}")
        if column.dtype == pl.String and (column.str.len_bytes() > _LONGEST_TEXT).any():
            raise Damaged(f"a text in its column `{column.name}` is longer than {_LONGEST_TEXT:,} bytes")


def _rows(path: Path, columns: list[str]) -> Iterator[tuple[object, ...]]:
    """Every row, few at a time."""
    lazy = pl.scan_parquet(path).select(columns)
    start = 0
    while True:
        some = _guarded(lazy.slice(start, _TOGETHER).collect)
        yield from some.iter_rows()
        if some.height < _TOGETHER:
            return
        start += _TOGETHER


def _guarded(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except BROKEN as error:
        raise Damaged(reason(error)) from None


def reason(error: BaseException) -> str:
    """Why a file cannot be used, in words, of what polars or the system raised."""
    if isinstance(error, OSError):
        return f"it cannot be opened: {error.strerror or error}"
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    cut = "must end with PAR" in said or "at least 12 bytes" in said
    return "it is no whole Parquet file (cut short?)" if cut else f"it cannot be read: {said}"
