"""How many uses there really were, from last-used dates alone (docs/fleet-study.md).

Between two looks an account's uses are a Poisson process of unknown rate, of which a look shows only the latest event.
Given the rate, the empty time after that event is exponential, so a stretch with an event `t` days before its end has
the likelihood `r exp(-r t)`, an empty one of `t` days `exp(-r t)`. With `d` events seen and `T` days seen empty an
account has `r**d exp(-r T)`; under a gamma distribution of rates with shape `a` and mean `m` (rate `b = a / m`) this
integrates to

    gamma(a + d) / gamma(a) * b**a / (b + T)**(a + d)

and a share of the accounts never uses root at all. The three parameters are fitted over all accounts by maximum
likelihood. Hidden are the events before the latest one of a stretch:
in `H` hidden days a negative binomial number with mean `H (a + d) / (b + T)`. The interval is the quantiles of the sum
over accounts, averaged over the parameters by their likelihood.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
import numpy as np
import polars as pl

from rootwarden.fleet.result import Estimate

if TYPE_CHECKING:
    from rootwarden.fleet.account_weeks import AccountWeeks

Array: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"

# Shapes from "a few accounts make all uses" to "all alike"; beyond either end nothing changes any more.
_SHAPES: Final = (np.log(3e-3), np.log(1e2))
# Means by a factor of twenty beyond the crude ones.
_MEAN_SPREAD: Final = 3.0
_COARSE: Final = 41
_FINE: Final = 31
# Parameters less likely than the best by a factor of e^10 have no weight.
_DROP: Final = 10.0
_HALVINGS: Final = 40
_SECONDS_A_DAY: Final = 86_400
# An account seen in so many stretches, on average less than three hours before the look, is used all the time.
_OFTEN: Final = 3
_NEAR_DAYS: Final = 0.125
# Logarithms of means so near the end of the grid are at its end.
_END: Final = 0.01
# Of all likelihood; a fleet of one account that can be told has 0.01 there.
_TOO_MUCH: Final = 0.05


class Stretches(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen of each account, in days.

    Attributes:
        seen: Stretches with a use.
        empty: Days known to be without a use.
        hidden: Days before the last use of a stretch, of which nothing is known.
    """

    seen: Array
    empty: Array
    hidden: Array


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters on a grid with their likelihood.

    Attributes:
        shapes: Shape of each point.
        rates: Rate parameter (days) of each point.
        weights: Likelihood of each point, summing to 1.
        best: Index of the most likely one.
        at_the_end: The weight of the points with the highest mean there is on the grid.
    """

    shapes: Array
    rates: Array
    weights: Array
    best: int
    at_the_end: float


def estimate_uses(fleet: AccountWeeks) -> Estimate:
    """Estimate the number of uses in the stretches that were watched."""
    watched = _by_account(fleet)
    always = always_in_use(watched)
    rest = watched.filter(~pl.col("account").is_in(always.implode()))
    made = estimate(_columns(rest), fleet.parameters.confidence)
    seen = float(watched.filter(pl.col("account").is_in(always.implode()))["seen"].sum())
    # Every account-week with a use holds one of its own, also where another date is unknown and the look is left out.
    known = float(fleet.weeks["use"].sum())
    if not watched.height:
        return Estimate(value=None, low=known, high=None, accounts=0)
    return Estimate(
        value=None if made.value is None else max(made.value + seen, known),
        low=max(made.low + seen, known),
        high=None if made.high is None else max(made.high + seen, known),
        accounts=watched.height,
        always=tuple(f"{account:012d}" for account in always),
    )


def always_in_use(watched: pl.DataFrame) -> pl.Series:
    """Accounts whose last use is time and again so near the look that no rate can be told from it."""
    often = (pl.col("seen") >= _OFTEN) & (pl.col("empty") < pl.col("seen") * _NEAR_DAYS)
    return watched.filter(often)["account"].sort()


def stretches(fleet: AccountWeeks) -> Stretches:
    """Reduce every look of every account to what its process is seen through."""
    return _columns(_by_account(fleet))


def _columns(watched: pl.DataFrame) -> Stretches:
    return Stretches(**{name: watched[name].cast(pl.Float64).to_numpy() for name in ("seen", "empty", "hidden")})


def _by_account(fleet: AccountWeeks) -> pl.DataFrame:
    """Stretches with a use, empty days and hidden days of each account.

    A stretch goes from one look that tells the last use to the next one; the first begins one window before it. Looks
    that tell nothing are left out, which joins their stretches; a look that repeats an old report adds nothing.
    """
    return pl.concat([_of_part(part, fleet) for part in fleet.looks]).sort("account")


def _of_part(part: pl.DataFrame, fleet: AccountWeeks) -> pl.DataFrame:
    """The stretches of certain accounts, summed up for each."""
    looks = part.lazy().filter(pl.col("last_used_known") & pl.col("counts"))
    seen_until = pl.col("as_of") - pl.duration(seconds="report_age")
    told = looks.select("account", "last_used", seen_until=seen_until).sort("account", "seen_until")
    same = pl.col("account") == pl.col("account").shift(1)
    before = pl.when(same).then(pl.col("seen_until").shift(1))
    placed = told.with_columns(begin=before.fill_null(pl.col("seen_until") - fleet.parameters.window))
    used = (pl.col("last_used") > pl.col("begin")).fill_null(value=False) & (pl.col("seen_until") > pl.col("begin"))
    last = pl.when(used).then(pl.min_horizontal("last_used", "seen_until")).otherwise("begin")
    return (
        placed.group_by("account")
        .agg(
            seen=used.sum(),
            empty=(pl.col("seen_until") - last).dt.total_seconds().sum() / _SECONDS_A_DAY,
            hidden=(last - pl.col("begin")).dt.total_seconds().sum() / _SECONDS_A_DAY,
        )
        .collect()
    )


def estimate(watched: Stretches, confidence: float) -> Estimate:
    """The uses seen plus the hidden ones, with an interval that holds the true number with the given confidence."""
    seen, accounts = float(watched.seen.sum()), len(watched.seen)
    if not seen:
        # No date in any stretch: nothing is hidden, for what is hidden lies before a date.
        return Estimate(value=0.0, low=0.0, high=0.0, accounts=accounts)
    fitted = fit(watched)
    if fitted.at_the_end > _TOO_MUCH:
        # The likelihood goes on rising where the grid ends: any number out of it would be that of the grid.
        return Estimate(value=None, low=seen, high=None, accounts=accounts)
    mean, variance, third = _hidden_moments(watched, fitted)
    tail = (1 - confidence) / 2
    low, high = (_quantile(level, _mixed(fitted, mean, variance, third)) for level in (tail, 1 - tail))
    return Estimate(
        value=seen + float(mean[fitted.best]),
        low=seen + max(float(np.floor(low)), 0.0),
        high=seen + float(np.ceil(high)),
        accounts=accounts,
    )


def fit(watched: Stretches) -> Fit:
    """The gamma distribution of rates by maximum likelihood, on a grid that is narrowed twice around the best point."""
    # The mean rate of those who use root lies between that of all accounts and that of the accounts seen in use.
    users = watched.seen > 0
    least, most = (
        float(np.log(watched.seen.sum() / max(days.sum(), 1e-3))) for days in (watched.empty, watched.empty[users])
    )
    box = (*_SHAPES, least - _MEAN_SPREAD, most + _MEAN_SPREAD)
    for points in (_COARSE, _FINE, _FINE):
        shapes, means = _grid(box, points)
        likelihood = _log_likelihood(watched, np.exp(shapes), np.exp(shapes - means))
        worth = likelihood > likelihood.max() - _DROP
        box = _around(shapes[worth], means[worth], box, points)
    weights = np.exp(likelihood - likelihood.max())
    return Fit(
        shapes=np.exp(shapes),
        rates=np.exp(shapes - means),
        weights=weights / weights.sum(),
        best=int(likelihood.argmax()),
        at_the_end=float(weights[means > most + _MEAN_SPREAD - _END].sum() / weights.sum()),
    )


def _grid(box: tuple[float, float, float, float], points: int) -> tuple[Array, Array]:
    """Logarithms of shape and mean, every pair of an even grid."""
    shapes, means = np.meshgrid(np.linspace(box[0], box[1], points), np.linspace(box[2], box[3], points))
    return shapes.ravel(), means.ravel()


def _around(
    shapes: Array, means: Array, box: tuple[float, float, float, float], points: int
) -> tuple[float, float, float, float]:
    """The box of some points with a step around it, inside the box they came from."""
    wide, high = (box[1] - box[0]) / (points - 1), (box[3] - box[2]) / (points - 1)
    return (
        max(float(shapes.min()) - wide, box[0]),
        min(float(shapes.max()) + wide, box[1]),
        max(float(means.min()) - high, box[2]),
        min(float(means.max()) + high, box[3]),
    )


def _log_likelihood(watched: Stretches, shapes: Array, rates: Array) -> Array:
    """Of every point of a grid, with the share of accounts that never use root at its best for each point."""
    users = watched.seen > 0
    seen, empty = watched.seen[users], watched.empty[users]
    # gamma(a + d) / gamma(a) is the product of a + j for j below d: count how many accounts have more than j.
    beyond = np.array([(seen > j).sum() for j in range(int(seen.max()))], dtype=np.float64)
    steps = np.arange(len(beyond))
    of_users = [
        float(beyond @ np.log(shape + steps) + (shape * np.log(rate) - (shape + seen) * np.log(rate + empty)).sum())
        for shape, rate in zip(shapes, rates, strict=True)
    ]
    return np.array(of_users) + _of_others(watched.empty[~users], len(seen), shapes, rates)


def _of_others(empty: Array, users: int, shapes: Array, rates: Array) -> Array:
    """Log likelihood of the accounts without a use, and of the share of accounts that could have had one.

    An account without a use in `T` days never uses root (share `p`), or does and did not: with `q` for the latter the
    likelihood is `(1 - p)**users * prod(p + (1 - p) q)`, whose logarithm is concave in `p`: bisection finds its best.
    """
    days, times = np.unique(empty.round(1), return_counts=True)
    quiet = np.exp(shapes[:, None] * (np.log(rates)[:, None] - np.log(rates[:, None] + days)))
    low, high = np.zeros(len(shapes)), np.full(len(shapes), 1 - 1e-9)
    for _ in range(_HALVINGS):
        never = (low + high) / 2
        slope = ((1 - quiet) / (never[:, None] + (1 - never[:, None]) * quiet)) @ times - users / (1 - never)
        low, high = np.where(slope > 0, never, low), np.where(slope > 0, high, never)
    spread = low[:, None] + (1 - low[:, None]) * quiet
    result: Array = users * np.log1p(-low) + np.log(spread) @ times
    return result


def _hidden_moments(watched: Stretches, fitted: Fit) -> tuple[Array, Array, Array]:
    """Mean, variance and third central moment of the hidden number of uses, at every point of the grid."""
    some = watched.hidden > 0
    seen, empty, hidden = watched.seen[some], watched.empty[some], watched.hidden[some]
    moments = np.empty((3, len(fitted.shapes)))
    for place, (shape, rate) in enumerate(zip(fitted.shapes, fitted.rates, strict=True)):
        ratio = hidden / (rate + empty)
        mean = (shape + seen) * ratio
        variance = mean * (1 + ratio)
        moments[:, place] = mean.sum(), variance.sum(), (variance * (1 + 2 * ratio)).sum()
    return moments[0], moments[1], moments[2]


def _mixed(fitted: Fit, mean: Array, variance: Array, third: Array) -> tuple[float, float, float]:
    """Mean, variance and third central moment over the whole grid."""
    weights = fitted.weights
    middle = float(weights @ mean)
    off = mean - middle
    return (
        middle,
        float(weights @ (variance + off**2)),
        float(weights @ (third + 3 * variance * off + off**3)),
    )


def _quantile(level: float, moments: tuple[float, float, float]) -> float:
    """Of a shifted gamma distribution with these three moments (Wilson and Hilferty's approximation, 1931)."""
    mean, variance, third = moments
    normal, deviation = NormalDist().inv_cdf(level), sqrt(variance)
    if variance <= 0:
        return mean
    skew = third / deviation**3
    if abs(skew) < 1e-6:  # noqa: PLR2004 - as good as symmetric, and the formula divides by it
        return mean + deviation * normal
    cube: float = (1 + skew * normal / 6 - skew**2 / 36) ** 3
    return mean + deviation * 2 / skew * (cube - 1)
