"""What stands in the way of a truth value, and the single steps that help.

For a condition that should be true (or false) and is not: the least it costs to get there, the places it may touch,
and options, each one step on the way. Whatever repairs the condition contains one of the options, so a search that
follows them all misses nothing within the values it tries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rootwarden.facts.fact import Absent, Known
from rootwarden.rules.compiler import Compiler
from rootwarden.rules.draft import Edit, Kind, is_list, is_record, keys_of
from rootwarden.rules.repair_amounts import amount_need
from rootwarden.rules.repair_cost import CHANGE, IMPOSSIBLE, price, surcharge
from rootwarden.rules.repair_parts import MET, Here, Need, Option, all_of, any_of
from rootwarden.rules.repair_values import Values
from rootwarden.rules.syntax import And, Count, Not, Or, Quantifier, Share, Within
from rootwarden.rules.typecheck import join

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rootwarden.rules.domains import Domains
    from rootwarden.rules.draft import Draft, Edits, Place
    from rootwarden.rules.logic import Node, Record
    from rootwarden.rules.syntax import Condition, Path, Subject


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
        if self.truth(condition, here) is wanted:
            return MET
        match condition:
            case And(conditions) | Or(conditions):
                needs = (self.need(one, wanted, here) for one in conditions)
                return all_of(needs) if isinstance(condition, And) is wanted else any_of(needs)
            case Not(inner):
                return self.need(inner, not wanted, here)
            case Within(subject, inner):
                if isinstance(subject.quantifier, Count | Share):
                    return amount_need(self, condition, wanted, here)
                return self._within(subject, inner, wanted, here)
        return any_of(self._checked(condition, wanted, here))

    def truth(self, condition: Condition, here: Here) -> bool | None:
        """What a condition is as things are."""
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

    def inside(self, path: Path, here: Here) -> tuple[object, Place, str]:
        """The value of a list or record (`None` when it is not known), its place and its attribute path."""
        fact = self.compiler.reading(path, here.scope).read(here.record)
        value = fact.value if isinstance(fact, Known) else None
        return value, (*here.place, *path.parts), join(here.scope, path)

    def elements(self, value: tuple[object, ...] | list[object], place: Place, scope: str) -> Iterator[Here | Place]:
        """Each element as a place to ask at; one nobody could read by its place alone."""
        for key, element in zip(keys_of(value, place, self.edits), value, strict=True):
            known = element.value if isinstance(element, Known) else element
            where = (*place, key)
            yield Here(scope, known, where) if isinstance(known, Mapping) else where

    def _all_elements(self, path: Path, inner: Condition, truth: bool, here: Here) -> Need:
        """Every element must give this truth, or go."""
        value, place, scope = self.inside(path, here)
        if isinstance(value, Mapping):
            return any_of([self.need(inner, truth, Here(scope, value, place)), *self.gone(path, here)])
        if not isinstance(value, tuple | list):
            return any_of([*self.gone(path, here), *self.made(path, here)])
        return all_of(self._or_removed(inner, truth, one) for one in self.elements(value, place, scope))

    def _or_removed(self, inner: Condition, truth: bool, one: Here | Place) -> Need:
        if not isinstance(one, Here):
            return self.step([(one, Edit(Kind.REMOVE))], unread=True)
        need = self.need(inner, truth, one)
        return MET if need is MET else any_of([need, self.step([(one.place, Edit(Kind.REMOVE))])])

    def _one_element(self, path: Path, inner: Condition, truth: bool, here: Here) -> Need:
        """One element must give this truth; it may be a new one."""
        value, place, scope = self.inside(path, here)
        if isinstance(value, Mapping):
            return self.need(inner, truth, Here(scope, value, place))
        if not isinstance(value, tuple | list):
            return any_of(self.made(path, here))
        asked = [one for one in self.elements(value, place, scope) if isinstance(one, Here)]
        needs = [self.need(inner, truth, one) for one in asked]
        # While one that was added is not yet what it should be, another would be no better.
        if not any(_is_new(one.place) and need is not MET for one, need in zip(asked, needs, strict=True)):
            needs.append(self.added(place))
        return any_of(needs)

    def added(self, place: Place) -> Need:
        """To have one more element in the list at a place."""
        used = [key for (*start, key) in self.edits if tuple(start) == place and isinstance(key, int)]
        return self.step([((*place, min([0, *used]) - 1), Edit(Kind.ADD))])

    def gone(self, path: Path, here: Here) -> list[Need]:
        """To have no such list or record."""
        reading = self.compiler.reading(path, here.scope)
        fact = reading.read(here.record)
        if is_list(reading.attribute.type):
            return []
        if isinstance(fact, Absent) or not reading.attribute.absent:
            return []
        edits = [*self.values.parents(path, here), ((*here.place, *path.parts), Edit(Kind.CLEAR))]
        return [self.step(edits, extra=surcharge(reading.attribute, fact))]

    def made(self, path: Path, here: Here) -> list[Need]:
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
                if self.truth(condition, Here(here.scope, record, here.place)) is wanted:
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
