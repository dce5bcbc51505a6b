"""`rootwarden trail scan`: every event of root, one line each."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import options, trail_engine
from rootwarden.cli.trail_reading import (
    Asked,
    From,
    OnlyAccounts,
    OnlyRegions,
    Paths,
    State,
    To,
    Workers,
    exit_code,
    read,
    tell,
)

if TYPE_CHECKING:
    from rootwarden.trail.run import Run
    from rootwarden.trail.spool import Spool


class Format(StrEnum):
    """How events are printed."""

    TERMINAL = "terminal"
    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"


def scan(
    paths: Paths,
    *,
    format_: Annotated[Format, typer.Option("--format", help="How to print the events.")] = Format.TERMINAL,
    state: State = None,
    start: From = "",
    end: To = "",
    account: OnlyAccounts = None,
    event_region: OnlyRegions = None,
    workers: Workers = 0,
    engine: trail_engine.Engine = trail_engine.Kind.LOCAL,
    spark_master: trail_engine.SparkMaster = "",
    spark_output: trail_engine.SparkOutput = "",
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Print every event of root, whatever its shape. Exit code 3: part of the logs could not be read."""
    from rootwarden import packs
    from rootwarden.detect.visits.interest import interest_of
    from rootwarden.report.words import several

    asked = Asked(
        paths=tuple(paths),
        state=state,
        start=start,
        end=end,
        accounts=tuple(account or ()),
        regions=tuple(event_region or ()),
        workers=workers,
        profile=profile,
        region=region,
    )
    where = trail_engine.Where(kind=engine, master=spark_master, output=spark_output)
    with (
        trail_engine.opened(where, workers=workers) as elsewhere,
        read(asked, interest_of(packs.detections()), elsewhere) as (done, spool),
    ):
        count = _print(done, spool, format_)
    tell(done, several(count, "root event"))
    return exit_code(done)


def _print(done: Run, spool: Spool, format_: Format) -> int:
    from rootwarden.report.trail import events as root_events

    events = root_events.root_events(spool, new=True)
    write = sys.stdout.write
    match format_:
        case Format.JSONL:
            return root_events.json_lines(events, write)
        case Format.JSON:
            trailer = root_events.Trailer(counts=done.counts, problems=done.problems, interrupted=done.interrupted)
            return root_events.json_document(events, write, trailer)
        case Format.CSV:
            return root_events.comma_separated(events, write)
        case Format.TERMINAL:
            return root_events.columns(events, write)
