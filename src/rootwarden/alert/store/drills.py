"""Which drills were registered, and whether an event is one of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from rootwarden.alert.delivery.marks import claimed_drill, record_digest
from rootwarden.alert.store.tables import DrillRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from rootwarden.alert.reading import RootEvent

# A drill that has not come through by then has failed; its mark is worth nothing afterwards.
BELIEVED_FOR: Final = timedelta(hours=1)


def believed(session: Session, events: Iterable[RootEvent], now: datetime) -> dict[str, str]:
    """Drills by event id: of the events given, those a drill was registered for, in time and byte for byte."""
    claims = {each.id: (claimed_drill(each.record), each) for each in events}
    ids = {drill for drill, _ in claims.values() if drill}
    if not ids:
        return {}
    rows = {row.id: row for row in session.scalars(select(DrillRow).where(DrillRow.id.in_(ids)))}
    return {
        event.id: drill for drill, event in claims.values() if drill in rows and _is_its_event(rows[drill], event, now)
    }


def _is_its_event(drill: DrillRow, event: RootEvent, now: datetime) -> bool:
    return (
        drill.event_id == event.id
        and drill.account == event.account
        and drill.record_digest == record_digest(event.record)
        and drill.registered_at <= now <= drill.registered_at + BELIEVED_FOR
    )


def believe(session: Session, drill: str, now: datetime) -> None:
    """Note that a drill's own record came through."""
    row = session.get(DrillRow, drill)
    if row is not None and row.believed_at is None:
        row.believed_at = now
