"""Which values of an attribute are worth trying: those the rules name, and their neighbours.

A rule compares an attribute with a few values. Facts between two of those values are all treated alike, so one on
each side and the value itself stand for all of them. Patterns are the exception: only texts made from the pattern are
tried. Divisibility is another.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from rootwarden.rules import instants
from rootwarden.rules.naming import join
from rootwarden.rules.plain import plain_rule
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.syntax import (
    Address,
    AddressOverlap,
    And,
    Catches,
    Comparison,
    Count,
    Function,
    Literal,
    Membership,
    Not,
    Operator,
    Or,
    Path,
    PolicyTest,
    Within,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.rules.schema import Attribute, Schema
    from rootwarden.rules.syntax import Call, Condition, Leaf, Operand, Rule, Subject

Scalar = str | int | float | bool
_LARGEST: Final = 2**63
LONGEST_TEXT: Final = 64  # a length a rule asks for is tried up to here
_USUAL: Final[dict[AttributeType, tuple[Scalar, ...]]] = {
    AttributeType.BOOLEAN: (True, False),
    AttributeType.STRING: ("a", ""),
    AttributeType.NUMBER: (0, 1, 2),
    AttributeType.IP: ("10.0.0.1/32", "8.8.8.8/32"),
    AttributeType.LIST: ("a",),
}
_NOT_LITERAL: Final = re.compile(r"\(\?[a-z]+\)|\.[*+?]|[\^$()*+?]|\\[bAzdwsDWS]")


class Domains:
    """The values to try, by dotted path of the attribute; filled by reading rules."""

    def __init__(self, schema: Schema, now: float) -> None:
        self.schema = schema
        self.now = now
        self.largest_count = 0  # of elements, that a rule asks for
        self._found: dict[str, dict[tuple[type, Scalar], None]] = {}
        # Attributes compared with each other share their values.
        self._pairs: set[frozenset[str]] = set()

    def read(self, rule: Rule) -> None:
        """Take the values a rule names."""
        rule = plain_rule(rule)
        for part in (rule.where, rule.check):
            if part is not None:
                self._condition(rule.entity, part, "")

    def values(self, attribute: Attribute) -> tuple[Scalar, ...]:
        """The values to try of an attribute; for a list of plain values, of its elements. The dullest comes first."""
        usual: tuple[Scalar, ...] = _USUAL.get(attribute.type, ())
        if attribute.type is AttributeType.DATE:
            usual = (int(self.now) - 400 * 86_400, int(self.now) - 3600)
        if attribute.values:
            usual = attribute.values
        paths = self._compared_with(attribute.path)
        named = [value for path in sorted(paths) for _, value in self._found.get(path, {}) if _fits(value)]
        if attribute.values:
            named = [one for one in named if one in attribute.values]
        return tuple({(type(one), one): one for one in (*usual, *named, *_between(named))}.values())

    def _compared_with(self, path: str) -> set[str]:
        """The attribute and all that it is compared with, directly or through others."""
        paths, size = {path}, 0
        while size < len(paths):
            size = len(paths)
            paths |= {one for pair in self._pairs if paths & pair for one in pair}
        return paths

    def _add(self, path: str, values: Iterable[Scalar]) -> None:
        self._found.setdefault(path, {}).update({(type(value), value): None for value in values})

    def _condition(self, entity: str, condition: Condition, scope: str) -> None:
        match condition:
            case And(conditions) | Or(conditions):
                for one in conditions:
                    self._condition(entity, one, scope)
            case Not(inner):
                self._condition(entity, inner, scope)
            case Within(subject, inner, _, where):
                self._count(subject)
                for one in (inner,) if where is None else (where, inner):
                    self._condition(entity, one, join(scope, subject.path))
            case _:
                self._test(entity, condition, scope)

    def _count(self, subject: Subject) -> None:
        if isinstance(subject.quantifier, Count):
            self.largest_count = max(self.largest_count, int(subject.quantifier.number))

    def _counted(self, operands: Iterable[Operand]) -> None:
        """Numbers a length of a list is compared with."""
        for one in operands:
            if isinstance(one, Literal) and isinstance(one.value, int | float):
                self.largest_count = max(self.largest_count, int(one.value))

    def _test(self, entity: str, leaf: Leaf, scope: str) -> None:
        match leaf:
            case Comparison(subject, operator, _, operand):
                self._leaf(entity, subject, (operand,), operator, scope)
            case Membership(subject, operator, _, operands):
                self._leaf(entity, subject, operands, operator, scope)
            case AddressOverlap(subject, operands):
                self._leaf(entity, subject, operands, Operator.IN, scope)
            case PolicyTest():
                self._policy(leaf, scope)
            case Catches(subject, sets):
                patterns = (self.schema.sample_sets[str(one.value)].pattern for one in sets)
                self._add(join(scope, subject.path), patterns)
            case _:
                self._leaf(entity, leaf.subject, (), None, scope)

    def _policy(self, test: PolicyTest, scope: str) -> None:
        """The action and the resource as they are asked for, and everything."""
        path = join(scope, test.subject.path)
        resource = "*" if test.resource is None else str(test.resource.value)
        for name, value in (("Action", str(test.action.value)), ("Resource", resource)):
            self._add(f"{path}.{name}.value", (value, "*"))

    def _leaf(
        self, entity: str, subject: Subject, operands: tuple[Operand, ...], operator: Operator | None, scope: str
    ) -> None:
        path = join(scope, subject.path)
        attribute = self.schema.attribute(entity, path)
        if attribute is None:
            return
        if subject.call is not None:
            if attribute.is_list:
                self._counted(operands)
            self._add(path, _for_call(subject.call, attribute, operands, self.now))
            return
        for operand in operands:
            if isinstance(operand, Path):
                self._pairs.add(frozenset((path, join(scope, operand))))
            elif isinstance(operand, Address):
                self._add(path, (operand.text,))
            elif isinstance(operand, Literal) and operator in {Operator.LIKE, Operator.NOT_LIKE}:
                self._add(path, (_matching(str(operand.value)),))
            elif isinstance(operand, Literal):
                self._add(path, _near(operand.value))


def _fits(value: Scalar) -> bool:
    """Numbers beyond 64 bits are no fact, and no JSON either."""
    return not isinstance(value, int | float) or -_LARGEST < value < _LARGEST


def _near(value: Scalar) -> Iterator[Scalar]:
    """A value and its neighbours."""
    yield value
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value + 1
        # What AWS counts and dates is never below zero, unless the rule itself thinks so.
        if value >= 1 or value < 0:
            yield value - 1


def _between(values: Iterable[Scalar]) -> Iterator[Scalar]:
    """The middle of two numbers so close that their neighbours do not lie between them."""
    numbers = sorted({one for one in values if isinstance(one, int | float) and not isinstance(one, bool)})
    for lower, upper in pairwise(numbers):
        if upper - lower < 1:
            yield (lower + upper) / 2


def _for_call(call: Call, attribute: Attribute, operands: tuple[Operand, ...], now: float) -> Iterator[Scalar]:
    """Values on both sides of what a function asks."""
    numbers = [one.value for one in (*call.arguments, *operands) if isinstance(one, Literal)]
    if call.function in {Function.IS_LATER_THAN, Function.IS_EARLIER_THAN}:
        match call.arguments:
            case (Literal(value=int() | float() as number), Literal(value=str(unit))):
                bound = int(now + number * (instants.seconds_in(unit) or 0))
                yield from (bound + 1, bound, bound - 1)
    elif call.function is Function.LENGTH and attribute.type is AttributeType.STRING:
        for asked in numbers:
            lengths = (one for one in _near(asked) if isinstance(one, int) and 0 <= one <= LONGEST_TEXT)
            yield from ("a" * length for length in lengths)
    elif call.function is Function.DIVISIBLE_BY:
        for divisor in numbers:
            yield from _near(divisor)


def _matching(pattern: str) -> str:
    """The pattern's own letters: a text it often matches."""
    return _NOT_LITERAL.sub("", pattern.split("|", maxsplit=1)[0]).replace("\\", "")
