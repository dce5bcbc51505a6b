"""The burn-down as one HTML page that needs nothing else: the picture, its numbers, and who is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.report.fleet import sheet
from rootwarden.report.fleet.removal_plot import plot
from rootwarden.report.fleet.removal_terminal import WAVE_COLUMNS, headline, sources, wave_cells

if TYPE_CHECKING:
    from rootwarden.fleet.removal import Removal

MOST_ACCOUNTS: Final = 500


def render(removal: Removal, source: str) -> str:
    """The whole page; it ends with a newline.

    Args:
        removal: The course.
        source: Where it is from, for people.
    """
    last = removal.points[-1]
    return sheet.page(
        "removal.html",
        removal=removal,
        source=source,
        last=last,
        headline=headline(last),
        sources=sources(removal),
        wave_columns=WAVE_COLUMNS,
        waves=[wave_cells(wave) for wave in removal.waves],
        plots=(sheet.placed(plot(removal), "`--format json` has all"),),
        most=MOST_ACCOUNTS,
    )
