"""How few accounts make how much of the use: half of it, the Lorenz curve, the Gini coefficient."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from rootwarden.fleet.result import Concentration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def half_by(uses: Iterable[int]) -> int:
    """The fewest accounts that together make half of the uses or more; 0 when there is no use."""
    ordered = sorted(uses, reverse=True)
    total = sum(ordered)
    return _reaching(ordered, total / 2) if total else 0


def half_bounds(uses: Sequence[int], unknown: Sequence[int]) -> tuple[int, int]:
    """The least `half_by` can be, and what it cannot be above, if each account's unknown weeks may or may not be uses.

    For a set S of accounts with `u` known uses and up to `m` more, the most concentrated case gives S all its unknown
    weeks and the others none: S has half when the sum of `2u + m` over S reaches the sum of `u` over all. The most even
    case is the reverse, and S has half for certain when the same sum reaches that of `u + m` over all. Both hold for
    as few accounts as possible when S takes the largest `2u + m`.
    """
    weights = sorted((2 * used + open_ for used, open_ in zip(uses, unknown, strict=True)), reverse=True)
    known, possible = sum(uses), sum(uses) + sum(unknown)
    if not possible:
        return 0, 0
    least = max(_reaching(weights, known), 1) if known else 0
    return least, _reaching(weights, possible)


def gini(values: Sequence[int]) -> float | None:
    """The Gini coefficient: 0 when all are equal, `1 - 1/n` when one of n has everything; `None` without any value.

    Twice the rank-weighted sum over n times the sum, minus (n + 1) / n, values ascending.
    """
    total, count = sum(values), len(values)
    if not total:
        return None
    weighted = sum(rank * value for rank, value in enumerate(sorted(values), 1))
    return 2 * weighted / (count * total) - (count + 1) / count


def concentration(used: Sequence[int], others: int, bounds: tuple[int, int]) -> Concentration:
    """The record.

    Args:
        used: Uses of each account with a use.
        others: How many accounts had none.
        bounds: Those of `half_bounds`.
    """
    ordered = sorted(used, reverse=True)
    return Concentration(
        gini_used=gini(ordered),
        gini_all=gini([*ordered, *[0] * others]),
        half_low=bounds[0],
        half_high=bounds[1],
        curve=tuple(accumulate(ordered)),
    )


def _reaching(ordered: Sequence[int], wanted: float) -> int:
    """How many of the first values are needed to reach a sum."""
    return next(
        (place for place, so_far in enumerate(accumulate(ordered, initial=0)) if so_far >= wanted), len(ordered)
    )
