"""Instants: always aware, always UTC, printed one way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import msgspec

# An instant in a file: ISO 8601 with an offset. One without is refused, because nobody knows which it is.
Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]

# A whole timestamp. Shorter ISO 8601 forms are refused: half a date is what a truncated file looks like.
FIRST_YEAR, LAST_YEAR = 1970, 9000
_SHORTEST = len("2026-03-02T12:00:00")


def parse_instant(text: str) -> datetime | None:
    """Read an ISO 8601 timestamp with date and time; without an offset it is UTC.

    Returns:
        An aware UTC instant, or `None` when the text is not a whole timestamp of a year AWS accounts can know.
    """
    if len(text) < _SHORTEST or text[10:11] not in ("T", "t", " "):
        return None
    try:
        instant = datetime.fromisoformat(text.upper())
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if sensible(instant) else None


def sensible(instant: datetime) -> bool:
    """Whether an instant lies in years that can be reckoned with: windows and ages stay inside the calendar."""
    return FIRST_YEAR <= instant.year <= LAST_YEAR


def format_instant(instant: datetime) -> str:
    """Print an instant as `2026-03-02T12:00:00Z`; fractions of a second are dropped."""
    return instant.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"
