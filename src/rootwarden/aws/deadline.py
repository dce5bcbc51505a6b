"""A time limit that sleeping respects, and that Ctrl-C ends at once."""

from __future__ import annotations

import threading
import time


class TimeUp(Exception):  # noqa: N818 - it is control flow between aws/ and collect/, never an error for people
    """The time limit is used up, or the run was stopped."""


class Deadline:
    """What is left of a time limit.

    Args:
        seconds: The limit, from now.
        stop: Set by Ctrl-C; every pause ends when it is set.
    """

    def __init__(self, seconds: float, stop: threading.Event | None = None) -> None:
        self._end = time.monotonic() + seconds
        self._stop = stop or threading.Event()
        self.seconds = seconds

    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._end - time.monotonic())

    def over(self) -> bool:
        """True when the limit is used up or the run was stopped."""
        return self._stop.is_set() or time.monotonic() >= self._end

    def check(self) -> None:
        """Raise when there is no time left.

        Raises:
            TimeUp: The limit is used up, or the run was stopped.
        """
        if self.over():
            raise TimeUp

    def pause(self, seconds: float) -> None:
        """Sleep, but not past the limit.

        Raises:
            TimeUp: When the pause would end after the limit, or the run was stopped while sleeping.
        """
        if time.monotonic() + seconds >= self._end or self._stop.wait(seconds):
            raise TimeUp
