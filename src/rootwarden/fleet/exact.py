"""Tests of whether two shares differ by more than chance, each exact for what it assumes."""

from __future__ import annotations

from math import exp, lgamma
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Array: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"

# Probabilities that differ by less are the same; sums of logarithms are no more exact.
_SAME: Final = 1e-7
_SHUFFLES: Final = 1999
# Cells of one block of shuffles: 64 MB of numbers.
_BLOCK: Final = 8_000_000


def fisher(count: int, of: int, other_count: int, other_of: int) -> float:
    """Fisher's exact test, two-sided: how likely tables at most as likely as this one are, if the shares are equal.

    Things are taken as independent: accounts, or organizations, of which each counts or does not.
    """
    total, drawn = of + other_of, count + other_count
    least, most = max(0, drawn - other_of), min(of, drawn)
    chances = [_log_choose(of, each) + _log_choose(other_of, drawn - each) for each in range(least, most + 1)]
    observed, all_ = chances[count - least], _log_choose(total, drawn)
    return min(1.0, sum(exp(each - all_) for each in chances if each <= observed + _SAME))


def holm(probabilities: Sequence[float]) -> list[float]:
    """Probabilities corrected for being several (Holm 1979): the smallest times all, the next times one less, …"""
    order = sorted(range(len(probabilities)), key=lambda place: probabilities[place])
    corrected = [0.0] * len(probabilities)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, probabilities[place] * (len(probabilities) - rank)))
        corrected[place] = highest
    return corrected


def swapped(parts: Array, wholes: Array, seed: int) -> float:
    """Permutation test of two ratios over pairs: each pair may as well be the other way round.

    Args:
        parts: Two rows, what counts of each pair on the first and on the second side.
        wholes: The denominators in the same shape; the ratio of a side is the sum of its parts over that of its wholes.
        seed: Where chance comes from, so that the same input gives the same answer.

    Returns:
        The share of shufflings, this one included, with a difference at least as large.
    """
    random = np.random.default_rng(seed)
    observed = _difference(parts[0].sum(), wholes[0].sum(), parts[1].sum(), wholes[1].sum())
    change = np.stack([parts[1] - parts[0], wholes[1] - wholes[0]], axis=1)
    as_large, done = 0, 0
    while done < _SHUFFLES:
        rows = min(max(_BLOCK // max(len(change), 1), 1), _SHUFFLES - done)
        moved = random.integers(0, 2, size=(rows, len(change))).astype(np.float64) @ change
        first = (parts[0].sum() + moved[:, 0], wholes[0].sum() + moved[:, 1])
        second = (parts[1].sum() - moved[:, 0], wholes[1].sum() - moved[:, 1])
        differences = np.abs(_ratio(*first) - _ratio(*second))
        as_large += int((differences >= abs(observed) - _SAME).sum())
        done += rows
    return (1 + as_large) / (1 + _SHUFFLES)


def shuffled(parts: Array, wholes: Array, first: int, seed: int) -> float:
    """Permutation test of two ratios over things, the first so many of which are of one side: which ones may be chance.

    Args:
        parts: What counts of each thing.
        wholes: The denominators.
        first: How many things are of the first side.
        seed: Where chance comes from.

    Returns:
        The share of shufflings, this one included, with a difference at least as large.
    """
    random = np.random.default_rng(seed)
    part, whole = parts.sum(), wholes.sum()
    observed = _difference(parts[:first].sum(), wholes[:first].sum(), parts[first:].sum(), wholes[first:].sum())
    values = np.stack([parts, wholes], axis=1)
    as_large, done = 0, 0
    while done < _SHUFFLES:
        rows = min(max(_BLOCK // max(len(values), 1), 1), _SHUFFLES - done)
        order = np.argsort(random.random((rows, len(values))), axis=1)
        mine = values[order[:, :first]].sum(axis=1)
        differences = np.abs(_ratio(mine[:, 0], mine[:, 1]) - _ratio(part - mine[:, 0], whole - mine[:, 1]))
        as_large += int((differences >= abs(observed) - _SAME).sum())
        done += rows
    return (1 + as_large) / (1 + _SHUFFLES)


def _ratio(part: Array, whole: Array) -> Array:
    """A side without a denominator has the ratio 0, so that it is as far from the other as it can be."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _difference(part: float, whole: float, other_part: float, other_whole: float) -> float:
    return (part / whole if whole else 0.0) - (other_part / other_whole if other_whole else 0.0)


def _log_choose(total: int, chosen: int) -> float:
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)
