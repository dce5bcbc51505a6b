"""`rootwarden guardrails prove`: which guardrails hold, in which accounts, and why not in the others."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import options
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.audit.guardrail_proof import Planned, Proof, Wanted
    from rootwarden.guardrails.content.guardrail import Guardrail


class Shown(StrEnum):
    """How the proof is printed."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def prove(
    guardrails: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID|FILE]...", help="Guardrails, or files of your own; all that need no value if none is named."
        ),
    ] = None,
    *,
    evidence: Annotated[
        Path, typer.Option("--evidence", metavar="FOLDER", help="An evidence folder with the organization's policies.")
    ],
    with_: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="ID[@TARGET]", help="As if this were attached there (usual: the root). Repeat."),
    ] = None,
    parameter: options.Parameters = None,
    form: Annotated[
        Shown, typer.Option("--format", help="How to print the proof; html has a map of the tree, before and after.")
    ] = Shown.TEXT,
    output: options.ReportFile = None,
) -> int:
    """Decide for every account whether guardrails hold, by evaluating every policy above it, and say why not.

    Exit code 0: all named guardrails hold wherever they can bind. 1: one does not hold or bars too much. 3: neither,
    but something could not be decided.
    """
    from rootwarden.audit.guardrail_proof import prove_all
    from rootwarden.cli.fleet_reading import show
    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.collect.guardrail_landscape import read_landscape

    landscape, _ = read_landscape(EvidenceFolder(evidence))
    wanted, planned = _asked_for(guardrails or [], with_ or [], parameter or [], landscape.organization)
    proof = prove_all(landscape, wanted, planned)
    if form is Shown.HTML:
        from rootwarden.report.guardrail_map.page import render

        before = prove_all(landscape, wanted) if planned else proof
        show(render(landscape, before, proof if planned else None), output)
    else:
        show(_told(proof, form), output)
    return proof.exit_code


def _told(proof: Proof, form: Shown) -> str:
    from rootwarden.report import guardrail_proof

    return (guardrail_proof.json(proof) if form is Shown.JSON else guardrail_proof.text(proof)) + "\n"


def _asked_for(
    named: list[str], attached: list[str], parameters: list[str], organization: str
) -> tuple[list[Wanted], list[Planned]]:
    """The guardrails to prove and those taken to be attached, with their values."""
    from rootwarden.audit.guardrail_proof import Planned
    from rootwarden.cli.guardrails_reading import check_used, guardrail_named, parameters_given, wanted_with

    given = parameters_given(parameters)
    places = [_place(text) for text in attached]
    planned = [(guardrail_named(name), target) for name, target in places]
    chosen = [guardrail_named(name) for name in dict.fromkeys(named)]
    chosen = chosen or [one for one, _ in planned] or _without_needs(given)
    every = [*chosen, *(one for one, _ in planned)]
    check_used(given, every)
    if organization and any(one.parameter("organization") for one in every):
        given.setdefault("organization", organization)
    return (
        [wanted_with(one, given) for one in chosen],
        [Planned(wanted_with(one, given), target) for one, target in planned],
    )


def _without_needs(given: dict[str, str]) -> list[Guardrail]:
    """The shipped guardrails that have what they need; what is left out is said."""
    from rootwarden.packs import guardrails

    chosen = []
    for one in guardrails():
        lacking = [each.name for each in one.parameters if each.needed and each.name not in given]
        lacking = [name for name in lacking if name != "organization"]
        if lacking:
            typer.echo(f"left out: `{one.id}`, which needs --parameter {lacking[0]}=…", err=True)
        else:
            chosen.append(one)
    return chosen


def _place(text: str) -> tuple[str, str]:
    """`ID@TARGET`, or `ID` alone."""
    name, at, target = text.rpartition("@")
    if not at:
        return text, ""
    if not name or not target:
        raise UsageError(f"`{text}` is not ID@TARGET", hint="--with deny-root-actions@ou-exam-workload")
    return name, target
