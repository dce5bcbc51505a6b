"""A progress bar on stderr, only when stderr is a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.collect.live import Tally


@contextmanager
def progress() -> Iterator[Callable[[Tally], None]]:
    """Give a function that shows how far a live run is: accounts done, refused, throttled calls, time left."""
    if not sys.stderr.isatty():
        yield lambda _tally: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("looking at accounts"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[refused]} refused something, {task.fields[throttled]} calls throttled"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("accounts", total=None, refused=0, throttled=0)

        def show(tally: Tally) -> None:
            bar.update(task, total=tally.total, completed=tally.done, refused=tally.refused, throttled=tally.throttled)

        yield show


@contextmanager
def file_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows how many of how many files are done."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("files", total=None)
        yield lambda done, total: bar.update(task, total=total, completed=done)
