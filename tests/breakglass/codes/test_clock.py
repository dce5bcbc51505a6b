"""When the clock is trusted, with a machine whose clocks a test moves (issue 6, deliverable 2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.breakglass.codes.clock import (
    BOUND_SECONDS,
    Kind,
    Observation,
    Reading,
    Reason,
    Reference,
    Trusted,
    Untrusted,
    judge,
)
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from rootwarden.breakglass.codes.clock import (
        Judgement,
    )

START = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)
HOUR = 3600.0


class Machine:
    """The true time, and what this machine makes of it."""

    def __init__(self) -> None:
        self.true = START
        self.wall_error = 0.0
        self.up = 1000.0
        self.boot = "boot-1"
        self.newest_entry: datetime | None = None
        self.trusted: Reading | None = None
        self.carried: list[Reference] = []

    def wait(self, seconds: float, *, slew: float = 0.0) -> None:
        """Time goes on; a slew moves the wall clock that much more a second."""
        self.true += timedelta(seconds=seconds)
        self.up += seconds
        self.wall_error += slew * seconds

    def reboot(self) -> None:
        self.boot, self.up = f"{self.boot}+", 5.0

    def reading(self) -> Reading:
        return Reading(wall=self.true + timedelta(seconds=self.wall_error), steady=self.up, boot=self.boot)

    def said(self, kind: Kind, *names: str, error: float = 0.0, uncertainty: float = 0.5) -> Reference:
        instant = self.true + timedelta(seconds=error)
        return Reference(kind=kind, names=names, instant=instant, uncertainty=uncertainty, at=self.reading())

    def witness(self, *, error: float = 0.0) -> Reference:
        return self.said(Kind.WITNESS, "witness", error=error)

    def host(self, name: str, *, error: float = 0.0) -> Reference:
        return self.said(Kind.HOST, name, error=error)

    def attest(self, *people: str, error: float = 0.0) -> None:
        self.carried.append(self.said(Kind.PEOPLE, *(people or ("ada", "ben")), error=error, uncertainty=1.0))

    def judge(self, *sources: Reference) -> Judgement:
        """Judge, and keep what a broker keeps."""
        now = self.reading()
        judgement = judge(
            Observation(
                now=now,
                newest_entry=self.newest_entry,
                trusted=self.trusted,
                sources=sources,
                carried=tuple(self.carried),
            )
        )
        if isinstance(judgement, Trusted):
            self.trusted = now
            self.newest_entry = now.wall
            self.carried.append(judgement.basis)
        return judgement

    def refused(self, *sources: Reference) -> Reason:
        judgement = self.judge(*sources)
        assert isinstance(judgement, Untrusted), judgement
        assert judgement.message
        assert judgement.hint
        return judgement.reason

    def accepted(self, *sources: Reference) -> Trusted:
        judgement = self.judge(*sources)
        assert isinstance(judgement, Trusted), judgement
        return judgement


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_good_clock_beside_a_witness(machine: Machine) -> None:
    assert machine.accepted(machine.witness()).bound == pytest.approx(0.5)
    machine.wait(HOUR)
    assert machine.accepted(machine.witness(error=1.0)).bound == pytest.approx(1.5)


def test_nothing_is_trusted_on_its_own_word(machine: Machine) -> None:
    assert machine.refused() is Reason.NO_REFERENCE


def test_clock_back_before_the_log(machine: Machine) -> None:
    machine.accepted(machine.witness())
    machine.wall_error = -1.0
    assert machine.refused(machine.witness()) is Reason.BEFORE_LOG


def test_clock_back_after_a_while(machine: Machine) -> None:
    machine.accepted(machine.witness())
    machine.wait(HOUR)
    machine.wall_error = -3.0
    assert machine.refused(machine.witness()) is Reason.PARTED


@pytest.mark.parametrize("ahead", [2.1, 30.0, HOUR, 10 * 365 * 24 * HOUR])
def test_clock_ahead(machine: Machine, ahead: float) -> None:
    machine.accepted(machine.witness())
    machine.wait(60)
    machine.wall_error = ahead
    assert machine.refused(machine.witness()) is Reason.PARTED
    assert machine.refused() is Reason.PARTED


def test_clock_ahead_at_the_first_start(machine: Machine) -> None:
    machine.wall_error = HOUR
    assert machine.refused(machine.witness()) is Reason.OFF
    assert machine.refused(machine.host("a"), machine.host("b")) is Reason.OFF


def test_a_suspended_machine_keeps_its_trust(machine: Machine) -> None:
    # Both clocks count the time it slept (CLOCK_BOOTTIME); one that does not would look like a clock moved ahead.
    machine.accepted(machine.witness())
    machine.wait(6 * HOUR)
    assert machine.accepted().basis.kind is Kind.WITNESS
    machine.true += timedelta(hours=1)
    assert machine.refused() is Reason.PARTED


def test_a_restart_ends_what_was_attested(machine: Machine) -> None:
    machine.attest()
    machine.accepted()
    machine.wait(60)
    machine.reboot()
    assert machine.refused() is Reason.NO_REFERENCE
    machine.attest()
    machine.accepted()


def test_a_restart_beside_a_source(machine: Machine) -> None:
    machine.accepted(machine.witness())
    machine.wait(60)
    machine.reboot()
    machine.accepted(machine.witness())
    machine.wait(60)
    machine.reboot()
    machine.wall_error = HOUR
    assert machine.refused(machine.witness()) is Reason.OFF


def test_a_steady_clock_that_goes_back(machine: Machine) -> None:
    machine.accepted(machine.witness())
    machine.up -= 100
    assert machine.refused(machine.witness()) is Reason.STEADY_BACK


@pytest.mark.parametrize(("error", "is_good"), [(4.4, True), (-4.4, True), (4.6, False), (-4.6, False), (HOUR, False)])
def test_five_seconds_of_a_source_with_all_bounds_added(machine: Machine, error: float, is_good: bool) -> None:
    machine.newest_entry = START - timedelta(days=1)
    if is_good:
        assert machine.accepted(machine.witness(error=error)).bound <= BOUND_SECONDS
    else:
        assert machine.refused(machine.witness(error=error)) is Reason.OFF


def test_a_source_overrules_an_attestation(machine: Machine) -> None:
    machine.attest(error=0.0)
    machine.accepted()
    assert machine.refused(machine.witness(error=60)) is Reason.OFF


def test_two_sources_disagree(machine: Machine) -> None:
    assert machine.refused(machine.host("a"), machine.host("b", error=60)) is Reason.SOURCES_DISAGREE
    assert machine.refused(machine.witness(), machine.said(Kind.WITNESS, "other", error=-60)) is Reason.SOURCES_DISAGREE


def test_a_majority_of_sources_holds(machine: Machine) -> None:
    hosts = [machine.host("a"), machine.host("b", error=0.5), machine.host("c", error=HOUR)]
    assert machine.accepted(*hosts).basis.names != ("c",)
    wrong = [machine.host("a"), machine.host("b", error=HOUR), machine.host("c", error=HOUR)]
    assert machine.refused(*wrong) is Reason.OFF
    scattered = [machine.host("a"), machine.host("b", error=60), machine.host("c", error=-60)]
    assert machine.refused(*scattered) is Reason.SOURCES_DISAGREE


def test_one_host_is_no_source_nor_is_it_when_it_answers_twice(machine: Machine) -> None:
    assert machine.refused(machine.host("a")) is Reason.NO_REFERENCE
    assert machine.refused(machine.host("a"), machine.host("a")) is Reason.NO_REFERENCE
    machine.accepted(machine.host("a"), machine.host("b"))


def test_a_source_asked_a_while_ago_is_none(machine: Machine) -> None:
    old = machine.witness()
    machine.wait(61)
    assert machine.refused(old) is Reason.NO_REFERENCE


def test_people_are_no_source_that_can_be_reached(machine: Machine) -> None:
    assert machine.refused(machine.said(Kind.PEOPLE, "ada", "ben")) is Reason.NO_REFERENCE


@pytest.mark.parametrize("people", [("ada",), ("ada", "ada")])
def test_one_person_attests_nothing(machine: Machine, people: tuple[str, ...]) -> None:
    machine.attest(*people)
    assert machine.refused() is Reason.NO_REFERENCE


def test_offline_two_people_carry_the_clock_for_half_a_day(machine: Machine) -> None:
    machine.attest()
    for _ in range(11):
        machine.wait(HOUR)
        machine.accepted()
    machine.wait(HOUR)
    assert machine.refused() is Reason.WORN_OUT
    machine.attest()
    assert machine.accepted().bound == pytest.approx(1.0)


def test_an_attestation_that_does_not_fit_the_clock(machine: Machine) -> None:
    machine.attest(error=-HOUR)
    assert machine.refused() is Reason.OFF


def test_the_newest_reference_holds_not_the_one_that_suits(machine: Machine) -> None:
    machine.attest()
    machine.wait(60)
    machine.attest("cleo", "dan", error=HOUR)
    assert machine.refused() is Reason.OFF


def test_a_clock_put_right_counts_again_once_it_is_attested(machine: Machine) -> None:
    machine.wall_error = 4.0
    machine.accepted(machine.witness())
    machine.wait(60)
    machine.wall_error = 0.0
    assert machine.refused(machine.witness()) is Reason.PARTED
    machine.attest()
    machine.wait(1)
    machine.accepted(machine.witness())


@pytest.mark.parametrize("slew", [0.03, -0.03, 0.01, -0.01])
def test_a_clock_that_is_slewed_a_little_at_a_time(machine: Machine, slew: float) -> None:
    # Never two seconds between two judgements, so that only the sum gives it away.
    machine.attest()
    reasons = []
    for _ in range(40):
        machine.wait(60, slew=slew)
        judgement = machine.judge()
        if isinstance(judgement, Untrusted):
            reasons.append(judgement.reason)
        else:
            assert abs(machine.wall_error) <= judgement.bound
    assert reasons[0] is Reason.OFF
    assert len(reasons) > 20 or abs(slew) < 0.02


ACTIONS = st.one_of(
    st.tuples(st.just("wait"), st.floats(0, 4 * HOUR)),
    st.tuples(st.just("step"), st.floats(-20, 20)),
    st.tuples(st.just("slew"), st.floats(-0.05, 0.05)),
    st.tuples(st.just("reboot"), st.none()),
    st.tuples(st.just("attest"), st.none()),
    st.tuples(st.just("judge online"), st.none()),
    st.tuples(st.just("judge offline"), st.none()),
)


@settings(deadline=None)
@given(st.lists(ACTIONS, max_size=30))
def test_whatever_happens_a_trusted_clock_is_within_its_bound(actions: list[tuple[str, Any]]) -> None:
    """With honest sources and people, trusted means: off by no more than it says, and that is at most 5 s."""
    machine = Machine()
    newest = None
    for name, value in actions:
        match name:
            case "wait":
                machine.wait(value)
            case "step":
                machine.wall_error += value
            case "slew":
                machine.wait(60, slew=value)
            case "reboot":
                machine.reboot()
            case "attest":
                machine.attest()
            case _:
                judgement = machine.judge(*([machine.witness()] if name == "judge online" else []))
                if isinstance(judgement, Trusted):
                    assert abs(machine.wall_error) <= judgement.bound + 1e-6 <= BOUND_SECONDS + 2e-6
                    wall = machine.reading().wall
                    assert newest is None or wall >= newest
                    newest = wall


NAN, INFINITE = float("nan"), float("inf")
NO_READINGS: list[dict[str, Any]] = [
    {"steady": NAN}, {"steady": INFINITE}, {"steady": -1.0}, {"steady": 1e300},
    {"wall": START.replace(tzinfo=None)}, {"wall": datetime(9999, 12, 31, tzinfo=UTC)},
]  # fmt: skip
NO_REFERENCES: list[dict[str, Any]] = [
    {"uncertainty": NAN}, {"uncertainty": INFINITE}, {"uncertainty": -1.0}, {"uncertainty": 5.1},
    {"instant": START.replace(tzinfo=None)}, {"instant": datetime(9999, 12, 31, tzinfo=UTC)},
]  # fmt: skip


@pytest.mark.parametrize("change", NO_READINGS)
def test_what_no_clock_says_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Reading(**(msgspec.structs.asdict(Machine().reading()) | change))


@pytest.mark.parametrize("change", NO_REFERENCES)
def test_what_nobody_says_of_the_time_is_refused(change: dict[str, Any]) -> None:
    good = msgspec.structs.asdict(Machine().witness())
    with pytest.raises(InputError):
        Reference(**(good | change))
