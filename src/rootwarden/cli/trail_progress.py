"""How far the reading of a trail is, on stderr, only when stderr is a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.trail.run import Progress as How


@contextmanager
def progress() -> Iterator[Callable[[How], None]]:
    """Give a function that shows how far it is: bytes, files, events, events a second, time left."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(bar_width=8),
        DownloadColumn(),
        TextColumn("{task.fields[files]:,} files"),
        TextColumn("{task.fields[records]} events, {task.fields[rate]}/s"),
        TextColumn("{task.fields[wanted]} found"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("trail", total=None, files=0, records=0, wanted=0, rate=0)

        def show(how: How) -> None:
            spent = bar.tasks[0].elapsed or 0
            bar.update(
                task,
                total=how.size_in_all,
                completed=how.size,
                files=how.files,
                records=_short(how.records),
                wanted=_short(how.wanted),
                rate=_short(how.records / spent if spent else 0),
            )

        yield show


def _short(number: float) -> str:
    """`912`, `45k`, `1.2M`."""
    if number < 1000:  # noqa: PLR2004 - decimal units
        return f"{number:.0f}"
    return f"{number / 1e3:.0f}k" if number < 1e6 else f"{number / 1e6:.1f}M"  # noqa: PLR2004 - decimal units
