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
from rootwarden.rules.draft import Edit, Kind, keys_of
from rootwarden.rules.naming import join
from rootwarden.rules.repair_amounts import at_least, at_most, toward
from rootwarden.rules.repair_cost import CHANGE, IMPOSSIBLE, price, surcharge
from rootwarden.rules.repair_need import MET, Need, Option, all_of, any_of
from rootwarden.rules.repair_values import Here, Values
from rootwarden.rules.syntax import And, Bound, Count, Not, Or, Quantifier, Share, Within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rootwarden.rules.domains import Domains
    from rootwarden.rules.draft import Draft, Edits, Place
    from rootwarden.rules.logic import Node, Record
    from rootwarden.rules.repair_amounts import Toward
    from rootwarden.rules.syntax import Condition, Path


class Needs:
    """Finds needs of the conditions of one rule under given edits."""

    def __init__(self, draft: Draft, domains: Domains, now: float) -> None:
        self.draft = draft
        self.schema = draft.schema
        self.now = now
        self.compiler = Compiler(draft.schema, draft.entity)
        self.values = Values(draft, domains)
        self._nodes: dict[tuple[int, str], Node] = {}
        self._elements_seen: dict[tuple[int, bool, bool, Place], tuple[Record, Need]] = {}
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
            case Within():
                return self._within(condition, wanted, here)
        return any_of(self._checked(condition, wanted, here))

    def _truth(self, condition: Condition, here: Here) -> bool | None:
        key = (id(condition), here.scope)
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = self.compiler.condition(condition, here.scope)
        return node(here.record, "", self.now)[0]

    def _of_element(self, condition: Condition, wanted: bool, here: Here, *, removable: bool = False) -> Need:
        """What an element lacks, to be removed too if it may; worked out once for as long as it stays as it is."""
        key = (id(condition), wanted, removable, here.place)
        seen = self._elements_seen.get(key)
        if seen is None or seen[0] is not here.record:
            need = self.need(condition, wanted, here)
            if removable and need is not MET:
                need = any_of([need, self.step([(here.place, Edit(Kind.REMOVE))])])
            seen = self._elements_seen[key] = (here.record, need)
        return seen[1]

    # --- lists and records

    def _within(self, within: Within, wanted: bool, here: Here) -> Need:
        path, inner = within.subject.path, within.condition
        match within.subject.quantifier:
            case Count(bound, number):
                return self._count(within, bound, int(number), wanted, here)
            case Share(bound, percent):
                return self._share(within, toward(bound, percent, wanted), here)
            case Quantifier.EVERY:
                return (self._all_elements if wanted else self._one_element)(path, inner, wanted, here)
            case Quantifier.NO:
                return (self._all_elements if wanted else self._one_element)(path, inner, not wanted, here)
        return (self._one_element if wanted else self._all_elements)(path, inner, wanted, here)

    def _count(self, within: Within, bound: Bound, number: int, wanted: bool, here: Here) -> Need:
        """At least, at most or exactly so many elements, or not so."""
        if bound is Bound.EXACTLY:
            if wanted:
                return all_of([self._up(within, number, here), self._down(within, number, here)])
            fewer = [self._down(within, number - 1, here)] if number else []
            return any_of([self._up(within, number + 1, here), *fewer])
        if (bound is Bound.AT_LEAST) is wanted:
            return self._up(within, number if wanted else number + 1, here)
        return self._down(within, number if wanted else number - 1, here)

    def _up(self, within: Within, number: int, here: Here) -> Need:
        """At least so many elements that satisfy."""
        path = within.subject.path
        value, place, scope = self._inside(path, here)
        if isinstance(value, Mapping):
            return at_least(number, [self.need(within.condition, True, Here(scope, value, place))], None, offered=False)
        if not isinstance(value, tuple | list):
            return any_of(self._made(path, here)) if number else MET
        asked = list(self._elements(value, place, scope))
        needs = [
            self._of_element(within.condition, True, one) if isinstance(one, Here) else Need(IMPOSSIBLE)
            for one in asked
        ]
        return at_least(number, needs, self._added(place), offered=not _unfinished(asked, needs))

    def _down(self, within: Within, number: int, here: Here) -> Need:
        """At most so many elements that satisfy."""
        path = within.subject.path
        fact = self.compiler.reading(path, here.scope).read(here.record)
        value, place, scope = self._inside(path, here)
        if isinstance(value, Mapping):
            inside = self.need(within.condition, False, Here(scope, value, place))
            return at_most(number, [any_of([inside, *self._gone(path, here)])])
        if not isinstance(value, tuple | list):
            return MET if isinstance(fact, Absent) else any_of([*self._gone(path, here), *self._made(path, here)])
        return at_most(
            number, [self._or_removed(within.condition, False, one) for one in self._elements(value, place, scope)]
        )

    def _share(self, within: Within, aim: Toward, here: Here) -> Need:
        """A share of the elements in scope."""
        path = within.subject.path
        value, place, scope = self._inside(path, here)
        if isinstance(value, Mapping):
            one = Here(scope, value, place)
            weight, need = self._weighed(within, aim, one)
            return any_of([aim.lacking([weight], [need], Need(IMPOSSIBLE), offered=False), *self._gone(path, here)])
        if not isinstance(value, tuple | list):
            return any_of([*self._gone(path, here), *self._made(path, here)])
        asked = list(self._elements(value, place, scope))
        weighed = [self._weighed(within, aim, one) for one in asked]
        needs = [need for _, need in weighed]
        offered = not _unfinished(asked, needs)
        return aim.lacking([weight for weight, _ in weighed], needs, self._added(place), offered=offered)

    def _weighed(self, within: Within, aim: Toward, one: Here | Place) -> tuple[int, Need]:
        """What an element may weigh at the worst, and what it lacks to weigh more."""
        if not isinstance(one, Here):
            scope = None if within.where is not None else True
            return aim.worst(scope, None), self.step([(one, Edit(Kind.REMOVE))], unread=True)
        where = within.where
        scope = True if where is None else self._truth(where, one)
        weight = aim.worst(scope, self._truth(within.condition, one))
        if weight == aim.good and scope is True:
            return weight, MET
        inside = [self.need(within.condition, aim.truth, one)]
        ways = [all_of(inside if where is None else [self.need(where, True, one), *inside])]
        if weight < 0:
            ways += [] if where is None else [self.need(where, False, one)]
            ways += [self.step([(one.place, Edit(Kind.REMOVE))])] if isinstance(one.place[-1], int) else []
        return weight, any_of(ways)

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
        return self._of_element(inner, truth, one, removable=True)

    def _one_element(self, path: Path, inner: Condition, truth: bool, here: Here) -> Need:
        """One element must give this truth; it may be a new one."""
        value, place, scope = self._inside(path, here)
        if isinstance(value, Mapping):
            return self.need(inner, truth, Here(scope, value, place))
        if not isinstance(value, tuple | list):
            return any_of(self._made(path, here))
        asked = [one for one in self._elements(value, place, scope) if isinstance(one, Here)]
        needs = [self._of_element(inner, truth, one) for one in asked]
        # While one that was added is not yet what it should be, another would be no better.
        if not _unfinished(asked, needs):
            needs.append(self._added(place))
        return any_of(needs)

    def _added(self, place: Place) -> Need:
        used = [key for (*start, key) in self.edits if tuple(start) == place and isinstance(key, int)]
        return self.step([((*place, min([0, *used]) - 1), Edit(Kind.ADD))])

    def _gone(self, path: Path, here: Here) -> list[Need]:
        """To have no such list or record."""
        reading = self.compiler.reading(path, here.scope)
        fact = reading.read(here.record)
        if reading.attribute.is_list:
            return []
        if isinstance(fact, Absent) or not reading.attribute.absent:
            return []
        edits = [*self.values.parents(path, here), ((*here.place, *path.parts), Edit(Kind.CLEAR))]
        return [self.step(edits, extra=surcharge(reading.attribute, fact))]

    def _made(self, path: Path, here: Here) -> list[Need]:
        """To have the list or record, with nothing in it."""
        reading = self.compiler.reading(path, here.scope)
        if isinstance(reading.read(here.record), Known) and not reading.attribute.is_record:
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
        cost = extra + sum(price(edit) for _, edit in edits) + (CHANGE // 3 if unread else 0)
        return Need(cost, frozenset(place for place, _ in edits), (Option(tuple(edits), cost),))

    def _taken(self, place: Place, edit: Edit) -> bool:
        if place in self.edits:
            return True
        undoes = edit.kind in {Kind.REMOVE, Kind.CLEAR, Kind.CREATE}
        return undoes and any(one[: len(place)] == place for one in self.edits)


def _unfinished(asked: Sequence[Here | Place], needs: Sequence[Need]) -> bool:
    """Whether an element that was added is not yet what it should be."""
    return any(
        need is not MET and isinstance(key := (one.place if isinstance(one, Here) else one)[-1], int) and key < 0
        for one, need in zip(asked, needs, strict=True)
    )
