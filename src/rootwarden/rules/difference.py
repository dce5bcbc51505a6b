"""A smallest set of facts on which two rules disagree.

Bounded and exhaustive: every attribute either rule reads takes the values of `domains`, absent where the schema says
it can be, and unknown; lists have up to two elements, or one more than the largest count either rule asks for, and
never more than five. Sets of facts are tried by size, so the first disagreement is a smallest one. Size counts, over a
resource whose lists are empty and whose facts are the dullest: one for each other value, one for each element, two for
each unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rootwarden.errors import InputError
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.rules import instants
from rootwarden.rules.domains import Domains
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from rootwarden.facts.fact import Fact
    from rootwarden.rules.rule import CompiledRule
    from rootwarden.rules.schema import Attribute, Schema

USUAL_ELEMENTS: Final = 2
MAXIMUM_ELEMENTS: Final = 5
MAXIMUM_SIZE: Final = 64  # nothing that small a rule reads is larger; stops a search that has no other end
_YEAR_10000: Final = 253_402_300_800  # from here on instants have no text
_UNKNOWN: Final = Unknown("nobody could look")
_UNKNOWN_SIZE: Final = 2

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found.

    Attributes:
        fixture: The facts as `rule eval --fixture` takes them, or `None` when no disagreement was found.
        first: What the first rule says of them.
        second: What the second rule says.
        tried: How many resources were judged by both.
        complete: Every resource within the bounds was tried, or a smallest disagreement was found.
        attributes: How many attributes the two rules read.
        elements: How many elements a list had at most.
    """

    fixture: dict[str, Json] | None = None
    first: Verdict | None = None
    second: Verdict | None = None
    tried: int = 0
    complete: bool = True
    attributes: int = 0
    elements: int = USUAL_ELEMENTS


def difference(
    first: CompiledRule,
    second: CompiledRule,
    schema: Schema,
    *,
    as_of: datetime,
    go_on: Callable[[], bool] = lambda: True,
) -> Difference:
    """Search a smallest set of facts on which two rules disagree.

    Args:
        first: One rule.
        second: Another about the same entity.
        schema: What both were checked against.
        as_of: The instant both judge at, aware.
        go_on: Asked before each try; the search ends when it says no.

    Raises:
        InputError: The rules are about different entities.
    """
    if first.entity != second.entity:
        message = f"one rule is about `{first.entity}`, the other about `{second.entity}`"
        raise InputError(message, hint="only rules about the same entity can be compared")
    space = _Space(schema, first, second, as_of.timestamp())
    best: Difference | None = None
    tried = 0
    for size in range(min(space.largest, MAXIMUM_SIZE) + 1):
        for record in space.records("", size):
            if not go_on():
                return best or Difference(tried=tried, complete=False, attributes=space.attributes, elements=space.room)
            tried += 1
            verdicts = first.evaluate(record, as_of=as_of).verdict, second.evaluate(record, as_of=as_of).verdict
            if verdicts[0] is not verdicts[1] and (
                best is None or _worth(verdicts) > _worth((best.first, best.second))
            ):
                fixture: dict[str, Json] = {first.entity: [space.as_json(record, "")]}
                best = Difference(
                    fixture=fixture,
                    first=verdicts[0],
                    second=verdicts[1],
                    attributes=space.attributes,
                    elements=space.room,
                )
        if best is not None:
            return msgspec.structs.replace(best, tried=tried)
    return Difference(
        tried=tried, complete=space.largest <= MAXIMUM_SIZE, attributes=space.attributes, elements=space.room
    )


def _worth(verdicts: tuple[Verdict | None, Verdict | None]) -> int:
    """Which of equally small disagreements says most: one that passes what the other fails, first the second's fail."""
    return {(Verdict.PASS, Verdict.FAIL): 3, (Verdict.FAIL, Verdict.PASS): 2}.get(
        (verdicts[0] or Verdict.UNKNOWN, verdicts[1] or Verdict.UNKNOWN), 0 if Verdict.UNKNOWN in verdicts else 1
    )


class _Space:
    """Every record within the bounds, by size."""

    def __init__(self, schema: Schema, first: CompiledRule, second: CompiledRule, now: float) -> None:
        self.schema = schema
        self.entity = first.entity
        domains = Domains(schema, now)
        domains.read(first.tree)
        domains.read(second.tree)
        self.room = min(max(USUAL_ELEMENTS, domains.largest_count + 1), MAXIMUM_ELEMENTS)
        reads = first.reads | second.reads
        # With an attribute come the records and lists it is below.
        paths = {path.rsplit(".", cut)[0] for path in reads for cut in range(path.count(".") + 1)}
        self.below: dict[str, list[Attribute]] = {}
        self.options: dict[str, list[tuple[int, Fact[object]]]] = {}
        for path in sorted(paths):
            attribute = schema.attribute(self.entity, path)
            if attribute is not None:
                self.below.setdefault(path.rpartition(".")[0], []).append(attribute)
                values = () if attribute.type is AttributeType.RECORD else domains.values(attribute)
                self.options[path] = _options(attribute, values)
        self.attributes = len(reads)
        self.largest = sum(self._largest(attribute) for attribute in self.below.get("", []))

    def records(self, path: str, size: int) -> Iterator[dict[str, Fact[object]]]:
        """Records of the attributes below a path, of exactly this size."""
        yield from self._filled(self.below.get(path, []), size)

    def as_json(self, record: Mapping[str, Fact[object]], path: str) -> Json:
        """A record as a fixture spells it."""
        return {
            name: self._fact_as_json(fact, f"{path}.{name}" if path else name)
            for name, fact in record.items()
            if not isinstance(fact, Absent)
        }

    def _filled(self, attributes: list[Attribute], size: int) -> Iterator[dict[str, Fact[object]]]:
        if not attributes:
            if size == 0:
                yield {}
            return
        attribute, rest = attributes[0], attributes[1:]
        room = sum(self._largest(one) for one in rest)
        for spent in range(max(0, size - room), min(size, self._largest(attribute)) + 1):
            for fact in self._facts(attribute, spent):
                for others in self._filled(rest, size - spent):
                    yield {attribute.path.rpartition(".")[2]: fact, **others}

    def _facts(self, attribute: Attribute, size: int) -> Iterator[Fact[object]]:
        """Facts of one attribute, of exactly this size."""
        holds_records = bool(self.below.get(attribute.path))
        if attribute.type is AttributeType.RECORD and holds_records:
            yield from (Known(record) for record in self.records(attribute.path, size))
        elif attribute.type is AttributeType.RECORD and size == 0:
            yield Known({})
        elif attribute.type is AttributeType.LIST:
            yield from (Known(elements) for elements in self._lists(attribute, size, self.room))
        yield from (fact for cost, fact in self.options[attribute.path] if cost == size)

    def _lists(self, attribute: Attribute, size: int, room: int) -> Iterator[tuple[object, ...]]:
        """Lists of this size."""
        if size == 0:
            yield ()
        if size == 0 or room == 0:
            return
        for spent in range(size):
            for element in self._elements(attribute, spent):
                for rest in self._lists(attribute, size - 1 - spent, room - 1):
                    yield (element, *rest)

    def _elements(self, attribute: Attribute, size: int) -> Iterator[object]:
        if self.schema.children(self.entity, attribute.path):
            yield from self.records(attribute.path, size)
        elif size == 0:
            yield from self._plain(attribute)

    def _plain(self, attribute: Attribute) -> Iterator[object]:
        """Elements of a list of plain values."""
        yield from (one.value for cost, one in self.options[attribute.path] if cost < 0 and isinstance(one, Known))

    def _largest(self, attribute: Attribute) -> int:
        """The size of the largest fact of an attribute."""
        simple = max((cost for cost, _ in self.options[attribute.path]), default=0)
        below = sum(self._largest(one) for one in self.below.get(attribute.path, []))
        if attribute.type is AttributeType.LIST:
            below = self.room * (below + 1)
        return max(simple, below)

    def _fact_as_json(self, fact: Fact[object], path: str) -> Json:
        if isinstance(fact, Unknown):
            return {"$unknown": fact.reason}
        value = fact.value if isinstance(fact, Known) else None
        if isinstance(value, dict):
            return self.as_json(value, path)
        if isinstance(value, tuple):
            return [self.as_json(one, path) if isinstance(one, dict) else one for one in value]
        attribute = self.schema.attribute(self.entity, path)
        if attribute is not None and attribute.type is AttributeType.DATE and isinstance(value, int):
            return instants.iso(value) if 0 < value < _YEAR_10000 else value
        return value if isinstance(value, str | int | float | bool) else None


def _options(attribute: Attribute, values: tuple[str | int | float | bool, ...]) -> list[tuple[int, Fact[object]]]:
    """The facts an attribute can have, each with its size; -1 marks plain elements of a list, which are no facts."""
    made: list[tuple[int, Fact[object]]] = [(_UNKNOWN_SIZE, _UNKNOWN)]
    if attribute.type is AttributeType.LIST:
        made += [(-1, Known(value)) for value in values]
        return made + ([(1, Absent())] if attribute.absent else [])
    if attribute.type is AttributeType.RECORD:
        return made + ([(1, Absent())] if attribute.absent else [])
    if attribute.absent:
        return [(0, Absent()), *((1, Known(value)) for value in values), *made]
    return [*((min(index, 1), Known(value)) for index, value in enumerate(values)), *made]
