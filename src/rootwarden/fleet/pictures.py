"""What plots show beyond the figures: each account's weeks, ages of the keys that are held, console uses by MFA.

Everything is counted as docs/fleet-study.md defines it; nothing here is a new figure.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from rootwarden.fleet.observation import KEYS
from rootwarden.fleet.weekly import day_of

if TYPE_CHECKING:
    from rootwarden.fleet.account_weeks import AccountWeeks

# How many accounts, the most active first, have their weeks told one by one.
MOST_ACCOUNTS: Final = 200


class How(StrEnum):
    """What is known of an account in a week."""

    CONSOLE = "console"
    KEY = "key"
    BOTH = "console and key"
    UNKNOWN = "unknown"


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One account in one week, with a use or undecided; weeks without a use have no cell."""

    account: str
    week: date
    how: How


class MfaWeek(msgspec.Struct, frozen=True, kw_only=True):
    """Console uses of a week by whether root had MFA."""

    week: date
    with_mfa: int
    without_mfa: int
    unknown: int


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """What plots show.

    Attributes:
        cells: Weeks of the most active accounts, by account and week.
        mfa: One record a week.
        key_ages: Days since the last rotation of each active key, at its account's last look; ascending.
        keys_undated: Active keys whose last rotation is unknown.
    """

    cells: tuple[Cell, ...]
    mfa: tuple[MfaWeek, ...]
    key_ages: tuple[int, ...]
    keys_undated: int


def pictures(fleet: AccountWeeks) -> Pictures:
    """Make them."""
    ages = _key_ages(fleet)
    return Pictures(
        cells=_cells(fleet),
        mfa=_mfa(fleet),
        key_ages=tuple(ages.drop_nulls().sort().to_list()),
        keys_undated=ages.null_count(),
    )


def _cells(fleet: AccountWeeks) -> tuple[Cell, ...]:
    used = fleet.weeks.group_by("account").agg(uses=pl.col("use").sum()).filter(pl.col("uses") > 0)
    most = used.sort(["uses", "account"], descending=[True, False]).head(MOST_ACCOUNTS)
    shown = most.join(fleet.weeks, on="account").filter(pl.col("use").fill_null(value=True))
    rows = shown.sort(["uses", "account", "week"], descending=[True, False, False])
    return tuple(
        Cell(account=f"{account:012d}", week=day_of(fleet, week), how=_how(console, key, use=use))
        for account, week, use, console, key in rows.select("account", "week", "use", "console", "key").iter_rows()
    )


def _how(console: bool | None, key: bool | None, *, use: bool | None) -> How:
    """How root was used; what is not known of a week with a use is left out of its name."""
    if not use:
        return How.UNKNOWN
    if console and key:
        return How.BOTH
    return How.CONSOLE if console else How.KEY


def _mfa(fleet: AccountWeeks) -> tuple[MfaWeek, ...]:
    console, mfa = pl.col("console").fill_null(value=False), pl.col("mfa")
    by_week = fleet.weeks.group_by("week").agg(
        with_mfa=(console & mfa).sum(), without_mfa=(console & ~mfa).sum(), unknown=(console & mfa.is_null()).sum()
    )
    return tuple(
        MfaWeek(
            week=day_of(fleet, row["week"]),
            with_mfa=row["with_mfa"],
            without_mfa=row["without_mfa"],
            unknown=row["unknown"],
        )
        for row in by_week.sort("week").iter_rows(named=True)
    )


def _key_ages(fleet: AccountWeeks) -> pl.Series:
    """Days since the last rotation of every active key of accounts that count, null where it is unknown."""
    return pl.concat([_ages(part, key) for part in fleet.looks for key in KEYS])


def _ages(looks: pl.DataFrame, key: int) -> pl.Series:
    """Of one of the two keys, at the last look of each account at which it counts; the looks are in order."""
    after = pl.col("account") == pl.col("account").shift(-1)
    last = looks.lazy().filter("counts").filter(~after.fill_null(value=False))
    return last.filter(f"key_{key}_active").select(age=f"key_{key}_days").collect()["age"]
