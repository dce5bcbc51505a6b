"""What stands in the way of a truth value, and the single steps that help.

For a condition that should be true (or false) and is not: the least it costs to get there, the places it may touch,
and options, each one step on the way. Whatever repairs the condition contains one of the options, so a search that
follows them all misses nothing within the values it tries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.fact import Absent, Known
from rootwarden.rules.compiler import Compiler
from rootwarden.rules.draft import Edit, Kind, Place, is_list, is_record, keys_of
from rootwarden.rules.logic import Record
from rootwarden.rules.repair_cost import CHANGE, IMPOSSIBLE, price, surcharge
from rootwarden.rules.repair_values import Values
from rootwarden.rules.syntax import And, Not, Or, Quantifier, Within
from rootwarden.rules.typecheck import join

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rootwarden.rules.domains import Domains
    from rootwarden.rules.draft import Draft, Edits
    from rootwarden.rules.logic import Node
    from rootwarden.rules.syntax import Condition, Path, Subject

_ENOUGH: Final = 1_000  # of so many things that must all change the rest is not counted; the bound only gets lower


class Option(msgspec.Struct, frozen=True):
    """One step: edits that belong together, and what it costs."""

    edits: tuple[tuple[Place, Edit], ...]
    cost: int


class Need(msgspec.Struct, frozen=True):
    """What a condition lacks.

    Attributes:
        cost: The least any repair costs; 0 when nothing is lacking.
        places: Every place a repair may touch.
        options: Steps, one of which is part of any repair.
    """

    cost: int = 0
    places: frozenset[Place] = frozenset()
    options: tuple[Option, ...] = ()


MET: Final = Need()


class Here(msgspec.Struct, frozen=True):
    """Where a condition is asked: the attribute path of the scope, the record there, and its place."""

    scope: str
    record: Record
    place: Place


class Needs:
    """Finds needs of the conditions of one rule under given edits."""

    def __init__(self, draft: Draft, domains: Domains, now: float) -> None:
        self.draft = draft
        self.schema = draft.schema
        self.now = now
        self.compiler = Compiler(draft.schema, draft.entity)
        self.values = Values(draft, domains)
        self._nodes: dict[tuple[int, str], Node] = {}
        self.edits: Edits = {}

    def of(self, conditions: Iterable[tuple[Condition, bool]], edits: Edits) -> Need:
        """What the whole record lacks for every condition to have its truth value."""
        self.edits = edits
        here = Here("", self.draft.with_edits(edits), ())
        return all_of(self.need(one, wanted, here) for one, wanted in conditions)

    def need(self, condition: Condition, wanted: bool, here: Here) -> Need:
        """What one condition lacks to be true, or false."""
        if self._truth(condition, here) is wanted:
            return MET
        match condition:
            case And(conditions) | Or(conditions):
                needs = (self.need(one, wanted, here) for one in conditions)
                return all_of(needs) if isinstance(condition, And) is wanted else any_of(needs)
            case Not(inner):
                return self.need(inner, not wanted, here)
            case Within(subject, inner):
                return self._within(subject, inner, wanted, here)
        return any_of(self._checked(condition, wanted, here))

    def _truth(self, condition: Condition, here: Here) -> bool | None:
        key = (id(condition), here.scope)
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = self.compiler.condition(condition, here.scope)
        return node(here.record, "", self.now)[0]

    # --- lists and records

    def _within(self, subject: Subject, inner: Condition, wanted: bool, here: Here) -> Need:
        every = subject.quantifier is Quantifier.EVERY
        if (subject.quantifier in {Quantifier.EVERY, Quantifier.NO}) is wanted:
            return self._all_elements(subject.path, inner, every, here)
        return self._one_element(subject.path, inner, not every, here)

    def _inside(self, path: Path, here: Here) -> tuple[object, Place, str]:
        """The value of a list or record (`None` when it is not known), its place and its attribute path."""
        fact = self.compiler.reading(path, here.scope).read(here.record)
        value = fact.value if isinstance(fact, Known) else None
        return value, (*here.place, *path.parts), join(here.scope, path)

    def _elements(self, value: tuple[object, ...] | list[object], place: Place, scope: str) -> Iterator[Here | Place]:
        """Each element as a place to ask at; one nobody could read by its place alone."""
        for key, element in zip(keys_of(value, place, self.edits), value, strict=True):
            known = element.value if isinstance(element, Known) else element
            where = (*place, key)
            yield Here(scope, known, where) if isinstance(known, Mapping) else where

    def _all_elements(self, path: Path, inner: Condition, truth: bool, here: Here) -> Need:
        """Every element must give this truth, or go."""
        value, place, scope = self._inside(path, here)
        if isinstance(value, Mapping):
            return any_of([self.need(inner, truth, Here(scope, value, place)), *self._gone(path, here)])
        if not isinstance(value, tuple | list):
            return any_of([*self._gone(path, here), *self._made(path, here)])
        return all_of(self._or_removed(inner, truth, one) for one in self._elements(value, place, scope))

    def _or_removed(self, inner: Condition, truth: bool, one: Here | Place) -> Need:
        if not isinstance(one, Here):
            return self.step([(one, Edit(Kind.REMOVE))], unread=True)
        need = self.need(inner, truth, one)
        return MET if need is MET else any_of([need, self.step([(one.place, Edit(Kind.REMOVE))])])

    def _one_element(self, path: Path, inner: Condition, truth: bool, here: Here) -> Need:
        """One element must give this truth; it may be a new one."""
        value, place, scope = self._inside(path, here)
        if isinstance(value, Mapping):
            return self.need(inner, truth, Here(scope, value, place))
        if not isinstance(value, tuple | list):
            return any_of(self._made(path, here))
        asked = [one for one in self._elements(value, place, scope) if isinstance(one, Here)]
        needs = [self.need(inner, truth, one) for one in asked]
        # While one that was added is not yet what it should be, another would be no better.
        if not any(_is_new(one.place) and need is not MET for one, need in zip(asked, needs, strict=True)):
            needs.append(self._added(place))
        return any_of(needs)

    def _added(self, place: Place) -> Need:
        used = [key for (*start, key) in self.edits if tuple(start) == place and isinstance(key, int)]
        return self.step([((*place, min([0, *used]) - 1), Edit(Kind.ADD))])

    def _gone(self, path: Path, here: Here) -> list[Need]:
        """To have no such list or record."""
        reading = self.compiler.reading(path, here.scope)
        fact = reading.read(here.record)
        if is_list(reading.attribute.type):
            return []
        if isinstance(fact, Absent) or not reading.attribute.absent:
            return []
        edits = [*self.values.parents(path, here), ((*here.place, *path.parts), Edit(Kind.CLEAR))]
        return [self.step(edits, extra=surcharge(reading.attribute, fact))]

    def _made(self, path: Path, here: Here) -> list[Need]:
        """To have the list or record, with nothing in it."""
        reading = self.compiler.reading(path, here.scope)
        if isinstance(reading.read(here.record), Known) and not is_record(reading.attribute.type):
            return []
        edits = [*self.values.parents(path, here), ((*here.place, *path.parts), Edit(Kind.CREATE))]
        return [self.step(edits, extra=surcharge(reading.attribute, reading.read(here.record)))]

    # --- leaves

    def _checked(self, condition: Condition, wanted: bool, here: Here) -> Iterator[Need]:
        """The steps that give a leaf its truth value, each tried."""
        for edits, extra in self.values.candidates(condition, here, self.edits, self.compiler):
            need = self.step(edits, extra=extra)
            if need.cost < IMPOSSIBLE:
                record = self._record_after(dict(edits), here)
                if self._truth(condition, Here(here.scope, record, here.place)) is wanted:
                    yield need

    def _record_after(self, edits: dict[Place, Edit], here: Here) -> Record:
        """The record of a scope after a step inside it."""
        below = {place[len(here.place) :]: edit for place, edit in edits.items()}
        if any(isinstance(part, int) for place in below for part in place):
            return self.draft.at(here.place, {**self.edits, **edits})
        return self.draft.below(here.record, below, here.scope)

    def step(self, edits: Sequence[tuple[Place, Edit]], *, extra: int = 0, unread: bool = False) -> Need:
        """A need that one step meets; impossible when it undoes an edit that is already made."""
        if any(self._taken(place, edit) for place, edit in edits):
            return Need(IMPOSSIBLE)
        after = {**self.edits, **dict(edits)}
        cost = extra + sum(price(place, edit, after) for place, edit in edits) + (CHANGE // 3 if unread else 0)
        return Need(cost, frozenset(place for place, _ in edits), (Option(tuple(edits), cost),))

    def _taken(self, place: Place, edit: Edit) -> bool:
        if place in self.edits:
            return True
        undoes = edit.kind in {Kind.REMOVE, Kind.CLEAR, Kind.CREATE}
        return undoes and any(one[: len(place)] == place for one in self.edits)


def _is_new(place: Place) -> bool:
    """Whether an element was added."""
    key = place[-1]
    return isinstance(key, int) and key < 0


def any_of(needs: Iterable[Need]) -> Need:
    """What is lacking when one of these is enough."""
    open_ = [need for need in needs if need.cost < IMPOSSIBLE]
    if any(need is MET for need in open_):
        return MET
    if not open_:
        return Need(IMPOSSIBLE)
    places = frozenset(place for need in open_ for place in need.places)
    return Need(min(need.cost for need in open_), places, tuple(option for need in open_ for option in need.options))


def all_of(needs: Iterable[Need]) -> Need:
    """What is lacking when all of these are asked; those that touch different places are paid for each."""
    unmet: list[Need] = []
    for need in needs:
        if need.cost >= IMPOSSIBLE:
            return need
        if need is not MET:
            unmet.append(need)
        if len(unmet) >= _ENOUGH:
            break
    if not unmet:
        return MET
    places = frozenset(place for need in unmet for place in need.places)
    first = min(unmet, key=lambda one: len(one.options))
    return Need(_paid_for_each(unmet), places, first.options)


def _paid_for_each(unmet: list[Need]) -> int:
    """The sum over needs of which no edit can serve two: neither meet nor lie inside each other the places of any."""
    total = 0
    taken: set[Place] = set()
    above: set[Place] = set()
    for need in sorted(unmet, key=lambda one: -one.cost):
        prefixes = {place[:length] for place in need.places for length in range(1, len(place) + 1)}
        if taken.isdisjoint(prefixes) and above.isdisjoint(need.places):
            total += need.cost
            taken |= need.places
            above |= prefixes
    return total
