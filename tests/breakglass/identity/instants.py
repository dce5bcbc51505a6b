"""Instants and keys that tests of the door share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

AT = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)
KEYS = (bytes(range(32)), bytes(range(32, 64)))


def after(**length: float) -> datetime:
    """An instant after `AT`; lengths as `timedelta` has them."""
    return AT + timedelta(**length)
