"""EventBridge event patterns: what they say of one event envelope.

Follows *Comparison operators for use in event patterns* of the EventBridge user guide. A field not named in the
pattern is free; a named field must be there and fit one of its alternatives (except `exists: false`).
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.detect.errors import PatternError
from rootwarden.detect.truth import all_of, any_of, negate
from rootwarden.detect.wildcard import Wildcard, read_wildcard

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.detect.filter_pattern import Event, Value
    from rootwarden.detect.truth import Truth

# AWS allows 2,048 characters by default, 4,096 on request.
LONGEST_PATTERN = 64 * 1024
DEEPEST_NESTING = 64


class Exact(msgspec.Struct, frozen=True):
    """A text, number, boolean or null that must be equal, kind included."""

    value: str | int | float | bool | None

    def says(self, value: Value) -> Truth:
        """Equal, and both booleans or neither."""
        return isinstance(value, bool) == isinstance(self.value, bool) and value == self.value


class Text(msgspec.Struct, frozen=True):
    """`prefix`, `suffix`, `wildcard`, `equals-ignore-case` on a text."""

    wildcard: Wildcard
    ignore_case: bool = False

    def says(self, value: Value) -> Truth:
        """False for anything that is no text."""
        return isinstance(value, str) and self.wildcard.matches(value.lower() if self.ignore_case else value)


class AnythingBut(msgspec.Struct, frozen=True):
    """A value that is there and fits none of the alternatives."""

    alternatives: tuple[Matcher, ...]

    def says(self, value: Value) -> Truth:
        """Undecided for lists: AWS does not say whether one or all elements count."""
        if isinstance(value, (list, dict)):
            return None
        return negate(any_of(matcher.says(value) for matcher in self.alternatives))


class Numeric(msgspec.Struct, frozen=True):
    """`[">", 0, "<=", 5]`: all comparisons hold."""

    comparisons: tuple[tuple[str, float], ...]

    def says(self, value: Value) -> Truth:
        """False for anything that is no number."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return all(_ORDER[operator](value, limit) for operator, limit in self.comparisons)


class Network(msgspec.Struct, frozen=True):
    """`cidr`: an address inside a network."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network

    def says(self, value: Value) -> Truth:
        """False for anything that is no address."""
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in self.network
        except ValueError:
            return False


class Exists(msgspec.Struct, frozen=True):
    """`exists`: the field is (not) there; AWS defines it for leaf fields only."""

    wanted: bool

    def says(self, value: Value) -> Truth:
        """The field is there; undecided for objects."""
        return None if isinstance(value, dict) else self.wanted


Matcher: TypeAlias = Exact | Text | AnythingBut | Numeric | Network | Exists


class Field(msgspec.Struct, frozen=True):
    """Alternatives for one field: one must fit; a list fits when one of its elements does."""

    alternatives: tuple[Matcher, ...]

    def says(self, value: Value) -> Truth:
        """What the alternatives make of a field that is there."""
        return any_of(self._one(matcher, value) for matcher in self.alternatives)

    def absent(self) -> Truth:
        """What the alternatives make of a field that is not there."""
        return any(isinstance(matcher, Exists) and not matcher.wanted for matcher in self.alternatives)

    def _one(self, matcher: Matcher, value: Value) -> Truth:
        if isinstance(value, list) and not isinstance(matcher, (AnythingBut, Exists)):
            return any_of(matcher.says(element) for element in value)
        return matcher.says(value)


class Fields(msgspec.Struct, frozen=True):
    """An object of the pattern: every named field must fit, and one branch of `$or` if there is one."""

    fields: tuple[tuple[str, Fields | Field], ...]
    branches: tuple[Fields, ...] = ()

    def says(self, value: Value) -> Truth:
        """What the pattern makes of an object; a list fits when one of its objects does."""
        if isinstance(value, list):
            return any_of(self.says(element) for element in value)
        if not isinstance(value, dict):
            return self.absent()
        decided = [part.says(value[name]) if name in value else part.absent() for name, part in self.fields]
        if self.branches:
            decided.append(any_of(branch.says(value) for branch in self.branches))
        return all_of(decided)

    def absent(self) -> Truth:
        """What the pattern makes of an object that is not there."""
        decided = [part.absent() for _, part in self.fields]
        if self.branches:
            decided.append(any_of(branch.absent() for branch in self.branches))
        return all_of(decided)


class EventPattern(msgspec.Struct, frozen=True):
    """A pattern that was read."""

    fields: Fields

    def matches(self, envelope: Event) -> Truth:
        """Run the pattern on one envelope (`source`, `detail-type`, `detail`, …)."""
        return self.fields.says(envelope)


@lru_cache(maxsize=4096)
def read_event_pattern(text: str) -> EventPattern:
    """Read one pattern as `ListRules` returns it.

    Raises:
        PatternError: The text is too long, too deep, no JSON, or uses an operator we do not know.
    """
    if len(text) > LONGEST_PATTERN:
        raise PatternError(f"the event pattern has {len(text)} characters, more than {LONGEST_PATTERN}")
    try:
        document: Value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise PatternError(f"the event pattern is no JSON: {error}") from error
    return EventPattern(_fields(document, 0))


def _fields(document: Value, depth: int) -> Fields:
    if depth > DEEPEST_NESTING:
        raise PatternError(f"the event pattern nests more than {DEEPEST_NESTING} deep")
    if not isinstance(document, dict):
        raise PatternError("the event pattern has a value where an object or a list of alternatives belongs")
    if depth and not document:
        raise PatternError("the event pattern has an empty object, which EventBridge refuses; name a field in it")
    fields: list[tuple[str, Fields | Field]] = []
    branches: tuple[Fields, ...] = ()
    for name, part in document.items():
        if name == "$or" and isinstance(part, list) and part and all(isinstance(branch, dict) for branch in part):
            branches = tuple(_fields(branch, depth + 1) for branch in part)
        elif isinstance(part, list):
            fields.append((name, Field(tuple(_matcher(alternative) for alternative in part))))
        else:
            fields.append((name, _fields(part, depth + 1)))
    return Fields(tuple(fields), branches)


def _matcher(alternative: Value) -> Matcher:
    if isinstance(alternative, list):
        raise PatternError("the event pattern has a list inside a list of alternatives")
    if not isinstance(alternative, dict):
        return Exact(alternative)
    if len(alternative) != 1:
        raise PatternError("the event pattern has a comparison with more than one operator")
    ((operator, operand),) = alternative.items()
    reader = _READERS.get(operator)
    if reader is None:
        raise PatternError(f"the event pattern uses the operator `{operator}`, which is not evaluated")
    return reader(operand)


def _text(operand: Value, operator: str) -> str:
    if not isinstance(operand, str):
        raise PatternError(f"`{operator}` of the event pattern needs a text")
    return operand


def _case(operand: Value, operator: str) -> tuple[str, bool]:
    """A text, or `{"equals-ignore-case": text}` as `prefix` and `suffix` allow."""
    if isinstance(operand, dict) and list(operand) == ["equals-ignore-case"]:
        return _text(operand["equals-ignore-case"], operator).lower(), True
    return _text(operand, operator), False


def _prefix(operand: Value) -> Matcher:
    text, ignore_case = _case(operand, "prefix")
    return Text(Wildcard((text, "")), ignore_case)


def _suffix(operand: Value) -> Matcher:
    text, ignore_case = _case(operand, "suffix")
    return Text(Wildcard(("", text)), ignore_case)


def _ignoring_case(operand: Value) -> Matcher:
    return Text(Wildcard((_text(operand, "equals-ignore-case").lower(),)), ignore_case=True)


def _wildcard(operand: Value) -> Matcher:
    return Text(read_wildcard(_text(operand, "wildcard")))


def _exists(operand: Value) -> Matcher:
    if not isinstance(operand, bool):
        raise PatternError("`exists` of the event pattern needs true or false")
    return Exists(operand)


def _network(operand: Value) -> Matcher:
    try:
        return Network(ipaddress.ip_network(_text(operand, "cidr"), strict=False))
    except ValueError as error:
        raise PatternError("`cidr` of the event pattern needs a network such as `10.0.0.0/24`") from error


def _numeric(operand: Value) -> Matcher:
    comparisons: list[tuple[str, float]] = []
    if isinstance(operand, list) and operand and len(operand) % 2 == 0:
        for operator, limit in zip(operand[::2], operand[1::2], strict=True):
            if not isinstance(operator, str) or operator not in _ORDER:
                break
            if isinstance(limit, bool) or not isinstance(limit, (int, float)):
                break
            comparisons.append((operator, limit))
        else:
            return Numeric(tuple(comparisons))
    raise PatternError("`numeric` of the event pattern needs pairs of an operator and a number")


def _anything_but(operand: Value) -> Matcher:
    """A value, a list of values, or one operator whose operand may be a list: `{"prefix": ["a", "b"]}`."""
    if isinstance(operand, dict) and len(operand) == 1:
        ((operator, inner),) = operand.items()
        if operator not in {"prefix", "suffix", "wildcard", "equals-ignore-case"}:
            raise PatternError(f"`anything-but` of the event pattern cannot hold `{operator}`")
        each = inner if isinstance(inner, list) else [inner]
        return AnythingBut(tuple(_READERS[operator](one) for one in each))
    values = operand if isinstance(operand, list) else [operand]
    if any(isinstance(value, (list, dict)) for value in values):
        raise PatternError("`anything-but` of the event pattern needs values or one operator")
    return AnythingBut(tuple(_matcher(value) for value in values))


_ORDER: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, limit: value == limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}
_READERS: dict[str, Callable[[Value], Matcher]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignoring_case,
    "wildcard": _wildcard,
    "exists": _exists,
    "numeric": _numeric,
    "anything-but": _anything_but,
    "cidr": _network,
}
