"""In which order to do what is not done: what helps most for each step first, never before what it needs.

What helps is counted over the scenarios: how many outcomes become better, and by how much, in this organization.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.advice.advice import State
from rootwarden.advice.scenario import RANK, outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from rootwarden.advice.advice import Advice
    from rootwarden.advice.scenario import Scenario


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """One advice in its place.

    Attributes:
        advice: Its id.
        improves: Scenarios with a better outcome once it is done after all that stands before it.
        opens: What the step is for where it improves nothing by itself: the advice that needs it.
    """

    advice: str
    improves: tuple[str, ...] = ()
    opens: str = ""


def ordered(advice: Sequence[Advice], states: Mapping[str, State], scenarios: Sequence[Scenario]) -> tuple[Placed, ...]:
    """What is not done, or of which nobody knows, in the order to do it.

    Args:
        advice: All of it.
        states: By id.
        scenarios: What it is to help against.

    Returns:
        Each once; what needs another stands after it. Equal gains go by price, then by id.
    """
    by_id = {one.id: one for one in advice}
    on = {one for one, state in states.items() if state is State.DONE}
    open_ = {one for one, state in states.items() if state in (State.NOT_DONE, State.UNKNOWN)}
    placed: list[Placed] = []
    while open_:
        chains = [_chain(by_id[one], by_id, open_) for one in sorted(open_)]
        base = _sum(scenarios, frozenset(on))
        best = min(chains, key=lambda chain: _worth(chain, _sum(scenarios, on.union(chain)) - base, by_id))
        for one in best:
            better = improved(scenarios, on, on | {one})
            aim = best[-1] if one != best[-1] and not better else ""
            placed.append(Placed(advice=one, improves=better, opens=aim))
            on.add(one)
            open_.discard(one)
    return tuple(placed)


def improved(scenarios: Iterable[Scenario], before: Iterable[str], after: Iterable[str]) -> tuple[str, ...]:
    """Ids of the scenarios with a better outcome in a column."""
    before, after = frozenset(before), frozenset(after)
    return tuple(one.id for one in scenarios if _value(one, after) > _value(one, before))


def _chain(one: Advice, by_id: Mapping[str, Advice], open_: Iterable[str]) -> tuple[str, ...]:
    """What has to be done for one advice, in order, itself last."""
    waiting, found = frozenset(open_), dict[str, None]()

    def walk(each: Advice) -> None:
        for needed in each.after:
            if needed in waiting and needed not in found:
                walk(by_id[needed])
        found[each.id] = None

    walk(one)
    return tuple(found)


def _worth(chain: tuple[str, ...], gain: int, by_id: Mapping[str, Advice]) -> tuple[float, int, int, str]:
    dearest = max(by_id[one].cost.price.rank for one in chain)
    return -gain / len(chain), dearest, len(chain), chain[-1]


def _sum(scenarios: Iterable[Scenario], on: Collection[str]) -> int:
    return sum(_value(one, on) for one in scenarios)


def _value(one: Scenario, on: Collection[str]) -> int:
    return RANK[outcome(one.native, on).outcome] + RANK[outcome(one.both, on).outcome]
