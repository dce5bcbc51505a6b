"""`rootwarden kpi`: the key figures of a root programme."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.cli import fleet_reading as reading
from rootwarden.cli import options, showing
from rootwarden.cli.options import instant
from rootwarden.fleet.parameters import StudyParameters

if TYPE_CHECKING:
    from rootwarden.fleet.kpi import KeyFigures
    from rootwarden.fleet.recorded import Records
    from rootwarden.report.fleet.told import Asked

FORMATS: Final = ("terminal", "json", "html", "prometheus")
_USUAL: Final = StudyParameters()


def kpi(
    archive: reading.Archive,
    incidents: reading.Incidents = None,
    checkouts: Annotated[
        Path | None, typer.Option("--checkouts", metavar="FILE", help="Approved check-outs (JSON Lines).")
    ] = None,
    drills: Annotated[
        Path | None, typer.Option("--drills", metavar="FILE", help="Drills, due and done (JSON Lines).")
    ] = None,
    start: reading.Start = "",
    end: reading.End = "",
    organization: reading.Organization = "",
    old_key: reading.OldKey = _USUAL.old_key_days,
    as_of: Annotated[
        str,
        typer.Option("--as-of", metavar="INSTANT", help="Judge at this instant; the last look if not given."),
    ] = "",
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help=f"One of {', '.join(FORMATS)}.")
    ] = "terminal",
    output: reading.Output = None,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Key figures against their targets, with trend and the accounts behind them; what is unknown is never zero.

    Needs the extra `fleet`. Exit code 0: the figures were made, whatever they say. 2: wrong usage, or no observation
    in the period. 3: part of the archive could not be read.
    """
    showing.check_format(format_, FORMATS)
    reading.need(reading.NEEDED, "a key figure")
    if format_ == "html":
        reading.need(reading.DRAWN_WITH, "a plot")
    from rootwarden.fleet.kpi import key_figures
    from rootwarden.report.fleet.told import Asked

    parameters = StudyParameters(old_key_days=old_key)
    records = _records(incidents, checkouts, drills)
    period = (instant(start), instant(end))
    with reading.Reader(profile=profile, region=region) as reader:
        weeks = reader.weeks(archive, parameters, period, organization)
    if organization:
        # The files are of all organizations; an account is of this one if the period saw it there.
        records = records.of({f"{account:012}" for part in weeks.looks for account in part["account"].unique()})
    told = key_figures(weeks, records, instant(as_of) or weeks.last_as_of)
    showing.show(_told(told, Asked(source=archive, organization=organization), format_, output), output)
    return 0 if reader.whole else 3


def _records(incidents: Path | None, checkouts: Path | None, drills: Path | None) -> Records:
    from rootwarden.fleet.exchange import Checkout, Drill, Incident
    from rootwarden.fleet.recorded import Records

    return Records(
        incidents=reading.lines(incidents, Incident),
        checkouts=reading.lines(checkouts, Checkout),
        drills=reading.lines(drills, Drill),
    )


def _told(told: KeyFigures, asked: Asked, format_: str, output: Path | None) -> str:
    if format_ == "json":
        from rootwarden.report.fleet.kpi_machine import render as document

        return document(told)
    if format_ == "prometheus":
        from rootwarden.report.fleet.kpi_prometheus import render as metrics

        return metrics(told)
    if format_ == "html":
        from rootwarden.report.fleet.kpi_page import render as page

        return page(told, asked)
    from rootwarden.report.fleet.kpi_terminal import render as lines

    width, color = showing.screen(output)
    return lines(told, asked, width=width, color=color)
