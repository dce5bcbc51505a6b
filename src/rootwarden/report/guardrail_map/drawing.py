"""A tree of units as a drawing: a line of text and a bar for each, all measured beforehand.

Sizes are of letters as wide as they may be, so that no text leaves its place whatever font a reader has. No meaning
stands on colour alone: each verdict has a pattern, a symbol and a number of its own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.coverage import outline
from rootwarden.guardrails.proof import Verdict
from rootwarden.report.words import several, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.guardrails.coverage import UnitCoverage

WIDTH: Final = 360
ROW: Final = 44
BAR_HEIGHT: Final = 12
MOST_ROWS: Final = 80
_INDENT: Final = 14
_DEEPEST: Final = 6
_LETTER: Final = 8.2
_SMALL_LETTER: Final = 7.4
# The narrowest a part of a bar is drawn, so that one account among thousands is seen.
_NARROWEST: Final = 4.0

WORD: Final[Mapping[Verdict, str]] = MappingProxyType(
    {
        Verdict.OPEN: "does not hold",
        Verdict.BARS: "bars too much",
        Verdict.UNKNOWN: "not decided",
        Verdict.HOLDS: "holds",
        Verdict.NOT_BOUND: "not bound",
    }
)
SYMBOL: Final[Mapping[Verdict, str]] = MappingProxyType(
    {Verdict.OPEN: "✗", Verdict.BARS: "‖", Verdict.UNKNOWN: "?", Verdict.HOLDS: "✓", Verdict.NOT_BOUND: "—"}
)
MARK: Final[Mapping[Verdict, str]] = MappingProxyType(
    {Verdict.OPEN: "f", Verdict.BARS: "s", Verdict.UNKNOWN: "u", Verdict.HOLDS: "p", Verdict.NOT_BOUND: "n"}
)
# In a bar what holds comes first, so that bars of one level can be compared from the left.
_ORDER: Final = (Verdict.HOLDS, Verdict.BARS, Verdict.OPEN, Verdict.UNKNOWN, Verdict.NOT_BOUND)


class Part(msgspec.Struct, frozen=True):
    """A part of a bar."""

    left: float
    width: float
    mark: str


class UnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A unit: where it begins, its line of text, its bar; `elbow` is where the line from above comes down, or 0."""

    top: int
    left: int
    name: str
    counts: str
    parts: tuple[Part, ...]
    elbow: int
    rise: int
    planned: bool


class Drawing(msgspec.Struct, frozen=True):
    """All of it, and the same in words."""

    height: int
    rows: tuple[UnitRow, ...]
    title: str
    description: str


def drawing(units: tuple[UnitCoverage, ...], title: str, most: int = MOST_ROWS) -> Drawing:
    """Draw a tree; levels that are too many to draw are summed in the units above them.

    Args:
        units: In the order of the tree.
        title: What is drawn, for who does not see it.
        most: Rows.
    """
    shown = outline(units, most)[:most]
    last: dict[int, int] = {}
    rows = []
    for number, unit in enumerate(shown):
        top = number * ROW
        above = last.get(unit.depth - 1) if unit.depth else None
        rows.append(_row(unit, top, above))
        last[unit.depth] = top
    return Drawing(max(len(rows), 1) * ROW, tuple(rows), title, _description(units, shown))


def _row(unit: UnitCoverage, top: int, above: int | None) -> UnitRow:
    left = min(unit.depth, _DEEPEST) * _INDENT + 1
    counts = (
        "\u2002".join(f"{SYMBOL[each]} {unit.count(each):,}" for each in _ORDER if unit.count(each)) or "no accounts"
    )
    room = int((WIDTH - left - len(counts) * _SMALL_LETTER - 20) / _LETTER)
    flag = "⚑ " if unit.planned else ""
    return UnitRow(
        top=top,
        left=left,
        name=shorten(f"{flag}{unit.name}", max(room, 4)),
        counts=counts,
        parts=tuple(_parts(unit, left)),
        elbow=left - _INDENT + 4 if above is not None else 0,
        rise=top - above if above is not None else 0,
        planned=bool(unit.planned),
    )


def _parts(unit: UnitCoverage, left: int) -> list[Part]:
    there = [(each, unit.count(each)) for each in _ORDER if unit.count(each)]
    whole = WIDTH - left - 1
    spare = whole - _NARROWEST * len(there)
    parts: list[Part] = []
    at = float(left)
    for verdict, count in there:
        width = _NARROWEST + spare * count / unit.accounts
        parts.append(Part(round(at, 2), round(width, 2), MARK[verdict]))
        at += width
    return parts


def _description(units: tuple[UnitCoverage, ...], shown: tuple[UnitCoverage, ...]) -> str:
    tops = [unit for unit in units if unit.depth == 0]
    said = "; ".join(
        f"{unit.name}: " + (", ".join(f"{one.accounts:,} {WORD[one.verdict]}" for one in unit.shares) or "no accounts")
        for unit in tops
    )
    left_out = len(units) - len(shown)
    more = f" {several(left_out, 'unit')} further down counted in those above." if left_out else ""
    return shorten(f"{several(len(shown), 'row')}. {said}.{more} Every unit is in the table.", 600)
