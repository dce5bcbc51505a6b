"""The watcher as a service: rounds for ever, chores and deliveries beside them, and a stop that loses nothing.

When the database does not answer, nothing is taken from the queue: each taking counts, and after too many of them SQS
puts a message among its dead letters.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.reading import Path, Reading
from rootwarden.alert.store.recording import record
from rootwarden.errors import InternalError, RootwardenError, StoreError
from rootwarden.watch import chores, signs
from rootwarden.watch.figures import Count
from rootwarden.watch.journal import Level
from rootwarden.watch.silence import Patience, Source
from rootwarden.watch.troubles import Found, Trouble, concerns

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.alert.store.database import Store
    from rootwarden.watch.dead_man import DeadMan
    from rootwarden.watch.figures import Figures
    from rootwarden.watch.journal import Journal
    from rootwarden.watch.rereading import Rereading
    from rootwarden.watch.rounds import Rounds

# A round this long means a thread that hangs: a restart is asked for, and the messages come again.
LONGEST_ROUND: Final = 1800.0
# So long a queue may not answer before it is told: the network comes and goes.
UNREACHABLE_AFTER: Final = 120.0
_LONGEST_WAIT: Final = 30.0
_TICK: Final = 1.0


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds between two times of each chore.

    Attributes:
        due: What only time decides.
        silence: Who was not heard.
        reread: Second readings.
        parked: Parked messages.
        ping: The dead man.
    """

    due: float = 60.0
    silence: float = 60.0
    reread: float = 10.0
    parked: float = 60.0
    ping: float = 60.0


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How the service behaves.

    Attributes:
        wait: Seconds to wait for messages at a time: so long a stop may take, at most 20.
        region: Of the queue.
        queue: What people call it.
        declared: What must be heard, beside what was heard before.
        patience: How long each sign of life may be missing.
        schedule: Of the chores.
        until_empty: Stop when there is nothing more to take.
    """

    wait: int = 10
    region: str = ""
    queue: str = "the queue"
    declared: tuple[Source, ...] = ()
    patience: Patience = Patience()
    schedule: Schedule = Schedule()
    until_empty: bool = False


class Service:
    """A watcher.

    Args:
        store: The database.
        rounds: Works off messages.
        due: Judges again what only time decides.
        rereading: Reads again what suspects make necessary.
        figures: Counts.
        journal: Tells.
        manners: How it behaves.
        dead_man: Who is pinged; `None` for nobody.
    """

    def __init__(
        self,
        store: Store,
        rounds: Rounds,
        due: chores.Due,
        rereading: Rereading,
        *,
        figures: Figures,
        journal: Journal,
        manners: Manners,
        dead_man: DeadMan | None = None,
    ) -> None:
        self._store = store
        self._rounds = rounds
        self._due = due
        self._rereading = rereading
        self._figures = figures
        self._journal = journal
        self._manners = manners
        self._dead_man = dead_man
        self._began = time.monotonic()
        self._working_since: float | None = None
        self._trouble = "it has not asked the queue yet"
        self._failing_since: float | None = None
        # Chores that a bug ended the last time they were done: without them the watch is none.
        self._broken: dict[str, str] = {}

    def alive(self) -> str:
        """Why a restart is needed; empty while it is not."""
        since = self._working_since
        if since is not None and time.monotonic() - since > LONGEST_ROUND:
            return "a round does not end"
        return ""

    def ready(self) -> str:
        """Why it cannot work just now; empty while it can."""
        return self.alive() or next(iter(self._broken.copy().values()), "") or self._trouble

    def forever(self, stop: threading.Event) -> None:
        """Work until `stop` is set; what was taken by then is worked off.

        Raises:
            RootwardenError: When the database cannot be written at the very start.
        """
        self._store.write(lambda session: signs.started(session, self._store.now(session)))
        threads = [
            threading.Thread(target=self._repeat, args=(name, work, pause, stop), name=name)
            for name, work, pause in self._chores()
        ]
        for each in threads:
            each.start()
        try:
            self._make_rounds(stop)
        finally:
            stop.set()
            for each in threads:
                each.join()
            self._rounds.close()

    def chore(self, work: Callable[[], object], name: str) -> None:
        """Do one chore; what goes wrong is told, and it is done again next time."""
        try:
            work()
        except RootwardenError as error:
            self._figures.add(Count.FAILURES)
            self._journal.say(Level.ERROR, "chore failed", chore=name, why=error.message)
        except Exception as error:  # noqa: BLE001 - a bug in one chore must not end the watch
            self._figures.add(Count.FAILURES)
            said = f"this looks like a bug: {type(error).__name__}"
            self._broken[name] = f"the chore `{name}` fails: {said}"
            self._journal.say(Level.ERROR, said, chore=name)
        else:
            self._broken.pop(name, None)

    def _chores(self) -> list[tuple[str, Callable[[], object], float]]:
        each = self._manners.schedule
        listed: list[tuple[str, Callable[[], object], float]] = [
            ("due", self._due.once, each.due),
            ("silence", self._check_silence, each.silence),
            ("reread", self._reread, each.reread),
            ("parked", partial(chores.try_parked, self._store, self._rounds, self._journal), each.parked),
        ]
        if self._dead_man is not None:
            ping = partial(chores.ping, self._dead_man, self._figures, self._journal)
            listed.append(("ping", lambda: ping(self.ready()), each.ping))
        return listed

    def _repeat(self, name: str, work: Callable[[], object], pause: float, stop: threading.Event) -> None:
        while not stop.wait(min(pause, _TICK)):
            self.chore(work, name)
            if stop.wait(max(0.0, pause - _TICK)):
                return

    def _make_rounds(self, stop: threading.Event) -> None:
        wait = _TICK
        while not stop.is_set():
            self._working_since = time.monotonic()
            try:
                self._can_write()
                came = self._rounds.once(0 if self._manners.until_empty else self._manners.wait)
            except Exception as error:  # noqa: BLE001 - a bug must not end the watch, nor pass for health; what came comes again
                self._failed(error if isinstance(error, RootwardenError) else _bug(error))
                stop.wait(wait)
                wait = min(2 * wait, _LONGEST_WAIT)
                continue
            finally:
                self._working_since = None
            wait, self._trouble, self._failing_since = _TICK, "", None
            if self._manners.until_empty and not came:
                return

    def _can_write(self) -> None:
        """After trouble with the database: see whether it takes something before messages are taken."""
        if self._trouble:
            self._store.write(lambda session: signs.started(session, self._store.now(session)))

    def _failed(self, error: RootwardenError) -> None:
        self._figures.add(Count.FAILURES)
        self._trouble = error.message
        self._journal.say(Level.ERROR, "round failed", why=error.message, hint=error.hint)
        if isinstance(error, StoreError):
            return
        self._failing_since = self._failing_since or time.monotonic()
        if time.monotonic() - self._failing_since >= UNREACHABLE_AFTER:
            self.chore(partial(self._tell_queue, error.message), "tell")

    def _tell_queue(self, why: str) -> None:
        now = self._store.read(self._store.now)
        found = concerns([Found(trouble=Trouble.QUEUE, where=self._manners.queue, why=why)], now)
        record(self._store, Reading(concerns=found, path=Path.WATCH, region=self._manners.region))

    def _check_silence(self) -> int:
        return chores.check_silence(
            self._store,
            self._figures,
            declared=self._manners.declared,
            patience=self._manners.patience,
            running_for=time.monotonic() - self._began,
            region=self._manners.region,
        )

    def _reread(self) -> None:
        while self._rereading.once():
            pass


def _bug(error: Exception) -> InternalError:
    return InternalError(f"this looks like a bug: {type(error).__name__}", hint="report it with the lines above")
