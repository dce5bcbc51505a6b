"""What a condition lacks, and how such needs are put together: any of them, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules.draft import Edit, Place
from rootwarden.rules.repair_cost import IMPOSSIBLE

if TYPE_CHECKING:
    from collections.abc import Iterable

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
