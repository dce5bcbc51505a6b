"""Pages that were sent to a channel and that nobody took."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import select

from rootwarden.alert.delivery.state import Kind, State
from rootwarden.alert.store.tables import AlertRow, DeliveredAlertRow, DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

MOST: Final = 100


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One page: its finding, the key the pager knows it by, and when it was sent."""

    finding: str
    thread: str
    sent_at: datetime


def waiting_in(channel: str) -> Callable[[Session], list[Waiting]]:
    """Reads what a channel was sent and nobody took, the newest hundred."""

    def read(session: Session) -> list[Waiting]:
        found = session.execute(
            select(AlertRow.finding, AlertRow.key, DeliveryRow.sent_at)
            .join(DeliveredAlertRow, DeliveredAlertRow.alert == AlertRow.id)
            .join(DeliveryRow, DeliveryRow.id == DeliveredAlertRow.delivery)
            .where(
                DeliveryRow.channel == channel,
                DeliveryRow.kind == Kind.PAGE.value,
                DeliveryRow.state == State.SENT.value,
                AlertRow.acknowledged_at.is_(None),
            )
            .order_by(DeliveryRow.sent_at.desc())
            .limit(MOST)
        )
        return [Waiting(finding=finding, thread=key, sent_at=sent) for finding, key, sent in found if sent is not None]

    return read
