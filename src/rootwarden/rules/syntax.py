"""The tree of a rule: what the parser makes and everything else reads. Every node knows its place in the text."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from rootwarden.rules.diagnostic import Span


class Quantifier(StrEnum):
    """How many elements of a list must satisfy a condition; `any` is read as `atleast one`."""

    SOME = "atleast one"
    EVERY = "every"
    NO = "no"


class Operator(StrEnum):
    """Comparisons and set operators under their canonical spelling."""

    EQUAL = "eq"
    NOT_EQUAL = "neq"
    GREATER = "gt"
    GREATER_OR_EQUAL = "gte"
    LESS = "lt"
    LESS_OR_EQUAL = "lte"
    LIKE = "like"
    NOT_LIKE = "notlike"
    IN = "in"
    NOT_IN = "notin"
    HAS = "has"


class Function(StrEnum):
    """Functions under their canonical spelling."""

    LENGTH = "len"
    NUMBER_OF_HOSTS = "numhosts"
    IS_PRIVATE = "isPrivate"
    IS_PUBLIC = "isPublic"
    DIVISIBLE_BY = "divisibleby"
    IS_LATER_THAN = "isLaterThan"
    IS_EARLIER_THAN = "isEarlierThan"


class Path(msgspec.Struct, frozen=True):
    """A property: `Password . LastUsedTime` is `("Password", "LastUsedTime")`, each part with its own span."""

    parts: tuple[str, ...]
    spans: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """From the first part to the last."""
        return self.spans[0].to(self.spans[-1])

    @property
    def dotted(self) -> str:
        """`Password.LastUsedTime`."""
        return ".".join(self.parts)


class Literal(msgspec.Struct, frozen=True):
    """A string, number or truth value written in the rule, or put there by a parameter."""

    value: str | int | float | bool
    span: Span


class Address(msgspec.Struct, frozen=True):
    """An IPv4 address or range written without quotes."""

    text: str
    span: Span


class MinusName(msgspec.Struct, frozen=True):
    """`-window`: the negative of a parameter, before it is filled in."""

    name: str
    span: Span


Operand: TypeAlias = Literal | Address | Path | MinusName


class Call(msgspec.Struct, frozen=True):
    """A function applied to the property before it."""

    function: Function
    arguments: tuple[Operand, ...]
    span: Span


class Subject(msgspec.Struct, frozen=True):
    """What a test is about: a property, possibly quantified, possibly through a function."""

    path: Path
    span: Span
    quantifier: Quantifier | None = None
    call: Call | None = None


class Test(msgspec.Struct, frozen=True):
    """A subject alone: is it true, present, not empty?"""

    __test__ = False  # not a pytest class

    subject: Subject
    span: Span


class Comparison(msgspec.Struct, frozen=True):
    """A subject, an operator and one operand."""

    subject: Subject
    operator: Operator
    operator_span: Span
    operand: Operand
    span: Span


class Membership(msgspec.Struct, frozen=True):
    """A subject, a set operator and operands in parentheses."""

    subject: Subject
    operator: Operator
    operator_span: Span
    operands: tuple[Operand, ...]
    span: Span


class Within(msgspec.Struct, frozen=True):
    """`AccessKey with [ … ]`: elements of a list (or a record) that satisfy a condition."""

    subject: Subject
    condition: Condition
    span: Span


class Not(msgspec.Struct, frozen=True):
    """The opposite of a condition."""

    condition: Condition
    span: Span


class And(msgspec.Struct, frozen=True):
    """All of two or more conditions."""

    conditions: tuple[Condition, ...]
    span: Span


class Or(msgspec.Struct, frozen=True):
    """At least one of two or more conditions."""

    conditions: tuple[Condition, ...]
    span: Span


Condition: TypeAlias = Test | Comparison | Membership | Within | Not | And | Or


class Rule(msgspec.Struct, frozen=True):
    """`entity where scope should [not] have check`."""

    entity: str
    entity_span: Span
    where: Condition | None
    negated: bool
    check: Condition
    span: Span
