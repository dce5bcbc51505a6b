"""What later events settle about what is stored: copies that know more, sessions that show up late.

CloudTrail sends an event again with an `addendum` when it has more to say (*CloudTrail record contents*); the better
copy takes the place of the stored one. A session that nobody had seen when it was due is a concern; when it shows up
the concern says so, and keeps its severity, because somebody was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import select

from rootwarden.alert.store.documents import finding_of, short, word
from rootwarden.alert.store.tables import EventRow, FindingRow
from rootwarden.detect.visits.find import distinct
from rootwarden.detect.visits.incident import Concern, ConcernKind, Reason, Severity
from rootwarden.detect.visits.stamp import event_id
from rootwarden.detect.visits.toward import EXPECTED_UNSEEN, UNSEEN
from rootwarden.watch.documents import record_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy.orm import Session

    from rootwarden.detect.visits.event import Event

LATE: Final = "assume-root-seen-late"
_UNSEEN: Final = frozenset({UNSEEN, EXPECTED_UNSEEN})


def complete(session: Session, events: Iterable[Event], stored: Mapping[str, Event]) -> None:
    """Put better copies in the place of stored events.

    Args:
        session: Of the transaction that holds the accounts' locks.
        events: Copies that came now, of events that are stored.
        stored: The stored events by id.
    """
    for event in events:
        before = stored[event_id(event)]
        # A correction under an id of its own is a row of its own, and is told from this one whenever both are judged.
        better = list(distinct((before, event)))
        if better == [event] and event.document != before.document:
            row = session.get(EventRow, short(event_id(event)))
            if row is not None:
                row.record = record_of(event.document)


def seen_after_all(
    session: Session, accounts: frozenset[str], loaded: frozenset[str], told: Iterable[Concern]
) -> tuple[Concern, ...]:
    """Stored concerns about sessions nobody saw, with a reason more when they were seen by now.

    Args:
        session: Of the transaction.
        accounts: Those that were judged.
        loaded: Ids of the stored events that were at hand: of others nothing can be said.
        told: What is a concern now.
    """
    missing = {
        each for concern in told for reason in concern.reasons if reason.code in _UNSEEN for each in _ids(reason)
    }
    return tuple(_told(session, accounts, loaded, missing))


def _told(session: Session, accounts: frozenset[str], loaded: frozenset[str], missing: set[str]) -> Iterator[Concern]:
    rows = select(FindingRow).where(
        FindingRow.account.in_([word(each) for each in accounts]),
        FindingRow.kind == ConcernKind.TOWARD_ROOT.value,
        FindingRow.merged_into.is_(None),
        FindingRow.document.contains(UNSEEN),
    )
    for row in session.scalars(rows):
        concern = finding_of(row)
        if isinstance(concern, Concern):
            unseen = {each for reason in concern.reasons if reason.code in _UNSEEN for each in _ids(reason)}
            seen = (unseen & loaded) - missing
            if seen:
                reasons = (*concern.reasons, _late(seen, len(unseen)))
                yield msgspec.structs.replace(concern, reasons=reasons)


def _late(seen: set[str], unseen: int) -> Reason:
    every = len(seen) == unseen
    words = "its session showed up late" if every else f"{len(seen)} of its {unseen} sessions showed up late"
    return Reason(code=LATE, words=words, severity=Severity.RECORD, event_ids=tuple(sorted(seen)))


def _ids(reason: Reason) -> tuple[str, ...]:
    return reason.event_ids
