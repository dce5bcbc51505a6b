"""Patterns of `*`, `?` and policy variables, compiled once.

A run of characters is matched by the shortest way that lets the next piece fit and never tried again, so a pattern of
many stars costs its length times that of the text (IAM user guide, *IAM JSON policy elements: Resource*, *Variables and
tags*).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.context import NotKnown, Values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.context import Context

ARN_PARTS: Final = 6
VARIABLES_SINCE: Final = "2012-10-17"
_VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")
_WITH_DEFAULT: Final = re.compile(r"\s*([^\s,]+)\s*(?:,\s*'([^']*)'\s*)?", re.DOTALL)
_CHARACTERS: Final = {"*", "?", "$"}


class Variable(msgspec.Struct, frozen=True, gc=False):
    """`${key, 'default'}`."""

    key: str
    default: str | None = None


class Pattern(msgspec.Struct, frozen=True, gc=False):
    r"""A pattern as pieces: text with wildcards, and variables.

    Attributes:
        text: As written.
        by_parts: Compared part by part as an ARN, else as a whole.
        pieces: Texts (with wildcards; `\0` before a character that is only itself) and variables, in order.
    """

    text: str
    by_parts: bool
    pieces: tuple[str | Variable, ...]

    def matches(self, value: str, context: Context | None = None) -> bool | NotKnown:
        """Whether a text fits; not known when a variable is not."""
        if len(self.pieces) == 1 and isinstance(self.pieces[0], str):
            return _fits(self.pieces[0], value, by_parts=self.by_parts)
        spelled = self._spelled(context)
        if isinstance(spelled, NotKnown):
            # Where not even a star in the place of what is not known fits, no value does.
            return spelled if _fits(self._at_most(), value, by_parts=self.by_parts) else False
        return spelled if isinstance(spelled, bool) else _fits(spelled, value, by_parts=self.by_parts)

    def _at_most(self) -> str:
        return "".join(piece if isinstance(piece, str) else "*" for piece in self.pieces)

    @property
    def variables(self) -> tuple[str, ...]:
        """The keys it takes values from."""
        return tuple(one.key for one in self.pieces if isinstance(one, Variable))

    def resolved(self, context: Context) -> str | bool | NotKnown:
        """The text with every variable put in, for operators without wildcards; false when one has no value."""
        spelled = self._spelled(context)
        return spelled.replace("\0", "") if isinstance(spelled, str) else spelled

    def settled(self, context: Context) -> Pattern | bool | NotKnown:
        """The same pattern with every variable put in; false when one has no value, so that no text fits."""
        spelled = self._spelled(context)
        return Pattern(self.text, self.by_parts, (spelled,)) if isinstance(spelled, str) else spelled

    def may_begin(self, beginning: str) -> bool:
        """Whether a text that begins so may fit, as far as its parts and what is before the first wildcard tell.

        Args:
            beginning: Of an ARN, with its first five parts.
        """
        if len(self.pieces) != 1 or not isinstance(self.pieces[0], str):
            return True
        *parts, last = _parts(self.pieces[0]) if self.by_parts else [self.pieces[0]]
        *given, rest = beginning.split(":", len(parts))
        told = _told(last)
        fits = (_fits(part, each, by_parts=False) for part, each in zip(parts, given, strict=True))
        return all(fits) and (told.startswith(rest) or rest.startswith(told))

    def _spelled(self, context: Context | None) -> str | bool | NotKnown:
        spelled = []
        unsure: NotKnown | None = None
        for piece in self.pieces:
            if isinstance(piece, str):
                spelled.append(piece)
                continue
            held = context.held(piece.key) if context is not None else NotKnown()
            if isinstance(held, NotKnown):
                unsure = NotKnown(piece.key)
            elif isinstance(held, Values) and not held.listed:
                spelled.append(_itself(held.texts[0]))
            elif piece.default is not None and not isinstance(held, Values):
                spelled.append(_itself(piece.default))
            else:
                return False
        return unsure or "".join(spelled)


@lru_cache(maxsize=65_536)
def pattern(text: str, *, by_parts: bool = False, version: str = VARIABLES_SINCE) -> Pattern:
    """Compile a pattern.

    Args:
        text: As written in the policy.
        by_parts: It is an ARN: the first five parts are compared one by one, wildcards stay inside.
        version: Of the document; only the newer one has variables.
    """
    by_parts = by_parts and text.count(":") >= ARN_PARTS - 1
    plain = text.replace("\0", "\0\0")
    if version != VARIABLES_SINCE or "${" not in text:
        return Pattern(text, by_parts, (plain,))
    pieces: list[str | Variable] = []
    at = 0
    for found in _VARIABLE.finditer(plain):
        pieces.append(plain[at : found.start()])
        pieces.append(_variable(found.group(1)))
        at = found.end()
    pieces.append(plain[at:])
    return Pattern(text, by_parts, _joined(pieces))


def _variable(inside: str) -> str | Variable:
    if inside in _CHARACTERS:
        return _itself(inside)
    found = _WITH_DEFAULT.fullmatch(inside)
    # A text that is no variable cannot have a value, as a key that does not exist cannot.
    return Variable(found.group(1), found.group(2)) if found else Variable(inside)


def _joined(pieces: list[str | Variable]) -> tuple[str | Variable, ...]:
    """Texts side by side made one."""
    made: list[str | Variable] = []
    for piece in pieces:
        if made and isinstance(piece, str) and isinstance(made[-1], str):
            made[-1] += piece
        elif piece != "":
            made.append(piece)
    return tuple(made) or ("",)


def _itself(text: str) -> str:
    return "".join(f"\0{character}" for character in text)


def _fits(spelled: str, value: str, *, by_parts: bool) -> bool:
    if spelled == "*":
        return True
    if "*" not in spelled and "?" not in spelled and "\0" not in spelled:
        return spelled == value
    return _compiled(spelled, by_parts).fullmatch(value) is not None


def any_of(patterns: Iterable[Pattern]) -> re.Pattern[str]:
    """One expression for the texts that one of some patterns fits, all of which are without variables."""
    sources = (_source("".join(map(str, one.pieces)), by_parts=one.by_parts) for one in patterns)
    return re.compile("|".join(f"(?:{one})" for one in sources), re.DOTALL)


@lru_cache(maxsize=65_536)
def _compiled(spelled: str, by_parts: bool) -> re.Pattern[str]:
    return re.compile(_source(spelled, by_parts=by_parts), re.DOTALL)


def _source(spelled: str, *, by_parts: bool) -> str:
    if not by_parts:
        return _expression(spelled, ".")
    parts = _parts(spelled)
    inside = [_expression(part, "[^:]") for part in parts[:-1]]
    return ":".join((*inside, _expression(parts[-1], ".")))


def _parts(spelled: str) -> list[str]:
    """The parts of an ARN; a colon that a variable's value brought divides nothing."""
    parts = [""]
    escaped = False
    for character in spelled:
        if character == ":" and not escaped and len(parts) < ARN_PARTS:
            parts.append("")
        else:
            parts[-1] += character
        escaped = character == "\0" and not escaped
    return parts


def _told(spelled: str) -> str:
    """The characters before the first wildcard."""
    told = ""
    characters = iter(spelled)
    for character in characters:
        if character in {"*", "?"}:
            break
        told += next(characters, "") if character == "\0" else character
    return told


def _expression(spelled: str, any_one: str) -> str:
    """A regular expression: each run takes the shortest way to the next piece, and is not tried again."""
    pieces = [""]
    escaped = False
    for character in spelled:
        if escaped:
            pieces[-1] += re.escape(character)
            escaped = False
        elif character == "\0":
            escaped = True
        elif character == "*":
            pieces.append("")
        else:
            pieces[-1] += any_one if character == "?" else re.escape(character)
    first, *rest = pieces
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>{any_one}*?{piece})" for piece in middle if piece) + f"{any_one}*{last}"


@lru_cache(maxsize=65_536)
def action_pattern(text: str) -> Pattern | None:
    """A value of `Action`, for actions in lower case; `None` when it can match none.

    `*:*` is `*`; another wildcard in the service's part matches nothing: AWS does not say so, the policy simulators
    that were compared do. Blanks around, an empty name and a comma make it match nothing.
    """
    if set(text) == {"*"} or [set(part) for part in text.split(":")] == [{"*"}, {"*"}]:
        return pattern("*", version="")
    service, _, name = text.partition(":")
    if not service or not name or {"*", "?"} & set(service) or text != text.strip() or "," in text:
        return None
    return pattern(text.lower(), version="")


def resource_pattern(text: str, version: str) -> Pattern:
    """A value of `Resource`; an asked `*` (no resource in particular) is matched only by all stars."""
    return pattern("*" if set(text) == {"*"} else text, by_parts=True, version=version)
