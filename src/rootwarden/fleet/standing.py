"""How each account's root user stands at its last look, and how many stood so in each week: what key figures read."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from rootwarden.fleet.observation import KEYS
from rootwarden.fleet.weekly import day_of

if TYPE_CHECKING:
    from rootwarden.fleet.account_weeks import AccountWeeks

# Who looked longer ago does not know how things stand.
CURRENT: Final = timedelta(days=7)
# An account in no run for longer has left: it is counted apart, and no figure waits for it.
LEFT: Final = timedelta(days=30)
_REGULAR: Final = 2
_DAY_SECONDS: Final = 86_400
_QUESTIONS: Final = ("protected", "mfa", "without_credentials", "holds_key", "at_risk")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts at their last look in the last week, and counts by week.

    Attributes:
        latest: One row an account of the last week, or missed in it; answers are true, false or null. All are null
            when the last look is more than a week before the as-of.
        weeks: The day each week begins, and its counts.
        looked: The day each week begins, and the instant of its last look.
        missed: How many open accounts of the last 30 days were in no run of the last week.
        silence: How long before the as-of the last look was, when that is more than a week; else nothing.
        left: How many open accounts were seen before these only.
        old_key_days: From which age a key is old.
    """

    latest: pl.DataFrame
    weeks: tuple[tuple[date, dict[str, int]], ...]
    looked: tuple[tuple[date, datetime], ...]
    missed: int
    silence: timedelta
    left: int
    old_key_days: int

    def named(self, question: str, *, answer: bool | None) -> tuple[str, ...]:
        """Accounts with an answer, in order; `None` for those where it is unknown."""
        asked = pl.col(question)
        chosen = self.latest.filter(asked.is_null() if answer is None else asked == answer)
        return tuple(chosen["account_id"].sort())


def standing(fleet: AccountWeeks, as_of: datetime) -> Standing:
    """Reduce the looks of the period to the last one of each account and week.

    Args:
        fleet: The account-weeks of the period.
        as_of: The instant how they stand is asked for.
    """
    since = as_of - fleet.last_as_of
    silent = since > CURRENT
    end = max(part.select(pl.col("week").max()).item() for part in fleet.looks)
    counts, latest, missed, absent = [], [], 0, 0
    for part in fleet.looks:
        weekly = _weekly(part)
        away = _absent(weekly, part, end)
        expected = away.filter(pl.col("as_of") > fleet.last_as_of - LEFT)
        stood = _with_risk(pl.concat([weekly, _unseen(expected, end)]), fleet)
        counts.append(stood.filter("seen").group_by("week").agg(**_counts(), looked=pl.col("as_of").max()))
        if silent:
            last = pl.concat([weekly.filter(pl.col("week") == end), expected])
            stood, expected = _with_risk(_unseen(last, end), fleet), last
        latest.append(stood.filter(pl.col("week") == end))
        missed += expected.height
        absent += away.filter(pl.col("as_of") <= fleet.last_as_of - LEFT).height
    counted = _together(counts)
    now = pl.concat(latest).sort("account")
    return Standing(
        latest=now.with_columns(account_id=pl.col("account").cast(pl.String).str.zfill(12)),
        looked=tuple((day_of(fleet, week), instant) for week, instant in counted.select("week", "looked").iter_rows()),
        weeks=tuple((day_of(fleet, row.pop("week")), row) for row in counted.drop("looked").iter_rows(named=True)),
        missed=missed,
        silence=since if silent else timedelta(),
        left=absent,
        old_key_days=fleet.parameters.old_key_days,
    )


def _together(counts: list[pl.DataFrame]) -> pl.DataFrame:
    """The counts of the weeks of all parts."""
    most = pl.col("oldest_key_days", "looked").max()
    return pl.concat(counts).group_by("week").agg(pl.exclude("oldest_key_days", "looked").sum(), most).sort("week")


def _weekly(looks: pl.DataFrame) -> pl.DataFrame:
    """The last look of each open account and week; in order, so the looks of a week stand together."""
    again = pl.all_horizontal(pl.col(name) == pl.col(name).shift(-1) for name in ("account", "week"))
    opened = looks.lazy().filter(~pl.col("closed")).filter(~again.fill_null(value=False))
    return opened.select("account", "as_of", "week", *_questions()).collect()


def _absent(weekly: pl.DataFrame, looks: pl.DataFrame, end: int) -> pl.DataFrame:
    """The last row of each account that is not in the last week, and was open when it was last seen."""
    last = weekly.unique("account", keep="last", maintain_order=True).filter(pl.col("week") < end)
    closed = looks.select("account", "closed").unique("account", keep="last", maintain_order=True)
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


def _questions() -> list[pl.Expr]:
    """Each look alone; a key in no place counts as no key."""
    mfa, without = pl.col("mfa"), pl.col("without_credentials")
    active = {key: pl.col(f"key_{key}_active") for key in KEYS}
    days = {key: pl.col(f"key_{key}_days") for key in KEYS}
    undated = [on.is_null() | (on & days[key].is_null()) for key, on in active.items()]
    return [
        pl.col("readable"),
        pl.lit(value=True).alias("seen"),
        mfa,
        without,
        (mfa | without).alias("protected"),
        pl.any_horizontal(active.values()).alias("holds_key"),
        pl.sum_horizontal(on.fill_null(value=False).cast(pl.Int32) for on in active.values()).alias("active_keys"),
        pl.sum_horizontal(on.is_null().cast(pl.Int32) for on in active.values()).alias("keys_open"),
        pl.max_horizontal(pl.when(on).then(days[key].clip(0)) for key, on in active.items()).alias("oldest_key_days"),
        (~pl.any_horizontal(undated)).alias("oldest_key_known"),
        pl.any_horizontal(on & pl.col(f"key_{key}_old") for key, on in active.items()).alias("holds_old_key"),
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
    weeks = fleet.weeks.join(stood.select("account").unique(), on="account", how="semi", maintain_order="left")
    so_far = weeks.select(
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
