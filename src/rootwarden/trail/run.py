"""One run over everything a user named: listed, read on all cores, kept in a spool, counted."""

from __future__ import annotations

import os
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.trail.batch import asked_for, read_stream
from rootwarden.trail.counts import Counts, Problem, total
from rootwarden.trail.scan import Scan
from rootwarden.trail.workforce import read_alone, read_together

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from rootwarden.trail.batch import Orders, Result
    from rootwarden.trail.objects_to_read import Listing, Readable
    from rootwarden.trail.spool import Spool
    from rootwarden.trail.workforce import Batch

    Elsewhere = Callable[[Iterable[Batch], Orders], Iterator[Result]]

# Worth a message to another process; some thousand small files would otherwise cost as much in messages as in reading.
_BATCH_BYTES: Final = 4 * 1024**2
_BATCH_FILES: Final = 64
# Starting workers takes a third of a second: less than this is read sooner without.
_ALONE_BYTES: Final = 32 * 1024**2
# So many objects are listed ahead, to know how much there is.
_AHEAD: Final = 200_000
_NAMED: Final = 1000


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is.

    Attributes:
        size: Bytes read of the objects as they are stored.
        size_in_all: Bytes there are; `None` while nobody knows.
        files: Files read.
        records: About how many records they held.
        wanted: How many of them were wanted.
    """

    size: int
    size_in_all: int | None
    files: int
    records: int
    wanted: int


class Run(msgspec.Struct, kw_only=True):
    """What a run came to.

    Attributes:
        counts: What was read.
        problems: The first thousand files that were not read in full, and folders that could not be listed, by name.
        unread: How many there are.
        read_before: Objects an earlier run read.
        read_again: Whether earlier runs looked for something else, so that everything was read again.
        passed_over: Objects that are no logs or not asked for, by the reason.
        interrupted: Whether somebody ended it early.
    """

    counts: Counts = Counts()
    problems: list[Problem] = msgspec.field(default_factory=list)
    unread: int = 0
    read_before: int = 0
    read_again: bool = False
    passed_over: dict[str, int] = msgspec.field(default_factory=dict)
    interrupted: bool = False

    def took(self, counts: Counts, problems: Iterable[Problem]) -> None:
        """Add what one batch came to."""
        problems = tuple(problems)
        self.counts = total((self.counts, counts))
        self.unread += len(problems)
        self.problems = sorted([*self.problems, *problems])[:_NAMED]


def run(
    listing: Listing,
    orders: Orders,
    spool: Spool,
    *,
    stream: BinaryIO | None = None,
    workers: int = 0,
    elsewhere: Elsewhere | None = None,
    show: Callable[[Progress], None] = lambda _: None,
    also: Callable[[Result], None] = lambda _: None,
) -> Run:
    """Read everything, into the spool.

    Args:
        listing: What there is.
        orders: What for.
        spool: Where wanted events go; what it has read before is left out.
        stream: Standard input, when it is to be read too.
        workers: How many processes; 0 for one a core.
        elsewhere: Reads batches on other machines, instead of here.
        show: Called with how far it is.
        also: Called with what each batch gave.

    Returns:
        What it came to. An interrupt (Ctrl-C) ends the reading and not the run: what was read is in the spool.

    Raises:
        RootwardenError: When a bucket cannot be listed, or the spool cannot be written.
    """
    done = Run(read_again=spool.remember(_fingerprint(orders)))
    try:
        if stream is not None and orders.replay is not None:
            result = read_stream(stream, orders, orders.replay)
            spool.add(result.every_row(), {})
            done.took(result.counts, result.problems)
            also(result)
        elif stream is not None:
            _read_stream(stream, orders, spool, done)
        objects = _not_read_before(listing.objects(), spool, done)
        for result in read_all(objects, orders, done, workers=workers, elsewhere=elsewhere, show=show):
            spool.add(result.every_row(), result.read)
            also(result)
    except KeyboardInterrupt:
        done.interrupted = True
    done.took(Counts(), listing.unlisted)
    done.passed_over = dict(sorted(_plain(listing.passed_over).items()))
    return done


def read_all(
    objects: Iterator[Readable],
    orders: Orders,
    done: Run,
    *,
    workers: int = 0,
    elsewhere: Elsewhere | None = None,
    show: Callable[[Progress], None] = lambda _: None,
) -> Iterator[Result]:
    """Read objects in batches.

    Args:
        objects: What to read.
        orders: What for.
        done: Is told what was read.
        workers: How many processes; 0 for one a core.
        elsewhere: Reads batches on other machines, instead of here.
        show: Called with how far it is.

    Yields:
        Results, in the order they are done.
    """
    ahead = list(islice(objects, _AHEAD))
    size = sum(each.size for each in ahead)
    in_all = size if len(ahead) < _AHEAD else None
    batches = _batches(chain(ahead, objects))
    results = elsewhere(batches, orders) if elsewhere else _results(batches, orders, workers, in_all)
    read = 0
    for result in results:
        yield result
        done.took(result.counts, result.problems)
        read += result.size
        show(_progress(read, in_all, done.counts))


def _results(batches: Iterator[Batch], orders: Orders, workers: int, in_all: int | None) -> Iterator[Result]:
    """Read on this machine, with as many processes as it is worth."""
    if workers == 1 or (not workers and in_all is not None and in_all < _ALONE_BYTES):
        return read_alone(batches, orders)
    return read_together(batches, orders, workers=workers or os.cpu_count() or 1)


def _read_stream(stream: BinaryIO, orders: Orders, spool: Spool, done: Run) -> None:
    scan = Scan(stream, orders.interest, name="-", limits=orders.limits)
    try:
        spool.add(asked_for(scan.events(), orders.restriction), {})
    finally:
        done.took(scan.counts(), scan.problems)


def _not_read_before(objects: Iterator[Readable], spool: Spool, done: Run) -> Iterator[Readable]:
    for each in objects:
        if spool.has_read(each.name, each.stamp):
            done.read_before += 1
        else:
            yield each


def _batches(objects: Iterable[Readable]) -> Iterator[Batch]:
    batch: list[Readable] = []
    size = 0
    for each in objects:
        batch.append(each)
        size += each.size
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
            yield tuple(batch)
            batch, size = [], 0
    if batch:
        yield tuple(batch)


def _progress(size: int, in_all: int | None, counts: Counts) -> Progress:
    return Progress(size=size, size_in_all=in_all, files=counts.files, records=counts.about, wanted=counts.wanted)


def _fingerprint(orders: Orders) -> str:
    """What the state is about: another interest or restriction needs other events of the same objects."""
    return msgspec.json.encode(
        [orders.interest.literals(), orders.restriction], order="deterministic", enc_hook=sorted
    ).decode()


def _plain(counter: Counter[str]) -> dict[str, int]:
    return dict(counter)
