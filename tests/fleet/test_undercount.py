"""The estimate of hidden uses: its formulas the long way, and its coverage over fleets that never were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from tests.fleet.looks import START, UNKNOWN, ago, key, look

from rootwarden.fleet.account_weeks import account_weeks
from rootwarden.fleet.observation import table
from rootwarden.fleet.parameters import StudyParameters
from rootwarden.fleet.result import Estimate
from rootwarden.fleet.undercount import Stretches, estimate, estimate_uses, fit, stretches

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.fleet.observation import Row
    from rootwarden.fleet.undercount import Array

WEEKS = 20
Generator = np.random.Generator


def watched(*rows: Row) -> list[tuple[float, float, float]]:
    """(stretches with a use, days empty, days hidden) of each account."""
    seen = stretches(account_weeks(table(rows).lazy(), StudyParameters()))
    return list(zip(seen.seen.tolist(), seen.empty.tolist(), seen.hidden.tolist(), strict=True))


def test_a_stretch_is_split_by_its_last_use() -> None:
    assert watched(look(signed_in=ago(2))) == [(1, 2, 5)]
    assert watched(look(signed_in=ago(9))) == [(0, 7, 0)]
    assert watched(look()) == [(0, 7, 0)]


def test_the_latest_of_the_three_dates_counts() -> None:
    assert watched(look(signed_in=ago(3), keys=(key(ago(5)), key(ago(1))))) == [(1, 1, 6)]


def test_looks_that_tell_nothing_join_their_stretches() -> None:
    rows = [look(), look(week=1, readable=False), look(week=2, signed_in=ago(4, 2))]
    assert watched(*rows) == [(1, 7 + 4, 10)]
    assert watched(look(), look(week=2, signed_in=ago(4, 2))) == [(1, 7 + 4, 10)]


def test_further_looks_only_tell_more() -> None:
    """A look between two others moves days from hidden to empty, and may show a use that was hidden."""
    between = look(week=0.5, signed_in=ago(1, 0.5))
    assert watched(look(), between, look(week=1, signed_in=ago(1, 1))) == [(2, 7 + 1 + 1, 2.5 + 2.5)]


def test_a_report_that_is_repeated_adds_nothing() -> None:
    same = look(week=2 / 7, report=START, signed_in=ago(2))
    assert watched(look(signed_in=ago(2)), same) == [(1, 2, 5)]


def test_unknown_dates_and_young_accounts_are_left_out() -> None:
    assert watched(look(keys=UNKNOWN), look(account=2, created=ago(3)), look(account=3)) == [(0, 7, 0)]


def test_the_fit_is_the_integral_over_all_rates() -> None:
    """The likelihood of the fitted grid, against rates integrated numerically, users and others alike."""
    random = np.random.default_rng(5)
    seen, _ = fleet(random, random.gamma(0.8, 0.1, 40))
    found = fit(seen)
    best = found.best
    rates = np.exp(np.linspace(np.log(1e-9), np.log(50), 20_001))

    def log_likelihood(shape: float, rate: float) -> float:
        density = rates ** (shape - 1) * np.exp(-rate * rates)
        scale = np.trapezoid(density, rates)
        of_one = [
            np.trapezoid(density * rates**events * np.exp(-rates * days), rates) / scale
            for events, days in zip(seen.seen, seen.empty, strict=True)
        ]
        users = seen.seen > 0
        never = np.linspace(0, 0.999, 2_000)[:, None]
        quiet = np.array(of_one)[~users]
        others = (np.log(never + (1 - never) * quiet).sum(axis=1) + users.sum() * np.log1p(-never[:, 0])).max()
        return float(np.log(np.array(of_one)[users]).sum() + others)

    relative = np.log(found.weights / found.weights[best])
    reference = log_likelihood(found.shapes[best], found.rates[best])
    for place in (best, best + 3, best - 65, int(relative.argsort()[-200])):
        direct = log_likelihood(found.shapes[place], found.rates[place]) - reference
        assert relative[place] == pytest.approx(direct, abs=0.02)


def fleet(random: Generator, rates: Array, weeks: int = WEEKS) -> tuple[Stretches, int]:
    """What weekly looks see of accounts with these daily rates, and how many uses there were."""
    uses = random.poisson(rates[:, None] * 7, size=(len(rates), weeks))
    # The latest of n uniform instants of a week.
    latest = np.where(uses > 0, 7 * random.random(uses.shape) ** (1 / np.maximum(uses, 1)), 0.0)
    seen = Stretches(
        seen=(uses > 0).sum(axis=1).astype(np.float64), empty=(7 - latest).sum(axis=1), hidden=latest.sum(axis=1)
    )
    return seen, int(uses.sum())


def large(random: Generator) -> Array:
    """Like the published fleet: one account in six uses root at all, some of them often."""
    return np.where(random.random(915) < 0.2, random.gamma(0.7, 0.06, 915), 0.0)


def small(random: Generator) -> Array:
    return random.gamma(0.3, 0.1, 60)


def two_kinds(random: Generator) -> Array:
    return np.where(random.random(400) < 0.15, 0.12, 0.0)


def rare(random: Generator) -> Array:
    """One account in fifty uses root, and then often: the mean of all is far from that of those."""
    return np.where(random.random(2000) < 0.02, random.gamma(2.0, 0.15, 2000), 0.0)


def told(made: Estimate) -> tuple[float, float, float]:
    """Low, value and high of an estimate that has them."""
    assert made.value is not None
    assert made.high is not None
    return made.low, made.value, made.high


def coverage(draw: Callable[[Generator], Array], fleets: int, *, seed: int, confidence: float = 0.95) -> float:
    """The share of fleets whose interval holds the true number."""
    random = np.random.default_rng(seed)
    held = 0
    for _ in range(fleets):
        seen, truth = fleet(random, draw(random))
        low, value, high = told(estimate(seen, confidence))
        assert low <= value <= high
        held += low <= truth <= high
    return held / fleets


@pytest.mark.parametrize("draw", [large, small, two_kinds, rare])
def test_coverage(draw: Callable[[Generator], Array]) -> None:
    """A slice: with 60 fleets, fewer than 51 intervals holding the truth would be a chance of one in a thousand."""
    assert coverage(draw, 60, seed=11) >= 51 / 60


@pytest.mark.soak
@pytest.mark.parametrize("draw", [large, small, two_kinds, rare])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_coverage_is_nominal(draw: Callable[[Generator], Array], confidence: float) -> None:
    """1,500 fleets: three standard errors below; more above, for ends are rounded outward to whole uses."""
    rate = coverage(draw, 1500, seed=7, confidence=confidence)
    error = (confidence * (1 - confidence) / 1500) ** 0.5
    assert confidence - 3 * error <= rate <= confidence + 0.055


def test_few_busy_accounts_among_many_idle_ones_are_not_pulled_to_the_mean_of_all() -> None:
    random = np.random.default_rng(1)
    ratios = []
    for _ in range(20):
        seen, truth = fleet(random, rare(random))
        ratios.append(told(estimate(seen, 0.95))[1] / truth)
    assert np.mean(ratios) == pytest.approx(1, abs=0.012)


def test_bursts_are_what_the_model_cannot_see() -> None:
    """Three sign-ins within minutes look like one: the documentation says that the estimate is then too low."""
    random = np.random.default_rng(3)
    too_low = 0
    for _ in range(20):
        seen, bursts = fleet(random, large(random))
        too_low += told(estimate(seen, 0.95))[2] < 3 * bursts
    assert too_low == 20


def test_nothing_seen_is_nothing_hidden() -> None:
    nothing = Stretches(seen=np.zeros(3), empty=np.full(3, 140.0), hidden=np.zeros(3))
    assert estimate(nothing, 0.95) == Estimate(value=0, low=0, high=0, accounts=3)
    assert estimate(Stretches(seen=np.zeros(0), empty=np.zeros(0), hidden=np.zeros(0)), 0.95).high == 0


def test_a_single_use_and_a_use_at_the_very_look() -> None:
    one = estimate(watched_frame(look(signed_in=ago(2))), 0.95)
    assert told(one)[0] == 1
    assert told(one)[1] >= 1
    busy = estimate(watched_frame(*(look(week=week, signed_in=ago(0, week)) for week in range(5))), 0.95)
    assert (busy.value, busy.low, busy.high) == (None, 5, None)


def watched_frame(*rows: Row) -> Stretches:
    return stretches(account_weeks(table(rows).lazy(), StudyParameters()))


def test_more_frequent_looks_narrow_the_interval() -> None:
    """The same uses, looked at weekly and daily: daily looks see more, and the estimates agree."""
    random = np.random.default_rng(9)
    rows: list[Row] = []
    for account in range(40):
        uses = np.sort(random.random(random.poisson(6)) * 70)
        for day in range(7, 71):
            before = uses[uses <= day]
            last = None if not len(before) else ago(-float(before[-1]))
            rows.append(look(account, day / 7, signed_in=last))
    daily = account_weeks(table(rows).lazy(), StudyParameters())
    weekly = account_weeks(
        table(rows).lazy().filter((pl.col("as_of") - START).dt.total_days() % 7 == 0), StudyParameters()
    )
    fine, coarse = (told(estimate(stretches(each), 0.95)) for each in (daily, weekly))
    assert fine[2] - fine[0] < (coarse[2] - coarse[0]) / 2
    assert coarse[0] <= fine[1] <= coarse[2]


def test_an_account_that_is_used_all_the_time_is_named_and_left_out() -> None:
    """A script with a key every five minutes would drag all others along, and is still far from what it does."""
    often = [look(1, week, keys=(key(ago(0.003, week)),)) for week in range(4)]
    others = [look(account, week, signed_in=ago(account, 1)) for account in (2, 3, 4) for week in range(4)]
    alone = estimate_uses(account_weeks(table(others).lazy(), StudyParameters()))
    made = estimate_uses(account_weeks(table([*often, *others]).lazy(), StudyParameters()))
    assert made.always == ("111100000001",)
    assert alone.always == ()
    assert alone.value is not None
    assert alone.high is not None
    assert (made.value, made.low, made.high) == (alone.value + 4, alone.low + 4, alone.high + 4)


def test_dates_that_set_no_bound_are_said_to_set_none() -> None:
    """Two uses at the very instant of the look: every rate is as good as a higher one."""
    made = estimate(Stretches(seen=np.array([2.0]), empty=np.zeros(1), hidden=np.full(1, 14.0)), 0.95)
    assert (made.value, made.low, made.high, made.accounts) == (None, 2, None, 1)
    assert fit(Stretches(seen=np.array([2.0]), empty=np.full(1, 4.0), hidden=np.full(1, 10.0))).at_the_end < 0.01
