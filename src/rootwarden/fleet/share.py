"""A share, and where it would lie whatever the unknown turned out to be."""

from __future__ import annotations

import msgspec


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """`count` of `of` things, with the things nobody could decide.

    Attributes:
        count: How many are known to count.
        of: How many are known to be in the denominator.
        undecided: How many in the denominator may or may not count.
        outside: How many may be in the denominator, and may then count.
        adrift: How many things of which it is unknown to what they belong: they may raise the count alone, or not.
        value: `count / of`; `None` when the denominator is empty.
        low: The least the share can be; `None` when there may be no denominator at all.
        high: The most it can be.
    """

    count: int
    of: int
    undecided: int
    outside: int
    adrift: int
    value: float | None
    low: float | None
    high: float | None


def share(count: int, of: int, *, undecided: int = 0, outside: int = 0, adrift: int = 0) -> Share:
    """Reckon a share and its bounds.

    An undecided thing can only raise the count; one outside raises the denominator alone (least share) or both (most).
    Shares are of organizations where something can be adrift: an account of an unknown organization is one more of them
    that does not count, or makes one count that is there already.
    """
    least, most = of + outside + adrift, of + outside
    all_count = count + undecided + outside + adrift
    return Share(
        count=count,
        of=of,
        undecided=undecided,
        outside=outside,
        value=count / of if of else None,
        adrift=adrift,
        low=count / least if least else None,
        high=min(all_count / most, 1.0) if most else (1.0 if adrift else None),
    )
