"""Bundles: the tables of many small runs in one file, so that a study opens a few files and not thousands.

A bundle is a copy and never the truth: it may be removed at any time. It holds the rows without the facts, and the
cards of their snapshots with size and stamp of each file. A snapshot that was changed since is read itself.
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from rootwarden.archive.damaged import Damaged
from rootwarden.archive.footer import check_end, check_pages, read_footer
from rootwarden.archive.listed import Broken, Kept
from rootwarden.archive.place import Entry
from rootwarden.archive.reading import BROKEN, reason, refuse_strange, rows_of
from rootwarden.aws.missing import Missing
from rootwarden.errors import AccessError
from rootwarden.fleet.observation import SCHEMA_VERSION, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from rootwarden.archive.place import Place

SCHEMA: Final = "rootwarden.bundle/1"
KEY: Final = "rootwarden.bundle"
# Accounts of a run from which its own file is read about as fast.
SMALL: Final = 200
# So few small files cost less to open than a bundle does to make.
FEWEST: Final = 64
# One run of a bundle is at least one row, and its card some hundred bytes.
_MOST_CARD: Final = 128 * 1024 * 1024
_UNREADABLE: Final[tuple[type[BaseException], ...]] = (
    *BROKEN,
    KeyError,
    zlib.error,
    msgspec.DecodeError,
    RecursionError,
)


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle says of itself.

    Attributes:
        schema: Of the card.
        observation_version: Of the columns; a bundle of another version is not read.
        runs: The snapshots whose rows are in it.
    """

    schema: str = SCHEMA
    observation_version: int = SCHEMA_VERSION
    runs: tuple[Kept, ...]

    @property
    def rows(self) -> int:
        """How many rows they have together."""
        return sum(each.snapshot.accounts for each in self.runs)


class Bundle(msgspec.Struct, frozen=True):
    """A bundle of an archive: its file and its card."""

    entry: Entry
    card: Card


class Bundles:
    """The bundles of an archive; one that cannot be read is as if it were not there.

    Args:
        place: Where the archive is.

    Attributes:
        all: Those that can be read.
        broken: Those that cannot.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self.broken: list[Broken] = []
        self.all = tuple(found for entry in place.bundles() if (found := self._opened(entry)) is not None)
        self._holder = {kept.entry: (bundle, kept) for bundle in self.all for kept in bundle.card.runs}

    def find(self, entry: Entry) -> Kept | None:
        """The snapshot in a file, if a bundle holds it as it is now."""
        found = self._holder.get(entry)
        return None if found is None else found[1]

    def holding(self, wanted: Iterable[Kept]) -> Iterator[tuple[Bundle, list[Kept]]]:
        """The bundles that hold some of these snapshots, and which."""
        held: dict[str, list[Kept]] = {}
        for each in wanted:
            found = self._holder.get(each.entry)
            if found is not None:
                held.setdefault(found[0].entry.name, []).append(each)
        return ((bundle, held[bundle.entry.name]) for bundle in self.all if bundle.entry.name in held)

    def rows(self, bundle: Bundle, wanted: Sequence[Kept], columns: Sequence[str]) -> pl.DataFrame:
        """The rows of snapshots in a bundle.

        Raises:
            Damaged: When they cannot be read, or are not as many as the cards say.
            Missing, AccessError: When the file is gone or refused.
        """
        path = self._place.fetch([bundle.entry.name])[bundle.entry.name]
        footer = read_footer(path)
        if footer.rows != bundle.card.rows:
            raise Damaged(f"it has {footer.rows:,} rows where its card tells of {bundle.card.rows:,}")
        check_pages(path, footer, frozenset(columns), large="")
        runs = [each.snapshot.run_id for each in wanted]
        try:
            read = pl.scan_parquet(path, glob=False).select(columns).filter(pl.col("run_id").is_in(runs)).collect()
        except BROKEN as error:
            raise Damaged(reason(error)) from None
        refuse_strange(read)
        if read.height != sum(each.snapshot.accounts for each in wanted):
            raise Damaged("its rows are not those of its snapshots")
        return read

    def differing(self, bundle: Bundle) -> str:
        """Why a bundle does not say what its snapshots say, or nothing; snapshots that are gone are passed over."""
        held = [each for each in bundle.card.runs if self._place.entry(each.entry.name) == each.entry]
        try:
            rows = self.rows(bundle, held, schema().names()).partition_by("run_id", as_dict=True)
            for each in held:
                itself = rows_of(self._place.fetch([each.entry.name])[each.entry.name])
                if not itself.select(schema().names()).equals(rows[each.snapshot.run_id,]):
                    return f"it does not hold what `{each.entry.name}` does"
        except (Damaged, Missing, AccessError) as error:
            return error.message
        return ""

    def _opened(self, entry: Entry) -> Bundle | None:
        try:
            card = _read_card(self._place.footer(entry))
        except (Damaged, Missing, AccessError) as error:
            self.broken.append(Broken(entry.name, error.message))
            return None
        return Bundle(entry, card)


def write_bundle(place: Place, runs: Sequence[Kept], rows: pl.DataFrame) -> None:
    """Write the rows of snapshots to a new bundle.

    Raises:
        RootwardenError: When it cannot be written.
    """
    card = msgspec.json.encode(Card(runs=tuple(runs)))
    metadata = {KEY: b64encode(zlib.compress(card)).decode("ascii")}
    name = f"bundles/{hashlib.sha256(card).hexdigest()[:32]}.parquet"
    place.add(name, lambda path: rows.write_parquet(path, compression="zstd", metadata=metadata))


def worth_bundling(kept: Kept) -> bool:
    """Whether a snapshot is small, of this version and under the name its card gives it."""
    card = kept.snapshot
    named = card.name == kept.entry.name and card.run_id == kept.entry.name.removesuffix(".parquet")
    return named and 0 < card.accounts <= SMALL and card.observation_version == SCHEMA_VERSION


def _read_card(path: Path) -> Card:
    check_end(path)
    try:
        packed = b64decode(pl.read_parquet_metadata(path)[KEY], validate=True)
        unpack = zlib.decompressobj()
        card = msgspec.json.decode(unpack.decompress(packed, _MOST_CARD), type=Card)
    except _UNREADABLE as error:
        raise Damaged(reason(error)) from None
    if (card.schema, card.observation_version) != (SCHEMA, SCHEMA_VERSION) or not all(
        worth_bundling(each) for each in card.runs
    ):
        raise Damaged("it is no bundle of this version")
    return card
