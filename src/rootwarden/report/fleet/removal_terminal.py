"""The course for a person at a terminal: how it stands, then a bar for each run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden.report.paper import Paper
from rootwarden.report.words import instant, several, shorten

if TYPE_CHECKING:
    from rootwarden.fleet.removal import Point, Removal
    from rootwarden.fleet.removal_work import WaveDone

MOST_RUNS: Final = 30
_BAR: Final = 40
_BAR_WITH_TIME: Final = 28
_NAME_AT_TERMINAL: Final = 32
_NAME_ON_A_PAGE: Final = 60
_JOURNAL_DIGITS: Final = 6
_NO_LOOK: Final = "not looked at"
_NAMED: Final = 8
WAVE_COLUMNS: Final = ("journal", "wave", "accounts", "nothing left", "still have", "not known", "removed", "when")
_SHORT: Final = {
    "password": "password",
    "access-key": "key",
    "certificate": "certificate",
    "mfa-device": "device",
}


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
    about = f"{shorten(source, 120)} · {sources(removal)} · last {instant(last.as_of)}"
    paper.line(about, "dim", indent=0)
    if last.unseen:
        said = f"not in the last run: {several(last.unseen, 'member')} of earlier ones, not known and not removed"
        paper.line(said, "yellow")
    if removal.kept:
        paper.line(
            f"not counted, for it keeps root: {several(removal.kept, 'account')} (management, standalone)", "dim"
        )
    paper.heading("Over time", "█ has root credentials  ░ not known  · has none")
    timed = len({one.as_of.date() for one in removal.points}) < len(removal.points)
    for point in removal.points[-MOST_RUNS:]:
        paper.line(_bar(point, timed=timed))
    if len(removal.points) > MOST_RUNS:
        paper.line(f"the last {MOST_RUNS} of {len(removal.points):,}; --format json has every one", "dim")
    paper.heading("By kind, at the end")
    rows = [[kind.kind, f"{kind.have:,}", f"{kind.unknown:,}"] for kind in last.kinds]
    paper.table(("credential", "members with it", "not known"), rows)
    if removal.waves:
        paper.heading("By wave, as plans and journals saw it last", _removed(removal))
        alone = len({wave.journal for wave in removal.waves}) == 1
        columns = ("wave", "accounts", "nothing left", "still have", "not known", "last look")
        paper.table(columns, [list(_short_row(wave, alone=alone)) for wave in removal.waves])
    _named(paper, "still have some", removal.remaining)
    _named(paper, "not known", removal.undecided)
    return paper.text()


def headline(last: Point) -> str:
    """How it stands, in a sentence."""
    if last.unknown and not last.have:
        asked = f"of {last.unknown:,} of {several(last.members, 'member')} it is not known whether they"
        return f"{asked} still have root credentials; {last.none:,} have none"
    unknown = f"; of {last.unknown:,} it is not known" if last.unknown else ""
    return f"{last.have:,} of {several(last.members, 'member')} still have root credentials{unknown}"


def sources(removal: Removal) -> str:
    """How many runs and journals it is from."""
    runs = sum(not one.by for one in removal.points)
    journals = len({one.journal for one in removal.waves})
    told = [several(runs, "run")] if runs or not journals else []
    return ", ".join([*told, *([several(journals, "journal")] if journals else [])])


def _removed(removal: Removal) -> str:
    """What all journals together removed."""
    kinds = [
        (name, sum(each.removed for wave in removal.waves for each in wave.removed if each.kind == kind))
        for kind, name in _SHORT.items()
    ]
    told = ", ".join(several(count, name) for name, count in kinds if count)
    return f"removed: {told}" if told else "nothing removed"


def _short_row(wave: WaveDone, *, alone: bool) -> tuple[str, ...]:
    """A wave as a row at a terminal; where there are several journals, it begins with the name of its own."""
    counts = (wave.accounts, wave.none, wave.have, wave.unknown)
    name = ("" if alone else f"{wave.journal[:_JOURNAL_DIGITS]}: ") + _wave_name(wave, _NAME_AT_TERMINAL)
    at = wave.ended or wave.planned
    when = instant(at)[:16].replace("T", " ") + ("" if wave.ended else ", plan") if at else _NO_LOOK
    return (name, *(f"{count:,}" for count in counts), when)


def _wave_name(wave: WaveDone, length: int) -> str:
    return f"{wave.number}, {shorten(wave.name, length)}" if wave.number else shorten(wave.name, length)


def wave_cells(wave: WaveDone) -> tuple[str, ...]:
    """A wave as a row of a table."""
    removed = ", ".join(several(each.removed, _SHORT[each.kind]) for each in wave.removed if each.removed)
    when = f"{instant(wave.planned)}, by the plan" if wave.planned else _NO_LOOK
    if wave.began and wave.ended:
        when = f"{instant(wave.began)} to {instant(wave.ended)}"
    counts = (wave.accounts, wave.none, wave.have, wave.unknown)
    return (wave.journal, _wave_name(wave, _NAME_ON_A_PAGE), *(f"{count:,}" for count in counts), removed, when)


def _bar(point: Point, *, timed: bool) -> Text:
    whole = _BAR_WITH_TIME if timed else _BAR
    have, unknown = _cells(point.have, point.members, whole), _cells(point.unknown, point.members, whole)
    rest = max(0, whole - have - unknown)
    said = f"  {point.have:>5,} of {point.members:,}" + (f", {point.unknown:,} not known" if point.unknown else "")
    said += f"  {point.by.partition(',')[0]}" if point.by else ""
    when = instant(point.as_of)[: 16 if timed else 10].replace("T", " ")
    return Text.assemble(f"{when}  ", ("█" * have, "red"), ("░" * unknown, "yellow"), ("·" * rest, "dim"), said)


def _cells(part: int, members: int, whole: int) -> int:
    """Letters of a bar; something is never nothing."""
    return max(1, round(whole * part / members)) if part else 0


def _named(paper: Paper, title: str, accounts: tuple[str, ...]) -> None:
    if accounts:
        paper.line(f"{title}: {', '.join(accounts[:_NAMED])}{', …' if len(accounts) > _NAMED else ''}")
