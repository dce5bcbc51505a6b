"""From the outbox to deliveries: who has to be told of an alert, and who next when nobody answers.

An alert is planned in one transaction and once, whoever does it. Every delivery has a key, and a channel takes a key
once, so a plan that is made twice is made once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, or_, select

from rootwarden.alert.delivery.escalation import Ladder, next_stage_at
from rootwarden.alert.delivery.keys import delivery_key
from rootwarden.alert.delivery.state import Kind, State
from rootwarden.alert.delivery.windows import window_end
from rootwarden.alert.store.tables import AlertRow, DeliveredAlertRow, DeliveryRow, FindingRow
from rootwarden.database.inserting import insert_new
from rootwarden.detect.visits.incident import Severity
from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from rootwarden.alert.routes import Routes

AT_ONCE: Final = 500


def is_any(routes: Routes) -> Callable[[Session], bool]:
    """Reads whether there may be anything to plan or to escalate: a look that takes no lock."""

    def read(session: Session) -> bool:
        waiting = or_(
            AlertRow.planned_at.is_(None),
            and_(
                AlertRow.severity == Severity.PAGE.value,
                AlertRow.stage_at.is_not(None),
                AlertRow.stage < len(routes.stages) - 1,
                AlertRow.acknowledged_at.is_(None),
            ),
        )
        return session.scalars(select(AlertRow.id).where(waiting).limit(1)).first() is not None

    return read


def plan(session: Session, routes: Routes, now: datetime) -> int:
    """Make the deliveries of alerts nobody has planned yet; how many alerts there were."""
    waiting = (
        select(AlertRow)
        .where(AlertRow.planned_at.is_(None))
        .order_by(AlertRow.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    alerts = session.scalars(waiting).all()
    for alert in alerts:
        if alert.severity == Severity.PAGE.value:
            _tell(session, alert, routes.stages[0] if routes.stages else (), Kind.PAGE, stage=0, now=now)
            alert.stage_at = now
        elif alert.severity == Severity.NOTIFY.value:
            for channel in routes.notify:
                _gather(session, alert, channel, window_end(now, routes.gather), now)
        _tell(session, alert, routes.streams, Kind.STREAM, stage=0, now=now)
        alert.planned_at = now
    return len(alerts)


def escalate(session: Session, routes: Routes, now: datetime) -> int:
    """Tell the next stage of every page nobody acknowledged in time; how many were told."""
    ladder = Ladder(
        stages=len(routes.stages),
        acknowledge_within=routes.acknowledge_within,
        hand_over_within=routes.hand_over_within,
    )
    unanswered = (
        select(AlertRow)
        .join(FindingRow, FindingRow.id == AlertRow.finding)
        .where(
            AlertRow.severity == Severity.PAGE.value,
            AlertRow.stage_at.is_not(None),
            AlertRow.stage < ladder.stages - 1,
            AlertRow.acknowledged_at.is_(None),
            FindingRow.merged_into.is_(None),
        )
        .order_by(AlertRow.id)
        .with_for_update(skip_locked=True, of=AlertRow)
    )
    told = 0
    for alert in session.scalars(unanswered).all():
        # A stage that begins in the future was written by a clock that has since gone back.
        began_at = min(alert.stage_at or now, now)
        due = next_stage_at(ladder, stage=alert.stage, began_at=began_at, deliveries=_states(session, alert), now=now)
        alert.stage_at = began_at
        if due is not None and due <= now:
            alert.stage, alert.stage_at = alert.stage + 1, now
            _tell(session, alert, routes.stages[alert.stage], Kind.PAGE, stage=alert.stage, now=now)
            told += 1
    return told


def _states(session: Session, alert: AlertRow) -> list[State]:
    """The states of the deliveries of the stage an alert is in."""
    found = session.scalars(
        select(DeliveryRow.state)
        .join(DeliveredAlertRow, DeliveredAlertRow.delivery == DeliveryRow.id)
        .where(
            DeliveredAlertRow.alert == alert.id,
            DeliveryRow.kind == Kind.PAGE.value,
            DeliveryRow.stage == alert.stage,
        )
    )
    return [State(each) for each in found]


def _tell(session: Session, alert: AlertRow, channels: Iterable[str], kind: Kind, *, stage: int, now: datetime) -> None:
    for channel in channels:
        key = delivery_key(alert.key, channel, stage)
        delivery = _delivery(session, _blank(channel, kind, State.PENDING, key, due_at=now, now=now, stage=stage))
        insert_new(session, DeliveredAlertRow, [{"delivery": delivery.id, "alert": alert.id}])


def _gather(session: Session, alert: AlertRow, channel: str, end: datetime, now: datetime) -> None:
    """Put an alert into the digest that is open; its key comes when it is closed (`leasing.lease`)."""
    key = f"{State.COLLECTING.value}:{format_instant(end)}"
    delivery = _delivery(session, _blank(channel, Kind.DIGEST, State.COLLECTING, key, due_at=end, now=now))
    insert_new(session, DeliveredAlertRow, [{"delivery": delivery.id, "alert": alert.id}])


def _delivery(session: Session, blank: dict[str, Any]) -> DeliveryRow:
    """The delivery of a channel and a key, made if there is none; locked, so that nobody closes it meanwhile."""
    insert_new(session, DeliveryRow, [blank])
    same = select(DeliveryRow).where(DeliveryRow.channel == blank["channel"], DeliveryRow.key == blank["key"])
    return session.scalars(same.with_for_update()).one()


def _blank(
    channel: str, kind: Kind, state: State, key: str, *, due_at: datetime, now: datetime, stage: int = 0
) -> dict[str, Any]:
    return {
        "channel": channel,
        "kind": kind.value,
        "stage": stage,
        "state": state.value,
        "key": key,
        "due_at": due_at,
        "created_at": now,
        "attempts": 0,
        "lease": "",
        "reference": "",
        "error": "",
    }
