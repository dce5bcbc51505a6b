"""Which drills were registered, and whether an event is one of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select

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
    """Drills by event id.

    Args:
        session: Of the transaction.
        events: What came in: one of them is a drill's if it was registered, byte for byte, and comes in time.
        now: The store's instant.

    Returns:
        Those, and the events of drills that were believed before, which a reader may judge again.
    """
    came = {each.id: each for each in events}
    long_ago = now - BELIEVED_FOR
    rows = session.scalars(
        select(DrillRow).where(or_(DrillRow.believed_at.is_not(None), DrillRow.registered_at >= long_ago))
    )
    return {row.event_id: row.id for row in rows if _is_believed(row, came.get(row.event_id), now)}


def _is_believed(drill: DrillRow, event: RootEvent | None, now: datetime) -> bool:
    if event is None:
        return drill.believed_at is not None
    return claimed_drill(event.record) == drill.id and _is_its_event(drill, event, now)


def _is_its_event(drill: DrillRow, event: RootEvent, now: datetime) -> bool:
    return (
        drill.event_id == event.id
        and drill.account == event.account
        and drill.record_digest == record_digest(event.record)
        and (drill.believed_at is not None or drill.registered_at <= now <= drill.registered_at + BELIEVED_FOR)
    )


def believe(session: Session, drill: str, now: datetime) -> None:
    """Note that a drill's own record came through."""
    row = session.get(DrillRow, drill)
    if row is not None and row.believed_at is None:
        row.believed_at = now
