"""Refused attempts of people who are signed in, written into the log: the first at once, repeats counted together."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from rootwarden.breakglass.core.entry import AttemptRefused
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.breakglass.broker.broker import Broker

WINDOW: Final = 60.0
_MOST: Final = 1000
_LONGEST_NAME: Final = 64


class _Kind(NamedTuple):
    person: str
    attempted: str
    step: str


class Attempts:
    """What was refused since it was last written; one entry a minute for each person, attempt and step at most.

    Args:
        broker: Writes the log.
        tick: Seconds of a clock that only goes forward.
    """

    def __init__(self, broker: Broker, tick: Callable[[], float]) -> None:
        self._broker, self._tick = broker, tick
        # When a kind was last written, and how often it came since.
        self._seen: dict[_Kind, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def note(self, person: str, attempted: str, step: str) -> None:
        """Somebody tried what a step refused; trouble with writing it never changes the answer they get."""
        kind, now = _Kind(person, attempted[:_LONGEST_NAME], step), self._tick()
        with self._lock:
            when, count = self._seen.get(kind, (now - WINDOW, 0))
            due = now - when >= WINDOW
            if not due and len(self._seen) <= _MOST:
                self._seen[kind] = (when, count + 1)
                return
            self._seen = {one: told for one, told in self._seen.items() if told[1] or now - told[0] < WINDOW}
            self._seen[kind] = (now, 0)
        self._write(kind, count + 1)

    def flush(self) -> None:
        """Write what was only counted, as before a stop."""
        with self._lock:
            counted = {kind: count for kind, (_, count) in self._seen.items() if count}
            self._seen = {}
        for kind, count in counted.items():
            self._write(kind, count)

    def _write(self, kind: _Kind, count: int) -> None:
        broker = self._broker
        try:
            broker.look(
                lambda _state: broker.say(
                    AttemptRefused(
                        at=broker.now(), actor=kind.person, attempted=kind.attempted, step=kind.step, count=count
                    )
                )
            )
        except RootwardenError:
            # Who is suspended, or a log that cannot be written: the answer is a refusal either way.
            return
