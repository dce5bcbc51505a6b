"""A study counted by hand, and the form others rely on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.fleet.looks import UNKNOWN, ago, key, look

from rootwarden.fleet.observation import table
from rootwarden.fleet.parameters import StudyParameters
from rootwarden.fleet.result import Sizes, Study
from rootwarden.fleet.share import Share, share
from rootwarden.fleet.study import study

if TYPE_CHECKING:
    from rootwarden.fleet.result import Period

DOCS = Path(__file__).parents[2] / "docs"
A, B = "o-fake000001", "o-fake000002"
# Three weeks of six accounts in two organizations and one in none.
FLEET = [
    *(look(1, week, signed_in=ago(1, week), mfa=False) for week in range(3)),
    *(look(2, week, keys=(key(ago(2, week) if week else None),), assets=20) for week in range(3)),
    *(look(3, week, organization=B, signed_in=ago(3, 1) if week else None) for week in range(3)),
    *(look(4, week, organization=B, keys=(key(rotated=ago(10)),)) for week in range(3)),
    *(look(5, week, organization=None, readable=week != 1, created=ago(999)) for week in range(3)),
    *(look(6, week, organization=B, created=ago(20), signed_in=ago(1, week)) for week in range(2)),
]


@pytest.fixture(scope="module")
def made() -> Study:
    return study(table(FLEET).lazy())


@pytest.fixture(scope="module")
def period(made: Study) -> Period:
    return made.period


def test_weeks(made: Study) -> None:
    found = [
        (str(each.week), each.accounts, each.accounts_used, each.organizations, each.organizations_used, each.unknown)
        for each in made.weeks
    ]
    assert found == [
        ("2026-03-02", 5, 1, 3, 1, 0),
        ("2026-03-09", 4, 3, 2, 2, 1),
        ("2026-03-16", 5, 2, 3, 1, 0),
    ]
    assert [each.young for each in made.weeks] == [1, 1, 0]
    assert [each.sizes for each in made.weeks] == [
        Sizes(small=1, medium=0, large=0, unknown=0),
        Sizes(small=2, medium=1, large=0, unknown=0),
        Sizes(small=1, medium=1, large=0, unknown=0),
    ]
    assert made.weeks[1].accounts_share == share(3, 4, outside=1)
    assert made.weeks[1].organizations_unknown == 1


def test_period(period: Period) -> None:
    assert (period.accounts, period.organizations, period.unknown) == (5, 3, 1)
    assert (period.accounts_used, period.organizations_used, period.uses, period.both_uses) == (3, 2, 6, 0)
    assert (period.repeat_accounts, period.repeat_uses, period.half_of_uses_by) == (2, 5, 1)
    assert period.uses_per_account == 2
    assert msgspec.structs.astuple(period.keys) == (2, 2, 1, 2, 2)
    assert msgspec.structs.astuple(period.mfa) == (4, 3, 2, 1)
    assert period.concentration.curve == (3, 5, 6)
    assert (period.average.accounts, period.average.accounts_used) == (14 / 3, 2)
    assert period.uses_estimated.low >= 6


def test_shares(period: Period) -> None:
    assert period.shares.accounts_used_of_accounts == share(3, 5, undecided=1)
    assert period.shares.repeat_accounts_of_accounts_used == share(2, 3, outside=1)
    assert period.shares.key_uses_of_uses == share(2, 6, outside=1)
    assert period.shares.old_key_accounts_of_key_accounts == share(1, 2, outside=1)


def test_who_is_behind_it(made: Study) -> None:
    found = [(each.account[-1], each.organization, each.uses, each.unknown_weeks) for each in made.offenders]
    assert found == [("1", A, 3, 0), ("2", A, 2, 0), ("3", B, 1, 0)]
    assert [str(day) for day in made.offenders[1].weeks] == ["2026-03-09", "2026-03-16"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"count": 1, "of": 4}, (0.25, 0.25, 0.25)),
        ({"count": 1, "of": 4, "undecided": 1}, (0.25, 0.25, 0.5)),
        ({"count": 1, "of": 4, "outside": 1}, (0.25, 0.2, 0.4)),
        ({"count": 0, "of": 0}, (None, None, None)),
        ({"count": 0, "of": 0, "outside": 2}, (None, 0, 1)),
        ({"count": 1, "of": 2, "adrift": 1}, (0.5, 1 / 3, 1)),
        ({"count": 0, "of": 0, "adrift": 1}, (None, 0, 1)),
    ],
)
def test_share(given: dict[str, int], expected: tuple[float | None, ...]) -> None:
    made = share(**given)
    assert (made.value, made.low, made.high) == pytest.approx(expected)


def test_nobody_could_be_read() -> None:
    made = study(table([look(readable=False), look(2, readable=False)]).lazy())
    assert (made.period.accounts, made.period.uses, made.period.unknown) == (0, 0, 2)
    assert (made.period.uses_per_account, made.period.concentration.gini_used) == (None, None)
    whole = made.period.shares.accounts_used_of_accounts
    assert (whole.value, whole.low, whole.high) == (None, 0, 1)
    # Bounds, not the narrowest: no more than both accounts are needed.
    assert (made.period.concentration.half_low, made.period.concentration.half_high) == (0, 2)


def test_everybody_was_too_young() -> None:
    made = study(table([look(created=ago(2), signed_in=ago(1))]).lazy())
    assert [(each.accounts, each.young) for each in made.weeks] == [(0, 1)]
    assert made.period.accounts == 0


def test_only_closed_accounts() -> None:
    made = study(table([look(state="CLOSED")]).lazy())
    assert made.weeks == ()
    assert [each.kind for each in made.sampling] == ["closed"]


def test_an_unknown_mfa_leaves_the_use_undecided() -> None:
    found = study(table([look(signed_in=ago(1), mfa=UNKNOWN)]).lazy()).period
    assert (found.mfa.console_uses, found.mfa.without_mfa) == (1, 0)
    assert found.shares.without_mfa_of_console_uses == share(0, 1, undecided=1)


def test_parameters_change_what_is_counted() -> None:
    def uses(**changed: Any) -> int:
        return study(table(FLEET).lazy(), StudyParameters(**changed)).period.uses

    assert uses() == 6
    assert uses(window_days=1) == 0
    assert uses(minimum_age_days=0) == 8
    assert study(table(FLEET).lazy(), StudyParameters(medium_from=10, large_above=99)).period.sizes.large == 2


WEEK_FIELDS = {"week", "accounts", "accounts_used", "organizations", "organizations_used", "unknown"}
PERIOD_FIELDS: dict[str, set[str]] = {
    "accounts_used": set(),
    "organizations_used": set(),
    "uses": set(),
    "uses_estimated": {"value", "low", "high"},
    "repeat_accounts": set(),
    "repeat_uses": set(),
    "half_of_uses_by": set(),
    "sizes": {"small", "medium", "large"},
    "keys": {"accounts", "organizations", "old_accounts", "uses", "old_uses"},
    "mfa": {"console_uses", "without_mfa", "organizations", "organizations_without_mfa"},
}


def test_the_form_others_rely_on(made: Study) -> None:
    document = msgspec.json.decode(msgspec.json.encode(made))
    assert document["schema"] == "rootwarden.study/1"
    assert set(document["weeks"][0]) >= WEEK_FIELDS
    for name, inside in PERIOD_FIELDS.items():
        value = document["period"][name]
        assert set(value) >= inside if inside else isinstance(value, int)
    assert msgspec.convert(document, Study) == made


def test_every_field_is_documented() -> None:
    page = (DOCS / "fleet-study.md").read_text(encoding="utf-8")
    for name in PERIOD_FIELDS:
        assert f"`{name}" in page or f"`{name}." in page, name
    for name in StudyParameters.__struct_fields__:
        assert f"| `{name}` |" in page
    assert set(Share.__struct_fields__) == {"count", "of", "undecided", "outside", "adrift", "value", "low", "high"}


def test_iam_users_nobody_counted_are_not_none() -> None:
    average = study(table([look(assets=UNKNOWN), look(2, assets=UNKNOWN)]).lazy()).period.average
    assert (average.iam_users, average.iam_users_unknown) == (None, 2)
    partly = study(table([look(assets=7), look(2, assets=UNKNOWN)]).lazy()).period.average
    assert (partly.iam_users, partly.iam_users_unknown) == (7, 1)


def test_a_week_nobody_could_read_lowers_no_mean() -> None:
    rows = [look(signed_in=ago(1)), look(week=1, readable=False)]
    average = study(table(rows).lazy()).period.average
    assert (average.accounts, average.accounts_used, average.organizations_used) == (1, 1, 1)


def test_accounts_nobody_could_read_are_no_accounts_without_a_use() -> None:
    """The Gini coefficient among all: two accounts, of which one has all uses, whatever else there is."""
    known = [look(signed_in=ago(1)), look(2)]
    alone, beside = (study(table(rows).lazy()).period for rows in (known, [*known, look(3, readable=False)]))
    assert alone.concentration.gini_all == beside.concentration.gini_all == pytest.approx(0.5)


def test_dates_nobody_could_read_are_no_estimate_of_nothing() -> None:
    blind = study(table([look(readable=False)]).lazy()).period.uses_estimated
    assert (blind.value, blind.low, blind.high, blind.accounts) == (None, 0, None, 0)
    partly = [look(week=week, signed_in=ago(1, week), keys=UNKNOWN) for week in range(3)]
    seen = study(table(partly).lazy()).period
    assert (seen.uses, seen.uses_estimated.value, seen.uses_estimated.low) == (3, None, 3)
    with_quiet = study(table([*partly, look(2)]).lazy()).period
    assert with_quiet.uses_estimated.accounts == 1
    assert with_quiet.uses_estimated.low == 3
