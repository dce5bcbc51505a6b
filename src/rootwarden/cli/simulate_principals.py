"""`rootwarden simulate-principals`: accounts full of users and roles that never were, to try the IAM commands on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def simulate_principals(
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to put the evidence; a new folder.")
    ],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same accounts.")] = 1,
    accounts: Annotated[
        int, typer.Option("--accounts", min=1, max=5000, help="Accounts; more than one are an organization.")
    ] = 1,
    principals: Annotated[
        int, typer.Option("--principals", min=10, max=50_000, help="About how many users and roles in each.")
    ] = 200,
    truth: Annotated[
        Path | None,
        typer.Option("--truth", metavar="FILE", help="Where to put what is true of each (FOLDER.truth.json)."),
    ] = None,
) -> int:
    """Write accounts with many users, roles and policies, ways up to root among them, and what is true of each.

    Nothing leaves this machine and no AWS account is needed. What is found in it says nothing about real accounts.
    """
    from rootwarden.cli.progress import file_progress
    from rootwarden.simulator.crowd.crowd import Crowd, Size
    from rootwarden.simulator.crowd.write import write_crowd

    aside = truth or folder.with_name(f"{folder.name}.truth.json")
    crowd = Crowd(Size(accounts=accounts, principals=principals, seed=seed))
    with file_progress("writing accounts") as show:
        made = write_crowd(crowd, folder, aside, on_progress=show)
    several = f"{made.accounts} accounts" if made.accounts > 1 else "one account"
    _say(f"principals: {folder}   {made.principals} users and roles, {made.policies} policies of {several}")
    counted = ", ".join(f"{number} {name}" for name, number in sorted(made.standings.items()))
    _say(f"truth: {aside}   {counted}")
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line
