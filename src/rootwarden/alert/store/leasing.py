"""One deliverer for one row: due deliveries are leased, sent outside of any transaction, and marked.

A lease is a token and a time. Who dies while sending leaves a lease that lapses and an attempt without an end; the next
deliverer sends the same message with the same key, and says that it may be a repeat. That is what "at least once" means
here: the receiver sees a repeat only if the sender died, or lost the database, between handing over and marking.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import and_, or_, select

from rootwarden.alert.delivery.backoff import is_hopeless, wait_before
from rootwarden.alert.delivery.keys import bundle_key
from rootwarden.alert.delivery.state import Kind, Outcome, State, moved
from rootwarden.alert.store.documents import short
from rootwarden.alert.store.tables import AlertRow, AttemptRow, DeliveredAlertRow, DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from rootwarden.alert.routes import Routes

LEASE: Final = timedelta(seconds=120)
A_CHANNEL_AT_ONCE: Final = 20
_SLACK: Final = timedelta(minutes=1)


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery somebody may send now.

    Attributes:
        delivery: Its number.
        token: Proves whose lease it is.
        channel: Where to.
        kind: Page, digest or stream.
        stage: Of the escalation.
        key: The idempotency key of the message.
        attempt: Which attempt this is, from 1.
        maybe_repeat: An earlier attempt may have come through.
        alerts: Numbers of the alerts it tells of.
    """

    delivery: int
    token: str
    channel: str
    kind: Kind
    stage: int
    key: str
    attempt: int
    maybe_repeat: bool
    alerts: tuple[int, ...]


class Attempted(msgspec.Struct, frozen=True, kw_only=True):
    """How sending went.

    Attributes:
        outcome: What became of it.
        detail: What the receiver said, or what went wrong; no secrets.
        reference: What the receiver calls the message.
        retry_after: Seconds it asked to be left alone.
    """

    outcome: Outcome
    detail: str = ""
    reference: str = ""
    retry_after: float | None = None


def lease(
    session: Session,
    channels: Iterable[str],
    token: str,
    routes: Routes,
    now: datetime,
    *,
    most: int = A_CHANNEL_AT_ONCE,
) -> list[Lease]:
    """Lease what is due, pages first; at most a handful a channel, so that one that is down does not hold up the rest.

    Args:
        session: Of a transaction that ends before anything is sent.
        channels: Those the caller can send to.
        token: Any text nobody else uses.
        routes: For how far ahead something may rightly be due.
        now: The store's instant.
        most: How many for each channel.
    """
    leases = []
    for channel in channels:
        due = (
            select(DeliveryRow)
            .where(DeliveryRow.channel == channel, or_(_is_due(routes, now), _has_lapsed(now)))
            .order_by(DeliveryRow.kind != Kind.PAGE.value, DeliveryRow.due_at, DeliveryRow.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        leases += [_take(session, row, token, now) for row in session.scalars(due).all()]
    return leases


def is_any(session: Session, channel: str, routes: Routes, now: datetime) -> bool:
    """Whether anything is due for a channel: a look that takes no lock."""
    due = or_(_is_due(routes, now), _has_lapsed(now))
    return (
        session.scalars(select(DeliveryRow.id).where(DeliveryRow.channel == channel, due).limit(1)).first() is not None
    )


def finish(
    session: Session, lease: Lease, attempted: Attempted, routes: Routes, *, now: datetime, chance: float
) -> State:
    """Mark how an attempt went; the state the delivery is in now.

    A message that was taken is marked as sent even if the lease has lapsed: then at least nobody sends it a third time.
    """
    row = session.get_one(DeliveryRow, lease.delivery, with_for_update=True)
    attempt = session.get_one(AttemptRow, (lease.delivery, lease.attempt))
    attempt.ended_at, attempt.outcome, attempt.detail = now, attempted.outcome.value, attempted.detail
    mine = row.state == State.SENDING.value and row.lease == lease.token
    if attempted.outcome is Outcome.SENT:
        _mark_sent(session, row, lease, attempted, now)
    elif mine:
        _put_off(row, attempted, routes, now=now, chance=chance)
    return State(row.state)


def _is_due(routes: Routes, now: datetime) -> ColumnElement[bool]:
    """Pending or gathered, and due; or due later than anything can be, because a clock went back."""
    asked = timedelta(seconds=routes.patience.longest_asked_seconds)
    return or_(
        *(
            and_(
                DeliveryRow.state == state.value,
                or_(DeliveryRow.due_at <= now, DeliveryRow.due_at > now + farthest + _SLACK),
            )
            for state, farthest in ((State.PENDING, asked), (State.COLLECTING, routes.gather))
        )
    )


def _has_lapsed(now: datetime) -> ColumnElement[bool]:
    return and_(
        DeliveryRow.state == State.SENDING.value,
        or_(DeliveryRow.lease_until <= now, DeliveryRow.lease_until > now + LEASE + _SLACK),
    )


def _take(session: Session, row: DeliveryRow, token: str, now: datetime) -> Lease:
    alerts = tuple(
        session.scalars(
            select(DeliveredAlertRow.alert)
            .where(DeliveredAlertRow.delivery == row.id)
            .order_by(DeliveredAlertRow.alert)
        )
    )
    state = State(row.state)
    if state is State.COLLECTING:
        keys = session.scalars(select(AlertRow.key).where(AlertRow.id.in_(alerts)))
        row.key = bundle_key(keys, row.channel)
    if state is not State.PENDING:
        state = moved(state, State.PENDING)
    row.state = moved(state, State.SENDING).value
    row.attempts += 1
    row.lease, row.lease_until = token, now + LEASE
    earlier = select(AttemptRow.number).where(
        AttemptRow.delivery == row.id, AttemptRow.outcome == Outcome.UNDECIDED.value
    )
    maybe_repeat = session.scalars(earlier).first() is not None
    session.add(
        AttemptRow(delivery=row.id, number=row.attempts, began_at=now, outcome=Outcome.UNDECIDED.value, detail="")
    )
    session.flush()
    return Lease(
        delivery=row.id,
        token=token,
        channel=row.channel,
        kind=Kind(row.kind),
        stage=row.stage,
        key=row.key,
        attempt=row.attempts,
        maybe_repeat=maybe_repeat,
        alerts=alerts,
    )


def _mark_sent(session: Session, row: DeliveryRow, lease: Lease, attempted: Attempted, now: datetime) -> None:
    if row.state == State.SENT.value:
        return
    row.state = State.SENT.value
    row.sent_at, row.lease, row.lease_until = now, "", None
    row.reference, row.error, row.failing_since = short(attempted.reference), "", None
    if lease.kind is Kind.STREAM:
        return
    for alert in _alerts(session, lease.alerts):
        alert.sent_at = alert.sent_at or now


def _alerts(session: Session, numbers: Sequence[int]) -> Iterable[AlertRow]:
    return session.scalars(select(AlertRow).where(AlertRow.id.in_(numbers)))


def _put_off(row: DeliveryRow, attempted: Attempted, routes: Routes, *, now: datetime, chance: float) -> None:
    row.error, row.lease, row.lease_until = attempted.detail, "", None
    row.failing_since = row.failing_since or now
    given_up = is_hopeless(created_at=row.failing_since, now=now, patience=routes.patience)
    if attempted.outcome is Outcome.REFUSED or given_up:
        row.state = moved(State(row.state), State.DEAD).value
        return
    row.state = moved(State(row.state), State.PENDING).value
    row.due_at = now + wait_before(row.attempts, chance=chance, patience=routes.patience, asked=attempted.retry_after)
