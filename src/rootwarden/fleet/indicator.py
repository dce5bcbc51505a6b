"""A key figure: its value, where it may lie, its target, its trend, and the accounts behind it."""

from __future__ import annotations

from datetime import date

import msgspec


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """The value in one week; `None` when it was unknown."""

    week: date
    value: float | None


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """A key figure.

    Attributes:
        id: Its name for machines.
        title: What it counts.
        unit: `share`, `accounts`, `keys`, `uses`, `minutes`, `days` or `drills`.
        value: Now; `None` when unknown. With accounts unknown, what is known: see `high` and `low`.
        low: The least it can be, whatever the unknown turned out to be.
        high: The most it can be; `None` without a bound.
        target: What it should be, in words.
        met: Whether the target is met; `None` while the unknown decides.
        accounts: The accounts behind it that are not as they should be, in order.
        unknown: The accounts nobody could look at for it.
        note: What the reader must know beside it, or empty.
        trend: One point a week; empty where only one instant is known.
    """

    id: str
    title: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    target: str
    met: bool | None
    accounts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    note: str = ""
    trend: tuple[Trend, ...] = ()


def none_of(failing: int, open_: int, *, there: bool) -> bool | None:
    """A target of none: missed by one that fails, undecided while one is unknown or nobody was looked at."""
    if failing:
        return False
    return None if open_ or not there else True
