"""`rootwarden trail incidents`: what root did, visit by visit, and whether it was allowed."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.cli import options, showing, trail_engine
from rootwarden.cli.trail_reading import Asked, From, Paths, State, To, Workers
from rootwarden.detect.visits.incident import Severity

if TYPE_CHECKING:
    from rootwarden.cli.trail_judging import Judged


class Format(StrEnum):
    """How incidents are printed."""

    TERMINAL = "terminal"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"
    OCSF = "ocsf"


FormatName: TypeAlias = Annotated[Format, typer.Option("--format", help="How to print the incidents.")]
Output: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of stdout.")
]
Checkouts: TypeAlias = Annotated[
    Path | None, typer.Option("--checkouts", metavar="FILE", help="Approved check-outs: see docs/checkouts.md.")
]
CheckoutsKey: TypeAlias = Annotated[
    Path | None,
    typer.Option("--checkouts-key", metavar="FILE", help="Public key (PEM) the check-outs are verified with."),
]
Settings: TypeAlias = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", help="Expected callers, networks, …: see docs/incidents.md."),
]
GuardDuty: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--guardduty", metavar="FILE", help="Findings of GuardDuty or Security Hub (JSON). Repeat."),
]
AsOf: TypeAlias = Annotated[
    str,
    typer.Option(
        "--as-of", metavar="INSTANT", help="Until when the logs reach; if not given, what they do not show is missing."
    ),
]
FailOn: TypeAlias = Annotated[
    Severity, typer.Option("--fail-on", case_sensitive=False, help="Severity from which exit code 1 is set.")
]


def incidents(
    paths: Paths,
    *,
    format_: FormatName = Format.TERMINAL,
    output: Output = None,
    checkouts: Checkouts = None,
    checkouts_key: CheckoutsKey = None,
    settings: Settings = None,
    guardduty: GuardDuty = None,
    as_of: AsOf = "",
    fail_on: FailOn = Severity.PAGE,
    state: State = None,
    start: From = "",
    end: To = "",
    workers: Workers = 0,
    engine: trail_engine.Engine = trail_engine.Kind.LOCAL,
    spark_master: trail_engine.SparkMaster = "",
    spark_output: trail_engine.SparkOutput = "",
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """One incident for each visit of root, with its verdict, its severity and the reasons.

    Exit code 1: an incident or concern at or above --fail-on. 3: none, but part of what was given could not be read.
    """
    from rootwarden.cli.trail_judging import Given, judge_trail

    given = Given(
        asked=Asked(
            paths=tuple(paths),
            state=state,
            start=start,
            end=end,
            workers=workers,
            profile=profile,
            region=region,
        ),
        checkouts=checkouts,
        checkouts_key=checkouts_key,
        settings=settings,
        guardduty=tuple(guardduty or ()),
        as_of=options.instant(as_of),
        where=trail_engine.Where(kind=engine, master=spark_master, output=spark_output),
    )
    judged = judge_trail(given)
    showing.show(_told(judged, format_, output), output)
    return judged.exit_code(fail_on)


def _told(judged: Judged, format_: Format, output: Path | None) -> str:
    from rootwarden.report.incidents import machine, ocsf, page, table, terminal

    told = judged.told
    match format_:
        case Format.JSON:
            return machine.render(judged.findings, told)
        case Format.JSONL:
            _say_left_out(sum(not machine.is_line(one) for one in judged.findings.incidents))
            return "".join(machine.lines(judged.findings))
        case Format.CSV:
            return table.render(told)
        case Format.HTML:
            return page.render(told)
        case Format.OCSF:
            return ocsf.render(told)
        case Format.TERMINAL:
            width, color = showing.screen(output)
            return terminal.render(told, width=width, color=color)


def _say_left_out(count: int) -> None:
    from rootwarden.report.words import several

    if count:
        words = f"warning: {several(count, 'incident')} without an account or a time: --format json has them\n"
        sys.stderr.write(words)
