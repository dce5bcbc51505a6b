"""Rules without a third truth value, to compare: what is unknown is read as absent.

Tools that know no third value work like this. An element nobody could read is not in its list, a value of another type
than the schema says is none, and what a test by meaning cannot decide is false. Every such fact carries a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.rules.compiler import Compiler
from rootwarden.rules.leaves import taker

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact
    from rootwarden.rules.leaves import Take
    from rootwarden.rules.logic import Judgement, Node, Reading, Record
    from rootwarden.rules.syntax import Catches, Path, PolicyTest


class TwoValuedCompiler(Compiler):
    """Compiles conditions to nodes that are true or false, whatever is unknown."""

    def reading(self, path: Path, scope: str) -> Reading:
        """How a property is read: absent where it is unknown."""
        reading = super().reading(path, scope)
        take = taker(reading)
        holds_records = bool(self.schema.children(self.entity, reading.attribute.path))

        def read(record: Record) -> Fact[object]:
            fact = reading.read(record)
            value = take(fact)
            return _absent(value, fact) if isinstance(value, Unknown) else _read(fact, holds_records=holds_records)

        return replace(reading, read=read)

    def length(self, reading: Reading) -> Take:
        """The length of what is there: elements nobody could read are not."""
        take = super().length(reading)

        def present(fact: Fact[object]) -> object:
            if isinstance(fact, Known) and isinstance(fact.value, tuple):
                there = tuple(one for one in fact.value if not isinstance(one, Absent))
                return take(replace(fact, value=there))
            return take(fact)

        return present

    def predicate(self, test: Catches | PolicyTest, scope: str) -> Node:
        """What is asked by meaning; false where it cannot be decided."""
        node = super().predicate(test, scope)

        def decided(record: Record, place: str, now: float) -> Judgement:
            truth, seen = node(record, place, now)
            if truth is not None:
                return truth, seen
            return False, tuple(replace(one, fact=_read(one.fact, holds_records=False)) for one in seen)

        return decided


def _absent(unknown: Unknown, fact: Fact[object]) -> Absent:
    return Absent(fact.sources, f"unknown, read as absent: {unknown.reason}")


def _read(fact: Fact[object], *, holds_records: bool) -> Fact[object]:
    """A fact with everything unknown in it, however deep, absent."""
    if isinstance(fact, Unknown):
        return _absent(fact, fact)
    if not isinstance(fact, Known):
        return fact
    value = fact.value
    if isinstance(value, Mapping):
        return replace(fact, value=_record(value))
    if isinstance(value, tuple | list):
        return replace(fact, value=tuple(_element(one, holds_records=holds_records) for one in value))
    return fact


def _record(record: Mapping[str, object]) -> dict[str, object]:
    return {name: _read(cast("Fact[object]", fact), holds_records=False) for name, fact in record.items()}


def _element(element: object, *, holds_records: bool) -> object:
    if isinstance(element, Known):
        element = element.value
    if isinstance(element, Unknown):
        return _absent(element, element)
    if isinstance(element, Mapping):
        return _record(element)
    if holds_records and not isinstance(element, Absent):
        return Absent((), "unknown, read as absent: what was read is not a record")
    return element
