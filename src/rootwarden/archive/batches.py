"""The rows of many runs, few runs at a time: as much as fits, and a spoiled file is named and left out.

Every file is checked before it is unpacked (`footer`), and the columns asked for are read to their end. When a batch
cannot be read its files are read one by one, which shows whose fault it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from rootwarden.archive.damaged import Damaged
from rootwarden.archive.footer import check_pages, read_footer
from rootwarden.archive.listed import Broken
from rootwarden.archive.reading import BROKEN, reason, refuse_strange
from rootwarden.archive.snapshot import FACTS_COLUMN
from rootwarden.aws.missing import Missing
from rootwarden.errors import AccessError
from rootwarden.fleet.observation import COLUMNS, SCHEMA_VERSION, STATE_SUFFIX, schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rootwarden.archive.bundle import Bundles
    from rootwarden.archive.listed import Kept
    from rootwarden.archive.place import Place

# As many rows are unpacked at once.
MOST_ROWS: Final = 100_000


class Batches:
    """Iterates over the rows of runs: those of bundles, then the others in order of their instant.

    Args:
        place: Where the archive is.
        wanted: The runs.
        broken: Files that were left out before.
        columns: What is read of each row.
        bundles: Copies of many small runs in one file, when there are any.

    Attributes:
        broken: Files that are left out; complete once the last batch was read.
        runs: How many runs were read so far.
    """

    def __init__(
        self,
        place: Place,
        wanted: Sequence[Kept],
        broken: Sequence[Broken],
        columns: tuple[str, ...],
        bundles: Bundles | None = None,
    ) -> None:
        self._place = place
        self._bundles = bundles
        self._wanted = sorted(wanted, key=lambda each: (each.snapshot.as_of, each.entry.name))
        self._columns = columns
        self.broken = list(broken)
        self.runs = 0

    def __iter__(self) -> Iterator[pl.LazyFrame]:
        """Batches in memory.

        Raises:
            AccessError: Every file is refused.
            RootwardenError: The place cannot be reached any more.
        """
        refused: AccessError | None = None
        bundled: set[str] = set()
        for held, rows in self._bundled():
            bundled.update(each.entry.name for each in held)
            self.runs += len(held)
            yield rows.lazy()
        for group in _grouped([each for each in self._wanted if each.entry.name not in bundled]):
            whole: dict[Kept, Path] = {}
            for each in group:
                try:
                    whole[each] = self._checked(each)
                except AccessError as error:
                    refused = error
                    self._leave_out(each, error.message)
                except (Damaged, Missing) as error:
                    self._leave_out(each, error.message)
            yield from self._read(whole)
        if refused is not None and not self.runs:
            raise refused

    def _bundled(self) -> Iterator[tuple[list[Kept], pl.DataFrame]]:
        """What bundles hold of the runs; the snapshots of one that cannot be read are read themselves."""
        if self._bundles is None:
            return
        for bundle, held in self._bundles.holding(self._wanted):
            try:
                rows = self._bundles.rows(bundle, held, self._columns)
            except (Damaged, Missing, AccessError):
                continue
            yield held, rows

    def _checked(self, kept: Kept) -> Path:
        """The file, once it is known what it unpacks to."""
        path = self._place.fetch([kept.entry.name])[kept.entry.name]
        footer = read_footer(path)
        if footer.rows != kept.snapshot.accounts:
            raise Damaged(f"it has {footer.rows:,} rows where its card tells of {kept.snapshot.accounts:,} accounts")
        check_pages(path, footer, frozenset(self._columns), large=FACTS_COLUMN)
        return path

    def _read(self, whole: dict[Kept, Path]) -> Iterator[pl.LazyFrame]:
        """The files together; one by one, when that fails."""
        if not whole:
            return
        try:
            rows = self._rows(whole)
        except Damaged as error:
            if len(whole) == 1:
                self._leave_out(next(iter(whole)), error.message)
                return
            for each, path in whole.items():
                yield from self._read({each: path})
        else:
            self.runs += len(whole)
            yield rows.lazy()

    def _rows(self, whole: dict[Kept, Path]) -> pl.DataFrame:
        versions: dict[int, list[Path]] = {}
        for each, path in whole.items():
            versions.setdefault(each.snapshot.observation_version, []).append(path)
        try:
            frames = [current(pl.scan_parquet(files), version) for version, files in sorted(versions.items())]
            rows = pl.concat([frame.select(self._columns) for frame in frames]).collect()
        except BROKEN as error:
            raise Damaged(reason(error)) from None
        refuse_strange(rows)
        return rows

    def _leave_out(self, kept: Kept, why: str) -> None:
        self.broken.append(Broken(kept.entry.name, why))


def current(frame: pl.LazyFrame, version: int) -> pl.LazyFrame:
    """Bring rows to the columns of this version.

    Args:
        frame: Rows as a file has them.
        version: Of the observation table they were written in.

    Returns:
        The same rows; a column that version did not have is null, a fact in it unknown.
    """
    if version == SCHEMA_VERSION:
        return frame.select(schema().names())
    there = set(frame.collect_schema().names())
    missing = []
    for column in COLUMNS:
        if column.name not in there:
            missing.append(pl.lit(None, dtype=column.type).alias(column.name))
            if column.fact:
                kind = schema()[column.name + STATE_SUFFIX]
                missing.append(pl.lit("unknown", dtype=kind).alias(column.name + STATE_SUFFIX))
    return frame.with_columns(missing).select(schema().names())


def _grouped(wanted: Sequence[Kept]) -> Iterator[list[Kept]]:
    """As many runs at once as there is room for."""
    group: list[Kept] = []
    rows = 0
    for each in wanted:
        if group and rows + each.snapshot.accounts > MOST_ROWS:
            yield group
            group, rows = [], 0
        group.append(each)
        rows += each.snapshot.accounts
    if group:
        yield group
