"""`rootwarden credentials progress`: how far the removal of members' root credentials has come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.cli import fleet_reading as reading
from rootwarden.cli import options, showing
from rootwarden.cli.credentials_journals import within, works_in
from rootwarden.cli.options import instant
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.fleet.removal import Removal

FORMATS: Final = ("terminal", "json", "html", "svg")


def progress(
    archive: reading.Archive = "",
    journal: Annotated[
        list[Path] | None,
        typer.Option("--journal", metavar="FILE", help="A journal of `credentials apply`: waves in it. Repeat."),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="FILE", help="Public key (PEM) of who may have written the journals. Repeat."),
    ] = None,
    start: reading.Start = "",
    end: reading.End = "",
    organization: reading.Organization = "",
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help=f"One of {', '.join(FORMATS)}.")
    ] = "terminal",
    output: reading.Output = None,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """How many members still have root credentials, run after run and wave after wave; unknown is never removed.

    Needs the extra `fleet`. Exit code 0: no member has any. 1: some have. 2: wrong usage, or no run in the period.
    3: nobody is known to have any, and of some it is not known, or part of the archive or a journal is not believed.
    """
    showing.check_format(format_, FORMATS)
    reading.need(reading.NEEDED, "the burn-down")
    if format_ in {"html", "svg"}:
        reading.need(reading.DRAWN_WITH, "a plot")
    if not archive and not journal:
        hint = "--archive ARCHIVE for the runs of an audit, --journal FILE --key FILE for what `apply` did"
        raise UsageError("there is nothing to follow", hint=hint)
    period = (instant(start), instant(end))
    works, whole = works_in(journal or (), key or ())
    works = within(works, period, organization)
    with reading.Reader(profile=profile, region=region) as reader:
        removal = reader.removal(archive, period, organization, works)
    source = ", ".join([*([archive] if archive else []), *map(str, journal or ())])
    showing.show(_told(removal, source, format_, output), output)
    if removal.remaining:
        return 1
    return 0 if whole and reader.whole and not removal.undecided else 3


def _told(removal: Removal, source: str, format_: str, output: Path | None) -> str:
    if format_ == "json":
        from rootwarden.report.fleet.removal_machine import render as document

        return document(removal, source)
    if format_ == "html":
        from rootwarden.report.fleet.removal_page import render as page

        return page(removal, source)
    if format_ == "svg":
        from rootwarden.report.fleet.removal_plot import plot

        return plot(removal).svg() + "\n"
    from rootwarden.report.fleet.removal_terminal import render as lines

    width, color = showing.screen(output)
    return lines(removal, source, width=width, color=color)
