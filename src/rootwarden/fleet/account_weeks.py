"""From the observation table to account-weeks: what each account did in each week, in three truth values.

Null is *unknown* throughout, and polars' `&` and `|` on booleans are Kleene's, so the laws of unknown facts hold
column by column. Everything that looks at one row alone is lazy and streams; only the compact result is kept in memory.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from rootwarden.errors import InputError
from rootwarden.fleet.observation import ACTIVE_STATES, ASSETS, KEYS, STATE_SUFFIX, checked
from rootwarden.fleet.parameters import StudyParameters, first_day_of_weeks

if TYPE_CHECKING:
    from collections.abc import Iterable

# AWS's clock and ours may differ a little; a date further ahead than this is no date of a use.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
SIZES: Final = ("small", "medium", "large")
USES: Final = ("console", *(f"key_{key}" for key in KEYS))
_DATES: Final = {"console": "password_last_used", **{f"key_{key}": f"key_{key}_last_used" for key in KEYS}}
_WEEK: Final = timedelta(days=7)


class AccountWeeks(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures are made from.

    Attributes:
        looks: One row an account and run, every run, reduced to what the figures and the estimate read.
        weeks: One row an account and week, old enough or of unknown age, sorted by account and week.
        young: Accounts left out as too young, by week.
        first: Midnight the first week begins.
        parameters: What was counted by.
    """

    looks: pl.DataFrame
    weeks: pl.DataFrame
    young: pl.DataFrame
    first: datetime
    parameters: StudyParameters


def account_weeks(
    observations: pl.LazyFrame,
    parameters: StudyParameters,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> AccountWeeks:
    """Reduce observations of a period to account-weeks.

    Args:
        observations: The observation table.
        parameters: What to count by.
        start: First instant of the period; the first as-of when not given.
        end: First instant after it.

    Raises:
        InputError: When the table is of another schema, or no observation is in the period.
    """
    rows = checked(observations)
    rows = rows if start is None else rows.filter(pl.col("as_of") >= start)
    rows = rows if end is None else rows.filter(pl.col("as_of") < end)
    earliest = rows.select(pl.col("as_of").min()).collect().item()
    if earliest is None:
        raise InputError("no observation is in the period", hint="widen it, or import evidence of that time")
    first = first_day_of_weeks(parameters, start or earliest)
    looks = _looks(rows, parameters, first).collect(engine="streaming").sort("account", "as_of")
    counted = looks.filter(pl.col("counts").fill_null(value=True))
    return AccountWeeks(
        looks=looks,
        weeks=_with_new_uses(_one_a_week(counted)),
        young=looks.filter(~pl.col("counts") & ~pl.col("closed")).group_by("week").agg(pl.col("account").n_unique()),
        first=first,
        parameters=parameters,
    )


def _looks(rows: pl.LazyFrame, parameters: StudyParameters, first: datetime) -> pl.LazyFrame:
    """Every row alone: identity, week, and each question as true, false or null."""
    born = rows.group_by("account_id").agg(pl.col("created_at").max().alias("born"))
    # A report made after the as-of shows what happened until then; one without an instant is taken at its word.
    horizon = pl.max_horizontal("as_of", "report_generated_at")
    report_age = pl.col("as_of") - pl.col("report_generated_at").fill_null(pl.col("as_of"))
    prepared = rows.filter("has_root_user").join(born, on="account_id", how="left")
    return prepared.with_columns(
        horizon=horizon,
        stale=report_age >= parameters.window,
        created=pl.coalesce("created_at", "born"),
    ).select(
        account=pl.col("account_id").cast(pl.UInt64),
        organization=_organization().cast(pl.Categorical),
        as_of="as_of",
        seen_until=pl.coalesce("report_generated_at", "as_of"),
        report_age=report_age,
        week=((pl.col("as_of") - first).dt.total_seconds() // int(_WEEK.total_seconds())).cast(pl.Int32),
        closed=~pl.col("account_state").is_in(ACTIVE_STATES),
        counts=_counts(parameters),
        readable="readable",
        **{f"{use}_date": _date_in_window(date, parameters) for use, date in _DATES.items()},
        **{f"{use}_known": _decided(date, parameters) for use, date in _DATES.items()},
        last_used=_last_used(),
        last_used_known=pl.all_horizontal(_possible(date) for date in _DATES.values()),
        impossible=pl.any_horizontal(~_possible_if_known(date) for date in _DATES.values()),
        mfa=_three_valued("mfa_active"),
        holds_key=pl.any_horizontal(_three_valued(f"key_{key}_active") for key in KEYS),
        holds_old_key=pl.any_horizontal(_three_valued(f"key_{key}_active") & _old(key, parameters) for key in KEYS),
        **{f"key_{key}_old": _old(key, parameters) for key in KEYS},
        size=_size(parameters),
        iam_users="iam_users",
    )


def _three_valued(name: str) -> pl.Expr:
    """A boolean fact: absent is false, unknown is null."""
    return pl.when(pl.col(name + STATE_SUFFIX) == "absent").then(statement=False).otherwise(pl.col(name))


def _organization() -> pl.Expr:
    """The organization's id; an account in none is one of its own; null when unknown."""
    alone = pl.lit("account ") + pl.col("account_id")
    return pl.when(pl.col("organization_id" + STATE_SUFFIX) == "absent").then(alone).otherwise("organization_id")


def _counts(parameters: StudyParameters) -> pl.Expr:
    """Whether the row is of an open account that is old enough; null when its age is unknown."""
    old_enough = pl.col("created") <= pl.col("as_of") - timedelta(days=parameters.minimum_age_days)
    return pl.col("account_state").is_in(ACTIVE_STATES) & old_enough


def _possible_if_known(date: str) -> pl.Expr:
    return (pl.col(date) <= pl.col("horizon") + CLOCK_TOLERANCE).fill_null(value=True)


def _possible(date: str) -> pl.Expr:
    """Whether the date is known, or known to be none, and not ahead of its own report."""
    return (pl.col(date + STATE_SUFFIX) != "unknown") & _possible_if_known(date)


def _date_in_window(date: str, parameters: StudyParameters) -> pl.Expr:
    """The date, when it is in the window; else null."""
    inside = (pl.col(date) > pl.col("as_of") - parameters.window) & _possible_if_known(date)
    return pl.when(inside).then(date)


def _decided(date: str, parameters: StudyParameters) -> pl.Expr:
    """Whether it is known if the date is in the window: a stale report can only show that it is."""
    inside = _date_in_window(date, parameters).is_not_null()
    return inside | (_possible(date) & ~pl.col("stale"))


def _last_used() -> pl.Expr:
    """The latest of the three dates that can be right."""
    return pl.max_horizontal(pl.when(_possible_if_known(date)).then(date) for date in _DATES.values())


def _old(key: int, parameters: StudyParameters) -> pl.Expr:
    return pl.col("as_of") - pl.col(f"key_{key}_last_rotated") > timedelta(days=parameters.old_key_days)


def _size(parameters: StudyParameters) -> pl.Expr:
    """0 small, 1 medium, 2 large; null when a count is unknown and the others do not make it large by themselves."""
    least = pl.sum_horizontal(pl.col(name) for name in ASSETS)
    whole = pl.all_horizontal(pl.col(name + STATE_SUFFIX) != "unknown" for name in ASSETS)
    small = least < parameters.medium_from
    size = pl.when(least > parameters.large_above).then(2).when(~whole).then(None).when(small).then(0).otherwise(1)
    return size.cast(pl.UInt8)


def _one_a_week(looks: pl.DataFrame) -> pl.DataFrame:
    """One look stands for an account's week: the last that decides its use, else the last."""
    anything = pl.any_horizontal(pl.col(f"{use}_date").is_not_null() for use in USES)
    decides = (anything | pl.all_horizontal(f"{use}_known" for use in USES)) & pl.col("counts").is_not_null()
    ordered = looks.lazy().with_columns(decides=decides).sort("account", "week", "decides", "as_of")
    return ordered.unique(["account", "week"], keep="last", maintain_order=True).collect()


def _with_new_uses(weeks: pl.DataFrame) -> pl.DataFrame:
    """Ask each use once: a date that counted in the account's week before does not count again."""
    known = {use: _used(use) for use in USES}
    keys = [known[f"key_{key}"] for key in KEYS]
    old = [known[f"key_{key}"] & pl.col(f"key_{key}_old") for key in KEYS]
    return (
        weeks.lazy()
        .select(
            "account",
            "organization",
            "week",
            "as_of",
            "size",
            "iam_users",
            "mfa",
            *_where_counted("holds_key", "holds_old_key"),
            use=_if_counted(pl.any_horizontal(known.values())),
            console=_if_counted(known["console"]),
            key=_if_counted(pl.any_horizontal(keys)),
            old_key=_if_counted(pl.any_horizontal(old)),
        )
        .collect()
    )


def _used(use: str) -> pl.Expr:
    """True for a date in the window that did not count before, false for none, null when it cannot be told."""
    date = pl.col(f"{use}_date")
    before = date.forward_fill().shift(1).over("account")
    return pl.when(date.is_not_null()).then(date.ne_missing(before)).when(pl.col(f"{use}_known")).then(statement=False)


def _if_counted(question: pl.Expr) -> pl.Expr:
    """Null while it is unknown whether the account is old enough to count."""
    return pl.when(pl.col("counts")).then(question)


def _where_counted(*names: str) -> Iterable[pl.Expr]:
    return [_if_counted(pl.col(name)).alias(name) for name in names]
