"""The smallest set of changes to the facts of one resource that turns a fail into a pass.

A search over sets of edits, cheapest first (A*): each set is tried by judging the changed record, and grown by the
steps that `repair_needs` names. The first that passes is the cheapest within the values tried, and no part of it can
be left out: that is checked by judging without it.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.rules.domains import Domains
from rootwarden.rules.draft import Draft, Edit, Kind, Place
from rootwarden.rules.plain import plain_rule
from rootwarden.rules.repair_cost import FIXED, IMPOSSIBLE, made_with, surcharge
from rootwarden.rules.repair_need import Need
from rootwarden.rules.repair_needs import Needs
from rootwarden.rules.verdict import Verdict
from rootwarden.rules.wording import fact_text, value_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.facts.fact import Fact
    from rootwarden.rules.logic import Record
    from rootwarden.rules.repair_need import Option
    from rootwarden.rules.rule import CompiledRule
    from rootwarden.rules.schema import Attribute, Schema

_NAMES: Final = ("Name", "PolicyName", "SerialNumber", "Arn", "id")  # what tells elements apart, the best first
MAXIMUM_TRIED: Final = 2_000
MAXIMUM_WAITING: Final = 100_000  # sets of edits that wait to be tried; beyond, the search ends


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to change.

    Attributes:
        kind: `set` a fact, `clear` it, `remove` or `add` an element of a list, or `create` a record or list.
        attribute: Path in the rule language with the element's index; an added element has the next free one.
        before: What it is: `true`, `absent`, `unknown`; of an element that is removed, its name if it has one.
        after: What it should be; for what is added or created, empty.
        facts: Of what is added or created, what must be so (`Active is true`).
        fixed: Nobody can change this: a date of the past, or what makes it another resource.
    """

    kind: Kind
    attribute: str
    before: str = ""
    after: str = ""
    facts: tuple[str, ...] = ()
    fixed: bool = False


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """What a search for a repair found.

    Attributes:
        changes: Together they make it pass, and none can be left out; empty when nothing was found.
        tried: How many sets of changes were judged.
        complete: A smallest set was found, or every set within the bounds was tried.
        verdict: What the rule says without any change.
        leaving: Changes after which the rule no longer applies, where they are fewer than what makes it pass, or can
            be made while those cannot; else empty.
    """

    changes: tuple[Change, ...] = ()
    leaving: tuple[Change, ...] = ()
    tried: int = 0
    complete: bool = True
    verdict: Verdict


def repair(
    rule: CompiledRule, schema: Schema, record: Record, *, as_of: datetime, go_on: Callable[[], bool] = lambda: True
) -> Repair:
    """Search the smallest set of changes after which a rule passes.

    Args:
        rule: The rule.
        schema: What it was compiled against.
        record: The facts of the resource.
        as_of: The instant "now" means, aware.
        go_on: Asked before each try; the search ends when it says no.

    Returns:
        The changes; none when the verdict is no fail.
    """
    verdict = rule.evaluate(record, as_of=as_of).verdict
    if verdict is not Verdict.FAIL:
        return Repair(verdict=verdict)
    found = search_edits(rule, schema, record, as_of=as_of, go_on=go_on)
    changes = tuple(_change(found.draft, group) for group in found.groups())
    tried, leaving = found.tried, tuple[Change, ...]()
    if rule.tree.where is not None:
        left = search_edits(rule, schema, record, as_of=as_of, goal=Verdict.NOT_APPLICABLE, go_on=go_on)
        tried += left.tried
        leaving = _if_better(tuple(_change(left.draft, group) for group in left.groups()), changes)
    return Repair(verdict=verdict, changes=changes, leaving=leaving, tried=tried, complete=found.complete)


def _if_better(leaving: tuple[Change, ...], changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """The changes that leave the scope, if somebody can make them and they are easier than those that pass."""
    if any(one.fixed for one in leaving):
        return ()
    harder = not changes or any(one.fixed for one in changes)
    return leaving if harder or len(leaving) < len(changes) else ()


class Found(msgspec.Struct, frozen=True, eq=False):
    """Edits a search came to: `None` when it found none.

    Attributes:
        edits: What to do at which place.
        draft: The record they are edits of.
        tried: How many sets of edits were judged.
        complete: The search came to its end.
    """

    edits: dict[Place, Edit] | None
    draft: Draft
    tried: int
    complete: bool

    def record(self, edits: Mapping[Place, Edit]) -> Record:
        """The record as it would be after some edits."""
        return self.draft.with_edits(edits)

    def groups(self) -> list[dict[Place, Edit]]:
        """The edits by change: what is added stands together with what must be so of it."""
        edits = self.edits or {}
        groups: dict[Place, dict[Place, Edit]] = {}
        for place in sorted(edits, key=_in_order):
            groups.setdefault(made_with(place, edits), {})[place] = edits[place]
        return list(groups.values())


def search_edits(
    rule: CompiledRule,
    schema: Schema,
    record: Record,
    *,
    as_of: datetime,
    goal: Verdict = Verdict.PASS,
    go_on: Callable[[], bool] = lambda: True,
) -> Found:
    """Search the cheapest edits after which a rule that fails passes, or does not apply; arguments as for `repair`."""
    search = _Search(rule, schema, record, as_of, goal)
    edits = search.run(go_on)
    kept = None if edits is None else search.without_the_needless(edits)
    return Found(kept, search.draft, search.tried, search.complete)


class _Entry(msgspec.Struct, frozen=True, eq=False):
    """A set of edits in the queue: the least cost of what it leads to, then the one that has come furthest."""

    least: int
    minus_spent: int
    number: int
    edits: dict[Place, Edit]
    need: Need | None = None

    def __lt__(self, other: _Entry) -> bool:
        return (self.least, self.minus_spent, self.number) < (other.least, other.minus_spent, other.number)

    def looked_at(self, need: Need) -> _Entry:
        """The same, its cost now known to be at least what is lacking."""
        least = max(self.least, need.cost - self.minus_spent)
        return _Entry(least, self.minus_spent, self.number, self.edits, need)

    def grown(self, option: Option, number: int) -> _Entry:
        """One step further."""
        cost = option.cost - self.minus_spent
        return _Entry(max(self.least, cost), -cost, number, {**self.edits, **dict(option.edits)})


class _Search:
    """Sets of edits by cost."""

    def __init__(self, rule: CompiledRule, schema: Schema, record: Record, as_of: datetime, goal: Verdict) -> None:
        self.rule = rule
        self.goal = goal
        self.as_of = as_of
        self.draft = Draft(schema, rule.entity, record)
        domains = Domains(schema, as_of.timestamp())
        tree = plain_rule(rule.tree)
        domains.read(tree)
        self.needs = Needs(self.draft, domains, as_of.timestamp())
        scope = [] if tree.where is None else [(tree.where, True)]
        self.wanted = [*scope, (tree.check, not tree.negated)]
        if goal is Verdict.NOT_APPLICABLE:
            self.wanted = [(one, False) for one, _ in scope]
        self.tried = 0
        self.complete = True

    def run(self, go_on: Callable[[], bool]) -> dict[Place, Edit] | None:
        """The cheapest edits that make it pass, or `None`."""
        queue: list[_Entry] = [_Entry(0, 0, 0, {})]
        seen: set[frozenset[tuple[Place, tuple[str, str, object]]]] = set()
        number = count(1)
        while queue:
            entry = heapq.heappop(queue)
            if entry.need is None:
                key = frozenset((place, edit.key) for place, edit in entry.edits.items())
                if key in seen:
                    continue
                seen.add(key)
                if self.tried >= MAXIMUM_TRIED or len(queue) > MAXIMUM_WAITING or not go_on():
                    self.complete = False
                    return None
                if self._reaches_goal(entry.edits):
                    return entry.edits
                need = self.needs.of(self.wanted, entry.edits)
                if need.cost < IMPOSSIBLE:
                    heapq.heappush(queue, entry.looked_at(need))
                continue
            for option in entry.need.options:
                heapq.heappush(queue, entry.grown(option, next(number)))
        return None

    def without_the_needless(self, edits: dict[Place, Edit]) -> dict[Place, Edit]:
        """The edits without each that is not needed; what is added goes as a whole or stays."""
        for place in sorted({made_with(place, edits) for place in edits}, key=str):
            fewer = {one: edit for one, edit in edits.items() if one[: len(place)] != place}
            if self._reaches_goal(fewer):
                edits = fewer
        return edits

    def _reaches_goal(self, edits: dict[Place, Edit]) -> bool:
        self.tried += 1
        record = self.draft.with_edits(edits)
        return self.rule.evaluate(record, as_of=self.as_of).verdict is self.goal


def _in_order(place: Place) -> tuple[tuple[bool, int, str], ...]:
    """Names by letter, elements as they stand, added ones behind them."""
    return tuple(
        (False, 0, part) if isinstance(part, str) else (True, part if part >= 0 else (1 << 40) - part, "")
        for part in place
    )


def _change(draft: Draft, group: dict[Place, Edit]) -> Change:
    """The edits of one change; the first is what the others are made with."""
    (start, edit), *parts = group.items()
    attribute = draft.attribute(start)
    fact = _fact_at(draft.original, start)
    element = isinstance(start[-1], int)
    valued = edit.kind in {Kind.SET, Kind.CLEAR}
    return Change(
        kind=edit.kind,
        attribute=_place_text(draft.original, start),
        before=_name_of(fact) if element else "" if fact is None else _before(fact, attribute),
        after=_after(draft, start, edit),
        facts=tuple(_part(draft, start, place, one) for place, one in parts if place not in _holders(group)),
        fixed=valued and surcharge(attribute, fact) >= FIXED,
    )


def _name_of(element: Fact[object] | None) -> str:
    """What an element goes by, if it says so."""
    value = element.value if isinstance(element, Known) else None
    if not isinstance(value, Mapping):
        return str(value) if isinstance(value, str | int | float) else ""
    facts = (value.get(name) for name in _NAMES)
    return next((str(fact.value) for fact in facts if isinstance(fact, Known)), "")


def _before(fact: Fact[object], attribute: Attribute) -> str:
    """What a fact is; a text in quotes, as what it should be."""
    text = fact_text(fact, attribute)
    return f'"{text}"' if isinstance(fact, Known) and isinstance(fact.value, str) else text


def _holders(group: dict[Place, Edit]) -> set[Place]:
    """What need not be said to be there, since something in it is."""
    return {place[:length] for place in group for length in range(1, len(place))}


def _after(draft: Draft, place: Place, edit: Edit) -> str:
    """What a fact should be; empty for what is removed, or added with nothing in it."""
    if edit.kind is Kind.CLEAR:
        return "absent"
    if edit.value is None:
        return ""
    text = value_text(edit.value, draft.attribute(place))
    return f'"{text}"' if isinstance(edit.value, str) else text


def _part(draft: Draft, start: Place, place: Place, edit: Edit) -> str:
    """`Active is true`, of something that is added."""
    return f"{_place_text({}, place[len(start) :])} is {_after(draft, place, edit) or 'there'}"


def _place_text(record: Record, place: Place) -> str:
    """`AccessKey[0].Active`; an added element has the next free index."""
    text = ""
    for depth, part in enumerate(place):
        if isinstance(part, str):
            text += f".{part}" if text else part
        else:
            text += f"[{_element_text(record, place[:depth], part)}]"
    return text


def _element_text(record: Record, place: Place, index: int) -> str:
    """What an element of the list at `place` is called; an added one is counted from its end."""
    fact = _fact_at(record, place)
    value = fact.value if isinstance(fact, Known) else ()
    elements = value if isinstance(value, tuple | list) else ()
    if index < 0:
        return str(len(elements) - index - 1)
    return str(getattr(elements[index], "label", index)) if index < len(elements) else str(index)


def _fact_at(record: Record, place: Place) -> Fact[object] | None:
    """The fact at a place of the record as it is; `None` where there is no such place."""
    here: object = record
    for part in place:
        value = here.value if isinstance(here, Known) else here
        if isinstance(part, int):
            here = value[part] if isinstance(value, tuple | list) and 0 <= part < len(value) else None
        else:
            here = value.get(part) if hasattr(value, "get") else None
        if here is None:
            return None
    return here if isinstance(here, Known | Absent | Unknown) else Known(here)
