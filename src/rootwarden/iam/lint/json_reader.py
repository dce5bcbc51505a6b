"""JSON text as a tree with places: RFC 8259, strictly, with a limit on depth and every name kept.

The reader of the standard library knows no places and keeps the last of two equal names; what IAM takes from such a
document nobody says, so both have to be seen.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import Final

from rootwarden.iam.lint.nodes import DEEPEST, Member, Node, Shape, Span, TooDeepError

_BLANK: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
# The standard library's own reader of strings, strict: no line ends inside.
_STRINGS: Final = JSONDecoder()
_WORDS: Final = {"true": Shape.TRUTH, "false": Shape.TRUTH, "null": Shape.NULL}


class NotJsonError(Exception):
    """The text is no JSON; `message` says what was expected, `at` where."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def read_json(text: str) -> Node:
    """Read a whole text.

    Raises:
        NotJsonError: It is no JSON.
        TooDeepError: It nests deeper than 32 levels.
    """
    reader = _Reader(text)
    node = reader.value(reader.blank(0), 0)
    end = reader.blank(node.span.end if node.span is not None else 0)
    if end < len(text):
        raise NotJsonError("something stands behind the document", end)
    return node


class _Reader:
    """Reads values of one text; every method takes the place to begin at."""

    def __init__(self, text: str) -> None:
        self._text = text

    def blank(self, at: int) -> int:
        """Where the next character that counts is."""
        found = _BLANK.match(self._text, at)
        return found.end() if found is not None else at

    def value(self, at: int, depth: int) -> Node:
        """Any value."""
        if depth > DEEPEST:
            raise TooDeepError
        character = self._text[at : at + 1]
        if character == "{":
            return self._object(at, depth)
        if character == "[":
            return self._list(at, depth)
        if character == '"':
            text, end = self._string(at)
            return Node(Shape.TEXT, text, span=Span(at, end))
        for word, shape in _WORDS.items():
            if self._text.startswith(word, at):
                return Node(shape, word if shape is Shape.TRUTH else "", span=Span(at, at + len(word)))
        number = _NUMBER.match(self._text, at)
        if number is None:
            raise NotJsonError("a value is expected", at)
        return Node(Shape.NUMBER, number[0], span=Span(at, number.end()))

    def _object(self, start: int, depth: int) -> Node:
        members: list[Member] = []
        at = self.blank(start + 1)
        while self._text[at : at + 1] != "}":
            if members:
                at = self._comma(at, "}")
            name, end = self._name(at)
            colon = self.blank(end)
            if self._text[colon : colon + 1] != ":":
                raise NotJsonError("`:` is expected", colon)
            value = self.value(self.blank(colon + 1), depth + 1)
            members.append(Member(name, value, Span(at, end)))
            at = self._behind(value)
        return Node(Shape.OBJECT, members=tuple(members), span=Span(start, at + 1))

    def _list(self, start: int, depth: int) -> Node:
        items: list[Node] = []
        at = self.blank(start + 1)
        while self._text[at : at + 1] != "]":
            if items:
                at = self._comma(at, "]")
            items.append(self.value(at, depth + 1))
            at = self._behind(items[-1])
        return Node(Shape.LIST, items=tuple(items), span=Span(start, at + 1))

    def _behind(self, node: Node) -> int:
        return self.blank(node.span.end if node.span is not None else 0)

    def _comma(self, at: int, closing: str) -> int:
        if self._text[at : at + 1] != ",":
            raise NotJsonError(f"`,` or `{closing}` is expected", at)
        return self.blank(at + 1)

    def _name(self, at: int) -> tuple[str, int]:
        if self._text[at : at + 1] != '"':
            raise NotJsonError("a name in double quotes is expected", at)
        return self._string(at)

    def _string(self, at: int) -> tuple[str, int]:
        try:
            text, end = _STRINGS.raw_decode(self._text, at)
        except JSONDecodeError as error:
            raise NotJsonError(error.msg[:1].lower() + error.msg[1:].rstrip(": at"), error.pos) from None
        return str(text), end
