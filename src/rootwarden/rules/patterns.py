"""Regular expressions in linear time: the only door to RE2, with types.

RE2 has no backtracking, so a rule's pattern cannot be made to run for ever; look-around and back-references, which
need it, are refused (https://github.com/google/re2/wiki/Syntax).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import re2

if TYPE_CHECKING:
    from collections.abc import Callable

MAXIMUM_BYTES: Final = 4 * 1024
_MEMORY: Final = 8 << 20  # bytes RE2 may use for one pattern and its matching


class PatternError(ValueError):
    """A pattern that cannot be used.

    Attributes:
        reason: Why, in RE2's words.
        offset: Where in the pattern, in characters, as far as it can be told; 0 otherwise.
        length: How many characters are concerned; at least 1.
    """

    def __init__(self, reason: str, offset: int = 0, length: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset
        self.length = max(1, length)


def searcher(pattern: str) -> Callable[[str], bool]:
    """Compile a pattern.

    Args:
        pattern: RE2 syntax, case-sensitive unless it says `(?i)`; matches anywhere unless anchored.

    Returns:
        A function that tells whether a text holds a match, in time linear in its length.

    Raises:
        PatternError: The pattern is malformed, needs backtracking, or is too large.
    """
    if len(pattern.encode("utf-8", errors="replace")) > MAXIMUM_BYTES:
        raise PatternError(f"a pattern has at most {MAXIMUM_BYTES} bytes", length=len(pattern))
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise _explained(error, pattern) from None
    except UnicodeEncodeError as error:
        raise PatternError("a character is not valid text", error.start) from None

    def search(text: str) -> bool:
        try:
            return compiled.search(text) is not None
        except UnicodeEncodeError:
            return compiled.search(text.encode("utf-8", errors="replace").decode()) is not None

    return search


def _explained(error: Exception, pattern: str) -> PatternError:
    """RE2 says `missing ]: [`: what is wrong, then the piece of the pattern that is."""
    raw = error.args[0] if error.args else b""
    text = raw.decode("utf-8", errors="replace") if isinstance(raw, bytes) else str(raw)
    reason, separator, piece = text.partition(": ")
    offset = pattern.rfind(piece) if separator and piece else -1
    if offset < 0:
        return PatternError(text, length=len(pattern))
    if piece.startswith("(?"):
        reason += " (look-around and back-references need backtracking, which is refused)"
    return PatternError(reason, offset, len(piece))
