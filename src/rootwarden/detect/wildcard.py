"""`*` stands for any run of characters; everything else for itself. Linear in the text, no regular expressions."""

from __future__ import annotations

import msgspec


class Wildcard(msgspec.Struct, frozen=True):
    """A text with stars, split at them: `Update*` is `("Update", "")`; one part means no star."""

    parts: tuple[str, ...]

    def matches(self, text: str) -> bool:
        """True when the whole of `text` fits, letter case included."""
        first, *rest = self.parts
        if not rest:
            return text == first
        *middle, last = rest
        if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
            return False
        position, end = len(first), len(text) - len(last)
        for part in middle:
            found = text.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return True


def read_wildcard(text: str) -> Wildcard:
    r"""Split `text` at its stars; a backslash takes the next character for itself (`\*` is a star to be found)."""
    parts: list[str] = []
    part: list[str] = []
    characters = iter(text)
    for character in characters:
        if character == "\\":
            part.append(next(characters, "\\"))
        elif character == "*":
            parts.append("".join(part))
            part = []
        else:
            part.append(character)
    return Wildcard((*parts, "".join(part)))
