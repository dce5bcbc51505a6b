"""What was odd about the sampling: figures are as good as the looks they are made from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec
import polars as pl

from rootwarden.fleet.account_weeks import AccountWeeks
from rootwarden.fleet.observation import ACTIVE_STATES, STATE_SUFFIX
from rootwarden.fleet.result import Oddity
from rootwarden.fleet.weekly import day_of

# IAM makes a new credential report when the last one is older (User Guide, "Getting credential reports").
REPORT_LIFETIME: Final = timedelta(hours=4)
MOST_NAMED: Final = 10


class Kind(msgspec.Struct, frozen=True):
    """A kind of oddity, in words, and how to find it: values to name, the same one perhaps several times."""

    name: str
    says: str
    find: Callable[[AccountWeeks], pl.Series]


def sampling_report(fleet: AccountWeeks, observations: pl.LazyFrame) -> tuple[Oddity, ...]:
    """Every kind of oddity there was, in a fixed order; kinds there was none of are left out.

    Args:
        fleet: The account-weeks.
        observations: The observation table of the same period, for names.
    """
    found = [(kind.name, kind.says, kind.find(fleet)) for kind in KINDS]
    found.append(("shared-name", "names several accounts of one run have", _shared_names(observations)))
    return tuple(_oddity(name, says, values) for name, says, values in found if len(values))


def _oddity(name: str, says: str, values: pl.Series) -> Oddity:
    named = values.unique().sort()
    return Oddity(kind=name, count=len(values), says=says, examples=tuple(map(str, named.head(MOST_NAMED))))


def _ids(accounts: pl.Series) -> pl.Series:
    return accounts.cast(pl.String).str.zfill(12)


def _several_in_a_week(fleet: AccountWeeks) -> pl.Series:
    counted = fleet.looks.filter(~pl.col("closed")).group_by("account", "week").len()
    return _ids(counted.filter(pl.col("len") > 1)["account"])


def _empty_weeks(fleet: AccountWeeks) -> pl.Series:
    there = set(fleet.looks["week"].unique().to_list())
    missing = sorted(set(range(min(there), max(there) + 1)) - there)
    return pl.Series([str(day_of(fleet, week)) for week in missing], dtype=pl.String)


def _missed(fleet: AccountWeeks) -> pl.Series:
    """Accounts that were not in the runs of a week between two weeks in which they were; once for each week."""
    weeks = fleet.looks.select("account", "week").unique(maintain_order=True)
    gaps = weeks.select("account", gap=pl.col("week").diff().over("account") - 1).filter(pl.col("gap") > 0)
    return _ids(gaps.select(pl.col("account").repeat_by("gap").explode())["account"])


def _unreadable(fleet: AccountWeeks) -> pl.Series:
    return _ids(fleet.looks.filter(~pl.col("readable") & ~pl.col("closed"))["account"])


def _untold(fleet: AccountWeeks) -> pl.Series:
    """Looks that answered, but for a last-used date."""
    untold = ~pl.col("last_used_known") & ~pl.col("impossible")
    return _ids(fleet.looks.filter(untold & pl.col("readable") & ~pl.col("closed"))["account"])


def _old_reports(fleet: AccountWeeks) -> pl.Series:
    return _ids(fleet.looks.filter(pl.col("report_age") > REPORT_LIFETIME.total_seconds())["account"])


def _reports_ahead(fleet: AccountWeeks) -> pl.Series:
    return _ids(fleet.looks.filter(pl.col("report_age") < -REPORT_LIFETIME.total_seconds())["account"])


def _impossible(fleet: AccountWeeks) -> pl.Series:
    return _ids(fleet.looks.filter("impossible")["account"])


def _between_windows(fleet: AccountWeeks) -> pl.Series:
    """A last use no look showed in time: too old for the window, or from before the last look of another week."""
    looks = fleet.looks.lazy().filter(pl.col("last_used_known") & pl.col("counts"))
    before = {name: pl.col(name).shift(1).over("account") for name in ("last_used", "as_of", "week")}
    new = pl.col("last_used") > before["last_used"].fill_null(pl.datetime(1970, 1, 1, time_zone="UTC"))
    too_old = pl.col("last_used") <= pl.col("as_of") - fleet.parameters.window
    late = (pl.col("last_used") <= before["as_of"]) & (pl.col("week") != before["week"])
    found = looks.filter(before["as_of"].is_not_null() & new & (too_old | late)).select("account").collect()
    return _ids(found["account"])


def _moved(fleet: AccountWeeks) -> pl.Series:
    placed = fleet.looks.lazy().filter(pl.col("organization").is_not_null())
    places = placed.group_by("account").agg(pl.col("organization").n_unique())
    return _ids(places.filter(pl.col("organization") > 1).select("account").collect()["account"])


def _reopened(fleet: AccountWeeks) -> pl.Series:
    """Accounts that were closed at one look and open at a later one."""
    looks = fleet.looks.lazy()
    came_back = looks.filter(pl.col("closed").shift(1).over("account") & ~pl.col("closed"))
    return _ids(came_back.select("account").collect()["account"])


def _gone(fleet: AccountWeeks) -> pl.Series:
    """Open accounts in no run of the last week: what became of them nobody saw."""
    last = fleet.looks.unique("account", keep="last", maintain_order=True)
    return _ids(last.filter((pl.col("week") < fleet.looks["week"].max()) & ~pl.col("closed"))["account"])


def _closed(fleet: AccountWeeks) -> pl.Series:
    return _ids(fleet.looks.filter("closed")["account"].unique())


def _nowhere(fleet: AccountWeeks) -> pl.Series:
    return _ids(fleet.looks.filter(pl.col("organization").is_null())["account"].unique())


def _ageless(fleet: AccountWeeks) -> pl.Series:
    return _ids(fleet.looks.filter(pl.col("counts").is_null())["account"].unique())


def _shared_names(observations: pl.LazyFrame) -> pl.Series:
    named = observations.filter(
        (pl.col("account_name" + STATE_SUFFIX) == "known") & pl.col("account_state").is_in(ACTIVE_STATES)
    )
    accounts = named.group_by("run_id", "account_name").agg(pl.col("account_id").n_unique().alias("accounts"))
    shared = accounts.filter(pl.col("accounts") > 1).select(pl.col("account_name").unique())
    return shared.collect(engine="streaming")["account_name"]


KINDS: Final = (
    Kind("empty-week", "weeks between the first and the last in which nobody looked", _empty_weeks),
    Kind("missed-week", "account-weeks without a look, between two weeks with one", _missed),
    Kind("gone", "accounts that were open, and are in no run of the last week", _gone),
    Kind("several-looks", "account-weeks with several looks; one stands for the week", _several_in_a_week),
    Kind("unreadable", "looks at which the account gave no answer", _unreadable),
    Kind("date-unknown", "looks that did not tell a last-used date", _untold),
    Kind("age-unknown", "accounts whose age is unknown at some look", _ageless),
    Kind("old-report", "looks with a credential report older than four hours", _old_reports),
    Kind("report-ahead", "looks with a credential report made more than four hours after the as-of", _reports_ahead),
    Kind("impossible-date", "looks with a last use later than the report that tells it", _impossible),
    Kind("between-windows", "uses first seen when they were already too old to count", _between_windows),
    Kind("moved", "accounts seen in more than one organization", _moved),
    Kind("closed", "accounts that were closed at some look", _closed),
    Kind("reopened", "accounts that were closed and came back", _reopened),
    Kind("organization-unknown", "accounts whose organization is unknown at some look", _nowhere),
)
