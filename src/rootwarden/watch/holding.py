"""Messages held while they are worked on, however long it takes."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rootwarden.watch.queue import Message, Queue

# Before the shortest time queues are usually set to (30 s) is over.
FIRST_AFTER: Final = 10.0


@contextmanager
def held(
    queue: Queue,
    messages: Sequence[Message],
    *,
    seconds: int,
    failed: Callable[[RootwardenError], None],
    first_after: float = FIRST_AFTER,
) -> Iterator[None]:
    """Keep others from taking messages while the block runs.

    Args:
        queue: Where they came from.
        messages: Which.
        seconds: For how long they are held each time; renewed after a third of it.
        failed: Hears when they could not be held: they may come to another watcher too, which is safe.
        first_after: Seconds until they are held for the first time.
    """
    done = threading.Event()

    def hold() -> None:
        pause = first_after
        while not done.wait(pause):
            try:
                queue.hold(messages, seconds)
            except RootwardenError as error:
                failed(error)
            pause = seconds / 3

    thread = threading.Thread(target=hold, name="hold", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
