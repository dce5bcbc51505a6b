"""What the fleet's pages share: the style sheet of plots, and how plots are placed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import msgspec
from markupsafe import Markup

from rootwarden.report import words
from rootwarden.report.fleet import figures
from rootwarden.report.fleet.plot import inline
from rootwarden.report.sheet import dressed, templates

if TYPE_CHECKING:
    import jinja2

    from rootwarden.report.fleet.plot import Plot, Value


# What a reader can use of a table on a page: four years of weeks, and a year of weeks in one cell.
MOST_ROWS: Final = 208
_LONGEST_CELL: Final = 640


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A plot as the page shows it.

    Attributes:
        name: Of the plot.
        title: Of the plot.
        says: Its text alternative.
        svg: The picture as markup.
        columns: Names of the columns of its numbers.
        rows: Cells as text; of a very long table the latest weeks, or the first rows.
        numeric: Which columns are numbers.
        left_out: What is not in the rows, and where it is; empty when all is there.
    """

    name: str
    title: str
    says: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    left_out: str = ""


def placed(plot: Plot, whole: str) -> Placed:
    """A plot for a page.

    Args:
        plot: The plot.
        whole: Where all of its numbers are.
    """
    by_week = plot.columns[0] == "week"
    rows = plot.rows[-MOST_ROWS:] if by_week else plot.rows[:MOST_ROWS]
    missing = len(plot.rows) - len(rows)
    what = ("earlier week", "earlier weeks") if by_week else ("further row", "further rows")
    numbers = zip(*plot.rows, strict=True) if plot.rows else ((),) * len(plot.columns)
    return Placed(
        name=plot.name,
        title=plot.title,
        says=plot.says,
        svg=Markup(inline(plot)),  # noqa: S704 - our own picture; names in it were escaped when it was drawn
        columns=plot.columns,
        rows=tuple(tuple(_cell(each) for each in row) for row in rows),
        numeric=tuple(all(not isinstance(each, str) for each in column) for column in numbers),
        left_out=f"{words.several(missing, *what)} left out here; {whole}" if missing else "",
    )


def page(name: str, **shown: object) -> str:
    """A page made from a template of this folder.

    Args:
        name: Of the template.
        shown: What it places.
    """
    return _environment().get_template(name).render(**dressed(("rootwarden.report.fleet", "fleet.css")), **shown)


def _cell(value: Value) -> str:
    if value is None:
        return "not known"
    return words.shorten(value, _LONGEST_CELL) if isinstance(value, str) else f"{value:,}"


@functools.cache
def _environment() -> jinja2.Environment:
    environment = templates("rootwarden.report.fleet")
    environment.globals |= {"COUNTS": figures.COUNTS}
    return environment
