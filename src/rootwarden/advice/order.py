"""In which order to do what is not done: what helps most for each step first, never before what it needs.

What helps is counted over the scenarios: how many outcomes become better, and by how much, in this organization. Before
that comes what is urgent: a way in that is open today.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.advice.advice import State
from rootwarden.advice.scenario import RANK, Cell, outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from rootwarden.advice.advice import Advice
    from rootwarden.advice.scenario import Scenario


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """One advice in its place.

    Attributes:
        advice: Its id.
        improves: Scenarios with a better outcome once it is done after all that stands before it.
        opens: What the step is for where it improves nothing by itself: advice that needs it.
        urgent: Why it stands before what helps against more; usually empty.
    """

    advice: str
    improves: tuple[str, ...] = ()
    opens: str = ""
    urgent: str = ""


def ordered(
    advice: Sequence[Advice],
    states: Mapping[str, State],
    scenarios: Sequence[Scenario],
    *,
    accounts: Mapping[str, int] | None = None,
    urgent: Collection[str] = (),
) -> tuple[Placed, ...]:
    """What is not done, or of which nobody knows, in the order to do it.

    Args:
        advice: All of it.
        states: By id.
        scenarios: What it is to help against.
        accounts: In how many accounts each is open, by id; one where it is not told.
        urgent: Ids of what comes before all else, after what it needs.

    Returns:
        Each once; what needs another stands after it. Equal gains go by price, then by id.
    """
    counts = accounts or {}
    steps = {one.id: max(1, counts.get(one.id, 1)) if one.by_hand else 1 for one in advice}
    by_id = {one.id: one for one in advice}
    columns = _columns(scenarios)
    on = {one for one, state in states.items() if state is State.DONE}
    open_ = {one for one, state in states.items() if state in (State.NOT_DONE, State.UNKNOWN)}
    placed: list[Placed] = []
    while open_:
        chains = [_chain(by_id[one], by_id, open_) for one in sorted(open_)]
        base = _sum(columns, frozenset(on))
        first = [chain for chain in chains if chain[-1] in urgent]
        best = min(
            first or chains, key=lambda chain: _worth(chain, _sum(columns, on.union(chain)) - base, by_id, steps)
        )
        for one in best:
            better = _improved(columns, on, on | {one})
            placed.append(
                Placed(
                    advice=one,
                    improves=better,
                    opens="" if better else _aim(one, best[-1], by_id, open_),
                    urgent=by_id[one].urgent if one in urgent else "",
                )
            )
            on.add(one)
            open_.discard(one)
    return tuple(placed)


def improved(scenarios: Iterable[Scenario], before: Iterable[str], after: Iterable[str]) -> tuple[str, ...]:
    """Ids of the scenarios with a better outcome in a column."""
    return _improved(_columns(scenarios), frozenset(before), frozenset(after))


class _Columns(msgspec.Struct, frozen=True):
    """A scenario's two columns, made once."""

    id: str
    native: tuple[Cell, ...]
    beside: tuple[Cell, ...]


def _columns(scenarios: Iterable[Scenario]) -> tuple[_Columns, ...]:
    return tuple(_Columns(one.id, one.native, one.beside) for one in scenarios)


def _improved(scenarios: Iterable[_Columns], before: Collection[str], after: Collection[str]) -> tuple[str, ...]:
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


def _aim(one: str, last: str, by_id: Mapping[str, Advice], open_: Collection[str]) -> str:
    """What a step is for: the end of its chain, or else what it opens the way to."""
    return last if one != last else min((each for each in open_ if one in by_id[each].after), default="")


def _worth(
    chain: tuple[str, ...], gain: int, by_id: Mapping[str, Advice], steps: Mapping[str, int]
) -> tuple[float, int, int, str]:
    dearest = max(by_id[one].cost.price.rank for one in chain)
    return -gain / sum(steps[one] for one in chain), dearest, len(chain), chain[-1]


def _sum(scenarios: Iterable[_Columns], on: Collection[str]) -> int:
    return sum(_value(one, on) for one in scenarios)


def _value(one: _Columns, on: Collection[str]) -> int:
    return RANK[outcome(one.native, on).outcome] + RANK[outcome(one.beside, on).outcome]
