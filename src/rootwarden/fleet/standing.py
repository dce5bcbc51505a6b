"""How each account's root user stands at its last look, and how many stood so in each week: what key figures read."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from rootwarden.fleet.account_weeks import in_order, three_valued
from rootwarden.fleet.observation import ACTIVE_STATES, KEYS, checked
from rootwarden.fleet.weekly import day_of

if TYPE_CHECKING:
    from rootwarden.fleet.account_weeks import AccountWeeks

# An account in no run for longer has left: it is counted apart, and no figure waits for it.
LEFT: Final = timedelta(days=30)
_REGULAR: Final = 2
_DAY_SECONDS: Final = 86_400
_WEEK_SECONDS: Final = 7 * _DAY_SECONDS
_QUESTIONS: Final = ("protected", "mfa", "without_credentials", "holds_key", "at_risk")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts at their last look in the last week, and counts by week.

    Attributes:
        latest: One row an account of the last week, or missed in it; answers are true, false or null.
        weeks: The day each week begins, and its counts.
        looked: The day each week begins, and the instant of its last look.
        missed: How many open accounts of the last 30 days were in no run of the last week.
        left: How many open accounts were seen before these only.
        old_key_days: From which age a key is old.
    """

    latest: pl.DataFrame
    weeks: tuple[tuple[date, dict[str, int]], ...]
    looked: tuple[tuple[date, datetime], ...]
    missed: int
    left: int
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
    week = ((pl.col("as_of") - fleet.first).dt.total_seconds() // _WEEK_SECONDS).cast(pl.Int32)
    account = pl.col("account_id").cast(pl.UInt64, strict=False)
    asked = rows.select("account_id", "as_of", *_questions(fleet), account=account, week=week)
    looks = asked.collect(engine="streaming").pipe(in_order, ("readable",))
    weekly = looks.unique(["account", "week"], keep="last", maintain_order=True)
    end: int = fleet.looks.select(pl.col("week").max()).item()
    absent = _absent(weekly, fleet, end)
    missed = absent.filter(pl.col("as_of") > last - LEFT)
    stood = _with_risk(pl.concat([weekly, _unseen(missed, end)]), fleet)
    seen = stood.filter("seen")
    counted = seen.group_by("week").agg(**_counts()).sort("week")
    looked = seen.group_by("week").agg(pl.col("as_of").max()).sort("week")
    return Standing(
        latest=stood.filter(pl.col("week") == end).sort("account_id"),
        weeks=tuple((day_of(fleet, row.pop("week")), row) for row in counted.iter_rows(named=True)),
        looked=tuple((day_of(fleet, week_), instant) for week_, instant in looked.iter_rows()),
        missed=missed.height,
        left=absent.height - missed.height,
        old_key_days=fleet.parameters.old_key_days,
    )


def _absent(weekly: pl.DataFrame, fleet: AccountWeeks, end: int) -> pl.DataFrame:
    """The last row of each account that is not in the last week, and was open when it was last seen."""
    last = weekly.unique("account", keep="last", maintain_order=True).filter(pl.col("week") < end)
    closed = fleet.looks.select("account", "closed").unique("account", keep="last", maintain_order=True)
    return last.join(closed.filter("closed"), on="account", how="anti", maintain_order="left")


def _unseen(missed: pl.DataFrame, end: int) -> pl.DataFrame:
    """Accounts as they stand in a week in which nobody looked at them: all is unknown."""
    nothing = {name: pl.lit(None, kind).alias(name) for name, kind in missed.schema.items() if name in _ANSWERS}
    return missed.with_columns(
        **nothing,
        readable=pl.lit(value=False),
        seen=pl.lit(value=False),
        week=pl.lit(end, pl.Int32),
        active_keys=pl.lit(0, missed.schema["active_keys"]),
        keys_open=pl.lit(len(KEYS), missed.schema["keys_open"]),
        oldest_key_days=pl.lit(None, missed.schema["oldest_key_days"]),
        oldest_key_known=pl.lit(value=False),
    )


# Everything a look answers with true, false or null.
_ANSWERS: Final = ("mfa", "without_credentials", "protected", "holds_key", "holds_old_key")


def _questions(fleet: AccountWeeks) -> list[pl.Expr]:
    """Each look alone; a key in no place counts as no key."""
    mfa, password = three_valued("mfa_active"), three_valued("password_present")
    active = [three_valued(f"key_{key}_active") for key in KEYS]
    kept = (three_valued("access_keys_present"), three_valued("certificates_present"))
    without = ~password & ~kept[0] & ~kept[1]
    ages = {key: pl.col("as_of") - pl.col(f"key_{key}_last_rotated") for key in KEYS}
    held = list(zip(KEYS, active, strict=True))
    days = [pl.when(on).then(ages[key].dt.total_seconds().clip(0) // _DAY_SECONDS) for key, on in held]
    limit = timedelta(days=fleet.parameters.old_key_days)
    undated = [on.is_null() | (on & pl.col(f"key_{key}_last_rotated").is_null()) for key, on in held]
    return [
        pl.col("readable"),
        pl.lit(value=True).alias("seen"),
        mfa.alias("mfa"),
        without.alias("without_credentials"),
        (mfa | without).alias("protected"),
        pl.any_horizontal(active).alias("holds_key"),
        pl.sum_horizontal(on.fill_null(value=False).cast(pl.Int32) for on in active).alias("active_keys"),
        pl.sum_horizontal(on.is_null().cast(pl.Int32) for on in active).alias("keys_open"),
        pl.max_horizontal(days).alias("oldest_key_days"),
        (~pl.any_horizontal(undated)).alias("oldest_key_known"),
        pl.any_horizontal(on & (ages[key] > limit) for key, on in held).alias("holds_old_key"),
    ]


def _counts() -> dict[str, pl.Expr]:
    counts = {
        "accounts": pl.len(),
        "unreadable": (~pl.col("readable")).sum(),
        "active_keys": pl.col("active_keys").sum(),
        "oldest_key_days": pl.col("oldest_key_days").max(),
    }
    for question in _QUESTIONS:
        counts[f"{question}_so"] = pl.col(question).sum()
        counts[f"{question}_unknown"] = pl.col(question).is_null().sum()
    return counts


def _with_risk(stood: pl.DataFrame, fleet: AccountWeeks) -> pl.DataFrame:
    """Add whether an account is at risk: unprotected, holding an active key, or used in two weeks or more so far."""
    use = pl.col("use")
    so_far = fleet.weeks.select(
        "account",
        "week",
        uses=use.fill_null(value=False).cast(pl.Int32).cum_sum().over("account"),
        open=use.is_null().cast(pl.Int32).cum_sum().over("account"),
    )
    joined = stood.sort("week", "account").join_asof(
        so_far.sort("week"), on="week", by="account", strategy="backward", check_sortedness=False
    )
    counted = joined.with_columns(pl.col("uses", "open").fill_null(0))
    regular = pl.col("uses") >= _REGULAR
    perhaps = pl.col("uses") + pl.col("open") >= _REGULAR
    used = pl.when(regular).then(statement=True).when(~perhaps).then(statement=False)
    return counted.with_columns(at_risk=~pl.col("protected") | pl.col("holds_key") | used)
