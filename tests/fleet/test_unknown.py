"""Whatever the unknown turns out to be: no share leaves its interval, nothing decided is taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from tests.fleet.looks import START, UNKNOWN, key, look

from rootwarden.fleet.account_weeks import account_weeks
from rootwarden.fleet.observation import table
from rootwarden.fleet.parameters import StudyParameters
from rootwarden.fleet.study import study

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from hypothesis.strategies import DrawFn, SearchStrategy

    from rootwarden.fleet.result import Study
    from rootwarden.fleet.share import Share

QUESTIONS = ("use", "console", "key", "old_key", "holds_key", "holds_old_key", "mfa", "size")
# A whole study an example: few of them here, many in the soak below; without shrinking, which takes minutes.
SLICE = settings(max_examples=25, deadline=None, phases=(Phase.generate,), suppress_health_check=[HealthCheck.too_slow])
# Instants on a coarse grid, so that windows, other looks and ages are hit.
HOURS = st.integers(-24 * 50, 24 * 21).map(lambda hours: START + timedelta(hours=hours - hours % 12))


def maybe(known: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, Any]]:
    """A fact as it is seen, and as it is: the same, or unknown first."""
    return st.builds(lambda value, hidden: (UNKNOWN if hidden else value, value), known, st.booleans())


@st.composite
def looks(draw: DrawFn) -> tuple[list[Any], list[Any]]:
    """Rows of a small fleet as seen, and the same rows with nothing unknown."""
    seen: list[Any] = []
    true: list[Any] = []
    for account in range(draw(st.integers(1, 3))):
        created = draw(maybe(st.sampled_from([START - timedelta(days=days) for days in (25, 400)])))
        days = draw(st.lists(st.sampled_from([0, 2, 6, 7, 9, 14]), min_size=1, max_size=4, unique=True))
        # The last sign-in only ever moves on.
        signed_in = sorted(draw(st.lists(HOURS, min_size=len(days), max_size=len(days))))
        for day, date in zip(sorted(days), signed_in, strict=True):
            facts = {
                "signed_in": draw(maybe(st.just(date))),
                "used": draw(maybe(st.none() | HOURS)),
                "active": draw(maybe(st.booleans())),
                "rotated": draw(maybe(st.sampled_from([START - timedelta(days=days) for days in (60, 300)]))),
                "mfa": draw(maybe(st.booleans())),
                "assets": draw(maybe(st.sampled_from([1, 20, 90]))),
                "organization": draw(maybe(st.sampled_from(["o-fake000001", "o-fake000002", None]))),
            }
            for rows, place in ((seen, 0), (true, 1)):
                given_ = {name: pair[place] for name, pair in facts.items()}
                keys = (key(given_.pop("used"), active=given_.pop("active"), rotated=given_.pop("rotated")),)
                rows.append(look(account, day / 7, created=created[place], keys=keys, **given_))
    return seen, true


def shares(made: Study) -> Iterator[tuple[str, Share]]:
    for name in made.period.shares.__struct_fields__:
        yield name, getattr(made.period.shares, name)
    for week in made.weeks:
        yield f"accounts {week.week}", week.accounts_share
        yield f"organizations {week.week}", week.organizations_share


def account_week_frame(rows: list[Any]) -> pl.DataFrame:
    return account_weeks(table(rows).lazy(), StudyParameters()).weeks


@SLICE
@given(looks())
def test_no_share_leaves_its_interval(fleet: tuple[list[Any], list[Any]]) -> None:
    no_share_leaves_its_interval(*fleet)


def no_share_leaves_its_interval(*fleet: list[Any]) -> None:
    seen, true = (study(table(rows).lazy()) for rows in fleet)
    bounds = dict(shares(seen))
    for name, share in shares(true):
        if share.value is not None:
            low, high = bounds[name].low, bounds[name].high
            assert low is not None, name
            assert high is not None, name
            assert low - 1e-12 <= share.value <= high + 1e-12, name
    assert seen.period.concentration.half_low <= true.period.half_of_uses_by <= seen.period.concentration.half_high


@SLICE
@given(looks())
def test_nothing_decided_is_taken_back(fleet: tuple[list[Any], list[Any]]) -> None:
    nothing_decided_is_taken_back(*fleet)


def nothing_decided_is_taken_back(*fleet: list[Any]) -> None:
    seen, true = (account_week_frame(rows) for rows in fleet)
    known = {(row["account"], row["week"]): row for row in true.iter_rows(named=True)}
    for row in seen.iter_rows(named=True):
        # An account that turns out to be too young has no row; until then nothing was decided.
        now = known.get((row["account"], row["week"]), {})
        for question in QUESTIONS[:6] if not now else QUESTIONS:
            assert row[question] is None or row[question] == now.get(question), question


@SLICE
@given(looks())
def test_without_anything_unknown_every_interval_is_the_share(fleet: tuple[list[Any], list[Any]]) -> None:
    _, true = fleet
    # A date after the look hides what came before it, which is unknown however much is read.
    assume(not any(account_week_frame(true)[question].null_count() for question in QUESTIONS))
    for name, share in shares(study(table(true).lazy())):
        if share.value is not None:
            assert (share.low, share.high) == (share.value, share.value), name


@SLICE
@given(looks())
def test_the_order_of_rows_changes_nothing(fleet: tuple[list[Any], list[Any]]) -> None:
    rows, _ = fleet
    one, other = study(table(rows).lazy()), study(table(rows[::-1]).lazy())
    assert msgspec.json.encode(one) == msgspec.json.encode(other)


@pytest.mark.soak
@settings(SLICE, max_examples=1500)
@given(looks())
def test_many_fleets(fleet: tuple[list[Any], list[Any]]) -> None:
    no_share_leaves_its_interval(*fleet)
    nothing_decided_is_taken_back(*fleet)
