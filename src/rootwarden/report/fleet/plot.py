"""A plot: its numbers as a table, its text alternative, and its picture as SVG or PNG (altair, vl-convert).

Colours are those of Okabe and Ito's palette, told apart by people with the usual kinds of colour blindness, and every
series has its own lightness too. A picture holds no script, no style and no reference to anything outside of it.
Its colours are plain values which the page's style sheet gives other ones in the dark.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias
from xml.sax.saxutils import escape

import altair as alt
import msgspec
import vl_convert

from rootwarden.report.words import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

Value: TypeAlias = str | int | float | None
Row: TypeAlias = tuple[Value, ...]
Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart | alt.ConcatChart

INK: Final = "#1c2630"
SOFT: Final = "#55626e"
LINE: Final = "#dde2e2"
BLUE: Final = "#0072b2"
ORANGE: Final = "#e08214"
DEEP: Final = "#5b2a86"
SKY: Final = "#7fbde4"
GREY: Final = "#b4bdc1"
WIDTH: Final = 800
FONT: Final = "system-ui, 'Segoe UI', 'Noto Sans', 'Liberation Sans', 'DejaVu Sans', sans-serif"
# Vega's background is a white sheet; the page has a paper of its own.
_SHEET: Final = re.compile(r'<rect width="[\d.]+" height="[\d.]+" fill="white"/>')
_OPENING: Final = re.compile(r"<svg [^>]*>")
_PIXELS: Final = 2.0


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """One plot.

    Attributes:
        name: For files and links, `weekly-use`.
        title: What it shows, in a few words.
        says: The text alternative: what is on which axis, and what one sees.
        columns: Names of the columns of the numbers.
        rows: The numbers.
        draw: Makes the chart.
    """

    name: str
    title: str
    says: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    draw: Callable[[], Chart]

    def svg(self) -> str:
        """The picture with its title and description inside."""
        drawn = vl_convert.vegalite_to_svg(_styled(self.draw()).to_json())
        about = f"<title>{escape(visible(self.title))}</title><desc>{escape(visible(self.says))}</desc>"
        return _OPENING.sub(lambda match: match[0] + about, _SHEET.sub("", drawn, count=1), count=1)

    def png(self) -> bytes:
        """The picture on white, at twice the size."""
        return vl_convert.vegalite_to_png(_styled(self.draw()).configure(background="white").to_json(), scale=_PIXELS)


def inline(plot: Plot) -> str:
    """The SVG for a page: one image for readers of screens, named by its title and described by its text."""
    text = plot.svg()
    named = f'role="img" aria-labelledby="t-{plot.name}" aria-describedby="d-{plot.name}"'
    text = text.replace("<title>", f'<title id="t-{plot.name}">', 1).replace("<desc>", f'<desc id="d-{plot.name}">', 1)
    # What is inside is told by the table beside it; hundreds of marks read one by one tell nobody anything.
    text = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", text)
    return _OPENING.sub(lambda match: f"<svg {named} {match[0].removeprefix('<svg ')}", text, count=1)


def data(columns: Sequence[str], rows: Sequence[Row]) -> alt.Data:
    """Rows as inline data."""
    rows_by_name = [dict(zip(columns, row, strict=True)) for row in rows]
    return alt.Data(values=rows_by_name)  # type: ignore[no-untyped-call]  # altair leaves its schema classes untyped


def _styled(chart: Chart) -> Chart:
    """The look all plots share: thin lines, no frame, words in the page's ink."""
    axis = {"labelColor": SOFT, "titleColor": SOFT, "domainColor": LINE, "tickColor": LINE, "gridColor": LINE}
    styled: Chart = (
        chart.configure(font=FONT, background="white", padding={"left": 6, "top": 6, "right": 6, "bottom": 12})
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelLimit=260, **axis)
        .configure_view(stroke=None)
        .configure_legend(
            orient="top",
            labelColor=INK,
            titleColor=SOFT,
            labelFontSize=12.5,
            title=None,
            symbolSize=140,
            columnPadding=24,
        )
        .configure_title(color=INK, fontSize=13, fontWeight=600, anchor="start", offset=8)
    )
    return styled
