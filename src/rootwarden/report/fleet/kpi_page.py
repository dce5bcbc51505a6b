"""Key figures as one HTML page that needs nothing else; made as the study's page is."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.fleet.indicator import Indicator
from rootwarden.report.fleet import figures
from rootwarden.report.fleet.sheet import page, placed
from rootwarden.report.fleet.told import trends
from rootwarden.report.fleet.trend_plot import trend_plot

if TYPE_CHECKING:
    from rootwarden.fleet.kpi import KeyFigures
    from rootwarden.report.fleet.told import Asked

# Whoever follows up more than these works from a file.
MOST_ACCOUNTS: Final = 500
_MET: Final = MappingProxyType(
    {True: ("p", "✓", "target met"), False: ("f", "✗", "target missed"), None: ("u", "?", "cannot be said")}
)


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One key figure in words."""

    each: Indicator
    value: str
    bounds: str
    style: str
    symbol: str
    word: str


def render(told: KeyFigures, asked: Asked) -> str:
    """The whole page; it ends with a newline."""
    history = trends(told.indicators)
    return page(
        "kpi.html",
        told=told,
        asked=asked,
        most=MOST_ACCOUNTS,
        cards=[_card(each) for each in told.indicators],
        plots=[placed(trend_plot(history), "--format json has all of them")] if history else [],
    )


def _card(each: Indicator) -> Card:
    style, symbol, word = _MET[each.met] if each.target else ("n", "", "")
    return Card(
        each=each,
        value=figures.indicator_value(each),
        bounds=figures.indicator_bounds(each),
        style=style,
        symbol=symbol,
        word=word,
    )
