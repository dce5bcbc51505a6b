"""What a rule means, a second time: small, slow and straight from docs/rule-language.md.

Takes the neutral tree of `grammar/second_parser.py`, one resource as the JSON of a fixture, and the schema for types.
Shares no code with the evaluator of the product. Where elements of a list are open, every way they could turn out is
tried; the answer is decided when all ways agree.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from rootwarden.rules.schema import AttributeType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network, IPv6Network

    from tests.rules.grammar.second_parser import Tree

    from rootwarden.rules.schema import Schema

Truth: TypeAlias = bool | None
COUNTING: Final = ("len", "numhosts")
SECONDS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
PORTS: Final = {"FromPort": 0, "ToPort": 65_535}
# Whether the range holds a globally routable address, by hand from the IANA special-purpose registries.
PUBLIC: Final = {
    "0.0.0.0/0": True,
    "8.8.8.8": True,
    "10.0.0.0/7": True,
    "10.0.0.0/8": False,
    "10.1.0.0/16": False,
    "192.0.2.1": False,
    "100.64.0.0/10": False,
    "::/0": True,
    "fd00::/8": False,
    "2600:9000::/28": True,
}


class State(Enum):
    ABSENT = "absent"
    UNKNOWN = "unknown"


ABSENT, UNKNOWN = State.ABSENT, State.UNKNOWN


def both(*truths: Truth) -> Truth:
    return False if False in truths else None if None in truths else True


def either(*truths: Truth) -> Truth:
    return True if True in truths else None if None in truths else False


def opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth


def state_of(value: object) -> Any:
    """A JSON value as a fact."""
    if value is None:
        return ABSENT
    if isinstance(value, Mapping) and "$unknown" in value:
        return UNKNOWN
    return value


class Oracle:
    """Answers rules about resources of one entity."""

    def __init__(self, schema: Schema, entity: str, now: float, *, two_valued: bool = False) -> None:
        self.schema, self.entity, self.now = schema, entity, now
        self.two_valued = two_valued

    def verdict(self, rule: Tree, resource: object) -> str:
        _, _, where, negated, check = rule
        in_scope = True if where is None else self.truth(where, resource, "")
        if in_scope is False:
            return "not_applicable"
        answer = self.truth(check, resource, "")
        if in_scope is None or answer is None:
            return "unknown"
        return "fail" if answer is negated else "pass"

    def seen(self, value: Any) -> Any:
        """With two truth values what is unknown is absent, and an unknown element is not in its list."""
        if not self.two_valued:
            return value
        if isinstance(value, list):
            return [one for one in value if state_of(one) is not UNKNOWN]
        return ABSENT if value is UNKNOWN else value

    def port(self, name: str, place: str, record: dict[str, Any]) -> Any:
        """A port of a network rule: for every protocol it is the first or last there is, whatever the rule names."""
        protocol, port = state_of(record.get("Protocol")), state_of(record.get(name))
        if not {"Protocol", *PORTS} <= set(self.schema.children(self.entity, place)):
            return port
        if protocol == "-1" or (protocol is UNKNOWN and port == PORTS[name]):
            return PORTS[name]
        return UNKNOWN if protocol is UNKNOWN else port

    def truth(self, condition: Tree, record: object, place: str) -> Truth:
        """Of a condition about a record (JSON, or a state) whose attributes stand below `place` in the schema."""
        kind, *rest = condition
        match kind:
            case "or":
                return either(*(self.truth(one, record, place) for one in rest))
            case "and":
                return both(*(self.truth(one, record, place) for one in rest))
            case "not":
                return opposite(self.truth(rest[0], record, place))
            case _:
                return _About(self, rest[0], record, place).answer(kind, rest[1:])


class _About:
    """One test: its subject, read from a record."""

    def __init__(self, oracle: Oracle, subject: Tree, record: object, place: str) -> None:
        self.oracle, self.record, self.place = oracle, record, place
        self.quantifier, self.path, self.call = subject
        self.below, self.type, self.value = self.read(self.path)
        if self.call:
            self.value = self.called(*self.call)
            self.type = AttributeType.NUMBER if self.call[0] in COUNTING else AttributeType.BOOLEAN

    def read(self, path: tuple[str, ...]) -> tuple[str, AttributeType, Any]:
        below, value = self.place, state_of(self.record)
        for part in path:
            holder, below = below, f"{below}.{part}" if below else part
            if not isinstance(value, State):
                port = part in PORTS
                value = self.oracle.port(part, holder, value) if port else state_of(value.get(part))
                value = self.oracle.seen(value)
        attribute = self.oracle.schema.attribute(self.oracle.entity, below)
        assert attribute is not None, below
        if attribute.type is AttributeType.IP and not isinstance(value, State):
            value = self.oracle.seen(_range(value))
        return below, attribute.type, value

    def answer(self, kind: str, rest: list[Any]) -> Truth:
        answer: Truth = getattr(self, kind)(*rest)
        return answer

    # --- shorter forms, as the table of plain forms has them

    def never(self) -> Truth:
        return self.equal(("number", 0))

    def lately(self, amount: Tree, unit: str) -> Truth:
        return self.later(-amount[1], unit)

    def longago(self, amount: Tree, unit: str) -> Truth:
        return self.earlier(-amount[1], unit)

    def between(self, low: Tree, high: Tree) -> Truth:
        return both(self.ordered("gte", low), self.ordered("lte", high))

    def touches(self, path: tuple[str, ...], low: Tree, high: Tree) -> Truth:
        other = _About(self.oracle, (None, path, None), self.record, self.place)
        return both(self.ordered("lte", high), other.ordered("gte", low))

    def overlaps(self, operands: tuple[Tree, ...]) -> Truth:
        return either(*(self.touching(one) for one in operands))

    # --- alone, and elements

    def test(self) -> Truth:
        if self.value is UNKNOWN:
            return None
        if self.quantifier:
            return counted(self.quantifier, [(True, True)] * (0 if self.value is ABSENT else self.size()))
        if self.value is ABSENT:
            return False
        return True if isinstance(self.value, dict) else bool(self.value)

    def size(self) -> int:
        return 1 if isinstance(self.value, dict) else len(self.value)

    def within(self, scope: Tree | None, condition: Tree) -> Truth:
        if self.value is UNKNOWN:
            return None
        elements = [] if self.value is ABSENT else [self.value] if isinstance(self.value, dict) else self.value
        truths = []
        for one in elements:
            in_scope = True if scope is None else self.oracle.truth(scope, one, self.below)
            truths.append((in_scope, self.oracle.truth(condition, one, self.below)))
        return counted(self.quantifier or ("atleast", 1), truths)

    # --- functions

    def called(self, function: str, arguments: tuple[Tree, ...]) -> Any:
        if self.value is UNKNOWN:
            return UNKNOWN
        if self.value is ABSENT:
            return 0 if function in COUNTING else False
        return getattr(self, "call_" + function.lower())(*(value for _, value in arguments))

    def call_len(self) -> int:
        return self.size()

    def call_numhosts(self) -> int:
        hosts: int = self.value.num_addresses
        return hosts

    def call_ispublic(self) -> bool:
        return PUBLIC[_written(self.value)]

    def call_isprivate(self) -> bool:
        return not PUBLIC[_written(self.value)]

    def call_divisibleby(self, number: int) -> bool:
        return bool(self.value % number == 0)

    def call_islaterthan(self, amount: float, unit: str) -> Truth:
        return self.later(amount, unit)

    def call_isearlierthan(self, amount: float, unit: str) -> Truth:
        return self.earlier(amount, unit)

    def later(self, amount: float, unit: str) -> Truth:
        return self.timed(lambda bound: self.value > bound, amount, unit)

    def earlier(self, amount: float, unit: str) -> Truth:
        return self.timed(lambda bound: self.value < bound, amount, unit)

    def timed(self, test: Any, amount: float, unit: str) -> Truth:
        if self.value is UNKNOWN:
            return None
        if self.value is ABSENT or self.value == 0:
            return False
        return bool(test(self.oracle.now + amount * SECONDS[unit.lower().rstrip("s") + "s"]))

    # --- comparisons

    def compare(self, operator: str, operand: Tree) -> Truth:
        match operator:
            case "eq":
                return self.equal(operand)
            case "neq":
                return opposite(self.equal(operand))
            case "like":
                return self.matches(operand)
            case "notlike":
                return opposite(self.matches(operand))
            case _:
                return self.ordered(operator, operand)

    def member(self, operator: str, operands: tuple[Tree, ...]) -> Truth:
        match operator:
            case "in":
                return either(*(self.equal(one) for one in operands))
            case "notin":
                return opposite(either(*(self.equal(one) for one in operands)))
            case _:
                return self.has({value for _, value in operands})

    def has(self, wanted: set[str]) -> Truth:
        if isinstance(self.value, State):
            return None if self.value is UNKNOWN else False
        return either(*(None if state_of(one) is UNKNOWN else one in wanted for one in self.value))

    def other(self, operand: Tree) -> Any:
        """The right-hand side: a value, or a property of the same record."""
        kind, value = operand
        if kind == "path":
            return self.read(value)[2]
        return _range(value) if self.type is AttributeType.IP else value

    def equal(self, operand: Tree) -> Truth:
        left, right = self.value, self.other(operand)
        if self.type is AttributeType.DATE:
            left, right = (0 if side is ABSENT else side for side in (left, right))
        if left is ABSENT or right is ABSENT:
            return False
        return None if left is UNKNOWN or right is UNKNOWN else bool(left == right)

    def ordered(self, operator: str, operand: Tree) -> Truth:
        left, right = self.value, self.other(operand)
        if self.type is AttributeType.DATE:
            left = ABSENT if left == 0 else left
            right = ABSENT if right == 0 and operand[0] == "path" else right
        if left is ABSENT or right is ABSENT:
            return False
        if left is UNKNOWN or right is UNKNOWN:
            return None
        orders = {"gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right}
        return bool(orders[operator])

    def matches(self, operand: Tree) -> Truth:
        if isinstance(self.value, State):
            return None if self.value is UNKNOWN else False
        return re.search(operand[1], self.value) is not None

    def touching(self, operand: Tree) -> Truth:
        mine, other = self.value, self.other(operand)
        if mine is ABSENT or other is ABSENT:
            return False
        if mine is UNKNOWN or other is UNKNOWN:
            return None
        return bool(mine.version == other.version and mine.overlaps(other))


def _range(text: str) -> IPv4Network | IPv6Network | State:
    """The range of a text; what is no address is no value: unknown."""
    try:
        return ip_network(text)
    except ValueError:
        return UNKNOWN


def _written(network: IPv4Network | IPv6Network) -> str:
    return next(text for text in PUBLIC if ip_network(text) == network)


def counted(quantifier: Tree, elements: list[tuple[Truth, Truth]]) -> Truth:
    """Whether as many elements as asked for satisfy; an element is (in scope, satisfies). All ways open are tried."""
    answers = {_decided(quantifier, list(way)) for way in itertools.product(*map(_ways, elements))}
    return answers.pop() if len(answers) == 1 else None


def _ways(element: tuple[Truth, Truth]) -> Iterator[tuple[bool, bool]]:
    scopes, truths = ((True, False) if side is None else (side,) for side in element)
    return itertools.product(scopes, truths)


def _decided(quantifier: Tree, elements: list[tuple[bool, bool]]) -> bool:
    kind, *number = quantifier
    inside = [satisfies for in_scope, satisfies in elements if in_scope]
    satisfied = sum(inside)
    match kind:
        case "every":
            return all(inside)
        case "atleast":
            return bool(satisfied >= number[0])
        case "atmost":
            return bool(satisfied <= number[0])
        case "exactly":
            return bool(satisfied == number[0])
        case _:
            share = Fraction(satisfied, len(inside)) * 100 if inside else None
            return share is None or (share >= number[0] if kind == "atleast%" else share <= number[0])
