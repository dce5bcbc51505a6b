"""How many elements of a list lack something: needs of counts and shares, from the needs of the elements.

An amount that is too small needs so many more elements that satisfy a condition, changed or added; one that is too
large so many fewer, changed or removed. Which of them is free, so every one offers its steps, and the least it can
cost is the sum of the cheapest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules.repair_cost import IMPOSSIBLE
from rootwarden.rules.repair_need import MET, Need
from rootwarden.rules.syntax import Bound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

_WHOLE: Final = 100  # percent


def at_least(number: int, needs: Sequence[Need], added: Need | None, *, offered: bool) -> Need:
    """What is lacking for so many elements to be as they should.

    Args:
        number: How many.
        needs: What each element lacks.
        added: What one more element costs, or `None` where there can be none.
        offered: Whether one may be added now: not while one that was added is still not as it should be.
    """
    short = number - sum(need is MET for need in needs)
    return MET if short <= 0 else _some(short, [need for need in needs if need is not MET], added, offered=offered)


def at_most(number: int, needs: Sequence[Need]) -> Need:
    """What is lacking for no more elements than these to be so: `needs` is what each lacks not to be, or to be gone."""
    unmet = [need for need in needs if need is not MET]
    return MET if len(unmet) <= number else _some(len(unmet) - number, unmet, None, offered=False)


def _some(number: int, unmet: Sequence[Need], added: Need | None, *, offered: bool) -> Need:
    """So many of the unmet needs must be met."""
    possible = [need for need in unmet if need.cost < IMPOSSIBLE]
    costs = [need.cost for need in possible]
    if added is not None and added.cost < IMPOSSIBLE:
        costs += [added.cost] * number
        possible += [added] if offered else []
    if len(costs) < number:
        return Need(IMPOSSIBLE)
    places = frozenset(place for need in unmet for place in need.places)
    if added is not None:
        places |= {place[:-1] for place in added.places}  # the list itself
    options = tuple(option for need in possible for option in need.options)
    return Need(sum(sorted(costs)[:number]), places, options)


class Toward(msgspec.Struct, frozen=True):
    """What a share wants of elements, in whole numbers: the sum of their weights must reach a bound.

    Attributes:
        truth: The truth an element in scope should have.
        good: What one weighs that has it.
        bad: What one weighs that has the other; below zero, or zero.
        lowest: The least sum that is enough.
    """

    truth: bool
    good: int
    bad: int
    lowest: int

    def worst(self, scope: bool | None, truth: bool | None) -> int:
        """The least an element may turn out to weigh."""
        inside = self.good if truth is self.truth else self.bad
        if scope is None:
            return min(0, inside)
        return inside if scope else 0

    def lacking(self, weights: Sequence[int], needs: Sequence[Need], added: Need, *, offered: bool) -> Need:
        """What is lacking for the sum to be enough.

        Args:
            weights: The least each element may turn out to weigh.
            needs: What each lacks to weigh more.
            added: What one more element costs.
            offered: Whether one may be added now.
        """
        deficit = self.lowest - sum(weights)
        if deficit <= 0:
            return MET
        most_by_one = self.good - self.bad  # what one change can bring
        return _some(-(-deficit // most_by_one), needs, added if self.good else None, offered=offered)


def toward(bound: Bound, percent: Decimal, wanted: bool) -> Toward:
    """What a share wants of elements for it to hold, or not to."""
    part, whole = percent.as_integer_ratio()
    satisfied, rest = _WHOLE * whole - part, part
    truth = (bound is Bound.AT_LEAST) is wanted
    good, bad = (satisfied, -rest) if truth else (rest, -satisfied)
    return Toward(truth, good, bad, 0 if wanted else 1)
