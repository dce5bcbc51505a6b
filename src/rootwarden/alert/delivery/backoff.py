"""When a delivery is tried again: exponential back-off with jitter, inside bounds; and when it is given up.

"Full jitter" after *Exponential Backoff And Jitter* (AWS Architecture Blog), with a floor, so that many deliverers that
failed together do not come back together.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

_LARGEST_POWER: Final = 30


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a channel is given.

    Attributes:
        first_seconds: Upper bound of the first wait; each later one doubles.
        longest_seconds: No wait is longer, unless the receiver asks for it.
        longest_asked_seconds: No wait is longer even then.
        give_up_hours: A delivery that has failed for so long is dead.
    """

    first_seconds: float = 2.0
    longest_seconds: float = 300.0
    longest_asked_seconds: float = 3600.0
    give_up_hours: float = 24.0


USUAL: Final = Patience()


def wait_before(attempt: int, *, chance: float, patience: Patience = USUAL, asked: float | None = None) -> timedelta:
    """How long to wait after a failed attempt.

    Args:
        attempt: How many attempts failed so far, at least 1.
        chance: A number drawn from 0 to 1.
        patience: The bounds.
        asked: Seconds the receiver asked for (`Retry-After`, RFC 9110 section 10.2.3); never waited less.
    """
    bound = min(patience.longest_seconds, patience.first_seconds * 2 ** min(attempt - 1, _LARGEST_POWER))
    seconds = bound / 2 + bound / 2 * min(max(chance, 0.0), 1.0)
    if asked is not None:
        seconds = max(seconds, min(max(asked, 0.0), patience.longest_asked_seconds))
    return timedelta(seconds=seconds)


def is_hopeless(*, created_at: datetime, now: datetime, patience: Patience = USUAL) -> bool:
    """Whether a delivery has failed for as long as it is given."""
    return now - created_at >= timedelta(hours=patience.give_up_hours)


def is_due(due_at: datetime, now: datetime, *, farthest: timedelta) -> bool:
    """Whether a waiting delivery is due.

    One that is due later than anything is ever put off was written by a clock that has since gone back: it is due now,
    because a page that is early does less harm than one that waits for a wrong clock.
    """
    return due_at <= now or due_at > now + farthest
