"""From the observation table to account-weeks: what each account did in each week, in three truth values.

Null is *unknown* throughout, and polars' `&` and `|` on booleans are Kleene's, so the laws of unknown facts hold
column by column. Everything that looks at one row alone is lazy and streams; only the compact result is kept in memory.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
import polars as pl

from rootwarden.errors import InputError
from rootwarden.facts.assets import MOST
from rootwarden.facts.instant import FIRST_YEAR, LAST_YEAR
from rootwarden.fleet.observation import ACTIVE_STATES, ASSETS, KEYS, STATE_SUFFIX, checked
from rootwarden.fleet.parameters import StudyParameters, first_day_of_weeks

# AWS's clock and ours may differ a little; a date further ahead than this is no date of a use.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
USES: Final = ("console", *(f"key_{key}" for key in KEYS))
_DATES: Final = {"console": "password_last_used", **{f"key_{key}": f"key_{key}_last_used" for key in KEYS}}
_WEEK: Final = timedelta(days=7)
# Seconds; beyond sixty years a report is just very old.
_LONGEST_AGE: Final = 2_000_000_000
# What settles which of two looks at one instant stands.
_TELLING: Final = ("readable", "last_used_known", "last_used")
# A report a few hours old is as good as AWS gives; one that misses more than a day of the window shows no empty week.
OLDEST_REPORT: Final = timedelta(days=1)
_ID_LENGTH: Final = 12
_DAMAGED: Final = "it is damaged, or not one of ours: make it anew from the evidence"


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
    earliest = _earliest(rows)
    first = first_day_of_weeks(parameters, start or earliest)
    looks = _looks(rows, parameters, first).collect(engine="streaming").pipe(in_order, _TELLING)
    if looks["account"].null_count():
        raise InputError("the table has an account whose id is not twelve digits", hint=_DAMAGED)
    if looks.is_empty():
        raise InputError("no account of the period has a root user", hint="accounts of the China partition have none")
    return AccountWeeks(
        looks=looks,
        weeks=(weeks := _weeks(looks, parameters)),
        young=_young(looks, weeks),
        first=first,
        parameters=parameters,
    )


def in_order(looks: pl.DataFrame, telling: tuple[str, ...]) -> pl.DataFrame:
    """By account and instant; of several looks at one instant the one that tells most stands last.

    Args:
        looks: With the columns `account` and `as_of`.
        telling: Columns that say how much a look tells, the weightiest first.
    """
    ordered = looks.sort("account", "as_of")
    again = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in ("account", "as_of"))
    if not ordered.select(again.any()).item():
        return ordered
    # Every other column settles what is left, so that the order in which runs are read decides nothing.
    first = ("account", "as_of", *telling)
    names = [*first, *(name for name in looks.columns if name not in first)]
    by = [pl.col(name).cast(pl.String) if name == "organization" else pl.col(name) for name in names]
    return looks.sort(by, nulls_last=False)


def _young(looks: pl.DataFrame, weeks: pl.DataFrame) -> pl.DataFrame:
    """Accounts left out of a week; one that grew old enough within it is not left out."""
    young = looks.filter(~pl.col("counts") & ~pl.col("closed")).select("account", "week").unique()
    left_out = young.join(weeks, on=["account", "week"], how="anti")
    return left_out.group_by("week").agg(pl.col("account").n_unique())


def _earliest(rows: pl.LazyFrame) -> datetime:
    """The first as-of.

    Raises:
        InputError: When there is none, or one lies in years nobody can reckon with.
    """
    as_of = pl.col("as_of")
    sensible = as_of.dt.year().is_between(FIRST_YEAR, LAST_YEAR).fill_null(value=False)
    count, sound = rows.select(count=pl.len(), sound=sensible.all()).collect().row(0)
    if not count:
        raise InputError("no observation is in the period", hint="widen it, or import evidence of that time")
    if not sound:
        raise InputError("the table has an as-of that is no instant AWS accounts can know", hint=_DAMAGED)
    earliest: datetime = rows.select(as_of.min()).collect().item()
    return earliest


def _looks(rows: pl.LazyFrame, parameters: StudyParameters, first: datetime) -> pl.LazyFrame:
    """Every row alone: identity, week, and each question as true, false or null."""
    born = rows.group_by("account_id").agg(pl.col("created_at").max().alias("born"))
    # A report made after the as-of shows what happened until then; one without an instant is taken at its word.
    horizon = pl.max_horizontal("as_of", "report_generated_at")
    report_age = pl.col("as_of") - pl.col("report_generated_at").fill_null(pl.col("as_of"))
    prepared = rows.filter("has_root_user").join(born, on="account_id", how="left")
    return prepared.with_columns(
        horizon=horizon,
        created=pl.coalesce("created_at", "born"),
    ).select(
        account=pl.when(pl.col("account_id").str.len_bytes() == _ID_LENGTH).then(
            pl.col("account_id").cast(pl.UInt64, strict=False)
        ),
        organization=_organization().cast(pl.Categorical),
        as_of="as_of",
        report_age=report_age.dt.total_seconds().clip(-_LONGEST_AGE, _LONGEST_AGE).cast(pl.Int32),
        week=((pl.col("as_of") - first).dt.total_seconds() // int(_WEEK.total_seconds())).cast(pl.Int32),
        closed=~pl.col("account_state").is_in(ACTIVE_STATES),
        counts=_counts(parameters),
        readable="readable",
        **{f"{use}_date": pl.when(pl.col(date) <= pl.col("as_of")).then(date) for use, date in _DATES.items()},
        **{f"{use}_known": _tells(date) for use, date in _DATES.items()},
        last_used=_last_used(),
        last_used_known=pl.all_horizontal(_possible(date) for date in _DATES.values()),
        impossible=pl.any_horizontal(~_possible_if_known(date) for date in _DATES.values()),
        mfa=three_valued("mfa_active"),
        holds_key=pl.any_horizontal(three_valued(f"key_{key}_active") for key in KEYS),
        holds_old_key=pl.any_horizontal(three_valued(f"key_{key}_active") & _old(key, parameters) for key in KEYS),
        **{f"key_{key}_old": _old(key, parameters) for key in KEYS},
        size=_size(parameters),
        iam_users=_count("iam_users").cast(pl.Int32),
    )


def three_valued(name: str) -> pl.Expr:
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
    return _told(date) & _possible_if_known(date)


def _tells(date: str) -> pl.Expr:
    """Whether the look tells if there was a use before it: a date after its as-of hides what came before."""
    ahead = (pl.col(date) > pl.col("as_of")).fill_null(value=False)
    return _told(date) & ~ahead


def _told(name: str) -> pl.Expr:
    """Whether a fact is known or absent."""
    return pl.col(name).is_not_null() | (pl.col(name + STATE_SUFFIX) == "absent").fill_null(value=False)


def _last_used() -> pl.Expr:
    """The latest of the three dates that can be right."""
    return pl.max_horizontal(pl.when(_possible_if_known(date)).then(date) for date in _DATES.values())


def _old(key: int, parameters: StudyParameters) -> pl.Expr:
    return pl.col("as_of") - pl.col(f"key_{key}_last_rotated") > timedelta(days=parameters.old_key_days)


def _size(parameters: StudyParameters) -> pl.Expr:
    """0 small, 1 medium, 2 large; null when a count is unknown and the others alone do not make it large."""
    least = pl.sum_horizontal(_count(name) for name in ASSETS)
    whole = pl.all_horizontal(_told(name) for name in ASSETS)
    small = least < parameters.medium_from
    size = pl.when(least > parameters.large_above).then(2).when(~whole).then(None).when(small).then(0).otherwise(1)
    return size.cast(pl.UInt8)


def _count(name: str) -> pl.Expr:
    return pl.col(name).clip(0, MOST)


def _weeks(looks: pl.DataFrame, parameters: StudyParameters) -> pl.DataFrame:
    """One row an account and week: the last look of the week, and what earlier ones of the week show of its uses.

    A week's uses are those after the last look of the week before, and at most one window before its own last look.
    That stretch does not depend on what any look could read, so learning more never takes back what is decided.
    """
    # Sorted by account and instant, so the looks of a week stand together.
    counted = looks.filter(pl.col("counts").fill_null(value=True))
    last = counted.select(~_same_week(-1).fill_null(value=False)).to_series()
    standing = counted.filter(last).with_columns(begin=_begin(parameters))
    shown = {use: _shown(use) for use in USES}
    old = {key: shown[f"key_{key}"] & pl.col(f"key_{key}_old") for key in KEYS}
    if not last.all():
        standing = standing.join(_earlier(counted.filter(~last), standing), on=["account", "week"], how="left").sort(
            "account", "week"
        )
        shown = {use: shown[use] | _shown_earlier(use) for use in USES}
        old = {key: old[key] | _old_earlier(key) for key in KEYS}
    return standing.select(*_answers(shown, old))


def _same_week(places: int) -> pl.Expr:
    """Whether the row so many places before is of the same account and week."""
    return pl.all_horizontal(pl.col(name) == pl.col(name).shift(places) for name in ("account", "week"))


def _begin(parameters: StudyParameters) -> pl.Expr:
    """After which instant a use belongs to the week."""
    return pl.max_horizontal(pl.col("as_of") - parameters.window, pl.col("as_of").shift(1).over("account"))


def _shown(use: str) -> pl.Expr:
    """Whether the standing look shows a use; null when it cannot tell, or its report is too old to."""
    recent = pl.col("report_age") <= OLDEST_REPORT.total_seconds()
    sees = (pl.col("as_of") - pl.duration(seconds="report_age") > pl.col("begin")) & recent
    inside = (pl.col(f"{use}_date") > pl.col("begin")).fill_null(value=False)
    return pl.when(inside).then(statement=True).when(pl.col(f"{use}_known") & sees).then(statement=False)


def _earlier(looks: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """What looks before a week's last one show of its uses, and whether one of them did not tell."""
    placed = looks.join(standing.select("account", "week", "begin", last="as_of"), on=["account", "week"])
    inside = {f"{use}_earlier": (pl.col(f"{use}_date") > pl.col("begin")).any() for use in USES}
    before = pl.col("as_of") < pl.col("last")
    silent = {f"{use}_silent": (~pl.col(f"{use}_known") & before).any() for use in USES}
    old = {f"key_{key}_old_earlier": _old_use_here(key).any(ignore_nulls=False) for key in KEYS}
    return placed.group_by("account", "week").agg(earlier=pl.lit(value=True), **inside, **silent, **old)


def _old_use_here(key: int) -> pl.Expr:
    """Whether a look shows a use of a key that was old then: until the next look it may be rotated."""
    inside = (pl.col(f"key_{key}_date") > pl.col("begin")).fill_null(value=False)
    tells = pl.col(f"key_{key}_known") | (pl.col("as_of") == pl.col("last"))
    used = pl.when(inside).then(statement=True).when(tells).then(statement=False)
    return used & pl.col(f"key_{key}_old")


def _old_earlier(key: int) -> pl.Expr:
    """The same of the looks before the last one of the week; false where there is none."""
    return pl.when(pl.col("earlier")).then(pl.col(f"key_{key}_old_earlier")).otherwise(statement=False)


def _shown_earlier(use: str) -> pl.Expr:
    """True if an earlier look shows a use; null if one did not tell and the last look need not show it any more.

    The date of the password only ever moves on. That of a key is gone when the key is.
    """
    silent = pl.lit(value=False) if use == "console" else pl.col(f"{use}_silent").fill_null(value=False)
    return pl.col(f"{use}_earlier").fill_null(value=False) | pl.when(~silent).then(statement=False)


def _answers(shown: dict[str, pl.Expr], old: dict[int, pl.Expr]) -> list[pl.Expr]:
    """The columns of account-weeks; null while it is unknown whether the account is old enough to count."""
    keys = [shown[f"key_{key}"] for key in KEYS]
    questions = {
        "use": pl.any_horizontal(shown.values()),
        "console": shown["console"],
        "key": pl.any_horizontal(keys),
        "old_key": pl.any_horizontal(old.values()),
        "holds_key": pl.col("holds_key"),
        "holds_old_key": pl.col("holds_old_key"),
    }
    plain = [pl.col(name) for name in ("account", "organization", "week", "begin", "as_of", "size", "iam_users", "mfa")]
    return plain + [pl.when("counts").then(question).alias(name) for name, question in questions.items()]
