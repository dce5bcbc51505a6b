"""What arrives bit by bit is judged as if it had arrived at once, and is recorded once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from tests.watch import records as made
from tests.watch.records import START

from rootwarden import packs
from rootwarden.alert.reading import ReadObject
from rootwarden.alert.store.database import Store
from rootwarden.alert.store.documents import finding_of
from rootwarden.alert.store.tables import AlertRow, EventRow, FindingRow
from rootwarden.detect.visits.catalogue import Catalogue
from rootwarden.detect.visits.incident import Concern, Incident, Severity, Shape
from rootwarden.detect.visits.settings import ExpectedCaller, Settings
from rootwarden.watch.judging import Arrival, Judge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

CATALOGUE = Catalogue(packs.detections(), packs.root_tasks(), packs.task_policies())
LATER = START + timedelta(hours=2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path}/alerts.db", clock=lambda: LATER) as store:
        yield store


@pytest.fixture
def judge(store: Store) -> Judge:
    expected = ExpectedCaller(caller="*:assumed-role/audit/*", task_policies=("IAMAuditRootUserCredentials",))
    return Judge(store, CATALOGUE, settings=Settings(expected_callers=(expected,)))


def arrival(*records: dict[str, Any], objects: tuple[ReadObject, ...] = ()) -> Arrival:
    return Arrival(events=made.events(*records), objects=objects, seen_at=LATER)


def findings(store: Store) -> list[Incident | Concern]:
    kept = select(FindingRow).where(FindingRow.merged_into.is_(None)).order_by(FindingRow.started)
    return store.read(lambda session: [finding_of(row) for row in session.scalars(kept)])


def count(store: Store, table: Any) -> int:
    return store.read(lambda session: session.scalar(select(func.count()).select_from(table)) or 0)


def test_a_session_that_comes_in_pieces_is_one_incident_whose_severity_rises_once(store: Store, judge: Judge) -> None:
    judge.take(arrival(made.call("ListUsers", 3)))
    judge.take(arrival(made.sign_in()))
    judge.take(arrival(made.call("DeactivateMFADevice", 4), made.call("ListUsers", 5)))
    (visit,) = findings(store)
    assert isinstance(visit, Incident)
    assert (visit.shape, visit.events, visit.severity) == (Shape.CONSOLE, 4, Severity.PAGE)
    assert "root-mfa-changed" in {reason.code for reason in visit.reasons}
    assert count(store, AlertRow) == 1


def test_the_same_arrival_again_changes_nothing(store: Store, judge: Judge) -> None:
    came = arrival(made.sign_in(), made.call("CreateAccessKey", 2), objects=(ReadObject(name="s3://trail/one"),))
    judge.take(came)
    before = findings(store)
    again = judge.take(came)
    assert (again.recorded.opened, again.recorded.risen, again.recorded.alerts) == ((), (), 0)
    assert findings(store) == before
    assert count(store, EventRow) == 2
    one, two = ReadObject(name="s3://trail/one"), ReadObject(name="s3://trail/two")
    assert judge.known([one, two, ReadObject(name=one.name, version="changed")]) == {one}


def test_a_session_is_joined_to_the_call_whichever_comes_first(store: Store, judge: Judge) -> None:
    judge.take(arrival(made.assumed("ListMFADevices", 1, "ASIAXXXXXXXXXXXXXXX2", session=0)))
    (before,) = findings(store)
    assert isinstance(before, Incident)
    assert before.caller == ""
    judge.take(arrival(made.assume_root(0, "ASIAXXXXXXXXXXXXXXX2")))
    (after,) = findings(store)
    assert isinstance(after, Incident)
    assert after.caller.endswith("audit/nightly")
    assert after.shape is Shape.ASSUMED


def test_nothing_is_said_of_sessions_in_accounts_that_were_not_looked_at(tmp_path: Path) -> None:
    """What arrives of one account makes no concern of another's calls, whose sessions were not loaded."""
    other, clock = "000022223333", {"now": START + timedelta(minutes=10)}
    with Store(f"sqlite:///{tmp_path}/alerts.db", clock=lambda: clock["now"]) as store:
        judge = Judge(store, CATALOGUE, settings=Settings())
        _two_accounts(judge, other, clock)
        assert {each.account for each in findings(store)} == {other, made.MEMBER}
        assert not [each for each in findings(store) if isinstance(each, Concern)]


def _two_accounts(judge: Judge, other: str, clock: dict[str, datetime]) -> None:
    judge.take(arrival(made.assume_root(0, "ASIAXXXXXXXXXXXXXXX3", target=other)))
    judge.take(arrival(made.assumed("ListMFADevices", 1, "ASIAXXXXXXXXXXXXXXX3", account=other)))
    clock["now"] = START + timedelta(hours=3)
    judge.take(
        arrival(
            made.assume_root(5, "ASIAXXXXXXXXXXXXXXX4"),
            made.assumed("ListMFADevices", 6, "ASIAXXXXXXXXXXXXXXX4", session=5),
        )
    )


def test_a_call_whose_session_never_shows_up_becomes_a_concern_when_it_is_due(tmp_path: Path) -> None:
    clock = {"now": START + timedelta(minutes=1)}
    with Store(f"sqlite:///{tmp_path}/alerts.db", clock=lambda: clock["now"]) as store:
        judge = Judge(store, CATALOGUE, settings=Settings())
        judge.take(arrival(made.assume_root(0, "ASIAXXXXXXXXXXXXXXX2")))
        assert findings(store) == []
        clock["now"] = START + timedelta(hours=1)
        judge.again([made.MEMBER, made.MANAGEMENT], around=clock["now"])
        (concern,) = findings(store)
        assert isinstance(concern, Concern)


def test_a_sign_in_after_a_burst_that_was_taken_pages(store: Store, judge: Judge) -> None:
    failed: dict[str, Any] = {"responseElements": {"ConsoleLogin": "Failure"}, "errorMessage": "Failed authentication"}
    judge.take(arrival(*(made.sign_in(minutes, **failed) for minutes in (0, 1, 2))))
    assert count(store, AlertRow) == 1
    judge.take(arrival(made.sign_in(5)))
    assert count(store, AlertRow) == 2
    judge.take(arrival(made.call("ListUsers", 6, session=5)))
    assert count(store, AlertRow) == 2
