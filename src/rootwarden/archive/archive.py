"""An archive: add a run, list the runs, read them all as one table, check them, and let old ones go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
import polars as pl

from rootwarden.archive.batches import Batches, current
from rootwarden.archive.bundle import FEWEST, Bundles, worth_bundling, write_bundle
from rootwarden.archive.damaged import Damaged
from rootwarden.archive.listed import Broken, Kept, Listing
from rootwarden.archive.reading import (
    read_account,
    read_card,
    read_organization,
    refuse_newer,
    rows_of,
    verify,
)
from rootwarden.aws.missing import Missing
from rootwarden.errors import AccessError, InputError, UsageError
from rootwarden.fleet.observation import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from rootwarden.archive.place import Entry, Place
    from rootwarden.archive.recorder import Finished
    from rootwarden.facts.account import Account

T = TypeVar("T")
_SHORTEST_RUN: Final = 4


class Reading(msgspec.Struct, frozen=True):
    """The observation table of many runs.

    Attributes:
        table: Its rows, read when they are needed.
        runs: How many runs are in it.
        broken: Files that are left out.
    """

    table: pl.LazyFrame
    runs: int
    broken: tuple[Broken, ...]


class Archive:
    """An archive in a place.

    Args:
        place: Where it is.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._place.close()

    @property
    def described(self) -> str:
        """Where it is, for people."""
        return self._place.described

    def check(self) -> None:
        """Find out whether the archive can be reached, before anything long is begun.

        Raises:
            RootwardenError: When it cannot.
        """
        self._place.check()

    def add(self, run: Finished) -> bool:
        """Add a run; false when the archive has the very same already.

        Raises:
            RootwardenError: When it cannot be written.
        """
        name = run.snapshot.name
        there = self._place.entry(name)
        if there is not None and self._whole(there):
            return False
        self._place.add(name, run.write)
        return True

    def listing(self) -> Listing:
        """Every snapshot, and every file that cannot be one.

        Raises:
            RootwardenError: When the place cannot be listed, or refuses to show every file in it.
        """
        return self._listed(Bundles(self._place))

    def _listed(self, bundles: Bundles) -> Listing:
        """Every snapshot; of those in a bundle as they are now, nothing is opened."""
        kept, broken = [], []
        refused: AccessError | None = None
        for entry in self._place.entries():
            try:
                kept.append(bundles.find(entry) or Kept(entry, read_card(self._place.footer(entry))))
            except AccessError as error:
                refused = error
                broken.append(Broken(entry.name, error.message))
            except (Damaged, Missing) as error:
                broken.append(Broken(entry.name, error.message))
        if refused is not None and not kept:
            raise refused
        ordered = sorted(kept, key=lambda each: (each.snapshot.scope, each.snapshot.as_of, each.entry.name))
        return Listing(tuple(ordered), tuple(broken))

    def unfinished(self) -> tuple[str, ...]:
        """What killed writers left behind."""
        return self._place.unfinished()

    def find(self, run: str) -> Kept:
        """The snapshot of a run, named by its id, or by the beginning of its checksum.

        Raises:
            UsageError: When there is none, or more than one.
        """
        by_content = len(run) >= _SHORTEST_RUN
        found = [
            each
            for each in self.listing().kept
            if each.snapshot.run_id == run or (by_content and each.snapshot.content.startswith(run))
        ]
        if len(found) == 1:
            return found[0]
        hint = "`rootwarden archive list` names the runs"
        raise UsageError(f"there is {'no' if not found else 'more than one'} run `{run}` in the archive", hint=hint)

    def verify(self) -> Iterator[Kept | Broken]:
        """Read every file to its end and compare it with its checksum, one after the other; then bundles with them."""
        for entry in self._place.entries():
            try:
                path = self._place.fetch([entry.name])[entry.name]
                yield Kept(entry, verify(path, entry.name))
            except (Damaged, Missing, AccessError) as error:
                yield Broken(entry.name, error.message)
        bundles = Bundles(self._place)
        yield from bundles.broken
        for bundle in bundles.all:
            if why := bundles.differing(bundle):
                yield Broken(bundle.entry.name, why)

    def bundle(self) -> int:
        """Copy the tables of small snapshots that are in no bundle into new ones, if there are enough of them.

        Returns:
            How many snapshots were bundled.

        Raises:
            RootwardenError: When they cannot be read, or bundles cannot be written.
        """
        if len(self._place.entries()) < FEWEST:
            return 0
        bundles = Bundles(self._place)
        kept = self._listed(bundles).kept
        loose = [each for each in kept if worth_bundling(each) and bundles.find(each.entry) is None]
        if len(loose) < FEWEST:
            return 0
        bundled = 0
        for batch in Batches(self._place, loose, (), tuple(schema().names())):
            rows = batch.collect()
            whole = dict(rows.group_by("run_id").len().iter_rows())
            runs = [each for each in loose if whole.get(each.snapshot.run_id) == each.snapshot.accounts]
            write_bundle(
                self._place, runs, rows.filter(pl.col("run_id").is_in([each.snapshot.run_id for each in runs]))
            )
            bundled += len(runs)
        there = {each.entry for each in kept}
        for old in bundles.all:
            if there.isdisjoint(each.entry for each in old.card.runs):
                self._place.remove(old.entry.name)
        return bundled

    def rows(self, kept: Kept) -> pl.DataFrame:
        """The rows of one run.

        Raises:
            InputError: When they cannot be read.
        """
        return self._named(kept, rows_of)

    def account(self, kept: Kept, account: str) -> Account | None:
        """The full facts of one account in one run; `None` when it is not in it.

        Raises:
            InputError: When they cannot be read.
        """
        return self._named(kept, lambda path: read_account(path, kept.snapshot, account))

    def organization(self, kept: Kept) -> bytes:
        """The facts of the organization in one run, as JSON.

        Raises:
            InputError: When they cannot be read.
        """
        return self._named(kept, read_organization)

    def reading(
        self, since: datetime | None = None, until: datetime | None = None, organizations: Iterable[str] = ()
    ) -> Reading:
        """The observation table of every run in a period, for whatever one likes to ask of it.

        Nothing of it is read before it is asked: a file whose middle is spoiled, or that unpacks to too much, is found
        only then. `batches` finds it, names it and goes on.

        Args:
            since: Runs judged at this instant or later.
            until: Runs judged before this instant.
            organizations: Only these, by id; of none, all.

        Returns:
            The table, with what could not be read beside it. Columns a run of an older version lacks are unknown.
        """
        wanted, broken = self._chosen(self.listing(), since, until, frozenset(organizations))
        return Reading(self._table(wanted), len(wanted), tuple(broken))

    def batches(
        self,
        columns: Sequence[str],
        since: datetime | None = None,
        until: datetime | None = None,
        organizations: Iterable[str] = (),
    ) -> Batches:
        """Rows of every run in a period, few runs at a time; the arguments are those of `reading`.

        Args:
            columns: Those of the observation table that are read; of a fact, both.
            since: Runs judged at this instant or later.
            until: Runs judged before this instant.
            organizations: Only these, by id; of none, all.
        """
        bundles = Bundles(self._place)
        wanted, broken = self._chosen(self._listed(bundles), since, until, frozenset(organizations))
        return Batches(self._place, wanted, broken, tuple(columns), bundles)

    def _chosen(
        self, listing: Listing, since: datetime | None, until: datetime | None, only: frozenset[str]
    ) -> tuple[list[Kept], list[Broken]]:
        """The snapshots of a period, and files that cannot be used."""
        wanted, broken = [], list(listing.broken)
        for each in listing.kept:
            card = each.snapshot
            if (since and card.as_of < since) or (until and card.as_of >= until):
                continue
            if only and card.organization_id not in only:
                continue
            try:
                refuse_newer(card)
            except Damaged as error:
                broken.append(Broken(each.entry.name, error.message))
            else:
                wanted.append(each)
        return wanted, broken

    def outdated(self, keep: timedelta) -> tuple[Kept, ...]:
        """Snapshots that are older by more than this than the newest of the same organization; never the newest.

        Accounts whose organization is not known are none: there the newest run of the same accounts counts.

        Raises:
            InputError: When the rows of such a run cannot be read.
        """
        kept = self.listing().kept
        same = {each.entry.name: self._whose(each) for each in kept}
        newest: dict[tuple[str, ...], datetime] = {}
        for each in kept:
            whose, as_of = same[each.entry.name], each.snapshot.as_of
            newest[whose] = max(newest.get(whose, as_of), as_of)
        return tuple(each for each in kept if newest[same[each.entry.name]] - each.snapshot.as_of > keep)

    def remove(self, kept: Kept) -> None:
        """Remove a snapshot for good, and the bundles that hold a copy of its rows.

        Raises:
            RootwardenError: When it cannot be removed.
        """
        for bundle, _ in Bundles(self._place).holding([kept]):
            self._place.remove(bundle.entry.name)
        self._place.remove(kept.entry.name)

    def _whose(self, kept: Kept) -> tuple[str, ...]:
        """Whose run it is: an organization's, or certain accounts'."""
        card = kept.snapshot
        if card.organization_state == "known":
            return (card.scope,)
        return (card.scope, *self.rows(kept)["account_id"].to_list())

    def _whole(self, entry: Entry) -> bool:
        """Whether a file that is there is what its name says; a spoiled one is written anew."""
        try:
            verify(self._place.fetch([entry.name])[entry.name], entry.name)
        except Damaged:
            return False
        return True

    def _named(self, kept: Kept, read: Callable[[Path], T]) -> T:
        try:
            return read(self._place.fetch([kept.entry.name])[kept.entry.name])
        except Damaged as error:
            raise InputError(f"`{kept.entry.name}`: {error.message}", hint="`rootwarden archive verify`") from error

    def _table(self, wanted: list[Kept]) -> pl.LazyFrame:
        paths = self._place.fetch([each.entry.name for each in wanted])
        versions: dict[int, list[Path]] = {}
        for each in wanted:
            versions.setdefault(each.snapshot.observation_version, []).append(paths[each.entry.name])
        frames = [current(pl.scan_parquet(files), version) for version, files in sorted(versions.items())]
        return pl.concat(frames) if frames else pl.LazyFrame(schema=schema())
