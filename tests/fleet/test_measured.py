"""The measured under-count, against CloudTrail's visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fleet.importing import reported
from tests.fleet.looks import ago, look

from rootwarden.fleet.account_weeks import account_weeks
from rootwarden.fleet.exchange import Incident
from rootwarden.fleet.measured import measured
from rootwarden.fleet.observation import table
from rootwarden.fleet.parameters import StudyParameters
from rootwarden.fleet.result import Measured
from rootwarden.fleet.synthetic.fleet import synthetic_fleet
from rootwarden.packs.published import published

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.fleet.observation import Row

ONE, TWO = "111100000001", "111100000002"


def visit(started: datetime, account: str = ONE, shape: str = "A") -> Incident:
    return Incident(id=f"{account}/{started}", account=account, shape=shape, started=started, verdict="expected")


def compared(rows: list[Row], visits: list[Incident], read: tuple[str, ...] = (ONE,)) -> Measured:
    return measured(account_weeks(table(rows).lazy(), StudyParameters()), visits, read)


def test_visits_of_a_week_are_counted_one_by_one() -> None:
    rows = [look(signed_in=ago(1)), look(week=1, signed_in=ago(2, 1))]
    visits = [visit(ago(1)), visit(ago(3)), visit(ago(5)), visit(ago(2, 1)), visit(ago(30))]
    assert compared(rows, visits) == Measured(accounts=1, exact=4, seen=2, under_count=0.5, unexplained=0)


def test_the_same_visit_twice_and_services_are_no_more_visits() -> None:
    visits = [visit(ago(1)), visit(ago(1)), visit(ago(2), shape="H")]
    assert compared([look(signed_in=ago(1))], visits).exact == 1


def test_accounts_whose_trail_was_not_read_are_left_out() -> None:
    rows = [look(signed_in=ago(1)), look(2, signed_in=ago(1))]
    assert compared(rows, [visit(ago(1), TWO)], ()) == Measured(
        accounts=0, exact=0, seen=0, under_count=None, unexplained=0
    )
    assert compared(rows, [visit(ago(1), TWO)], (TWO,)).exact == 1


def test_a_use_without_a_visit_is_named() -> None:
    assert compared([look(signed_in=ago(1))], []).unexplained == 1


def test_a_use_without_a_visit_makes_up_for_no_visit_that_was_not_counted() -> None:
    """A trail with gaps: the visit of the first week is one the look missed, the use of the second has no visit."""
    rows = [look(signed_in=ago(8)), look(week=1, signed_in=ago(1, 1))]
    found = compared(rows, [visit(ago(2))])
    assert (found.exact, found.seen, found.unexplained, found.under_count) == (1, 1, 1, 1)


def test_a_visit_of_no_known_account_or_time_is_in_no_stretch() -> None:
    lost = Incident(id="i", account="", shape="A", started=None, verdict="unexplained")
    assert compared([look(signed_in=ago(1))], [lost, visit(ago(1))]).exact == 1


def test_unknown_weeks_measure_nothing() -> None:
    assert compared([look(readable=False)], [visit(ago(1))]).exact == 0


def test_the_truth_of_a_synthetic_fleet() -> None:
    fleet = synthetic_fleet(published(), 1)
    visits = [
        visit(use, each.id, shape)
        for each in fleet.accounts
        for shape, uses in (("A", each.console_uses), ("C", each.key_uses))
        for use in uses
    ]
    weeks = account_weeks(reported(fleet).lazy(), StudyParameters())
    found = measured(weeks, visits, [each.id for each in fleet.accounts])
    since = {home: samples[0] for home, samples in fleet.samples.items()}
    recent = sum(
        (since[each.organization] - use).days < 7
        for each in fleet.accounts
        for use in (*each.console_uses, *each.key_uses)
    )
    assert (found.accounts, found.seen, found.exact, found.unexplained) == (915, 517, recent, 0)
    assert found.under_count == (recent - 517) / recent
