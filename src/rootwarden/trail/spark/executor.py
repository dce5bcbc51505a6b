"""What an executor runs: one partition of objects read, summed up, and its events cut into pieces.

Everything here is sent by name to Python workers that have this package from the driver; nothing of it knows Spark but
the number of the attempt.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import msgspec
from pyspark import TaskContext

from rootwarden.trail.counts import Counts, Problem, total
from rootwarden.trail.hand_over import HandOver, spilled_rows
from rootwarden.trail.replay import Sums
from rootwarden.trail.spool import Row
from rootwarden.trail.workforce import read_alone, read_together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.trail.batch import Orders, Result
    from rootwarden.trail.workforce import Batch

# So many bytes of events go back with the summary of a partition; what is more waits on the executor's disk.
_WITH_SUMMARY: Final = 64 * 1024
_PIECE: Final = 4 * 1024**2


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a partition came to.

    Attributes:
        partition: Its number.
        attempt: Tells this reading from another one of the same partition.
        rows: Events, or the first of them.
        pieces: How many pieces the others come in.
        counts: What was read.
        problems: What was not read in full.
        read: Stamps of the objects that were, by name.
        size: Bytes of the objects as they are stored.
        sums: What a replay came to beside its rows.
    """

    partition: int
    attempt: str
    rows: list[Row]
    pieces: int
    counts: Counts
    problems: tuple[Problem, ...]
    read: dict[str, str]
    size: int
    sums: Sums | None = None


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the events of a partition: the attempt that read them, and their place in it."""

    attempt: str
    place: int
    rows: list[Row]


Part = Summary | Piece


def read_partition(orders: Orders, careful: bool, index: int, given: Iterable[tuple[Batch, ...]]) -> Iterator[Part]:
    """Read one partition.

    The first attempt reads in the worker itself. An object that ends it makes Spark try again, and then a process of
    its own reads: what ends that one is named, and the others are read.

    Args:
        orders: What for.
        careful: Whether the first attempt is the only one.
        index: Number of the partition.
        given: The batches of the partition, in tuples.

    Yields:
        The summary, and the pieces it names.
    """
    batches = chain.from_iterable(given)
    with TemporaryDirectory(prefix="rootwarden-trail-") as folder:
        orders = msgspec.structs.replace(orders, folder=folder)
        results = read_together(batches, orders, workers=1) if careful or _again() else read_alone(batches, orders)
        yield from _parts(results, index, folder)


def summary_of(parts: Iterable[Part]) -> Iterator[Summary]:
    """The summary among the parts of a partition."""
    return (each for each in parts if isinstance(each, Summary))


def pieces_of(attempt: str, first: int, end: int, parts: Iterable[Part]) -> Iterator[Piece]:
    """The pieces an attempt gave, from one place up to before another; none, when another attempt took its place."""
    return (each for each in parts if isinstance(each, Piece) and each.attempt == attempt and first <= each.place < end)


def rows_of(part: Part) -> Iterator[tuple[str, str, int | None, bool, str]]:
    """The events of a part as columns of a table."""
    for row in part.rows:
        yield row.key, row.account, row.at, bool(row.corrected), row.document.decode()


def _again() -> bool:
    task = TaskContext.get()
    return task is not None and task.attemptNumber() > 0


def _parts(results: Iterable[Result], index: int, folder: str) -> Iterator[Part]:
    done: list[tuple[Counts, tuple[Problem, ...], int]] = []
    read: dict[str, str] = {}
    sums: Sums | None = None
    with HandOver(folder, in_memory=_WITH_SUMMARY) as kept:
        for result in results:
            kept.add(result.every_row())
            done.append((result.counts, result.problems, result.size))
            read |= result.read
            if result.sums is not None:
                sums = sums or Sums()
                sums.merge(result.sums)
    attempt = uuid4().hex
    place = -1
    if kept.spilled:
        for place, rows in enumerate(_cut(spilled_rows(Path(kept.spilled)))):
            yield Piece(attempt=attempt, place=place, rows=rows)
    yield Summary(
        partition=index,
        attempt=attempt,
        rows=kept.rows,
        pieces=place + 1,
        counts=total(counts for counts, _, _ in done),
        problems=tuple(problem for _, problems, _ in done for problem in problems),
        read=read,
        size=sum(size for _, _, size in done),
        sums=sums,
    )


def _cut(rows: Iterable[Row]) -> Iterator[list[Row]]:
    piece: list[Row] = []
    size = 0
    for row in rows:
        piece.append(row)
        size += len(row.document)
        if size >= _PIECE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
