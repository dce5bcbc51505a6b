"""The trend of key figures: one small line for each, all over the same weeks."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Final

import altair as alt

from rootwarden.report.fleet.plot import BLUE, INK, WIDTH, Plot, data

if TYPE_CHECKING:
    from rootwarden.fleet.indicator import Indicator
    from rootwarden.report.fleet.plot import Row

# Characters of a title that stand above half of the page's width.
_TITLE_WIDTH: Final = 46


def trend_plot(indicators: tuple[Indicator, ...]) -> Plot:
    """The trend of each figure; a week in which it was unknown leaves a gap.

    Args:
        indicators: Figures with a history.
    """
    weeks = [str(point.week) for point in max(indicators, key=lambda each: len(each.trend)).trend]
    values = [{str(point.week): point.value for point in each.trend} for each in indicators]
    rows: tuple[Row, ...] = tuple(
        (week, *(_number(each, known.get(week)) for each, known in zip(indicators, values, strict=True)))
        for week in weeks
    )
    return Plot(
        name="key-figures",
        title="Key figures over the weeks",
        says="A small line for each key figure over the weeks; a gap where it was unknown. "
        + "; ".join(_change(each) for each in indicators)
        + ".",
        columns=("week", *(f"{_title(each)}{', %' if each.unit == 'share' else ''}" for each in indicators)),
        rows=rows,
        draw=lambda: alt.concat(*(_line(each) for each in indicators), columns=2, spacing=28),
    )


def _line(each: Indicator) -> alt.LayerChart | alt.FacetChart:
    columns = ("week", "value")
    points: list[Row] = [(str(point.week), _number(each, point.value)) for point in each.trend]
    known = [number for point in each.trend if (number := _number(each, point.value)) is not None]
    share = each.unit == "share"
    scale = alt.Scale(domain=[0, 100] if share else [0, max(*known, 1)], nice=True)
    x = alt.X("week:T", title=None, axis=alt.Axis(format="%Y-%m-%d", grid=False, tickCount=3, labelOverlap=True))
    y = alt.Y("value:Q", title=None, scale=scale, axis=alt.Axis(tickCount=3, tickMinStep=1, minExtent=36))
    line = alt.Chart(data(columns, points)).mark_line(color=BLUE, strokeWidth=2.2, point={"color": BLUE, "size": 18})
    text = alt.Chart(data(columns, points[-1:])).mark_text(
        align="right", dy=-10, fontSize=12, fontWeight=600, color=INK
    )
    shown = alt.Text("value:Q", format=".1f" if each.unit in {"share", "minutes"} else ",d")
    return alt.layer(line.encode(x=x, y=y), text.encode(x=x, y=y, text=shown)).properties(
        width=WIDTH // 2 - 60, height=110, title=wrap(f"{_title(each)}{', %' if share else ''}", _TITLE_WIDTH)
    )


def _title(each: Indicator) -> str:
    """The title where it stands alone."""
    return each.title.replace("of them, by", "Protected by")


def _number(each: Indicator, value: float | None) -> float | None:
    """As it is written: percent and minutes to a tenth, counts and days whole."""
    if value is None:
        return None
    if each.unit in {"share", "minutes"}:
        return round(100 * value if each.unit == "share" else value, 1)
    return round(value)


def _change(each: Indicator) -> str:
    unit = " %" if each.unit == "share" else ""
    known = [number for point in each.trend if (number := _number(each, point.value)) is not None]
    if known[0] == known[-1]:
        return f"{_title(each)}: {known[-1]:g}{unit} at both ends"
    return f"{_title(each)}: from {known[0]:g} to {known[-1]:g}{unit}"
