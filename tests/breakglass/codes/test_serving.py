"""BG-7: which step is served and what the reply carries; BG-15: two codes for an enrolment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rootwarden.breakglass.codes.code import Parameters
from rootwarden.breakglass.codes.seed import Seed
from rootwarden.breakglass.codes.serving import (
    MOST_CODES,
    Moment,
    NotServed,
    NotYet,
    Released,
    Serve,
    check_enrolment_step,
    check_step,
    choose_enrolment_step,
    choose_step,
    reply,
)
from rootwarden.breakglass.codes.step import step_of, window_of

BEGIN = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)
STEP = step_of(BEGIN)


def at(second: float, bound: float = 1.0) -> Moment:
    return Moment(wall=BEGIN + timedelta(seconds=second), bound=bound)


def of(lease: str, *steps: int) -> list[Released]:
    return [Released(STEP + step, lease) for step in steps]


CHOSEN: dict[str, tuple[float, list[Released], Serve | NotYet | type[NotServed]]] = {
    "nothing released": (0, [], Serve(STEP, again=False)),
    "just time to sign and type": (7, [], Serve(STEP, again=False)),
    "too late to sign and type": (7.1, [], Serve(STEP + 1, again=False)),
    "at the very end": (29.9, [], Serve(STEP + 1, again=False)),
    "this lease had it": (3, of("L", 0), Serve(STEP, again=True)),
    "this lease had it, near its end": (20, of("L", 0), Serve(STEP + 1, again=False)),
    "this lease had the next": (20, of("L", 0, 1), Serve(STEP + 1, again=True)),
    "this lease had the next, ahead": (35, of("L", 1), Serve(STEP + 1, again=True)),
    "another lease had it": (3, of("M", 0), Serve(STEP + 1, again=False)),
    "another lease had it long ago": (3, of("M", -1), Serve(STEP, again=False)),
    "another lease had the next": (3, of("M", 1), NotYet(BEGIN + timedelta(seconds=31), "")),
    "another lease had both": (20, of("M", 0, 1), NotYet(BEGIN + timedelta(seconds=31), "")),
    "another had the next after this one": (3, [*of("L", 0), *of("M", 1)], NotYet(BEGIN + timedelta(seconds=31), "")),
    "a floor": (3, of("", 0), Serve(STEP + 1, again=False)),
    "a floor at a step this lease had": (3, [*of("L", 0), *of("", 0)], Serve(STEP + 1, again=False)),
    "a floor far ahead": (3, of("", 100), NotYet(BEGIN + timedelta(seconds=3001), "")),
    "the cap": (3, of("L", -9, -8, -7), NotServed),
    "the cap, and the last is good": (3, of("L", -9, -8, 0), Serve(STEP, again=True)),
    "the cap counts steps, not rows": (3, of("L", -9, -9, -9), Serve(STEP, again=False)),
    "the cap is each lease's": (3, of("M", -9, -8, -7), Serve(STEP, again=False)),
    "the clock may be before the step": (0.5, of("M", 0), NotYet(BEGIN + timedelta(seconds=1), "")),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_bg_7_the_step_that_is_chosen(name: str) -> None:
    second, released, expected = CHOSEN[name]
    for order in (released, released[::-1]):
        chosen = choose_step(at(second), order, "L")
        if isinstance(expected, NotYet):
            assert isinstance(chosen, NotYet)
            assert chosen.at == expected.at
            assert chosen.message
        elif isinstance(expected, Serve):
            assert chosen == expected
        else:
            assert isinstance(chosen, NotServed)
            assert chosen.step == "R6"
            assert chosen.hint


CHECKED: dict[str, tuple[int, float, list[Released], Serve | type]] = {
    "in time": (0, 3, [], Serve(STEP, again=False)),
    "eight seconds left": (0, 22, [], Serve(STEP, again=False)),
    "fewer": (0, 22.1, [], NotServed),
    "over": (0, 31, [], NotServed),
    "long over": (-5, 3, [], NotServed),
    "next": (1, 3, [], Serve(STEP + 1, again=False)),
    "after the next": (2, 3, [], NotYet),
    "tomorrow": (2880, 3, [], NotYet),
    "released to this lease": (0, 3, of("L", 0), Serve(STEP, again=True)),
    "released to another": (0, 3, of("M", 0), NotServed),
    "a later one released to another": (0, 3, of("M", 1), NotServed),
    "a later one released to this": (0, 3, of("L", 1), NotServed),
    "released to this, a later one to another": (0, 3, [*of("L", 0), *of("M", 1)], Serve(STEP, again=True)),
    "at a floor": (0, 3, of("", 0), NotServed),
    "at a floor, released to this": (0, 3, [*of("L", 0), *of("", 0)], NotServed),
    "over a floor": (0, 3, of("", -1), Serve(STEP, again=False)),
    "at the cap": (0, 3, of("L", -3, -2, -1), NotServed),
    "at the cap, again": (0, 3, of("L", -2, -1, 0), Serve(STEP, again=True)),
}


@pytest.mark.parametrize("name", CHECKED)
def test_bg_7_the_step_that_was_signed_for(name: str) -> None:
    step, second, released, expected = CHECKED[name]
    checked = check_step(STEP + step, at(second), released, "L")
    assert checked == expected if isinstance(expected, Serve) else isinstance(checked, expected)


RELEASES = st.builds(Released, st.integers(STEP - 6, STEP + 3), st.sampled_from(["L", "M", ""]))


@settings(deadline=None)
@given(
    second=st.floats(0, 60),
    bound=st.floats(0, 5),
    released=st.lists(RELEASES, max_size=6),
    least=st.floats(0, 10),
    sign=st.floats(0, 19),
    quick=st.floats(0, 1),
)
def test_what_is_chosen_may_be_released_once_it_is_signed(
    *, second: float, bound: float, released: list[Released], least: float, sign: float, quick: float
) -> None:
    chosen = choose_step(at(second, bound), released, "L", least_seconds=least, sign_seconds=sign)
    if isinstance(chosen, Serve):
        later = at(second + sign * quick, bound)
        assert check_step(chosen.step, later, released, "L", least_seconds=least) == chosen
    elif isinstance(chosen, NotYet):
        assert chosen.at > at(second).wall
        then = Moment(wall=chosen.at, bound=bound)
        assert isinstance(choose_step(then, released, "L", least_seconds=least, sign_seconds=sign), Serve)


ENROLMENT: dict[str, tuple[float, list[Released], Serve | type]] = {
    "nothing released": (3, [], Serve(STEP, again=False)),
    "too late for the current one": (20, [], Serve(STEP + 1, again=False)),
    "another lease had it": (5, of("M", 0), Serve(STEP + 1, again=False)),
    "another lease had both": (5, of("M", 0, 1), NotYet),
    "a floor": (5, of("", 0), Serve(STEP + 1, again=False)),
    "both were served": (5, of("E", 0, 1), NotServed),
    "both were served long ago": (3600, of("E", 0, 1), NotServed),
    "one was served": (5, of("E", 0), NotServed),
}


@pytest.mark.parametrize("name", ENROLMENT)
def test_bg_15_the_first_step_of_an_enrolment(name: str) -> None:
    second, released, expected = ENROLMENT[name]
    chosen = choose_enrolment_step(at(second), released, "E")
    assert chosen == expected if isinstance(expected, Serve) else isinstance(chosen, expected)
    if isinstance(chosen, Serve):
        assert check_enrolment_step(chosen.step, at(second), released, "E") == chosen


PAIRS: dict[str, tuple[int, float, list[Released], Serve | type]] = {
    "in time": (0, 5, [], Serve(STEP, again=False)),
    "the next two": (1, 5, [], Serve(STEP + 1, again=False)),
    "too far ahead": (2, 5, [], NotYet),
    "no time left": (0, 23, [], NotServed),
    "the same two again": (0, 5, of("E", 0, 1), Serve(STEP, again=True)),
    "stopped between the two": (0, 5, of("E", 0), Serve(STEP, again=True)),
    "the two after one": (1, 5, of("E", 0, 1), NotServed),
    "the two before": (-1, 5, of("E", 0, 1), NotServed),
    "two others": (0, 5, of("E", -9, -8), NotServed),
    "another lease had the first": (0, 5, of("M", 0), NotServed),
    "another lease had the second": (0, 5, of("M", 1), NotServed),
    "another lease took the second between": (0, 5, [*of("E", 0), *of("M", 1)], NotServed),
    "a floor at the second": (0, 5, of("", 1), NotServed),
}


@pytest.mark.parametrize("name", PAIRS)
def test_bg_15_an_enrolment_gets_two_steps_in_a_row_and_no_third(name: str) -> None:
    step, second, released, expected = PAIRS[name]
    checked = check_enrolment_step(STEP + step, at(second), released, "E")
    assert checked == expected if isinstance(expected, Serve) else isinstance(checked, expected)


def test_after_both_codes_a_sign_in_is_asked_for() -> None:
    third = choose_enrolment_step(at(40), of("E", 0, 1), "E")
    assert isinstance(third, NotServed)
    assert third.step == "N2"
    assert "sign in" in third.hint


@pytest.mark.parametrize(("until", "is_served"), [(31, True), (30, False), (25, False)])
def test_no_step_that_begins_after_the_lease(until: float, is_served: bool) -> None:
    ends = BEGIN + timedelta(seconds=until)
    for chosen in (choose_step(at(20), [], "L", until=ends), choose_enrolment_step(at(20), [], "L", until=ends)):
        if is_served:
            assert chosen == Serve(STEP + 1, again=False)
        else:
            assert isinstance(chosen, NotServed)
            assert chosen.step == "R5"


def test_bg_7_the_reply_carries_everything_and_hides_the_code() -> None:
    seed = Seed(b"12345678901234567890")
    made = reply(seed, Parameters(), STEP, BEGIN + timedelta(seconds=4.2))
    assert (made.step, made.valid_from, made.valid_until) == (STEP, BEGIN, BEGIN + timedelta(seconds=30))
    assert (made.seconds_left, made.server_time) == (25, BEGIN + timedelta(seconds=4.2))
    code = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").at(BEGIN)
    assert made.code.reveal() == code
    assert code not in repr(made)
    assert reply(seed, Parameters(), STEP, BEGIN + timedelta(seconds=90)).seconds_left == 0
    assert reply(seed, Parameters(), STEP, BEGIN - timedelta(seconds=10)).seconds_left == 40


class Serving(RuleBasedStateMachine):
    """Leases ask as they like while time goes on; signing takes a while, and others come in between."""

    def __init__(self) -> None:
        super().__init__()
        self.second = 0.0
        self.released: list[Released] = []
        self.signed: list[tuple[int, str]] = []

    @rule(seconds=st.floats(0, 40))
    def wait(self, seconds: float) -> None:
        self.second += seconds

    @rule(lease=st.sampled_from(["L", "M"]))
    def ask(self, lease: str) -> None:
        chosen = choose_step(at(self.second), self.released, lease)
        if isinstance(chosen, Serve):
            self.signed.append((chosen.step, lease))

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        if not self.signed:
            return
        step, lease = data.draw(st.sampled_from(self.signed))
        now = at(self.second)
        before = max((each.step for each in self.released), default=-1)
        checked = check_step(step, now, self.released, lease)
        if isinstance(checked, Serve):
            assert checked.again == (Released(step, lease) in self.released)
            assert checked.again or step > before
            left = (window_of(step).valid_until - now.wall).total_seconds()
            assert 8 <= left <= 61
            if not checked.again:
                self.released.append(Released(step, lease))

    @rule(ahead=st.integers(0, 2))
    def floor(self, ahead: int) -> None:
        self.released.append(Released(step_of(at(self.second).wall) + ahead, ""))

    @invariant()
    def no_step_is_given_twice(self) -> None:
        steps = [each.step for each in self.released if each.lease]
        assert len(steps) == len(set(steps))

    @invariant()
    def no_lease_gets_more_than_its_cap(self) -> None:
        for lease in ("L", "M"):
            assert sum(each.lease == lease for each in self.released) <= MOST_CODES


TestServing: Any = Serving.TestCase
TestServing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
