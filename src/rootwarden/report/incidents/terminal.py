"""Incidents for a person at a terminal: what must be looked at now first, one block each, then what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden.detect.visits.incident import Incident, Severity, Shape
from rootwarden.report.incidents import phrases
from rootwarden.report.paper import Paper
from rootwarden.report.words import instant, several, shorten

if TYPE_CHECKING:
    from rootwarden.detect.visits.incident import Concern
    from rootwarden.report.incidents.told import Told

MOST_BLOCKS: Final = 50
MOST_LISTED: Final = 5
MOST_ACTIONS: Final = 12
MOST_TROUBLE: Final = 10
_STYLE: Final = {Severity.PAGE: "bold red", Severity.NOTIFY: "bold yellow", Severity.RECORD: "dim"}


def render(told: Told, *, width: int = 100, color: bool = False) -> str:
    """The report as lines of at most `width` columns."""
    paper = Paper(width, color=color)
    _head(paper, told)
    everything = told.by_severity()
    for each in everything[:MOST_BLOCKS]:
        _block(paper, each, told)
    if len(everything) > MOST_BLOCKS:
        left = several(len(everything) - MOST_BLOCKS, "more", "more")
        paper.heading(f"{left} not shown here", "--format csv, json or html has all of them")
    _read(paper, told)
    return paper.text()


def _head(paper: Paper, told: Told) -> None:
    visits, concerns = several(len(told.incidents), "visit"), several(len(told.concerns), "concern")
    paper.line(Text(f"{visits} of root, {concerns}", "bold"), indent=0)
    about = [shorten(told.source, 120), *([f"until {instant(told.as_of)}"] if told.as_of else [])]
    paper.line(" · ".join(about), "dim", indent=0)
    paper.console.print()
    for severity in reversed(Severity):
        count = told.count(severity)
        symbol, word = phrases.SEVERITY_SYMBOL[severity], phrases.SEVERITY_WORD[severity]
        style = _STYLE[severity] if count else "dim"
        paper.line(Text(f"{symbol} {count:>5,}  {word:<7} {phrases.SEVERITY_MEANING[severity]}", style))


def _block(paper: Paper, each: Incident | Concern, told: Told) -> None:
    symbol, word = phrases.SEVERITY_SYMBOL[each.severity], phrases.SEVERITY_WORD[each.severity]
    paper.console.print()
    title = Text.assemble(
        (f"{symbol} {word}", _STYLE[each.severity]),
        f"  {shorten(told.name(each.account), 80)}",
        ("  " + phrases.what(each), "bold"),
    )
    paper.line(title, indent=0)
    paper.line(phrases.when(each), "dim")
    for reason in each.reasons:
        paper.line(f"{phrases.SEVERITY_SYMBOL[reason.severity]} {reason.words}")
    if isinstance(each, Incident):
        _visit(paper, each, told)
    elif each.actor:
        paper.line(f"by {each.actor}")
    for number, action in enumerate(told.actions.get(each.id, ()), 1):
        paper.line(f"{number}. {action}", "bold" if number == 1 else "", indent=4)
    paper.line(f"id {each.id}", "dim")


def _visit(paper: Paper, incident: Incident, told: Told) -> None:
    symbol, word = phrases.VERDICT_SYMBOL[incident.verdict], phrases.VERDICT_WORD[incident.verdict]
    covered = f", check-out {incident.lease}" if incident.lease else ""
    paper.line(f"{symbol} {word}{covered}; {phrases.done(incident)}; {phrases.mfa(incident)}")
    if incident.actions:
        paper.line(f"changed: {phrases.changes(incident, MOST_ACTIONS)}")
    if incident.tasks:
        titles = "; ".join(told.tasks.get(task, task) for task in incident.tasks)
        paper.line(f"fits the task: {titles}")
    if incident.caller:
        paper.line(f"by {incident.caller}" + (f" with {incident.task_policy}" if incident.task_policy else ""))
    if incident.shape is Shape.ACCESS_KEY:
        paper.line(f"key {_some(incident.access_keys)}")
    if incident.addresses:
        paper.line(
            f"from {_some(incident.addresses)}" + (f", in {_some(incident.regions)}" if incident.regions else "")
        )


def _some(values: tuple[str, ...]) -> str:
    more = len(values) - MOST_LISTED
    return ", ".join(shorten(value, 60) for value in values[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _read(paper: Paper, told: Told) -> None:
    read = told.read
    paper.heading("What was read")
    files, events = several(read.files, "file"), several(read.events, "event")
    paper.line(f"{files}, {events}, {read.root_events:,} of root")
    if not read.trouble:
        return
    count = several(len(read.trouble), "thing")
    paper.line(f"? {count} could not be read in full; root may have been there unseen", "bold yellow")
    for line in read.trouble[:MOST_TROUBLE]:
        paper.line(line, indent=4)
    if len(read.trouble) > MOST_TROUBLE:
        paper.line(f"and {len(read.trouble) - MOST_TROUBLE:,} more", "dim", indent=4)
