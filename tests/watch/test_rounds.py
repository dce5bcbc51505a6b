"""Messages worked off against moto's SQS and S3 over HTTP: what is kept, what is deleted, what is said."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.watch import records as made
from tests.watch.world import BUCKET, alerts, drain, findings, forwarded, kept_events, log_file, notification

from rootwarden.alert.store.heartbeats import heartbeats
from rootwarden.detect.visits.incident import Concern, Incident, Severity, Shape
from rootwarden.errors import AccessError
from rootwarden.watch import parking
from rootwarden.watch.figures import Count
from rootwarden.watch.parking import Kind
from rootwarden.watch.rounds import PARKED_AT, UNFINISHED_AT

if TYPE_CHECKING:
    from typing import BinaryIO

    from tests.watch.world import World

    from rootwarden.alert.store.database import Store
    from rootwarden.watch.assembly import Watcher

NOISE = [
    {"eventID": f"noise-{number}", "eventName": "GetObject", "userIdentity": {"type": "AssumedRole"}}
    for number in range(20)
]


def parked(store: Store) -> list[parking.Parked]:
    return store.read(parking.listed)


def codes(store: Store) -> set[str]:
    return {reason.code for each in findings(store) if isinstance(each, Concern) for reason in each.reasons}


def test_a_session_in_two_files_and_one_event_is_one_incident(world: World, store: Store) -> None:
    sign_in = made.sign_in()
    world.deliver(*NOISE, sign_in, made.call("ListUsers", 1))
    world.deliver(*NOISE)
    world.deliver(made.call("CreateAccessKey", 2), *NOISE)
    world.send(forwarded(sign_in, "AWS Console Signin via CloudTrail"))
    watcher = world.watcher(store)
    drain(watcher)
    (visit,) = findings(store)
    assert isinstance(visit, Incident)
    assert (visit.shape, visit.events, visit.severity) == (Shape.CONSOLE, 3, Severity.PAGE)
    assert alerts(store) == [(visit.id, "page")]
    assert len(kept_events(store)) == 3
    assert world.left() == 0
    assert watcher.figures.total(Count.OBJECTS) == 3
    assert watcher.figures.total(Count.DELETED) == 4


def test_messages_that_come_twice_and_files_that_were_read_are_read_once(world: World, store: Store) -> None:
    key = world.deliver(made.sign_in())
    etag = world.s3.head_object(Bucket=BUCKET, Key=key)["ETag"].strip('"')
    watcher = world.watcher(store)
    drain(watcher)
    world.send(notification(key, etag))
    world.send({"Type": "Notification", "Message": json.dumps(notification(key, etag))})
    drain(watcher)
    assert watcher.figures.total(Count.OBJECTS) == 1
    assert len(findings(store)) == len(alerts(store)) == 1


def test_a_file_that_was_written_anew_is_read_anew(world: World, store: Store) -> None:
    key = world.deliver(made.sign_in())
    drain(world.watcher(store))
    world.deliver(made.sign_in(300), key=key)
    drain(world.watcher(store))
    assert len(findings(store)) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET},
        notification("AWSLogs/000011112222/Config/us-east-1/2026/3/2/ConfigSnapshot/fake.json.gz"),
        notification("AWSLogs/000011112222/CloudTrail/"),
    ],
    ids=["test-event", "another-service", "folder"],
)
def test_what_is_no_news_is_deleted(body: dict[str, Any], world: World, store: Store) -> None:
    world.send(body)
    drain(world.watcher(store))
    assert world.left() == 0
    assert findings(store) == []
    assert parked(store) == []


def rounds_until_parked(watcher: Watcher, store: Store) -> int:
    for number in range(1, UNFINISHED_AT + 2):
        watcher.rounds.once(0)
        if parked(store):
            return number
    raise AssertionError("it was not parked")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is put off comes back at once."""
    monkeypatch.setattr("rootwarden.watch.rounds._WAITS", (0,))


def test_a_message_nobody_understands_is_parked_told_and_kept(world: World, store: Store) -> None:
    world.send("hello? \u0000 \ud83d\ude00")
    watcher = world.watcher(store)
    assert rounds_until_parked(watcher, store) == PARKED_AT
    (message,) = parked(store)
    assert (message.kind, message.due_at) == (Kind.STRANGE, None)
    assert message.body.startswith("hello?")
    assert world.left() == 0
    (concern,) = findings(store)
    assert (concern.severity, codes(store)) == (Severity.NOTIFY, {"message-not-understood"})


def test_one_bad_message_does_not_hold_up_the_others(world: World, store: Store) -> None:
    world.send("[]")
    world.deliver(made.sign_in())
    world.deliver(put=False)
    world.watcher(store).rounds.once(0)
    assert [type(each) for each in findings(store)] == [Incident]
    assert world.left() == 2


def test_a_file_that_is_missing_is_tried_then_parked_and_said_then_read_when_it_is_there(
    world: World, store: Store
) -> None:
    key = world.deliver(put=False)
    watcher = world.watcher(store)
    assert rounds_until_parked(watcher, store) == PARKED_AT
    (concern,) = findings(store)
    assert (concern.severity, concern.account, codes(store)) == (Severity.PAGE, made.MEMBER, {"log-file-missing"})
    assert world.left() == 0
    (message,) = parked(store)
    assert message.due_at == message.parked_at + parking.AGAIN_AFTER
    assert not watcher.rounds.again(message)
    world.s3.put_object(Bucket=BUCKET, Key=key, Body=log_file(made.sign_in()))
    assert watcher.rounds.again(message)
    assert Incident in [type(each) for each in findings(store)]


class Refusing:
    """A bucket that refuses, as S3 does without permission."""

    def get(self, name: str, into: BinaryIO) -> None:
        raise AccessError(f"`{name}` cannot be read: AccessDenied")


def test_a_refusal_is_told_at_once_and_once(world: World, store: Store) -> None:
    for _ in range(3):
        world.deliver(made.sign_in())
    watcher = world.watcher(store, bucket=lambda _: Refusing())
    watcher.rounds.once(0)
    (concern,) = findings(store)
    assert (concern.severity, codes(store)) == (Severity.PAGE, {"log-file-denied"})
    watcher.rounds.once(0)
    assert len(alerts(store)) == 1
    assert world.left() == 3


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_file_that_is_cut_gives_what_it_has_and_is_said(cut: int, world: World, store: Store) -> None:
    whole = log_file(made.sign_in(), *NOISE)
    world.deliver(content=whole[:-cut])
    drain(world.watcher(store))
    assert "log-file-unreadable" in codes(store)
    assert world.left() == 0


def test_a_message_that_was_never_worked_off_is_parked_unopened(world: World, store: Store) -> None:
    world.deliver(made.sign_in())
    for _ in range(UNFINISHED_AT):
        world.sqs.receive_message(QueueUrl=world.url)
    watcher = world.watcher(store)
    watcher.rounds.once(0)
    (message,) = parked(store)
    assert message.kind is Kind.UNFINISHED
    assert codes(store) == {"message-unfinished"}
    assert watcher.rounds.again(message)
    assert Incident in [type(each) for each in findings(store)]


def test_when_nothing_more_can_be_parked_messages_stay(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "MOST", 1)
    world.send("one")
    world.send("two")
    journal = io.StringIO()
    watcher = world.watcher(store, journal=journal)
    for _ in range(PARKED_AT + 1):
        watcher.rounds.once(0)
    assert len(parked(store)) + world.left() >= 2
    world.send("three")
    for _ in range(PARKED_AT):
        watcher.rounds.once(0)
    assert world.left() >= 1
    assert "no room to park more messages" in journal.getvalue()


def test_digests_and_canaries_are_signs_of_life_and_no_findings(world: World, store: Store) -> None:
    now = datetime.now(UTC)
    hour = f"{now - timedelta(hours=1):%Y%m%dT%H%M%S}Z"
    digest = (
        f"AWSLogs/o-fakefakefake/{made.MEMBER}/CloudTrail-Digest/eu-north-1/2026/03/02/"
        f"{made.MEMBER}_CloudTrail-Digest_eu-north-1_fake-trail_eu-west-1_{hour}.json.gz"
    )
    world.deliver(put=False, key=digest)
    issuer = {
        "type": "Role",
        "userName": "rootwarden-canary",
        "arn": f"arn:aws:iam::{made.MEMBER}:role/rootwarden-canary",
    }
    canary = made.call("PutParameter", 0, eventTime=now.strftime("%Y-%m-%dT%H:%M:%SZ"), awsRegion="sa-east-1")
    canary["userIdentity"] = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": issuer}}
    world.deliver(*NOISE, canary)
    drain(world.watcher(store))
    assert findings(store) == []
    assert kept_events(store) == []
    heard = {each.source: each.at for each in store.read(heartbeats)}
    assert heard[f"canary:{made.MEMBER}:sa-east-1"] == now.replace(microsecond=0)
    assert heard[f"digest:{made.MEMBER}:eu-north-1"] == (now - timedelta(hours=1)).replace(microsecond=0)


def test_a_record_from_the_future_keeps_no_silence_away(world: World, store: Store) -> None:
    issuer = {
        "type": "Role",
        "userName": "rootwarden-canary",
        "arn": f"arn:aws:iam::{made.MEMBER}:role/rootwarden-canary",
    }
    canary = made.call("PutParameter", 0, eventTime="2999-01-01T00:00:00Z")
    canary["userIdentity"] = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": issuer}}
    world.send(forwarded(canary))
    drain(world.watcher(store))
    assert max(each.at for each in store.read(heartbeats)) <= datetime.now(UTC)
