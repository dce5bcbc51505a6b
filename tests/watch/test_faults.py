"""Killed at every step, several at once, a database that is busy, gone or full: nothing lost, nothing told twice."""

from __future__ import annotations

import io
import json
import signal
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.watch import records as made
from tests.watch.world import alerts, drain, findings, forwarded, kept_events, log_file, notification

from rootwarden.alert.store.database import Store
from rootwarden.errors import StoreError
from rootwarden.watch.rounds import Step
from rootwarden.watch.service import Manners

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgresql import Cluster
    from tests.watch.world import World

OTHER = "000022223333"
TIMEOUT = 120


def story() -> list[dict[str, Any]]:
    """Two accounts, three visits: a console session in pieces, a session of AssumeRoot, failed sign-ins."""
    key = "ASIAXXXXXXXXXXXXXXX9"
    failed: dict[str, Any] = {"responseElements": {"ConsoleLogin": "Failure"}, "errorMessage": "Failed authentication"}
    return [
        made.sign_in(),
        made.call("ListUsers", 2),
        made.call("CreateAccessKey", 4),
        made.assume_root(20, key, target=OTHER),
        made.assumed("ListMFADevices", 21, key, account=OTHER, session=20),
        *(made.sign_in(400 + number, **failed) for number in range(3)),
    ]


def deliver(world: World, records: list[dict[str, Any]]) -> None:
    """Some by log file, some by event, some by both, some files twice."""
    for number, record in enumerate(records):
        if number % 2:
            world.send(forwarded(record))
        if not number % 2 or not number % 3:
            key = world.deliver(record, *records[: number // 2])
            world.deliver(key=key, content=log_file(record, *records[: number // 2]))


def summary(store: Store) -> list[Any]:
    """What must be the same however it came about; and that each step of severity is told once, the last one surely.

    Reasons of what was not known yet stay with a finding, so only those of detections are compared.
    """
    found = findings(store)
    told = [
        (
            each.account,
            each.severity.value,
            getattr(each, "events", None),
            tuple(reason.code for reason in each.reasons if reason.code.startswith("root-")),
        )
        for each in found
    ]
    steps = alerts(store)
    assert len(steps) == len(set(steps))
    assert {(each.id, each.severity.value) for each in found} <= set(steps)
    return [sorted(told, key=str), kept_events(store)]


def run(world: World, database: str, step: str = "-", number: int = 1) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.watch.victim", world.url, database, step, str(number)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("step", list(Step))
def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_told_twice(
    step: Step, world: World, database: str, tmp_path: Path
) -> None:
    records = story()
    deliver(world, records)
    # In the second round, then in the first of what is left; after deleting there is less and less.
    for number in (1, 1) if step is Step.DELETED else (2, 1):
        died = run(world, database, step.value, number)
        assert died.wait(TIMEOUT) == -signal.SIGKILL
    with Store(database) as store:
        drain(world.watcher(store))
        after = summary(store)
    deliver(world, records)
    with Store(f"sqlite:///{tmp_path / 'undisturbed.db'}") as store:
        drain(world.watcher(store))
        assert summary(store) == after
    assert len(after[1]) == len(records)


def test_several_at_once_on_one_queue_that_gives_everything_twice(
    world: World, postgresql: Cluster, tmp_path: Path
) -> None:
    records = story()
    deliver(world, records)
    database = postgresql.database()
    running = [run(world, database) for _ in range(3)]
    assert [each.wait(TIMEOUT) for each in running] == [0, 0, 0]
    with Store(database) as store:
        drain(world.watcher(store))
        after = summary(store)
    deliver(world, records)
    with Store(f"sqlite:///{tmp_path / 'undisturbed.db'}") as store:
        drain(world.watcher(store))
        assert summary(store) == after


def test_a_database_that_is_locked_loses_nothing(world: World, tmp_path: Path) -> None:
    path = tmp_path / "alerts.db"
    world.deliver(made.sign_in())
    with Store(f"sqlite:///{path}", patience=0.1) as store:
        watcher = world.watcher(store)
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            watcher.rounds.once(0)
        assert world.left() == 1
        holder.rollback()
        holder.close()
        drain(watcher)
        assert len(findings(store)) == len(alerts(store)) == 1


def test_while_the_database_is_gone_nothing_is_taken(world: World, postgresql: Cluster) -> None:
    with Store(postgresql.database(), patience=0.2) as store:
        stop, journal = threading.Event(), io.StringIO()
        watcher = world.watcher(store, journal=journal)
        postgresql.stop()
        world.deliver(made.sign_in())
        try:
            with pytest.raises(StoreError):
                watcher.service.forever(threading.Event())
            with pytest.raises(StoreError):
                watcher.rounds.once(0)
        finally:
            postgresql.start()
        assert world.left() == 1
        watcher = world.watcher(store, journal=journal, manners=Manners(wait=1))
        running = threading.Thread(target=watcher.service.forever, args=(stop,))
        running.start()
        try:
            wait_until(lambda: not world.left())
        finally:
            stop.set()
            running.join(TIMEOUT)
        assert watcher.service.ready() == ""
        assert len(findings(store)) == len(alerts(store)) == 1


def wait_until(holds: Any, seconds: float = 60) -> None:
    """Look until something holds; each look is a call that takes its time."""
    pause = threading.Event()
    for _ in range(int(seconds * 20)):
        if holds():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come to that")


FULL = """
import io, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from rootwarden.alert.store.database import Store
from rootwarden.aws.door import Door
from rootwarden.errors import StoreError
from rootwarden.watch.assembly import assembled
from rootwarden.watch.log_files import buckets
from rootwarden.watch.queue import SqsQueue
store, door = Store(sys.argv[2], patience=0.2), Door(region="eu-west-1")
watcher = assembled(store, SqsQueue(door, sys.argv[1]), buckets(door))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    while watcher.rounds.once(0):
        pass
except StoreError as error:
    print(error)
"""


def test_on_a_full_disk_messages_stay_until_there_is_room(world: World, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'alerts.db'}"
    for number in range(30):
        world.deliver(*(made.call("CreateUser", 60 * number + each, session=60 * number) for each in range(20)))
    command = [sys.executable, "-c", FULL, world.url, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=True)
    assert "does not answer" in done.stdout, done.stderr
    assert world.left() > 0
    with Store(url) as store:
        drain(world.watcher(store))
        assert len(findings(store)) == len(alerts(store)) == 30
        assert len(kept_events(store)) == 600


@pytest.mark.parametrize("when", ["1970-01-01T00:00:00Z", "2999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "yesterday"])
def test_events_with_any_clock_are_kept_and_told(when: str, world: World, store: Store) -> None:
    world.deliver(made.sign_in(eventTime=when), made.sign_in(5))
    drain(world.watcher(store))
    assert world.left() == 0
    assert len(kept_events(store)) == 2
    assert len(findings(store)) == 2


HOSTILE = [
    '{"detail-type": "AWS API Call via CloudTrail", "detail": {"userIdentity": {"type": "Root"}, "eventTime": 5}}',
    '{"detail-type": "AWS API Call via CloudTrail", "detail": {"userIdentity": {"type": "root", "arn": "\\u0000"}}}',
    json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": made.sign_in(account="x" * 5_000)}),
    json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": made.sign_in(eventID="i" * 5_000)}),
    json.dumps(
        {"detail-type": "AWS API Call via CloudTrail", "detail": made.sign_in(eventID="\ud83d", awsRegion="\ud83d")}
    ),
    json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": made.sign_in(recipientAccountId={"a": []})}),
    '{"detail-type": "AWS API Call via CloudTrail", "detail": ' + '{"userIdentity":' * 2_000 + "1" + "}" * 2_001,
    json.dumps(notification("..%2F..%2Fetc%2Fpasswd.gz", bucket="../x")),
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_a_message_says_the_watcher_goes_on(body: str, world: World, database: str) -> None:
    world.send(body)
    world.deliver(made.sign_in())
    journal = io.StringIO()
    with Store(database) as store:
        watcher = world.watcher(store, journal=journal)
        watcher.rounds.once(0)
        assert made.MEMBER in {each.account for each in findings(store)}
    assert "bug" not in journal.getvalue()
