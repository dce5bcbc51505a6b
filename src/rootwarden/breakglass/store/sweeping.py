"""Take away what has expired, so that rows beside the log do not grow for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from rootwarden.breakglass.store.tables import ChallengeRow, DraftRow, SessionEndedRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def sweep(session: Session, now: datetime) -> None:
    """Delete challenges, drafts and ended sessions whose time is over; none of them would count for anything."""
    for expires in (ChallengeRow.expires_at, DraftRow.expires_at, SessionEndedRow.forget_at):
        session.execute(delete(expires.class_).where(expires <= now))
