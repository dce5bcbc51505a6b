"""The burn-down: what is not known is never removed, and an account left out proves nothing."""

from __future__ import annotations

from datetime import timedelta
from itertools import product, starmap
from typing import TYPE_CHECKING

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fleet.removals import START, burn_down, followed, member

from rootwarden.errors import InputError
from rootwarden.facts.organization import Position
from rootwarden.fleet.observation import table
from rootwarden.fleet.removal import removal_of
from rootwarden.fleet.removal_work import Look, Stretch, Work

if TYPE_CHECKING:
    from tests.fleet.removals import Told

    from rootwarden.fleet.observation import Row

TOLD: tuple[Told, ...] = (True, False, None, "?")


def holding(number: int, told: tuple[Told, ...]) -> Row:
    password, key, certificate, device = told
    return member(number, password=password, key=key, certificate=certificate, device=device)


def counts(*rows: Row) -> tuple[int, int, int]:
    point = followed(rows).points[-1]
    assert point.members == point.have + point.none + point.unknown
    return point.have, point.none, point.unknown


@pytest.mark.parametrize("told", list(product(TOLD, repeat=4)), ids=lambda told: "".join(str(each)[0] for each in told))
def test_any_credential_in_three_values(told: tuple[Told, ...]) -> None:
    have = True in told
    unknown = not have and "?" in told
    row = holding(1, told)
    assert counts(row) == (int(have), int(not have and not unknown), int(unknown))


def test_nothing_is_known_of_an_account_that_gave_nothing() -> None:
    assert counts(member(1, password=True, readable=False)) == (0, 0, 1)


def test_who_keeps_root_is_not_counted_and_closed_accounts_are_gone() -> None:
    removal = followed(
        (
            member(1, password=True),
            member(2, password=True, position=Position.MANAGEMENT),
            member(3, password=True, position=Position.STANDALONE),
            member(4, password=True, state="SUSPENDED"),
        )
    )
    assert (removal.points[-1].have, removal.kept, removal.remaining) == (1, 2, ("000000000001",))


def test_an_account_whose_position_is_not_known_counts() -> None:
    assert counts(member(1, password=True, position=None)) == (1, 0, 0)


def test_a_member_left_out_of_a_later_run_is_not_known() -> None:
    removal = followed((member(1, password=True), member(2)), (member(2, 1),))
    first, last = removal.points
    assert (first.have, first.none, first.unknown, first.unseen) == (1, 1, 0, 0)
    assert (last.have, last.none, last.unknown, last.unseen) == (0, 1, 1, 1)
    assert (removal.remaining, removal.undecided) == ((), ("000000000001",))


def test_a_member_that_was_closed_is_no_longer_counted() -> None:
    removal = followed(
        (member(1, password=True), member(2)), (member(1, 1, password=True, state="SUSPENDED"), member(2, 1))
    )
    assert (removal.points[-1].members, removal.points[-1].unknown) == (1, 0)


def test_a_run_of_one_organization_says_nothing_of_another() -> None:
    other = "o-fake000002"
    removal = followed(
        (member(1, password=True), member(2, password=True, organization=other)), (member(1, 1),), (member(1, 2),)
    )
    assert [(point.have, point.none, point.unknown) for point in removal.points] == [(2, 0, 0), (1, 1, 0), (1, 1, 0)]
    assert removal.remaining == ("000000000002",)


def test_two_organizations_at_one_instant_are_one_point() -> None:
    removal = followed((member(1, password=True), member(2, organization="o-fake000002")))
    assert [(point.have, point.none) for point in removal.points] == [(1, 1)]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(*[st.sampled_from(TOLD)] * 4), min_size=1, max_size=6), st.lists(st.booleans(), min_size=24))
def test_learning_what_was_not_known_stays_within_the_band(seen: list[tuple[Told, ...]], learnt: list[bool]) -> None:
    answers = iter(learnt)
    settled = [tuple(next(answers) if told == "?" else told for told in each) for each in seen]
    before = followed(tuple(starmap(holding, enumerate(seen))))
    after = followed(tuple(starmap(holding, enumerate(settled))))
    old, new = before.points[0], after.points[0]
    assert old.have <= new.have <= old.have + old.unknown
    assert new.unknown == 0
    for kind, then in zip(old.kinds, new.kinds, strict=True):
        assert kind.have <= then.have <= kind.have + kind.unknown


def test_a_course_of_weeks() -> None:
    removal = burn_down()
    assert [(point.have, point.none, point.unknown) for point in removal.points] == [
        (11, 0, 1),
        (8, 3, 1),
        (5, 6, 1),
        (3, 8, 1),
        (0, 10, 2),
    ]
    assert removal.undecided == ("000000000007", "000000000012")


def test_no_run_is_no_course() -> None:
    with pytest.raises(InputError):
        removal_of([])


def test_another_table_is_refused() -> None:
    with pytest.raises(InputError, match="no column"):
        removal_of([pl.LazyFrame({"as_of": [1]})])


NOTHING = (False, False, False, False)
ID = "000000000001"


def work(*looks: tuple[float, tuple[bool | None, ...]], account: str = ID, organization: str = "o-fake000001") -> Work:
    """A wave of one account, with looks so many weeks after the first run, each of a run of its own."""
    stretches = []
    for weeks, kinds in looks:
        at = START + timedelta(weeks=weeks)
        stretches.append(Stretch(ended=at, looks=(Look(account=account, at=at, kinds=kinds),)))
    return Work(
        journal="fake00000000",
        organization=organization,
        announced=START + timedelta(hours=1),
        number=1,
        name="/Root",
        accounts=(account,),
        stretches=tuple(stretches),
        removed=(1, 0, 0, 0),
    )


def with_work(*works: Work, runs: int = 2) -> list[tuple[int, int, int, str]]:
    """Weekly runs that see the password of one member every time."""
    frames = [table((member(1, week, password=True),)).lazy() for week in range(runs)]
    return [(point.have, point.none, point.unknown, point.by) for point in removal_of(frames, works).points]


def test_what_a_journal_shows_is_taken_in_where_it_happened() -> None:
    assert with_work(work((0.5, NOTHING))) == [
        (1, 0, 0, ""),
        (0, 1, 0, "wave 1, /Root"),
        (1, 0, 0, ""),  # somebody made a password again, and the run saw it
    ]


def test_a_look_after_the_last_run_is_the_last_word() -> None:
    assert with_work(work((1.5, NOTHING)))[-1] == (0, 1, 0, "wave 1, /Root")


def test_a_change_nobody_looked_at_since_is_not_known() -> None:
    assert with_work(work((1.5, (None, False, False, False))))[-1] == (0, 0, 1, "wave 1, /Root")


def test_a_member_the_next_run_leaves_out_is_not_known_again() -> None:
    frames = [table((member(1, password=True), member(2))).lazy(), table((member(2, 1),)).lazy()]
    last = removal_of(frames, [work((0.5, NOTHING))]).points[-1]
    assert (last.have, last.none, last.unknown, last.unseen) == (0, 1, 1, 1)


def test_an_account_of_the_plan_that_no_run_saw_counts_as_not_known() -> None:
    found = with_work(work(account="000000000002"), runs=1)
    assert found == [(1, 0, 0, ""), (1, 0, 1, "the removal begins")]


def test_a_run_that_could_not_read_its_organization_has_the_same_members() -> None:
    frames = [table((member(1, password=True, organization=""),)).lazy()]
    assert [point.members for point in removal_of(frames, [work((0.5, NOTHING))]).points] == [1, 1]


def test_who_keeps_root_is_not_counted_for_a_journal_either() -> None:
    frames = [table((member(1, password=True, position=Position.MANAGEMENT),)).lazy()]
    assert [point.members for point in removal_of(frames, [work((0.5, NOTHING))]).points] == [0]


def test_a_run_that_ends_after_a_look_began_is_the_newer_of_the_two() -> None:
    """The stretch ends after the run; what it saw of this account is older."""
    early = START + timedelta(weeks=0.9)
    one = work((1.5, NOTHING))
    (stretch,) = one.stretches
    looks = (Look(account=ID, at=early, kinds=NOTHING),)
    stretched = msgspec.structs.replace(one, stretches=(Stretch(ended=stretch.ended, looks=looks),))
    assert with_work(stretched) == [(1, 0, 0, ""), (1, 0, 0, "")]
