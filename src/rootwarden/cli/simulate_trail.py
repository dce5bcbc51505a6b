"""`rootwarden simulate-trail`: a month of an organization trail that never was, to try detection on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def simulate_trail(
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to put the log files; a new folder.")
    ],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same trail.")] = 1,
    accounts: Annotated[int, typer.Option("--accounts", min=3, max=5000, help="Accounts of the organization.")] = 20,
    days: Annotated[int, typer.Option("--days", min=2, max=366, help="How long.")] = 31,
    events: Annotated[int, typer.Option("--events", min=0, help="About how many events.")] = 100_000,
    aside: Annotated[
        Path | None,
        typer.Option(
            "--aside", metavar="FOLDER", help="Where to put check-outs, evidence and the truth (FOLDER.aside)."
        ),
    ] = None,
    bomb: Annotated[bool, typer.Option("--bomb", help="Add a file that inflates to four gigabytes.")] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Cut the end of no file off, so that a replay can read everything.")
    ] = False,
) -> int:
    """Write an organization trail as S3 holds it, with every way root can be there, and what really happened.

    Nothing leaves this machine and no AWS account is needed. What is found in it says nothing about real trails.
    """
    from rootwarden.cli.progress import file_progress
    from rootwarden.errors import UsageError
    from rootwarden.simulator.trail.month import Month
    from rootwarden.simulator.trail.write import write_month

    if whole and bomb:
        raise UsageError("--whole and --bomb exclude each other", hint="a bomb is never read to its end: leave one out")
    aside = aside or folder.with_name(f"{folder.name}.aside")
    month = Month(seed=seed, accounts=accounts, days=days, events=events, whole=whole)
    with file_progress("writing log files") as show:
        made = write_month(month, folder, aside=aside, bomb=bomb, on_progress=show)
    _say(f"trail: {folder}   {made.counts.events} events of {accounts} accounts in {made.counts.files} log files")
    _say(f"aside: {aside}   check-outs, settings, and the truth of {len(made.visits)} visits of root")
    if made.untold:
        several = f"{len(made.untold)} stories of root are" if len(made.untold) > 1 else "a story of root is"
        _say(f"note: {several} left out; 20 accounts and 31 days have room for all")
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line
