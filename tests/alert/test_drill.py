"""A drill that comes in as a reader would bring it: judged by detection, believed by its registration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select
from tests.alert.worlds import MINUTE, ROUTES

from rootwarden import packs
from rootwarden.alert.content.subject import Around
from rootwarden.alert.deliver import Deliverer
from rootwarden.alert.delivery.marks import FIELD
from rootwarden.alert.delivery.state import Outcome
from rootwarden.alert.drill import ADDRESS, register, visit_of, wait
from rootwarden.alert.reading import Path
from rootwarden.alert.store.leasing import Attempted
from rootwarden.alert.store.listing import times
from rootwarden.alert.store.tables import FindingRow
from rootwarden.detect.visits.catalogue import Catalogue
from rootwarden.detect.visits.event import read_event
from rootwarden.detect.visits.incident import Severity
from rootwarden.detect.visits.settings import Settings
from rootwarden.watch.judging import Arrival, Judge

if TYPE_CHECKING:
    from tests.alert.worlds import Hand

    from rootwarden.alert.drill import Drill
    from rootwarden.alert.parcel import Parcel
    from rootwarden.alert.store.database import Store

CATALOGUE = Catalogue(packs.detections(), packs.root_tasks(), packs.task_policies())


class Pager:
    """Takes everything, and keeps it."""

    name = "pager"

    def __init__(self) -> None:
        self.sent: list[Parcel] = []

    def send(self, parcel: Parcel) -> Attempted:
        self.sent.append(parcel)
        return Attempted(outcome=Outcome.SENT)


def take(store: Store, drill: Drill, hand: Hand, *, address: str = ADDRESS) -> None:
    """What the watcher does with a message from its queue."""
    record = drill.event.record.replace(ADDRESS.encode(), address.encode())
    arrival = Arrival(events=(read_event(json.loads(record)),), path=Path.EVENTBRIDGE, seen_at=hand())
    Judge(store, CATALOGUE, settings=Settings()).take(arrival)


def drills(store: Store) -> set[str | None]:
    return set(store.read(lambda session: session.scalars(select(FindingRow.drill)).all()))


def test_a_drill_through_a_queue_is_judged_believed_and_measured(store: Store, hand: Hand) -> None:
    drill = register(store, through="queue")
    hand.move(2 * MINUTE)
    take(store, drill, hand)
    take(store, drill, hand)
    assert drills(store) == {drill.id}
    pager = Pager()
    deliverer = Deliverer(store, {"pager": pager}, ROUTES, lambda _: Around())
    stands = wait(store, drill, deliverer.once, seconds=1)
    assert (stands.through, stands.outcome) == ("queue", "alerted after 120.000 s")
    assert stands.done_at == stands.sent_at == hand()
    (parcel,) = pager.sent
    assert parcel.message().title.startswith("DRILL, nothing happened: PAGE")
    assert store.read(times) == []


def test_a_drill_changed_on_its_way_is_real(store: Store, hand: Hand) -> None:
    drill = register(store, through="queue")
    take(store, drill, hand, address="198.51.100.7")
    assert drills(store) == {None}
    (row,) = store.read(lambda session: session.scalars(select(FindingRow)).all())
    assert row.severity == Severity.PAGE
    assert "drill-not-registered" in row.document


def test_the_visit_of_a_drill_is_the_one_detection_would_find(store: Store, hand: Hand) -> None:
    drill = register(store)
    visit = visit_of(drill)
    assert FIELD in drill.event.record.decode()
    take(store, drill, hand)
    (row,) = store.read(lambda session: session.scalars(select(FindingRow)).all())
    found = json.loads(row.document)
    assert (found["account"], found["severity"], found["verdict"]) == (visit.account, visit.severity, visit.verdict)
    assert found["mfa"] is visit.mfa is True
    assert found["event_ids"] == list(visit.event_ids)
    assert found["shape"] == visit.shape
