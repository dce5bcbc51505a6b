"""What a property could be instead, so that a test comes out otherwise: values the rule names, and their neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle, islice, product
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.rules.draft import Edit, Kind, Place, keys_of
from rootwarden.rules.logic import Record
from rootwarden.rules.repair_cost import surcharge
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.syntax import AddressOverlap, And, Comparison, Literal, Membership, Not, Or, Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.facts.fact import Fact
    from rootwarden.rules.compiler import Compiler
    from rootwarden.rules.domains import Domains
    from rootwarden.rules.draft import Draft, Edits, Scalar
    from rootwarden.rules.logic import Reading
    from rootwarden.rules.syntax import Condition

Step: TypeAlias = "tuple[list[tuple[Place, Edit]], int]"

MAXIMUM_ELEMENTS: Final = 8  # so many are added or removed at once, and so many are tried by themselves
_USUAL_NUMBERS: Final = frozenset({0, 1, 2})
_WORST_RANK: Final = 9
_PAIRS: Final = 6  # of two properties compared, so many values of each are tried together


class Here(msgspec.Struct, frozen=True):
    """Where a condition is asked: the attribute path of the scope, the record there, and its place."""

    scope: str
    record: Record
    place: Place


class Values:
    """The steps that change what a test reads."""

    def __init__(self, draft: Draft, domains: Domains) -> None:
        self.draft = draft
        self.domains = domains

    def candidates(self, condition: Condition, here: Here, edits: Edits, compiler: Compiler) -> Iterator[Step]:
        """Steps that change the property of a test, or the one it is compared with; whether they help is not asked."""
        if isinstance(condition, And | Or | Not):
            return  # made of tests, and none itself
        subject = condition.subject
        left = compiler.reading(subject.path, here.scope)
        if left.attribute.is_list:
            yield from self._list(condition, subject.path, left, here, edits)
            return
        if left.attribute.is_record:
            yield from self._record(subject.path, left, here)
            return
        rights = [(path, compiler.reading(path, here.scope)) for path in _paths(condition)]
        beside = [fact.value for _, reading in rights if isinstance(fact := reading.read(here.record), Known)]
        one_side = list(self._scalar(subject.path, left, here, beside))
        yield from one_side
        for path, reading in rights:
            own = left.read(here.record)
            other_side = list(self._scalar(path, reading, here, [own.value] if isinstance(own, Known) else []))
            # The property the test is about is the one to change, if either will do.
            yield from ((edits_, extra + _WORST_RANK + 1) for edits_, extra in other_side)
            for (first, one), (second, other) in product(one_side[:_PAIRS], other_side[:_PAIRS]):
                yield list(dict([*first, *second]).items()), one + other

    def parents(self, path: Path, here: Here) -> list[tuple[Place, Edit]]:
        """Edits that create the records on the way to a property."""
        record: Mapping[str, Any] = here.record
        for depth, name in enumerate(path.parts[:-1], 1):
            fact = record.get(name)
            if not isinstance(fact, Known) or not isinstance(fact.value, Mapping):
                return [((*here.place, *path.parts[:depth]), Edit(Kind.CREATE))]
            record = fact.value
        return []

    def _scalar(self, path: Path, reading: Reading, here: Here, beside: list[object]) -> Iterator[Step]:
        place = (*here.place, *path.parts)
        start = self.parents(path, here)
        fact = reading.read(here.record)
        extra = 0 if start or _is_new(here.place) else surcharge(reading.attribute, fact)
        for rank, value in enumerate(self._values(reading, fact, beside)):
            yield [*start, (place, Edit(Kind.SET, value))], extra + min(rank, _WORST_RANK)
        # A date that never was is absent, whatever the schema says of it.
        if (reading.attribute.absent or reading.attribute.type is AttributeType.DATE) and not isinstance(fact, Absent):
            yield [*start, (place, Edit(Kind.CLEAR))], extra
        if start:
            yield start, 0

    def _values(self, reading: Reading, fact: Fact[object], beside: list[object]) -> list[Scalar]:
        """Values to try, the nearest to what it is first."""
        kind = reading.attribute.type
        values = list(self.domains.values(reading.attribute))
        for value in beside:
            if isinstance(value, int | float) and not isinstance(value, bool):
                values += [value, value + 1, value - 1]
            elif isinstance(value, str | bool):
                values.append(value)
        now = fact.value if isinstance(fact, Known) else None
        found = list({(type(one), one): one for one in values if (type(one), one) != (type(now), now)}.values())
        if kind in {AttributeType.NUMBER, AttributeType.DATE} and isinstance(now, int | float):
            found.sort(key=lambda one: abs(float(one) - float(now)) if isinstance(one, int | float) else 0)
        elif kind is AttributeType.NUMBER:
            # What the rule names rather than what is tried of every number.
            found.sort(key=lambda one: one in _USUAL_NUMBERS)
        # To leave a text empty is seldom what anybody wants.
        return sorted(found, key=lambda one: one == "")

    def _record(self, path: Path, reading: Reading, here: Here) -> Iterator[Step]:
        place = (*here.place, *path.parts)
        fact = reading.read(here.record)
        extra = surcharge(reading.attribute, fact)
        start = self.parents(path, here)
        if not isinstance(fact, Known):
            yield [*start, (place, Edit(Kind.CREATE))], extra
        if not isinstance(fact, Absent):
            yield [*start, (place, Edit(Kind.CLEAR))], extra

    def _list(self, condition: Condition, path: Path, reading: Reading, here: Here, edits: Edits) -> Iterator[Step]:
        """Fewer elements, more, or others."""
        place = (*here.place, *path.parts)
        fact = reading.read(here.record)
        start = self.parents(path, here)
        value = fact.value if isinstance(fact, Known) else None
        if not isinstance(value, tuple | list):
            start = start or [(place, Edit(Kind.CREATE))]
            yield start, surcharge(reading.attribute, fact)
            value = ()
        keys = keys_of(value, place, edits) if value else []
        yield from self._fewer(condition, place, keys, value)
        new = self._new_elements(condition, reading)
        lowest = min((key for key in keys if key < 0), default=0)
        for count in range(1, MAXIMUM_ELEMENTS + 1):
            added = [((*place, lowest - 1 - index), Edit(Kind.ADD, new[index])) for index in range(count)]
            yield [*start, *added], 0

    def _new_elements(self, condition: Condition, reading: Reading) -> list[Scalar | None]:
        """What may be added: to a list of plain values those the test names, else records with nothing in them."""
        if self.draft.schema.children(self.draft.entity, reading.attribute.path):
            return [None] * MAXIMUM_ELEMENTS
        values = _operands(condition) or self.domains.values(reading.attribute) or ("a",)
        return list(islice(cycle(values), MAXIMUM_ELEMENTS))

    def _fewer(
        self, condition: Condition, place: Place, keys: list[int], value: tuple[object, ...] | list[object]
    ) -> Iterator[Step]:
        named = {(type(one), one) for one in _operands(condition)}
        open_ = [
            key
            for key, element in zip(keys, value, strict=True)
            if isinstance(element, Unknown)
            or (isinstance(element, str | int | float) and (type(element), element) in named)
        ]
        chosen = [[key] for key in keys[:MAXIMUM_ELEMENTS]] + [open_, keys]
        chosen += [keys[-count:] for count in range(2, min(len(keys), MAXIMUM_ELEMENTS) + 1)]
        for some in chosen:
            if some:
                yield [((*place, key), Edit(Kind.REMOVE)) for key in some], 0


def _paths(condition: Condition) -> list[Path]:
    """The properties on the right-hand side."""
    match condition:
        case Comparison(operand=Path() as path):
            return [path]
        case Membership(operands=operands) | AddressOverlap(operands=operands):
            return [one for one in operands if isinstance(one, Path)]
    return []


def _operands(condition: Condition) -> list[Scalar]:
    """The values a `has` asks for."""
    if isinstance(condition, Membership):
        return [one.value for one in condition.operands if isinstance(one, Literal)]
    return []


def _is_new(place: Place) -> bool:
    """Whether a place is in an added element."""
    return any(isinstance(part, int) and part < 0 for part in place)
