"""From alerts to deliveries: stages, digests, leases, retries, dead letters, acknowledgements; by hand-moved clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tests.alert.worlds import MINUTE, NOON, NOTIFY, PAGE, RECORD, ROUTES, concern, reading, visit

from rootwarden.alert.delivery.state import Outcome, State
from rootwarden.alert.store import acknowledging, heartbeats, leasing, planning
from rootwarden.alert.store.leasing import Attempted
from rootwarden.alert.store.recording import record
from rootwarden.alert.store.tables import AlertRow, AttemptRow, DeliveryRow, FindingRow
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.alert.worlds import Hand

    from rootwarden.alert.store.database import Store
    from rootwarden.alert.store.leasing import Lease

ALL = ("pager", "chat", "boss", "mail", "siem")
SENT = Attempted(outcome=Outcome.SENT, reference="fake-1")
FAILED = Attempted(outcome=Outcome.FAILED, detail="HTTP 500")


def step(store: Store) -> None:
    store.write(lambda session: planning.plan(session, ROUTES, store.now(session)))
    store.write(lambda session: planning.escalate(session, ROUTES, store.now(session)))


def leases(store: Store, who: str = "one", channels: Iterable[str] = ALL) -> list[Lease]:
    return store.write(lambda session: leasing.lease(session, channels, who, ROUTES, store.now(session)))


def finish(store: Store, lease: Lease, how: Attempted, chance: float = 1.0) -> State:
    return store.write(
        lambda session: leasing.finish(session, lease, how, ROUTES, now=store.now(session), chance=chance)
    )


def acknowledge(store: Store, name: str = "visit-1", person: str = "alice") -> int:
    return store.write(
        lambda session: acknowledging.acknowledge(
            session, acknowledging.find(session, name), person=person, door="command", now=store.now(session)
        )
    )


def deliveries(store: Store) -> list[tuple[str, str, int, str]]:
    rows = select(DeliveryRow).order_by(DeliveryRow.id)
    return store.read(
        lambda session: [(each.channel, each.kind, each.stage, each.state) for each in session.scalars(rows)]
    )


def alert(store: Store) -> AlertRow:
    return store.read(lambda session: session.scalars(select(AlertRow)).one())


def test_who_is_told_by_severity(store: Store) -> None:
    record(store, reading(visit("p", events=("p",)), visit("n", events=("n",), severity=NOTIFY)))
    record(store, reading(visit("r", events=("r",), severity=RECORD), concern(severity=NOTIFY)))
    step(store)
    step(store)
    assert deliveries(store) == [
        ("pager", "page", 0, "pending"),
        ("chat", "page", 0, "pending"),
        ("siem", "stream", 0, "pending"),
        ("mail", "digest", 0, "collecting"),
        ("siem", "stream", 0, "pending"),
        ("siem", "stream", 0, "pending"),
        ("siem", "stream", 0, "pending"),
    ]
    first = leases(store)
    assert [(each.channel, len(each.alerts)) for each in first] == [("pager", 1), ("chat", 1), *[("siem", 1)] * 4]
    assert leases(store, "two") == []


def test_a_digest_goes_out_once_at_the_end_of_its_window(store: Store, hand: Hand) -> None:
    for name in "abc":
        record(store, reading(visit(name, events=(name,), severity=NOTIFY)))
        step(store)
        hand.move(9 * MINUTE)
    assert leases(store, channels=("mail",)) == []
    hand.move(4 * MINUTE)
    (digest,) = leases(store, channels=("mail",))
    assert len(digest.alerts) == 3
    record(store, reading(visit("d", events=("d",), severity=NOTIFY)))
    step(store)
    assert finish(store, digest, SENT) is State.SENT
    hand.move(30 * MINUTE)
    (later,) = leases(store, channels=("mail",))
    assert (len(later.alerts), later.key == digest.key) == (1, False)


def test_a_page_climbs_until_somebody_answers(store: Store, hand: Hand) -> None:
    record(store, reading(visit()))
    step(store)
    for each in leases(store):
        finish(store, each, SENT)
    hand.move(9 * MINUTE)
    step(store)
    assert "boss" not in {channel for channel, *_ in deliveries(store)}
    hand.move(MINUTE)
    step(store)
    (boss,) = leases(store)
    assert (boss.channel, boss.stage) == ("boss", 1)
    hand.move(60 * MINUTE)
    step(store)
    assert len(deliveries(store)) == 4
    assert acknowledge(store) == 1
    assert acknowledge(store) == 0
    assert alert(store).acknowledged_at == NOON + 70 * MINUTE


def test_an_acknowledged_page_climbs_no_further(store: Store, hand: Hand) -> None:
    record(store, reading(visit()))
    step(store)
    pager, *_ = leases(store, channels=("pager",))
    finish(store, pager, SENT)
    acknowledge(store)
    hand.move(60 * MINUTE)
    step(store)
    assert deliveries(store) == [
        ("pager", "page", 0, "sent"),
        ("chat", "page", 0, "cancelled"),
        ("siem", "stream", 0, "pending"),
    ]


def test_a_rise_after_an_acknowledgement_asks_again_and_once(store: Store) -> None:
    record(store, reading(visit(severity=NOTIFY)))
    acknowledge(store)
    for _ in range(3):
        record(store, reading(visit(severity=PAGE)))
    step(store)
    assert [each.channel for each in leases(store, channels=("pager",))] == ["pager"]
    assert leases(store, "two", channels=("pager",)) == []
    assert acknowledge(store) == 1


def test_a_stage_every_channel_refused_is_over_at_once(store: Store) -> None:
    record(store, reading(visit()))
    step(store)
    for each in leases(store, channels=("pager", "chat")):
        assert finish(store, each, Attempted(outcome=Outcome.REFUSED, detail="HTTP 403")) is State.DEAD
    step(store)
    assert [each.channel for each in leases(store, channels=("boss",))] == ["boss"]


def test_a_stage_nobody_took_in_time_is_over_then(store: Store, hand: Hand) -> None:
    record(store, reading(visit()))
    step(store)
    for each in leases(store, channels=("pager", "chat")):
        finish(store, each, FAILED)
    hand.move(MINUTE)
    step(store)
    assert leases(store, channels=("boss",)) == []
    hand.move(MINUTE)
    step(store)
    assert [each.channel for each in leases(store, channels=("boss",))] == ["boss"]


def test_a_failure_is_put_off_and_tried_again_with_the_same_key(store: Store, hand: Hand) -> None:
    record(store, reading(visit()))
    step(store)
    (first,) = leases(store, channels=("pager",))
    assert finish(store, first, FAILED) is State.PENDING
    assert leases(store, channels=("pager",)) == []
    hand.move(timedelta(seconds=2))
    (second,) = leases(store, channels=("pager",))
    assert (second.key, second.attempt, second.maybe_repeat) == (first.key, 2, False)
    finish(store, second, Attempted(outcome=Outcome.FAILED, detail="HTTP 429", retry_after=60))
    hand.move(timedelta(seconds=59))
    assert leases(store, channels=("pager",)) == []
    hand.move(timedelta(seconds=1))
    assert len(leases(store, channels=("pager",))) == 1


def test_an_hour_of_failure_is_no_death_and_a_day_is(store: Store, hand: Hand) -> None:
    record(store, reading(visit()))
    step(store)
    states, attempts = set(), 0
    while hand.at < NOON + timedelta(hours=1):
        for each in leases(store, channels=("pager",)):
            states.add(finish(store, each, FAILED))
            attempts += 1
        hand.move(timedelta(seconds=10))
    assert states == {State.PENDING}
    assert 12 < attempts < 30
    hand.move(timedelta(hours=23))
    (last,) = leases(store, channels=("pager",))
    assert finish(store, last, FAILED) is State.DEAD
    assert alert(store).sent_at is None


def test_who_dies_while_sending_is_followed_by_another_with_the_same_key(store: Store, hand: Hand) -> None:
    record(store, reading(visit()))
    step(store)
    (lost,) = leases(store, "dead", channels=("pager",))
    hand.move(leasing.LEASE - timedelta(seconds=1))
    assert leases(store, channels=("pager",)) == []
    hand.move(timedelta(seconds=1))
    (found,) = leases(store, channels=("pager",))
    assert (found.key, found.attempt, found.maybe_repeat) == (lost.key, 2, True)
    assert finish(store, found, SENT) is State.SENT
    assert finish(store, lost, FAILED) is State.SENT
    outcomes = store.read(lambda session: session.scalars(select(AttemptRow.outcome).order_by(AttemptRow.number)).all())
    assert outcomes == ["failed", "sent"]


def test_a_late_success_counts_though_its_lease_lapsed(store: Store, hand: Hand) -> None:
    record(store, reading(visit()))
    step(store)
    (slow,) = leases(store, "slow", channels=("pager",))
    hand.move(leasing.LEASE)
    (fast,) = leases(store, "fast", channels=("pager",))
    assert finish(store, slow, SENT) is State.SENT
    assert finish(store, fast, FAILED) is State.SENT


@pytest.mark.parametrize("back", [timedelta(hours=3), timedelta(days=400)])
def test_a_clock_that_goes_back_delays_nothing(store: Store, hand: Hand, back: timedelta) -> None:
    record(store, reading(visit(), visit("n", events=("n",), severity=NOTIFY)))
    step(store)
    pager, chat = leases(store, channels=("pager", "chat"))
    finish(store, pager, FAILED)
    hand.move(-back)
    found = {each.channel: each for each in leases(store)}
    assert set(found) == {"pager", "chat", "mail", "siem"}
    assert found["chat"].key == chat.key
    for name in ("pager", "chat"):
        finish(store, found[name], SENT)
    step(store)
    hand.move(10 * MINUTE)
    step(store)
    assert [each.channel for each in leases(store, channels=("boss",))] == ["boss"]


def test_a_channel_that_is_down_does_not_hold_up_another(store: Store) -> None:
    many = [visit(f"v{number}", events=(f"e{number}",)) for number in range(60)]
    record(store, reading(*many))
    step(store)
    assert len(leases(store, channels=("pager",))) == leasing.A_CHANNEL_AT_ONCE
    assert {each.channel for each in leases(store, "two")} == {"pager", "chat", "siem"}


def test_finding_by_id_and_by_its_beginning(store: Store) -> None:
    record(store, reading(visit("visit-abcdef-1"), visit("visit-abcxyz-2", events=("e2",))))

    def found(name: str) -> str:
        return store.read(lambda session: acknowledging.find(session, name).id)

    assert found("visit-abcdef-1") == found("visit-abcd") == "visit-abcdef-1"
    refused: list[tuple[str, str]] = [("visit-abc", "several"), ("visit-%", "no finding"), ("v", "no finding")]
    for name, why in refused:
        with pytest.raises(UsageError, match=why):
            found(name)
    with pytest.raises(UsageError) as too_short:
        found("visit")
    assert too_short.value.hint.endswith("; the beginning of one has at least 6 characters")


def test_heartbeats(store: Store) -> None:
    def told(**other: Any) -> None:
        known: dict[str, Any] = {"at": NOON, "expected": 15 * MINUTE, "detail": "digest"}
        store.write(lambda session: heartbeats.beat(session, "trail:us-east-1", **(known | other)))

    told()
    told(at=NOON + MINUTE, detail="event")
    told(at=NOON, detail="late")
    (heard,) = store.read(heartbeats.heartbeats)
    assert (heard.at, heard.detail) == (NOON + MINUTE, "event")
    assert [heard.is_overdue(NOON + minutes * MINUTE) for minutes in (16, 17)] == [False, True]


def test_an_acknowledgement_belongs_to_the_finding_that_absorbed_another(store: Store, hand: Hand) -> None:
    record(store, reading(visit("visit-a", events=("e1",))))
    hand.move(MINUTE)
    record(store, reading(visit("visit-b", events=("e2",))))
    step(store)
    record(store, reading(visit("visit-a", events=("e1", "e2"))))
    assert acknowledge(store, "visit-b") == 1
    hand.move(60 * MINUTE)
    step(store)
    assert "boss" not in {channel for channel, *_ in deliveries(store)}
    assert [state for channel, _, _, state in deliveries(store) if channel == "pager"] == ["cancelled", "cancelled"]
    merged = store.read(lambda session: session.get_one(FindingRow, "visit-b").merged_into)
    assert merged == "visit-a"
