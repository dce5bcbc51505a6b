"""From looks to account-weeks: what each account did in each week, in three truth values.

Null is *unknown* throughout, and polars' `&` and `|` on booleans are Kleene's, so the laws of unknown facts hold
column by column.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from rootwarden.fleet.looks import USES, looks_of
from rootwarden.fleet.observation import KEYS
from rootwarden.fleet.parameters import StudyParameters, first_day_of_weeks

if TYPE_CHECKING:
    from rootwarden.fleet.looks import Looks

_WEEK: Final = timedelta(days=7)
# A report a few hours old is as good as AWS gives; one that misses more than a day of the window shows no empty week.
OLDEST_REPORT: Final = timedelta(days=1)


class AccountWeeks(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures are made from.

    Attributes:
        looks: One row an account and run; a part has certain accounts with all their looks, by account and instant.
        weeks: One row an account and week, old enough or of unknown age; the weeks of an account in order.
        young: Accounts left out as too young, by week.
        shared_names: Names that several accounts of one run have.
        first: Midnight the first week begins.
        first_as_of: Of the looks.
        last_as_of: Of the looks.
        parameters: What was counted by.
    """

    looks: tuple[pl.DataFrame, ...]
    weeks: pl.DataFrame
    young: pl.DataFrame
    shared_names: pl.Series
    first: datetime
    first_as_of: datetime
    last_as_of: datetime
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
    return weeks_of(looks_of([observations], parameters, start=start, end=end), parameters, start=start)


def weeks_of(looks: Looks, parameters: StudyParameters, *, start: datetime | None = None) -> AccountWeeks:
    """Account-weeks of looks that are at hand.

    Args:
        looks: Made by the same parameters.
        parameters: What to count by.
        start: First instant of the period; the first as-of when not given.
    """
    first = first_day_of_weeks(parameters, start or looks.first)
    spans = [part.select(first=pl.col("as_of").min(), last=pl.col("as_of").max()) for part in looks.parts]
    span = pl.concat(spans).select(pl.col("first").min(), pl.col("last").max(), week=_week_of("last", first).max())
    in_last = pl.col("week") == span["week"].item()
    parts = tuple(
        part.with_columns(week=_week_of("as_of", first)).with_columns(in_last_week=in_last) for part in looks.parts
    )
    weeks = [_weeks(part, parameters) for part in parts]
    young = [_young(part, decided) for part, decided in zip(parts, weeks, strict=True)]
    return AccountWeeks(
        looks=parts,
        weeks=pl.concat(weeks),
        young=pl.concat(young).group_by("week").agg(pl.col("account").sum()),
        shared_names=looks.shared_names,
        first=first,
        first_as_of=span["first"].item(),
        last_as_of=span["last"].item(),
        parameters=parameters,
    )


def _week_of(instant: str, first: datetime) -> pl.Expr:
    """The number of the week an instant is in."""
    return ((pl.col(instant) - first).dt.total_seconds() // int(_WEEK.total_seconds())).cast(pl.Int32)


def _young(looks: pl.DataFrame, weeks: pl.DataFrame) -> pl.DataFrame:
    """Accounts left out of a week; one that grew old enough within it is not left out."""
    young = looks.filter(~pl.col("counts") & ~pl.col("closed")).select("account", "week").unique()
    left_out = young.join(weeks, on=["account", "week"], how="anti")
    return left_out.group_by("week").agg(pl.col("account").n_unique())


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
    """After which instant a use belongs to the week; the row before is the account's last look of an earlier one."""
    before = pl.when(pl.col("account") == pl.col("account").shift(1)).then(pl.col("as_of").shift(1))
    return pl.max_horizontal(pl.col("as_of") - parameters.window, before)


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
    held = {key: pl.col(f"key_{key}_active") for key in KEYS}
    questions = {
        "use": pl.any_horizontal(shown.values()),
        "console": shown["console"],
        "key": pl.any_horizontal(keys),
        "old_key": pl.any_horizontal(old.values()),
        "holds_key": pl.any_horizontal(held.values()),
        "holds_old_key": pl.any_horizontal(active & pl.col(f"key_{key}_old") for key, active in held.items()),
    }
    plain = [pl.col(name) for name in ("account", "organization", "week", "begin", "as_of", "size", "iam_users", "mfa")]
    return plain + [pl.when("counts").then(question).alias(name) for name, question in questions.items()]
