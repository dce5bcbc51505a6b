"""Runs are read few at a time; what is spoiled is named whatever the size, and nothing unpacks without bound."""

from __future__ import annotations

import random
import resource
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.archive.bombs import MEGABYTE, text_page, with_pages
from tests.archive.runs import NOON, account, at, collected, finished
from tests.archive.test_snapshots import (
    UNREADABLE,
    _own,
    lost_column,
    lost_row,
    newer,
    other_type,
    paths,
)

from rootwarden.archive import batches, footer
from rootwarden.archive.damaged import Damaged
from rootwarden.archive.footer import check_pages, columns_of, read_footer
from rootwarden.archive.listed import Broken
from rootwarden.archive.thrift import read_struct
from rootwarden.facts.fact import Known
from rootwarden.fleet.looks import READ
from rootwarden.fleet.observation import schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.archive.archive import Archive


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Nine weekly runs of four accounts, read two at a time."""
    monkeypatch.setattr(batches, "MOST_ROWS", 8)
    made = at(tmp_path)
    for week in range(9):
        fleet = [account(number, name=Known(f"number {number}")) for number in range(4)]
        made.add(finished(collected(*fleet, as_of=NOON + timedelta(weeks=week))))
    return made


def read(archive: Archive) -> tuple[int, list[str], list[int]]:
    """Rows, files left out, and the heights of batches."""
    found = archive.batches(READ)
    frames = [each.collect() for each in found]
    assert found.runs * 4 == sum(each.height for each in frames)
    return sum(each.height for each in frames), [each.name for each in found.broken], [each.height for each in frames]


def test_batches_hold_whole_runs_in_order_of_their_instant(archive: Archive) -> None:
    frames = [each.collect() for each in archive.batches(READ)]
    assert [each.height for each in frames] == [8, 8, 8, 8, 4]
    whole = pl.concat(frames)
    assert whole["as_of"].is_sorted()
    assert whole.equals(archive.reading().table.select(READ).sort("as_of", "account_id").collect())


def middle(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) // 3) + content[4 + len(content) // 3 :])


def rewritten(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        metadata = _own(pl.read_parquet_metadata(path))
        change(pl.read_parquet(path)).write_parquet(path, metadata=metadata)

    return spoil


def long_name(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(account_name=pl.lit("x" * 5000))


@pytest.mark.parametrize(
    "spoil",
    [*UNREADABLE, newer, middle, *(rewritten(each) for each in (lost_row, lost_column, other_type, long_name))],
)
@pytest.mark.parametrize("place", [0, 3, 8])
def test_a_spoiled_file_is_named_and_every_other_is_read(
    archive: Archive, tmp_path: Path, spoil: Callable[[Path], None], place: int
) -> None:
    spoiled = paths(tmp_path)[place]
    spoil(spoiled)
    rows, left_out, _ = read(archive)
    assert (rows, left_out) == (32, [spoiled.relative_to(tmp_path).as_posix()])


def test_a_file_removed_after_it_was_listed_is_named(archive: Archive, tmp_path: Path) -> None:
    found = archive.batches(READ)
    gone = paths(tmp_path)[4]
    gone.unlink()
    assert sum(each.collect().height for each in found) == 32
    assert [each.name for each in found.broken] == [gone.relative_to(tmp_path).as_posix()]


def test_many_spoiled_files_in_one_batch(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_ROWS", 1000)
    spoiled = [paths(tmp_path)[place] for place in (0, 5, 6)]
    for each in spoiled:
        middle(each)
    rows, left_out, _ = read(archive)
    assert (rows, sorted(left_out)) == (24, [each.relative_to(tmp_path).as_posix() for each in spoiled])


def test_a_snapshot_unpacks_to_what_it_says(archive: Archive, tmp_path: Path) -> None:
    for path in paths(tmp_path):
        found = read_footer(path)
        columns = list(columns_of(found))
        assert (found.rows, columns) == (4, [*schema().names(), "facts"])
        check_pages(path, found, frozenset(columns), "facts")


BOMBS = {
    "it says so": (text_page(200 * MEGABYTE), 4 * 200 * MEGABYTE + 100, "unpacks to more than 512 MB"),
    "its footer does not say so": (text_page(200 * MEGABYTE), 5000, "larger than its footer says"),
    "nothing of it says so": (text_page(200 * MEGABYTE, told=500), 5000, "cannot be read"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_that_unpacks_to_very_much_is_named_and_not_unpacked(
    archive: Archive, tmp_path: Path, bomb: str
) -> None:
    page, unpacked, why = BOMBS[bomb]
    path = paths(tmp_path)[3]
    with_pages(path, page, 4, unpacked=unpacked)
    assert path.stat().st_size < MEGABYTE
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = archive.batches(["run_id", "as_of", "account_name"])
    assert sum(each.collect().height for each in found) == 32
    (broken,) = found.broken
    assert why in broken.reason
    (named,) = [each for each in archive.verify() if isinstance(each, Broken)]
    assert named.name == broken.name
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 150, "one of its four texts has 200 MB"


def test_the_bombs_are_what_they_should_be(archive: Archive, tmp_path: Path) -> None:
    """A small one is read by polars as what it is, so the large ones are not refused for being badly made."""
    path = paths(tmp_path)[3]
    with_pages(path, text_page(1000), 4, unpacked=5000)
    check_pages(path, read_footer(path), frozenset({"account_name"}), "facts")
    assert pl.read_parquet(path)["account_name"].to_list() == ["\0" * 1000] * 4


def test_limits_hold_for_real_snapshots_too(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footer, "MOST_ROWS", 3)
    assert read(archive)[0] == 0
    monkeypatch.setattr(footer, "MOST_ROWS", 4)
    assert read(archive)[0] == 36
    monkeypatch.setattr(footer, "MOST_GROUP", 100)
    assert read(archive)[0] == 0


def test_a_footer_spoiled_anywhere_is_damaged_or_harmless(archive: Archive, tmp_path: Path) -> None:
    """Every file with one byte of its footer changed ends in `Damaged` or is read; nothing else is raised."""
    path = paths(tmp_path)[0]
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little") + 8
    chosen = random.Random(7)
    damaged = 0
    for _ in range(400):
        spoiled = bytearray(content)
        spoiled[-chosen.randrange(1, length)] = chosen.randrange(256)
        path.write_bytes(spoiled)
        try:
            found = read_footer(path)
            check_pages(path, found, frozenset(columns_of(found)), "facts")
        except Damaged:
            damaged += 1
    assert damaged > 50


@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_structure_or_damaged(content: bytes) -> None:
    try:
        _, length = read_struct(content)
    except Damaged:
        return
    assert 0 < length <= len(content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x1c" * 40, "nested too deep"),
        (b"\x19" * 40, "nested too deep"),
        (b"\x19\xf5\xff\xff\xff\xff\x0f", "longer than any"),
        (b"\x18\xff\xff\xff\xff\x0f", "cut short"),
        (b"\x15" + b"\xff" * 12, "does not end"),
        (b"\x1d\x00", "does not know"),
        (b"", "cut short"),
    ],
)
def test_hostile_metadata(content: bytes, why: str) -> None:
    with pytest.raises(Damaged, match=why):
        read_struct(content)


@pytest.mark.soak
def test_a_spoiled_file_in_a_large_archive_is_named(tmp_path: Path) -> None:
    """More than 250,000 rows, at the size batches really have."""
    from benchmarks.archives import Size, write_archive

    write_archive(tmp_path, Size(10_000, 30), 1)
    spoiled = paths(tmp_path)[17]
    middle(spoiled)
    found = at(tmp_path).batches(READ)
    assert sum(each.collect().height for each in found) == 290_000
    assert [each.name for each in found.broken] == [spoiled.relative_to(tmp_path).as_posix()]
