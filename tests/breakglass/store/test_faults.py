"""BG-4 under races, kills, pauses, full disks and servers that go away: one order, nothing lost, nothing half."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import text
from tests.breakglass.store.logs import add, head_over, keep, kept, said, small, words

from rootwarden.breakglass.store.backup import backup
from rootwarden.breakglass.store.log_store import LogStore
from rootwarden.breakglass.store.trouble import LogMoved
from rootwarden.breakglass.store.verdict import Outcome
from rootwarden.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session
    from tests.postgresql import Cluster

SMALL = small()


@contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.breakglass.store.child", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=200)
    assert process.returncode == 0
    return output


def run(*arguments: str) -> str:
    with child(*arguments) as process:
        return told(process)


@pytest.mark.parametrize("count", [8, pytest.param(150, marks=pytest.mark.soak)])
def test_writers_who_race_make_one_order_and_lose_nothing(store: LogStore, database: str, count: int) -> None:
    keep(store, SMALL[:1])
    with child("race", database, "a", str(count)) as one, child("race", database, "b", str(count)) as other:
        for each in (one, other):
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        outputs = [each.communicate("go\n", timeout=280)[0] for each in (one, other)]
    places = [[int(place) for place in output.split()] for output in outputs]
    written = words(store)
    for name, theirs in zip("ab", places, strict=True):
        assert [written[place - 1] for place in theirs] == [f"{name}-{number}" for number in range(count)]
    assert sorted(place for theirs in places for place in theirs) == list(range(1, 2 * count + 1))
    assert kept(store).outcome is Outcome.INTACT


@pytest.mark.parametrize("stride", [4, pytest.param(1, marks=pytest.mark.soak)])
def test_a_writer_who_is_killed_at_any_step_leaves_a_log_that_verifies(
    store: LogStore, database: str, stride: int
) -> None:
    keep(store, SMALL[:1])
    killed = run("kill", database, str(stride)).split()
    assert int(killed[-1]) > 8
    written = words(store)
    appended = written[::2]
    assert written == [word for first in appended for word in (first, f"{first}-too")]
    survivors = [one for one in appended if one.startswith("killed-")]
    assert [one for one in appended if one not in survivors] == ["first", *(f"after-{number}" for number in killed)]
    # The last step is after the commit: what was killed there had been written, what was killed first had not.
    assert survivors[-1] == f"killed-{killed[-1]}"
    assert "killed-0" not in survivors
    assert kept(store).outcome is Outcome.INTACT
    assert len(list(store.heads())) == len(appended) + 1


@pytest.mark.parametrize("times", [2, pytest.param(40, marks=pytest.mark.soak)])
def test_what_was_told_before_a_kill_is_there_after_it(store: LogStore, database: str, times: int) -> None:
    keep(store, SMALL[:1])
    known: list[str] = []
    for number in range(times):
        with child("run", database, f"run-{number}") as process:
            assert process.stdout is not None
            known += [process.stdout.readline().strip() for _ in range(3 + number)]
            process.send_signal(signal.SIGKILL)
            known += process.stdout.read().split()
        written = words(store)
        # One more may have been written than the writer lived to tell.
        known += written[len(known) : len(known) + 1]
        assert written == known
        assert kept(store).outcome is Outcome.INTACT


def test_a_full_disk_is_told_and_what_was_written_is_whole(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'breakglass.db'}"
    with LogStore(url) as store:
        keep(store, SMALL[:1])
    size = int(run("fill", url))
    assert size > 3
    with LogStore(url) as store:
        assert store.reach() == (size, size)
        assert kept(store).outcome is Outcome.INTACT
        assert add(store, "after") == size


def test_an_instance_that_is_paused_inside_a_transaction_keeps_nobody_waiting_and_writes_nothing(
    postgresql: Cluster,
) -> None:
    url = postgresql.database()
    with LogStore(url) as store:
        keep(store, SMALL[:1])
        with child("pause", url) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "inside\n"
            assert add(store, "meanwhile") == 1
            process.send_signal(signal.SIGCONT)
            assert told(process) == "moved 1 2\n"
        assert words(store) == ["meanwhile"]
        assert kept(store).outcome is Outcome.INTACT


def test_an_instance_that_is_paused_on_sqlite_makes_others_say_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'breakglass.db'}"
    with LogStore(url, patience=0.1) as store:
        keep(store, SMALL[:1])
        with child("pause", url) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "inside\n"
            with pytest.raises(StoreError, match="locked"):
                add(store, "meanwhile")
            process.send_signal(signal.SIGCONT)
            assert told(process) == ""
        assert words(store) == ["paused"]


def lose_answers(store: LogStore, monkeypatch: pytest.MonkeyPatch, error: Exception, *, times: int) -> list[int]:
    """Let commits come through, and their answers be lost, so many times; a list that counts them."""
    dialect, lost = store.database.engine.dialect, list[int]()
    commit = dialect.do_commit

    def committed(connection: Any) -> None:
        commit(connection)
        if len(lost) < times:
            lost.append(1)
            raise error

    monkeypatch.setattr(dialect, "do_commit", committed)
    return lost


def gone(store: LogStore) -> Exception:
    text_ = "the connection was lost"
    return sqlite3.OperationalError(text_) if store.database.kind == "sqlite" else psycopg.OperationalError(text_)


def test_a_commit_whose_answer_was_lost_is_written_once(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, SMALL[:1])
    lost = lose_answers(store, monkeypatch, gone(store), times=1)
    store.append(1, [said("once")], head_over([SMALL[0], said("once")]))
    assert lost == [1]
    assert words(store) == ["once"]


def test_a_commit_whose_answer_was_lost_is_known_again_though_others_went_on(
    store: LogStore, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, SMALL[:1])
    with LogStore(database) as other:
        dialect, done = store.database.engine.dialect, list[int]()
        commit = dialect.do_commit

        def committed(connection: Any) -> None:
            commit(connection)
            if not done:
                done.append(1)
                add(other, "another")
                raise gone(store)

        monkeypatch.setattr(dialect, "do_commit", committed)
        store.append(1, [said("mine")], head_over([SMALL[0], said("mine")]))
    assert words(store) == ["mine", "another"]


def test_of_two_who_write_the_same_bytes_one_hears_that_the_log_moved(store: LogStore, database: str) -> None:
    keep(store, SMALL[:1])
    same = head_over([SMALL[0], said("same")])
    with LogStore(database) as other:
        other.append(1, [said("same")], same)
    with pytest.raises(LogMoved):
        store.append(1, [said("same")], same)


def test_a_server_that_dies_before_the_commit_is_waited_for(postgresql: Cluster) -> None:
    with LogStore(postgresql.database()) as store:
        keep(store, SMALL[:1])
        tries: list[int] = []

        def dies(_: Session) -> None:
            tries.append(1)
            if len(tries) == 1:
                postgresql.stop()
                threading.Timer(0.5, postgresql.start).start()

        store.append(1, [said("twice-tried")], head_over([SMALL[0], said("twice-tried")]), beside=dies)
        assert tries == [1, 1]
        assert words(store) == ["twice-tried"]
        assert kept(store).outcome is Outcome.INTACT


def test_a_server_that_stays_away_is_told(postgresql: Cluster) -> None:
    with LogStore(postgresql.database(), patience=0.5) as store:
        keep(store, SMALL[:1])
        postgresql.stop()
        try:
            with pytest.raises(StoreError, match="does not answer"):
                add(store, "nobody-there")
        finally:
            postgresql.start()
        assert store.size() == 1
        assert add(store, "back") == 1


_FAILING = """
CREATE SEQUENCE tries;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'not now' USING ERRCODE = '{state}'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER failing BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION fail();
"""


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_serialization_failures_are_tried_again_but_not_for_ever(emptied: str, state: str) -> None:
    with LogStore(emptied, patience=1) as store:
        keep(store, SMALL[:1])
        store.database.write(lambda session: session.execute(text(_FAILING.format(times=3, state=state))))
        assert add(store, "fourth-try") == 1
        store.database.write(lambda session: session.execute(text("SELECT setval('tries', 1, false)")))
        store.database.write(lambda session: session.execute(text("ALTER SEQUENCE tries MINVALUE -9999 RESTART -9999")))
        began = time.monotonic()
        with pytest.raises(StoreError, match="not now"):
            add(store, "never")
        assert time.monotonic() - began < 10
        assert words(store) == ["fourth-try"]


@pytest.mark.parametrize("times", [3, pytest.param(30, marks=pytest.mark.soak)])
def test_a_backup_under_load_is_a_beginning_of_the_log(tmp_path: Path, times: int) -> None:
    url = f"sqlite:///{tmp_path / 'breakglass.db'}"
    with LogStore(url) as store:
        keep(store, SMALL[:1])
        with child("run", url, "load") as process:
            assert process.stdout is not None
            for number in range(times):
                told_ = process.stdout.readline().strip()
                backup(store, tmp_path / f"copy-{number}.db")
                with LogStore(f"sqlite:///{tmp_path / f'copy-{number}.db'}") as restored:
                    assert kept(restored).outcome is Outcome.INTACT
                    copied = words(restored)
                    assert told_ in copied
                    add(restored, "after")
                    assert words(restored) == [*copied, "after"]
                assert words(store)[: len(copied)] == copied
