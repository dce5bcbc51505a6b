"""A few threads that work on many accounts, and never wait for one that waits.

A task is a generator: it yields the seconds it wants to be left alone for (a credential report being made), and the
thread takes another task meanwhile. Results come in the order tasks end.
"""

from __future__ import annotations

import heapq
import queue
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

R = TypeVar("R")
FIRST_WORKERS = 8
REVIEW_SECONDS = 0.1
BUSY = 0.9  # of one processor: above it another thread would only wait for the interpreter lock
Task: TypeAlias = "Generator[float, None, R]"


class Pool(Generic[R]):
    """Run tasks on a fixed number of threads.

    It starts with few threads and adds more while the processor is idle: threads that wait for AWS cost nothing,
    threads that fight for Python's one interpreter lock cost a tenth of a large run.

    Args:
        workers: Most threads; never more than there are tasks.
        stop: Set from outside to end early: no task is resumed after that.
    """

    def __init__(self, workers: int, stop: threading.Event) -> None:
        self._workers = workers
        self._stop = stop
        self._heap: list[tuple[float, int, Task[R]]] = []
        self._open = 0
        self._turn = threading.Condition()
        self._started = 0
        self._reviewed = self._used = 0.0
        self._results: queue.SimpleQueue[tuple[R | None, BaseException | None]] = queue.SimpleQueue()

    def run(self, tasks: Iterable[Task[R]]) -> Iterator[R]:
        """Run all tasks and give each result as its task ends.

        Raises:
            BaseException: Whatever a task raised; the others are stopped then.
        """
        self._heap = [(0.0, number, task) for number, task in enumerate(tasks)]
        self._open = len(self._heap)
        remaining = self._open
        self._workers = min(self._workers, remaining)
        self._add(FIRST_WORKERS)
        try:
            while remaining:
                result, error = self._next_result()
                if error is not None:
                    raise error
                remaining -= 1
                if result is not None:
                    yield result
        finally:
            self._stop_workers()

    def _add(self, more: int) -> None:
        for number in range(self._started, min(self._started + more, self._workers)):
            threading.Thread(target=self._work, name=f"rootwarden-{number}", daemon=True).start()
            self._started = number + 1
        self._reviewed, self._used = time.monotonic(), time.process_time()

    def _next_result(self) -> tuple[R | None, BaseException | None]:
        """The next result; while there is none, or between two, more threads are added if the processor is idle."""
        while True:
            since = time.monotonic() - self._reviewed
            if since >= REVIEW_SECONDS and self._started < self._workers:
                busy = (time.process_time() - self._used) / since
                self._add(self._started if busy < BUSY else 0)
            try:
                patience = REVIEW_SECONDS if self._started < self._workers else None
                return self._results.get(timeout=patience)
            except queue.Empty:
                continue

    def _stop_workers(self) -> None:
        with self._turn:
            self._heap.clear()
            self._open = 0
            self._turn.notify_all()

    def _work(self) -> None:
        while True:
            task, number = self._next()
            if task is None:
                return
            try:
                pause = next(task)
            except StopIteration as end:
                self._end(end.value)
            except BaseException as error:  # noqa: BLE001 - handed to the thread that reads the results, not swallowed
                self._results.put((None, error))
                return
            else:
                self._park(task, number, pause)

    def _next(self) -> tuple[Task[R] | None, int]:
        with self._turn:
            while self._open and not self._stop.is_set():
                if not self._heap:
                    self._turn.wait()
                    continue
                due, number, task = self._heap[0]
                wait = due - time.monotonic()
                if wait <= 0:
                    heapq.heappop(self._heap)
                    return task, number
                self._turn.wait(wait)
        return None, 0

    def _park(self, task: Task[R], number: int, pause: float) -> None:
        with self._turn:
            if self._open:
                heapq.heappush(self._heap, (time.monotonic() + pause, number, task))
                self._turn.notify()

    def _end(self, result: R) -> None:
        with self._turn:
            self._open -= 1
            if not self._open:
                self._turn.notify_all()
        self._results.put((result, None))
