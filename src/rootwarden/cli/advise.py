"""`rootwarden advise`: what to switch on in AWS first, and against what it helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import options, showing
from rootwarden.cli.look_options import looking
from rootwarden.cli.looking import Look, look
from rootwarden.errors import UsageError
from rootwarden.report.advice import FORMATS

if TYPE_CHECKING:
    from rootwarden.audit.advising import Advised
    from rootwarden.collect.collected import Collected
    from rootwarden.guardrails.standing import Landscape


@looking("credential_report")
def advise(
    *,
    asked: Look,
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help=f"One of {', '.join(FORMATS)}.")
    ] = "terminal",
    output: options.ReportFile = None,
) -> int:
    """What to switch on in AWS first, free or nearly: the order for this organization, and what comes of each attack.

    Of the caller's account, a list, a whole organization, or an evidence folder. Exit code 0: everything advised that
    applies is done. 1: something is not. 2: wrong usage. 3: something could not be decided, and the rest is done.
    130: interrupted, what was collected is judged.
    """
    showing.check_format(format_, tuple(FORMATS))
    advised = _advised(asked)
    for warning in advised.warnings:
        typer.echo(f"warning: {warning}", err=True)
    showing.show(_text(advised, format_, showing.screen(output)), output)
    return _exit_code(advised)


def _advised(asked: Look) -> Advised:
    from rootwarden.audit.advising import advice_book, advise
    from rootwarden.audit.judge import Judge
    from rootwarden.audit.terms import Terms
    from rootwarden.packs import advice

    terms = Terms(rulebook=advice_book(advice()))
    judge = Judge(terms)
    collected = look(asked, terms.rulebook, tags=False, tree=True, digest=judge.digest, services=True)
    if not collected.accounts and not collected.interrupted:
        raise UsageError("there is no account to look at", hint="give a folder or accounts that are active")
    return advise(collected, terms, judge, _landscape(asked, collected))


def _landscape(asked: Look, collected: Collected) -> Landscape:
    """The policies above every account: all of a folder, of a live look those of the organization."""
    from rootwarden.guardrails.standing import landscape

    if asked.evidence is not None:
        from rootwarden.collect.folder import EvidenceFolder
        from rootwarden.collect.guardrail_landscape import read_landscape

        return read_landscape(EvidenceFolder(asked.evidence))[0]
    others = {one.facts.id: one.facts.partition for one in collected.accounts}
    return landscape(collected.organization, collected.resource_controls, {}, others)


def _text(advised: Advised, format_: str, screen: tuple[int, bool]) -> str:
    from rootwarden.report.advice import find

    if format_ != "terminal":
        return find(format_)(advised)
    from rootwarden.report.advice.terminal import render

    return render(advised, width=screen[0], color=screen[1])


def _exit_code(advised: Advised) -> int:
    from rootwarden.advice.advice import State

    if advised.interrupted:
        return 130
    states = {one.state for one in advised.standings}
    return 1 if State.NOT_DONE in states else 3 if State.UNKNOWN in states else 0
