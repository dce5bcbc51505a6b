"""`rootwarden study`: the fleet study over an archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.cli import fleet_reading as reading
from rootwarden.cli import options, showing
from rootwarden.cli.options import instant
from rootwarden.errors import UsageError
from rootwarden.fleet.parameters import StudyParameters

if TYPE_CHECKING:
    from rootwarden.fleet.account_weeks import AccountWeeks
    from rootwarden.fleet.result import Study
    from rootwarden.report.fleet.study_plots import Plotted
    from rootwarden.report.fleet.told import Asked, Comparison

FORMATS: Final = ("terminal", "json", "html", "csv")
_USUAL: Final = StudyParameters()

Compare = Annotated[
    str,
    typer.Option(
        "--compare",
        metavar="OTHER",
        help="Compare with `published`, a period FROM..TO, an organization's id, or another archive.",
    ),
]
TrailAccounts = Annotated[
    str,
    typer.Option(
        "--trail-accounts",
        metavar="ID,ID,…",
        help="Accounts whose CloudTrail the incidents are from, or @FILE; all of the study if left out.",
    ),
]
Plots = Annotated[
    Path | None,
    typer.Option(
        "--plots", metavar="FOLDER", help="Also write every plot there as SVG and PNG, its numbers as CSV, JSON."
    ),
]


def study(
    archive: reading.Archive,
    start: reading.Start = "",
    end: reading.End = "",
    organization: reading.Organization = "",
    window: reading.Window = _USUAL.window_days,
    minimum_account_age: reading.MinimumAge = _USUAL.minimum_age_days,
    medium_from: reading.MediumFrom = _USUAL.medium_from,
    large_above: reading.LargeAbove = _USUAL.large_above,
    old_key: reading.OldKey = _USUAL.old_key_days,
    week_anchor: reading.WeekAnchor = _USUAL.week_anchor,
    confidence: Annotated[
        float, typer.Option("--confidence", metavar="SHARE", help="Of the interval of the estimated uses.")
    ] = _USUAL.confidence,
    compare: Compare = "",
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help=f"One of {', '.join(FORMATS)}.")
    ] = "terminal",
    output: reading.Output = None,
    plots: Plots = None,
    incidents: reading.Incidents = None,
    trail_accounts: TrailAccounts = "",
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Count root use over many looks at a fleet: who, how often, how concentrated, through old keys, without MFA.

    The method is that of the published study, with its parameters as options. Needs the extra `fleet`. Exit code 0: the
    study was made. 2: wrong usage, or no observation in the period. 3: part of the archive could not be read.
    """
    showing.check_format(format_, FORMATS)
    reading.need(reading.NEEDED, "a study")
    if plots is not None or format_ == "html":
        reading.need(reading.DRAWN_WITH, "a plot")
    from rootwarden.fleet.study import study_of
    from rootwarden.report.fleet.told import Asked

    period = (instant(start), instant(end))
    parameters = StudyParameters(
        window_days=window,
        minimum_age_days=minimum_account_age,
        medium_from=medium_from,
        large_above=large_above,
        old_key_days=old_key,
        week_anchor=week_anchor,
        confidence=confidence,
    )
    with reading.Reader(profile=profile, region=region) as reader:
        weeks = reader.weeks(archive, parameters, period, organization)
        made = _measured(study_of(weeks), weeks, incidents, trail_accounts)
        asked = Asked(source=archive, organization=organization)
        comparison = _compared(compare, made, weeks, asked, reader) if compare else None
    drawn = plotted(made, weeks) if plots is not None or format_ == "html" else None
    _keep(plots, drawn)
    showing.show(_told(made, asked, comparison, drawn, format_=format_, output=output), output)
    return 0 if reader.whole else 3


def _compared(other: str, made: Study, weeks: AccountWeeks, asked: Asked, reader: reading.Reader) -> Comparison:
    """The study beside another one."""
    from rootwarden.cli.study_comparing import Ours, beside

    return beside(other, Ours(study=made, weeks=weeks, asked=asked), reader)


def _keep(folder: Path | None, drawn: Plotted | None) -> None:
    """Write the plots to a folder, if one was asked for."""
    if folder is None or drawn is None:
        return
    from rootwarden.report.fleet.plot_files import write_plots

    write_plots(folder, drawn.plots())


def _measured(made: Study, weeks: AccountWeeks, incidents: Path | None, trail_accounts: str) -> Study:
    """The study with what CloudTrail shows beside it, if its incidents are given."""
    from msgspec.structs import replace

    if incidents is None:
        if trail_accounts:
            raise UsageError("--trail-accounts says whose incidents these are", hint="give --incidents too")
        return made
    from rootwarden.fleet.exchange import Incident
    from rootwarden.fleet.measured import measured

    found = reading.lines(incidents, Incident) or ()
    looked_at = (f"{account:012}" for account in weeks.weeks["account"].unique())
    return replace(made, measured=measured(weeks, found, options.account_ids(trail_accounts) or tuple(looked_at)))


def plotted(made: Study, weeks: AccountWeeks) -> Plotted:
    """What the plots of a study are drawn from."""
    from rootwarden.fleet.kpi import key_figures
    from rootwarden.fleet.pictures import pictures
    from rootwarden.fleet.recorded import Records
    from rootwarden.report.fleet.study_plots import Plotted

    kept = key_figures(weeks, Records(), made.last_as_of)
    return Plotted(study=made, pictures=pictures(weeks), indicators=kept.indicators)


def _told(
    made: Study,
    asked: Asked,
    comparison: Comparison | None,
    drawn: Plotted | None,
    *,
    format_: str,
    output: Path | None,
) -> str:
    """The report in a format."""
    if format_ == "html" and drawn is not None:
        from rootwarden.report.fleet.study_page import render as page

        return page(drawn, asked, comparison)
    if format_ == "json":
        from rootwarden.report.fleet.study_machine import render as document

        return document(made, comparison)
    if format_ == "csv":
        from rootwarden.report.fleet.study_table import render as rows

        return rows(made, comparison)
    from rootwarden.report.fleet.study_terminal import render as lines

    width, color = showing.screen(output)
    return lines(made, asked, comparison, width=width, color=color)
