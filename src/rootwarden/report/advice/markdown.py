"""Advice as Markdown, and the table of scenarios in general: what every organization can have at best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden import packs
from rootwarden.advice.advice import Place, State
from rootwarden.advice.scenario import Kind, outcome
from rootwarden.report.advice import phrases
from rootwarden.report.words import instant, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rootwarden.advice.advice import Advice, Step
    from rootwarden.advice.scenario import Cell, Scenario
    from rootwarden.audit.advising import Advised

# What most organizations have, or say they have.
_USUAL: Final = frozenset({"trail-everywhere", "root-usage-alarm"})


def render(advised: Advised) -> str:
    """What to do in order, what stands, and the scenarios of this organization; it ends with a newline."""
    every = {one.id: one for one in packs.advice()}
    standings = {one.advice: one for one in advised.standings}
    lines = [f"# What to switch on first\n\n{_plain(advised.source)}, as of {instant(advised.as_of)}.\n"]
    lines.append("| | what | state | helps against | costs |\n|---|---|---|---|---|")
    for number, placed in enumerate(advised.placed, 1):
        one, standing = every[placed.advice], standings[placed.advice]
        state = f"{phrases.SYMBOL[standing.state]} {phrases.extent(standing) or phrases.WORD[standing.state]}"
        helps = ", ".join(placed.improves) or (f"needed for {placed.opens}" if placed.opens else "nothing more")
        cost = f"{one.cost.says} ({phrases.sure(one.cost)})"
        lines.append(f"| {number} | {one.title} | {state}: {_plain(standing.said)} | {helps} | {cost} |")
    done = [one for one in advised.standings if one.state in (State.DONE, State.NOT_APPLICABLE)]
    lines += ["", *(f"- {phrases.SYMBOL[one.state]} {every[one.advice].title}" for one in done)]
    lines += ["", "| scenario | AWS alone | with Rootwarden |", "|---|---|---|"]
    scenarios = {one.id: one for one in packs.scenarios()}
    for today in phrases.by_kind(advised.today):
        title = scenarios[today.scenario].title
        lines.append(f"| {title} | {phrases.outcome_words(today.native)} | {phrases.outcome_words(today.both)} |")
    left = phrases.remaining(advised)
    lines += ["", "What AWS alone does not see even when all of this is done:", ""] if left else []
    for today in left:
        both = today.both_at_best
        with_us = f"with Rootwarden {phrases.OUTCOME[both.outcome]}: {both.because}"
        lines.append(f"- {scenarios[today.scenario].title}: {today.native_at_best.because}. {with_us}.")
    return "\n".join(lines) + "\n"


def scenarios(every: Sequence[Scenario]) -> str:
    """The table of both kinds, then each scenario with every cell, its reason and its source."""
    return "\n".join(_scenarios(every)) + "\n"


def advice_list(every: Sequence[Advice]) -> str:
    """Every advice in full."""
    return "\n".join(line for one in every for line in _advice(one)) + "\n"


def _scenarios(every: Sequence[Scenario]) -> Iterator[str]:
    for kind in Kind:
        yield f"## {phrases.KIND[kind]}\n"
        yield "| scenario | nothing switched on | a trail and the usage alarm | all that is advised |"
        yield "|---|---|---|---|"
        for one in (each for each in every if each.kind is kind):
            columns = (_change(one, on) for on in (frozenset[str](), _USUAL, _everything(one)))
            yield f"| [{one.title}](#{one.id}) | {' | '.join(columns)} |"
        yield ""
    for one in every:
        yield from _scenario(one)


def _scenario(one: Scenario) -> Iterator[str]:
    yield f"### {one.id}\n\n**{one.title}.** {one.story}\n"
    yield "| | outcome | if | why | source |\n|---|---|---|---|---|"
    for column, cells in (("AWS alone", one.native), ("with Rootwarden", one.both)):
        for cell in cells:
            needs = ", ".join(f"[{need}](#{need})" for need in cell.needs) or "always"
            by = f" ({', '.join(f'`{each}`' for each in cell.by)})" if cell.by else ""
            source = f"{cell.source} ({phrases.CERTAINTY[cell.certainty]})"
            yield f"| {column} | {_outcome(cell)} | {needs} | {cell.because}{by} | {source} |"
    yield ""


def _change(one: Scenario, on: frozenset[str]) -> str:
    """The outcome by AWS alone, and with Rootwarden where that is another."""
    alone, both = (_outcome(outcome(cells, on)) for cells in (one.native, one.beside))
    return alone if alone == both else f"{alone} → {both}"


def _everything(one: Scenario) -> frozenset[str]:
    return frozenset(need for cell in (*one.native, *one.both) for need in cell.needs)


def _outcome(cell: Cell) -> str:
    return f"{phrases.OUTCOME_SYMBOL[cell.outcome]} {phrases.OUTCOME[cell.outcome]}"


def _advice(one: Advice) -> Iterator[str]:
    yield f"### {one.id}\n\n**{one.title}.** {one.what} {one.why}\n"
    if one.after:
        yield f"- After: {', '.join(f'[{each}](#{each})' for each in one.after)}."
    cost = one.cost
    yield f"- Costs: {cost.says} ({phrases.sure(cost)})."
    yield f"- Decided by: {_decided(one)}."
    if one.urgent:
        yield f"- First of all where it is not done: {one.urgent}."
    yield from map(_step, one.how)
    yield f"- Remains: {one.remains}"
    yield f"- What this says of AWS: {phrases.sure(one)}."
    yield f"- Read on: {', '.join(f'<{page}>' for page in one.references)}.\n"


def _step(step: Step) -> str:
    whom = {Place.ORGANIZATION: " (in an organization)", Place.ALONE: " (in no organization)"}.get(step.only, "")
    ways = " ".join(filter(None, (f"`{step.command}`" if step.command else "", step.console)))
    return f"- {step.text}{whom}: {ways}" if ways else f"- {step.text}{whom}"


def _decided(one: Advice) -> str:
    decided = one.decided
    if decided.rules:
        return "the rules " + ", ".join(f"[{rule}](rules/{rule}.md)" for rule in decided.rules)
    if decided.guardrails:
        return "proof of the guardrails " + ", ".join(f"[{each}](guardrails.md#{each})" for each in decided.guardrails)
    if decided.check:
        return f"`{decided.check}`"
    if decided.service:
        return f"[AWS's own services](advise.md#awss-own-services); see for yourself: {decided.look}"
    return f"nothing Rootwarden asks; see for yourself: {decided.look}"


def _plain(text: str) -> str:
    """A text that cannot end a cell of a table or begin markup."""
    return visible(text).replace("|", "\\|").replace("<", "&lt;")
