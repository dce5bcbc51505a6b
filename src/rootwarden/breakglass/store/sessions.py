"""Sessions that ended before their time. A row here takes away; that none is here gives nothing by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.store.tables import SessionEndedRow
from rootwarden.database.inserting import insert_new

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def end(session: Session, name: str, *, forget_at: datetime) -> None:
    """Note that a session ended; after `forget_at` it would have ended by itself."""
    insert_new(session, SessionEndedRow, [{"session": name, "forget_at": forget_at}])


def is_ended(session: Session, name: str) -> bool:
    """Whether it ended."""
    return session.get(SessionEndedRow, name) is not None


def end_all(session: Session, name: str, *, forget_at: datetime) -> None:
    """Note that all sessions of somebody ended that would have ended by themselves before `forget_at`."""
    known = session.get(SessionEndedRow, name)
    if known is None:
        end(session, name, forget_at=forget_at)
    else:
        known.forget_at = max(known.forget_at, forget_at)


def forget_at(session: Session, name: str) -> datetime | None:
    """Until when it is noted that it ended; none when it did not."""
    known = session.get(SessionEndedRow, name)
    return None if known is None else known.forget_at
