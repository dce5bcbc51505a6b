"""Advice for a person at a terminal: what to do in order, what cannot be told, what stands, then the scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden import packs
from rootwarden.advice.advice import State
from rootwarden.report.advice import phrases
from rootwarden.report.paper import Paper
from rootwarden.report.words import instant, several, shorten

if TYPE_CHECKING:
    from rootwarden.advice.advice import Advice
    from rootwarden.advice.order import Placed
    from rootwarden.audit.advising import Advised, Standing

_STYLE: Final = {State.NOT_DONE: "red", State.UNKNOWN: "yellow", State.DONE: "green", State.NOT_APPLICABLE: "dim"}
_NAMED: Final = 4


def render(advised: Advised, *, width: int = 100, color: bool = False) -> str:
    """The report as lines of at most `width` columns; with `color` it has ANSI colours."""
    paper = Paper(width, color=color)
    every = {one.id: one for one in packs.advice()}
    standings = {one.advice: one for one in advised.standings}
    _head(paper, advised)
    paper.heading("Do this, in this order", "what helps against most comes first, after what it needs")
    for number, placed in enumerate(advised.placed, 1):
        _step(paper, number, every[placed.advice], standings[placed.advice], placed)
    if not advised.placed:
        paper.line("nothing: all that applies is done")
    for state, title in ((State.DONE, "Done"), (State.NOT_APPLICABLE, "Does not apply")):
        _list(paper, title, [one for one in advised.standings if one.state is state], every)
    _scenarios(paper, advised)
    _skipped(paper, advised)
    return paper.text()


def _head(paper: Paper, advised: Advised) -> None:
    counts = {state: sum(one.state is state for one in advised.standings) for state in State}
    paper.line(Text(f"{several(len(advised.placed), 'thing')} to do or to look at", "bold"), indent=0)
    about = [shorten(advised.source, 120), f"as of {instant(advised.as_of)}"]
    paper.line(" · ".join(about), "dim", indent=0)
    paper.console.print()
    for state, count in counts.items():
        said = f"{phrases.SYMBOL[state]} {count:>3}  {phrases.WORD[state]}"
        paper.line(Text(said, _STYLE[state] if count else "dim"))


def _step(paper: Paper, number: int, one: Advice, standing: Standing, placed: Placed) -> None:
    state = f"{phrases.SYMBOL[standing.state]} {phrases.WORD[standing.state]}"
    extent = phrases.extent(standing)
    paper.console.print()
    paper.line(Text.assemble((f"{number:>2}. {one.title}", "bold"), "  ", (state, _STYLE[standing.state])), indent=0)
    of = f" ({extent})" if extent else ""
    paper.line(f"{one.id}{of}: {standing.said}", "dim", indent=4)
    if standing.permission:
        paper.line(f"{standing.permission} would tell", "dim", indent=4)
    paper.line(one.what, indent=4)
    if placed.improves:
        paper.line(f"helps against: {', '.join(placed.improves)}", indent=4)
    elif placed.opens:
        paper.line(f"needed for: {placed.opens}", indent=4)
    paper.line(f"costs: {one.cost.says} ({phrases.CERTAINTY[one.cost.certainty]}, {one.cost.as_of})", indent=4)
    for step in one.how:
        paper.line(f"→ {step.text}" + (f": {step.console}" if step.console and not step.command else ""), indent=4)
        if step.command:
            paper.line(step.command, "cyan", indent=8)
    paper.line(f"remains: {one.remains}", "dim", indent=4)


def _list(paper: Paper, title: str, standings: list[Standing], every: dict[str, Advice]) -> None:
    if not standings:
        return
    paper.heading(title)
    for one in standings:
        said = f": {one.said}" if one.state is State.NOT_APPLICABLE else ""
        paper.line(f"{phrases.SYMBOL[one.state]} {every[one.advice].title}{said}")


def _scenarios(paper: Paper, advised: Advised) -> None:
    paper.heading("What comes of it today", "by AWS alone, and with Rootwarden set up beside it")
    scenarios = {one.id: one for one in packs.scenarios()}
    rows = [
        [
            f"{phrases.KIND[scenarios[one.scenario].kind]}: {scenarios[one.scenario].title}",
            phrases.outcome_words(one.native),
            phrases.outcome_words(one.both),
        ]
        for one in phrases.by_kind(advised.today)
    ]
    paper.table(("scenario", "AWS alone", "with Rootwarden"), rows, words_=3)
    paper.console.print()
    for name, columns in (
        ("AWS alone", [one.native for one in advised.today]),
        ("with Rootwarden", [one.both for one in advised.today]),
    ):
        counts = ", ".join(f"{count} {word}" for word, count in phrases.tally(columns).items() if count)
        paper.line(f"{name}: {counts}")
    paper.line("every outcome with its reason and source: --format html, or --format json", "dim")


def _skipped(paper: Paper, advised: Advised) -> None:
    if not advised.skipped:
        return
    paper.console.print()
    shown = ", ".join(f"{account} ({state})" for account, state in advised.skipped[:_NAMED])
    more = ", …" if len(advised.skipped) > _NAMED else ""
    paper.line(f"skipped: {shown}{more}", "dim")
