"""How much there is in each account of a synthetic fleet, so that its size is as planned and all users sum up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.fleet.synthetic.drawing import parts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

# Least and most users, and least and most assets in all, by size of the account.
_USERS: Final = {"small": (1, 30), "medium": (3, 90), "large": (10, 260)}
_ALL: Final = {"small": (2, 48), "medium": (52, 248), "large": (256, 1400)}


class Assets(msgspec.Struct, frozen=True, kw_only=True):
    """The five counts at one sample."""

    iam_users: int
    rds_instances: int
    buckets: int
    ec2_instances: int
    trails: int


def draw_assets(sizes: Sequence[str], users: int, weeks: int, random: Random) -> list[tuple[Assets, ...]]:
    """Counts of each account at each sample; instances come and go by one, the size stays."""
    bounds = [_USERS[size] for size in sizes]
    each = parts(random, users, [least for least, _ in bounds], [most for _, most in bounds])
    return [_account(size, mine, weeks, random) for size, mine in zip(sizes, each, strict=True)]


def _account(size: str, users: int, weeks: int, random: Random) -> tuple[Assets, ...]:
    least, most = _ALL[size]
    others = random.randint(max(least, users + 1), most) - users
    trails = min(random.randint(0, 2), others)
    databases = random.randint(0, (others - trails) // 4)
    buckets = random.randint(0, (others - trails - databases) // 2)
    instances = others - trails - databases - buckets
    return tuple(
        Assets(
            iam_users=users,
            rds_instances=databases,
            buckets=buckets,
            ec2_instances=instances + (random.randint(-1, 1) if instances > 1 else 0),
            trails=trails,
        )
        for _ in range(weeks)
    )
