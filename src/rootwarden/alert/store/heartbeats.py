"""When something that must be heard of was last heard of: trails, canaries, channels. Others judge silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select

from rootwarden.alert.store.documents import short
from rootwarden.alert.store.tables import HeartbeatRow
from rootwarden.database.inserting import insert_new

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """One source.

    Attributes:
        source: Its name: `trail:eu-west-1`, `canary:us-east-1`, `channel:pager`.
        at: When it was last heard of.
        expected: How long it may be silent.
        detail: What was heard.
    """

    source: str
    at: datetime
    expected: timedelta
    detail: str = ""

    def is_overdue(self, now: datetime) -> bool:
        """Whether it has been silent for longer than it may."""
        return now - self.at > self.expected


def beat(session: Session, source: str, *, at: datetime, expected: timedelta, detail: str = "") -> None:
    """Note that a source was heard of; an earlier instant than the one that is known changes nothing."""
    name, seconds = short(source), int(expected.total_seconds())
    insert_new(
        session, HeartbeatRow, [{"source": name, "at": at, "expected_seconds": seconds, "detail": short(detail)}]
    )
    row = session.get_one(HeartbeatRow, name, with_for_update=True)
    if at >= row.at:
        row.at, row.expected_seconds, row.detail = at, seconds, short(detail)


def heartbeats(session: Session) -> list[Heartbeat]:
    """All sources, by name."""
    rows = session.scalars(select(HeartbeatRow).order_by(HeartbeatRow.source))
    return [
        Heartbeat(source=row.source, at=row.at, expected=timedelta(seconds=row.expected_seconds), detail=row.detail)
        for row in rows
    ]
