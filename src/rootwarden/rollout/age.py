"""How old a plan may be when a wave of it begins: what it saw, and what was foretold of it, does not stay true."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError
from rootwarden.facts.instant import parse_instant

if TYPE_CHECKING:
    from datetime import datetime

USUAL_DAYS: Final = 14
# Clocks of two machines differ; a plan of a later day was judged at an instant that is yet to come.
_AHEAD: Final = timedelta(days=1)


def refuse_old(made: str, waves: tuple[str, ...], now: datetime, *, days: int) -> None:
    """Refuse to begin a wave too long after the plan, or after the wave before.

    Each run compares what the plan touches with what is there; what nobody compares again, such as which calls people
    make, is as of the plan.

    Args:
        made: The instant the plan is judged at, ISO 8601.
        waves: When the waves so far were applied.
        now: The time.
        days: How long ago the later of the two may be.

    Raises:
        UsageError: It is longer ago, or is yet to come.
    """
    planned = parse_instant(made)
    if planned is None:
        raise UsageError(f"the plan does not say when it was made: `{made}`", hint="plan again")
    if planned > now + _AHEAD:
        raise UsageError(f"the plan is of {made}, which is yet to come", hint="plan again, with an --as-of that is not")
    last = max((planned, *(instant for text in waves if (instant := parse_instant(text)) is not None)))
    if now - last > timedelta(days=days):
        what = "the plan was made" if last == planned else "the wave before was applied"
        raise UsageError(
            f"{what} {(now - last).days} days ago, and at most {days} may pass: what was foretold may not hold now",
            hint="replay and plan again; or give --plan-days, when you know that nothing of it changed",
        )
