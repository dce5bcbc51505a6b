"""Which step a code is asked for: never a spent one, and never one that is over before somebody has signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.breakglass.broker.drafting import SIGNING_TAKES, next_step
from rootwarden.breakglass.core.releasing import PERIOD, step_begins

STEP = 59_000_000
BEGINS = step_begins(STEP)
CASES = {
    "at its beginning": (0, STEP - 9, STEP),
    "with time to sign": (5, STEP - 1, STEP),
    "too late to sign": (29.5, STEP - 1, STEP + 1),
    "spent": (5, STEP, STEP + 1),
    "spent, and too late": (29.5, STEP, STEP + 1),
    "the next one spent too": (5, STEP + 1, STEP + 2),
    "a device that never gave one": (5, -1, STEP),
}


@pytest.mark.parametrize("name", CASES)
def test_next_step(name: str) -> None:
    seconds, last, expected = CASES[name]
    assert next_step(last, BEGINS + timedelta(seconds=seconds)) == expected


@given(
    now=st.datetimes(datetime(2015, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - made UTC
    spent=st.integers(-3, 3),
)
def test_the_step_is_new_and_not_over_before_it_is_signed(now: datetime, spent: int) -> None:
    last = next_step(-1, now) + spent
    chosen = next_step(last, now)
    assert chosen > last
    assert step_begins(chosen) + PERIOD - now >= SIGNING_TAKES
    assert chosen == last + 1 or step_begins(chosen) - now <= SIGNING_TAKES
