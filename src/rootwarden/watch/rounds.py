"""One round: messages taken, log files read, everything kept in a transaction, and only then messages deleted.

Whatever happens between two steps, a message that was not deleted comes again, and doing it again changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.reading import Path
from rootwarden.errors import RootwardenError
from rootwarden.watch import parking, signs, suspects
from rootwarden.watch.figures import Count
from rootwarden.watch.holding import held
from rootwarden.watch.journal import Level
from rootwarden.watch.judging import Arrival
from rootwarden.watch.log_files import as_read
from rootwarden.watch.opening import Opened, newest, opened
from rootwarden.watch.queue import Message
from rootwarden.watch.silence import Patience, Sign, Source
from rootwarden.watch.troubles import Found, Trouble, concerns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from rootwarden.alert.reading import ReadObject
    from rootwarden.alert.store.database import Store
    from rootwarden.detect.visits.event import Event
    from rootwarden.watch.figures import Figures
    from rootwarden.watch.interests import Looking
    from rootwarden.watch.journal import Journal
    from rootwarden.watch.judging import Judge
    from rootwarden.watch.log_files import LogFiles, ReadFile
    from rootwarden.watch.messages import Object
    from rootwarden.watch.queue import Queue

VISIBILITY: Final = 300
READERS: Final = 8
# A message nobody understands, or whose log file cannot be read, is parked when it comes for this time.
PARKED_AT: Final = 4
# One that was taken so often and never worked off may be what kills the watcher: it is not opened again here.
UNFINISHED_AT: Final = 8
_WAITS: Final = (30, 60, 240)
_ANYTHING: Final = Source(Sign.ANYTHING)


class Step(StrEnum):
    """Where a round is; tests kill the watcher between any two."""

    RECEIVED = "received"
    READ = "read"
    WRITTEN = "written"
    COMMITTED = "committed"
    DELETED = "deleted"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How rounds are made.

    Attributes:
        region: Of the queue, for the figures of alerts.
        visibility: Seconds messages are held each time.
        readers: How many log files are read at once.
        patience: How long each sign of life may be missing.
        step: Is told where the round is.
        clock: The time here.
    """

    region: str = ""
    visibility: int = VISIBILITY
    readers: int = READERS
    patience: Patience = Patience()
    step: Callable[[Step], None] = lambda _: None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What one message came to.

    Attributes:
        opened: The message.
        parked: Why it is parked; `None` when it is not.
        again: It stays in the queue, and comes again.
    """

    opened: Opened
    parked: parking.Parked | None = None
    again: bool = False


class Rounds:
    """Works off messages.

    Args:
        queue: Where they come from.
        files: Reads log files.
        judge: Judges and keeps what was read.
        store: The database, for what is kept beside.
        looking: What is looked for, without suspects.
        figures: Counts.
        journal: Tells.
        options: How.
    """

    def __init__(
        self,
        queue: Queue,
        files: LogFiles,
        judge: Judge,
        store: Store,
        *,
        looking: Looking,
        figures: Figures,
        journal: Journal,
        options: Options,
    ) -> None:
        self._queue = queue
        self._files = files
        self._judge = judge
        self._store = store
        self._looking = looking
        self._figures = figures
        self._journal = journal
        self._options = options
        self._pool = ThreadPoolExecutor(max_workers=options.readers, thread_name_prefix="read")

    def close(self) -> None:
        """Let the readers go."""
        self._pool.shutdown()

    def once(self, wait: int) -> int:
        """Take messages and work them off.

        Args:
            wait: Seconds to wait for the first.

        Returns:
            How many came.

        Raises:
            RootwardenError: When the queue or the database does not answer; what came stays in the queue.
        """
        messages = self._queue.receive(wait)
        self._figures.happened("receive", time.time())
        if not messages:
            self._figures.happened("empty", time.time())
            return 0
        self._figures.add(Count.RECEIVED, len(messages))
        self._figures.happened("message", time.time())
        self._options.step(Step.RECEIVED)
        with held(self._queue, messages, seconds=self._options.visibility, failed=self._not_held):
            done = self._worked_off(messages)
            self._options.step(Step.COMMITTED)
            failed = self._queue.delete(done) if done else 0
        self._figures.add(Count.DELETED, len(done) - failed)
        self._options.step(Step.DELETED)
        self._figures.happened("round", time.time())
        return len(messages)

    def again(self, parked: parking.Parked) -> bool:
        """Try a parked message again; whether it was worked off.

        Raises:
            RootwardenError: When the database does not answer.
        """
        message = _as_message(parked)
        kept = self._keep([message], since=parked.parked_at)
        return not any(each.parked or each.again for each in kept)

    def _worked_off(self, messages: Sequence[Message]) -> list[Message]:
        """Those that may be deleted now. One that breaks us must not hold up the rest."""
        try:
            return self._done(self._keep(messages))
        except RootwardenError:
            raise
        except Exception as error:  # noqa: BLE001 - our bug, met by a record; each by itself, so that one alone fails
            self._broken(error, messages)
        done: list[Message] = []
        for message in messages if len(messages) > 1 else ():
            try:
                done += self._done(self._keep([message]))
            except RootwardenError:
                raise
            except Exception as error:  # noqa: BLE001 - it comes again, and is parked when it came too often
                self._broken(error, [message])
        return done

    def _broken(self, error: Exception, messages: Sequence[Message]) -> None:
        self._figures.add(Count.FAILURES)
        what = f"this looks like a bug: {type(error).__name__}"
        self._journal.say(Level.ERROR, what, messages=[each.id for each in messages])

    def _done(self, kept: Iterable[Kept]) -> list[Message]:
        """Messages to delete; those that come again are put off."""
        done = []
        for each in kept:
            message = each.opened.message
            if not each.again:
                done.append(message)
                continue
            seconds = _WAITS[min(message.receives, len(_WAITS)) - 1]
            try:
                self._queue.hold([message], seconds)
            except RootwardenError as error:
                self._not_held(error)
        return done

    def _keep(self, messages: Sequence[Message], *, since: datetime | None = None) -> list[Kept]:
        """Read what messages name, and commit all of it.

        Args:
            messages: Which.
            since: They were parked at that time; `None` for those from the queue.
        """
        now = self._options.clock()
        looking = self._look(now)
        open_ = [self._open(each, looking, now, parked=since is not None) for each in messages]
        read = self._read(open_, looking, now)
        self._options.step(Step.READ)
        kept = self._with_room([self._judged(each, read, now, parked=since is not None) for each in open_])
        self._commit(kept, read, now, looking)
        self._tell(kept, read)
        return kept

    def _look(self, now: datetime) -> Looking:
        found = self._store.read(lambda session: suspects.current(session, now))
        return msgspec.structs.replace(self._looking, suspects=found)

    def _open(self, message: Message, looking: Looking, now: datetime, *, parked: bool) -> Opened:
        if message.receives >= UNFINISHED_AT and not parked:
            why = f"it came {message.receives} times"
            return Opened(message=message, found=Found(trouble=Trouble.UNFINISHED, where=message.id, why=why))
        return opened(message, looking, now)

    def _read(self, messages: Iterable[Opened], looking: Looking, now: datetime) -> dict[Object, ReadFile]:
        """Every log file that was not read before, read; several at once."""
        asked = list(dict.fromkeys(item for each in messages for item in each.objects))
        if not asked:
            return {}
        known = self._judge.known([as_read(item) for item in asked])
        fresh = [item for item in asked if as_read(item) not in known]
        interest = looking.interest()

        def read(item: Object) -> ReadFile:
            def part(events: tuple[Event, ...]) -> None:
                self._judge.take(self._arrival(looking, events, now, Path.S3))

            return self._files.read(item, interest, part)

        return dict(zip(fresh, self._pool.map(read, fresh), strict=True))

    def _judged(self, each: Opened, read: dict[Object, ReadFile], now: datetime, *, parked: bool) -> Kept:
        """Whether a message is done, comes again, or is parked."""
        found = [read[item].found for item in each.objects if item in read and read[item].comes_again]
        trouble = each.found or next((one for one in found if one is not None), None)
        if trouble is None:
            return Kept(opened=each)
        if parked:
            return Kept(opened=each, again=True)
        if each.message.receives < PARKED_AT:
            return Kept(opened=each, again=True)
        kinds = {Trouble.NOT_UNDERSTOOD: parking.Kind.STRANGE, Trouble.UNFINISHED: parking.Kind.UNFINISHED}
        return Kept(
            opened=each,
            parked=parking.Parked(
                id=each.message.id,
                kind=kinds.get(trouble.trouble, parking.Kind.UNREAD),
                body=each.message.body,
                reason=trouble.why,
                parked_at=now,
            ),
        )

    def _with_room(self, kept: list[Kept]) -> list[Kept]:
        """When there is no room to park more, messages stay in the queue, and end with its dead letters."""
        if not any(each.parked for each in kept) or not self._store.read(parking.is_full):
            return kept
        self._journal.say(Level.ERROR, "no room to park more messages")
        return [msgspec.structs.replace(each, parked=None, again=True) if each.parked else each for each in kept]

    def _commit(self, kept: Sequence[Kept], read: dict[Object, ReadFile], now: datetime, looking: Looking) -> None:
        """Keep everything: what came whole, what was read, what went wrong, what was heard."""
        events = tuple(event for each in kept for event in each.opened.events)
        if events:
            self._take(Arrival(events=events, path=Path.EVENTBRIDGE, region=self._options.region, seen_at=now))
        sorts = [(each, looking.sort(each.events)) for each in read.values()]
        heard = [pair for each in kept for pair in each.opened.heard]
        heard += [(signs.of_canary(one), min(now, one.instant or now)) for _, sort in sorts for one in sort.canaries]
        heard.append((_ANYTHING, now))
        arrival = Arrival(
            events=tuple(event for _, sort in sorts for event in sort.kept),
            objects=_whole(read.values()),
            concerns=concerns(_told(kept, read), now),
            path=Path.S3,
            region=self._options.region,
            seen_at=now,
            beside=self._beside(kept, newest(heard)),
        )
        self._take(arrival)

    def _take(self, arrival: Arrival) -> None:
        recorded = self._judge.take(arrival).recorded
        self._figures.add(Count.ROOT_EVENTS, len(arrival.events))
        self._figures.add(Count.FINDINGS, len(recorded.opened) + len(recorded.risen))
        for event in arrival.events:
            if event.instant is not None:
                self._figures.seen_after((arrival.seen_at - event.instant).total_seconds())
        for name in recorded.opened:
            self._journal.say(Level.WARNING, "new finding", finding=name)
        for name in recorded.risen:
            self._journal.say(Level.WARNING, "finding more severe", finding=name)

    def _beside(self, kept: Sequence[Kept], heard: dict[Source, datetime]) -> Callable[[Session, datetime], None]:
        parked = [each.parked for each in kept if each.parked is not None]

        def keep(session: Session, now: datetime) -> None:
            for each in parked:
                parking.park(session, each)
            signs.note(session, {source: min(at, now) for source, at in heard.items()}, self._options.patience)

        return keep

    def _arrival(self, looking: Looking, events: tuple[Event, ...], now: datetime, path: Path) -> Arrival:
        return Arrival(events=looking.sort(events).kept, path=path, region=self._options.region, seen_at=now)

    def _tell(self, kept: Sequence[Kept], read: dict[Object, ReadFile]) -> None:
        add = self._figures.add
        add(Count.OBJECTS, sum(each.found is None for each in read.values()))
        add(Count.UNREADABLE, sum(each.found is not None for each in read.values()))
        add(Count.EVENTS, sum(each.records for each in read.values()) + sum(each.opened.records for each in kept))
        add(Count.PARKED, sum(each.parked is not None for each in kept))
        add(Count.PASSED_OVER, sum(each.opened.is_idle for each in kept))
        for file in read.values():
            if file.found is not None:
                self._journal.say(Level.WARNING, file.found.trouble.value, where=file.found.where, why=file.found.why)
        for each in kept:
            if each.parked is not None:
                self._journal.say(Level.ERROR, "message parked", message=each.parked.id, why=each.parked.reason)
            elif each.opened.found is not None:
                why = each.opened.found.why
                self._journal.say(Level.WARNING, "message not understood", message=each.opened.message.id, why=why)

    def _not_held(self, error: RootwardenError) -> None:
        self._journal.say(Level.WARNING, "messages not held", why=error.message)


def _whole(read: Iterable[ReadFile]) -> tuple[ReadObject, ...]:
    return tuple(as_read(each.object, each.wanted) for each in read if each.found is None)


def _told(kept: Iterable[Kept], read: dict[Object, ReadFile]) -> list[Found]:
    """What is worth a concern now: a refusal and what is unreadable at once, the rest when it is parked."""
    found = [each.found for each in read.values() if each.found is not None]
    at_once = [one for one in found if one.trouble in (Trouble.DENIED, Trouble.UNREADABLE)]
    given_up = [
        one
        for each in kept
        if each.parked is not None
        for one in (each.opened.found, *(read[item].found for item in each.opened.objects if item in read))
        if one is not None and one not in at_once
    ]
    return at_once + given_up


def _as_message(parked: parking.Parked) -> Message:
    return Message(id=parked.id, body=parked.body, receipt="")
