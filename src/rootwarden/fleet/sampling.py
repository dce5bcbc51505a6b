"""What was odd about the sampling: figures are as good as the looks they are made from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from rootwarden.fleet.result import Oddity
from rootwarden.fleet.weekly import day_of

if TYPE_CHECKING:
    from rootwarden.fleet.account_weeks import AccountWeeks

# IAM makes a new credential report when the last one is older (User Guide, "Getting credential reports").
REPORT_LIFETIME: Final = timedelta(hours=4)
MOST_NAMED: Final = 10


class Kind(msgspec.Struct, frozen=True):
    """A kind of oddity, in words, and how to find it among looks: accounts, the same one perhaps several times."""

    name: str
    says: str
    find: Callable[[pl.DataFrame], pl.Series]


def sampling_report(fleet: AccountWeeks) -> tuple[Oddity, ...]:
    """Every kind of oddity there was, in a fixed order; kinds there was none of are left out."""
    found = [("empty-week", "weeks between the first and the last in which nobody looked", _empty_weeks(fleet))]
    for kind in KINDS:
        accounts = pl.concat([kind.find(part) for part in fleet.looks])
        found.append((kind.name, kind.says, accounts))
    found.append(("shared-name", "names several accounts of one run have", fleet.shared_names))
    return tuple(_oddity(name, says, values) for name, says, values in found if len(values))


def _oddity(name: str, says: str, values: pl.Series) -> Oddity:
    named = values.unique().sort().head(MOST_NAMED)
    shown = named if named.dtype == pl.String else named.cast(pl.String).str.zfill(12)
    return Oddity(kind=name, count=len(values), says=says, examples=tuple(shown))


def _several_in_a_week(looks: pl.DataFrame) -> pl.Series:
    """Sorted by account and instant, the looks of a week stand together."""
    again = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in ("account", "week"))
    marked = looks.filter(~pl.col("closed")).select("account", again=again.fill_null(value=False))
    return marked.filter(pl.col("again") & ~pl.col("again").shift(1, fill_value=False))["account"]


def _empty_weeks(fleet: AccountWeeks) -> pl.Series:
    there = set(pl.concat([part["week"].unique() for part in fleet.looks]).to_list())
    missing = sorted(set(range(min(there), max(there) + 1)) - there)
    return pl.Series([str(day_of(fleet, week)) for week in missing], dtype=pl.String)


def _missed(looks: pl.DataFrame) -> pl.Series:
    """Accounts that were not in the runs of a week between two weeks in which they were; once for each week."""
    same = pl.col("account") == pl.col("account").shift(1)
    gaps = looks.select("account", gap=pl.when(same).then(pl.col("week").diff() - 1)).filter(pl.col("gap") > 0)
    return gaps.select(pl.col("account").repeat_by("gap").explode())["account"]


def _unreadable(looks: pl.DataFrame) -> pl.Series:
    return looks.filter(~pl.col("readable") & ~pl.col("closed"))["account"]


def _untold(looks: pl.DataFrame) -> pl.Series:
    """Looks that answered, but for a last-used date."""
    untold = ~pl.col("last_used_known") & ~pl.col("impossible")
    return looks.filter(untold & pl.col("readable") & ~pl.col("closed"))["account"]


def _old_reports(looks: pl.DataFrame) -> pl.Series:
    return looks.filter(pl.col("report_age") > REPORT_LIFETIME.total_seconds())["account"]


def _reports_ahead(looks: pl.DataFrame) -> pl.Series:
    return looks.filter(pl.col("report_age") < -REPORT_LIFETIME.total_seconds())["account"]


def _impossible(looks: pl.DataFrame) -> pl.Series:
    return looks.filter("impossible")["account"]


def _between_windows(looks: pl.DataFrame) -> pl.Series:
    """A last use no look showed in time: too old for the window, or from before the last look of another week."""
    told = looks.lazy().filter(pl.col("last_used_known") & pl.col("counts"))
    same = pl.col("account") == pl.col("account").shift(1)
    before = {name: pl.when(same).then(pl.col(name).shift(1)) for name in ("last_used", "as_of", "week")}
    new = pl.col("last_used") > before["last_used"].fill_null(pl.datetime(1970, 1, 1, time_zone="UTC"))
    late = (pl.col("last_used") <= before["as_of"]) & (pl.col("week") != before["week"])
    return told.filter(before["as_of"].is_not_null() & new & (pl.col("too_old") | late)).collect()["account"]


def _moved(looks: pl.DataFrame) -> pl.Series:
    placed = looks.lazy().filter(pl.col("organization").is_not_null())
    places = placed.group_by("account").agg(pl.col("organization").n_unique())
    return places.filter(pl.col("organization") > 1).select("account").collect()["account"]


def _reopened(looks: pl.DataFrame) -> pl.Series:
    """Accounts that were closed at one look and open at a later one."""
    same = pl.col("account") == pl.col("account").shift(1)
    return looks.filter(same & pl.col("closed").shift(1) & ~pl.col("closed"))["account"]


def _gone(looks: pl.DataFrame) -> pl.Series:
    """Open accounts in no run of the last week: what became of them nobody saw."""
    after = (pl.col("account") == pl.col("account").shift(-1)).fill_null(value=False)
    return looks.filter(~after & ~pl.col("in_last_week") & ~pl.col("closed"))["account"]


def _closed(looks: pl.DataFrame) -> pl.Series:
    return looks.filter("closed")["account"].unique()


def _nowhere(looks: pl.DataFrame) -> pl.Series:
    return looks.filter(pl.col("organization").is_null())["account"].unique()


def _ageless(looks: pl.DataFrame) -> pl.Series:
    return looks.filter(pl.col("counts").is_null())["account"].unique()


KINDS: Final = (
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
