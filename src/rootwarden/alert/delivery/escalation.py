"""Who is told next when nobody answers: a page goes through its stages until somebody acknowledges it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from rootwarden.alert.delivery.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """How a page climbs.

    Attributes:
        stages: How many stages there are.
        acknowledge_within: How long a stage has before the next one is told too.
        hand_over_within: How long a stage may go without any channel taking the message.
    """

    stages: int
    acknowledge_within: timedelta
    hand_over_within: timedelta


def next_stage_at(
    ladder: Ladder, *, stage: int, began_at: datetime, deliveries: Sequence[State], now: datetime
) -> datetime | None:
    """When the next stage is told, if nobody acknowledges until then.

    Args:
        ladder: The rules.
        stage: The stage that was told last, from 0.
        began_at: When it was told.
        deliveries: States of the deliveries of this stage.
        now: The instant to decide at.

    Returns:
        An instant, at or before `now` when it is time; `None` when there is no further stage. A stage in which every
        channel refused is over at once, and one that no channel has taken in time is over then.
    """
    if stage + 1 >= ladder.stages:
        return None
    if all(each in (State.DEAD, State.CANCELLED) for each in deliveries):
        return min(began_at, now)
    if State.SENT not in deliveries:
        return began_at + min(ladder.hand_over_within, ladder.acknowledge_within)
    return began_at + ladder.acknowledge_within
