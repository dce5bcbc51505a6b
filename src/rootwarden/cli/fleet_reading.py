"""What `study` and `kpi` share: the archive as a table, one organization of it, and missing parts said in one line."""

from __future__ import annotations

import importlib
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import msgspec
import typer

from rootwarden.cli.archiving import opened
from rootwarden.errors import InputError, RootwardenError, UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    import polars as pl

R = TypeVar("R", bound=msgspec.Struct)

NEEDED = ("polars", "numpy")
MOST_ROWS_IN_MEMORY = 250_000
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
Incidents: TypeAlias = Annotated[
    Path | None, typer.Option("--incidents", metavar="FILE", help="Visits of root found in CloudTrail (JSON Lines).")
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


class Reader:
    """Opens archives for one command, and remembers whether all of them could be read.

    Args:
        profile: AWS profile, for archives in S3.
        region: Region of the endpoint, for archives in S3.
    """

    def __init__(self, *, profile: str, region: str) -> None:
        self._profile = profile
        self._region = region
        self._open = ExitStack()
        self.whole = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        _explain(error)

    def table(self, archive: str, start: datetime | None = None, end: datetime | None = None) -> pl.LazyFrame:
        """The observation table of an archive; files that cannot be used are named and left out.

        Args:
            archive: A folder, or `s3://BUCKET/PREFIX`.
            start: First instant of the period.
            end: First instant after it.

        Raises:
            RootwardenError: There is no such archive, it cannot be reached, or no run in it can be read.
        """
        place = self._open.enter_context(opened(archive, profile=self._profile, region=self._region))
        found = place.reading(start, end)
        table = _at_hand(found.table) if found.runs else None
        if found.runs and table is None:
            # A footer that is whole says nothing of the middle: find which file it is, and go on without it.
            found = place.reading(start, end, to_the_end=True)
            table = _at_hand(found.table) if found.runs else None
        for each in found.broken:
            _say(f"warning: `{each.name}` cannot be used: {each.reason}")
        self.whole = self.whole and not found.broken
        if table is None:
            period = " in the period" if start or end else ""
            hint = "`rootwarden archive list` names the runs, `archive import` adds some"
            raise InputError(f"no run of `{archive}`{period} can be read", hint=hint)
        return table


def _at_hand(table: pl.LazyFrame) -> pl.LazyFrame | None:
    """A table that is small enough is read once; thousands of small files are slow to open again and again.

    Returns:
        The table, or `None` when a file of it turned out to be spoiled.
    """
    import polars as pl

    rows: int = table.select(pl.len()).collect().item()
    if rows > MOST_ROWS_IN_MEMORY:
        return table
    try:
        return table.collect().lazy()
    except (pl.exceptions.ComputeError, pl.exceptions.PanicException, OSError):
        return None


def _explain(error: BaseException | None) -> None:
    """In an archive too large to read at once, a snapshot whose middle is spoiled is found only on the way.

    Raises:
        InputError: In place of what polars says.
    """
    if error is None or isinstance(error, RootwardenError):
        return
    import polars as pl

    if isinstance(error, pl.exceptions.ComputeError | pl.exceptions.PanicException | OSError):
        said = (str(error).splitlines() or [type(error).__name__])[0]
        hint = "`rootwarden archive verify` says which file it is"
        raise InputError(f"a snapshot of the archive cannot be read: {said}", hint=hint) from error


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


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line


def lines(path: Path | None, kind: type[R]) -> tuple[R, ...] | None:
    """The records of a file, one JSON object a line; `None` when no file is given.

    Raises:
        UsageError: It cannot be read.
        InputError: It holds something else.
    """
    from rootwarden.collect.disk import read_file
    from rootwarden.fleet.exchange import parse_lines

    if path is None:
        return None
    try:
        return parse_lines(read_file(path), kind, file=str(path))
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read: {error.strerror}", hint="is this the right file?") from error
