"""Quiet aggregation: what only has to be told goes out together, at the end of a window that is the same for all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def window_end(now: datetime, length: timedelta) -> datetime:
    """The end of the window an instant lies in; windows are counted from 1970 on, so that every deliverer has the same.

    Args:
        now: Any instant.
        length: Length of a window; none at all means now.
    """
    if length <= timedelta(0):
        return now
    return _EPOCH + ((now - _EPOCH) // length + 1) * length
