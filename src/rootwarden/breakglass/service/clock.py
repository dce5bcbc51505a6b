"""The trusted clock of a process: it reads, and lets `codes.clock` judge (V5)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.codes.clock import FRESH_SECONDS, Kind, Observation, Reading, Reference, Untrusted, judge
from rootwarden.breakglass.codes.clock_source import read_clocks
from rootwarden.breakglass.core.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.breakglass.core.entry import ClockAttested
    from rootwarden.breakglass.core.state import State

# An attested time is read off by a person, to the second.
ATTESTED_WITHIN: Final = 1.0
MICROSECONDS: Final = 1e6
NANOSECONDS: Final = 1e9


class TrustedClock:
    """Says what time it is, and whether that can be believed.

    Args:
        state: The replay of the log.
        reading: Reads this machine's clocks.
    """

    def __init__(self, state: Callable[[], State], *, reading: Callable[[], Reading] = read_clocks) -> None:
        self._state, self._reading = state, reading
        self._lock = threading.Lock()
        self._trusted: Reading | None = None
        self._sources: dict[tuple[str, ...], Reference] = {}

    def learn(self, reference: Reference) -> None:
        """Take somebody else's time: of a witness that signed it, or of a host."""
        with self._lock:
            self._sources[reference.names] = reference

    def host(self) -> tuple[str, int]:
        """Boot id and steady clock, for an attestation."""
        now = self._reading()
        return now.boot, int(now.steady * NANOSECONDS)

    def now(self) -> datetime:
        """The wall clock, to the second; whether it can be believed is asked with `check`."""
        return self._reading().wall.replace(microsecond=0)

    def check(self) -> float:
        """Whether the wall clock may be used for a release.

        Returns:
            By how many seconds it may be off at most.

        Raises:
            Refused: It may not (V5).
        """
        state = self._state()
        with self._lock:
            now = self._reading()
            sources = tuple(self._sources.values())
            fresh = tuple(each for each in sources if now.steady - each.at.steady <= FRESH_SECONDS)
            carried = tuple(each for each in sources if each not in fresh)
            if state.attested is not None:
                carried = (*carried, reference_of(state.attested))
            seen = Observation(
                now=now,
                newest_entry=state.newest_at if state.size else None,
                trusted=self._trusted,
                sources=fresh,
                carried=carried,
            )
            judged = judge(seen)
            if isinstance(judged, Untrusted):
                raise Refused("V5", judged.message, hint=judged.hint)
            self._trusted = now
            return judged.bound


def reference_of(entry: ClockAttested) -> Reference:
    """An attestation in the log as a reference; it counts on the host it was made on, until that starts anew."""
    return Reference(
        kind=Kind.PEOPLE,
        names=tuple(sorted(one.person for one in entry.signers)),
        instant=entry.instant,
        uncertainty=ATTESTED_WITHIN,
        at=Reading(wall=entry.read_at, steady=entry.monotonic_us / MICROSECONDS, boot=entry.boot),
    )
