"""Whether people fill the slots of a quorum, each person one slot: a bipartite matching."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rootwarden.breakglass.core.settings import Slot


def missing(slots: Sequence[Slot], people: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The groups that still lack somebody, however the people are spread over the slots.

    A person in two groups counts once: the largest matching of people to places is found by augmenting paths
    (Kuhn 1955), so nobody is placed where they block somebody else.

    Args:
        slots: What is asked for.
        people: Who agreed, with the groups of each.

    Returns:
        One group for each place that stays empty, the empty name for "any approver"; nothing when the quorum is met.
    """
    places = [slot.group for slot in slots for _ in range(slot.count)]
    fits = {
        who: [n for n, group in enumerate(places) if not group or group in groups] for who, groups in people.items()
    }
    taken: dict[int, str] = {}
    for who in sorted(people):
        _place(who, fits, taken, set())
    return tuple(group for number, group in enumerate(places) if number not in taken)


def _place(who: str, fits: Mapping[str, Sequence[int]], taken: dict[int, str], tried: set[int]) -> bool:
    for place in fits[who]:
        if place in tried:
            continue
        tried.add(place)
        if place not in taken or _place(taken[place], fits, taken, tried):
            taken[place] = who
            return True
    return False
