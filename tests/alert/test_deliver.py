"""Delivery end to end: real databases, real receivers, and every way it may break."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tests.alert.receiver import Says, receiving
from tests.alert.worlds import MINUTE, NOON, NOTIFY, PAGE, concern, reading, visit

from rootwarden.alert.acknowledge import COMMAND, acknowledge
from rootwarden.alert.channels.pagerduty import PagerDuty
from rootwarden.alert.channels.webhook import Webhook
from rootwarden.alert.content.subject import Around
from rootwarden.alert.deliver import Deliverer, Passed
from rootwarden.alert.delivery.state import Outcome
from rootwarden.alert.routes import Routes
from rootwarden.alert.secret import Secret, SecretSource
from rootwarden.alert.settings import PagerDutyChannel, WebhookChannel
from rootwarden.alert.store.database import Store
from rootwarden.alert.store.leasing import LEASE, Attempted
from rootwarden.alert.store.recording import record
from rootwarden.alert.store.tables import AcknowledgementRow, AlertRow, AttemptRow, DeliveryRow, FindingRow
from rootwarden.errors import AwsError, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.alert.receiver import Receiver
    from tests.alert.worlds import Hand

    from rootwarden.alert.parcel import Channel, Parcel

ONE_STAGE = Routes(stages=(("hook",),), notify=("hook",))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def around(_: object) -> Around:
    return Around()


def hook(receiver: Receiver, name: str = "hook") -> Webhook:
    return Webhook(WebhookChannel(name=name, address=receiver.address), bearer=None, signing_key=None)


def deliverer(store: Store, *channels: Channel, routes: Routes = ONE_STAGE, **other: Any) -> Deliverer:
    return Deliverer(store, {each.name: each for each in channels}, routes, around, chance=lambda: 0.5, **other)


class Scripted:
    """A channel that does what it is told, for what no receiver can do."""

    def __init__(self, do: Callable[[Parcel], Attempted], name: str = "hook") -> None:
        self.name = name
        self.sent: list[Parcel] = []
        self._do = do

    def send(self, parcel: Parcel) -> Attempted:
        self.sent.append(parcel)
        return self._do(parcel)


def taken(_: Parcel) -> Attempted:
    return Attempted(outcome=Outcome.SENT)


def states(store: Store) -> list[str]:
    return list(store.read(lambda session: session.scalars(select(DeliveryRow.state).order_by(DeliveryRow.id)).all()))


def test_from_the_record_to_the_receiver(store: Store, receiver: Receiver, hand: Hand) -> None:
    record(store, reading(visit(), visit("n", events=("n",), severity=NOTIFY), concern()))
    running = deliverer(store, hook(receiver))
    assert running.once() == Passed(planned=3, sent=1)
    assert running.once().idle
    hand.move(30 * MINUTE)
    assert running.once() == Passed(sent=1)
    paged, gathered = (each.json() for each in receiver.got)
    assert (paged["severity"], paged["findings"]) == ("page", ["visit-1"])
    assert (gathered["severity"], gathered["findings"]) == ("notify", ["n", "concern-1"])
    sent = store.read(lambda session: session.scalars(select(AlertRow.sent_at).order_by(AlertRow.id)).all())
    assert sent == [NOON, NOON + 30 * MINUTE, NOON + 30 * MINUTE]


def test_many_deliverers_send_each_page_once(database: str, receiver: Receiver) -> None:
    with Store(database) as store:
        record(store, reading(*(visit(f"v{number}", events=(f"e{number}",)) for number in range(40))))
    stores = [Store(database) for _ in range(4)]
    failed: list[BaseException] = []

    def work(store: Store) -> None:
        try:
            while not deliverer(store, hook(receiver)).once().idle:
                pass
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    assert failed == []
    assert Counter(Counter(receiver.keys()).values()) == {1: 40}
    assert states(stores[0]) == ["sent"] * 40
    for store in stores:
        store.close()


def test_a_channel_that_is_down_for_an_hour_loses_nothing_and_repeats_nothing(
    store: Store, receiver: Receiver, hand: Hand
) -> None:
    receiver.says = [Says(503)]
    running = deliverer(store, hook(receiver))
    for minute in range(60):
        if minute % 10 == 0:
            record(store, reading(visit(f"v{minute}", events=(f"e{minute}",))))
        passed = running.once()
        assert passed.dead == ()
        hand.move(MINUTE)
    assert set(states(store)) == {"pending"}
    receiver.got.clear()
    receiver.says = [Says(200)]
    for _ in range(6):
        running.once()
        hand.move(MINUTE)
    assert states(store) == ["sent"] * 6
    assert Counter(Counter(receiver.keys()).values()) == {1: 6}


def test_what_hangs_is_given_up_and_marked_when_it_came_through_after_all(store: Store, hand: Hand) -> None:
    go = threading.Event()

    def slow(_: Parcel) -> Attempted:
        go.wait(30)
        return Attempted(outcome=Outcome.SENT)

    channel = Scripted(slow)
    record(store, reading(visit()))
    running = deliverer(store, channel, seconds_to_send=0.1)
    assert running.once().failed == ("hook: no answer in 0.1 s",)
    go.set()
    until = time.monotonic() + 30
    while not running._unmarked and time.monotonic() < until:
        threading.Event().wait(0.01)
    hand.move(LEASE)
    assert running.once() == Passed(sent=1)
    assert (len(channel.sent), states(store)) == (1, ["sent"])


def test_what_was_sent_while_the_database_was_gone_is_marked_and_not_sent_again(tmp_path: Path, hand: Hand) -> None:
    path = tmp_path / "alerts.db"
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def take_the_database(_: Parcel) -> Attempted:
        holder.execute("BEGIN IMMEDIATE")
        return Attempted(outcome=Outcome.SENT)

    channel = Scripted(take_the_database)
    with Store(f"sqlite:///{path}", clock=hand, patience=0.1) as store:
        record(store, reading(visit()))
        running = deliverer(store, channel)
        with pytest.raises(StoreError):
            running.once()
        with pytest.raises(StoreError):
            running.once()
        holder.rollback()
        hand.move(2 * LEASE)
        running.once()
        assert (len(channel.sent), states(store)) == (1, ["sent"])
    holder.close()


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (AwsError("the region is away"), "hook: the region is away"),
        (ValueError("hunter2"), "hook: the channel broke: ValueError"),
    ],
)
def test_a_channel_that_breaks_is_tried_again(store: Store, hand: Hand, error: Exception, detail: str) -> None:
    def break_down(_: Parcel) -> Attempted:
        raise error

    record(store, reading(visit()))
    assert deliverer(store, Scripted(break_down)).once().failed == (detail,)
    hand.move(MINUTE)
    assert deliverer(store, Scripted(taken)).once().sent == 1


def test_one_channel_that_hangs_delays_no_other(store: Store) -> None:
    go = threading.Event()

    def hang(_: Parcel) -> Attempted:
        go.wait(30)
        return Attempted(outcome=Outcome.SENT)

    routes = Routes(stages=(("stuck", "hook"),))
    good, stuck = Scripted(taken), Scripted(hang, "stuck")
    record(store, reading(visit(), visit("v2", events=("e2",))))
    stop = threading.Event()
    running = deliverer(store, stuck, good, routes=routes)
    thread = threading.Thread(target=lambda: running.forever(stop, lambda _: None, pause=0.05))
    thread.start()
    until = time.monotonic() + 30
    while (len(good.sent) < 2 or not stuck.sent) and time.monotonic() < until:
        threading.Event().wait(0.01)
    assert (len(good.sent), len(stuck.sent)) == (2, 1)
    stop.set()
    go.set()
    thread.join(30)
    assert not thread.is_alive()


def pagerduty(receiver: Receiver) -> PagerDuty:
    settings = PagerDutyChannel(
        name="hook", routing_key=SecretSource(env="F"), address=receiver.address, api_address=receiver.address
    )
    return PagerDuty(settings, routing_key=Secret("fake-key"), api_token=Secret("fake-token"))


def test_who_takes_a_page_in_the_pager_stops_the_escalation(store: Store, receiver: Receiver, hand: Hand) -> None:
    incident = {
        "status": "acknowledged",
        "acknowledgements": [{"at": "2026-03-02T11:00:00Z", "acknowledger": {"summary": "Alice Fake"}}],
    }
    receiver.says = [Says(202, {}), Says(200, {"incidents": []}), Says(200, {"incidents": [incident]})]
    boss = Scripted(taken, "boss")
    running = deliverer(store, pagerduty(receiver), boss, routes=Routes(stages=(("hook",), ("boss",))))
    record(store, reading(visit()))
    running.once()
    assert running.once().answered == 0
    hand.move(MINUTE)
    assert running.once().answered == 1
    hand.move(60 * MINUTE)
    assert running.once().idle
    assert boss.sent == []
    (row,) = store.read(lambda session: session.scalars(select(AcknowledgementRow)).all())
    # The pager's clock was an hour behind: nobody takes a page before it was sent.
    assert (row.person, row.door, row.at) == ("Alice Fake", "hook", NOON)


def test_only_a_named_person_acknowledges(store: Store) -> None:
    record(store, reading(visit()))
    people = ("alice",)
    with pytest.raises(UsageError, match="may not"):
        acknowledge(store, "visit-1", person="mallory", people=people)
    assert store.read(lambda session: session.scalars(select(AlertRow.acknowledged_at)).all()) == [None]
    done = acknowledge(store, "visit-1", person="alice", people=people)
    assert (done.finding, done.alerts) == ("visit-1", 1)
    row = store.read(lambda session: session.scalars(select(AcknowledgementRow)).one())
    assert (row.person, row.door) == ("alice", COMMAND)


@pytest.mark.parametrize("stride", [9, pytest.param(1, marks=pytest.mark.soak)])
def test_killed_between_any_two_steps(database: str, receiver: Receiver, stride: int) -> None:
    with Store(database):
        pass
    done = subprocess.run(
        [sys.executable, "-m", "tests.alert.killed", database, receiver.address, str(stride)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."])},
    )
    assert done.returncode == 0, done.stderr
    steps, killed = map(int, done.stdout.split())
    assert steps > 30
    assert killed == len(range(1, steps + 1, stride))
    with Store(database) as store:
        rows = store.read(lambda session: session.scalars(select(AlertRow)).all())
        outcomes = store.read(lambda session: session.scalars(select(AttemptRow.outcome)).all())
        assert set(states(store)) == {"sent"}
    assert len({each.finding for each in rows}) == len(rows) == killed + 1
    assert all(each.sent_at is not None for each in rows)
    # One key a visit, so a receiver that knows keys pages once; who does not sees a repeat only of what nobody marked.
    keys = Counter(receiver.keys())
    assert len(keys) == killed + 1
    repeats = sum(keys.values()) - len(keys)
    assert 0 < repeats <= outcomes.count("undecided") < killed
    said = [each.json()["text"] for each in receiver.got]
    assert sum("may be a repeat" in each for each in said) >= repeats


def settings_file(folder: Path, receiver: Receiver, database: str) -> Path:
    path = folder / "alerts.toml"
    path.write_text(
        f"""
        database = "{database}"
        [[channel]]
        name = "hook"
        kind = "webhook"
        address = "{receiver.address}"
        [page]
        stages = [["hook"]]
        [[person]]
        name = "alice"
        """,
        encoding="utf-8",
    )
    return path


def test_the_service_delivers_until_it_is_told_to_stop(database: str, tmp_path: Path, receiver: Receiver) -> None:
    settings = settings_file(tmp_path, receiver, database)
    command = [sys.executable, "-c", "from rootwarden.cli.main import main; main()", "alert", "deliver"]
    service = subprocess.Popen(
        [*command, "--forever", "--pause", "0.05", "--settings", str(settings)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "src"},
    )
    assert service.stderr is not None
    assert service.stderr.readline().startswith("delivering from")
    with Store(database) as store:
        for number in range(5):
            record(store, reading(visit(f"v{number}", events=(f"e{number}",))))
        until = time.monotonic() + 60
        while len(receiver.got) < 5 and time.monotonic() < until:
            threading.Event().wait(0.02)
    service.send_signal(signal.SIGTERM)
    _, said = service.communicate(timeout=60)
    assert (service.returncode, len(receiver.got)) == (0, 5), said
    assert PAGE.value == receiver.got[0].json()["severity"]


def test_the_clock_of_a_shared_database_is_its_own(database: str) -> None:
    with Store(database) as store:
        before = store.read(store.now)
        after = store.write(store.now)
        assert timedelta(0) <= after - before < timedelta(minutes=1)
        assert store.read(lambda session: session.scalars(select(FindingRow)).all()) == []
