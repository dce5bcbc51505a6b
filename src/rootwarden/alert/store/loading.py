"""From a lease back to what it tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from rootwarden.alert.content.subject import Subject
from rootwarden.alert.store.documents import finding_of
from rootwarden.alert.store.tables import AlertRow, FindingRow, SightingRow
from rootwarden.detect.visits.incident import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.orm import Session

    from rootwarden.alert.content.subject import Around
    from rootwarden.alert.reading import Finding


def subjects(session: Session, alerts: Iterable[int], around: Callable[[Finding], Around]) -> tuple[Subject, ...]:
    """What alerts tell of, as it is known now, in their order.

    Args:
        session: Of the transaction.
        alerts: Their numbers.
        around: What is known around a finding.
    """
    found = session.execute(
        select(AlertRow, FindingRow)
        .join(FindingRow, FindingRow.id == AlertRow.finding)
        .where(AlertRow.id.in_(list(alerts)))
        .order_by(AlertRow.id)
    ).all()
    return tuple(_subject(session, alert, row, around) for alert, row in found)


def _subject(session: Session, alert: AlertRow, row: FindingRow, around: Callable[[Finding], Around]) -> Subject:
    living = row if row.merged_into is None else session.get_one(FindingRow, row.merged_into)
    finding = finding_of(living)
    ways = session.scalars(
        select(SightingRow.path).where(SightingRow.finding == living.id).order_by(SightingRow.seen_at, SightingRow.path)
    )
    return Subject(
        finding=finding,
        severity=Severity(alert.severity),
        risen=alert.cause == "risen",
        drill=row.drill or "",
        event_at=alert.event_at,
        seen_at=alert.seen_at,
        path=tuple(dict.fromkeys(ways)),
        key=alert.key,
        around=around(finding),
    )
