"""All cores: batches of objects read in worker processes, results as they come, and an end that leaves none behind.

Workers are started afresh (`spawn`): no lock or thread of this process is copied into them. Ctrl-C is this process's
affair; workers ignore it and are ended from here, and end by themselves when this process is killed. A worker that dies
takes no batch with it: what was under way is read again one object at a time, and an object that ends a worker a second
time is named.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rootwarden.trail.batch import Result, read_batch
from rootwarden.trail.counts import Counts, Problem
from rootwarden.trail.objects_to_read import S3, Readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from rootwarden.aws.door import Door
    from rootwarden.trail.batch import Orders

Batch = tuple[Readable, ...]
# Enough for every worker to find work when it is done, and few results waiting to be kept.
_AHEAD: Final = 2


class _Here:
    """What a worker process holds on to between batches."""

    orders: Orders
    door: Door | None = None


def read_alone(batches: Iterable[Batch], orders: Orders) -> Iterator[Result]:
    """Read batches in this process."""
    door: Door | None = None
    for batch in batches:
        if door is None and _in_s3(batch):
            door = _door(orders)
        yield read_batch(batch, orders, door)


def read_together(batches: Iterable[Batch], orders: Orders, *, workers: int) -> Iterator[Result]:
    """Read batches in worker processes.

    Args:
        batches: What to read; the next one is taken when a worker is about to be free.
        orders: What for.
        workers: How many processes.

    Yields:
        Results, in the order they are done.
    """
    waiting = iter(batches)
    lost: list[Readable] = []
    while True:
        before = len(lost)
        with suppress(BrokenProcessPool):
            yield from _until_broken(waiting, orders, workers, lost)
        if len(lost) == before:
            break
    for each in lost:
        yield from _again(each, orders)


def _until_broken(waiting: Iterator[Batch], orders: Orders, workers: int, lost: list[Readable]) -> Iterator[Result]:
    """Read until all is done, or a worker died; `lost` then has what was under way.

    Raises:
        BrokenProcessPool: When a worker died.
    """
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(orders,))
    under_way: dict[Future[Result], Batch] = {}
    try:
        _fill(pool, waiting, under_way, workers * _AHEAD)
        while under_way:
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                result = future.result()
                del under_way[future]
                yield result
            _fill(pool, waiting, under_way, workers * _AHEAD)
        pool.shutdown()
    except BrokenProcessPool:
        lost.extend(each for batch in under_way.values() for each in batch)
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        children = set(multiprocessing.active_children()) - others
        for child in children:
            child.terminate()
        for child in children:
            child.join()


def _fill(
    pool: ProcessPoolExecutor, waiting: Iterator[Batch], under_way: dict[Future[Result], Batch], most: int
) -> None:
    while len(under_way) < most:
        batch = next(waiting, None)
        if batch is None:
            return
        under_way[pool.submit(_work, batch)] = batch


def _again(each: Readable, orders: Orders) -> Iterator[Result]:
    lost: list[Readable] = []
    try:
        yield from _until_broken(iter([(each,)]), orders, 1, lost)
    except BrokenProcessPool:
        problem = Problem(each.name, "the process that read it died")
        yield Result(rows=[], counts=Counts(files=1), problems=(problem,), read={}, size=each.size)


def _begin(orders: Orders) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Here.orders = orders


def _end_with_parent() -> None:
    """A pool's worker waits for work for ever when its parent is killed: it holds both ends of the queue itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(batch: Batch) -> Result:
    if _Here.door is None and _in_s3(batch):
        _Here.door = _door(_Here.orders)
    return read_batch(batch, _Here.orders, _Here.door)


def _in_s3(batch: Sequence[Readable]) -> bool:
    return any(each.name.startswith(S3) for each in batch)


def _door(orders: Orders) -> Door:
    from rootwarden.aws.door import Door
    from rootwarden.trail.bucket import TOGETHER

    return Door(profile=orders.profile, region=orders.region, connections=TOGETHER)
