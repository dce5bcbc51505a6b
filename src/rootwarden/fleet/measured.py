"""The exact number of uses where CloudTrail was read, and what weekly looks made of it: the measured under-count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from rootwarden.fleet.result import Measured

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rootwarden.fleet.account_weeks import AccountWeeks
    from rootwarden.fleet.exchange import Incident


def measured(fleet: AccountWeeks, incidents: Sequence[Incident], read: Iterable[str]) -> Measured:
    """Compare.

    Args:
        fleet: The account-weeks.
        incidents: Visits found in CloudTrail.
        read: Accounts whose CloudTrail was read for the whole period; visits of others tell nothing of what is missing.
    """
    wanted = pl.Series("account", sorted(int(account) for account in set(read)), dtype=pl.UInt64)
    weeks = fleet.weeks.filter(pl.col("account").is_in(wanted.implode()) & pl.col("use").is_not_null())
    visits = _visits(incidents)
    joined = weeks.join(visits, on="account").filter(
        (pl.col("started") > pl.col("begin")) & (pl.col("started") <= pl.col("as_of"))
    )
    used = weeks.filter("use")
    exact, unexplained = joined.height, used.join(joined, on=["account", "week"], how="anti").height
    # A use no visit explains makes up for no visit the weekly look did not count.
    counted = used.height - unexplained
    return Measured(
        accounts=weeks["account"].n_unique(),
        exact=exact,
        seen=used.height,
        under_count=(exact - counted) / exact if exact else None,
        unexplained=unexplained,
    )


def _visits(incidents: Sequence[Incident]) -> pl.DataFrame:
    """Account and instant of each visit of root itself, each once."""
    placed = (each for each in incidents if each.account and each.started)
    visits = {each.id: each for each in placed if each.is_use}
    return pl.DataFrame(
        {
            "account": [int(each.account) for each in visits.values()],
            "started": [each.started for each in visits.values()],
        },
        schema={"account": pl.UInt64, "started": pl.Datetime("us", "UTC")},
    )
