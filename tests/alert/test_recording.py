"""Recording: findings grow, severity only rises, one alert a step, whatever is repeated, late or at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update
from tests.alert.worlds import ACCOUNT, MINUTE, NOON, NOTIFY, PAGE, RECORD, concern, event, reading, visit

from rootwarden.alert.acknowledge import acknowledge
from rootwarden.alert.delivery.marks import FIELD, record_digest
from rootwarden.alert.reading import Path, ReadObject
from rootwarden.alert.store.database import Store
from rootwarden.alert.store.documents import finding_of
from rootwarden.alert.store.recording import FALSE_DRILL, record, was_read
from rootwarden.alert.store.tables import (
    AlertRow,
    DrillRow,
    EventRow,
    FindingRow,
    SightingRow,
)
from rootwarden.detect.visits.incident import Incident, Reason, Shape, Verdict

if TYPE_CHECKING:
    from tests.alert.worlds import Hand

    from rootwarden.alert.reading import Finding, RootEvent
    from rootwarden.alert.store.tables import (
        Base,
    )


def findings(store: Store) -> dict[str, Finding]:
    living = select(FindingRow).where(FindingRow.merged_into.is_(None))
    return store.read(lambda session: {row.id: finding_of(row) for row in session.scalars(living)})


def alerts(store: Store) -> list[tuple[str, str, str]]:
    rows = select(AlertRow).order_by(AlertRow.id)
    return store.read(lambda session: [(row.finding, row.severity, row.cause) for row in session.scalars(rows)])


def count(store: Store, table: type[Base]) -> int:
    return store.read(lambda session: session.scalar(select(func.count()).select_from(table)) or 0)


def test_a_reading_twice_is_a_reading_once(store: Store) -> None:
    whole = reading(
        visit(), concern(), events=(event("e1", finding="visit-1"),), objects=(ReadObject(name="s3://fake/a"),)
    )
    first, second = record(store, whole), record(store, whole)
    assert (first.opened, first.alerts) == (("visit-1", "concern-1"), 2)
    assert (second.opened, second.risen, second.alerts) == ((), (), 0)
    assert alerts(store) == [("visit-1", "page", "opened"), ("concern-1", "notify", "opened")]
    assert findings(store) == {"visit-1": visit(), "concern-1": concern()}
    assert count(store, EventRow) == 1
    assert store.read(lambda session: session.scalars(select(FindingRow.revision)).all()) == [1, 1]
    assert store.read(lambda session: (was_read(session, "s3://fake/a"), was_read(session, "s3://fake/b"))) == (
        True,
        False,
    )


def test_later_events_append_and_severity_only_rises(store: Store) -> None:
    record(store, reading(visit(severity=NOTIFY, addresses=("198.51.100.7",), actions={"iam:CreateUser": 1})))
    risen = record(
        store,
        reading(
            visit(events=("e1", "e2"), severity=PAGE, addresses=("203.0.113.9",), ended=NOON, actions={"iam:A": 2})
        ),
    )
    calm = record(store, reading(visit(events=("e1", "e2"), severity=RECORD, verdict=Verdict.EXPECTED)))
    assert (risen.risen, risen.alerts) == (("visit-1",), 1)
    assert (calm.risen, calm.alerts) == ((), 0)
    kept = findings(store)["visit-1"]
    assert isinstance(kept, Incident)
    assert (kept.severity, kept.verdict, kept.events, kept.event_ids) == (PAGE, "expected", 2, ("e1", "e2"))
    assert kept.addresses == ("198.51.100.7", "203.0.113.9")
    assert (kept.ended, kept.actions) == (NOON, {"iam:A": 2, "iam:CreateUser": 1})
    assert alerts(store) == [("visit-1", "notify", "opened"), ("visit-1", "page", "risen")]


def test_a_visit_whose_first_event_arrives_late_keeps_its_id(store: Store) -> None:
    record(store, reading(visit("visit-late", events=("e2", "e3"))))
    record(store, reading(visit("visit-early", events=("e1", "e2", "e3"), started=NOON - 60 * MINUTE)))
    again = record(store, reading(visit("visit-early", events=("e0",))))
    kept = findings(store)
    assert list(kept) == ["visit-late"]
    assert kept["visit-late"].event_ids == ("e0", "e1", "e2", "e3")
    assert kept["visit-late"].started == NOON - 60 * MINUTE
    assert again.opened == ()
    assert alerts(store) == [("visit-late", "page", "opened")]


def test_an_event_beyond_the_named_hundred_still_leads_to_its_visit(store: Store) -> None:
    kept = tuple(event(f"k{number}", finding="visit-1") for number in range(300))
    record(store, reading(visit(events=("k0",)), events=kept))
    assert record(store, reading(visit("visit-2", events=("k299",)))).opened == ()


def test_an_event_between_two_visits_makes_them_one_and_pages_no_more(store: Store, hand: Hand) -> None:
    record(store, reading(visit("visit-a", events=("e1",), severity=NOTIFY)))
    hand.move(MINUTE)
    record(store, reading(visit("visit-b", events=("e9",), severity=PAGE)))
    joined = record(store, reading(visit("visit-a", events=("e1", "e5", "e9"), severity=PAGE)))
    assert (joined.opened, joined.risen, joined.alerts) == ((), (), 0)
    kept = findings(store)
    assert list(kept) == ["visit-a"]
    assert kept["visit-a"].severity == PAGE
    assert alerts(store) == [("visit-a", "notify", "opened"), ("visit-a", "page", "opened")]
    assert record(store, reading(visit("visit-b", events=("e9",)))).opened == ()


def test_a_visit_that_turns_out_to_be_two_is_two_and_the_first_keeps_what_was_told(store: Store) -> None:
    record(store, reading(visit("both", events=("e1", "e2", "e3"))))
    apart = reading(
        visit("one", events=("e1",), started=NOON - 5 * MINUTE),
        visit("two", events=("e2", "e3"), severity=NOTIFY, started=NOON - 3 * MINUTE),
    )
    assert record(store, apart).opened == ("two",)
    found = findings(store)
    assert {name: (each.event_ids, each.severity) for name, each in found.items()} == {
        "both": (("e1",), PAGE),
        "two": (("e2", "e3"), NOTIFY),
    }
    again = record(store, apart)
    assert (again.opened, again.risen, again.alerts) == ((), (), 0)
    assert findings(store) == found
    # Either alone leads to its own from now on.
    record(store, reading(visit("two", events=("e2", "e3", "e4"), severity=NOTIFY)))
    record(store, reading(visit("one", events=("e0", "e1"))))
    assert {name: len(each.event_ids) for name, each in findings(store).items()} == {"both": 2, "two": 3}


def test_of_two_the_one_with_the_id_keeps_it(store: Store) -> None:
    record(store, reading(visit("kept", events=("e1", "e2"))))
    record(store, reading(visit("new", events=("e1",)), visit("kept", events=("e2",))))
    assert {name: each.event_ids for name, each in findings(store).items()} == {"kept": ("e2",), "new": ("e1",)}


def test_concerns_that_share_an_event_stay_apart(store: Store) -> None:
    record(store, reading(concern("c1", event_ids=("e1",)), concern("c2", event_ids=("e1",)), visit(events=("e1",))))
    assert set(findings(store)) == {"c1", "c2", "visit-1"}


def test_each_path_is_remembered_with_its_first_time(store: Store, hand: Hand) -> None:
    for path in (Path.EVENTBRIDGE, Path.S3, Path.EVENTBRIDGE):
        record(store, reading(visit(), path=path))
        hand.move(MINUTE)
    seen = store.read(lambda session: session.scalars(select(SightingRow).order_by(SightingRow.seen_at)).all())
    assert [(each.path, each.seen_at) for each in seen] == [("eventbridge", NOON), ("s3", NOON + MINUTE)]


@pytest.mark.parametrize(
    "text", ["nul \x00", "lone \udc80", "\U0001f600" * 400, "'; DROP TABLE findings; --", "a" * 5000], ids=repr
)
def test_hostile_text_is_kept(store: Store, text: str) -> None:
    hostile = visit(f"id {text}", events=(text,), device=text, agents=(text,), actions={text: 1})
    record(store, reading(hostile, concern(actor=text), events=(event("e", record={"userAgent": "x"}),)))
    again = record(store, reading(hostile, objects=(ReadObject(name=text, version=text),)))
    assert again.opened == ()
    assert count(store, FindingRow) == 2
    assert store.read(lambda session: was_read(session, text, text))


def test_many_at_once_record_one_incident(database: str) -> None:
    opened: list[str] = []
    failed: list[BaseException] = []
    gate = threading.Barrier(6)

    def work(number: int) -> None:
        try:
            with Store(database) as store:
                gate.wait(30)
                for step in range(5):
                    found = record(store, reading(visit(events=("e1", f"e-{number}-{step}"))))
                    opened.extend(found.opened)
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    with Store(database) as store:
        assert (failed, opened, list(findings(store))) == ([], ["visit-1"], ["visit-1"])
        assert len(findings(store)["visit-1"].event_ids) == 31
        assert alerts(store) == [("visit-1", "page", "opened")]


def drill_event(**other: Any) -> RootEvent:
    return event("drill-event", finding="visit-1", record={"additionalEventData": {FIELD: "drill-1"}, **other})


def register(store: Store, of: RootEvent, **other: Any) -> None:
    known: dict[str, Any] = {
        "id": "drill-1",
        "account": of.account,
        "kind": "alert",
        "through": "store",
        "event_id": of.id,
        "record_digest": record_digest(of.record),
        "due": NOON,
        "registered_at": NOON,
        "event_at": NOON,
        "outcome": "",
    }
    store.write(lambda session: session.add(DrillRow(**(known | other))))


def drill_of(store: Store) -> dict[str, str | None]:
    return store.read(lambda session: {row.id: row.drill for row in session.scalars(select(FindingRow))})


def reasons(store: Store, name: str = "visit-1") -> set[str]:
    return {each.code for each in findings(store)[name].reasons}


def test_a_registered_drill_is_believed(store: Store) -> None:
    register(store, drill_event())
    record(store, reading(visit(events=("drill-event",)), events=(drill_event(),)))
    assert drill_of(store) == {"visit-1": "drill-1"}
    assert reasons(store) == {"no-check-out"}


@pytest.mark.parametrize(
    ("registered", "came"),
    [
        (None, drill_event()),
        (drill_event(), drill_event(sourceIPAddress="198.51.100.7")),
        (drill_event(), event("other", finding="visit-1", record={"additionalEventData": {FIELD: "drill-1"}})),
    ],
    ids=["not registered", "another record", "another event"],
)
def test_a_mark_alone_hides_nothing(store: Store, registered: RootEvent | None, came: RootEvent) -> None:
    if registered is not None:
        register(store, registered)
    record(store, reading(visit(events=(came.id,), severity=NOTIFY), events=(came,)))
    assert drill_of(store) == {"visit-1": None}
    assert reasons(store) == {"no-check-out", FALSE_DRILL}
    assert alerts(store) == [("visit-1", "page", "opened")]


@pytest.mark.parametrize(
    "late", [timedelta(hours=2), timedelta(hours=-1)], ids=["too late", "before it was registered"]
)
def test_a_drill_is_believed_in_its_time_only(store: Store, hand: Hand, late: timedelta) -> None:
    register(store, drill_event())
    hand.move(late)
    record(store, reading(visit(events=("drill-event",)), events=(drill_event(),)))
    assert drill_of(store) == {"visit-1": None}


def test_a_drill_that_is_judged_again_stays_a_drill(store: Store, hand: Hand) -> None:
    register(store, drill_event())
    record(store, reading(visit(events=("drill-event",)), events=(drill_event(),)))
    hand.move(timedelta(days=3))
    assert record(store, reading(visit(events=("drill-event",)))).opened == ()
    assert record(store, reading(visit(events=("drill-event",)), events=(drill_event(),))).opened == ()
    assert drill_of(store) == {"visit-1": "drill-1"}
    forged = drill_event(sourceIPAddress="198.51.100.7")
    assert record(store, reading(visit(events=("drill-event",)), events=(forged,))).opened == ("visit-1-beside",)


def test_what_hides_in_the_session_of_a_drill_is_told_beside_it(store: Store) -> None:
    register(store, drill_event())
    record(store, reading(visit(events=("drill-event",)), events=(drill_event(),)))
    mixed = visit(events=("drill-event", "real"))
    found = record(store, reading(mixed, events=(drill_event(), event("real", finding="visit-1"))))
    assert (found.opened, found.alerts) == (("visit-1-beside",), 1)
    assert drill_of(store) == {"visit-1": "drill-1", "visit-1-beside": None}
    again = record(store, reading(visit(events=("real", "more"))))
    assert again.opened == ()
    assert findings(store)["visit-1-beside"].account == ACCOUNT


def door(*events: str, **other: Any) -> Incident:
    """A burst of failed sign-ins that paged: nobody was in."""
    reason = Reason(code="sign-in-burst", words="somebody is trying", severity=PAGE, event_ids=events)
    return visit("door-1", events=events, shape=Shape.SIGN_IN, reasons=(reason,), writes=0, **{"used": False, **other})


def test_who_gets_in_after_a_burst_that_paged_pages_again_and_once(store: Store) -> None:
    record(store, reading(door("f1", "f2", "f3")))
    store.write(lambda session: session.execute(update(AlertRow).values(acknowledged_at=NOON)))
    inside = reading(visit("session-1", events=("f2", "f3", "in")))
    assert record(store, inside).alerts == 1
    assert [
        record(store, again).alerts for again in (inside, reading(door("f1")), reading(door("f1", "f2", "f3")))
    ] == [
        0,
        0,
        0,
    ]
    assert alerts(store) == [("door-1", "page", "opened"), ("session-1", "page", "opened")]
    waiting = select(AlertRow.finding).where(AlertRow.acknowledged_at.is_(None))
    assert store.read(lambda session: session.scalars(waiting).all()) == ["session-1"]


def test_a_visit_at_the_door_itself_pages_again_when_somebody_gets_in(store: Store) -> None:
    record(store, reading(door("f1", "f2", "f3")))
    inside = door("f1", "f2", "f3", "changed", used=True)
    assert [record(store, reading(inside)).alerts for _ in range(3)] == [1, 0, 0]
    assert record(store, reading(door("f1", "f2", "f3", "f4"))).alerts == 0
    assert set(findings(store)) == {"door-1", "door-1-beside"}
    assert [name for name, *_ in alerts(store)] == ["door-1", "door-1-beside"]


def test_acknowledging_a_finding_by_its_own_id_leaves_the_one_beside_it(store: Store) -> None:
    record(store, reading(door("f1", "f2", "f3")))
    record(store, reading(door("f1", "f2", "f3", "changed", used=True)))
    acknowledge(store, "door-1", person="ada", people=("ada",))
    waiting = select(AlertRow.finding).where(AlertRow.acknowledged_at.is_(None))
    assert store.read(lambda session: session.scalars(waiting).all()) == ["door-1-beside"]


def test_one_or_two_slips_before_a_sign_in_are_one_visit_that_rises(store: Store) -> None:
    record(store, reading(slip("f1")))
    assert record(store, reading(visit("session-1", events=("f1", "in")))).risen == ("door-1",)


def slip(*events: str) -> Incident:
    reason = Reason(code="failed-sign-in", words="one failed", severity=NOTIFY, event_ids=events)
    return visit("door-1", events=events, shape=Shape.SIGN_IN, reasons=(reason,), severity=NOTIFY, used=False)
