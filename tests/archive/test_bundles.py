"""Bundles of many small runs: the same rows from fewer files, and never another answer than the snapshots give."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from tests.archive.runs import NOON, account, at, collected, finished
from tests.archive.test_snapshots import _own

from rootwarden.archive import footer
from rootwarden.archive.bundle import FEWEST, KEY, SMALL, Bundles
from rootwarden.archive.damaged import Damaged
from rootwarden.archive.folder import Folder
from rootwarden.archive.listed import Broken
from rootwarden.facts.fact import Known
from rootwarden.fleet.looks import READ

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.archive.archive import Archive
    from rootwarden.archive.recorder import Finished

RUNS = FEWEST + 6


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small runs of two organizations, enough for a bundle, and not bundled yet."""
    folder = tmp_path_factory.mktemp("runs")
    made = at(folder)
    for number in range(RUNS):
        made.add(run(number))
    return folder


@pytest.fixture
def archive(runs: Path, tmp_path: Path) -> Archive:
    """An archive of its own for each test."""
    shutil.copytree(runs, tmp_path, dirs_exist_ok=True)
    return at(tmp_path)


def run(number: int, accounts: int = 3) -> Finished:
    fleet = [account(each, name=Known(f"number {each}")) for each in range(accounts)]
    organization = f"o-example000{number % 2}"
    return finished(collected(*fleet, as_of=NOON + timedelta(days=number), organization=organization))


def read(archive: Archive) -> tuple[pl.DataFrame, list[str], int]:
    """Every row in order, files left out, and how many batches they came in."""
    found = archive.batches(READ)
    frames = [each.collect() for each in found]
    assert found.runs == len(archive.listing().kept)
    return pl.concat(frames).sort("run_id", "account_id"), [each.name for each in found.broken], len(frames)


def bundles(folder: Path) -> list[Path]:
    return sorted((folder / "bundles").glob("*.parquet"))


def changed_unseen(path: Path) -> None:
    """Spoil a file so that its size and its stamp stay."""
    kept = path.stat()
    path.write_bytes(bytes(kept.st_size))
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))


def test_a_bundle_gives_the_rows_of_its_snapshots_and_opens_none_of_them(archive: Archive, tmp_path: Path) -> None:
    before, _, _ = read(archive)
    assert archive.bundle() == RUNS
    assert len(bundles(tmp_path)) == 1
    listing = archive.listing()
    for path in tmp_path.glob("o-*/*.parquet"):
        changed_unseen(path)
    after, broken, batches = read(archive)
    assert after.equals(before)
    assert (broken, batches) == ([], 1)
    assert archive.listing() == listing


def test_a_period_and_an_organization_of_a_bundle(archive: Archive) -> None:
    archive.bundle()
    found = archive.batches(READ, NOON + timedelta(days=10), NOON + timedelta(days=20), ["o-example0001"])
    rows = pl.concat([each.collect() for each in found])
    assert (found.runs, rows.height) == (5, 15)
    assert rows["as_of"].min() == NOON + timedelta(days=11)
    assert rows["organization_id"].unique().to_list() == ["o-example0001"]


def test_a_snapshot_that_was_changed_is_read_itself(archive: Archive, tmp_path: Path) -> None:
    archive.bundle()
    spoiled = min(tmp_path.glob("o-*/*.parquet"))
    content = spoiled.read_bytes()
    spoiled.write_bytes(content[:4] + bytes(len(content) // 3) + content[4 + len(content) // 3 :])
    os.utime(spoiled, ns=(0, 1))
    found = archive.batches(READ)
    assert sum(each.collect().height for each in found) == 3 * (RUNS - 1)
    assert [each.name for each in found.broken] == [spoiled.relative_to(tmp_path).as_posix()]


def test_a_snapshot_that_was_removed_is_in_no_study(archive: Archive, tmp_path: Path) -> None:
    archive.bundle()
    min(tmp_path.glob("o-*/*.parquet")).unlink()
    rows, broken, _ = read(archive)
    assert (rows.height, broken) == (3 * (RUNS - 1), [])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def middle(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) // 3) + content[4 + len(content) // 3 :])


def rewritten(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        metadata = _own(pl.read_parquet_metadata(path))
        change(pl.read_parquet(path)).write_parquet(path, metadata=metadata)

    return spoil


def other_card(path: Path) -> None:
    pl.read_parquet(path).write_parquet(path, metadata={KEY: "bm8gemxpYg=="})


@pytest.mark.parametrize(
    "spoil",
    [
        cut,
        empty,
        middle,
        other_card,
        rewritten(lambda rows: rows.head(-1)),
        rewritten(lambda rows: rows.drop("mfa_active")),
        rewritten(lambda rows: rows.with_columns(readable=pl.lit("yes"))),
        rewritten(lambda rows: rows.with_columns(account_name=pl.lit("x" * 5000))),
        rewritten(lambda rows: rows.with_columns(run_id=rows["run_id"].reverse().replace(rows["run_id"][0], "other"))),
    ],
)
def test_of_a_spoiled_bundle_the_snapshots_are_read(
    archive: Archive, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    before, _, _ = read(archive)
    archive.bundle()
    (path,) = bundles(tmp_path)
    spoil(path)
    after, broken, _ = read(archive)
    assert after.equals(before)
    assert broken == []
    assert [each.name for each in archive.verify() if isinstance(each, Broken)] == [f"bundles/{path.name}"]


def test_a_bundle_that_unpacks_to_very_much_is_not_unpacked(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.bundle()
    kept = Bundles(Folder(tmp_path, create=False))
    ((held, runs),) = kept.holding(archive.listing().kept)
    assert kept.rows(held, runs, READ).height == 3 * RUNS
    monkeypatch.setattr(footer, "MOST_GROUP", 1000)
    with pytest.raises(Damaged, match="unpacks to more than"):
        kept.rows(held, runs, READ)


def test_verify_tells_a_bundle_that_says_something_else(archive: Archive, tmp_path: Path) -> None:
    archive.bundle()
    assert [each for each in archive.verify() if isinstance(each, Broken)] == []
    rewritten(lambda rows: rows.with_columns(account_name=pl.lit("another")))(bundles(tmp_path)[0])
    (told,) = [each for each in archive.verify() if isinstance(each, Broken)]
    assert told.name.startswith("bundles/")
    assert "does not hold what `o-example0000/" in told.reason


def test_pruned_rows_are_in_no_bundle(archive: Archive, tmp_path: Path) -> None:
    archive.bundle()
    outdated = archive.outdated(timedelta(days=10))
    for each in outdated:
        archive.remove(each)
    assert bundles(tmp_path) == []
    rows, broken, _ = read(archive)
    assert (rows.height, broken) == (3 * (RUNS - len(outdated)), [])


def test_few_runs_and_large_runs_are_not_bundled(tmp_path: Path) -> None:
    made = at(tmp_path)
    for number in range(FEWEST - 1):
        made.add(run(number))
    made.add(run(FEWEST, accounts=SMALL + 1))
    assert (made.bundle(), bundles(tmp_path)) == (0, [])
    made.add(run(FEWEST + 1))
    assert made.bundle() == FEWEST
    held = [each.snapshot.accounts for found in Bundles(Folder(tmp_path, create=False)).all for each in found.card.runs]
    assert (len(held), max(held)) == (FEWEST, 3)


def test_what_came_later_goes_into_a_bundle_of_its_own(archive: Archive, tmp_path: Path) -> None:
    archive.bundle()
    assert archive.bundle() == 0
    for number in range(RUNS, RUNS + FEWEST):
        archive.add(run(number))
    assert archive.bundle() == FEWEST
    assert len(bundles(tmp_path)) == 2
    rows, _, batches = read(archive)
    assert (rows.height, batches) == (3 * (RUNS + FEWEST), 2)


def test_a_bundle_of_files_that_all_were_touched_is_replaced(archive: Archive, tmp_path: Path) -> None:
    archive.bundle()
    (old,) = bundles(tmp_path)
    for path in tmp_path.glob("o-*/*.parquet"):
        os.utime(path, ns=(0, 1))
    assert archive.bundle() == RUNS
    (new,) = bundles(tmp_path)
    assert new != old


def test_a_spoiled_snapshot_is_in_no_bundle(archive: Archive, tmp_path: Path) -> None:
    spoiled = min(tmp_path.glob("o-*/*.parquet"))
    middle(spoiled)
    assert archive.bundle() == RUNS - 1
    found = archive.batches(READ)
    assert sum(each.collect().height for each in found) == 3 * (RUNS - 1)
    assert [each.name for each in found.broken] == [spoiled.relative_to(tmp_path).as_posix()]
