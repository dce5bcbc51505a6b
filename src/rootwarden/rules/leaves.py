"""The tests at the leaves: one property against a value, a pattern, an instant or another property."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from rootwarden.facts.fact import Absent, Fact, Known, Unknown, Unlisted
from rootwarden.rules.logic import Observation, malformed
from rootwarden.rules.schema import AttributeType

if TYPE_CHECKING:
    from rootwarden.rules.logic import Judgement, Node, Reading, Record


_LARGEST: Final = 2**63


class _Absent:
    """There is no value, and somebody looked; for dates also: never."""


ABSENT: Final = _Absent()

# A fact as a value of the right type, `ABSENT`, or the `Unknown` that stands in its way.
Take: TypeAlias = Callable[[Fact[object]], object]
# A value of the right type and the as-of instant; what type that is, `Take` has made sure of.
Test: TypeAlias = Callable[[Any, float], bool]
Compare: TypeAlias = Callable[[Any, Any], bool]


def leaf(reading: Reading, take: Take, test: Test, *, on_absent: bool) -> Node:
    """One property and one test; an absent property gives `on_absent`."""
    read = reading.read

    def node(record: Record, place: str, now: float) -> Judgement:
        fact = read(record)
        value = take(fact)
        if value is ABSENT:
            return on_absent, (Observation(place, reading, fact),)
        if isinstance(value, Unknown):
            return None, (Observation(place, reading, value),)
        return test(value, now), (Observation(place, reading, fact),)

    return node


def pair(left: tuple[Reading, Take], right: tuple[Reading, Take], compare: Compare, *, never_is_zero: bool) -> Node:
    """Two properties of one record compared.

    With something absent the comparison is false, whatever the other is. Only where dates are asked for equality,
    `never_is_zero` says that two that never happened are equal.
    """

    def look(record: Record, side: tuple[Reading, Take]) -> tuple[Reading, Fact[object], object]:
        reading, take = side
        fact = reading.read(record)
        value = take(fact)
        return reading, fact, 0 if never_is_zero and value is ABSENT else value

    def node(record: Record, place: str, now: float) -> Judgement:  # noqa: ARG001 - every node takes the instant
        both = look(record, left), look(record, right)
        absent = tuple(Observation(place, reading, fact) for reading, fact, value in both if value is ABSENT)
        if absent:
            return False, absent
        unknown = tuple(Observation(place, reading, value) for reading, _, value in both if isinstance(value, Unknown))
        if unknown:
            return None, unknown
        seen = tuple(Observation(place, reading, fact) for reading, fact, _ in both)
        return compare(both[0][2], both[1][2]), seen

    return node


def taker(reading: Reading) -> Take:
    """Values of the attribute's own type; anything else is malformed, and so unknown."""
    wrong = malformed(reading)
    kind = reading.attribute.type
    if kind is AttributeType.IP:
        return _address_taker(wrong)
    fits = _FITS[kind]
    is_date = kind is AttributeType.DATE

    def take(fact: Fact[object]) -> object:
        if isinstance(fact, Known):
            value = fact.value
            if not fits(value):
                return wrong
            return ABSENT if is_date and value == 0 else value
        return ABSENT if isinstance(fact, Absent) else fact

    return take


def length_taker(reading: Reading) -> Take:
    """The length of a list or string, 1 for a record; 0 when absent."""
    take_value = taker(reading)

    def take(fact: Fact[object]) -> object:
        value = take_value(fact)
        if value is ABSENT:
            return 0
        if isinstance(value, tuple | list):
            return next((one for one in value if isinstance(one, Unlisted)), len(value))
        if isinstance(value, str):
            return len(value)
        return value if isinstance(value, Unknown) else 1

    return take


def host_count_taker(reading: Reading) -> Take:
    """How many addresses a range holds; 0 when absent."""
    take_value = taker(reading)

    def take(fact: Fact[object]) -> object:
        value = take_value(fact)
        if value is ABSENT:
            return 0
        return value if isinstance(value, Unknown) else getattr(value, "num_addresses", 0)

    return take


def holding_taker(reading: Reading, values: tuple[object, ...]) -> Take:
    """Whether a list of plain values holds at least one of `values`."""
    take_value = taker(reading)
    wanted = frozenset((type(value) is bool, value) for value in values)

    def take(fact: Fact[object]) -> object:
        value = take_value(fact)
        if not isinstance(value, tuple | list):
            return value
        held = [one.value if isinstance(one, Known) else one for one in value]
        if any(isinstance(one, str | int | float) and (type(one) is bool, one) in wanted for one in held):
            return True
        return next((one for one in held if isinstance(one, Unknown)), False)

    return take


def _address_taker(wrong: Unknown) -> Take:
    from rootwarden.rules.addresses import network

    def take(fact: Fact[object]) -> object:
        if isinstance(fact, Known):
            value = network(fact.value) if isinstance(fact.value, str) else None
            return wrong if value is None else value
        return ABSENT if isinstance(fact, Absent) else fact

    return take


def _is_number(value: object) -> bool:
    """Neither a truth value, which is an `int` to Python, nor infinite, nor not-a-number, nor beyond 64 bits."""
    return isinstance(value, int | float) and type(value) is not bool and -_LARGEST <= value <= _LARGEST


_FITS: Final[dict[AttributeType, Callable[[object], bool]]] = {
    AttributeType.BOOLEAN: lambda value: type(value) is bool,
    AttributeType.STRING: lambda value: isinstance(value, str),
    AttributeType.NUMBER: _is_number,
    AttributeType.DATE: _is_number,
    AttributeType.LIST: lambda value: isinstance(value, tuple | list),
    AttributeType.RECORD: lambda value: isinstance(value, Mapping),
}
