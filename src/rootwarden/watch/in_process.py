"""A queue and a bucket in memory that behave as SQS and S3 do: for tests, benchmarks and demonstrations."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING

import msgspec

from rootwarden.errors import UsageError
from rootwarden.watch.queue import MOST_AT_ONCE, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO


class _Lying(msgspec.Struct, kw_only=True):
    """A message in the queue, and when it may be taken."""

    body: str
    sent_at: int
    visible_at: float
    receives: int = 0
    receipt: str = ""


class InProcessQueue:
    """At least once: what is taken and not deleted comes back.

    Args:
        visibility: Seconds a message that was taken stays away.
        clock: A clock that never goes back, in seconds.
    """

    def __init__(self, *, visibility: float = 300.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._visibility = visibility
        self._clock = clock
        self._changed = threading.Condition()
        self._lying: dict[str, _Lying] = {}
        self._numbers = itertools.count(1)

    def send(self, body: str) -> str:
        """Put a message in; its id."""
        with self._changed:
            number = f"message-{next(self._numbers)}"
            self._lying[number] = _Lying(body=body, sent_at=int(time.time() * 1000), visible_at=self._clock())
            self._changed.notify()
        return number

    def receive(self, wait: int) -> tuple[Message, ...]:
        """Take up to ten messages; wait for the first so many seconds."""
        until = self._clock() + wait
        with self._changed:
            while not (taken := self._take()):
                left = min(until, self._next()) - self._clock()
                if until <= self._clock():
                    break
                self._changed.wait(max(0.0, left))
            return taken

    def hold(self, messages: Sequence[Message], seconds: int) -> None:
        """Keep others from taking messages for so many seconds from now on."""
        with self._changed:
            for message in messages:
                lying = self._lying.get(message.id)
                if lying is not None and lying.receipt == message.receipt:
                    lying.visible_at = self._clock() + seconds
            self._changed.notify_all()

    def delete(self, messages: Sequence[Message]) -> int:
        """Delete messages; none fails."""
        with self._changed:
            for message in messages:
                self._lying.pop(message.id, None)
        return 0

    def left(self) -> int:
        """How many there are, taken ones too."""
        with self._changed:
            return len(self._lying)

    def _take(self) -> tuple[Message, ...]:
        now = self._clock()
        free = (name for name, lying in self._lying.items() if lying.visible_at <= now)
        return tuple(self._taken(name, now) for name in list(itertools.islice(free, MOST_AT_ONCE)))

    def _taken(self, name: str, now: float) -> Message:
        lying = self._lying[name]
        lying.receives += 1
        lying.receipt, lying.visible_at = f"{name}/{lying.receives}", now + self._visibility
        return Message(id=name, body=lying.body, receipt=lying.receipt, receives=lying.receives, sent_at=lying.sent_at)

    def _next(self) -> float:
        """When the next message may be taken, as far as is known."""
        return min((lying.visible_at for lying in self._lying.values()), default=float("inf"))


class InProcessBucket:
    """Objects by key."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get(self, name: str, into: BinaryIO) -> None:
        """Copy an object into a file.

        Raises:
            UsageError: It is not there.
        """
        if name not in self.objects:
            raise UsageError(f"`{name}` cannot be read: NoSuchKey")
        into.write(self.objects[name])
