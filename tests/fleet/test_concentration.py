"""Concentration, against definitions worked out the long way."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.fleet.concentration import concentration, gini, half_bounds, half_by

USES = st.lists(st.integers(0, 6), max_size=6)


@pytest.mark.parametrize(
    ("uses", "expected"),
    [([], 0), ([0, 0], 0), ([1], 1), ([1, 1], 1), ([1, 1, 1], 2), ([5, 1, 1, 1, 1, 1], 1), ([4, 3, 2, 1], 2)],
)
def test_half(uses: list[int], expected: int) -> None:
    assert half_by(uses) == expected


@given(USES)
def test_half_is_the_fewest_of_any_accounts(uses: list[int]) -> None:
    sizes = [
        len(chosen)
        for many in range(len(uses) + 1)
        for chosen in combinations(uses, many)
        if 2 * sum(chosen) >= sum(uses)
    ]
    assert half_by(uses) == (min(sizes) if sum(uses) else 0)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=5))
def test_half_stays_within_its_bounds_however_the_unknown_turn_out(accounts: list[tuple[int, int]]) -> None:
    least, most = half_bounds([uses for uses, _ in accounts], [unknown for _, unknown in accounts])
    ways = product(*(range(uses, uses + unknown + 1) for uses, unknown in accounts))
    halves = [half_by(way) for way in ways]
    assert least == min(halves, default=0)
    assert max(halves, default=0) <= most <= len(accounts)


@given(USES)
def test_gini_is_half_the_relative_mean_difference(uses: list[int]) -> None:
    if not sum(uses):
        assert gini(uses) is None
        return
    count = len(uses)
    differences = sum(abs(one - other) for one in uses for other in uses)
    assert gini(uses) == pytest.approx(differences / (2 * count * sum(uses)))


def test_the_record() -> None:
    made = concentration([1, 5, 2], 1, (1, 2))
    assert made.curve == (5, 7, 8)
    assert made.gini_used == pytest.approx(1 / 3)
    assert made.gini_all == pytest.approx(0.5)
    assert (made.half_low, made.half_high) == (1, 2)
