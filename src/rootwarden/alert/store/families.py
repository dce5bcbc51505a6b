"""Which stored finding a finding is: by its id, by an id it had before, or by the events it shares.

The first event of a visit may arrive last, and detection then gives the visit another id; an event between two groups
may turn out to join them. The id that was stored first stays, and the other leads to it. And what was one visit may
turn out to be two: then one of them owns the stored finding, and the other is new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from rootwarden.alert.delivery.state import State
from rootwarden.alert.store.documents import finding_of, short
from rootwarden.alert.store.tables import (
    AcknowledgementRow,
    AlertRow,
    AliasRow,
    DeliveredAlertRow,
    DeliveryRow,
    FindingRow,
    MemberRow,
    SightingRow,
)
from rootwarden.database.inserting import insert_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

# Well below what a statement takes on either database.
_AT_ONCE: Final = 5000


class Owners:
    """Which finding of a reading each stored finding belongs to, where several lead to it.

    Args:
        claims: Names of the findings that lead to a stored one by its id; the first of them owns it.
    """

    def __init__(self, claims: Mapping[str, Sequence[str]]) -> None:
        self._claims = claims

    def lets(self, row: FindingRow, name: str) -> bool:
        """Whether a finding may grow a stored one: nobody else in the reading owns it."""
        claims = self._claims.get(row.id, ())
        return not claims or claims[0] == name

    def is_parted(self, row: FindingRow) -> bool:
        """Whether a stored finding turned out to be several."""
        return len(self._claims.get(row.id, ())) > 1


def owners(session: Session, told: Iterable[tuple[str, Sequence[str], str]]) -> Owners:
    """Who owns what: of several findings that lead to a stored one that which has its id, else its first event.

    Args:
        session: Of the transaction.
        told: Id, events and drill of each finding of a reading.
    """
    every = list(told)
    claims: dict[str, list[tuple[int, int, str]]] = {}
    for number, (name, members, drill) in enumerate(every if len(every) > 1 else ()):
        for row in find(session, name, members, drill=drill):
            rank = 0 if row.id == name else 1 if _first_event(row) in members else 2
            claims.setdefault(row.id, []).append((rank, number, name))
    return Owners({row: [name for _, _, name in sorted(each)] for row, each in claims.items()})


def _first_event(row: FindingRow) -> str:
    finding = finding_of(row)
    return short(finding.event_ids[0]) if finding.event_ids else ""


def find(session: Session, name: str, members: Sequence[str], *, drill: str) -> list[FindingRow]:
    """Every stored finding that is the same one, the first stored first.

    Args:
        session: Of the transaction.
        name: Its id, as detection has it.
        members: Its events, if it is a visit.
        drill: The drill it is; drills and what is real are never the same finding.
    """
    ids = {name, *session.scalars(select(AliasRow.finding).where(AliasRow.alias == name))}
    for first in range(0, len(members), _AT_ONCE):
        some = members[first : first + _AT_ONCE]
        ids |= set(session.scalars(select(MemberRow.finding).where(MemberRow.event.in_(some)).distinct()))
    rows = session.scalars(select(FindingRow).where(FindingRow.id.in_(ids), FindingRow.merged_into.is_(None)))
    return sorted((each for each in rows if (each.drill or "") == drill), key=lambda each: (each.seen_at, each.id))


def adopt(session: Session, row: FindingRow, name: str, members: Sequence[str], *, moved: bool = False) -> None:
    """Note the id and the events by which the finding will be known again.

    Args:
        session: Of the transaction.
        row: The stored finding.
        name: An id of it.
        members: Its events.
        moved: Some may be noted as another finding's, which they turned out not to be.
    """
    if name != row.id:
        insert_new(session, AliasRow, [{"alias": name, "finding": row.id}])
    insert_new(session, MemberRow, [{"event": each, "finding": row.id} for each in members])
    for first in range(0, len(members) if moved else 0, _AT_ONCE):
        some = members[first : first + _AT_ONCE]
        session.execute(update(MemberRow).where(MemberRow.event.in_(some)).values(finding=row.id))


def absorb(session: Session, kept: FindingRow, lost: FindingRow, now: datetime) -> None:
    """Let one stored finding become part of another, with everything that hangs on it.

    An alert of the lost one moves along, unless the kept one has one of that severity: then it is not needed, and what
    of it has not left stays at home.
    """
    session.execute(update(MemberRow).where(MemberRow.finding == lost.id).values(finding=kept.id))
    session.execute(update(AliasRow).where(AliasRow.finding == lost.id).values(finding=kept.id))
    insert_new(session, AliasRow, [{"alias": lost.id, "finding": kept.id}])
    session.execute(update(AcknowledgementRow).where(AcknowledgementRow.finding == lost.id).values(finding=kept.id))
    sightings = session.scalars(select(SightingRow).where(SightingRow.finding == lost.id)).all()
    insert_new(
        session,
        SightingRow,
        [{"finding": kept.id, "path": each.path, "region": each.region, "seen_at": each.seen_at} for each in sightings],
    )
    session.execute(delete(SightingRow).where(SightingRow.finding == lost.id))
    _absorb_alerts(session, kept, lost, now)
    lost.merged_into, lost.updated_at = kept.id, now
    session.flush()


def _absorb_alerts(session: Session, kept: FindingRow, lost: FindingRow, now: datetime) -> None:
    severities = set(session.scalars(select(AlertRow.severity).where(AlertRow.finding == kept.id)))
    for alert in session.scalars(select(AlertRow).where(AlertRow.finding == lost.id)):
        if alert.severity not in severities:
            alert.finding = kept.id
            continue
        alert.planned_at = alert.planned_at or now
        alert.stage_at = None
        alone = select(DeliveredAlertRow.delivery).where(DeliveredAlertRow.alert == alert.id)
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id.in_(alone), DeliveryRow.kind == "page", DeliveryRow.state == State.PENDING.value)
            .values(state=State.CANCELLED.value)
        )
