"""A checked tree to closures: everything that does not depend on the record is worked out once."""

from __future__ import annotations

import operator as python_operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from rootwarden.facts.fact import Known, Unknown
from rootwarden.rules import instants, predicates
from rootwarden.rules.amounts import counted, shared
from rootwarden.rules.leaves import holding_taker, host_count_taker, leaf, length_taker, pair, taker
from rootwarden.rules.logic import Reading, conjunction, disjunction, exists, negation
from rootwarden.rules.naming import FUNCTIONS, join
from rootwarden.rules.patterns import searcher
from rootwarden.rules.plain import spelled_out
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
    Quantifier,
    Share,
    Within,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.facts.fact import Fact
    from rootwarden.rules.leaves import Take, Test
    from rootwarden.rules.logic import Node, Record
    from rootwarden.rules.schema import Attribute, Schema
    from rootwarden.rules.syntax import Call, Condition, Leaf, Operand, Subject

_ORDER: Final = {
    Operator.GREATER: python_operator.gt,
    Operator.GREATER_OR_EQUAL: python_operator.ge,
    Operator.LESS: python_operator.lt,
    Operator.LESS_OR_EQUAL: python_operator.le,
}
# These are compiled as the negation of their positive, so that the law `a neq b` = `not ( a eq b )` cannot fail.
_NEGATED: Final = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_LIKE: Operator.LIKE,
}


class Compiler:
    """Compiles the conditions of one rule."""

    def __init__(self, schema: Schema, entity: str) -> None:
        self.schema = schema
        self.entity = entity
        self.strings: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}

    def condition(self, condition: Condition, scope: str) -> Node:
        """A node for a condition about the attributes below `scope`."""
        match condition:
            case And(conditions):
                return conjunction([self.condition(one, scope) for one in conditions])
            case Or(conditions):
                return disjunction([self.condition(one, scope) for one in conditions])
            case Not(inner):
                return negation(self.condition(inner, scope))
            case Within():
                spelled = spelled_out(condition)
                return self._within(condition, scope) if spelled is None else self.condition(spelled, scope)
            case _:
                return self._leaf(condition, scope)

    def _leaf(self, leaf_: Leaf, scope: str) -> Node:
        spelled = spelled_out(leaf_)
        if spelled is not None:
            return self.condition(spelled, scope)
        match leaf_:
            case Comparison(subject, operator, _, operand):
                return self._operation(subject, operator, (operand,), scope)
            case Membership(subject, operator, _, operands):
                return self._operation(subject, operator, operands, scope)
            case AddressOverlap():
                return self._overlap(leaf_, scope)
            case Catches() | PolicyTest():
                return self.predicate(leaf_, scope)
            case _:
                return self._bare(leaf_.subject, scope)

    def reading(self, path: Path, scope: str) -> Reading:
        """How a property written inside `scope` is read from the record there."""
        attributes = [self._attribute(path.parts[: count + 1], scope) for count in range(len(path.parts))]
        missing = not_collected(attributes[-1])
        if len(path.parts) == 1:
            return Reading(path.dotted, attributes[-1], _read_one(path.parts[0], missing))
        return Reading(path.dotted, attributes[-1], _read_below(path.parts[:-1], path.parts[-1], missing))

    def _attribute(self, parts: tuple[str, ...], scope: str) -> Attribute:
        dotted = ".".join(parts)
        attribute = self.schema.attribute(self.entity, f"{scope}.{dotted}" if scope else dotted)
        if attribute is None:  # the type check has seen to it
            raise LookupError(dotted)
        return attribute

    def _within(self, within: Within, scope: str) -> Node:
        subject, below = within.subject, join(scope, within.subject.path)
        reading = self.reading(subject.path, scope)
        node = self.condition(within.condition, below)
        match subject.quantifier:
            case Quantifier.EVERY:
                return negation(exists(reading, negation(node)))
            case Quantifier.NO:
                return negation(exists(reading, node))
            case Count(bound, number):
                return counted(reading, node, bound, int(number))
            case Share(bound, percent):
                narrowed = None if within.where is None else self.condition(within.where, below)
                return shared(reading, narrowed, node, bound, percent)
        return exists(reading, node)

    def _overlap(self, overlap: AddressOverlap, scope: str) -> Node:
        """A range that shares an address with one of several, written or read."""
        reading = self.reading(overlap.subject.path, scope)
        others = [self.reading(one, scope) for one in overlap.operands if isinstance(one, Path)]
        nodes = [
            pair(
                (reading, taker(reading)),
                (one, taker(one)),
                lambda range_, other: bool(range_.overlaps(other)),
                never_is_zero=False,
            )
            for one in others
        ]
        ranges = _values(overlap.operands, AttributeType.IP)
        if ranges:
            touches = leaf(
                reading, taker(reading), lambda range_, _: any(range_.overlaps(one) for one in ranges), on_absent=False
            )
            nodes.append(touches)
        return nodes[0] if len(nodes) == 1 else disjunction(nodes)

    def predicate(self, test: Catches | PolicyTest, scope: str) -> Node:
        """What is asked by meaning."""
        reading = self.reading(test.subject.path, scope)
        if isinstance(test, Catches):
            sets = tuple(str(one.value) for one in test.sets)
            return predicates.catching(reading, taker(reading), sets, self.schema)
        resource = "*" if test.resource is None else str(test.resource.value)
        return predicates.granting(
            reading, verb=test.verb, action=str(test.action.value), resource=resource, for_root=test.for_root
        )

    def _bare(self, subject: Subject, scope: str) -> Node:
        reading = self.reading(subject.path, scope)
        if subject.call is not None:
            return _boolean_call(reading, subject.call)
        if reading.attribute.type in {AttributeType.LIST, AttributeType.RECORD}:
            node = leaf(reading, self.length(reading), lambda length, _: length != 0, on_absent=False)
            return negation(node) if subject.quantifier is Quantifier.NO else node
        return leaf(reading, taker(reading), lambda value, _: bool(value), on_absent=False)

    def _operation(self, subject: Subject, operator: Operator, operands: tuple[Operand, ...], scope: str) -> Node:
        if operator in _NEGATED:
            return negation(self._operation(subject, _NEGATED[operator], operands, scope))
        reading = self.reading(subject.path, scope)
        call = subject.call
        if call is not None and FUNCTIONS[call.function][1] is AttributeType.BOOLEAN:
            node = _boolean_call(reading, call)
            values = [one.value for one in operands if isinstance(one, Literal)]
            return disjunction([node if value is True else negation(node) for value in values])
        if operator is Operator.HAS:
            node = leaf(
                reading, holding_taker(reading, _values(operands)), lambda found, _: found is True, on_absent=False
            )
            return negation(node) if subject.quantifier is Quantifier.NO else node
        take, kind = self._left(reading, call)
        nodes = [
            self._against(reading, take, kind, operator, one, scope=scope) for one in operands if isinstance(one, Path)
        ]
        values_ = _values(operands, kind)
        if kind is AttributeType.STRING and operator in {Operator.EQUAL, Operator.IN}:
            asked = self.strings.setdefault((reading.attribute.path, reading.name), {})
            for one in values_:
                asked[str(one).lower()] = (*asked.get(str(one).lower(), ()), str(one))
        if operator is Operator.IN and (values_ or not nodes):
            nodes.append(_among(reading, take, kind, values_))
        else:
            nodes += [_compared(reading, take, kind, operator, value) for value in values_]
        return nodes[0] if len(nodes) == 1 else disjunction(nodes)

    def length(self, reading: Reading) -> Take:
        """How long what a property holds is."""
        return length_taker(reading)

    def _left(self, reading: Reading, call: Call | None) -> tuple[Take, AttributeType]:
        """What stands on the left as a value, and its type."""
        if call is None:
            return taker(reading), reading.attribute.type
        of_length = call.function is Function.LENGTH
        return self.length(reading) if of_length else host_count_taker(reading), AttributeType.NUMBER

    def _against(
        self, reading: Reading, take: Take, kind: AttributeType, operator: Operator, right: Path, *, scope: str
    ) -> Node:
        """A property on the right-hand side."""
        other = self.reading(right, scope)
        compare = _ORDER.get(operator, python_operator.eq)
        never_is_zero = kind is AttributeType.DATE and operator not in _ORDER
        return pair((reading, take), (other, taker(other)), compare, never_is_zero=never_is_zero)


def not_collected(attribute: Attribute) -> Unknown:
    """What a name is that the schema has and the record has not."""
    if not attribute.collected:
        return Unknown(f"`{attribute.path}` is known to the language, not collected here")
    return Unknown("not collected", permission=attribute.permission)


def _read_one(name: str, missing: Unknown) -> Callable[[Record], Fact[object]]:
    def read(record: Record) -> Fact[object]:
        fact = record.get(name)
        return missing if fact is None else fact

    return read


def _read_below(parents: tuple[str, ...], name: str, missing: Unknown) -> Callable[[Record], Fact[object]]:
    """Through records: an absent one makes all below it absent, an unknown one unknown with its reason."""

    def read(record: Record) -> Fact[object]:
        here: Record = record
        for parent in parents:
            fact = here.get(parent)
            if not isinstance(fact, Known):
                return missing if fact is None else fact
            if not isinstance(fact.value, Mapping):
                return missing
            here = fact.value
        found = here.get(name)
        return missing if found is None else found

    return read


def _values(operands: tuple[Operand, ...], kind: AttributeType = AttributeType.STRING) -> tuple[Any, ...]:
    """The literals as values of the type on the left."""
    raw = [
        one.text if isinstance(one, Address) else one.value for one in operands if isinstance(one, Address | Literal)
    ]
    if kind is not AttributeType.IP:
        return tuple(raw)
    from rootwarden.rules.addresses import network

    return tuple(network(str(one)) for one in raw)


def _compared(reading: Reading, take: Take, kind: AttributeType, operator: Operator, value: Any) -> Node:
    """One literal on the right."""
    if operator is Operator.LIKE:
        search = searcher(str(value))
        return leaf(reading, take, lambda text, _: search(str(text)), on_absent=False)
    if operator is Operator.EQUAL:
        never = kind is AttributeType.DATE and value == 0
        return leaf(reading, take, lambda one, _: bool(one == value), on_absent=never)
    compare = _ORDER[operator]
    return leaf(reading, take, lambda one, _: bool(compare(one, value)), on_absent=False)


def _among(reading: Reading, take: Take, kind: AttributeType, values: tuple[object, ...]) -> Node:
    wanted = frozenset(values)
    never = kind is AttributeType.DATE and 0 in wanted
    return leaf(reading, take, lambda one, _: one in wanted, on_absent=never)


def _boolean_call(reading: Reading, call: Call) -> Node:
    """A function that gives a truth value; false of what is absent or never happened."""
    return leaf(reading, taker(reading), _boolean_test(call), on_absent=False)


def _boolean_test(call: Call) -> Test:
    if call.function is Function.IS_LATER_THAN:
        later = _offset(call)
        return lambda value, now: bool(value > now + later)
    if call.function is Function.IS_EARLIER_THAN:
        earlier = _offset(call)
        return lambda value, now: bool(value < now + earlier)
    if call.function is Function.DIVISIBLE_BY:
        (divisor,) = _values(call.arguments)
        return lambda value, _: bool(value % divisor == 0)
    from rootwarden.rules.addresses import is_public

    if call.function is Function.IS_PUBLIC:
        return lambda value, _: is_public(value)
    return lambda value, _: not is_public(value)


def _offset(call: Call) -> float:
    """`( -1, "days" )` in seconds."""
    match call.arguments:
        case (Literal(value=int() | float() as number), Literal(value=str(unit))):
            return number * (instants.seconds_in(unit) or 0)
    raise LookupError(call.function)  # the type check has seen to it
