"""Time steps of RFC 6238: the number of periods since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from rootwarden.errors import InputError

PERIOD: Final = 30
# Shorter ones leave a person no time to type; longer ones nobody uses.
SHORTEST_PERIOD, LONGEST_PERIOD = 15, 300
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """When a step is the current one.

    Attributes:
        valid_from: Its first instant.
        valid_until: The first instant that is no longer in it.
    """

    valid_from: datetime
    valid_until: datetime


def step_of(instant: datetime, period: int = PERIOD) -> int:
    """The step an instant lies in (RFC 6238, section 4.2), reckoned in whole numbers.

    Args:
        instant: An aware instant.
        period: Seconds a step takes.

    Raises:
        InputError: The instant is before 1970.
    """
    step = (instant - _EPOCH) // timedelta(seconds=period)
    if step < 0:
        raise InputError("the instant is before 1970, where there are no steps", hint="set the clock")
    return step


def window_of(step: int, period: int = PERIOD) -> Window:
    """The window of a step.

    Raises:
        InputError: It lies past the end of the calendar.
    """
    try:
        start = _EPOCH + timedelta(seconds=step * period)
        return Window(valid_from=start, valid_until=start + timedelta(seconds=period))
    except OverflowError as error:
        raise InputError(f"step `{step}` is past the end of the calendar") from error
