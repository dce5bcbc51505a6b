"""What the watcher counts of itself, in the Prometheus text format.

Follows *Exposition formats* of the Prometheus documentation, version 0.0.4. Counters begin at zero with the process;
an instant that never was is no sample at all, rather than a zero.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from enum import StrEnum
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
# Seconds from an event's own time until it was seen: from a second (EventBridge) to an hour (late files).
DELAYS: Final = (1.0, 5.0, 15.0, 60.0, 300.0, 600.0, 900.0, 3600.0)


class Count(StrEnum):
    """What is counted; the value is the metric's name without its prefix and ending."""

    RECEIVED = "messages_received"
    DELETED = "messages_deleted"
    PARKED = "messages_parked"
    PASSED_OVER = "messages_passed_over"
    OBJECTS = "objects_read"
    UNREADABLE = "objects_unreadable"
    EVENTS = "events_read"
    ROOT_EVENTS = "root_events"
    FINDINGS = "findings"
    REREAD = "objects_reread"
    PINGS = "dead_man_pings"
    FAILURES = "failures"


_HELP: Final = {
    Count.RECEIVED: "Messages taken from the queue.",
    Count.DELETED: "Messages deleted after what they said was kept.",
    Count.PARKED: "Messages that could not be worked off, kept in the database.",
    Count.PASSED_OVER: "Messages that say nothing new.",
    Count.OBJECTS: "Log files read.",
    Count.UNREADABLE: "Log files that could not be read, or not to their end.",
    Count.EVENTS: "Events read, about: files without anything of interest are judged by their beginning.",
    Count.ROOT_EVENTS: "Events kept: root, or somebody on the way to it.",
    Count.FINDINGS: "Incidents and concerns that are new, or became more severe.",
    Count.REREAD: "Log files read again for what an identity made by root did.",
    Count.PINGS: "Pings the dead man's address took.",
    Count.FAILURES: "Rounds that failed and are tried again.",
}


class Figures:
    """Counters and instants of one watcher; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(Count, 0)
        self._instants: dict[str, float] = {}
        self._delays = [0] * (len(DELAYS) + 1)
        self._delay_sum = 0.0

    def add(self, count: Count, number: int = 1) -> None:
        """Count something."""
        with self._lock:
            self._counts[count] += number

    def happened(self, name: str, at: float) -> None:
        """Note when something last happened, in seconds since 1970.

        Args:
            name: `round`, `message`, `event`, …: a metric's name without its prefix and ending.
            at: When.
        """
        with self._lock:
            self._instants[name] = at

    def seen_after(self, seconds: float) -> None:
        """Note how long after its own time an event was seen; a clock that is behind counts as no time."""
        with self._lock:
            waited = max(0.0, seconds)
            self._delays[bisect_left(DELAYS, waited)] += 1
            self._delay_sum += waited

    def last(self, name: str) -> float | None:
        """When something last happened; `None` if it never did."""
        with self._lock:
            return self._instants.get(name)

    def total(self, count: Count) -> int:
        """How often something was counted."""
        with self._lock:
            return self._counts[count]

    def exposition(self) -> str:
        """All of it as Prometheus reads it; ends with a newline."""
        with self._lock:
            lines = [line for count, number in self._counts.items() for line in _counter(count, number)]
            for name, at in sorted(self._instants.items()):
                metric = f"rootwarden_watch_last_{name}_timestamp_seconds"
                lines += [f"# HELP {metric} When the last {name} was.", f"# TYPE {metric} gauge", f"{metric} {at:.3f}"]
            lines += self._histogram()
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        metric = "rootwarden_watch_seen_after_seconds"
        lines = [f"# HELP {metric} From an event's own time until it was seen.", f"# TYPE {metric} histogram"]
        total = 0
        for bound, number in zip((*(f"{each:g}" for each in DELAYS), "+Inf"), self._delays, strict=True):
            total += number
            lines.append(f'{metric}_bucket{{le="{bound}"}} {total}')
        return [*lines, f"{metric}_sum {self._delay_sum:.3f}", f"{metric}_count {total}"]


def _counter(count: Count, number: int) -> list[str]:
    metric = f"rootwarden_watch_{count.value}_total"
    return [f"# HELP {metric} {_HELP[count]}", f"# TYPE {metric} counter", f"{metric} {number}"]
