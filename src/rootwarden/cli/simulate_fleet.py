"""`rootwarden simulate-fleet`: weeks of evidence of a fleet that never was, to try a study on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def simulate_fleet(
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to put the evidence; a new folder.")
    ],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same fleet.")] = 1,
    truth: Annotated[
        Path | None,
        typer.Option("--truth", metavar="FILE", help="Where to put what really happened (FOLDER.truth.json)."),
    ] = None,
    organizations: Annotated[
        int | None, typer.Option("--organizations", min=1, help="Write only so many organizations of it, the first.")
    ] = None,
    study: Annotated[
        str, typer.Option("--study", metavar="NAME", help="The published study whose figures it is made to have.")
    ] = "netskope-2021",
) -> int:
    """Write a synthetic fleet: weekly evidence folders of many organizations, with the figures of a published study.

    Nothing leaves this machine and no AWS account is needed.
    """
    from rootwarden.errors import UsageError
    from rootwarden.fleet.synthetic.fleet import synthetic_fleet
    from rootwarden.packs.published import published
    from rootwarden.simulator.fleet_folder import write_fleet, write_truth

    aside = truth or folder.with_name(f"{folder.name}.truth.json")
    if aside.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"`{aside}` is inside of `{folder}`", hint="the truth is kept outside of what is studied")
    fleet = synthetic_fleet(published(study), seed)
    if organizations is not None:
        fleet = fleet.first(organizations)
    write_fleet(fleet, folder)
    write_truth(fleet, aside)
    samples = len(next(iter(fleet.samples.values())))
    _say(
        f"fleet: {folder}   {len(fleet.accounts)} accounts in {len(fleet.samples)} organizations, "
        f"{samples} weekly samples"
    )
    _say(f"truth: {aside}   every use of root, also the hidden ones")
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line
