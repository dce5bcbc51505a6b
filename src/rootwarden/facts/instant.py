"""Instants: always aware, always UTC, printed one way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import msgspec

# An instant in a file: ISO 8601 with an offset. One without is refused, because nobody knows which it is.
Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]

# A whole timestamp. Shorter ISO 8601 forms are refused: half a date is what a truncated file looks like.
_SHORTEST = len("2026-03-02T12:00:00")


def parse_instant(text: str) -> datetime | None:
    """Read an ISO 8601 timestamp with date and time; without an offset it is UTC.

    Returns:
        An aware UTC instant, or `None` when the text is not a whole timestamp of the years 1 to 9999 in UTC.
    """
    if len(text) < _SHORTEST or text[10:11] not in ("T", "t", " "):
        return None
    try:
        instant = datetime.fromisoformat(text.upper())
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_instant(instant: datetime) -> str:
    """Print an instant as `2026-03-02T12:00:00Z`; fractions of a second are dropped."""
    return instant.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"
