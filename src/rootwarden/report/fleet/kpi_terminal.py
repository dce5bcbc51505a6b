"""Key figures for a person at a terminal: each against its target, with the accounts behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden.report.fleet import figures
from rootwarden.report.paper import Paper
from rootwarden.report.words import instant, several, shorten

if TYPE_CHECKING:
    from rootwarden.fleet.indicator import Indicator
    from rootwarden.fleet.kpi import KeyFigures
    from rootwarden.report.fleet.told import Asked

MOST_IDS: Final = 4
_MET: Final = {
    True: ("✓ met", "green"),
    False: ("✗ missed", "bold red"),
    None: ("? cannot be said", "bold yellow"),
}


def render(told: KeyFigures, asked: Asked, *, width: int = 100, color: bool = False) -> str:
    """The report as lines of at most `width` columns."""
    paper = Paper(width, color=color)
    paper.line(Text("Key figures of root users", "bold"), indent=0)
    place = [
        shorten(asked.source, 120),
        *([f"organization {shorten(asked.organization, 60)}"] if asked.organization else []),
    ]
    paper.line(" · ".join([*place, f"as of {instant(told.as_of)}"]), "dim", indent=0)
    for each in told.indicators:
        _indicator(paper, each)
    return paper.text()


def _indicator(paper: Paper, each: Indicator) -> None:
    paper.console.print()
    word, style = _MET[each.met]
    value = figures.indicator_value(each)
    paper.line(Text.assemble(f"{each.title}: ", (value, "bold" if value != "unknown" else "bold yellow")), indent=0)
    if each.target:
        paper.line(Text.assemble(f"target {each.target}  ", (word, style)))
    if bounds := figures.indicator_bounds(each):
        paper.line(f"may be {bounds}")
    if each.note:
        paper.line(each.note, "dim")
    known = [place for place, point in enumerate(each.trend) if point.value is not None]
    if len(known) > 1:
        ends = (each.trend[known[0]].value, each.trend[known[-1]].value)
        paper.line(_history(each, *ends, known[-1] - known[0] + 1), "dim")
    for ids, kind in ((each.accounts, "missed by"), (each.unknown, "unknown for")):
        if ids:
            more = f", … and {len(ids) - MOST_IDS:,} more" if len(ids) > MOST_IDS else ""
            paper.line(f"{kind} {several(len(ids), 'account')}: {', '.join(ids[:MOST_IDS])}{more}", "dim")


def _history(each: Indicator, first: float | None, last: float | None, weeks: int) -> str:
    written = {"share": figures.percent, "minutes": figures.tenth}.get(each.unit, figures.whole)
    return f"over {several(weeks, 'week')}: {written(first)} → {written(last)}"
