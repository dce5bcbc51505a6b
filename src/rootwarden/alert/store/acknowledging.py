"""Who took a finding; what was still to be sent to wake somebody stays unsent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update

from rootwarden.alert.delivery.state import Kind, State
from rootwarden.alert.store.documents import short
from rootwarden.alert.store.tables import (
    AcknowledgementRow,
    AlertRow,
    AliasRow,
    DeliveredAlertRow,
    DeliveryRow,
    FindingRow,
    PersonRow,
)
from rootwarden.database.inserting import insert_new
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

SHORTEST_PREFIX: Final = 6


def find(session: Session, name: str) -> FindingRow:
    """The finding of an id, of one it had before, or of the beginning of one.

    Raises:
        UsageError: When there is none, or more than one.
    """
    asked = short(name)
    row = session.get(FindingRow, asked)
    if row is None:
        known = session.scalars(select(AliasRow.finding).where(AliasRow.alias == asked)).first()
        row = session.get(FindingRow, known) if known is not None else None
    if row is None and len(asked) >= SHORTEST_PREFIX:
        begins = FindingRow.id.startswith(asked, autoescape=True)
        found = session.scalars(select(FindingRow).where(begins, FindingRow.merged_into.is_(None)).limit(2)).all()
        if len(found) > 1:
            raise UsageError(f"`{name}` is the beginning of several ids", hint="give more of it")
        row = found[0] if found else None
    if row is None:
        short_of = f"; the beginning of one has at least {SHORTEST_PREFIX} characters"
        hint = "`rootwarden alert list --all` names them" + (short_of if len(asked) < SHORTEST_PREFIX else "")
        raise UsageError(f"there is no finding `{name}`", hint=hint)
    if row.merged_into is not None:
        return session.get_one(FindingRow, row.merged_into)
    return row


def acknowledge(session: Session, row: FindingRow, *, person: str, door: str, now: datetime) -> int:
    """Note that somebody took a finding as it is now; a rise of its severity asks again.

    Args:
        session: Of a transaction.
        row: The finding.
        person: Who; whether they may was asked before.
        door: Where they said so.
        now: The instant.

    Returns:
        How many alerts nobody had acknowledged before; with none of them, nothing is noted.
    """
    waiting = select(AlertRow).where(AlertRow.finding == row.id, AlertRow.acknowledged_at.is_(None))
    open_ = session.scalars(waiting.with_for_update()).all()
    if not open_:
        return 0
    name = short(person)
    insert_new(session, PersonRow, [{"name": name, "added_at": now}])
    session.add(AcknowledgementRow(finding=row.id, person=name, at=now, door=short(door), severity=row.severity))
    for alert in open_:
        alert.acknowledged_at = now
    _cancel(session, [each.id for each in open_])
    return len(open_)


def _cancel(session: Session, alerts: list[int]) -> None:
    """Pages that have not left are not needed any more; digests and streams go out all the same."""
    theirs = select(DeliveredAlertRow.delivery).where(DeliveredAlertRow.alert.in_(alerts))
    session.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.id.in_(theirs),
            DeliveryRow.kind == Kind.PAGE.value,
            DeliveryRow.state == State.PENDING.value,
        )
        .values(state=State.CANCELLED.value)
    )
