"""What only time, a second look or a second reading brings to light."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tests.watch import records as made
from tests.watch.records import MEMBER, START
from tests.watch.test_command import Receiver
from tests.watch.test_faults import wait_until
from tests.watch.world import alerts, drain, findings, forwarded, kept_events, log_file

from rootwarden.alert.secret import Secret
from rootwarden.alert.store.database import Store
from rootwarden.alert.store.heartbeats import beat
from rootwarden.alert.store.tables import EventRow
from rootwarden.detect.visits.checkout import Checkout
from rootwarden.detect.visits.incident import Concern, ConcernKind, Incident, Severity
from rootwarden.errors import InputError, UsageError
from rootwarden.watch.afterwards import LATE
from rootwarden.watch.checkouts import CheckoutFile
from rootwarden.watch.chores import CAUGHT_UP, check_silence, try_parked
from rootwarden.watch.dead_man import DeadMan
from rootwarden.watch.figures import Count, Figures
from rootwarden.watch.journal import Journal
from rootwarden.watch.rounds import Options
from rootwarden.watch.service import Manners, Schedule
from rootwarden.watch.silence import Patience, Sign, Source
from rootwarden.watch.suspects import SETTLED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.watch.world import World

    from rootwarden.watch.assembly import Watcher

MINUTE = timedelta(minutes=1)


class Hand:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def store(tmp_path: Path, hand: Hand) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'alerts.db'}", clock=hand) as opened:
        yield opened


def watcher(world: World, store: Store, hand: Hand, **how: Any) -> Watcher:
    return world.watcher(store, options=Options(readers=2, clock=hand), **how)


def by_user(name: str, source: str, minutes: float, **more: Any) -> dict[str, Any]:
    record = made.call(name, minutes, eventSource=source, readOnly=False, **more)
    arn = f"arn:aws:iam::{MEMBER}:user/fake-helper"
    record["userIdentity"] = {"type": "IAMUser", "userName": "fake-helper", "arn": arn, "accountId": MEMBER}
    return record


def attack() -> tuple[dict[str, Any], dict[str, Any]]:
    budget = {"accountId": MEMBER, "budgetName": "monthly"}
    machines = {"instanceType": "p5.48xlarge"}
    return (
        by_user("DeleteBudget", "budgets.amazonaws.com", 20, requestParameters=budget),
        by_user("RunInstances", "ec2.amazonaws.com", 30, requestParameters=machines),
    )


def create_user() -> dict[str, Any]:
    return made.call("CreateUser", 10, requestParameters={"userName": "fake-helper"})


def wallets(store: Store) -> list[Concern]:
    return [each for each in findings(store) if isinstance(each, Concern) and each.kind is ConcernKind.DENIAL_OF_WALLET]


def test_what_a_creature_of_root_did_is_read_again_when_its_making_comes_late(
    world: World, store: Store, hand: Hand
) -> None:
    watching = watcher(world, store, hand)
    world.deliver(*attack(), by_user("DescribeInstances", "ec2.amazonaws.com", 31))
    hand.at = START + 40 * MINUTE
    drain(watching)
    assert kept_events(store) == []
    assert not watching.rereading.once()
    world.deliver(create_user())
    drain(watching)
    assert wallets(store) == []
    assert watching.rereading.once()
    (concern,) = wallets(store)
    assert concern.severity is Severity.PAGE
    assert len(kept_events(store)) == 3
    assert watching.figures.total(Count.REREAD) == 2
    assert not watching.rereading.once()


def test_another_watcher_that_did_not_know_yet_is_read_after_once_more(
    world: World, store: Store, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = watcher(world, store, hand)
    hand.at = START + 40 * MINUTE
    world.deliver(create_user())
    drain(watching)
    assert watching.rereading.once()
    unaware = watcher(world, store, hand)
    monkeypatch.setattr(unaware.rounds, "_look", lambda _now: unaware.rounds._looking)
    hand.at += MINUTE
    world.deliver(*attack())
    drain(unaware)
    assert wallets(store) == []
    assert not watching.rereading.once()
    hand.at += SETTLED
    assert watching.rereading.once()
    assert len(wallets(store)) == 1
    assert not watching.rereading.once()


def test_a_known_creature_is_followed_at_the_first_reading(world: World, store: Store, hand: Hand) -> None:
    watching = watcher(world, store, hand)
    hand.at = START + 40 * MINUTE
    world.send(forwarded(create_user()))
    drain(watching)
    world.deliver(*attack())
    drain(watching)
    assert len(wallets(store)) == 1


def test_what_cannot_be_read_again_is_said(world: World, store: Store, hand: Hand) -> None:
    watching = watcher(world, store, hand)
    hand.at = START + 40 * MINUTE
    key = world.deliver(*attack())
    drain(watching)
    world.s3.delete_object(Bucket="fake-trail", Key=key)
    world.deliver(create_user())
    drain(watching)
    assert watching.rereading.once()
    codes = {reason.code for each in findings(store) if isinstance(each, Concern) for reason in each.reasons}
    assert "second-reading-incomplete" in codes


def test_a_session_nobody_saw_is_a_concern_when_due_and_says_so_when_it_comes(
    world: World, store: Store, hand: Hand
) -> None:
    watching = watcher(world, store, hand)
    key = "ASIAXXXXXXXXXXXXXXX5"
    world.deliver(made.assume_root(0, key))
    drain(watching)
    watching.due.once()
    assert findings(store) == []
    hand.at = START + 31 * MINUTE
    watching.due.once()
    (concern,) = findings(store)
    assert isinstance(concern, Concern)
    assert LATE not in {reason.code for reason in concern.reasons}
    hand.at = START + 50 * MINUTE
    world.deliver(made.assumed("ListMFADevices", 1, key))
    drain(watching)
    drain(watching)
    (concern,) = [each for each in findings(store) if isinstance(each, Concern)]
    assert LATE in {reason.code for reason in concern.reasons}
    assert len(alerts(store)) == 2
    (visit,) = [each for each in findings(store) if isinstance(each, Incident)]
    assert visit.caller


def test_a_later_copy_that_knows_more_takes_the_place_of_the_first(world: World, store: Store, hand: Hand) -> None:
    watching = watcher(world, store, hand)
    first = made.call("UpdateAccountEmailAddress", 1, errorCode="AccessDenied")
    world.deliver(first)
    drain(watching)
    addendum = {"reason": "UPDATED_DATA", "updatedTime": made.moment(9)}
    world.deliver({name: value for name, value in first.items() if name != "errorCode"} | {"addendum": addendum})
    drain(watching)
    world.deliver(first)
    drain(watching)
    (visit,) = findings(store)
    assert isinstance(visit, Incident)
    assert (visit.events, visit.writes) == (1, 1)
    (record,) = store.read(lambda session: session.scalars(select(EventRow.record)).all())
    assert b"UPDATED_DATA" in record
    assert b"AccessDenied" not in record


def checkout(minutes: float = 0) -> Checkout:
    return Checkout(
        lease="fake-lease",
        account=MEMBER,
        task="other",
        person="fake-person",
        start=START,
        until=START + 120 * MINUTE,
        released_at=START + minutes * MINUTE,
    )


def test_a_code_nobody_uses_is_a_concern_only_when_its_log_file_would_be_here(
    world: World, store: Store, hand: Hand
) -> None:
    watching = watcher(world, store, hand, checkouts=lambda: (checkout(),))
    hand.at = START + 12 * MINUTE
    world.deliver(made.assume_root(0, "ASIAXXXXXXXXXXXXXXX6"))
    drain(watching)
    watching.due.once()
    assert not [each for each in findings(store) if "code-not-used" in each.id]
    hand.at = START + 41 * MINUTE
    watching.due.once()
    assert len([each for each in findings(store) if "code-not-used" in each.id]) == 1


def test_a_code_that_was_used_in_a_late_log_file_is_no_concern(world: World, store: Store, hand: Hand) -> None:
    watching = watcher(world, store, hand, checkouts=lambda: (checkout(),))
    hand.at = START + 25 * MINUTE
    world.deliver(made.sign_in(5))
    drain(watching)
    hand.at = START + 41 * MINUTE
    watching.due.once()
    assert not [each for each in findings(store) if "code-not-used" in each.id]


def silent(store: Store, figures: Figures, *declared: Source, running_for: float = 0) -> int:
    return check_silence(
        store, figures, declared=declared, patience=Patience(), running_for=running_for, region="eu-west-1"
    )


def test_silence_is_told_once_and_not_before_the_queue_was_emptied(store: Store, hand: Hand) -> None:
    figures = Figures()
    source = Source(Sign.CANARY, MEMBER, "eu-west-1")
    assert silent(store, figures, source, running_for=CAUGHT_UP) == 0
    store.write(lambda session: beat(session, f"digest:{MEMBER}:us-east-1", at=START, expected=MINUTE))
    hand.at = START + timedelta(hours=30)
    assert silent(store, figures, source) == 0
    figures.happened("empty", 1.0)
    assert silent(store, figures, source) == 2
    assert silent(store, figures, source) == 2
    assert len(findings(store)) == len(alerts(store)) == 2
    store.write(lambda session: beat(session, f"digest:{MEMBER}:us-east-1", at=hand.at, expected=MINUTE))
    assert silent(store, figures) == 0


def test_a_parked_message_is_tried_by_the_hour(
    world: World, store: Store, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rootwarden.watch.rounds._WAITS", (0,))
    journal = Journal(io.StringIO())
    key = world.deliver(put=False)
    watching = watcher(world, store, hand)
    for _ in range(4):
        watching.rounds.once(0)
    assert try_parked(store, watching.rounds, journal) == 0
    world.s3.put_object(Bucket="fake-trail", Key=key, Body=log_file(made.sign_in()))
    hand.at += 59 * MINUTE
    assert try_parked(store, watching.rounds, journal) == 0
    hand.at += MINUTE
    assert try_parked(store, watching.rounds, journal) == 1
    assert len([each for each in findings(store) if isinstance(each, Incident)]) == 1
    hand.at += 90 * MINUTE
    assert try_parked(store, watching.rounds, journal) == 0


def test_the_dead_man_is_pinged_only_while_all_is_well(world: World, store: Store, hand: Hand) -> None:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    dead_man = DeadMan(Secret(f"{receiver.address}/fake-token"))
    stop, journal = threading.Event(), io.StringIO()
    manners = Manners(wait=0, schedule=Schedule(ping=0.05))
    watching = watcher(world, store, hand, dead_man=dead_man, manners=manners, journal=journal)
    assert watching.service.ready() != ""
    running = threading.Thread(target=watching.service.forever, args=(stop,))
    try:
        running.start()
        wait_until(lambda: receiver.pings)
        world.sqs.delete_queue(QueueUrl=world.url)
        wait_until(lambda: "NonExistentQueue" in watching.service.ready())
        before = receiver.pings
        wait_until(lambda: journal.getvalue().count("dead man not pinged") > 3)
        assert receiver.pings <= before + 1
    finally:
        stop.set()
        running.join(60)
        receiver.shutdown()
        receiver.server_close()
        thread.join()
    assert watching.service.alive() == ""
    assert "fake-token" not in journal.getvalue()


def test_a_chore_that_a_bug_ends_is_no_health(world: World, store: Store, hand: Hand) -> None:
    """Alerts that are due would not be sent, and the dead man would be pinged all the same."""
    service = watcher(world, store, hand).service
    service.chore(lambda: 1 // 0, "due")
    assert service.ready() == "the chore `due` fails: this looks like a bug: ZeroDivisionError"
    service.chore(lambda: None, "silence")
    assert "`due`" in service.ready()
    service.chore(lambda: None, "due")
    assert "due" not in service.ready()


def test_a_queue_that_stays_away_is_told(
    world: World, store: Store, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rootwarden.watch.service.UNREACHABLE_AFTER", 0.0)
    watching = watcher(world, store, hand)
    world.sqs.delete_queue(QueueUrl=world.url)
    stop = threading.Event()
    running = threading.Thread(target=watching.service.forever, args=(stop,))
    running.start()
    try:
        wait_until(lambda: findings(store))
    finally:
        stop.set()
        running.join(60)
    (concern,) = findings(store)
    assert [reason.code for reason in concern.reasons] == ["queue-unreachable"]


@pytest.mark.parametrize(
    "address",
    ["http://example.com/x", "https://user:word@example.com/", "ftp://127.0.0.1/x", "example.com", "https://"],
)
def test_a_dead_man_in_clear_is_refused_without_being_named(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        DeadMan(Secret(address))
    assert address not in str(caught.value)


def test_check_outs_are_read_again_when_they_change_and_kept_when_they_break(tmp_path: Path) -> None:
    path, log = tmp_path / "checkouts.jsonl", io.StringIO()
    line = (
        '{"lease": "one", "account": "000011112222", "task": "other", "person": "fake",'
        ' "from": "2026-03-02T08:00:00Z", "until": "2026-03-02T09:00:00Z"}\n'
    )
    path.write_text(line)
    known = CheckoutFile(path, None, Journal(log))
    assert [each.lease for each in known()] == ["one"]
    path.write_text(line + line.replace("one", "two") + "nonsense\n")
    assert [each.lease for each in known()] == ["one", "two"]
    assert "line 3" in log.getvalue()
    path.unlink()
    assert len(known()) == 2
    assert "check-outs not read" in log.getvalue()
    with pytest.raises(InputError):
        CheckoutFile(path, None, Journal(log))
