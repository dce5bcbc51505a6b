"""Text from outside made harmless for whoever shows it: a terminal, a pager, a chat that knows mentions, a mail reader.

An attacker chooses account names, user agents and role names. None of them may break a line, hide or reorder letters,
call a channel (`@channel`, `<!here>`), make a link, or end the code span it stands in.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST: Final = 200
# Control, format (joiners, bidirectional marks), surrogate, private, line and paragraph separators.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANKS: Final = frozenset("\t\n\r\x0b\x0c\x85\u2028\u2029")
# Letters a chat or a Markdown reader obeys, by letters that look alike and mean nothing.
_OBEYED: Final[Mapping[str, str]] = MappingProxyType(
    {"@": "\uff20", "<": "\u2039", ">": "\u203a", "`": "\u02cb", "\\": "\uff3c", "|": "\u00a6"}
)
_LINKS: Final = (("://", "[:]//"), ("www.", "www[.]"), ("mailto:", "mailto[:]"))


def neutral(text: str, *, longest: int = LONGEST) -> str:
    """`text` on one line, in at most `longest` letters, with nothing in it that a reader's program would obey."""
    whole = text[: longest * 4]
    shown = "".join(_shown(letter) for letter in whole)
    for link, harmless in _LINKS:
        shown = _replaced(shown, link, harmless)
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest and len(text) == len(whole) else shown[: longest - 1] + "…"


def code(text: str, *, longest: int = LONGEST) -> str:
    """The same inside a Markdown code span, where stars and brackets mean nothing either."""
    return f"`{neutral(text, longest=longest) or '—'}`"


def _shown(letter: str) -> str:
    if letter in _BLANKS:
        return " "
    if unicodedata.category(letter) in _HIDDEN:
        return f"(u{ord(letter):04x})"
    return _OBEYED.get(letter, letter)


def _replaced(text: str, link: str, harmless: str) -> str:
    """Every spelling of `link` replaced, whatever its letter case."""
    lower, start = text.lower(), 0
    parts = []
    while (found := lower.find(link, start)) >= 0:
        parts += [text[start:found], harmless]
        start = found + len(link)
    return "".join((*parts, text[start:])) if len(lower) == len(text) else text.replace(link, harmless)
