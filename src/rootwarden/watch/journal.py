"""What the watcher does, as lines of JSON on stderr: for people, and for whatever gathers logs."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TextIO

from rootwarden.facts.instant import format_instant
from rootwarden.report.encoding import to_json

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST: Final = 1_000


class Level(StrEnum):
    """How much a line matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Journal:
    """Writes lines; safe to use from several threads.

    Args:
        stream: Where to; stderr if left out.
        clock: The time of a line.
    """

    def __init__(
        self, stream: TextIO | None = None, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()

    def say(self, level: Level, what: str, **more: str | float | list[str]) -> None:
        """Write a line.

        Args:
            level: How much it matters.
            what: What happened, in a few words that are always the same.
            more: Which one; long texts are cut.
        """
        told = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in more.items()}
        line = to_json({"at": format_instant(self._clock()), "level": level.value, "what": what, **told})
        stream = self._stream or sys.stderr
        with self._lock:
            try:
                stream.write(f"{line}\n")
                stream.flush()
            except (OSError, ValueError):
                # Nobody reads it any more, or the disk is full: watching goes on.
                return
