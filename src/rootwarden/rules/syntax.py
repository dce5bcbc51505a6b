"""The tree of a rule: what the parser makes and everything else reads. Every node knows its place in the text."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

from rootwarden.rules.diagnostic import Span


class Quantifier(StrEnum):
    """How many elements of a list must satisfy a condition; `any` is read as `atleast one`."""

    SOME = "atleast one"
    EVERY = "every"
    NO = "no"


class Bound(StrEnum):
    """On which side of its number a count or a share stays."""

    AT_LEAST = "atleast"
    AT_MOST = "atmost"
    EXACTLY = "exactly"


class Age(StrEnum):
    """How long ago something happened: less than so long, or more."""

    WITHIN_LAST = "within last"
    OLDER_THAN = "older than"


class Verb(StrEnum):
    """What the statements of a policy do."""

    ALLOWS = "allows"
    DENIES = "denies"


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


class Count(msgspec.Struct, frozen=True):
    """`atleast 2`: how many elements, as a number; whether it is whole and not negative, the type check asks."""

    bound: Bound
    number: int | float
    span: Span

    @property
    def value(self) -> str:
        """As it is written: `atleast 2`."""
        return f"{self.bound.value} {self.number}"


class Share(msgspec.Struct, frozen=True):
    """`atleast 95%`: which part of the elements, in percent, exactly as written."""

    bound: Bound
    percent: Decimal
    span: Span

    @property
    def value(self) -> str:
        """As it is written: `atleast 95%`."""
        return f"{self.bound.value} {self.percent:f}%"


class Subject(msgspec.Struct, frozen=True):
    """What a test is about: a property, possibly quantified, possibly through a function."""

    path: Path
    span: Span
    quantifier: Quantifier | Count | Share | None = None
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
    """`AccessKey with [ … ]`: elements of a list (or a record) that satisfy a condition; `where` narrows the list."""

    subject: Subject
    condition: Condition
    span: Span
    where: Condition | None = None


class Never(msgspec.Struct, frozen=True):
    """`D never`: the date never happened."""

    subject: Subject
    span: Span


class Elapsed(msgspec.Struct, frozen=True):
    """`D within last 90 days`, `D older than 90 days`: the amount a number or a parameter, the unit in the plural."""

    subject: Subject
    age: Age
    amount: Literal | Path
    unit: str
    span: Span


class Between(msgspec.Struct, frozen=True):
    """`N between 0 and 1023`, bounds included."""

    subject: Subject
    low: Operand
    high: Operand
    span: Span


class RangeOverlap(msgspec.Struct, frozen=True):
    """`FromPort to ToPort overlaps ( 20, 21 )`: two ranges of numbers have one in common."""

    subject: Subject
    last: Path
    low: Operand
    high: Operand
    span: Span


class AddressOverlap(msgspec.Struct, frozen=True):
    """`IP overlaps ( 10.0.0.0/8 )`: the range shares an address with one of these."""

    subject: Subject
    operands: tuple[Operand, ...]
    span: Span


class Catches(msgspec.Struct, frozen=True):
    """`FilterPattern catches ( "root-usage" )`: the pattern matches what each sample set says must be caught."""

    subject: Subject
    sets: tuple[Literal, ...]
    span: Span


class PolicyTest(msgspec.Struct, frozen=True):
    """`Statements denies ( "*" ) for root`: what the statements of a policy do, by meaning."""

    subject: Subject
    verb: Verb
    verb_span: Span
    action: Literal
    resource: Literal | None
    for_root: bool
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


# Tests of one subject that have no parts which are conditions.
Leaf: TypeAlias = (
    Test | Comparison | Membership | Never | Elapsed | Between | RangeOverlap | AddressOverlap | Catches | PolicyTest
)
Condition: TypeAlias = Leaf | Within | Not | And | Or


class Rule(msgspec.Struct, frozen=True):
    """`entity where scope should [not] have check`."""

    entity: str
    entity_span: Span
    where: Condition | None
    negated: bool
    check: Condition
    span: Span
