"""Plots into a folder: each as SVG and PNG, its numbers as CSV and JSON beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.errors import UsageError
from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.study_table import table
from rootwarden.report.write import write, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.report.fleet.plot import Plot


def write_plots(folder: Path, plots: tuple[Plot, ...]) -> None:
    """Write `NAME.svg`, `NAME.png`, `NAME.csv` and `NAME.json` for each plot; the folder is made if it is not there.

    Raises:
        UsageError: The folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot make folder `{folder}`: {(error.strerror or '').lower()}", hint="choose another"
        ) from error
    for plot in plots:
        write(folder / f"{plot.name}.svg", plot.svg() + "\n")
        write_bytes(folder / f"{plot.name}.png", plot.png())
        write(folder / f"{plot.name}.csv", table(plot.columns, plot.rows))
        write(folder / f"{plot.name}.json", _json(plot))


def _json(plot: Plot) -> str:
    rows = [dict(zip(plot.columns, row, strict=True)) for row in plot.rows]
    return to_json({"name": plot.name, "title": plot.title, "says": plot.says, "rows": rows}, indent=2) + "\n"
