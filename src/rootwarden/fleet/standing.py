"""How each account's root user stands at its last look, and how many stood so in each week: what key figures read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from rootwarden.fleet.observation import KEYS
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


def standing(fleet: AccountWeeks) -> Standing:
    """Reduce the looks of the period to the last one of each account and week."""
    final = max(int(part["week"].max()) for part in fleet.looks)  # type: ignore[arg-type]  # a number, in polars' words anything
    counts, latest, accounts = [], [], 0
    for part in fleet.looks:
        weekly = _weekly(part, fleet)
        counts.append(weekly.group_by("week").agg(**_counts()))
        latest.append(weekly.filter(pl.col("week") == final))
        accounts += weekly["account"].n_unique()
    counted = pl.concat(counts).group_by("week").sum().sort("week")
    weeks = tuple((day_of(fleet, row.pop("week")), row) for row in counted.iter_rows(named=True))
    now = pl.concat(latest)
    return Standing(
        latest=_with_risk(now, fleet),
        weeks=weeks,
        missed=accounts - now.height,
        old_key_days=fleet.parameters.old_key_days,
    )


def _weekly(looks: pl.DataFrame, fleet: AccountWeeks) -> pl.DataFrame:
    """The last look of each open account and week; in order, so the looks of a week stand together."""
    again = pl.all_horizontal(pl.col(name) == pl.col(name).shift(-1) for name in ("account", "week"))
    opened = looks.lazy().filter(~pl.col("closed"))
    return opened.filter(~again.fill_null(value=False)).select("account", "week", *_questions(fleet)).collect()


def _questions(fleet: AccountWeeks) -> list[pl.Expr]:
    """Each look alone; a key in no place counts as no key."""
    mfa, without = pl.col("mfa"), pl.col("without_credentials")
    active = {key: pl.col(f"key_{key}_active") for key in KEYS}
    ages = [pl.when(on).then(pl.col(f"key_{key}_days")) for key, on in active.items()]
    undated = [on & pl.col(f"key_{key}_days").is_null() for key, on in active.items()]
    return [
        pl.col("readable"),
        mfa,
        without,
        (mfa | without).alias("protected"),
        pl.any_horizontal(active.values()).alias("holds_key"),
        pl.sum_horizontal(on.fill_null(value=False).cast(pl.Int32) for on in active.values()).alias("active_keys"),
        pl.sum_horizontal(on.is_null().cast(pl.Int32) for on in active.values()).alias("keys_open"),
        pl.max_horizontal(ages).alias("oldest_key_days"),
        (~pl.any_horizontal(undated).fill_null(value=True)).alias("oldest_key_known"),
        (pl.max_horizontal(ages) > fleet.parameters.old_key_days).alias("holds_old_key"),
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
    joined = latest.join(uses, on="account", how="left").with_columns(pl.col("uses", "open").fill_null(0))
    regular = pl.col("uses") >= _REGULAR
    perhaps = pl.col("uses") + pl.col("open") >= _REGULAR
    used = pl.when(regular).then(statement=True).when(~perhaps).then(statement=False)
    named = pl.col("account").cast(pl.String).str.zfill(12)
    return joined.with_columns(at_risk=~pl.col("protected") | pl.col("holds_key") | used, account_id=named).sort(
        "account"
    )
