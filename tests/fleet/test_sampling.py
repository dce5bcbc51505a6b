"""What is odd about the sampling is named, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.fleet.looks import DAY, START, UNKNOWN, ago, look

from rootwarden.fleet.observation import table
from rootwarden.fleet.sampling import KINDS
from rootwarden.fleet.study import study

if TYPE_CHECKING:
    from rootwarden.fleet.observation import Row

ONE = "111100000001"
OTHER = "o-fake000002"

CASES: dict[str, tuple[list[Row], int, tuple[str, ...]]] = {
    "empty-week": ([look(), look(week=3)], 2, ("2026-03-09", "2026-03-16")),
    "missed-week": ([look(), look(week=3), look(2), look(2, 1), look(2, 2), look(2, 3)], 2, (ONE,)),
    "gone": ([look(), look(2), look(2, 1)], 1, (ONE,)),
    "several-looks": ([look(), look(week=0.5), look(2)], 1, (ONE,)),
    "unreadable": ([look(readable=False), look(week=1, readable=False), look(2), look(2, 1)], 2, (ONE,)),
    "date-unknown": ([look(signed_in=UNKNOWN), look(2)], 1, (ONE,)),
    "age-unknown": ([look(created=UNKNOWN), look(2)], 1, (ONE,)),
    "old-report": ([look(report=ago(0.2))], 1, (ONE,)),
    "report-ahead": ([look(report=ago(-0.2))], 1, (ONE,)),
    "impossible-date": ([look(signed_in=ago(-1))], 1, (ONE,)),
    "between-windows": ([look(), look(week=2, signed_in=ago(10, 2))], 1, (ONE,)),
    "moved": ([look(), look(week=1, organization=OTHER)], 1, (ONE,)),
    "closed": ([look(), look(week=1, state="SUSPENDED")], 1, (ONE,)),
    "reopened": ([look(), look(week=1, state="SUSPENDED"), look(week=2)], 1, (ONE,)),
    "organization-unknown": ([look(organization=UNKNOWN), look(week=1, organization=UNKNOWN)], 1, (ONE,)),
    "shared-name": ([look(name="billing"), look(2, name="billing")], 1, ("billing",)),
}
# What cannot be had alone: a date out of place is unknown, a gap is a missed week, whoever came back was closed.
BESIDE = {
    "empty-week": {"missed-week"},
    "unreadable": {"age-unknown"},
    "between-windows": {"empty-week", "missed-week"},
    "reopened": {"closed"},
}


@pytest.mark.parametrize("kind", CASES)
def test_each_kind(kind: str) -> None:
    rows, count, examples = CASES[kind]
    found = {each.kind: each for each in study(table(rows).lazy()).sampling}
    assert (found[kind].count, found[kind].examples) == (count, examples)
    assert found[kind].says
    assert set(found) == {kind} | BESIDE.get(kind, set())


def test_every_kind_has_a_case() -> None:
    assert ["empty-week", *(kind.name for kind in KINDS), "shared-name"] == list(CASES)


def test_a_report_made_late_is_seen_between_windows() -> None:
    """The use came after the report and before the look: the next week's window no longer holds it."""
    rows = [look(report=ago(0.1)), look(week=1, signed_in=ago(0.05))]
    assert {each.kind for each in study(table(rows).lazy()).sampling} == {"between-windows"}


def test_good_sampling_is_nothing_to_speak_of() -> None:
    rows = [look(account, week, signed_in=ago(1, week)) for account in (1, 2) for week in range(4)]
    assert study(table(rows).lazy()).sampling == ()


def test_the_same_name_in_two_organizations_is_no_oddity() -> None:
    rows = [look(name="billing"), look(2, name="billing", organization=OTHER)]
    assert study(table(rows).lazy()).sampling == ()


def test_an_account_that_moves_counts_once_among_accounts_and_for_both_organizations() -> None:
    rows = [look(signed_in=ago(1)), look(week=1, organization=OTHER, signed_in=ago(1, 1))]
    period = study(table(rows).lazy()).period
    assert (period.accounts, period.accounts_used, period.repeat_accounts) == (1, 1, 1)
    assert (period.organizations, period.organizations_used) == (2, 2)


def test_only_the_period_is_reported() -> None:
    rows = [look(), look(week=1), look(week=4)]
    made = study(table(rows).lazy(), end=START + 20 * DAY)
    assert made.sampling == ()
    assert (made.first_as_of, made.last_as_of) == (START, START + 7 * DAY)


def test_examples_are_few_however_many_there_are() -> None:
    (oddity,) = study(table([look(each, report=ago(1)) for each in range(50)]).lazy()).sampling
    assert oddity.count == 50
    assert len(oddity.examples) == 10
