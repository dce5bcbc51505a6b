"""What sinks answered. To be shown, and to know what to send again; an anchor is what the vault itself can verify."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import func, select

from rootwarden.breakglass.store.tables import ReceiptRow
from rootwarden.database.inserting import insert_new
from rootwarden.errors import InternalError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LARGEST: Final = 64 * 1024


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """That a sink took the head over `size` entries.

    Attributes:
        size: Of the head.
        sink: Name of the sink.
        document: Its answer, as it gave it.
        accepted_at: When, by our clock.
    """

    size: int
    sink: str
    document: bytes
    accepted_at: datetime


def keep(session: Session, receipt: Receipt) -> None:
    """Keep a receipt; a second one of the same sink for the same head changes nothing.

    Raises:
        InternalError: It is too long.
    """
    if len(receipt.document) > LARGEST:
        raise InternalError("a receipt is longer than 64 KiB")
    insert_new(session, ReceiptRow, [msgspec.structs.asdict(receipt)])


def newest(session: Session) -> list[Receipt]:
    """The receipt for the largest head of each sink, by sink."""
    largest = select(ReceiptRow.sink, func.max(ReceiptRow.size).label("size")).group_by(ReceiptRow.sink).subquery()
    chosen = select(ReceiptRow).join(largest, (ReceiptRow.sink == largest.c.sink) & (ReceiptRow.size == largest.c.size))
    return [_receipt(row) for row in session.scalars(chosen.order_by(ReceiptRow.sink))]


def _receipt(row: ReceiptRow) -> Receipt:
    return Receipt(size=row.size, sink=row.sink, document=row.document, accepted_at=row.accepted_at)
