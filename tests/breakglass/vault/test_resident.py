from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.breakglass.custody.keys import Key
from rootwarden.breakglass.vault.authority import Purpose
from rootwarden.breakglass.vault.resident import Held, Resident, Warm
from rootwarden.breakglass.vault.troubles import VaultError

WARM = Warm("seeds", "000011112222")


class Clock:
    """A clock that goes forward when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def held(until: float, *, uses: int | None = None) -> Held:
    return Held(
        group="seeds",
        epoch=1,
        purpose=None if uses is None else Purpose.LEASE,
        account_keys={"000011112222": Key.fresh("account key")},
        until=until,
        uses=uses,
    )


def test_a_warm_key_is_gone_at_its_deadline_to_the_moment() -> None:
    clock = Clock()
    resident = Resident(clock)
    warm = held(resident.deadline(900))
    resident.keep(WARM, warm)
    clock.now += 899.999
    assert resident.look(WARM) is warm
    assert resident.seconds_left()["account 000011112222 (group seeds)"] == pytest.approx(0.001, abs=1e-6)
    clock.now += 0.001
    with pytest.raises(VaultError, match="no keys of account 000011112222"):
        resident.look(WARM)
    assert warm.account_keys["000011112222"].wiped


def test_a_warm_key_is_dropped_also_when_nobody_asks() -> None:
    clock = Clock()
    resident = Resident(clock)
    warm = held(resident.deadline(900))
    resident.keep(WARM, warm)
    clock.now += 900
    resident.drop_due()
    assert warm.account_keys["000011112222"].wiped


def test_use_does_not_make_a_warm_key_last_longer() -> None:
    clock = Clock()
    resident = Resident(clock)
    resident.keep(WARM, held(resident.deadline(900)))
    for _ in range(899):
        clock.now += 1
        resident.look(WARM)
        resident.used(WARM)
    clock.now += 1
    with pytest.raises(VaultError):
        resident.look(WARM)


@given(st.integers(1, 9))
def test_a_cold_key_serves_as_often_as_granted(uses: int) -> None:
    resident = Resident(Clock())
    cold = held(2000, uses=uses)
    resident.keep("o-1", cold)
    for _ in range(uses):
        assert resident.look("o-1") is cold
        resident.used("o-1")
    assert cold.account_keys["000011112222"].wiped
    with pytest.raises(VaultError, match="opening `o-1`"):
        resident.look("o-1")


def test_keys_that_take_the_place_of_others_wipe_them() -> None:
    resident = Resident(Clock())
    first, second = held(2000), held(2000)
    resident.keep(WARM, first)
    resident.keep(WARM, second)
    assert first.account_keys["000011112222"].wiped
    assert resident.look(WARM) is second


def test_everything_but_what_is_needed_is_wiped() -> None:
    resident = Resident(Clock())
    kept, dropped = held(2000), held(2000, uses=1)
    resident.keep(WARM, kept)
    resident.keep("o-1", dropped)
    assert resident.drop_all(but=[WARM]) == 1
    assert dropped.account_keys["000011112222"].wiped
    assert not kept.account_keys["000011112222"].wiped
    assert resident.drop_all() == 1


def test_a_key_that_was_not_opened_is_not_there() -> None:
    with pytest.raises(VaultError, match="the key of account 000099998888 was not opened"):
        held(2000).account_key("000099998888")
