"""Lines of a terminal report: a width, colours or none, headings and tables, alike in every report."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rootwarden.report import words

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 400


class Paper:
    """Takes sections, gives text.

    Args:
        width: Columns; under 60 it is set in 60.
        color: Whether to add ANSI colours; without them the text holds no escape sequence.
    """

    def __init__(self, width: int, *, color: bool) -> None:
        self._text = io.StringIO()
        self._color = color
        self.console = Console(
            file=self._text,
            width=max(width, 60),
            force_terminal=color,
            color_system="standard" if color else None,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def heading(self, title: str, aside: str = "") -> None:
        """A section begins."""
        self.console.print()
        self.console.print(Text.assemble((title, "bold underline"), ("  " + aside if aside else "", "dim")))

    def line(self, text: str | Text, style: str = "", indent: int = 2) -> None:
        """One line with a hanging indent."""
        shown = text if isinstance(text, Text) else Text(words.shorten(text, LONGEST), style)
        self.console.print(Padding(shown, (0, 0, 0, indent)))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str | Text]], *, words_: int = 1) -> None:
        """A table whose first columns are words and fold; the others are numbers, to the right."""
        grid = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False, expand=False)
        for number, column in enumerate(columns):
            prose = number < words_
            grid.add_column(column, justify="left" if prose else "right", no_wrap=not prose, overflow="fold")
        for row in rows:
            grid.add_row(*(each if isinstance(each, Text) else Text(words.shorten(each, LONGEST)) for each in row))
        self.console.print(Padding(grid, (0, 0, 0, 2)))

    def text(self) -> str:
        """Everything so far, without blanks at the ends of lines."""
        whole = self._text.getvalue()
        return whole if self._color else "".join(f"{line.rstrip()}\n" for line in whole.splitlines())
