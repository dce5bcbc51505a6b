"""Refused attempts, counted until they are written to the log as one entry a kind (`attempt-refused`).

Whoever is refused a thousand times a second must not fill the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import delete, func, select, update

from rootwarden.breakglass.core.entry import SYSTEM
from rootwarden.breakglass.store.tables import LONGEST_NAME, RefusalCountRow
from rootwarden.database.inserting import insert_new

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

MOST_KINDS: Final = 1000
OTHERS: Final = "other"


class Refusals(msgspec.Struct, frozen=True, kw_only=True):
    """How often one step refused one person one thing."""

    person: str
    attempted: str
    step: str
    count: int


def count(session: Session, *, person: str, attempted: str, step: str, times: int = 1) -> None:
    """Count some more; beyond a thousand kinds they are counted together, as `other` by `system`."""
    key = {"person": person[:LONGEST_NAME], "attempted": attempted[:LONGEST_NAME], "step": step[:40]}
    known = session.scalar(select(RefusalCountRow.count).where(_is(**key)))
    if known is None and (session.scalar(select(func.count()).select_from(RefusalCountRow)) or 0) >= MOST_KINDS:
        key = {"person": SYSTEM, "attempted": OTHERS, "step": OTHERS}
    insert_new(session, RefusalCountRow, [{**key, "count": 0}])
    session.execute(update(RefusalCountRow).where(_is(**key)).values(count=RefusalCountRow.count + times))


def counted(session: Session) -> list[Refusals]:
    """What waits to be written."""
    rows = session.scalars(
        select(RefusalCountRow).order_by(RefusalCountRow.person, RefusalCountRow.attempted, RefusalCountRow.step)
    )
    return [Refusals(person=row.person, attempted=row.attempted, step=row.step, count=row.count) for row in rows]


def written(session: Session, refusals: Iterable[Refusals]) -> None:
    """Take off what is in the log now: call it in the transaction that appends (`LogStore.append`, `beside`)."""
    for one in refusals:
        key = _is(person=one.person, attempted=one.attempted, step=one.step)
        session.execute(update(RefusalCountRow).where(key).values(count=RefusalCountRow.count - one.count))
    session.execute(delete(RefusalCountRow).where(RefusalCountRow.count <= 0))


def _is(*, person: str, attempted: str, step: str) -> ColumnElement[bool]:
    return (
        (RefusalCountRow.person == person) & (RefusalCountRow.attempted == attempted) & (RefusalCountRow.step == step)
    )
