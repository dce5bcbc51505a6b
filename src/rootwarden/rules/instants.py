"""Spans of time in rules, and instants as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

# Seconds in a unit. Months and years are not here: they have no fixed length, so a bound in them would move.
UNITS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
_CALENDAR: Final = {"month", "months", "year", "years"}


def seconds_in(unit: str) -> int | None:
    """Seconds in a unit, plural or singular, any letter case; `None` when the language has no such unit."""
    lowered = unit.lower()
    return UNITS.get(lowered) or UNITS.get(lowered + "s")


def plural(unit: str) -> str:
    """`days` for `day` and `Days`."""
    lowered = unit.lower()
    return lowered if lowered in UNITS else lowered + "s"


def is_calendar_unit(unit: str) -> bool:
    """True for months and years, which have no fixed length."""
    return unit.lower() in _CALENDAR


def iso(seconds: float) -> str:
    """Epoch seconds as ISO 8601 in UTC, `2026-03-01T00:00:00Z`; as a plain number outside years 1 to 9999."""
    try:
        instant = datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return str(seconds)
    return instant.isoformat().replace("+00:00", "Z")


def epoch(text: str) -> float:
    """Epoch seconds of an ISO 8601 instant or date; one without an offset is taken as UTC.

    Raises:
        ValueError: The text is no instant.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    seconds = instant.timestamp()
    return int(seconds) if seconds.is_integer() else seconds
