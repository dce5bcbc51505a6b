"""The instant a simulated world stands at, unless it is moved."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
