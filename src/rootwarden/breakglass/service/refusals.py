"""Refused attempts, counted first and written later, so that nobody fills the log by being refused.

Doors count in memory. Counts go to the database, which instances share and which outlives them, and from there into the
log: one entry for each person, attempt and step, and no more than a bounded number an hour.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from typing import TYPE_CHECKING, Final, NamedTuple

from rootwarden.breakglass.core.entry import SYSTEM, AttemptRefused
from rootwarden.breakglass.store import refusal_counts
from rootwarden.breakglass.store.refusal_counts import MOST_KINDS, OTHERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.store.log_store import LogStore
    from rootwarden.breakglass.store.refusal_counts import Refusals

MOST_AN_HOUR: Final = 60
_AT_ONCE: Final = 20
_HOUR: Final = 3600.0
_MOST_COUNTED: Final = 1_000_000
_STEP: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,39}")
_LONGEST: Final = 200


class _Kind(NamedTuple):
    person: str
    attempted: str
    step: str


class RefusedAttempts:
    """Counts refusals, and writes them.

    Args:
        store: Keeps the counts.
        broker: Writes the log.
        steady: Seconds of a clock that only goes forward.
    """

    def __init__(self, store: LogStore, broker: Broker, steady: Callable[[], float]) -> None:
        self._store, self._broker, self._steady = store, broker, steady
        self._lock = threading.Lock()
        self._counted: Counter[_Kind] = Counter()
        self._written: deque[float] = deque()

    def note(self, person: str, attempted: str, step: str) -> None:
        """Count one; costs a little memory, of which there is a bound, and never fails.

        Args:
            person: Who tried, as far as the door knows; nobody it knows: empty.
            attempted: What.
            step: What refused it.
        """
        step = step if _STEP.fullmatch(step) else OTHERS
        kind = _Kind(person or SYSTEM, attempted[:_LONGEST], step)
        with self._lock:
            known = kind in self._counted or len(self._counted) < MOST_KINDS
            self._counted[kind if known else _Kind(SYSTEM, OTHERS, OTHERS)] += 1

    def flush(self) -> None:
        """Put what was counted into the database.

        Raises:
            StoreError: It cannot; nothing is lost.
        """
        with self._lock:
            counted, self._counted = self._counted, Counter()

        def add(session: Session) -> None:
            for kind, times in counted.items():
                refusal_counts.count(session, **kind._asdict(), times=times)

        if not counted:
            return
        try:
            self._store.database.write(add)
        except BaseException:
            with self._lock:
                self._counted.update(counted)
            raise

    def write(self) -> None:
        """Write what the database has counted into the log, the most frequent first, as far as this hour allows.

        Raises:
            Refused: The log takes nothing now.
            StoreError: The database cannot.
        """
        state, room = self._broker.state(), self._room()
        if not state.size or not room:
            return
        waiting = self._store.database.read(refusal_counts.counted)
        batch = sorted(waiting, key=lambda one: -one.count)[: min(room, _AT_ONCE)]
        if not batch:
            return
        at = self._broker.now()
        entries = [
            AttemptRefused(
                at=at,
                actor=_actor(state, one),
                attempted=_attempted(state, one),
                step=one.step,
                count=min(one.count, _MOST_COUNTED),
            )
            for one in batch
        ]
        self._broker.write(*entries, beside=lambda session: refusal_counts.written(session, batch))
        self._written.extend([self._steady()] * len(batch))

    def _room(self) -> int:
        while self._written and self._steady() - self._written[0] >= _HOUR:
            self._written.popleft()
        return MOST_AN_HOUR - len(self._written)


def _actor(state: State, one: Refusals) -> str:
    """Who is suspended, or nobody here, writes no entry; the broker says it of them."""
    standing = state.people.get(one.person)
    return one.person if standing is not None and not standing.suspended else SYSTEM


def _attempted(state: State, one: Refusals) -> str:
    told = one.person in (SYSTEM, _actor(state, one))
    return one.attempted if told else f"{one.attempted} as {one.person}"
