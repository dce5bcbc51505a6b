"""Work done on threads a little ahead of where its results are taken, in the order it was given."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor, Future

T = TypeVar("T")
R = TypeVar("R")


def ahead(executor: Executor, function: Callable[[T], R], items: Iterable[T], *, most: int) -> Iterator[R]:
    """Apply a function to items, several at once.

    Args:
        executor: Where it runs.
        function: What runs.
        items: Read while results are taken, in the thread that takes them.
        most: How many may be begun and not taken: what bounds the memory.

    Yields:
        The results, in order of the items.
    """
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(executor.submit(function, item))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
