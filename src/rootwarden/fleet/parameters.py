"""What the study counts by (docs/fleet-study.md, Parameters)."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

# By code: 0, 1, 2.
SIZES: Final = ("small", "medium", "large")
LARGEST_ASSETS: Final = 1_000_000_000
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class StudyParameters(msgspec.Struct, frozen=True, kw_only=True):
    """The method's numbers; the defaults are those of the published study.

    Attributes:
        window_days: Root counts as used when its last use is at most so many days before the as-of.
        minimum_age_days: Younger accounts are left out.
        medium_from: Assets from which an account is medium.
        large_above: Assets above which it is large.
        old_key_days: A key is old when its last rotation is longer ago.
        week_anchor: Weekday on which weeks begin; empty for that of the first day of the period.
        confidence: Of the interval of the estimated uses.
    """

    window_days: int = 7
    minimum_age_days: int = 30
    medium_from: int = 50
    large_above: int = 250
    old_key_days: int = 90
    week_anchor: str = ""
    confidence: float = 0.95

    def __post_init__(self) -> None:
        """Refuse numbers no study can be made with."""
        for name, lowest in (("window_days", 1), ("minimum_age_days", 0), ("old_key_days", 0)):
            value = getattr(self, name)
            if not lowest <= value <= 3650:  # noqa: PLR2004 - ten years
                raise UsageError(f"`{name}` is {value}", hint=f"give days from {lowest} to 3650")
        if not 0 < self.medium_from <= self.large_above <= LARGEST_ASSETS:
            raise UsageError(
                f"accounts cannot be medium from {self.medium_from} and large above {self.large_above} assets",
                hint="the second is not below the first, and both are above 0",
            )
        if self.week_anchor and self.week_anchor not in WEEKDAYS:
            raise UsageError(f"there is no weekday `{self.week_anchor}`", hint="choose " + ", ".join(WEEKDAYS))
        if not 0.5 <= self.confidence < 1:  # noqa: PLR2004 - an interval that is more often wrong than right is none
            raise UsageError(f"the confidence is {self.confidence}", hint="give a number from 0.5 to below 1")

    @property
    def window(self) -> timedelta:
        """The window before the as-of."""
        return timedelta(days=self.window_days)


def first_day_of_weeks(parameters: StudyParameters, first: datetime) -> datetime:
    """Midnight on which the first week begins: at or before `first`, on the anchor's weekday."""
    day = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if not parameters.week_anchor:
        return day
    return day - timedelta(days=(day.weekday() - WEEKDAYS.index(parameters.week_anchor)) % 7)
