"""What counts as a use of an account in a week, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from tests.fleet.looks import DAY, START, UNKNOWN, ago, key, look

from rootwarden.errors import InputError, UsageError
from rootwarden.fleet.account_weeks import account_weeks
from rootwarden.fleet.observation import table
from rootwarden.fleet.parameters import StudyParameters

if TYPE_CHECKING:
    from rootwarden.fleet.observation import Row

SECOND = timedelta(seconds=1)


def weeks(*rows: Row, **parameters: Any) -> list[dict[str, Any]]:
    fleet = account_weeks(table(rows).lazy(), StudyParameters(**parameters))
    return fleet.weeks.to_dicts()


def only(*rows: Row, **parameters: Any) -> dict[str, Any]:
    (week,) = weeks(*rows, **parameters)
    return week


CASES: list[tuple[str, dict[str, Any], tuple[bool | None, bool | None, bool | None]]] = [
    ("never used", {}, (False, False, False)),
    ("signed in yesterday", {"signed_in": ago(1)}, (True, True, False)),
    ("at the very as-of", {"signed_in": START}, (True, True, False)),
    ("just inside the window", {"signed_in": ago(7) + SECOND}, (True, True, False)),
    ("just outside the window", {"signed_in": ago(7)}, (False, False, False)),
    ("long ago", {"signed_in": ago(300)}, (False, False, False)),
    ("through a key", {"keys": (key(ago(2)),)}, (True, False, True)),
    ("through the second key", {"keys": (key(), key(ago(2)))}, (True, False, True)),
    ("both ways", {"signed_in": ago(3), "keys": (key(ago(2)),)}, (True, True, True)),
    ("through a key that is inactive now", {"keys": (key(ago(2), active=False),)}, (True, False, True)),
    ("nobody could read the account", {"readable": False}, (None, None, None)),
    ("sign-in unknown", {"signed_in": UNKNOWN}, (None, None, False)),
    ("keys unknown", {"keys": UNKNOWN}, (None, False, None)),
    ("a use is a use whatever the keys", {"signed_in": ago(1), "keys": UNKNOWN}, (True, True, None)),
    ("one key unknown, the other used", {"keys": (key(UNKNOWN), key(ago(1)))}, (True, False, True)),
    ("a report from before the window", {"signed_in": ago(30), "report": ago(8)}, (None, None, None)),
    ("a report from inside the window", {"signed_in": ago(30), "report": ago(0.9)}, (False, False, False)),
    ("a report of unknown date counts as of now", {"signed_in": ago(30), "report": UNKNOWN}, (False, False, False)),
    ("a later date hides the week", {"signed_in": ago(-0.1), "report": ago(-0.2)}, (None, None, False)),
    (
        "a later date, and a key",
        {"signed_in": ago(-0.1), "report": ago(-0.2), "keys": (key(ago(1)),)},
        (True, None, True),
    ),
    ("a date from the future", {"signed_in": ago(-400)}, (None, None, False)),
    ("of an age nobody knows", {"created": UNKNOWN, "signed_in": ago(1)}, (None, None, None)),
]


@pytest.mark.parametrize(("given", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_use(given: dict[str, Any], expected: tuple[bool | None, bool | None, bool | None]) -> None:
    week = only(look(**given))
    assert (week["use"], week["console"], week["key"]) == expected


@pytest.mark.parametrize(
    ("created", "there"), [(ago(30), True), (ago(30) + SECOND, False), (ago(29), False), (ago(31), True)]
)
def test_accounts_younger_than_the_minimum_are_left_out(created: datetime, *, there: bool) -> None:
    assert len(weeks(look(created=created, signed_in=ago(1)))) == there


def test_the_date_of_creation_is_remembered() -> None:
    """An account that could be read once has its age in every week."""
    first, second = weeks(look(created=ago(10)), look(week=5, created=UNKNOWN, signed_in=ago(1, 5)), look(account=2))
    assert first["account"] == 111100000001
    assert (first["week"], first["use"]) == (5, True)
    assert second["account"] == 111100000002


def test_several_uses_in_a_week_are_one() -> None:
    """Daily looks: the last stands for the week, earlier ones add what it no longer shows."""
    daily = [look(week=day / 7, signed_in=ago(0.5, day / 7)) for day in range(5)]
    assert only(*daily)["use"] is True


def test_an_earlier_look_shows_what_a_later_one_cannot() -> None:
    seen, refused = look(week=0, signed_in=ago(1)), look(week=1 / 7, readable=False)
    assert only(seen, refused)["use"] is True
    quiet = look(week=0, signed_in=ago(300))
    assert only(quiet, refused)["use"] is None
    rotated = look(week=1 / 7, keys=(key(rotated=START),))
    week = only(look(week=0, keys=(key(ago(1)),)), rotated)
    assert (week["use"], week["key"]) == (True, True)


def test_a_key_may_be_gone_before_the_last_look() -> None:
    """The date of the password only moves on, so the last look settles it; a key takes its date along."""
    quiet = look(week=1 / 7, keys=(key(rotated=START),))
    assert only(look(week=0, signed_in=UNKNOWN), quiet)["console"] is False
    assert only(look(week=0, keys=UNKNOWN), quiet)["key"] is None


def test_a_use_counts_in_one_week_only() -> None:
    """Looks six days apart: the second window would reach back to before the first look."""
    rows = [look(week=6 / 7 * number, signed_in=ago(0.5)) for number in range(3)]
    assert [week["use"] for week in weeks(*rows, week_anchor="monday")] == [True, False]
    wide = [look(week=number, signed_in=ago(0.5)) for number in range(3)]
    assert [week["use"] for week in weeks(*wide, window_days=30)] == [True, False, False]


def test_a_missed_week_has_no_row() -> None:
    used = weeks(look(), look(week=2, signed_in=ago(10, 2)), look(week=3, signed_in=ago(1, 3)))
    assert [(week["week"], week["use"]) for week in used] == [(0, False), (2, False), (3, True)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (9, 0),
        (10, 1),
        (50, 1),
        (51, 2),
        (UNKNOWN, None),
    ],
)
def test_size(given: Any, expected: int | None) -> None:
    """Five counts of the same number: small below 50, large above 250."""
    assert only(look(assets=given))["size"] == expected


def test_the_size_is_decided_once_the_known_counts_suffice() -> None:
    frame = table([look(assets=60)]).with_columns(
        buckets=pl.lit(None, pl.Int64), buckets_state=pl.lit("unknown", pl.Enum(["known", "absent", "unknown"]))
    )
    small = table([look(assets=10)]).with_columns(frame["buckets"], frame["buckets_state"])
    for large_above, table_, expected in ((239, frame, 2), (240, frame, None), (250, small, None)):
        fleet = account_weeks(table_.lazy(), StudyParameters(large_above=large_above))
        assert fleet.weeks["size"].to_list() == [expected]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((), (False, False)),
        ((key(),), (True, True)),
        ((key(rotated=ago(90)),), (True, False)),
        ((key(rotated=ago(90.1)),), (True, True)),
        ((key(active=False),), (False, False)),
        ((key(rotated=UNKNOWN),), (True, None)),
        ((key(rotated=ago(1)), key()), (True, True)),
        ((key(active=UNKNOWN),), (None, None)),
        ((key(active=UNKNOWN), key(rotated=ago(1))), (True, None)),
        (UNKNOWN, (None, None)),
    ],
)
def test_keys_held(keys: Any, expected: tuple[bool | None, bool | None]) -> None:
    week = only(look(keys=keys))
    assert (week["holds_key"], week["holds_old_key"]) == expected


def test_an_old_key_use_is_through_an_old_key() -> None:
    young_used = only(look(keys=(key(ago(1), rotated=ago(20)), key(ago(200)))))
    assert (young_used["key"], young_used["old_key"]) == (True, False)
    assert only(look(keys=(key(ago(1), rotated=UNKNOWN),)))["old_key"] is None


def test_closed_accounts_count_nowhere() -> None:
    assert weeks(look(state="SUSPENDED", signed_in=ago(1)), look(account=2)) == weeks(look(account=2))
    assert only(look(state=""))["use"] is False


def test_an_account_in_no_organization_is_one_of_its_own() -> None:
    alone, unknown = weeks(look(organization=None), look(account=2, organization=UNKNOWN))
    assert alone["organization"] == "account 111100000001"
    assert unknown["organization"] is None


def test_weeks_begin_on_the_anchor() -> None:
    rows = [look(week=day / 7) for day in (0, 5, 6, 7)]
    fleet = account_weeks(table(rows).lazy(), StudyParameters(week_anchor="sunday"))
    assert fleet.first == datetime(2026, 3, 1, tzinfo=UTC)
    assert fleet.weeks["week"].to_list() == [0, 1]
    since = account_weeks(table(rows).lazy(), StudyParameters(), start=START - 3 * DAY)
    assert since.first == datetime(2026, 2, 27, tzinfo=UTC)


def test_a_period_without_observations_is_an_error() -> None:
    for start, end in ((START + DAY, None), (None, START)):
        with pytest.raises(InputError, match="no observation is in the period"):
            account_weeks(table([look()]).lazy(), StudyParameters(), start=start, end=end)
    with pytest.raises(InputError, match="no observation"):
        account_weeks(table([]).lazy(), StudyParameters())


def changed(**columns: Any) -> pl.DataFrame:
    frame = table([look(signed_in=ago(1)), look(2)])
    return frame.with_columns(pl.lit(value, dtype=frame.schema[name]).alias(name) for name, value in columns.items())


@pytest.mark.parametrize("account", ["", "1", "11110000000x", "-11110000001", "1111000000011", None])
def test_an_account_without_an_id_is_an_error(account: str | None) -> None:
    with pytest.raises(InputError, match="not twelve digits"):
        account_weeks(changed(account_id=account).lazy(), StudyParameters())


def test_accounts_without_a_root_user_are_no_subject() -> None:
    with pytest.raises(InputError, match="has a root user"):
        account_weeks(changed(has_root_user=False).lazy(), StudyParameters())


@pytest.mark.parametrize("micros", [-(2**62), 2**62, None])
def test_an_as_of_out_of_all_years_is_an_error(micros: int | None) -> None:
    frame = table([look()]).with_columns(as_of=pl.lit(micros, pl.Int64).cast(pl.Datetime("us", "UTC")))
    with pytest.raises(InputError, match="no instant"):
        account_weeks(frame.lazy(), StudyParameters())


def test_dates_out_of_all_years_are_only_dates() -> None:
    """The earliest and the latest a table can hold: somebody wrote them, and the study goes on."""
    for micros, expected in ((-(2**62), False), (2**62, None)):
        extreme = pl.lit(micros, pl.Int64).cast(pl.Datetime("us", "UTC"))
        frame = table([look(signed_in=ago(1))]).with_columns(password_last_used=extreme)
        assert account_weeks(frame.lazy(), StudyParameters()).weeks["use"].to_list() == [expected]


def test_counts_beyond_all_counts() -> None:
    frame = changed(buckets=2**63 - 1, iam_users=2**63 - 1, trails=-5)
    assert account_weeks(frame.lazy(), StudyParameters()).weeks["size"].to_list() == [2, 2]


def test_a_value_that_is_not_known_is_no_value() -> None:
    for state, expected in (("unknown", None), ("absent", False), (None, None)):
        weeks_ = account_weeks(changed(password_last_used_state=state).lazy(), StudyParameters()).weeks
        assert weeks_["console"].to_list() == [expected, expected]
    nothing = account_weeks(
        changed(password_last_used=None, password_last_used_state="known").lazy(), StudyParameters()
    )
    assert nothing.weeks["console"].to_list() == [None, None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"window_days": 0},
        {"window_days": 4000},
        {"minimum_age_days": -1},
        {"medium_from": 0},
        {"medium_from": 300},
        {"week_anchor": "someday"},
        {"confidence": 1.0},
    ],
)
def test_parameters_no_study_can_be_made_with(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        StudyParameters(**wrong)
    assert caught.value.hint


def test_a_use_of_an_old_key_stays_one_when_the_key_is_rotated_in_the_same_week() -> None:
    """The first look shows the old key used, the second a new one in its place."""
    for rotated, expected in ((ago(400), True), (ago(30), False), (UNKNOWN, None)):
        first = look(keys=(key(ago(1), rotated=rotated),))
        week = only(first, look(week=2 / 7, keys=(key(rotated=ago(-1)),)))
        assert (week["key"], week["old_key"]) == (True, expected)
    silent = only(look(keys=(key(UNKNOWN),)), look(week=2 / 7, keys=(key(rotated=ago(-1)),)))
    assert (silent["key"], silent["old_key"]) == (None, None)
    both = only(look(keys=(key(ago(1)),)), look(week=2 / 7, keys=(key(ago(1)),)))
    assert both["old_key"] is True


def test_an_account_that_grows_old_enough_within_a_week_is_counted_once() -> None:
    rows = [look(created=ago(29)), look(week=2 / 7, created=ago(29))]
    fleet = account_weeks(table(rows).lazy(), StudyParameters())
    assert fleet.weeks.height == 1
    assert fleet.young.is_empty()


def test_two_runs_at_one_instant_are_one_look_in_whatever_order_they_are_read() -> None:
    """An organization's run that was refused, and a lone report of the same instant."""
    told = look(signed_in=ago(300), organization=None)
    refused = look(readable=False)
    other = look(signed_in=ago(300), organization="o-fake000002", mfa=False)
    first = weeks(told, refused, other)
    assert first == weeks(other, refused, told) == weeks(refused, told, other)
    assert first[0]["use"] is False


def test_a_report_that_misses_more_than_a_day_of_the_window_shows_no_empty_week() -> None:
    assert only(look(signed_in=ago(30), report=ago(1)))["use"] is False
    assert only(look(signed_in=ago(30), report=ago(1) - SECOND))["use"] is None
    assert only(look(signed_in=ago(4), report=ago(3)))["use"] is True
