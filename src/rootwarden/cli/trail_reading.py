"""What every command that reads a trail shares: what to read and how much of it, and how the reading is told."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec
import typer

from rootwarden.cli import options
from rootwarden.cli.trail_progress import progress
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rootwarden.aws.objects import Objects
    from rootwarden.detect.visits.interest import Interest
    from rootwarden.trail.objects_to_read import Listing
    from rootwarden.trail.place_names import Restriction
    from rootwarden.trail.run import Elsewhere, Run
    from rootwarden.trail.spool import Spool

_NAMED: Final = 20

Paths: TypeAlias = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Files, folders, s3://BUCKET/PREFIX, or - for standard input.")
]
State: TypeAlias = Annotated[
    Path | None, typer.Option("--state", metavar="FILE", help="Remember what was read, and read only what is new.")
]
From: TypeAlias = Annotated[str, typer.Option("--from", metavar="INSTANT", help="Events from this instant on.")]
To: TypeAlias = Annotated[str, typer.Option("--to", metavar="INSTANT", help="Events before this instant.")]
OnlyAccounts: TypeAlias = Annotated[
    list[str] | None, typer.Option("--account", metavar="ID", help="Only events of this account. Repeat.")
]
OnlyRegions: TypeAlias = Annotated[
    list[str] | None, typer.Option("--event-region", metavar="NAME", help="Only events of this region. Repeat.")
]
Workers: TypeAlias = Annotated[
    int, typer.Option("--workers", min=0, metavar="N", help="Processes to read with; 0 for one a core.")
]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a command was asked to read, and how."""

    paths: tuple[str, ...]
    state: Path | None = None
    start: str = ""
    end: str = ""
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    workers: int = 0
    profile: str = ""
    region: str = ""


@contextmanager
def read(asked: Asked, interest: Interest, elsewhere: Elsewhere | None = None) -> Iterator[tuple[Run, Spool]]:
    """Read everything asked for; what is wanted is in the spool while the context is open.

    Args:
        asked: What to read.
        interest: What is wanted.
        elsewhere: What reads in place of this machine.

    Raises:
        RootwardenError: When something is not there, or cannot be listed or kept.
    """
    from rootwarden.trail.batch import Orders
    from rootwarden.trail.objects_to_read import STDIN
    from rootwarden.trail.run import run
    from rootwarden.trail.spool import Spool

    listing, restriction = listing_of(asked)
    stream = sys.stdin.buffer if STDIN in asked.paths else None
    with (
        Spool(asked.state) as spool,
        TemporaryDirectory(prefix="rootwarden-trail-") as folder,
        progress() as show,
    ):
        orders = Orders(
            interest=interest, restriction=restriction, folder=folder, profile=asked.profile, region=asked.region
        )
        done = run(listing, orders, spool, stream=stream, workers=asked.workers, elsewhere=elsewhere, show=show)
        refuse_nothing(done)
        yield done, spool


def listing_of(asked: Asked) -> tuple[Listing, Restriction]:
    """What there is to read, and which events of it are asked for.

    Raises:
        UsageError: When something is not there, or the window is none.
    """
    from rootwarden.trail.objects_to_read import Listing

    restriction = restriction_of(asked)
    listing = Listing(asked.paths, restriction=restriction, bucket=lambda target: _bucket(target, asked))
    listing.check()
    return listing, restriction


def tell(done: Run, found: str) -> None:
    """Say on stderr what was read, what was odd, and what was not read.

    Args:
        done: What the run came to.
        found: What it found, as words.
    """
    from rootwarden.report.words import several, visible

    counts = done.counts
    _say(f"read: {several(counts.files, 'file')}, {_bytes(counts.packed)}, about {several(counts.about, 'record')}")
    _say(f"found: {found}")
    for number, words in (
        (done.read_before, "read by an earlier run"),
        (counts.several_members, "with more than one gzip member, read to the end"),
        *((number, f"passed over: {reason}") for reason, number in done.passed_over.items()),
    ):
        if number:
            _say(f"note: {several(number, 'file')} {words}")
    if done.read_again:
        _say("note: earlier runs looked for something else, so everything was read again")
    if counts.irregular:
        fields = ", ".join(f"{name} {number:,}" for name, number in counts.irregular.items())
        _say(f"note: fields of another kind than documented: {fields}")
    for problem in done.problems[:_NAMED]:
        _say(f"warning: `{visible(problem.file)}`: {visible(problem.reason)}")
    if done.unread > _NAMED:
        _say(f"warning: and {several(done.unread - _NAMED, 'more place')} not read in full")
    if done.interrupted:
        _say("interrupted: what is told here is what was read until then")


def exit_code(done: Run, *, clean: int = 0) -> int:
    """The exit code of docs/exit-codes.md.

    Args:
        done: What the run came to.
        clean: What it is when everything was read.
    """
    from rootwarden.trail.scan import NO_RECORD

    if done.interrupted:
        return 130
    if (
        done.counts.files
        and done.unread >= done.counts.files
        and all(each.reason == NO_RECORD for each in done.problems)
    ):
        return 2
    return clean or (3 if done.unread else 0)


def refuse_nothing(done: Run) -> None:
    """Silence is never success: a run that read nothing at all says so.

    Raises:
        UsageError: When there was nothing to read, and no earlier run had read it.
    """
    from rootwarden.trail.objects_to_read import NOT_ASKED_FOR

    if done.counts.files or done.read_before or done.unread or done.interrupted or NOT_ASKED_FOR in done.passed_over:
        return
    found = ", ".join(f"{number:,} {reason}" for reason, number in done.passed_over.items())
    message = f"there is nothing to read, only {found}" if found else "there is nothing to read"
    raise UsageError(message, hint="logs are below AWSLogs/ACCOUNT/CloudTrail/ in the trail's bucket")


def restriction_of(asked: Asked) -> Restriction:
    """Which events are asked for.

    Raises:
        UsageError: When the window is none, or an account is no account id.
    """
    from rootwarden.trail.place_names import Restriction

    start, end = _instant(asked.start, "--from"), _instant(asked.end, "--to")
    if start is not None and end is not None and start >= end:
        raise UsageError("--from is not before --to", hint="--to is the first instant that is left out")
    for account in asked.accounts:
        options.account_ids(account)
    return Restriction(start=start, end=end, accounts=frozenset(asked.accounts), regions=frozenset(asked.regions))


def _instant(text: str, option: str) -> datetime | None:
    try:
        return options.instant(text)
    except UsageError as error:
        raise UsageError(f"{option}: {error.message}", hint=error.hint) from error


def _bucket(target: str, asked: Asked) -> Objects:
    from rootwarden.aws.door import Door
    from rootwarden.trail.bucket import objects_of

    return objects_of(target, Door(profile=asked.profile, region=asked.region))


def _bytes(number: int) -> str:
    size = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004 - decimal units
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line
