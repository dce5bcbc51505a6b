"""Drawing whole numbers at random under constraints: parts with a given sum, subsets with a given sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rootwarden.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

T = TypeVar("T")


def parts(random: Random, total: int, least: Sequence[int], most: Sequence[int]) -> list[int]:
    """Whole numbers between two bounds each, with a given sum; the more one has the more it gets (Pólya's urn).

    Raises:
        InternalError: When no such numbers exist.
    """
    if not sum(least) <= total <= sum(most):
        raise InternalError(f"{total} cannot be divided into parts from {sum(least)} to {sum(most)} in all")
    values = list(least)
    while left := total - sum(values):
        open_ = [place for place, value in enumerate(values) if value < most[place]]
        # One at a time while they are few; of many a fiftieth at once, or a large fleet takes seconds.
        for chosen in random.choices(open_, weights=[values[place] + 1 for place in open_], k=max(left // 50, 1)):
            values[chosen] += values[chosen] < most[chosen]
    return values


def subset(random: Random, items: Sequence[tuple[T, int]], total: int) -> list[T] | None:
    """Items whose weights sum to `total` exactly, at random among the ways found; `None` when there is no way."""
    order = list(items)
    random.shuffle(order)
    # The item and the sum before it, by which each sum is reached first.
    reached: dict[int, tuple[int, int]] = {0: (-1, 0)}
    for place, (_, weight) in enumerate(order):
        for before in [each for each in reached if each + weight <= total]:
            reached.setdefault(before + weight, (place, before))
        if total in reached:
            break
    if total not in reached:
        return None
    chosen: list[T] = []
    at = total
    while at:
        place, at = reached[at]
        chosen.append(order[place][0])
    return chosen
