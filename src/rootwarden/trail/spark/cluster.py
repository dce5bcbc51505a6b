"""The driver's side: batches dealt out in rounds, one job a round, results as if they had been read here.

A round is cached on the executors' disks. One job computes it, and brings the summaries with the few events of most
partitions; partitions with many are then fetched piece by piece, so that no memory has to hold a whole round. A
partition that is lost before it was fetched is read again, and counted as it was read then.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from pyspark import StorageLevel

from rootwarden.errors import ClusterError
from rootwarden.trail.batch import Result
from rootwarden.trail.hand_over import HandOver
from rootwarden.trail.spark.executor import pieces_of, read_partition, summary_of
from rootwarden.trail.spark.failures import as_ours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from pyspark.core.rdd import RDD
    from pyspark.sql import SparkSession

    from rootwarden.trail.batch import Orders
    from rootwarden.trail.spark.executor import Part, Summary
    from rootwarden.trail.spark.table import Table
    from rootwarden.trail.workforce import Batch

# A round names so many objects at most: the driver holds their names, and all events that come with summaries.
_ROUND_FILES: Final = 200_000
_ROUND_BYTES: Final = 256 * 1024**3
# A partition is worth a task, and small enough to be done again.
_PARTITION_BYTES: Final = 64 * 1024**2
# Enough for every core to find work when others take longer.
_TASKS_A_CORE: Final = 4
_FETCHED: Final = 16
_TRIES: Final = 3


class Cluster:
    """Reads on the executors of a Spark session.

    Args:
        spark: The session.
        table: Where events go too, when anywhere.
    """

    def __init__(self, spark: SparkSession, table: Table | None = None) -> None:
        self._context = spark.sparkContext
        self._table = table
        self._local = str(self._context.master).startswith("local")

    def read(self, batches: Iterable[Batch], orders: Orders) -> Iterator[Result]:
        """Read batches.

        Args:
            batches: What to read; the next round is listed when the one before is done.
            orders: What for. A profile is one of this machine, and does not go to others.

        Yields:
            A result for each partition.

        Raises:
            ClusterError: When Spark gives up.
        """
        sent = msgspec.structs.replace(orders, base=str(Path.cwd()), profile=orders.profile if self._local else "")
        rest = iter(batches)
        while batch_round := _next_round(rest):
            # Jobs wait in a thread of their own: a call to Java that Ctrl-C interrupts leaves its connection unusable.
            with as_ours(), ThreadPoolExecutor(1) as calls:
                try:
                    yield from self._read_round(self._dealt(batch_round), sent, orders.folder, calls)
                except KeyboardInterrupt:
                    self._context.cancelAllJobs()
                    raise

    def _dealt(self, batches: Sequence[Batch]) -> list[tuple[Batch, ...]]:
        """The batches of each partition; neighbours, which are alike, are dealt to different ones."""
        size = sum(each.size for batch in batches for each in batch)
        wanted = max(self._context.defaultParallelism * _TASKS_A_CORE, -(-size // _PARTITION_BYTES))
        count = min(len(batches), wanted)
        return [tuple(batches[start::count]) for start in range(count)]

    def _read_round(
        self, partitions: list[tuple[Batch, ...]], orders: Orders, folder: str, calls: Executor
    ) -> Iterator[Result]:
        dealt = self._context.parallelize(partitions, len(partitions))
        work = partial(read_partition, orders, self._local)
        parts: RDD[Part] = dealt.mapPartitionsWithIndex(work).persist(StorageLevel.DISK_ONLY)
        try:
            summaries = calls.submit(parts.mapPartitions(summary_of).collect).result()
            if self._table is not None:
                calls.submit(self._table.append, parts).result()
            for summary in summaries:
                yield calls.submit(self._result, parts, summary, folder).result()
        finally:
            parts.unpersist()

    def _result(self, parts: RDD[Part], summary: Summary, folder: str) -> Result:
        for _ in range(_TRIES):
            with HandOver(folder) as kept:
                kept.add(summary.rows)
                whole = self._fetch(parts, summary, kept)
            if whole:
                return _result_of(summary, kept)
            if kept.spilled:
                Path(kept.spilled).unlink()
            (summary,) = self._context.runJob(parts, summary_of, [summary.partition])
        raise ClusterError(
            "executors are lost faster than their events can be fetched",
            hint="look at the executors' logs; with --state, the next run goes on where this one ended",
        )

    def _fetch(self, parts: RDD[Part], summary: Summary, kept: HandOver) -> bool:
        """Fetch the pieces of a partition; `False` when they are no longer those the summary counted."""
        for first in range(0, summary.pieces, _FETCHED):
            end = min(first + _FETCHED, summary.pieces)
            wanted = partial(pieces_of, summary.attempt, first, end)
            pieces = self._context.runJob(parts, wanted, [summary.partition])
            if [piece.place for piece in pieces] != list(range(first, end)):
                return False
            kept.add(chain.from_iterable(piece.rows for piece in pieces))
        return True


def _next_round(batches: Iterator[Batch]) -> list[Batch]:
    found: list[Batch] = []
    files = size = 0
    for batch in islice(batches, _ROUND_FILES):
        found.append(batch)
        files += len(batch)
        size += sum(each.size for each in batch)
        if files >= _ROUND_FILES or size >= _ROUND_BYTES:
            break
    return found


def _result_of(summary: Summary, kept: HandOver) -> Result:
    return Result(
        rows=kept.rows,
        spilled=kept.spilled,
        counts=summary.counts,
        problems=summary.problems,
        read=summary.read,
        size=summary.size,
        sums=summary.sums,
    )
