"""Root events as `trail scan` prints them: one line each, in order of account and time, written as they come.

As JSON Lines, as one JSON document, as CSV, or as columns for a person; any number of them, in little memory.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.shape import Joins, root_account, shape_of
from rootwarden.facts.instant import format_instant
from rootwarden.report.table import inert
from rootwarden.report.words import several, shorten, visible
from rootwarden.trail.counts import Counts, Problem
from rootwarden.trail.spool import row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rootwarden.detect.visits.event import Event
    from rootwarden.trail.spool import Spool

SCHEMA: Final = "rootwarden.root-events/1"
MOST_ROWS: Final = 500
# Of each column: letters it is filled up to, and letters at most.
_WIDTHS: Final = ((20, 20), (12, 12), (14, 14), (5, 5), (36, 60), (0, 60))


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """One root event, as scripts read it (docs/trail.md).

    Attributes:
        event_id: `eventID`; of a record without one `sha256:` and the digest of its content.
        event_time: When, or `None` where the record does not say.
        account: Whose root.
        region: Where it was recorded.
        event_source: Service.
        event_name: Call.
        shape: Letter of docs/incidents.md.
        read_only: `None` where the record does not say.
        error_code: Empty for what succeeded, and for failed sign-ins.
    """

    event_id: str
    event_time: str | None
    account: str
    region: str
    event_source: str
    event_name: str
    shape: str
    read_only: bool | None
    error_code: str


class Trailer(msgspec.Struct, frozen=True, kw_only=True):
    """What the end of a JSON document tells: what was read, and what was not."""

    counts: Counts
    problems: list[Problem]
    interrupted: bool


def root_events(spool: Spool, *, new: bool) -> Iterator[EventLine]:
    """Every root event of a spool with its shape; what else was read only tells shapes.

    Args:
        spool: Where a run kept what it read.
        new: Only events no earlier run had.
    """
    joins = Joins()
    for event in spool.events():
        joins.learn(event)
    for event in spool.events(new=new):
        shape = shape_of(event, joins)
        if shape is not None:
            yield _line(event, shape.value)


def json_lines(events: Iterable[EventLine], write: Callable[[str], object]) -> int:
    """Write a JSON object a line; how many were written."""
    count = 0
    for event in events:
        count += 1
        write(msgspec.json.encode(event).decode() + "\n")
    return count


def json_document(events: Iterable[EventLine], write: Callable[[str], object], trailer: Trailer) -> int:
    """Write one JSON document; how many events it holds."""
    write(f'{{"schema":"{SCHEMA}","events":[')
    count = 0
    for event in events:
        count += 1
        write(("\n" if count == 1 else ",\n") + msgspec.json.encode(event).decode())
    write("\n]," + msgspec.json.encode(trailer).decode()[1:] + "\n")
    return count


def comma_separated(events: Iterable[EventLine], write: Callable[[str], object]) -> int:
    """Write CSV as report/table.py has it; how many rows there are below the header."""
    count = 0
    write(_csv_row(EventLine.__struct_fields__))
    for event in events:
        count += 1
        write(_csv_row(_words(event)))
    return count


def columns(events: Iterable[EventLine], write: Callable[[str], object]) -> int:
    """Write columns for a person, the first five hundred; how many there are in all."""
    count = 0
    for event in events:
        count += 1
        if count == 1:
            write(_column_row(("time", "account", "region", "shape", "event", "error")))
        if count <= MOST_ROWS:
            call = f"{event.event_source.removesuffix('.amazonaws.com')}:{event.event_name}"
            time = event.event_time or "time not known"
            write(_column_row((time, event.account, event.region, event.shape, call, event.error_code)))
    if count > MOST_ROWS:
        write(
            f"{several(count - MOST_ROWS, 'more event')} not shown here: --format jsonl, json or csv has all of them\n"
        )
    return count


def _line(event: Event, shape: str) -> EventLine:
    return EventLine(
        event_id=row_of(event).key,
        event_time=None if event.instant is None else format_instant(event.instant),
        account=root_account(event),
        region=event.region,
        event_source=event.source,
        event_name=event.name,
        shape=shape,
        read_only=event.read_only,
        error_code=event.error_code,
    )


def _words(event: EventLine) -> Iterator[str]:
    for value in msgspec.structs.astuple(event):
        if isinstance(value, bool):
            yield "true" if value else "false"
        else:
            yield "" if value is None else str(value)


def _csv_row(cells: Iterable[str]) -> str:
    paper = io.StringIO(newline="")
    csv.writer(paper, lineterminator="\r\n").writerow([inert(visible(cell)) for cell in cells])
    return paper.getvalue()


def _column_row(cells: tuple[str, ...]) -> str:
    return (
        "  ".join(
            f"{shorten(cell, most):<{width}}" for cell, (width, most) in zip(cells, _WIDTHS, strict=True)
        ).rstrip()
        + "\n"
    )
