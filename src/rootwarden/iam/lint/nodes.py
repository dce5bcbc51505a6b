"""A JSON document as a tree that knows its places, whether it came as text or decoded."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

# A policy nests seven levels; what is deeper is not looked at.
DEEPEST: Final = 32
_TOKEN: Final = 200  # how much of an element's name a place shows


class Span(msgspec.Struct, frozen=True, gc=False):
    """A stretch of the text: characters `start` up to, not including, `end`."""

    start: int
    end: int


class Shape(StrEnum):
    """What a value is, in the words of messages."""

    OBJECT = "an object"
    LIST = "a list"
    TEXT = "a text"
    NUMBER = "a number"
    TRUTH = "a truth value"
    NULL = "`null`"
    OTHER = "no JSON value"


class Member(msgspec.Struct, frozen=True):
    """A name of an object with its value."""

    name: str
    value: Node
    span: Span | None = None


class Node(msgspec.Struct, frozen=True):
    """A value.

    Attributes:
        shape: What it is.
        text: A text as it is, a number or truth value as JSON spells it; else empty.
        items: The values of a list.
        members: The members of an object, all of them, names that stand twice too.
        span: Where it stands, if the document came as text.
    """

    shape: Shape
    text: str = ""
    items: tuple[Node, ...] = ()
    members: tuple[Member, ...] = ()
    span: Span | None = None

    @property
    def is_value(self) -> bool:
        """Whether it is one a condition can compare with."""
        return self.shape in {Shape.TEXT, Shape.NUMBER, Shape.TRUTH}

    def get(self, name: str) -> Node | None:
        """The value of a name; the last one if it stands twice."""
        return next((one.value for one in reversed(self.members) if one.name == name), None)

    def listed(self) -> tuple[Node, ...]:
        """The values of a list, or the one value itself: IAM takes both in most places."""
        return self.items if self.shape is Shape.LIST else (self,)


class Place(msgspec.Struct, frozen=True):
    """The way from the document to a value in it."""

    node: Node
    tokens: tuple[str, ...] = ()
    span: Span | None = None

    def into(self, member: Member) -> Place:
        """The value of a member."""
        return Place(member.value, (*self.tokens, member.name), member.value.span)

    def named(self, member: Member) -> Place:
        """The member's name, for what is wrong with the name."""
        return Place(member.value, (*self.tokens, member.name), member.span)

    def get(self, name: str) -> Place | None:
        """The value of a name, if there is one."""
        found = next((one for one in reversed(self.node.members) if one.name == name), None)
        return self.into(found) if found is not None else None

    def listed(self) -> Iterator[Place]:
        """Each value of a list, or the one value itself."""
        if self.node.shape is not Shape.LIST:
            yield self
            return
        for number, item in enumerate(self.node.items):
            yield Place(item, (*self.tokens, str(number)), item.span)

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer (RFC 6901); names longer than 200 characters are cut."""
        return "".join(f"/{_token(token)}" for token in self.tokens)


def _token(name: str) -> str:
    short = name if len(name) <= _TOKEN else f"{name[:_TOKEN]}…"
    return short.replace("~", "~0").replace("/", "~1")


class TooDeepError(Exception):
    """A document nests deeper than 32 levels."""


def tree(value: object, depth: int = 0) -> Node:
    """A decoded document as a tree without places.

    Raises:
        TooDeepError: It nests too deep.
    """
    if depth > DEEPEST:
        raise TooDeepError
    if isinstance(value, Mapping):
        members = tuple(Member(str(name), tree(each, depth + 1)) for name, each in value.items())
        return Node(Shape.OBJECT, members=members)
    if isinstance(value, list | tuple):
        return Node(Shape.LIST, items=tuple(tree(each, depth + 1) for each in value))
    return _scalar(value)


def _scalar(value: object) -> Node:
    if isinstance(value, str):
        return Node(Shape.TEXT, value)
    if value is None:
        return Node(Shape.NULL)
    if isinstance(value, bool):
        return Node(Shape.TRUTH, "true" if value else "false")
    if isinstance(value, int | float):
        try:
            return Node(Shape.NUMBER, str(value))
        except ValueError:  # more digits than Python spells out
            return Node(Shape.NUMBER, "1e4300")
    return Node(Shape.OTHER)
