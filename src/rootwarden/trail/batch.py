"""Some objects read one after the other, in this process or in one of its workers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.interest import Interest
from rootwarden.errors import RootwardenError
from rootwarden.iam.usage.mapping import EventRules
from rootwarden.iam.usage.names import NamesFile
from rootwarden.iam.usage.tally import Tally
from rootwarden.trail.counts import Counts, Problem, total
from rootwarden.trail.hand_over import HandOver, spilled_rows
from rootwarden.trail.limits import Limits
from rootwarden.trail.objects_to_read import S3
from rootwarden.trail.place_names import Restriction
from rootwarden.trail.replay import Replay, Sums
from rootwarden.trail.replayed import REPLAYED
from rootwarden.trail.replayer import Replayer
from rootwarden.trail.scan import Scan, counts_of, looked_at
from rootwarden.trail.spool import Row, row_of
from rootwarden.trail.usage import CallScan, UsageScan
from rootwarden.trail.usage_tally import UsageTally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from rootwarden.aws.door import Door
    from rootwarden.detect.visits.event import Event
    from rootwarden.trail.objects_to_read import Readable


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What every worker is told once.

    Attributes:
        interest: What is wanted.
        restriction: Which events are asked for.
        limits: How much one file may take.
        folder: Where files for handing over go.
        base: What names of files are relative to, for whoever works in another folder; empty for here.
        profile: Named AWS profile, or empty.
        region: AWS region, or empty.
        names: Names of events, when calls are to be added up in place of keeping events.
        replay: A change of policies, when the calls it touches are wanted in place of others.
    """

    interest: Interest
    restriction: Restriction = Restriction()
    limits: Limits = Limits()
    folder: str = ""
    base: str = ""
    profile: str = ""
    region: str = ""
    names: tuple[NamesFile, ...] = ()
    replay: Replay | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch gave.

    Attributes:
        rows: Events, or the first of them.
        spilled: A file with the others; empty when there are none.
        counts: What was read.
        problems: What was not read in full.
        read: Stamps of the objects that were, by name.
        size: Bytes of the objects as they are stored.
        tally: The calls added up, when they were to be.
        sums: What a replay came to beside its rows.
    """

    rows: list[Row]
    spilled: str = ""
    counts: Counts
    problems: tuple[Problem, ...]
    read: dict[str, str]
    size: int
    tally: Tally | None = None
    sums: Sums | None = None

    def every_row(self) -> Iterator[Row]:
        """All events; the file they were handed over in is gone afterwards."""
        yield from self.rows
        if self.spilled:
            yield from spilled_rows(Path(self.spilled))


def read_batch(batch: Sequence[Readable], orders: Orders, door: Door | None) -> Result:
    """Read some objects.

    Args:
        batch: What to read: files, or objects in S3.
        orders: What for.
        door: Access to AWS, when any object is in S3.
    """
    if orders.replay is not None:
        return _replay(batch, orders, orders.replay, door)
    if orders.names:
        return _add_up(batch, orders, door)
    counts: list[Counts] = []
    problems: list[Problem] = []
    read: dict[str, str] = {}
    with HandOver(orders.folder) as kept:
        for each, source in _opened(batch, orders.base, door):
            if isinstance(source, RootwardenError):
                problems.append(Problem(each.name, source.message))
                counts.append(Counts(files=1))
                continue
            look = looked_at(source, orders.interest, orders.limits)
            if look.ruled_out:
                counts.append(counts_of(look))
                read[each.name] = each.stamp
                continue
            scan = Scan(source, orders.interest, name=each.name, limits=orders.limits, look=look)
            kept.add(asked_for(scan.events(), orders.restriction))
            counts.append(scan.counts())
            problems.extend(scan.problems)
            if not scan.problems:
                read[each.name] = each.stamp
    return Result(
        rows=kept.rows,
        spilled=kept.spilled,
        counts=total(counts),
        problems=tuple(problems),
        read=read,
        size=sum(each.size for each in batch),
    )


def _add_up(batch: Sequence[Readable], orders: Orders, door: Door | None) -> Result:
    """Read some objects in full, for who used what."""
    counts: list[Counts] = []
    problems: list[Problem] = []
    sum_of = UsageTally(EventRules(orders.names), orders.restriction)
    for each, source in _opened(batch, orders.base, door):
        if isinstance(source, RootwardenError):
            problems.append(Problem(each.name, source.message))
            counts.append(Counts(files=1))
            continue
        scan = UsageScan(source, name=each.name, limits=orders.limits)
        for calls in scan.calls():
            for call in calls:
                sum_of.take(call)
        counts.append(scan.counts())
        problems.extend(scan.problems)
    return Result(
        rows=[],
        counts=total(counts),
        problems=tuple(problems),
        read={},
        size=sum(each.size for each in batch),
        tally=sum_of.tally,
    )


def _replay(batch: Sequence[Readable], orders: Orders, replay: Replay, door: Door | None) -> Result:
    """Read some objects in full, for what a change of policies touches."""
    opened = _opened(batch, orders.base, door)
    return _replayed(((each.name, source) for each, source in opened), orders, replay, sum(one.size for one in batch))


def read_stream(stream: BinaryIO, orders: Orders, replay: Replay) -> Result:
    """Read standard input in full, for what a change of policies touches."""
    return _replayed([("-", stream)], orders, replay, 0)


def _replayed(
    sources: Iterable[tuple[str, Path | BinaryIO | RootwardenError]], orders: Orders, replay: Replay, size: int
) -> Result:
    counts: list[Counts] = []
    problems: list[Problem] = []
    replayer = Replayer(replay, orders.restriction)
    with HandOver(orders.folder) as kept:
        for name, source in sources:
            if isinstance(source, RootwardenError):
                problems.append(Problem(name, source.message))
                counts.append(Counts(files=1))
                continue
            digest = hashlib.sha256()
            scan = CallScan(source, REPLAYED, name=name, limits=orders.limits, digest=digest, look=replayer)
            for calls in scan.calls():
                replayer.take(calls)
                kept.add(replayer.taken())
            kept.add(replayer.taken())
            replayer.sums.read(digest)
            counts.append(scan.counts())
            problems.extend(scan.problems)
    return Result(
        rows=kept.rows,
        spilled=kept.spilled,
        counts=total(counts),
        problems=tuple(problems),
        read={},
        size=size,
        sums=replayer.sums,
    )


def asked_for(events: Iterable[Event], restriction: Restriction) -> Iterator[Row]:
    """Rows of the events asked for, and of the calls that explain them: AssumeRoot is joined across accounts."""
    for event in events:
        region = event.region if event.name != "AssumeRoot" else ""
        account = event.account if event.name != "AssumeRoot" else ""
        if restriction.allows(account=account, region=region, instant=event.instant):
            yield row_of(event)


def _opened(
    batch: Sequence[Readable], base: str, door: Door | None
) -> Iterator[tuple[Readable, Path | BinaryIO | RootwardenError]]:
    if door is None:
        yield from ((each, Path(base, each.name)) for each in batch)
        return
    from rootwarden.trail.bucket import fetched

    local = [each for each in batch if not each.name.startswith(S3)]
    yield from ((each, Path(base, each.name)) for each in local)
    yield from fetched((each for each in batch if each.name.startswith(S3)), door)
