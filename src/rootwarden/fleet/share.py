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
        value: `count / of`; `None` when the denominator is empty.
        low: The least the share can be; `None` when there may be no denominator at all.
        high: The most it can be.
    """

    count: int
    of: int
    undecided: int
    outside: int
    value: float | None
    low: float | None
    high: float | None


def share(count: int, of: int, *, undecided: int = 0, outside: int = 0) -> Share:
    """Reckon a share and its bounds.

    An undecided thing can only raise the count; one outside raises the denominator alone (least share) or both (most).
    """
    total = of + outside
    return Share(
        count=count,
        of=of,
        undecided=undecided,
        outside=outside,
        value=count / of if of else None,
        low=count / total if total else None,
        high=(count + undecided + outside) / total if total else None,
    )
