"""How fast one account may be asked: slower after every throttle, faster again with every answer.

AWS counts calls per account and API, so one throttled account must not slow the others down: each account whose quota
is charged has a pace of its own.
"""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

from rootwarden.aws.deadline import TimeUp

if TYPE_CHECKING:
    from rootwarden.aws.deadline import Deadline

FIRST_GAP = 0.05
LARGEST_GAP = 2.0
LONGEST_PAUSE = 5.0
MOST_ATTEMPTS = 8


class Pace:
    """Gap between the calls charged to one account, shared by all threads that make them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gap = 0.0
        self._next = 0.0

    def wait(self, deadline: Deadline) -> None:
        """Wait for this call's turn.

        Raises:
            TimeUp: When the turn would come after the deadline, or the run was stopped.
        """
        with self._lock:
            if not self._gap:
                return
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap * random.uniform(0.8, 1.2)  # noqa: S311 - spreads calls, hides nothing
        deadline.pause(turn - now)

    def answered(self) -> None:
        """The call was answered: the gap shrinks by a tenth, to nothing in the end."""
        if self._gap:
            with self._lock:
                self._gap = self._gap * 0.9 if self._gap > FIRST_GAP / 4 else 0.0

    def slow_down(self, attempt: int, deadline: Deadline) -> None:
        """The call was throttled: double the gap and back off (exponential, with full jitter).

        Raises:
            TimeUp: When there is no time left to try again.
        """
        with self._lock:
            self._gap = min(max(self._gap * 2, FIRST_GAP), LARGEST_GAP)
        longest = min(FIRST_GAP * 2**attempt, LONGEST_PAUSE)
        deadline.pause(random.uniform(0, longest))  # noqa: S311 - spreads retries, guards nothing


__all__ = ["MOST_ATTEMPTS", "Pace", "TimeUp"]
