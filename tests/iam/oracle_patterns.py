"""How the oracle compares texts with patterns: actions, resources, policy variables. Slow and plain on purpose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

# A settled context: the key in small letters, a text or (a multi-valued key) a tuple of texts.
Context: TypeAlias = Mapping[str, str | tuple[str, ...]]

# A pattern is a list of characters and these two; a star that came out of a variable is a character.
MANY: Final = "many"
ONE: Final = "one"
VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
INSIDE: Final = re.compile(r"\s*([^,\s]+)\s*(?:,\s*'([^']*)'\s*)?")


def plain_pattern(text: str) -> list[str]:
    return [{"*": MANY, "?": ONE}.get(letter, letter) for letter in text]


def pattern(text: str, version: str, context: Context) -> list[str] | None:
    """The pattern with its variables put in; `None` when one of them has no value, so that nothing matches."""
    if version != "2012-10-17":
        return plain_pattern(text)
    made: list[str] = []
    position = 0
    for found in VARIABLE.finditer(text):
        made += plain_pattern(text[position : found.start()])
        position = found.end()
        value = variable(found[1], context)
        if value is None:
            return None
        made += value
    return made + plain_pattern(text[position:])


def variable(inside: str, context: Context) -> list[str] | None:
    if inside in ("*", "?", "$"):
        return [inside]
    read = INSIDE.fullmatch(inside)
    if read is None:
        return list("${" + inside + "}")
    value = context.get(read[1].lower())
    if isinstance(value, tuple):
        return None
    if isinstance(value, str):
        # A colon of a value does not part an ARN: it is marked, and taken for a colon when texts are compared.
        return ["a colon" if letter == ":" else letter for letter in value]
    return None if read[2] is None else list(read[2])


def fits(parts: list[str], text: str) -> bool:
    """Every way a star can be spent, one after the other (by a table, so that hostile stars end)."""
    reached = {0}
    for part in parts:
        if part == MANY:
            reached = set(range(min(reached), len(text) + 1)) if reached else reached
        elif part == ONE:
            reached = {at + 1 for at in reached if at < len(text)}
        else:
            letter = ":" if part == "a colon" else part
            reached = {at + 1 for at in reached if at < len(text) and text[at] == letter}
    return len(text) in reached


def six_parts(parts: list[str]) -> list[list[str]]:
    """A pattern at its colons, the last part with all that is left."""
    split: list[list[str]] = [[]]
    for part in parts:
        if part == ":" and len(split) < 6:
            split.append([])
        else:
            split[-1].append(part)
    return split


def arn_fits(parts: list[str], text: str) -> bool:
    """A pattern of six parts part by part, a shorter one as a text."""
    split = six_parts(parts)
    if len(split) < 6:
        return fits(parts, text)
    asked = text.split(":", 5)
    return len(asked) == 6 and all(fits(one, other) for one, other in zip(split, asked, strict=True))


def action_fits(written: str, action: str) -> bool:
    if [set(part) for part in written.split(":")] in ([{"*"}], [{"*"}, {"*"}]):
        return True
    service, colon, name = written.partition(":")
    if not colon or not name or "," in written or written != written.strip() or "*" in service or "?" in service:
        return False
    return fits(plain_pattern(written.lower()), action.lower())


def resource_fits(written: str, resource: str, version: str, context: Context) -> bool:
    parts = pattern(written, version, context)
    if parts is None:
        return False
    if resource == "*":
        return bool(parts) and set(parts) == {MANY}
    return arn_fits(parts, resource)
