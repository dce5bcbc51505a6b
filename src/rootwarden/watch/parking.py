"""Messages that could not be worked off: kept in the database, tried again, shown to people; never dropped.

SQS forgets a message after at most fourteen days, and its dead letters wait for somebody to look. A parked message is
tried again by itself, since a key policy that was repaired tells nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import func, select

from rootwarden.alert.store.documents import short
from rootwarden.alert.store.tables import ParkedRow
from rootwarden.database.inserting import insert_new
from rootwarden.report.encoding import well_formed

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# More are left to the queue and its dead letters: whoever may send messages must not fill the disk.
MOST: Final = 10_000
AGAIN_AFTER: Final = timedelta(hours=1)
# CloudTrail itself tries to deliver for so long (*CloudTrail supported services*, delivery).
GIVEN_UP_AFTER: Final = timedelta(days=30)
_LONGEST_STRANGE: Final = 16_384
_LONGEST_REASON: Final = 2_000


class Kind(StrEnum):
    """Why a message is parked."""

    STRANGE = "strange"
    UNREAD = "unread"
    UNFINISHED = "unfinished"


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A parked message.

    Attributes:
        id: Of the message.
        kind: `strange` is not understood; `unread` names log files that cannot be read; `unfinished` was never worked
            off, and may be what stops the watcher.
        body: What it says; of a strange one only the beginning.
        reason: What went wrong last.
        parked_at: Since when.
        tries: How often it was tried since then.
        due_at: When it is tried next; `None` when only a person can help.
    """

    id: str
    kind: Kind
    body: str
    reason: str
    parked_at: datetime
    tries: int = 0
    due_at: datetime | None = None


def is_full(session: Session) -> bool:
    """Whether there is no room for more."""
    return (session.scalar(select(func.count()).select_from(ParkedRow)) or 0) >= MOST


def park(session: Session, message: Parked) -> None:
    """Park a message; one that is parked already stays as it is."""
    strange = message.kind is Kind.STRANGE
    row = {
        "id": short(message.id),
        "kind": message.kind.value,
        "body": _text(message.body, _LONGEST_STRANGE if strange else len(message.body)),
        "reason": _text(message.reason, _LONGEST_REASON),
        "parked_at": message.parked_at,
        "tries": message.tries,
        "due_at": None if strange else message.parked_at + AGAIN_AFTER,
    }
    insert_new(session, ParkedRow, [row])


def take(session: Session, now: datetime) -> Parked | None:
    """The next message that is due, with its next try put off: should it stop the watcher, it does so once an hour."""
    due = select(ParkedRow).where(ParkedRow.due_at <= now).order_by(ParkedRow.due_at, ParkedRow.id).limit(1)
    row = session.scalars(due.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    row.tries += 1
    row.due_at = now + AGAIN_AFTER if now - row.parked_at < GIVEN_UP_AFTER else None
    return _parked(row)


def release(session: Session, name: str) -> None:
    """Forget a message that was worked off."""
    row = session.get(ParkedRow, short(name))
    if row is not None:
        session.delete(row)


def listed(session: Session) -> list[Parked]:
    """Everything that is parked, the oldest first."""
    return [_parked(row) for row in session.scalars(select(ParkedRow).order_by(ParkedRow.parked_at, ParkedRow.id))]


def _parked(row: ParkedRow) -> Parked:
    return Parked(
        id=row.id,
        kind=Kind(row.kind),
        body=row.body,
        reason=row.reason,
        parked_at=row.parked_at,
        tries=row.tries,
        due_at=row.due_at,
    )


def _text(text: str, longest: int) -> str:
    """`text` as a column can hold it."""
    return well_formed(text).replace("\x00", "\\u0000")[:longest]
