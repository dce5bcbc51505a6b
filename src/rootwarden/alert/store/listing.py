"""What there is: findings with their alerts, dead letters, times; for people, files and key figures."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import func, select

from rootwarden.alert.delivery.latency import Times
from rootwarden.alert.delivery.state import State
from rootwarden.alert.store.documents import VISIT, finding_of
from rootwarden.alert.store.tables import (
    AcknowledgementRow,
    AlertRow,
    DeliveredAlertRow,
    DeliveryRow,
    DrillRow,
    FindingRow,
)
from rootwarden.detect.visits.incident import Concern, Incident, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

MOST: Final = 1000


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with how it stands.

    Attributes:
        finding: The incident or concern.
        kind: `visit`, or the concern's.
        drill: The drill it is; empty when it is real.
        seen_at: When it was first recorded.
        updated_at: When it last changed.
        alerted_at: When the first channel for people took an alert of it; `None` while none did.
        acknowledged_at: When somebody took all there is of it; `None` while an alert is open.
        acknowledged_by: Who took it last.
    """

    finding: Incident | Concern
    kind: str
    drill: str
    seen_at: datetime
    updated_at: datetime
    alerted_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str

    @property
    def waits(self) -> bool:
        """Whether a page of it waits for somebody."""
        return self.finding.severity is Severity.PAGE and self.acknowledged_at is None


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as people see it.

    Attributes:
        id: Its number.
        channel: Where to.
        kind: `page`, `digest` or `stream`.
        stage: Of the escalation.
        state: As `delivery/state.py` has them.
        attempts: How many there were.
        due_at: When it is tried next, while it is pending.
        sent_at: When it was taken.
        reference: What the receiver calls it.
        error: What went wrong last.
        findings: Ids of the findings it tells of.
    """

    id: int
    channel: str
    kind: str
    stage: int
    state: str
    attempts: int
    due_at: datetime
    sent_at: datetime | None
    reference: str
    error: str
    findings: tuple[str, ...]


class DrillStands(msgspec.Struct, frozen=True, kw_only=True):
    """A drill and its instants; `None` for what has not happened.

    Attributes:
        id, account, kind, through, due, outcome: As registered and concluded.
        event_at: The time of its event.
        seen_at, sent_at, acknowledged_at: Of its alert.
        done_at: When it was concluded as held.
        finding: Id of the finding it became; empty while none.
    """

    id: str
    account: str
    kind: str
    through: str
    due: datetime
    outcome: str
    event_at: datetime
    seen_at: datetime | None
    sent_at: datetime | None
    acknowledged_at: datetime | None
    done_at: datetime | None
    finding: str


def findings(session: Session, *, most: int | None = MOST, waiting: bool = False) -> list[Listed]:
    """Findings, the newest first.

    Args:
        session: Of the transaction.
        most: At most so many; `None` for all.
        waiting: Only those with a page nobody took.
    """
    rows = select(FindingRow).where(FindingRow.merged_into.is_(None)).order_by(FindingRow.seen_at.desc(), FindingRow.id)
    if waiting:
        open_ = select(AlertRow.finding).where(
            AlertRow.severity == Severity.PAGE.value, AlertRow.acknowledged_at.is_(None)
        )
        rows = rows.where(FindingRow.id.in_(open_))
    if most is not None:
        rows = rows.limit(most)
    return [listed(session, row) for row in session.scalars(rows).all()]


def listed(session: Session, row: FindingRow) -> Listed:
    """How one finding stands."""
    sent, taken, open_ = session.execute(
        select(
            func.min(AlertRow.sent_at),
            func.max(AlertRow.acknowledged_at),
            func.count(AlertRow.id) - func.count(AlertRow.acknowledged_at),
        ).where(AlertRow.finding == row.id)
    ).one()
    by = session.scalars(
        select(AcknowledgementRow.person)
        .where(AcknowledgementRow.finding == row.id)
        .order_by(AcknowledgementRow.at.desc(), AcknowledgementRow.id.desc())
        .limit(1)
    ).first()
    return Listed(
        finding=finding_of(row),
        kind=row.kind,
        drill=row.drill or "",
        seen_at=row.seen_at,
        updated_at=row.updated_at,
        alerted_at=sent,
        acknowledged_at=None if open_ else taken,
        acknowledged_by=by or "",
    )


def deliveries(session: Session, *, finding: str = "", state: State | None = None) -> list[Delivered]:
    """Deliveries, in the order they were made: of one finding, or in one state."""
    rows = select(DeliveryRow).order_by(DeliveryRow.id).limit(MOST)
    if state is not None:
        rows = rows.where(DeliveryRow.state == state.value)
    if finding:
        theirs = select(DeliveredAlertRow.delivery).join(AlertRow, AlertRow.id == DeliveredAlertRow.alert)
        rows = rows.where(DeliveryRow.id.in_(theirs.where(AlertRow.finding == finding)))
    return [_delivered(session, row) for row in session.scalars(rows).all()]


def _delivered(session: Session, row: DeliveryRow) -> Delivered:
    told = (
        select(AlertRow.finding)
        .join(DeliveredAlertRow, DeliveredAlertRow.alert == AlertRow.id)
        .where(DeliveredAlertRow.delivery == row.id)
        .order_by(AlertRow.id)
    )
    return Delivered(
        id=row.id,
        channel=row.channel,
        kind=row.kind,
        stage=row.stage,
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        sent_at=row.sent_at,
        reference=row.reference,
        error=row.error,
        findings=tuple(session.scalars(told)),
    )


def retry(session: Session, numbers: Iterable[int] | None, now: datetime) -> int:
    """Give dead letters another life, from now on; all of them without numbers. How many there were."""
    rows = select(DeliveryRow).where(DeliveryRow.state == State.DEAD.value).with_for_update()
    if numbers is not None:
        rows = rows.where(DeliveryRow.id.in_(list(numbers)))
    dead = session.scalars(rows).all()
    for row in dead:
        row.state, row.due_at, row.failing_since = State.PENDING.value, now, None
    return len(dead)


def times(session: Session, *, since: datetime | None = None) -> list[Times]:
    """The instants of every alert that was for people and is no drill."""
    rows = (
        select(AlertRow)
        .join(FindingRow, FindingRow.id == AlertRow.finding)
        .where(AlertRow.severity != Severity.RECORD.value, FindingRow.drill.is_(None), FindingRow.merged_into.is_(None))
        .order_by(AlertRow.id)
    )
    if since is not None:
        rows = rows.where(AlertRow.seen_at >= since)
    return [
        Times(
            path=row.path,
            region=row.region,
            event_at=row.event_at,
            seen_at=row.seen_at,
            sent_at=row.sent_at,
            acknowledged_at=row.acknowledged_at,
        )
        for row in session.scalars(rows)
    ]


def visits(session: Session) -> Iterator[Listed]:
    """Every visit that is no drill, by its beginning."""
    rows = (
        select(FindingRow)
        .where(FindingRow.kind == VISIT, FindingRow.merged_into.is_(None), FindingRow.drill.is_(None))
        .order_by(FindingRow.started, FindingRow.id)
    )
    return (listed(session, row) for row in session.scalars(rows).all())


def drill_stands(session: Session, drill: str = "") -> list[DrillStands]:
    """Drills, in the order they were registered; one, or all."""
    rows = select(DrillRow).order_by(DrillRow.registered_at, DrillRow.id)
    if drill:
        rows = rows.where(DrillRow.id == drill)
    return [_drill(session, row) for row in session.scalars(rows).all()]


def _drill(session: Session, row: DrillRow) -> DrillStands:
    alert = session.scalars(
        select(AlertRow)
        .join(FindingRow, FindingRow.id == AlertRow.finding)
        .where(FindingRow.drill == row.id)
        .order_by(AlertRow.id)
        .limit(1)
    ).first()
    return DrillStands(
        id=row.id,
        account=row.account,
        kind=row.kind,
        through=row.through,
        due=row.due,
        outcome=row.outcome,
        event_at=row.event_at,
        seen_at=alert.seen_at if alert is not None else None,
        sent_at=alert.sent_at if alert is not None else None,
        acknowledged_at=alert.acknowledged_at if alert is not None else None,
        done_at=row.done_at,
        finding=alert.finding if alert is not None else "",
    )
