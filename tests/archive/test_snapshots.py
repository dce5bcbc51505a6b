"""What is written is read back, by its checksum; what is not whole is named and spoils nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from tests.archive.facts import FLEETS
from tests.archive.runs import NOON, account, at, collected, finished

from rootwarden.archive.listed import Broken, Kept
from rootwarden.archive.recorder import Recorder
from rootwarden.archive.snapshot import CARD_KEY, decode_facts, encode_facts
from rootwarden.errors import InputError, UsageError
from rootwarden.facts.assets import AssetCounts
from rootwarden.facts.fact import Known, Unknown
from rootwarden.facts.organization import Organization
from rootwarden.fleet.observation import COLUMNS, Run, Seen, observe, schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.archive.archive import Archive
    from rootwarden.facts.account import Account


def paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.parquet"))


def filled(folder: Path, weeks: int = 3) -> Archive:
    """An archive of some weekly runs of two accounts."""
    archive = at(folder)
    for week in range(weeks):
        when = NOON + timedelta(weeks=week)
        assert archive.add(finished(collected(account(1, name=Known(f"week {week}")), account(2), as_of=when)))
    return archive


@given(fleet=FLEETS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, fleet: list[Account]) -> None:
    archive = at(tmp_path_factory.mktemp("archive"))
    made = finished(collected(*fleet), "Example")
    assert archive.add(made)
    (kept,) = archive.listing().kept
    assert kept.snapshot == made.snapshot
    run = Run(
        run_id=kept.snapshot.run_id,
        as_of=NOON,
        organization_id=Known(kept.snapshot.organization_id),
        organization_name=Known("Example"),
    )
    wanted = [
        observe(run, Seen(account=each, assets=each.assets, account_state="ACTIVE"))
        for each in sorted(fleet, key=lambda each: each.id)
    ]
    assert archive.reading().table.collect().rows() == wanted
    assert [archive.account(kept, each.id) for each in fleet] == fleet
    assert list(archive.verify()) == [kept]


@given(fleet=FLEETS)
@settings(max_examples=60, deadline=None)
def test_canonical_facts_are_the_same_bytes_again(fleet: list[Account]) -> None:
    for each in fleet:
        content = encode_facts(each)
        assert decode_facts(content) == each
        assert encode_facts(decode_facts(content)) == content


def test_the_first_column_is_the_one_the_checksum_leaves_out() -> None:
    assert COLUMNS[0].name == schema().names()[0] == "run_id"


def test_the_same_content_has_the_same_name_and_is_kept_once(tmp_path: Path) -> None:
    archive = at(tmp_path)
    assert archive.add(finished(collected(account(1), account(2))))
    assert not archive.add(finished(collected(account(2), account(1))))
    assert archive.add(finished(collected(account(1))))
    assert archive.add(finished(collected(account(1), account(2), as_of=NOON + timedelta(seconds=1))))
    assert archive.add(finished(collected(account(1), account(2), organization="o-anotherorg")))
    assert len(archive.listing().kept) == 4
    assert {path.parent.name for path in paths(tmp_path)} == {"o-exampleorg", "o-anotherorg"}


def test_closed_accounts_have_a_row_that_says_so(tmp_path: Path) -> None:
    archive = at(tmp_path)
    archive.add(finished(collected(account(1), closed=("000000000009",))))
    (kept,) = archive.listing().kept
    assert (kept.snapshot.accounts, kept.snapshot.closed, kept.snapshot.unreadable) == (2, 1, 0)
    rows = archive.rows(kept).select("account_id", "account_state", "readable").rows()
    assert rows == [("000000000001", "ACTIVE", True), ("000000000009", "SUSPENDED", False)]


def test_many_large_accounts_are_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rootwarden.archive.recorder._GROUP_BYTES", 20_000)
    archive = at(tmp_path)
    fleet = [account(number, name=Known(f"n{number}" * 50)) for number in range(600)]
    archive.add(finished(collected(*fleet)))
    (kept,) = archive.verify()
    assert isinstance(kept, Kept)
    assert archive.account(kept, "000000000599") == fleet[599]
    assert archive.rows(kept)["account_id"].to_list() == [each.id for each in fleet]


def test_half_a_surrogate_pair_is_kept_as_letters(tmp_path: Path) -> None:
    archive = at(tmp_path)
    archive.add(finished(collected(account(1, name=Known("a\ud800b")))))
    (kept,) = archive.verify()
    assert isinstance(kept, Kept)
    assert archive.rows(kept)["account_name"].to_list() == [r"a\ud800b"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def foreign(path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(path)


def newer(path: Path) -> None:
    retold(path, observation_version=99)


def next_schema(path: Path) -> None:
    retold(path, schema="rootwarden.snapshot/9")


def retold(path: Path, **changed: object) -> None:
    """Write the card anew, with something else in it."""
    metadata = pl.read_parquet_metadata(path)
    card = {**msgspec.json.decode(metadata[CARD_KEY]), **changed}
    pl.read_parquet(path).write_parquet(path, metadata={**_own(metadata), CARD_KEY: msgspec.json.encode(card).decode()})


def _own(metadata: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in metadata.items() if name.startswith("rootwarden")}


UNREADABLE: Final[dict[Callable[[Path], None], str]] = {
    cut: "no whole Parquet file",
    empty: "no whole Parquet file",
    half: "no whole Parquet file",
    foreign: "no snapshot of rootwarden",
    next_schema: "rootwarden.snapshot/9",
}


@pytest.mark.parametrize("spoil", UNREADABLE)
def test_a_spoiled_file_is_named_and_the_rest_is_read(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    archive = filled(tmp_path)
    spoiled = paths(tmp_path)[1]
    spoil(spoiled)
    name = spoiled.relative_to(tmp_path).as_posix()
    found = archive.listing()
    assert [each.name for each in found.broken] == [name]
    assert UNREADABLE[spoil] in found.broken[0].reason
    assert len(found.kept) == 2
    read = archive.reading()
    assert (read.runs, read.table.collect().height) == (2, 4)
    assert [each.name for each in read.broken] == [name]
    assert [each.name for each in archive.verify() if isinstance(each, Broken)] == [name]


def test_a_table_of_a_later_version_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    newer(paths(tmp_path)[1])
    read = archive.reading()
    assert (read.runs, read.table.collect().height) == (2, 4)
    (broken,) = read.broken
    assert "version 99" in broken.reason
    assert len(archive.listing().kept) == 3


def test_columns_an_earlier_version_lacks_are_unknown(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    old = paths(tmp_path)[0]
    metadata = _own(pl.read_parquet_metadata(old))
    card = {**msgspec.json.decode(metadata[CARD_KEY]), "observation_version": 0}
    pl.read_parquet(old).drop("mfa_active", "mfa_active_state").write_parquet(
        old, metadata={**metadata, CARD_KEY: msgspec.json.encode(card).decode()}
    )
    read = archive.reading()
    assert (read.runs, read.broken) == (3, ())
    seen = read.table.sort("as_of").select("mfa_active", "mfa_active_state").collect()
    assert seen["mfa_active_state"].to_list() == ["unknown"] * 6
    assert dict(read.table.collect_schema()) == dict(schema())


def changed_cell(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(account_name=pl.lit("somebody else"))


def changed_facts(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(facts=frame["facts"].reverse())


def lost_row(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.head(1)


def swapped_rows(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.reverse()


def other_run(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(run_id=pl.lit("o-exampleorg/20200101T000000Z-0000000000000000"))


def lost_column(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop("mfa_active")


def other_type(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(iam_users=pl.lit("many"))


@pytest.mark.parametrize(
    "change", [changed_cell, changed_facts, lost_row, swapped_rows, other_run, lost_column, other_type]
)
def test_verify_sees_every_change_of_the_content(
    tmp_path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    archive = filled(tmp_path)
    path = paths(tmp_path)[2]
    frame = change(pl.read_parquet(path))
    frame.write_parquet(path, metadata=_own(pl.read_parquet_metadata(path)))
    found = list(archive.verify())
    assert [isinstance(each, Broken) for each in found] == [False, False, True]


def test_verify_sees_spoiled_bytes_and_a_wrong_name(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    first, second, third = paths(tmp_path)
    content = bytearray(first.read_bytes())
    content[60:400] = b"\xff" * 340
    first.write_bytes(content)
    second.rename(second.with_name(third.name.replace("2026", "2027")))
    found = {each.name: each.reason for each in archive.verify() if isinstance(each, Broken)}
    assert len(found) == 2
    assert any("its content belongs into" in reason for reason in found.values())


def test_a_spoiled_file_is_written_anew(tmp_path: Path) -> None:
    archive = at(tmp_path)
    archive.add(finished(collected(account(1))))
    cut(paths(tmp_path)[0])
    assert archive.add(finished(collected(account(1))))
    assert all(isinstance(each, Kept) for each in archive.verify())


def test_a_pipe_and_other_files_are_no_snapshots(tmp_path: Path) -> None:
    import os

    archive = filled(tmp_path, 1)
    os.mkfifo(tmp_path / "o-exampleorg" / "20200101T000000Z-0123456789abcdef.parquet")
    (tmp_path / "o-exampleorg" / "notes.parquet").write_text("mine")
    (tmp_path / "readme.txt").write_text("mine")
    assert len(archive.listing().kept) == 1
    assert archive.listing().broken == ()


def test_an_unknown_run_and_an_unknown_account(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    kept = archive.listing().kept[0]
    assert archive.find(kept.snapshot.run_id) == archive.find(kept.snapshot.content[:10]) == kept
    assert archive.account(kept, "999999999999") is None
    for wrong in ("o-exampleorg/never", "", "zzzz"):
        with pytest.raises(UsageError, match="there is no run"):
            archive.find(wrong)


def test_facts_of_a_later_version_are_not_guessed(tmp_path: Path) -> None:
    archive = filled(tmp_path, 1)
    retold(paths(tmp_path)[0], facts_version=2)
    with pytest.raises(InputError, match="facts have version 2"):
        archive.account(archive.listing().kept[0], "000000000001")


def test_a_period_and_an_organization(tmp_path: Path) -> None:
    archive = filled(tmp_path, 4)
    archive.add(finished(collected(account(3), organization="o-anotherorg")))
    week = timedelta(weeks=1)
    assert archive.reading(since=NOON + week, until=NOON + 3 * week).runs == 2
    assert archive.reading(organizations=["o-anotherorg"]).table.collect()["account_id"].to_list() == ["000000000003"]
    assert archive.reading(until=NOON).table.collect().height == 0


def test_pruning_keeps_the_newest_of_each_organization(tmp_path: Path) -> None:
    archive = filled(tmp_path, 5)
    archive.add(finished(collected(account(3), organization="o-anotherorg", as_of=NOON - timedelta(weeks=50))))
    old = archive.outdated(timedelta(weeks=2))
    assert [each.snapshot.as_of for each in old] == [NOON, NOON + timedelta(weeks=1)]
    for each in old:
        archive.remove(each)
    assert len(archive.listing().kept) == 4
    assert archive.outdated(timedelta(0))[0].snapshot.as_of == NOON + timedelta(weeks=2)


def test_pruning_takes_accounts_without_an_organization_one_by_one(tmp_path: Path) -> None:
    archive = at(tmp_path)
    for number, weeks in ((1, 0), (1, 20), (2, 0), (2, 1)):
        look = collected(account(number), as_of=NOON + timedelta(weeks=weeks))
        archive.add(finished(msgspec.structs.replace(look, organization=Organization())))
    (old,) = archive.outdated(timedelta(weeks=10))
    assert old.snapshot.as_of == NOON
    assert archive.rows(old)["account_id"].to_list() == ["000000000001"]


def test_an_account_read_again_replaces_what_was_kept() -> None:
    recorder = Recorder()
    look = collected(account(1, assets=AssetCounts(trails=Known(3))))
    recorder.digest(
        msgspec.structs.replace(look.accounts[0], facts=account(1, name=Unknown("not yet"))), look.organization, NOON
    )
    recorder.digest(look.accounts[0], look.organization, NOON)
    assert recorder.finish(look).snapshot == finished(look).snapshot
