"""What is done beside the rounds, from time to time: what only time decides, silence, second tries, the dead man.

Each chore is harmless to repeat, so that any number of watchers may do the same ones.
"""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from rootwarden.alert.reading import Path, Reading
from rootwarden.alert.store.recording import record
from rootwarden.alert.store.tables import EventRow
from rootwarden.detect.visits.event import read_event
from rootwarden.watch import parking, signs
from rootwarden.watch.documents import document_of
from rootwarden.watch.figures import Count
from rootwarden.watch.journal import Level
from rootwarden.watch.judging import AROUND, touched
from rootwarden.watch.silence import silences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from rootwarden.alert.store.database import Store
    from rootwarden.detect.visits.checkout import Checkout
    from rootwarden.detect.visits.settings import Thresholds
    from rootwarden.watch.dead_man import DeadMan
    from rootwarden.watch.figures import Figures
    from rootwarden.watch.journal import Journal
    from rootwarden.watch.judging import Judge
    from rootwarden.watch.rounds import Rounds
    from rootwarden.watch.silence import Patience, Source

# What lies in the queue since before the start was not silent; by then it was read, or there is more than can be read.
CAUGHT_UP: Final = 900.0
_MOST_CALLS: Final = 10_000
_MOST_PARKED: Final = 100


class Due:
    """Judges again what no event will bring up: sessions that do not show up, codes nobody uses.

    Args:
        store: The database.
        judge: Judges.
        thresholds: How long things may take.
        checkouts: The check-outs as they are known at the time.
    """

    def __init__(
        self, store: Store, judge: Judge, *, thresholds: Thresholds, checkouts: Callable[[], Iterable[Checkout]]
    ) -> None:
        self._store = store
        self._judge = judge
        self._delivery = timedelta(minutes=thresholds.delivery_minutes)
        self._unused = timedelta(minutes=thresholds.released_minutes)
        self._checkouts = checkouts
        self._until: datetime | None = None

    def once(self) -> int:
        """Judge what has become due since the last time; how many accounts.

        Raises:
            StoreError: When the database does not answer.
        """
        now = self._store.read(self._store.now)
        since = self._until or now - AROUND
        due = self._calls(since, now)
        for checkout in self._checkouts():
            released = checkout.released_at
            if released is not None and since < released + self._unused + self._delivery <= now:
                due.setdefault(checkout.account, []).append(released)
        for account, instants in sorted(due.items()):
            for around in _spread(instants):
                self._judge.again([account], around=around)
        self._until = now
        return len(due)

    def _calls(self, since: datetime, now: datetime) -> dict[str, list[datetime]]:
        """AssumeRoot calls whose session should be there by now, by the accounts they touch."""

        def work(session: Session) -> dict[str, list[datetime]]:
            rows = (
                select(EventRow)
                .where(EventRow.name == "AssumeRoot", EventRow.instant > since - self._delivery)
                .where(EventRow.instant <= now - self._delivery)
                .order_by(EventRow.instant)
                .limit(_MOST_CALLS)
            )
            found: dict[str, list[datetime]] = {}
            for row in session.scalars(rows):
                for account in touched(read_event(document_of(row.record))):
                    found.setdefault(account, []).append(row.instant or now)
            return found

        return self._store.read(work)


def check_silence(
    store: Store, figures: Figures, *, declared: Iterable[Source], patience: Patience, running_for: float, region: str
) -> int:
    """Record what has been silent for too long; how many concerns there are.

    Args:
        store: The database.
        figures: They say whether the queue was found empty since the start.
        declared: What must be heard, beside what was heard before.
        patience: How long is too long.
        running_for: Seconds since the start.
        region: Of the queue.

    Raises:
        StoreError: When the database does not answer.
    """
    if figures.last("empty") is None and running_for < CAUGHT_UP:
        return 0
    asked = tuple(declared)
    since = store.write(lambda session: signs.started(session, store.now(session)))
    heard = store.read(lambda session: signs.expected(session, asked))
    now = store.read(store.now)
    found = silences(heard, now, since=since, patience=patience)
    if found:
        record(store, Reading(concerns=found, path=Path.WATCH, region=region))
    return len(found)


def try_parked(store: Store, rounds: Rounds, journal: Journal) -> int:
    """Try parked messages that are due; how many were worked off.

    Raises:
        RootwardenError: When the database does not answer.
    """
    done = 0
    for _ in range(_MOST_PARKED):
        message = store.write(lambda session: parking.take(session, store.now(session)))
        if message is None:
            break
        if rounds.again(message):
            store.write(partial(parking.release, name=message.id))
            journal.say(Level.INFO, "parked message worked off", message=message.id)
            done += 1
    return done


def ping(dead_man: DeadMan, figures: Figures, journal: Journal, trouble: str) -> bool:
    """Tell the dead man that all is well, if it is; whether he heard it.

    Args:
        dead_man: Who misses us.
        figures: Counts.
        journal: Tells.
        trouble: Why all is not well; empty when it is.
    """
    why = trouble or dead_man.ping()
    if why:
        journal.say(Level.WARNING, "dead man not pinged", why=why)
        return False
    figures.add(Count.PINGS)
    figures.happened("ping", time.time())
    return True


def _spread(instants: Iterable[datetime]) -> list[datetime]:
    """Instants so that each given one lies within half of what is loaded around one of them."""
    chosen: list[datetime] = []
    for each in sorted(instants):
        if not chosen or each - chosen[-1] > AROUND / 2:
            chosen.append(each)
    return chosen
