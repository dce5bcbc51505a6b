"""The weekly table: accounts and organizations with a use, in each week somebody looked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from rootwarden.fleet.parameters import SIZES
from rootwarden.fleet.result import Sizes, Week
from rootwarden.fleet.share import share

if TYPE_CHECKING:
    from datetime import date

    from rootwarden.fleet.account_weeks import AccountWeeks


def weekly(fleet: AccountWeeks) -> tuple[Week, ...]:
    """Count each week.

    Args:
        fleet: Accounts by week, with the use seen in each.

    Returns:
        One record for each week in which somebody looked, in order.
    """
    organizations = _by_organization(fleet.weeks)
    young = fleet.young.select("week", young="account")
    by_week = fleet.weeks.group_by("week").agg(
        accounts=pl.col("use").is_not_null().sum(),
        accounts_used=pl.col("use").sum(),
        unknown=pl.col("use").is_null().sum(),
        adrift=pl.col("organization").is_null().sum(),
        **size_counts(),
    )
    # A week in which everybody was too young has a row as well: nothing seen is not nothing there.
    joined = by_week.join(organizations, on="week", how="left").join(young, on="week", how="full", coalesce=True)
    return tuple(_week(row, fleet) for row in joined.fill_null(0).sort("week").iter_rows(named=True))


def size_counts() -> dict[str, pl.Expr]:
    """Uses by size, for an aggregation over account-weeks."""
    sizes = {name: (pl.col("use") & (pl.col("size") == code)).sum() for code, name in enumerate(SIZES)}
    return sizes | {"size_unknown": (pl.col("use") & pl.col("size").is_null()).sum()}


def sizes_of(row: dict[str, int]) -> Sizes:
    """The sizes in a row of an aggregation with `size_counts`."""
    return Sizes(small=row["small"], medium=row["medium"], large=row["large"], unknown=row["size_unknown"])


def day_of(fleet: AccountWeeks, week: int) -> date:
    """The day a week begins."""
    return (fleet.first + timedelta(weeks=week)).date()


def _by_organization(weeks: pl.DataFrame) -> pl.DataFrame:
    # Lazy, so that of millions of rows only these three columns are taken along.
    each = weeks.lazy().filter(pl.col("organization").is_not_null()).group_by("week", "organization")
    answered = each.agg(
        decided=pl.col("use").is_not_null().any(),
        used=pl.col("use").any(),
        open=pl.col("use").is_null().any(),
    )
    counted = answered.group_by("week").agg(
        organizations=pl.col("decided").sum(),
        organizations_used=pl.col("used").sum(),
        undecided=(pl.col("decided") & ~pl.col("used") & pl.col("open")).sum(),
        outside=(~pl.col("decided")).sum(),
    )
    return counted.collect(engine="streaming")


def _week(row: dict[str, int], fleet: AccountWeeks) -> Week:
    return Week(
        week=day_of(fleet, row["week"]),
        accounts=row["accounts"],
        accounts_used=row["accounts_used"],
        organizations=row["organizations"],
        organizations_used=row["organizations_used"],
        unknown=row["unknown"],
        organizations_unknown=row["undecided"] + row["outside"],
        young=row["young"],
        sizes=sizes_of(row),
        accounts_share=share(row["accounts_used"], row["accounts"], outside=row["unknown"]),
        organizations_share=share(
            row["organizations_used"],
            row["organizations"],
            undecided=row["undecided"],
            outside=row["outside"],
            adrift=row["adrift"],
        ),
    )
