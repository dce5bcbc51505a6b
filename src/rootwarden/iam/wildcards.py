"""Patterns with `*` (any run of characters) and `?` (any one): what they match, what they cover, where they meet.

No regular expressions: the patterns are other people's, and the work is bounded by the product of two lengths.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

_LAST_COLON: Final = 5  # colons of an ARN before its last part


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits, letter case included."""
    if pattern == "*":
        return True
    return _fits(pattern, text, wild=False)


def covers(pattern: str, other: str) -> bool:
    """Whether whatever fits the other pattern surely fits this one.

    Right when it says yes; a no may be too cautious (`*a*` and `?*a*`).
    """
    if pattern in {"*", other}:
        return True
    return _fits(pattern, other, wild=True)


def _fits(pattern: str, text: str, *, wild: bool) -> bool:
    """Greedy matching with one way back; with `wild` a star of the text is only matched by a star."""
    at = place = 0
    star, retry = -1, 0
    while place < len(text):
        wanted = pattern[at] if at < len(pattern) else ""
        found = text[place]
        if wanted == "*":
            star, retry = at, place
            at += 1
        elif wanted and (wanted == found if wild and found == "*" else wanted in {"?", found}):
            at += 1
            place += 1
        elif star >= 0:
            retry += 1
            at, place = star + 1, retry
        else:
            return False
    return not pattern[at:].strip("*")


def overlap(one: str, other: str) -> bool:
    """Whether some text fits both patterns: the positions of one that are still possible, as bits of a number."""
    accepts: defaultdict[str, int] = defaultdict(int)
    stars = anything = 0
    for place, character in enumerate(other):
        if character == "*":
            stars |= 1 << place
        elif character == "?":
            anything |= 1 << place
        else:
            accepts[character] |= 1 << place
    every = (1 << len(other)) - 1
    states = _past_stars(1, stars)
    for character in one:
        if character == "*":
            lowest = states & -states
            states = ((every << 1) | 1) & ~(lowest - 1)
            continue
        step = every & ~stars if character == "?" else accepts.get(character, 0) | anything
        states = _past_stars(((states & step) << 1) | (states & stars), stars)
        if not states:
            return False
    return bool(states >> len(other) & 1)


def arns_overlap(one: str, other: str) -> bool:
    """Whether some ARN fits both: part by part, and shorter patterns as texts, as evaluation compares them."""
    parts, others = one.split(":", _LAST_COLON), other.split(":", _LAST_COLON)
    if len(parts) <= _LAST_COLON or len(others) <= _LAST_COLON:
        return overlap(one, other)
    # Most parts are equal or a star; the last one, which is dearest, is looked at last.
    pairs = zip(parts, others, strict=True)
    return all(part == another or "*" in {part, another} or overlap(part, another) for part, another in pairs)


def _past_stars(states: int, stars: int) -> int:
    """The positions, and those behind stars that may stand for nothing."""
    new = states
    while new:
        new = ((new & stars) << 1) & ~states
        states |= new
    return states
