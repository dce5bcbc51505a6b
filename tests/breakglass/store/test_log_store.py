"""The log in a database: order, fence, durability (BG-4), and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from tests.breakglass.store.logs import KEYS, add, head_over, keep, kept, said, small, words

from rootwarden.breakglass.core.entry import LONGEST_ENTRY
from rootwarden.breakglass.store.backup import backup
from rootwarden.breakglass.store.durable import check_durable
from rootwarden.breakglass.store.log_store import MOST_AT_ONCE, LogStore
from rootwarden.breakglass.store.tables import Base
from rootwarden.breakglass.store.trouble import DamagedError, LogMoved
from rootwarden.breakglass.store.verdict import Outcome
from rootwarden.breakglass.store.verify import verify
from rootwarden.errors import InternalError, StoreError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgresql import Cluster

    from rootwarden.breakglass.broker.keeping import Keeper

SMALL = small()


def execute(store: LogStore, statement: str, **values: Any) -> None:
    store.database.write(lambda session: session.execute(text(statement), values))


def test_the_migrations_make_what_the_tables_say(store: LogStore) -> None:
    with store.database.engine.connect() as connection:
        options = {"compare_type": True, "version_table": "breakglass_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_what_was_appended_is_read_in_order_and_verifies(store: LogStore, database: str) -> None:
    keeper: Keeper = store
    assert (keeper.size(), keeper.newest_head(), list(keeper.read())) == (0, None, [])
    keep(store, SMALL)
    with LogStore(database) as again:
        assert list(again.read()) == SMALL
        assert list(again.read(4)) == SMALL[4:]
        assert list(again.read(len(SMALL))) == []
        assert again.newest_head() == head_over(SMALL)
        assert [head.size for head in again.heads(2)] == [3, 4, 5, 6]
        assert kept(again).outcome is Outcome.INTACT


def test_pages_end_nowhere_in_the_log(store: LogStore) -> None:
    entries = [SMALL[0], *(said(f"sink-{number}") for number in range(MOST_AT_ONCE * 3 - 1))]
    for first in range(0, len(entries), MOST_AT_ONCE):
        store.append(first, entries[first : first + MOST_AT_ONCE], head_over(entries[: first + MOST_AT_ONCE]))
    assert list(store.read()) == entries
    assert list(store.read(63)) == entries[63:]


def test_several_entries_are_appended_all_or_none(store: LogStore) -> None:
    keep(store, SMALL[:1])

    def fail(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.append(1, SMALL[1:4], head_over(SMALL[:4]), beside=fail)
    assert (store.size(), store.reach()) == (1, (1, 1))
    store.append(1, SMALL[1:4], head_over(SMALL[:4]))
    assert store.reach() == (4, 4)


def test_who_is_late_writes_nothing_at_a_stale_place(store: LogStore, database: str) -> None:
    keep(store, SMALL[:2])
    with LogStore(database) as other:
        keep(other, SMALL[:4])
    with pytest.raises(LogMoved, match="has 4 entries") as caught:
        store.append(2, [said("late")], head_over([*SMALL[:2], said("late")]))
    assert (caught.value.expected, caught.value.found) == (2, 4)
    assert "decide again" in caught.value.hint
    assert list(store.read()) == SMALL[:4]


def test_who_knows_more_than_there_is_hears_of_a_rollback(store: LogStore) -> None:
    keep(store, SMALL[:3])
    execute(store, "DELETE FROM entries WHERE position >= 1")
    execute(store, "DELETE FROM heads WHERE size >= 2")
    with pytest.raises(LogMoved) as caught:
        store.append(3, SMALL[3:4], head_over(SMALL[:4]))
    assert (caught.value.expected, caught.value.found) == (3, 1)
    assert "kept elsewhere" in caught.value.hint


@pytest.mark.parametrize("gone", ["entries WHERE position = 2", "heads WHERE size = 3"])
def test_nothing_is_appended_where_heads_and_entries_do_not_meet(store: LogStore, gone: str) -> None:
    keep(store, SMALL[:3])
    execute(store, f"DELETE FROM {gone}")  # noqa: S608 - of this test
    size = store.size()
    grown = [*SMALL[:size], said("after")]
    with pytest.raises(DamagedError, match="the newest head is over"):
        store.append(size, grown[size:], head_over(grown))
    assert store.size() == size


def test_a_missing_entry_is_named(store: LogStore) -> None:
    keep(store, SMALL)
    execute(store, "DELETE FROM entries WHERE position = 3")
    read = store.read()
    assert [next(read) for _ in range(3)] == SMALL[:3]
    with pytest.raises(DamagedError, match="entry 3 is missing") as caught:
        next(read)
    assert caught.value.index == 3


@pytest.mark.parametrize(
    "content",
    ["'text'", "7", "10000000000000000", "1.5", "zeroblob(4000000)", "CAST(x'ff00' AS TEXT)"],
)
def test_what_sqlite_lets_stand_where_bytes_belong_is_read_as_a_few_bytes(tmp_path: Path, content: str) -> None:
    with LogStore(f"sqlite:///{tmp_path / 'breakglass.db'}") as store:
        keep(store, SMALL[:3])
        execute(store, f"UPDATE entries SET content = {content} WHERE position = 2")  # noqa: S608 - of this test
        entries = list(store.read())
        assert entries[:2] == SMALL[:2]
        assert isinstance(entries[2], bytes)
        assert len(entries[2]) <= LONGEST_ENTRY + 1
        verdict = kept(store)
        assert verdict.bad is not None
        assert (verdict.bad.first, verdict.bad.last, verdict.bad.step) == (2, 2, "G3")


@pytest.mark.parametrize("value", ["7", "x'ff'", "zeroblob(1000)", "CAST(x'ff00' AS TEXT)", "'x'"])
@pytest.mark.parametrize("column", ["root", "time", "signature"])
def test_what_sqlite_lets_stand_where_a_head_belongs_is_told(tmp_path: Path, column: str, value: str) -> None:
    with LogStore(f"sqlite:///{tmp_path / 'breakglass.db'}") as store:
        keep(store, SMALL[:3])
        execute(store, f"UPDATE heads SET {column} = {value} WHERE size = 2")  # noqa: S608 - of this test
        verdict = verify(store.read(), store.heads(), checkpoint_keys=KEYS)
        assert verdict.outcome is Outcome.BROKEN
        assert verdict.troubles[0].sort in {"not-signed", "unreadable"}


@pytest.mark.parametrize(
    ("entries", "size"), [([], 0), ([b"x" * (LONGEST_ENTRY + 1)], 1), ([b"x"] * (MOST_AT_ONCE + 1), 65), ([b"x"], 2)]
)
def test_an_append_is_bounded_and_its_head_is_over_it(store: LogStore, entries: list[bytes], size: int) -> None:
    head = head_over([b"x"] * size)
    with pytest.raises(InternalError):
        store.append(0, entries, head)
    assert store.size() == 0


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true", "sqlite:///x.db?a=b"])
def test_a_log_that_would_not_last_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="file of its own"):
        LogStore(url)


def test_a_connection_that_does_not_flush_is_refused(tmp_path: Path) -> None:
    with LogStore(f"sqlite:///{tmp_path / 'breakglass.db'}") as store:
        connection = store.database.engine.raw_connection()
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.close()
        connection.close()
        with pytest.raises(StoreError, match="`synchronous` is 0"):
            keep(store, SMALL[:1])
        assert store.size() == 0


def test_a_log_without_its_journal_is_refused(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'breakglass.db'}")
    with Session(engine) as session, pytest.raises(StoreError, match="`journal_mode` is delete"):
        check_durable(session)
    engine.dispose()


@pytest.mark.parametrize("setting", ["off", "local", "remote_write"])
def test_postgresql_must_commit_synchronously(postgresql: Cluster, setting: str) -> None:
    url = postgresql.database()
    with LogStore(url) as store:
        name = store.database.engine.url.database
        with postgresql.connected() as connection:
            connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = {setting}".encode())
        with pytest.raises(StoreError, match=f"`synchronous_commit` is {setting}"):
            LogStore(url)
        keep(store, SMALL[:1])
        store.database.engine.dispose()
        with pytest.raises(StoreError, match="could lose"):
            keep(store, SMALL[:2])
        assert store.size() == 1


def add_for_ever(store: LogStore) -> None:
    for _ in range(1000):
        add(store, "not-flushed")


def test_postgresql_must_flush_also_when_somebody_stops_it_later(postgresql: Cluster) -> None:
    with LogStore(postgresql.database()) as store, postgresql.connected() as connection:
        keep(store, SMALL[:1])
        try:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
            with pytest.raises(StoreError, match="`fsync` is off"):
                add_for_ever(store)
        finally:
            connection.execute("ALTER SYSTEM RESET fsync")
            connection.execute("SELECT pg_reload_conf()")


def test_postgresql_must_log_its_tables(postgresql: Cluster) -> None:
    url = postgresql.database()
    with LogStore(url) as store:
        execute(store, "ALTER TABLE entries SET UNLOGGED")
        with pytest.raises(StoreError, match="unlogged"):
            keep(store, SMALL[:1])
    with pytest.raises(StoreError, match="unlogged"):
        LogStore(url)


def test_alerts_and_break_glass_can_share_a_database(database: str) -> None:
    from rootwarden.alert.store.database import Store

    with LogStore(database) as store, Store(database):
        keep(store, SMALL)
    with Store(database), LogStore(database) as store:
        assert list(store.read()) == SMALL


def test_a_backup_is_a_log_one_can_go_on_with(tmp_path: Path) -> None:
    with LogStore(f"sqlite:///{tmp_path / 'breakglass.db'}") as store:
        keep(store, SMALL[:4])
        backup(store, tmp_path / "copy.db")
        keep(store, SMALL)
        with pytest.raises(UsageError, match="there already"):
            backup(store, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.unfinished"))
    with LogStore(f"sqlite:///{tmp_path / 'copy.db'}") as restored:
        assert list(restored.read()) == SMALL[:4]
        assert kept(restored).outcome is Outcome.INTACT
        add(restored, "after")
        assert words(restored) == ["s3", "after"]


def test_a_backup_that_cannot_be_made_is_told_and_leaves_nothing(tmp_path: Path, postgresql: Cluster) -> None:
    with (
        LogStore(f"sqlite:///{tmp_path / 'breakglass.db'}") as store,
        pytest.raises(StoreError, match="cannot be made"),
    ):
        backup(store, tmp_path / "nowhere" / "copy.db")
    with LogStore(postgresql.database()) as store, pytest.raises(UsageError, match="only a log in SQLite"):
        backup(store, tmp_path / "copy.db")
    assert {each.name for each in tmp_path.iterdir()} == {"breakglass.db"}
