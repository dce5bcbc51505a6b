"""Advice for a person at a terminal: what to do in order, what cannot be told, what stands, then the scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden import packs
from rootwarden.advice.advice import Certainty, State
from rootwarden.report.advice import phrases
from rootwarden.report.paper import Paper
from rootwarden.report.words import instant, shorten

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
    paper.heading(
        "Do this, in this order",
        "what helps most first, after what it needs; what is not known, as if not done",
    )
    for number, placed in enumerate(advised.placed, 1):
        _step(paper, number, placed, standings[placed.advice], one=every[placed.advice], advised=advised)
    if not advised.placed:
        paper.line("nothing: all that applies is done")
    _done(paper, advised, every)
    _idle(paper, advised, every)
    _scenarios(paper, advised)
    _remaining(paper, advised)
    _skipped(paper, advised)
    return paper.text()


def _head(paper: Paper, advised: Advised) -> None:
    counts = {state: sum(one.state is state for one in advised.standings) for state in State}
    paper.line(Text(phrases.headline(advised), "bold"), indent=0)
    about = [shorten(advised.source, 120), f"as of {instant(advised.as_of)}"]
    paper.line(" · ".join(about), "dim", indent=0)
    paper.console.print()
    for state, count in counts.items():
        said = f"{phrases.SYMBOL[state]} {count:>3}  {phrases.WORD[state]}"
        paper.line(Text(said, _STYLE[state] if count else "dim"))


def _step(paper: Paper, number: int, placed: Placed, standing: Standing, *, one: Advice, advised: Advised) -> None:
    state = f"{phrases.SYMBOL[standing.state]} {phrases.WORD[standing.state]}"
    paper.console.print()
    paper.line(Text.assemble((f"{number:>2}. {one.title}", "bold"), "  ", (state, _STYLE[standing.state])), indent=0)
    paper.line(f"{one.id}: {standing.said}", "dim", indent=4)
    if phrases.extent(standing):
        paper.line(": ".join(filter(None, (phrases.extent(standing), phrases.where(standing)))), "dim", indent=4)
    if standing.permission:
        paper.line(f"what is not known, {standing.permission} would tell", "dim", indent=4)
    paper.line(one.what, indent=4)
    if placed.urgent:
        paper.line(f"first, because {placed.urgent}", indent=4)
    paper.line(phrases.helps(placed), indent=4)
    paper.line(f"costs: {one.cost.says} ({phrases.sure(one.cost)})", indent=4)
    for step in phrases.steps(one, advised):
        paper.line(f"→ {step.text}" + (f": {step.console}" if step.console and not step.command else ""), indent=4)
        if step.command:
            paper.line(step.command, "cyan", indent=8)
    paper.line(f"remains: {one.remains}", "dim", indent=4)
    if one.certainty is not Certainty.DOCUMENTED:
        paper.line(f"what this says of AWS: {phrases.sure(one)}", "dim", indent=4)


def _done(paper: Paper, advised: Advised, every: dict[str, Advice]) -> None:
    done = [one for one in advised.standings if one.state is State.DONE]
    if done:
        paper.heading("Done")
    for one in done:
        paper.line(f"{phrases.SYMBOL[one.state]} {every[one.advice].title}")


def _idle(paper: Paper, advised: Advised, every: dict[str, Advice]) -> None:
    reasons = phrases.idle_reasons(advised)
    if reasons:
        paper.heading("Does not apply")
    for said, names in reasons.items():
        paper.line(f"{phrases.SYMBOL[State.NOT_APPLICABLE]} {said}:")
        for name in names:
            paper.line(every[name].title, "dim", indent=4)


def _scenarios(paper: Paper, advised: Advised) -> None:
    paper.heading("What comes of it today", "by AWS alone, and with Rootwarden set up beside it")
    scenarios = {one.id: one for one in packs.scenarios()}
    rows = [
        [
            f"{one.scenario}: {scenarios[one.scenario].title}",
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


def _remaining(paper: Paper, advised: Advised) -> None:
    left = phrases.remaining(advised)
    if not left:
        return
    paper.heading("What AWS alone does not see even then", "once all of this is done")
    for one in left:
        both = one.both_at_best
        paper.line(f"{one.scenario}: {one.native_at_best.because}")
        paper.line(f"with Rootwarden {phrases.OUTCOME[both.outcome]}: {both.because}", "dim", indent=4)


def _skipped(paper: Paper, advised: Advised) -> None:
    if not advised.skipped:
        return
    paper.console.print()
    shown = ", ".join(f"{account} ({state})" for account, state in advised.skipped[:_NAMED])
    more = ", …" if len(advised.skipped) > _NAMED else ""
    paper.line(f"skipped: {shown}{more}", "dim")
