"""The order: what helps most for each step, never before what it needs; and outcomes where something is not known."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.advice.small import advice, cell, scenario

from rootwarden import packs
from rootwarden.advice.advice import Price, State
from rootwarden.advice.order import improved, ordered
from rootwarden.advice.scenario import Outcome, outcome, possible

if TYPE_CHECKING:
    from rootwarden.advice.scenario import Scenario

STATES = st.sampled_from(State)
EVERY = packs.advice()


def order(*args: Any) -> list[str]:
    return [one.advice for one in ordered(*args)]


@settings(deadline=None, max_examples=25)
@given(st.tuples(*[STATES] * len(EVERY)))
def test_the_shipped_advice_is_ordered_whatever_its_states(states: tuple[State, ...]) -> None:
    by_id = dict(zip((one.id for one in EVERY), states, strict=True))
    placed = order(EVERY, by_id, packs.scenarios())
    open_ = {one for one, state in by_id.items() if state in (State.NOT_DONE, State.UNKNOWN)}
    assert sorted(placed) == sorted(open_)
    for one in EVERY:
        for needed in one.after:
            if one.id in open_ and needed in open_:
                assert placed.index(needed) < placed.index(one.id)


def test_what_helps_against_more_comes_first() -> None:
    every = [advice("a"), advice("b")]
    scenarios = [scenario(name, cell(Outcome.PREVENTED, "b")) for name in "xy"] + [
        scenario("z", cell(Outcome.PREVENTED, "a"))
    ]
    assert order(every, dict.fromkeys("ab", State.NOT_DONE), scenarios) == ["b", "a"]


def test_a_step_counts_with_what_it_needs() -> None:
    every = [advice("far", "near"), advice("near"), advice("easy")]
    scenarios = [scenario("x", cell(Outcome.PREVENTED, "far")), scenario("y", cell(Outcome.PREVENTED, "easy"))]
    states = dict.fromkeys(("far", "near", "easy"), State.NOT_DONE)
    placed = ordered(every, states, scenarios)
    assert [(one.advice, one.improves, one.opens) for one in placed] == [
        ("easy", ("y",), ""),
        ("near", (), "far"),
        ("far", ("x",), ""),
    ]
    assert order(every, states | {"near": State.DONE}, scenarios) == ["easy", "far"]


def test_what_is_done_no_longer_counts() -> None:
    every = [advice("a"), advice("b")]
    scenarios = [scenario("x", cell(Outcome.PREVENTED, "a"), cell(Outcome.DETECTED, "b"))]
    (left,) = ordered(every, {"a": State.DONE, "b": State.NOT_DONE}, scenarios)
    assert (left.advice, left.improves) == ("b", ())


@pytest.mark.parametrize("dear", [Price.SMALL, Price.GROWS])
def test_equal_gains_go_by_price(dear: Price) -> None:
    every = [advice("a", price=dear), advice("b")]
    scenarios = [scenario("x", cell(Outcome.PREVENTED, "a")), scenario("y", cell(Outcome.PREVENTED, "b"))]
    assert order(every, dict.fromkeys("ab", State.NOT_DONE), scenarios) == ["b", "a"]


def test_what_is_urgent_comes_first_after_what_it_needs() -> None:
    every = [replace(advice("a", "c"), urgent="anybody may come"), advice("b"), advice("c")]
    scenarios = [scenario(name, cell(Outcome.PREVENTED, "b")) for name in "xyz"]
    states = dict.fromkeys("abc", State.NOT_DONE)
    placed = ordered(every, states, scenarios, urgent={"a"})
    assert [(one.advice, one.urgent) for one in placed] == [("c", ""), ("a", "anybody may come"), ("b", "")]
    assert order(every, states, scenarios)[0] == "b"


@pytest.mark.parametrize(("accounts", "expected"), [(1, ["a", "b"]), (9, ["b", "a"])])
def test_what_is_done_by_hand_in_every_account_is_a_step_for_each(accounts: int, expected: list[str]) -> None:
    every = [replace(advice("a"), by_hand=True), advice("b")]
    scenarios = [scenario(name, cell(Outcome.PREVENTED, "a")) for name in "xy"]
    scenarios.append(scenario("z", cell(Outcome.PREVENTED, "b")))
    counts = {"a": accounts, "b": 9}
    placed = ordered(every, dict.fromkeys("ab", State.NOT_DONE), scenarios, accounts=counts)
    assert [one.advice for one in placed] == expected


def test_a_step_that_helps_nothing_says_what_it_opens() -> None:
    every = [advice("first"), advice("then", "first")]
    placed = ordered(every, dict.fromkeys(("first", "then"), State.NOT_DONE), [])
    assert [(one.advice, one.opens) for one in placed] == [("first", "then"), ("then", "")]


@pytest.mark.parametrize("one", packs.scenarios(), ids=lambda one: one.id)
def test_rootwarden_beside_aws_is_never_worse_than_aws_alone(one: Scenario) -> None:
    needs = sorted({need for each in (*one.native, *one.both) for need in each.needs})
    for picked in product((False, True), repeat=len(needs)):
        on = {need for need, is_on in zip(needs, picked, strict=True) if is_on}
        assert outcome(one.beside, on).outcome.rank >= outcome(one.native, on).outcome.rank
        assert outcome(one.beside, on).outcome.rank >= outcome(one.both, on).outcome.rank


def test_what_is_not_known_is_ordered_as_if_it_were_not_done() -> None:
    every = [advice("a"), advice("b")]
    scenarios = [scenario("x", cell(Outcome.PREVENTED, "a"))]
    assert order(every, {"a": State.UNKNOWN, "b": State.NOT_DONE}, scenarios) == ["a", "b"]


def test_improved_names_what_got_better_only() -> None:
    scenarios = [scenario("x", cell(Outcome.PREVENTED, "a")), scenario("y", cell(Outcome.DETECTED, "b"))]
    assert improved(scenarios, (), ("a",)) == ("x",)
    assert improved(scenarios, ("a",), ("a",)) == ()


CELLS = (cell(Outcome.PREVENTED, "a", "b"), cell(Outcome.DETECTED, "c"), cell(Outcome.NOT_SEEN))


@pytest.mark.parametrize("states", list(product((State.DONE, State.NOT_DONE, State.UNKNOWN), repeat=3)))
def test_every_way_of_learning_gives_an_outcome_that_was_possible(states: tuple[State, ...]) -> None:
    by_id = dict(zip("abc", states, strict=True))
    on = {one for one, state in by_id.items() if state is State.DONE}
    perhaps = sorted(one for one, state in by_id.items() if state is State.UNKNOWN)
    reached = {
        outcome(CELLS, on | {one for one, is_on in zip(perhaps, learnt, strict=True) if is_on})
        for learnt in product((True, False), repeat=len(perhaps))
    }
    assert set(possible(CELLS, on, perhaps)) == reached
