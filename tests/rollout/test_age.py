"""How old a plan may be when a wave of it begins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rootwarden.errors import UsageError
from rootwarden.rollout.age import refuse_old

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("made", "waves"),
    [
        ("2026-03-01T12:00:00Z", ()),
        ("2026-03-16T12:00:00Z", ()),
        ("2025-01-01T00:00:00Z", ("2025-06-01T00:00:00Z", "2026-03-01T12:00:00Z")),
    ],
    ids=["14 days", "another clock", "the last wave counts"],
)
def test_young_enough(made: str, waves: tuple[str, ...]) -> None:
    refuse_old(made, waves, NOW, days=14)


@pytest.mark.parametrize(
    ("made", "waves", "says"),
    [
        ("2026-03-01T11:59:59Z", (), "the plan was made 14 days ago, and at most 14 may pass"),
        ("2026-02-01T00:00:00Z", ("2026-03-01T11:59:59Z",), "the wave before was applied 14 days ago"),
        ("2026-03-16T12:00:01Z", (), "which is yet to come"),
        ("2026-03-16T12:00:01Z", ("2026-03-15T11:00:00Z",), "which is yet to come"),
        ("yesterday", ("2026-03-15T11:00:00Z",), "does not say when it was made"),
    ],
)
def test_too_old(made: str, waves: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        refuse_old(made, waves, NOW, days=14)


def test_no_day_may_pass() -> None:
    with pytest.raises(UsageError, match="may pass"):
        refuse_old("2026-03-15T11:59:59Z", (), NOW, days=0)
