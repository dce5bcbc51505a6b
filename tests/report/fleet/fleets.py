"""Two fleets to tell of: a small one with everything odd, and the synthetic one with the published figures."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec
import polars as pl
from tests.fleet.importing import reported
from tests.fleet.looks import DAY, START, UNKNOWN, ago, key, look

from rootwarden.fleet.account_weeks import AccountWeeks, account_weeks
from rootwarden.fleet.compare import compare, side_of, side_of_published
from rootwarden.fleet.exchange import Checkout, Drill, Incident
from rootwarden.fleet.kpi import key_figures
from rootwarden.fleet.observation import table
from rootwarden.fleet.parameters import StudyParameters
from rootwarden.fleet.pictures import pictures
from rootwarden.fleet.recorded import Records
from rootwarden.fleet.result import Study
from rootwarden.fleet.study import study_of
from rootwarden.fleet.synthetic.fleet import synthetic_fleet
from rootwarden.packs.published import published
from rootwarden.report.fleet.compared import compared
from rootwarden.report.fleet.study_plots import Plotted
from rootwarden.report.fleet.told import Asked

if TYPE_CHECKING:
    from rootwarden.fleet.kpi import KeyFigures
    from rootwarden.report.fleet.told import Comparison

ASKED = Asked(source="kept")
HOSTILE = "</title><script>alert(1)</script>\x1b[31m=cmd()"


class Fleet(msgspec.Struct, frozen=True):
    """A fleet, and what is made of it."""

    table: pl.LazyFrame
    weeks: AccountWeeks
    study: Study

    @property
    def plotted(self) -> Plotted:
        """What its plots are drawn from."""
        kept = key_figures(self.weeks, Records(), self.study.last_as_of)
        return Plotted(study=self.study, pictures=pictures(self.weeks), indicators=kept.indicators)

    @property
    def beside_published(self) -> Comparison:
        """It and the published figures; chances to six digits, as many as every machine agrees on."""
        figures = published()
        found = compare(side_of_published(figures), side_of("this study", self.study, self.weeks))
        told = compared(found, self.study, figures)
        rounded = (
            msgspec.structs.replace(each, p_value=each.p_value if each.p_value is None else round(each.p_value, 6))
            for each in told.shares
        )
        return msgspec.structs.replace(told, shares=tuple(rounded))


def fleet_of(frame: pl.DataFrame) -> Fleet:
    """What is made of observations; the estimate to whole uses."""
    lazy = frame.lazy()
    weeks = account_weeks(lazy, StudyParameters())
    made = study_of(weeks)
    kept = made.period.uses_estimated
    whole = {name: None if (end := getattr(kept, name)) is None else round(end) for name in ("value", "low", "high")}
    estimate = msgspec.structs.replace(kept, **whole)
    period = msgspec.structs.replace(made.period, uses_estimated=estimate)
    return Fleet(lazy, weeks, msgspec.structs.replace(made, period=period))


@cache
def small() -> Fleet:
    """Six accounts in three organizations and none, four weeks, the third missed by one of them."""
    rows = [
        *(look(1, week, signed_in=ago(1, week), mfa=False) for week in range(4)),
        *(
            look(2, week, signed_in=ago(2, week) if week < 2 else ago(2, 1), keys=(key(ago(3, week)),))
            for week in range(4)
        ),
        *(look(3, week, organization="o-fake000002", signed_in=UNKNOWN, assets=UNKNOWN) for week in range(4)),
        *(look(4, week, organization="o-fake000002", readable=week != 1, assets=300) for week in range(4)),
        *(look(5, week, organization=None, signed_in=ago(4, 3), assets=80, name="account-1") for week in (0, 1, 3)),
        *(look(6, week, organization=UNKNOWN, created=START - 20 * DAY) for week in range(4)),
    ]
    return fleet_of(table(rows))


@cache
def unused() -> Fleet:
    """Two accounts that never used root and hold no key."""
    return fleet_of(table([look(account, week) for account in (1, 2) for week in range(3)]))


@cache
def hostile() -> Fleet:
    """Names that are no names."""
    rows = [
        look(account, week, organization=HOSTILE, name=HOSTILE, signed_in=ago(1, week))
        for account in (1, 2)
        for week in (0, 1)
    ]
    return fleet_of(table(rows))


@cache
def as_published() -> Fleet:
    """The synthetic fleet."""
    return fleet_of(reported(synthetic_fleet(published(), 1)))


def figures(fleet: Fleet) -> KeyFigures:
    """Key figures with every exchange file there is."""
    end = fleet.study.last_as_of
    visit = Incident(
        id="i-1",
        account="111100000001",
        shape="A",
        started=end - DAY,
        verdict="expected",
        alerted_at=end - DAY + DAY / 288,
    )
    late = Incident(id="i-2", account="111100000002", shape="C", started=end - 2 * DAY, verdict="unexplained")
    lent = Checkout(lease="l-1", account="111100000001", start=end - 2 * DAY, until=end, released_at=end - 2 * DAY)
    drills = (
        Drill(id="d-1", account="111100000003", kind="sign-in", due=(end - 9 * DAY).date()),
        Drill(
            id="d-2", account="111100000001", kind="sign-in", due=(end - 9 * DAY).date(), done=(end - 10 * DAY).date()
        ),
    )
    records = Records(incidents=(visit, late), checkouts=(lent,), drills=drills)
    return key_figures(fleet.weeks, records, end)


@cache
def unknown_only() -> Fleet:
    """One account nobody could read."""
    return fleet_of(table([look(1, week, signed_in=UNKNOWN) for week in range(2)]))


@cache
def one_week() -> Fleet:
    """One look."""
    return fleet_of(table([look(1, signed_in=ago(1)), look(2)]))
