"""How each account's root user stands at its last look, and how many stood so in each week: what key figures read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from rootwarden.fleet.account_weeks import three_valued
from rootwarden.fleet.observation import ACTIVE_STATES, KEYS, STATE_SUFFIX, checked
from rootwarden.fleet.weekly import day_of

if TYPE_CHECKING:
    from rootwarden.fleet.account_weeks import AccountWeeks

_REGULAR = 2
_QUESTIONS = ("protected", "mfa", "without_credentials")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts at their last look in the last week, and counts by week.

    Attributes:
        latest: One row an account of the last week; answers are true, false or null.
        weeks: The day each week begins, and its counts.
        missed: How many open accounts of earlier weeks were in no run of the last week.
        old_key_days: From which age a key is old.
    """

    latest: pl.DataFrame
    weeks: tuple[tuple[date, dict[str, int]], ...]
    missed: int
    old_key_days: int

    def named(self, question: str, *, answer: bool | None) -> tuple[str, ...]:
        """Accounts with an answer, in order; `None` for those where it is unknown."""
        asked = pl.col(question)
        chosen = self.latest.filter(asked.is_null() if answer is None else asked == answer)
        return tuple(chosen["account_id"].sort())


def standing(fleet: AccountWeeks, observations: pl.LazyFrame) -> Standing:
    """Reduce the observations of the period to the last look of each account and week."""
    first, last = fleet.looks.select(first=pl.col("as_of").min(), last=pl.col("as_of").max()).row(0)
    rows = checked(observations).filter(
        pl.col("as_of").is_between(first, last) & pl.col("has_root_user") & pl.col("account_state").is_in(ACTIVE_STATES)
    )
    week = ((pl.col("as_of") - fleet.first).dt.total_seconds() // (7 * 86_400)).cast(pl.Int32)
    asked = rows.select("account_id", "as_of", *_questions(fleet), week=week)
    looks = asked.collect(engine="streaming").sort("account_id", "as_of")
    weekly = looks.unique(["account_id", "week"], keep="last", maintain_order=True)
    counted = weekly.group_by("week").agg(**_counts()).sort("week")
    weeks = tuple((day_of(fleet, row.pop("week")), row) for row in counted.iter_rows(named=True))
    latest = weekly.filter(pl.col("week") == pl.col("week").max())
    return Standing(
        latest=_with_risk(latest, fleet),
        weeks=weeks,
        missed=weekly["account_id"].n_unique() - latest.height,
        old_key_days=fleet.parameters.old_key_days,
    )


def _questions(fleet: AccountWeeks) -> list[pl.Expr]:
    """Each look alone; a key in no place counts as no key."""
    mfa, password = three_valued("mfa_active"), three_valued("password_present")
    active = [three_valued(f"key_{key}_active") for key in KEYS]
    kept = (three_valued("access_keys_present"), three_valued("certificates_present"))
    without = ~password & ~kept[0] & ~kept[1]
    ages = [
        pl.when(on).then((pl.col("as_of") - pl.col(f"key_{key}_last_rotated")).dt.total_days())
        for key, on in zip(KEYS, active, strict=True)
    ]
    limit = fleet.parameters.old_key_days
    undated = [
        on & (pl.col(f"key_{key}_last_rotated" + STATE_SUFFIX) != "known") for key, on in zip(KEYS, active, strict=True)
    ]
    dated = ~pl.any_horizontal(undated).fill_null(value=True)
    return [
        pl.col("readable"),
        mfa.alias("mfa"),
        without.alias("without_credentials"),
        (mfa | without).alias("protected"),
        pl.any_horizontal(active).alias("holds_key"),
        pl.sum_horizontal(on.fill_null(value=False).cast(pl.Int32) for on in active).alias("active_keys"),
        pl.sum_horizontal(on.is_null().cast(pl.Int32) for on in active).alias("keys_open"),
        pl.max_horizontal(ages).alias("oldest_key_days"),
        dated.alias("oldest_key_known"),
        (pl.max_horizontal(ages) > limit).alias("holds_old_key"),
    ]


def _counts() -> dict[str, pl.Expr]:
    counts = {
        "accounts": pl.len(),
        "unreadable": (~pl.col("readable")).sum(),
        "active_keys": pl.col("active_keys").sum(),
    }
    for question in _QUESTIONS:
        counts[f"{question}_so"] = pl.col(question).sum()
        counts[f"{question}_unknown"] = pl.col(question).is_null().sum()
    return counts


def _with_risk(latest: pl.DataFrame, fleet: AccountWeeks) -> pl.DataFrame:
    """Add whether an account is at risk: unprotected, holding an active key, or used in two weeks or more."""
    uses = fleet.weeks.group_by("account").agg(uses=pl.col("use").sum(), open=pl.col("use").is_null().sum())
    named = uses.with_columns(account_id=pl.col("account").cast(pl.String).str.zfill(12)).drop("account")
    joined = latest.join(named, on="account_id", how="left").with_columns(pl.col("uses", "open").fill_null(0))
    regular = pl.col("uses") >= _REGULAR
    perhaps = pl.col("uses") + pl.col("open") >= _REGULAR
    used = pl.when(regular).then(statement=True).when(~perhaps).then(statement=False)
    return joined.with_columns(at_risk=~pl.col("protected") | pl.col("holds_key") | used).sort("account_id")
