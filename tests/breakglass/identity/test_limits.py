"""Rate limits (BG-16): they hold, and nobody is locked out by what others do."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.breakglass.identity.limits import Buckets, Limits, Rate, Rates, network_of
from rootwarden.breakglass.identity.refusals import TooManyError

RATES = Rates(
    network=Rate(burst=6, per_minute=6),
    person=Rate(burst=8, per_minute=8),
    share=Rate(burst=2, per_minute=2),
    account=Rate(burst=3, per_minute=3),
    everything=Rate(burst=5, per_minute=5),
)


def _tries(limits: Limits, source: str, now: float) -> bool:
    try:
        limits.try_sign_in(ipaddress.ip_address(source), now=now)
    except TooManyError:
        return False
    return True


def _acts(limits: Limits, person: str, now: float, account: str = "") -> bool:
    try:
        limits.act(person, account=account, now=now)
    except TooManyError:
        return False
    return True


def test_a_network_has_its_limit_and_gets_more_with_time() -> None:
    limits = Limits(RATES)
    assert [_tries(limits, "198.51.100.7", 0) for _ in range(8)] == [True] * 6 + [False] * 2
    assert _tries(limits, "198.51.100.7", 30)


def test_how_long_to_wait_is_told_and_true() -> None:
    limits = Limits(RATES)
    source = ipaddress.ip_address("198.51.100.7")
    now, waited = 0.0, []
    for _ in range(12):
        try:
            limits.try_sign_in(source, now=now)
        except TooManyError as refused:
            waited.append(refused.seconds)
            now += refused.seconds
            limits.try_sign_in(source, now=now)
    assert waited
    assert all(0 < seconds <= 60 for seconds in waited)


def test_a_flood_of_strangers_locks_nobody_out() -> None:
    limits = Limits(RATES)
    for number in range(1000):
        flood = [_tries(limits, str(ipaddress.ip_address(0x0A000000 + number)), 0) for _ in range(4)]
    assert flood == [True, True, False, False]
    assert [_tries(limits, "198.51.100.7", 0) for _ in range(2)] == [True, True]
    assert [_acts(limits, "ada", 0, "000011112222") for _ in range(2)] == [True, True]


def test_one_person_cannot_use_up_an_account_for_the_others() -> None:
    limits = Limits(RATES)
    assert sum(_acts(limits, "eve", 0, "000011112222") for _ in range(50)) == 2 + 3
    assert not _acts(limits, "eve", 0, "000011112222")
    assert _acts(limits, "eve", 0, "111122223333")
    assert [_acts(limits, "ada", 0, "000011112222") for _ in range(3)] == [True, True, False]


def test_a_person_has_a_limit_whatever_is_left_in_the_pools() -> None:
    generous = Rates(person=Rate(burst=8, per_minute=8))
    assert sum(_acts(Limits(generous), "eve", 0) for _ in range(1)) == 1
    limits = Limits(generous)
    assert sum(_acts(limits, "eve", 0) for _ in range(100)) == 8


def test_everything_has_a_limit_beyond_the_shares() -> None:
    limits = Limits(RATES)
    done = sum(_acts(limits, person, 0) for person in ("ada", "ben", "eve") for _ in range(8))
    assert done == 3 * 2 + 5


def test_a_clock_that_goes_back_gives_nothing() -> None:
    limits = Limits(RATES)
    assert sum(_tries(limits, "198.51.100.7", now) for now in range(100, 80, -1)) == 6


def test_a_bucket_that_never_refills_says_an_hour() -> None:
    buckets = Buckets(Rate(burst=1, per_minute=0), most=1)
    buckets.take("a", 0)
    assert buckets.wait("a", 1e9) == 3600


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("198.51.100.7", "198.51.100.8", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
    ],
)
def test_what_one_subscriber_has_is_one_network(first: str, second: str, same: bool) -> None:
    networks = [network_of(ipaddress.ip_address(each)) for each in (first, second)]
    assert (networks[0] == networks[1]) is same


EVENTS = st.lists(
    st.tuples(st.sampled_from(["eve", "mal", "ned"]), st.sampled_from(["", "A", "B"]), st.floats(0, 20)), max_size=120
)


@settings(max_examples=60)
@given(EVENTS, st.floats(0, 60))
def test_whoever_keeps_to_their_share_is_let_through(events: list[tuple[str, str, float]], pause: float) -> None:
    """Two at once, and two in every minute after, among whatever others do."""
    limits, now, next_time, left = Limits(RATES, most=4), 0.0, 0.0, 2
    for person, account, length in events:
        now += length
        _acts(limits, person, now, account)
        if left or now >= next_time:
            assert _acts(limits, "ada", now, "A")
            left, next_time = max(0, left - 1), now + 30 + pause


@settings(max_examples=60)
@given(EVENTS)
def test_no_limit_is_ever_exceeded(events: list[tuple[str, str, float]]) -> None:
    """Counted again from the beginning, as a bucket would at its most generous."""
    limits, now = Limits(RATES), 0.0
    passed: list[tuple[str, str, float]] = []
    for person, account, length in events:
        now += length
        if _acts(limits, person, now, account):
            passed.append((person, account, now))
    people = {person for person, _, _ in passed}
    shares = sum(_most(RATES.share, now) for _ in people)
    for person in people:
        assert sum(1 for each in passed if each[0] == person) <= _most(RATES.person, now)
    for account in "AB":
        assert sum(1 for each in passed if each[1] == account) <= _most(RATES.account, now) + shares
    assert len(passed) <= _most(RATES.everything, now) + shares


def _most(rate: Rate, seconds: float) -> float:
    return rate.burst + seconds * rate.per_minute / 60 + 1e-6


@given(st.lists(st.integers(0, 2**32 - 1), max_size=300))
def test_memory_is_bounded(sources: list[int]) -> None:
    limits = Limits(RATES, most=16)
    for number, source in enumerate(sources):
        _tries(limits, str(ipaddress.ip_address(source)), number)
        _acts(limits, str(source), number, str(source))
    for actors in (limits._strangers, limits._members):
        assert max(len(actors._limits), len(actors._shares), len(actors._accounts)) <= 16
