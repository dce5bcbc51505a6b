"""What `study` and `kpi` share: the archive as a table, one organization of it, and missing parts said in one line."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import msgspec
import typer

from rootwarden.cli import extras
from rootwarden.cli.archiving import opened
from rootwarden.cli.given_file import given_bytes
from rootwarden.errors import InputError, RootwardenError, UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from rootwarden.archive.archive import Archive as Opened
    from rootwarden.archive.listed import Broken
    from rootwarden.fleet.account_weeks import AccountWeeks
    from rootwarden.fleet.parameters import StudyParameters
    from rootwarden.fleet.removal import Removal
    from rootwarden.fleet.removal_work import Work

R = TypeVar("R", bound=msgspec.Struct)

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
    extras.need(names, f"{what} needs", extra="fleet")


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
        self._places: dict[str, Opened] = {}
        self._named: set[Broken] = set()
        self.whole = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def weeks(
        self,
        archive: str,
        parameters: StudyParameters,
        period: tuple[datetime | None, datetime | None] = (None, None),
        organization: str = "",
    ) -> AccountWeeks:
        """What each account of an archive did in each week; files that cannot be used are named and left out.

        Args:
            archive: A folder, or `s3://BUCKET/PREFIX`.
            parameters: What to count by.
            period: First instant, and first instant after it.
            organization: Only the accounts of this one.

        Raises:
            RootwardenError: There is no such archive, it cannot be reached, or no run in it can be read.
        """
        from rootwarden.fleet.account_weeks import weeks_of
        from rootwarden.fleet.looks import READ, looks_of

        place = self._place(archive)
        batches = place.batches(READ, *period, [organization] if organization else [])
        try:
            looks = looks_of(batches, parameters, start=period[0], end=period[1])
        except InputError:
            if batches.runs:
                raise
            self._name(batches.broken)
            raise _nothing(archive, period, organization) from None
        self._name(batches.broken)
        return weeks_of(looks, parameters, start=period[0])

    def removal(
        self,
        archive: str,
        period: tuple[datetime | None, datetime | None],
        organization: str = "",
        works: tuple[Work, ...] = (),
    ) -> Removal:
        """How far members' root credentials are removed; files that cannot be used are named and left out.

        Args:
            archive: A folder, or `s3://BUCKET/PREFIX`; empty for the journals alone.
            period: First instant, and first instant after it.
            organization: Only the accounts of this one.
            works: What journals of the removal show, of that period and organization.

        Raises:
            RootwardenError: There is no such archive, it cannot be reached, or no run in it can be read.
        """
        from rootwarden.fleet.removal import READ, removal_of

        if not archive:
            return removal_of((), works)
        batches = self._place(archive).batches(READ, *period, [organization] if organization else [])
        try:
            found = removal_of(batches, works)
        except InputError:
            if batches.runs:
                raise
            self._name(batches.broken)
            raise _nothing(archive, period, organization) from None
        self._name(batches.broken)
        return found

    def _place(self, archive: str) -> Opened:
        if archive not in self._places:
            self._places[archive] = self._open.enter_context(
                opened(archive, profile=self._profile, region=self._region)
            )
        return self._places[archive]

    def _name(self, broken: list[Broken]) -> None:
        """Say which files are left out, each once."""
        for each in broken:
            if each not in self._named:
                self._named.add(each)
                _say(f"warning: `{each.name}` cannot be used: {each.reason}")
        self.whole = self.whole and not broken


def _nothing(archive: str, period: tuple[datetime | None, datetime | None], organization: str) -> RootwardenError:
    """Nothing was there to read."""
    when = " in the period" if any(period) else ""
    if organization:
        return UsageError(
            f"no observation is of organization `{organization}`{when}", hint="organization ids look like o-a1b2c3d4e5"
        )
    hint = "`rootwarden archive list` names the runs, `archive import` adds some"
    return InputError(f"no run of `{archive}`{when} can be read", hint=hint)


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line


def lines(path: Path | None, kind: type[R]) -> tuple[R, ...] | None:
    """The records of a file, one JSON object a line; `None` when no file is given.

    Raises:
        UsageError: It cannot be read.
        InputError: It holds something else.
    """
    from rootwarden.fleet.exchange import parse_lines

    return None if path is None else parse_lines(given_bytes(path), kind, file=str(path))
