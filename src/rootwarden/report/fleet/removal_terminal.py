"""The course for a person at a terminal: how it stands, then a bar for each run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden.report.paper import Paper
from rootwarden.report.words import instant, several, shorten

if TYPE_CHECKING:
    from rootwarden.fleet.removal import Point, Removal

MOST_RUNS: Final = 30
_BAR: Final = 40
_NAMED: Final = 8


def render(removal: Removal, source: str, *, width: int = 100, color: bool = False) -> str:
    """The report as lines of at most `width` columns.

    Args:
        removal: The course.
        source: Where it is from, for people.
        width: Columns.
        color: Whether to add ANSI colours.
    """
    paper = Paper(width, color=color)
    last = removal.points[-1]
    paper.line(Text(headline(last), "bold"), indent=0)
    about = f"{shorten(source, 120)} · {several(len(removal.points), 'run')} · last {instant(last.as_of)}"
    paper.line(about, "dim", indent=0)
    if last.unseen:
        said = f"not in the last run: {several(last.unseen, 'member')} of earlier ones, not known and not removed"
        paper.line(said, "yellow")
    if removal.kept:
        paper.line(
            f"not counted, for it keeps root: {several(removal.kept, 'account')} (management, standalone)", "dim"
        )
    paper.heading("Over time", "█ has root credentials  ░ not known  · has none")
    for point in removal.points[-MOST_RUNS:]:
        paper.line(_bar(point))
    if len(removal.points) > MOST_RUNS:
        paper.line(f"the last {MOST_RUNS} of {len(removal.points):,} runs; --format json has every one", "dim")
    paper.heading("By kind, at the end")
    rows = [[kind.kind, f"{kind.have:,}", f"{kind.unknown:,}"] for kind in last.kinds]
    paper.table(("credential", "members with it", "not known"), rows)
    _named(paper, "still have some", removal.remaining)
    _named(paper, "not known", removal.undecided)
    return paper.text()


def headline(last: Point) -> str:
    """How it stands, in a sentence."""
    unknown = f"; of {last.unknown:,} it is not known" if last.unknown else ""
    return f"{last.have:,} of {several(last.members, 'member')} still have root credentials{unknown}"


def _bar(point: Point) -> Text:
    have, unknown = _cells(point.have, point.members), _cells(point.unknown, point.members)
    rest = max(0, _BAR - have - unknown)
    said = f"  {point.have:>5,} of {point.members:,}" + (f", {point.unknown:,} not known" if point.unknown else "")
    return Text.assemble(
        f"{instant(point.as_of)[:10]}  ", ("█" * have, "red"), ("░" * unknown, "yellow"), ("·" * rest, "dim"), said
    )


def _cells(part: int, whole: int) -> int:
    """Letters of a bar; something is never nothing."""
    return max(1, round(_BAR * part / whole)) if part else 0


def _named(paper: Paper, title: str, accounts: tuple[str, ...]) -> None:
    if accounts:
        paper.line(f"{title}: {', '.join(accounts[:_NAMED])}{', …' if len(accounts) > _NAMED else ''}")
