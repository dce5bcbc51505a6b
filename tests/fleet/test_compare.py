"""Comparisons: exact tests against enumeration, and verdicts that leave the unknown unknown."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fleet.looks import ago, look

from rootwarden.fleet.account_weeks import account_weeks
from rootwarden.fleet.compare import Method, Side, Verdict, compare, side_of, side_of_published
from rootwarden.fleet.exact import fisher, holm, shuffled, swapped
from rootwarden.fleet.observation import table
from rootwarden.fleet.parameters import StudyParameters
from rootwarden.fleet.share import share
from rootwarden.fleet.study import study_of
from rootwarden.packs.published import published

if TYPE_CHECKING:
    from rootwarden.fleet.compare import Difference
    from rootwarden.fleet.observation import Row

PAIRS = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: (min(pair), max(pair)))


@given(PAIRS, PAIRS)
def test_fisher_is_the_sum_over_all_tables(one: tuple[int, int], other: tuple[int, int]) -> None:
    (count, of), (other_count, other_of) = one, other
    drawn = count + other_count
    chances = {
        each: Fraction(comb(of, each) * comb(other_of, drawn - each), comb(of + other_of, drawn))
        for each in range(max(0, drawn - other_of), min(of, drawn) + 1)
    }
    exact = sum(chance for chance in chances.values() if chance <= chances[count])
    assert fisher(count, of, other_count, other_of) == pytest.approx(float(exact))


def test_fisher_of_large_numbers() -> None:
    assert fisher(500, 1000, 500, 1000) == pytest.approx(1)
    assert fisher(60_000, 100_000, 50_000, 100_000) < 1e-300


@pytest.mark.parametrize(
    ("given_", "expected"),
    [([], []), ([0.01], [0.01]), ([0.01, 0.04], [0.02, 0.04]), ([0.04, 0.01, 0.03], [0.06, 0.03, 0.06])],
)
def test_holm(given_: list[float], expected: list[float]) -> None:
    assert holm(given_) == pytest.approx(expected)


def test_permutations_hold_their_level_when_nothing_differs() -> None:
    """Of two sides drawn alike, about one in twenty comparisons is below 5 %; uses are clustered by account."""
    random = np.random.default_rng(2)
    below = {"swapped": 0, "shuffled": 0}
    for trial in range(150):
        wholes = random.poisson(3, 60).astype(float)
        parts = np.where(random.random(60) < 0.4, wholes, 0.0)
        below["shuffled"] += shuffled(parts, wholes, 30, trial) < 0.05
        below["swapped"] += swapped(parts.reshape(2, 30), wholes.reshape(2, 30), trial) < 0.05
    assert all(count <= 17 for count in below.values())


def test_permutations_see_what_is_there() -> None:
    wholes = np.full(60, 4.0)
    parts = np.concatenate([np.full(30, 4.0), np.zeros(30)])
    assert shuffled(parts, wholes, 30, 1) < 0.01
    assert swapped(parts.reshape(2, 30), wholes.reshape(2, 30), 1) < 0.01
    assert shuffled(wholes, wholes, 30, 1) == 1


def side(name: str, *rows: Row) -> Side:
    frame = table(rows).lazy()
    weeks = account_weeks(frame, StudyParameters())
    return side_of(name, study_of(weeks), weeks)


def fleet(first: int, accounts: int, used: int, *, week: int = 0, **facts: Any) -> list[Row]:
    return [
        look(first + each, week, signed_in=ago(1, week) if each < used else None, **facts) for each in range(accounts)
    ]


def row(one: Side, other: Side, figure: str) -> Difference:
    (found,) = (each for each in compare(one, other).differences if each.figure == figure)
    return found


def test_two_organizations() -> None:
    few = side("few", *fleet(0, 40, 2))
    many = side("many", *fleet(100, 40, 30, mfa=False))
    found = row(few, many, "accounts_used_of_accounts")
    assert (found.test, found.verdict) == (Method.FISHER, Verdict.DIFFERS)
    assert found.difference == pytest.approx(28 / 40)
    assert row(few, many, "without_mfa_of_console_uses").test is Method.SHUFFLED
    assert row(few, few, "accounts_used_of_accounts").verdict is Verdict.CHANCE


def test_two_periods_of_the_same_accounts() -> None:
    before = side("before", *fleet(0, 40, 30, mfa=False))
    after = side("after", *fleet(0, 40, 30, week=9))
    found = row(before, after, "without_mfa_of_console_uses")
    assert (found.test, found.verdict) == (Method.SWAPPED, Verdict.DIFFERS)
    assert found.difference == -1


def test_what_nobody_could_look_at_may_be_the_difference() -> None:
    half_blind = side("blind", *fleet(0, 40, 2), *(look(500 + each, readable=False) for each in range(40)))
    many = side("many", *fleet(100, 40, 15))
    found = row(half_blind, many, "accounts_used_of_accounts")
    assert found.p_value is not None
    assert found.p_value < 0.01
    assert found.verdict is Verdict.UNKNOWN


def test_nothing_to_compare_is_unknown() -> None:
    quiet = side("quiet", *fleet(0, 5, 0))
    found = row(quiet, quiet, "without_mfa_of_console_uses")
    assert (found.difference, found.test, found.p_value, found.verdict) == (None, Method.NONE, None, Verdict.UNKNOWN)
    assert row(quiet, quiet, "half_of_uses_by_of_accounts_used").test is Method.NONE


def test_with_the_published_study() -> None:
    shown = side_of_published(published())
    assert set(shown.shares) == set(side("one", look()).shares)
    same = compare(shown, shown)
    assert {each.verdict for each in same.differences if each.test is not Method.NONE} == {Verdict.CHANCE}
    found = row(side("few", *fleet(0, 600, 3)), shown, "accounts_used_of_accounts")
    assert (found.test, found.verdict) == (Method.FISHER, Verdict.DIFFERS)
    assert row(side("few", *fleet(0, 60, 30)), shown, "key_uses_of_uses").test is Method.FISHER_USES


def test_printed_shares_are_those_of_the_counts_but_where_a_reading_says_otherwise() -> None:
    recomputed = {name: 100 * count / of for name, (count, of) in published().counts.shares().items()}
    assert set(published().printed) == set(recomputed)
    off = {name for name, printed in published().printed.items() if round(recomputed[name]) != printed}
    assert off == {"organizations_used_of_organizations", "key_uses_of_uses", "old_key_uses_of_key_uses"}
    uses = published().counts.shares()["repeat_uses_of_uses"]
    assert uses[0] / uses[1] > 0.86


def test_one_correction_for_all_rows() -> None:
    shares = {f"a{each}": share(0, 10) for each in range(20)}
    other = shares | {"a0": share(7, 10)}
    found = compare(Side(name="x", shares=shares), Side(name="y", shares=other)).differences[0]
    assert found.p_value is not None
    assert found.p_value < 0.05
    assert found.verdict is Verdict.CHANCE
    assert isinstance(side("z", look()).accounts, pl.DataFrame)
