"""What a count or a share lacks: elements that should satisfy a condition, or no longer, or go, or come.

Each option moves the count or share one step the right way, so that whatever repairs it contains one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from rootwarden.rules.draft import Edit, Kind
from rootwarden.rules.repair_parts import Here, any_of
from rootwarden.rules.syntax import Bound, Count, Share
from rootwarden.rules.typecheck import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rootwarden.rules.draft import Place
    from rootwarden.rules.repair_needs import Needs
    from rootwarden.rules.repair_parts import Need
    from rootwarden.rules.syntax import Within


class _Way(msgspec.Struct, frozen=True):
    """Whether more elements should satisfy the condition or fewer, and at least how many."""

    up: bool
    steps: int = 1


def amount_need(needs: Needs, within: Within, wanted: bool, here: Here) -> Need:
    """What a count or share lacks to be true, or false.

    Args:
        needs: Finds what conditions lack.
        within: The test, whose quantifier is a count or a share.
        wanted: What it should be.
        here: Where it is asked.
    """
    path = within.subject.path
    value, place, scope = needs.inside(path, here)
    if isinstance(value, Mapping):
        elements: list[Here | Place] = [Here(scope, value, place)]
    elif isinstance(value, tuple | list):
        elements = list(needs.elements(value, place, scope))
    else:
        return any_of([*needs.gone(path, here), *needs.made(path, here)])
    found: list[Need] = []
    for way in _ways(needs, within, wanted, elements):
        moved = [any_of(_moves(needs, within, element, up=way.up)) for element in elements]
        added: list[Need] = []
        if isinstance(value, Mapping):
            added = needs.gone(path, here)
        elif not _unfinished(needs, within, elements, up=way.up):
            added = [needs.added(place)]
        found.append(_together(moved, added, way.steps))
    return any_of(found)


def _ways(needs: Needs, within: Within, wanted: bool, elements: Sequence[Here | Place]) -> list[_Way]:
    """In which direction the count or share has to go; both where either may do."""
    quantifier = within.subject.quantifier
    truths = [needs.truth(within.condition, one) if isinstance(one, Here) else None for one in elements]
    low = sum(one is True for one in truths)
    high = low + sum(one is None for one in truths)
    match quantifier:
        case Count(Bound.EXACTLY, number):
            if wanted and not low <= number <= high:
                return [_Way(up=high < number, steps=int(max(number - high, low - number)))]
            return [_Way(up=True), _Way(up=False)]
        case Count(bound, number):
            least = int(number) if bound is Bound.AT_LEAST else int(number) + 1
            up = (bound is Bound.AT_LEAST) is wanted
            return [_Way(up=up, steps=least - low if up else high - least + 1)]
        case Share(bound, percent):
            # Every share is at least nothing and at most all: that can not be made false.
            always = percent == (0 if bound is Bound.AT_LEAST else WHOLE)
            return [] if always and not wanted else [_Way(up=(bound is Bound.AT_LEAST) is wanted)]
    return []


def _moves(needs: Needs, within: Within, element: Here | Place, *, up: bool) -> Iterator[Need]:
    """What one element can do for the count or share, as far as it has not done it."""
    if not isinstance(element, Here):
        yield needs.step([(element, Edit(Kind.REMOVE))], unread=True)
        return
    satisfied = needs.truth(within.condition, element)
    if satisfied is not up:
        yield needs.need(within.condition, up, element)
        if isinstance(within.subject.quantifier, Share) or not up:
            if isinstance(element.place[-1], int):
                yield needs.step([(element.place, Edit(Kind.REMOVE))])
            if within.where is not None and needs.truth(within.where, element) is not False:
                yield needs.need(within.where, False, element)
    if within.where is not None and needs.truth(within.where, element) is not True:
        yield needs.need(within.where, True, element)


def _unfinished(needs: Needs, within: Within, elements: Sequence[Here | Place], *, up: bool) -> bool:
    """Whether an element that was added is not yet what it should be: another would be no better."""
    for one in elements:
        if isinstance(one, Here) and isinstance(one.place[-1], int) and one.place[-1] < 0:
            scope = True if within.where is None else needs.truth(within.where, one)
            if scope is not True or needs.truth(within.condition, one) is not up:
                return True
    return not up and not isinstance(within.subject.quantifier, Share)


def _together(moved: Sequence[Need], added: Sequence[Need], steps: int) -> Need:
    """One of the needs now; it takes `steps` different elements, so at least the cheapest of those."""
    need = any_of([*moved, *added])
    costs = sorted([*(one.cost for one in moved), *(one.cost for one in added for _ in range(steps))])
    return msgspec.structs.replace(need, cost=max(need.cost, sum(costs[:steps])))
