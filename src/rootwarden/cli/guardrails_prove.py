"""`rootwarden guardrails prove`: which guardrails hold, in which accounts, and why not in the others."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from rootwarden.cli import options
from rootwarden.errors import UsageError
from rootwarden.guardrails.content.guardrail import Guardrail

if TYPE_CHECKING:
    from rootwarden.audit.guardrail_proof import Planned, Proof, Wanted


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
    evidence: options.Evidence = None,
    with_: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="ID[@TARGET]", help="As if this were attached there (usual: the root). Repeat."),
    ] = None,
    parameter: options.Parameters = None,
    form: Annotated[
        Shown, typer.Option("--format", help="How to print the proof; html has a map of the tree, before and after.")
    ] = Shown.TEXT,
    output: options.ReportFile = None,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Decide for every account whether guardrails hold, by evaluating every policy above it, and say why not.

    Of AWS as it is, asked from the management account, or of an evidence folder. Exit code 0: all named guardrails
    hold wherever they can bind. 1: one does not hold or bars too much. 3: neither, but something could not be decided,
    or AWS could not be asked.
    """
    from rootwarden.audit.guardrail_proof import prove_all
    from rootwarden.cli.guardrails_looking import landscape_of
    from rootwarden.cli.showing import show

    if evidence is not None and (profile or region):
        raise UsageError("--evidence asks no AWS", hint="leave --profile and --region out")
    asked = _asked(guardrails or [], with_ or [], parameter or [])
    landscape, _ = landscape_of(evidence, profile=profile, region=region, sign_in=asked.sign_in)
    wanted, planned = asked.filled(landscape.organization)
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


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The guardrails to prove, those taken to be attached, and values for both, before anybody looked."""

    chosen: list[Guardrail]
    planned: list[tuple[Guardrail, str]]
    given: dict[str, str]

    @property
    def every(self) -> list[Guardrail]:
        """All of them."""
        return [*self.chosen, *(one for one, _ in self.planned)]

    @property
    def sign_in(self) -> bool:
        """Whether one of them is a Sign-In policy."""
        from rootwarden.guardrails.content.guardrail import GuardrailKind

        return any(one.kind is GuardrailKind.SIGN_IN for one in self.every)

    def filled(self, organization: str) -> tuple[list[Wanted], list[Planned]]:
        """Each with its values; the organization is one of them where it is known."""
        from rootwarden.audit.guardrail_proof import Planned
        from rootwarden.cli.guardrails_reading import wanted_with

        needed = organization and any(one.parameter("organization") for one in self.every)
        given = {"organization": organization, **self.given} if needed else self.given
        return (
            [wanted_with(one, given) for one in self.chosen],
            [Planned(wanted_with(one, given), target) for one, target in self.planned],
        )


def _asked(named: list[str], attached: list[str], parameters: list[str]) -> _Asked:
    """What the arguments ask for."""
    from rootwarden.cli.guardrails_reading import check_used, guardrail_named, parameters_given

    given = parameters_given(parameters)
    places = [_place(text) for text in attached]
    planned = [(guardrail_named(name), target) for name, target in places]
    chosen = [guardrail_named(name) for name in dict.fromkeys(named)]
    chosen = chosen or [one for one, _ in planned] or _without_needs(given)
    asked = _Asked(chosen=chosen, planned=planned, given=given)
    check_used(given, asked.every)
    return asked


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
