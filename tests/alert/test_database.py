"""The database itself: made once however many start, busy, gone, full, of a later version."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from tests.alert.worlds import NOON, reading, visit

from rootwarden.alert.store.database import Store
from rootwarden.alert.store.recording import record
from rootwarden.alert.store.tables import AlertRow, Base, FindingRow
from rootwarden.errors import InternalError, StoreError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgresql import Cluster


def ids(store: Store) -> list[str]:
    return list(store.read(lambda session: session.scalars(select(FindingRow.id).order_by(FindingRow.id)).all()))


def test_the_migrations_make_what_the_tables_say(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_starts_at_once_make_one_database(database: str) -> None:
    failed: list[BaseException] = []
    gate = threading.Barrier(8)

    def start() -> None:
        try:
            gate.wait(30)
            Store(database).close()
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    assert failed == []
    with Store(database) as store:
        assert ids(store) == []


def test_a_later_version_is_left_alone(store: Store, database: str) -> None:
    store.write(lambda session: session.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(StoreError, match="later version"):
        Store(database)


@pytest.mark.parametrize(
    ("url", "why"), [("mysql://fake", "no database for alerts"), ("not an address", "no address"), ("", "no address")]
)
def test_addresses_that_are_none(url: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Store(url)


def test_the_password_is_in_no_message() -> None:
    with pytest.raises(StoreError) as caught:
        Store("postgresql://fake:hunter2@127.0.0.1:1/fake", patience=0)
    assert "hunter2" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
    assert "***" in str(caught.value)


def test_instants_keep_their_instant(store: Store) -> None:
    record(store, reading(visit(started=datetime(2026, 3, 2, 11, 0, 0, 123456, tzinfo=UTC))))
    row = store.read(lambda session: session.get_one(FindingRow, "visit-1"))
    assert row.started == datetime(2026, 3, 2, 11, 0, 0, 123456, tzinfo=UTC)
    assert row.seen_at == NOON
    naive = datetime(2026, 3, 2)  # noqa: DTZ001 - what must be refused
    later = select(FindingRow).where(FindingRow.seen_at > naive)
    with pytest.raises(InternalError, match="without an offset"):
        store.read(lambda session: session.scalars(later).all())


def test_a_lock_somebody_holds_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "alerts.db"
    with Store(f"sqlite:///{path}") as store:
        holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        threading.Timer(3.0, holder.commit).start()
        assert record(store, reading(visit())).opened == ("visit-1",)
        holder.close()


def test_a_lock_that_stays_is_told_and_nothing_is_half_recorded(tmp_path: Path) -> None:
    path = tmp_path / "alerts.db"
    with Store(f"sqlite:///{path}", patience=0.1) as store:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            record(store, reading(visit()))
        holder.rollback()
        holder.close()
        assert ids(store) == []
        assert record(store, reading(visit())).alerts == 1


def test_a_server_that_restarts_is_waited_for(postgresql: Cluster) -> None:
    with Store(postgresql.database()) as store:
        record(store, reading(visit("visit-1")))
        postgresql.stop()
        threading.Timer(1.0, postgresql.start).start()
        assert record(store, reading(visit("visit-2", events=("e2",)))).opened == ("visit-2",)
        assert ids(store) == ["visit-1", "visit-2"]


def test_a_server_that_is_gone_is_told(postgresql: Cluster) -> None:
    with Store(postgresql.database(), patience=0.5) as store:
        postgresql.stop()
        try:
            with pytest.raises(StoreError, match="does not answer"):
                record(store, reading(visit()))
        finally:
            postgresql.start()
        assert record(store, reading(visit())).opened == ("visit-1",)


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.path.insert(0, sys.argv[1])
from tests.alert.worlds import reading, visit
from rootwarden.alert.store.database import Store
from rootwarden.alert.store.recording import record
from rootwarden.errors import StoreError
store = Store(sys.argv[2], patience=0.2)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
number = 0
try:
    while number < 10_000:
        record(store, reading(visit(f"v{number:05}", events=(f"e{number}",), device="x" * 5000)))
        number += 1
except StoreError as error:
    print(number, error)
"""


def test_a_full_disk_is_told_and_what_was_recorded_is_whole(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'alerts.db'}"
    done = subprocess.run(
        [sys.executable, "-c", FULL, ".", url], capture_output=True, text=True, timeout=120, check=True
    )
    recorded = int(done.stdout.split()[0])
    assert recorded > 3
    assert "does not answer" in done.stdout
    with Store(url) as store:
        assert ids(store) == [f"v{number:05}" for number in range(recorded)]
        alerts = store.read(lambda session: session.scalars(select(AlertRow.finding).order_by(AlertRow.finding)).all())
        assert alerts == ids(store)
        assert record(store, reading(visit("after", events=("after",)))).opened == ("after",)


def test_a_new_database_and_its_journals_are_for_their_owner_only(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'alerts.db'}") as store:
        store.write(lambda session: session.execute(text("CREATE TABLE probe (number INTEGER)")))
        assert {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {
            "alerts.db": 0o600,
            "alerts.db-wal": 0o600,
            "alerts.db-shm": 0o600,
        }
