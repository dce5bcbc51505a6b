"""What `study` and `kpi` share: the archive as a table, one organization of it, and missing parts said in one line."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    import polars as pl

NEEDED = ("polars", "numpy")
DRAWN_WITH = ("altair", "vl_convert")

Archive: TypeAlias = Annotated[
    str, typer.Option("--archive", metavar="ARCHIVE", help="Where the snapshots are: a folder, or s3://bucket/prefix.")
]
Start: TypeAlias = Annotated[
    str, typer.Option("--from", metavar="INSTANT", help="First instant of the period, for example 2026-03-02.")
]
End: TypeAlias = Annotated[str, typer.Option("--to", metavar="INSTANT", help="First instant after the period.")]
Organization: TypeAlias = Annotated[
    str, typer.Option("--organization", metavar="ID", help="Only the accounts of this organization.")
]
Window: TypeAlias = Annotated[
    int, typer.Option("--window", min=1, max=3650, metavar="DAYS", help="How recent a last use counts.")
]
MinimumAge: TypeAlias = Annotated[
    int, typer.Option("--minimum-account-age", min=0, max=3650, metavar="DAYS", help="Leave out younger accounts.")
]
MediumFrom: TypeAlias = Annotated[
    int, typer.Option("--medium-from", min=1, metavar="ASSETS", help="From so many assets an account is medium.")
]
LargeAbove: TypeAlias = Annotated[
    int, typer.Option("--large-above", min=1, metavar="ASSETS", help="Above so many assets an account is large.")
]
OldKey: TypeAlias = Annotated[
    int, typer.Option("--old-key", min=0, max=3650, metavar="DAYS", help="A key rotated longer ago is old.")
]
WeekAnchor: TypeAlias = Annotated[
    str,
    typer.Option("--week-anchor", metavar="WEEKDAY", help="Day weeks begin on; that of the first look if not given."),
]
Output: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report there instead of stdout.")
]


def need(names: tuple[str, ...], what: str) -> None:
    """Make sure a part of the extra `fleet` is installed.

    Raises:
        UsageError: When it is not.
    """
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != name:
                raise
            message = f"{what} needs `{name}`, which is not installed"
            raise UsageError(message, hint="pip install 'rootwarden[fleet]'") from None


def observations(archive: str) -> pl.LazyFrame:
    """The observation table of an archive: every Parquet file in a folder.

    Raises:
        UsageError: There is no such folder, or nothing in it.
        InputError: A file of it cannot be read.
    """
    import polars as pl

    folder = Path(archive)
    if not folder.is_dir():
        raise UsageError(f"`{archive}` is not a folder", hint="give the folder snapshots were written to")
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        raise UsageError(f"there is no snapshot in `{archive}`", hint="`rootwarden audit --archive` writes one a run")
    try:
        frame = pl.scan_parquet(files)
        frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"`{archive}` cannot be read: {error}", hint="is every file of it a snapshot?") from error
    return frame


def of_organization(frame: pl.LazyFrame, organization: str) -> pl.LazyFrame:
    """The rows of one organization; all of them when none is named.

    Raises:
        UsageError: When no row is of it.
    """
    import polars as pl

    if not organization:
        return frame
    chosen = frame.filter(pl.col("organization_id") == organization)
    if chosen.head(1).collect().is_empty():
        raise UsageError(
            f"no observation is of organization `{organization}`", hint="organization ids look like o-a1b2c3d4e5"
        )
    return chosen


def show(text: str, output: Path | None) -> None:
    """Write a report to stdout or a file."""
    from rootwarden.report.encoding import well_formed
    from rootwarden.report.write import write

    if output is None:
        sys.stdout.buffer.write(well_formed(text).encode())
        sys.stdout.buffer.flush()
    else:
        write(output, text)


def screen(output: Path | None) -> tuple[int, bool]:
    """Columns to set a terminal report in, and whether in colour."""
    import os
    import shutil

    shown = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((100, 24)).columns if shown else 100
    return width, shown and "NO_COLOR" not in os.environ


def check_format(name: str, formats: tuple[str, ...]) -> None:
    """Refuse a format there is not, before anything is read.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in formats:
        raise UsageError(f"there is no report format `{name}`", hint=f"choose one of {', '.join(formats)}")
