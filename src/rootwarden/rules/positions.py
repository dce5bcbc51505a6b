r"""Places in a text as lines and columns, as others count them: characters for people, UTF-16 for editors.

The Language Server Protocol counts both from 0 (specification 3.17, "Position"), SARIF from 1 (2.1.0, 3.30); both take
UTF-16 code units for columns unless told otherwise. A line ends with `\\n`, `\\r\\n` or `\\r`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import StrEnum
from typing import Final

import msgspec

_LINE_END: Final = re.compile(r"\r\n|\n|\r")


class Units(StrEnum):
    """What columns count, by the names of the Language Server Protocol; characters are code points, so UTF-32."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


class Position(msgspec.Struct, frozen=True, order=True):
    """A place between two characters: its line and its column in code units, both counted from 0."""

    line: int
    column: int


class Lines:
    """The lines of one text. Any number that is out of range means the nearest place that is in it."""

    def __init__(self, text: str, units: Units = Units.UTF16) -> None:
        self.text = text
        self._units = units
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self._ends = [*(match.start() for match in _LINE_END.finditer(text)), len(text)]

    def line(self, offset: int) -> int:
        """The line a character is in, from 0."""
        return bisect_right(self._starts, max(0, min(offset, len(self.text)))) - 1

    def column(self, offset: int) -> int:
        """How many characters stand before it in its line."""
        return max(0, min(offset, len(self.text))) - self._starts[self.line(offset)]

    def position(self, offset: int) -> Position:
        """The place of a character for an editor."""
        line = self.line(offset)
        before = self.text[self._starts[line] : max(0, min(offset, len(self.text)))]
        return Position(line, _length(before, self._units))

    def offset(self, position: Position) -> int:
        """The character at a place an editor names; one inside a character is that character."""
        if position.line < 0:
            return 0
        if position.line >= len(self._starts):
            return len(self.text)
        at, end, units = self._starts[position.line], self._ends[position.line], 0
        while at < end:
            units += _length(self.text[at], self._units)
            if units > position.column:
                break
            at += 1
        return at


def _length(text: str, units: Units) -> int:
    if units is Units.UTF32 or text.isascii():
        return len(text)
    if units is Units.UTF8:
        return len(text.encode("utf-8", errors="surrogatepass"))
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2
