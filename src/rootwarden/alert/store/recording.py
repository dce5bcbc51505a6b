"""Record a reading: findings grow, and each step of severity leaves an alert in the outbox, in the same transaction.

Recording the same reading again changes nothing, so a reader may do it as often as it likes: at least once in, one
incident and one alert a step out.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import select

from rootwarden.alert.delivery.keys import alert_key
from rootwarden.alert.delivery.marks import claimed_drill
from rootwarden.alert.delivery.merging import higher, merged_concern, merged_visit, parted_visit, somebody_was_in
from rootwarden.alert.reading import Finding
from rootwarden.alert.store import drills, families
from rootwarden.alert.store.documents import VISIT, document_of, finding_of, short, word
from rootwarden.alert.store.tables import AlertRow, EventRow, FindingRow, ReadObjectRow, SightingRow
from rootwarden.database.inserting import insert_new
from rootwarden.detect.visits.incident import Concern, Incident, Reason, Severity

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from rootwarden.alert.reading import Reading
    from rootwarden.alert.store.database import Store

FALSE_DRILL: Final = "drill-not-registered"
_LONGEST_OBJECT: Final = 2000
_MOST_BESIDE: Final = 100


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording did.

    Attributes:
        opened: Ids of findings that were not known before.
        risen: Ids of findings whose severity rose.
        alerts: How many alerts were put into the outbox.
    """

    opened: tuple[str, ...]
    risen: tuple[str, ...]
    alerts: int


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """A finding on its way into the database: which drill it is, its events, and when."""

    finding: Finding
    drill: str
    members: tuple[str, ...]
    seen_at: datetime
    now: datetime


def record(store: Store, reading: Reading) -> Recorded:
    """Record a reading in one transaction.

    Raises:
        StoreError: When the database stays busy, gone or full; nothing of the reading is recorded then.
    """
    return store.write(
        lambda session: record_in(session, reading, store.now(session)),
        accounts=[word(each) for each in reading.accounts()],
    )


def record_in(session: Session, reading: Reading, now: datetime) -> Recorded:
    """The same inside a transaction that holds the locks of the accounts: see `Store.write`."""
    seen_at = reading.seen_at or now
    _keep(session, reading, seen_at, now)
    opened, risen, alerts = [], [], 0
    every = _told(session, reading, seen_at, now)
    owners = families.owners(session, [(short(told.finding.id), told.members, told.drill) for told in every])
    for told in every:
        row, before = _grow(session, told, owners)
        _sight(session, row, reading, seen_at)
        if before is None:
            opened.append(row.id)
        elif Severity(row.severity).rank > before.rank:
            risen.append(row.id)
        else:
            continue
        alerts += _put_out(session, row, told, reading, risen=before is not None)
    return Recorded(opened=tuple(opened), risen=tuple(risen), alerts=alerts)


def was_read(session: Session, name: str, version: str = "") -> bool:
    """Whether an object was read to its end before."""
    return session.get(ReadObjectRow, (short(name, longest=_LONGEST_OBJECT), short(version))) is not None


def _keep(session: Session, reading: Reading, seen_at: datetime, now: datetime) -> None:
    """Keep what was read, and the records of root events."""
    objects = [
        {
            "name": short(each.name, longest=_LONGEST_OBJECT),
            "version": short(each.version),
            "read_at": now,
            "events": each.events,
        }
        for each in reading.objects
    ]
    events = [
        {
            "id": short(each.id),
            "account": word(each.account),
            "instant": each.instant,
            "region": word(each.region),
            "name": short(each.name),
            "record": each.record,
            "seen_at": seen_at,
        }
        for each in reading.events
    ]
    insert_new(session, ReadObjectRow, objects)
    insert_new(session, EventRow, events)


def _told(session: Session, reading: Reading, seen_at: datetime, now: datetime) -> list[_Told]:
    """Every finding of a reading, with what the marks of drills on its events are worth."""
    real = drills.believed(session, reading.events, now)
    claimed = {each.id for each in reading.events if claimed_drill(each.record)} - real.keys()
    kept: defaultdict[str, set[str]] = defaultdict(set)
    for each in reading.events:
        kept[each.finding].add(each.id)
    told = []
    for finding in reading.findings():
        members = kept[finding.id].union(finding.event_ids)
        found = {real.get(each, "") for each in members}
        drill = found.pop() if len(found) == 1 else ""
        own = members if drill else members - real.keys()
        lies = bool(own & claimed)
        told.append(
            _Told(
                finding=_with_false_mark(finding) if lies else finding,
                drill=drill,
                members=tuple(sorted(map(short, own))) if isinstance(finding, Incident) else (),
                seen_at=seen_at,
                now=now,
            )
        )
    return told


def _with_false_mark(finding: Finding) -> Finding:
    reason = Reason(
        code=FALSE_DRILL,
        words="an event carries the mark of a drill that was never registered; take it for real",
        severity=Severity.PAGE,
    )
    return msgspec.structs.replace(finding, severity=Severity.PAGE, reasons=(reason, *finding.reasons))


def _grow(session: Session, told: _Told, owners: families.Owners) -> tuple[FindingRow, Severity | None]:
    """The row of a finding, grown or made; and the severity it had, `None` if it is new."""
    name = short(told.finding.id)
    found = families.find(session, name, told.members, drill=told.drill)
    mine = [row for row in found if owners.lets(row, name)]
    moved = len(mine) < len(found)
    same = _same(mine, told.finding)
    if not same:
        row = _new_row(session, told, name)
        families.adopt(session, row, name, told.members, moved=moved)
        if told.drill:
            drills.believe(session, told.drill, told.now)
        return row, None
    row, *others = same
    before = Severity(row.severity)
    for other in others:
        before = higher(before, Severity(other.severity))
        _update(row, finding_of(other), told.now)
        families.absorb(session, row, other, told.now)
    _update(row, told.finding, told.now, parted=owners.is_parted(row))
    families.adopt(session, row, name, told.members, moved=moved)
    return row, before


def _same(known: list[FindingRow], finding: Finding) -> list[FindingRow]:
    """Those of the known rows that are the same finding.

    Attempts that paged and the visit of somebody who then got in are two: whoever took the page for the attempts has
    not heard of the visit.
    """
    attempts = [each for each in known if not somebody_was_in(finding_of(each))]
    if not somebody_was_in(finding):
        return attempts or known
    return [each for each in known if each not in attempts or each.severity != Severity.PAGE.value]


def _new_row(session: Session, told: _Told, name: str) -> FindingRow:
    """A new row. Its id may be taken, by a drill or by attempts that paged: then it stands beside that."""
    finding = told.finding
    free = (name, *(short(f"{name}-beside{number}") for number in ("", *range(2, _MOST_BESIDE))))
    chosen = next((each for each in free if session.get(FindingRow, each) is None), name)
    kept = msgspec.structs.replace(finding, id=chosen, severity=_highest(finding))
    row = FindingRow(
        id=kept.id,
        kind=VISIT if isinstance(kept, Incident) else kept.kind.value,
        account=word(kept.account),
        severity=kept.severity.value,
        verdict=kept.verdict.value if isinstance(kept, Incident) else "",
        started=kept.started,
        ended=kept.ended,
        document=document_of(kept),
        seen_at=told.seen_at,
        updated_at=told.now,
        revision=1,
        drill=told.drill or None,
    )
    session.add(row)
    session.flush()
    return row


def _highest(finding: Finding) -> Severity:
    highest = finding.severity
    for each in finding.reasons:
        highest = higher(highest, each.severity)
    return highest


def _update(row: FindingRow, finding: Finding, now: datetime, *, parted: bool = False) -> None:
    stored = finding_of(row)
    new = msgspec.structs.replace(finding, severity=_highest(finding))
    if isinstance(stored, Incident) and isinstance(new, Incident):
        grown: Finding = parted_visit(stored, new) if parted else merged_visit(stored, new)
        row.verdict = new.verdict.value
    elif isinstance(stored, Concern) and isinstance(new, Concern):
        grown = merged_concern(stored, new)
    else:
        return
    document = document_of(grown)
    if document == row.document:
        return
    row.document, row.severity, row.account = document, grown.severity.value, word(grown.account)
    row.started, row.ended = grown.started, grown.ended
    row.updated_at, row.revision = now, row.revision + 1


def _sight(session: Session, row: FindingRow, reading: Reading, seen_at: datetime) -> None:
    sighting = {"finding": row.id, "path": reading.path.value, "region": word(reading.region), "seen_at": seen_at}
    insert_new(session, SightingRow, [sighting])


def _put_out(session: Session, row: FindingRow, told: _Told, reading: Reading, *, risen: bool) -> int:
    """An alert for this step of severity, unless there is one; 1 if there was none."""
    there = select(AlertRow.id).where(AlertRow.finding == row.id, AlertRow.severity == row.severity)
    if session.scalars(there).first() is not None:
        return 0
    session.add(
        AlertRow(
            finding=row.id,
            severity=row.severity,
            cause="risen" if risen else "opened",
            path=reading.path.value,
            region=word(reading.region),
            key=alert_key(row.id, row.severity, told.members or told.finding.event_ids),
            event_at=row.ended if risen else row.started,
            seen_at=told.seen_at,
            planned_at=None,
            stage=0,
        )
    )
    session.flush()
    return 1
