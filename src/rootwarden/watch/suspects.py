"""Identities that root has made: what they did since then is held against root, and is read a second time.

Nobody looks for the deeds of an identity before it is known that root made it. What was read in the meantime is read
again: when the identity becomes known, and once more when every round that began before is surely over, because
another watcher may have been reading without knowing it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import select

from rootwarden.alert.store.documents import short, word
from rootwarden.alert.store.tables import ReadObjectRow, SuspectRow
from rootwarden.database.inserting import insert_new
from rootwarden.detect.visits.actor import Suspect
from rootwarden.detect.visits.stamp import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

# No round lasts longer, and its log files were asked for before it ended.
SETTLED: Final = timedelta(minutes=15)
# Log files come late; deeds within the suspect's time are looked for in them.
LATEST_FILE: Final = timedelta(hours=6)
MOST_SUSPECTS: Final = 1_000
MOST_OBJECTS: Final = 50_000
_KEPT: Final = timedelta(days=2)


class Reread(msgspec.Struct, frozen=True, kw_only=True):
    """Log files to read again for what a suspect did.

    Attributes:
        suspect: Who.
        names: `s3://bucket/key` of the files, in order.
        more: There were more than are read at once; the rest is not looked at again.
        through: When the list was made: files read later are read with the suspect known, or in the next list.
    """

    suspect: Suspect
    names: tuple[str, ...]
    more: bool
    through: datetime


def learn(session: Session, suspects: Iterable[Suspect], now: datetime) -> None:
    """Keep suspects that are not known yet."""
    insert_new(
        session,
        SuspectRow,
        [
            {
                "account": word(each.account),
                "sort": word(each.sort),
                "name": short(each.name),
                "since": datetime.fromtimestamp(each.since, tz=UTC),
                "until": datetime.fromtimestamp(each.until, tz=UTC),
                "learned_at": now,
                "read_through": None,
            }
            for each in suspects
        ],
    )


def current(session: Session, now: datetime) -> tuple[Suspect, ...]:
    """Suspects whose deeds may still be in log files to come, sorted; the newest, if there are too many."""
    rows = (
        select(SuspectRow)
        .where(SuspectRow.until >= now - LATEST_FILE)
        .order_by(SuspectRow.since.desc())
        .limit(MOST_SUSPECTS)
    )
    return tuple(sorted(_suspect(row) for row in session.scalars(rows)))


def to_reread(session: Session, now: datetime) -> Reread | None:
    """The next second reading that is due; `None` when none is."""
    rows = select(SuspectRow).where(SuspectRow.until >= now - _KEPT).order_by(SuspectRow.learned_at)
    row = next((each for each in session.scalars(rows.limit(MOST_SUSPECTS)) if _is_due(each, now)), None)
    if row is None:
        return None
    since = row.since if row.read_through is None else row.read_through
    read = (
        select(ReadObjectRow.name)
        .where(
            ReadObjectRow.read_at >= since, ReadObjectRow.name.contains(f"/{row.account}/CloudTrail/", autoescape=True)
        )
        .order_by(ReadObjectRow.name)
        .limit(MOST_OBJECTS + 1)
    )
    names = tuple(session.scalars(read))
    return Reread(suspect=_suspect(row), names=names[:MOST_OBJECTS], more=len(names) > MOST_OBJECTS, through=now)


def was_reread(session: Session, done: Reread) -> None:
    """Note that the files of a list were read again."""
    suspect = done.suspect
    row = session.get(SuspectRow, (suspect.account, suspect.sort, suspect.name), with_for_update=True)
    if row is not None:
        row.read_through = done.through


def _is_due(row: SuspectRow, now: datetime) -> bool:
    settled = row.learned_at + SETTLED
    return row.read_through is None or (row.read_through < settled <= now)


def _suspect(row: SuspectRow) -> Suspect:
    return Suspect(
        account=row.account, sort=row.sort, name=row.name, since=seconds(row.since), until=seconds(row.until)
    )
