"""The second reading: log files that were read before an identity was known to be root's creature, read for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.reading import Path
from rootwarden.detect.visits.interest import Interest
from rootwarden.watch.figures import Count
from rootwarden.watch.journal import Level
from rootwarden.watch.judging import Arrival
from rootwarden.watch.messages import Object
from rootwarden.watch.suspects import to_reread, was_reread
from rootwarden.watch.troubles import Found, Trouble, concerns

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.alert.store.database import Store
    from rootwarden.detect.visits.event import Event
    from rootwarden.watch.figures import Figures
    from rootwarden.watch.interests import Looking
    from rootwarden.watch.journal import Journal
    from rootwarden.watch.judging import Judge
    from rootwarden.watch.log_files import LogFiles, ReadFile
    from rootwarden.watch.suspects import Reread

_READERS: Final = 4
_NOTHING: Final = Interest(calls=frozenset())


class Rereading:
    """Reads again what suspects make necessary.

    Args:
        store: The database.
        judge: Judges and keeps what was found.
        files: Reads log files.
        looking: What is looked for, without suspects.
        figures: Counts.
        journal: Tells.
        region: Of the queue.
    """

    def __init__(
        self,
        store: Store,
        judge: Judge,
        files: LogFiles,
        *,
        looking: Looking,
        figures: Figures,
        journal: Journal,
        region: str,
    ) -> None:
        self._store = store
        self._judge = judge
        self._files = files
        self._looking = looking
        self._figures = figures
        self._journal = journal
        self._region = region

    def once(self) -> bool:
        """Make the next second reading that is due; whether there was one.

        Raises:
            StoreError: When the database does not answer; the reading is made again then.
        """
        due = self._store.read(lambda session: to_reread(session, self._store.now(session)))
        if due is None:
            return False
        looking = msgspec.structs.replace(self._looking, always=_NOTHING, suspects=(due.suspect,))
        with ThreadPoolExecutor(max_workers=_READERS, thread_name_prefix="reread") as pool:
            read = list(pool.map(lambda name: self._read(name, looking, due.through), due.names))
        self._figures.add(Count.REREAD, len(read))
        troubles = [each.found for each in read if each.found is not None and each.comes_again]
        if due.more:
            why = f"there are more than {len(due.names):,} log files"
            troubles.append(Found(trouble=Trouble.NOT_REREAD, where=due.suspect.name, why=why))
        self._conclude(due, [event for each in read for event in each.events], troubles)
        return True

    def _read(self, name: str, looking: Looking, now: datetime) -> ReadFile:
        bucket, _, key = name.removeprefix("s3://").partition("/")

        def part(events: tuple[Event, ...]) -> None:
            self._judge.take(self._arrival(looking.sort(events).kept, now))

        read = self._files.read(Object(bucket=bucket, key=key), looking.interest(), part)
        return msgspec.structs.replace(read, events=looking.sort(read.events).kept)

    def _conclude(self, due: Reread, events: list[Event], troubles: list[Found]) -> None:
        """Keep what was found, and that it was looked for: what cannot be read now was read before, and is said."""
        found = [Found(trouble=Trouble.NOT_REREAD, where=each.where, why=each.why) for each in troubles]
        arrival = msgspec.structs.replace(
            self._arrival(tuple(events), due.through),
            concerns=concerns(found, due.through),
            beside=lambda session, _now: was_reread(session, due),
        )
        self._judge.take(arrival)
        suspect = f"{due.suspect.sort} {due.suspect.name} of {due.suspect.account}"
        self._journal.say(Level.INFO, "read again", suspect=suspect, files=len(due.names), events=len(events))

    def _arrival(self, events: tuple[Event, ...], now: datetime) -> Arrival:
        return Arrival(events=events, path=Path.S3, region=self._region, seen_at=now)
