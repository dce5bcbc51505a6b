"""A drill: a synthetic sign-in of root, marked and registered, that goes the whole way and is measured.

It pages whoever would be paged. Its record names the drill's id in `additionalEventData`, uses an address of the
documentation range (RFC 5737), and is believed only because its id and digest were registered before: a mark by itself
is told as what it is, an attempt to hide (`delivery/marks.py`).
"""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.delivery.marks import FIELD, PREFIX, record_digest
from rootwarden.alert.delivery.state import State
from rootwarden.alert.reading import Path, Reading, RootEvent
from rootwarden.alert.store.listing import deliveries, drill_stands
from rootwarden.alert.store.recording import record
from rootwarden.alert.store.tables import DrillRow
from rootwarden.detect.visits.incident import Incident, Reason, Severity, Shape, Verdict
from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy.orm import Session

    from rootwarden.alert.deliver import Passed
    from rootwarden.alert.store.database import Store
    from rootwarden.alert.store.listing import DrillStands

ACCOUNT: Final = "000000000000"
ADDRESS: Final = "192.0.2.1"
AGENT: Final = "rootwarden drill"
SECONDS: Final = 60.0
_PAUSE: Final = 0.2
THROUGH_STORE: Final = "store"


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A registered drill.

    Attributes:
        id: Its name, in its record too.
        event: Its one event.
        through: Where it enters: `store` here; a queue is the watcher's to feed.
    """

    id: str
    event: RootEvent
    through: str


def register(store: Store, *, account: str = ACCOUNT, due: date | None = None, through: str = THROUGH_STORE) -> Drill:
    """Make a drill and write it down; from now on, and for an hour, its record is believed.

    Args:
        store: The database.
        account: The account it plays in.
        due: The day it was due; today if left out.
        through: Where it will enter.

    Raises:
        StoreError: When the database does not answer.
    """

    def work(session: Session) -> Drill:
        now = store.now(session)
        drill = _made(account, now, through)
        day = due or now.date()
        session.add(
            DrillRow(
                id=drill.id,
                account=account,
                kind="alert",
                through=through,
                event_id=drill.event.id,
                record_digest=record_digest(drill.event.record),
                due=datetime(day.year, day.month, day.day, tzinfo=UTC),
                registered_at=now,
                event_at=now,
                outcome="registered",
            )
        )
        return drill

    return store.write(work)


def enter(store: Store, drill: Drill) -> None:
    """Let the drill's event come in as a reader would, by way of `record`.

    Raises:
        StoreError: When the database does not answer.
    """
    visit = visit_of(drill)
    event = msgspec.structs.replace(drill.event, finding=visit.id)
    record(store, Reading(incidents=(visit,), events=(event,), path=Path.DRILL, region=event.region))


def visit_of(drill: Drill) -> Incident:
    """The visit the event is: a sign-in nobody explained, as the real one would be."""
    event = drill.event
    reason = Reason(
        code="no-check-out", words="no check-out covers this visit", severity=Severity.PAGE, event_ids=(event.id,)
    )
    return Incident(
        id=f"visit-of-{drill.id}",
        account=event.account,
        shape=Shape.SIGN_IN,
        started=event.instant,
        ended=event.instant,
        events=1,
        writes=0,
        mfa=True,
        addresses=(ADDRESS,),
        agents=(AGENT,),
        regions=(event.region,),
        verdict=Verdict.UNEXPLAINED,
        severity=Severity.PAGE,
        reasons=(reason,),
        event_ids=(event.id,),
    )


def wait(store: Store, drill: Drill, deliver: Callable[[], Passed], *, seconds: float = SECONDS) -> DrillStands:
    """Deliver until a channel has taken the drill's page, or the time is over, and write down how it went.

    Args:
        store: The database.
        drill: Which.
        deliver: One pass of a deliverer; another one, elsewhere, may be faster.
        seconds: How long it may take.

    Returns:
        How the drill stands. It counts as held (`done_at`) only if its page was taken.

    Raises:
        StoreError: When the database does not answer.
    """
    until = time.monotonic() + seconds
    while True:
        deliver()
        (stands,) = store.read(lambda session: drill_stands(session, drill.id))
        if stands.sent_at is not None or time.monotonic() >= until:
            return _concluded(store, stands, seconds)
        time.sleep(_PAUSE)


def _concluded(store: Store, stands: DrillStands, seconds: float) -> DrillStands:
    def work(session: Session) -> DrillStands:
        row = session.get_one(DrillRow, stands.id, with_for_update=True)
        if stands.sent_at is not None:
            took = (stands.sent_at - stands.event_at).total_seconds()
            row.done_at, row.outcome = stands.sent_at, f"alerted after {took:.3f} s"
        else:
            row.outcome = _failure(session, stands, seconds)
        session.flush()
        (concluded,) = drill_stands(session, stands.id)
        return concluded

    return store.write(work)


def _failure(session: Session, stands: DrillStands, seconds: float) -> str:
    if not stands.finding:
        return f"its event was not recorded within {seconds:g} s"
    errors = [
        f"{each.channel}: {each.error}"
        for each in deliveries(session, finding=stands.finding)
        if each.error or each.state == State.DEAD.value
    ]
    return f"no channel took it within {seconds:g} s" + (f" ({'; '.join(errors)})" if errors else "")


def _made(account: str, now: datetime, through: str) -> Drill:
    name = f"{PREFIX}{secrets.token_hex(8)}"
    event_id = str(uuid.uuid4())
    document = {
        "eventVersion": "1.11",
        "eventID": event_id,
        "eventTime": format_instant(now),
        "eventType": "AwsConsoleSignIn",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "eventCategory": "Management",
        "awsRegion": "us-east-1",
        "sourceIPAddress": ADDRESS,
        "userAgent": AGENT,
        "readOnly": False,
        "recipientAccountId": account,
        "userIdentity": {
            "type": "Root",
            "principalId": account,
            "accountId": account,
            "arn": f"arn:aws:iam::{account}:root",
        },
        "additionalEventData": {FIELD: name, "MFAUsed": "Yes", "LoginTo": "a drill of Rootwarden"},
        "responseElements": {"ConsoleLogin": "Success"},
    }
    event = RootEvent(
        id=event_id,
        account=account,
        instant=now,
        region="us-east-1",
        name="ConsoleLogin",
        record=msgspec.json.encode(document),
    )
    return Drill(id=name, event=event, through=through)
