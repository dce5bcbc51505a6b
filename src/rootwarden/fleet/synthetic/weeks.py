"""Which weeks each account uses root in, so that organizations are seen using it in a given number of weeks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_STEPS = 20_000


def spread_over_weeks(
    uses: Sequence[int], homes: Sequence[int], weeks: int, organization_weeks: int, random: Random
) -> list[frozenset[int]] | None:
    """Weeks for each account's uses, drawn at random and then moved one by one until the organizations' weeks fit.

    Args:
        uses: How many weeks each account uses root in.
        homes: The organization of each account.
        weeks: How many weeks there are.
        organization_weeks: In how many pairs of organization and week some account has a use.
        random: Where chance comes from.

    Returns:
        The weeks of each account, or `None` when the number was not reached.
    """
    chosen = [set(random.sample(range(weeks), many)) for many in uses]
    busy = Counter((home, week) for home, mine in zip(homes, chosen, strict=True) for week in mine)
    for _ in range(_STEPS):
        off = organization_weeks - len(busy)
        if off == 0:
            return [frozenset(mine) for mine in chosen]
        place = random.randrange(len(uses))
        mine = chosen[place]
        if len(mine) == weeks:
            continue
        old, new = random.choice(sorted(mine)), random.choice(sorted(set(range(weeks)) - mine))
        home = homes[place]
        change = ((home, new) not in busy) - (busy[home, old] == 1)
        # A step that changes nothing is taken too: it opens the way to others.
        if change * off >= 0:
            mine.symmetric_difference_update({old, new})
            busy[home, new] += 1
            busy[home, old] -= 1
            if not busy[home, old]:
                del busy[home, old]
    return None
