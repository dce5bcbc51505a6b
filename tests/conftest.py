"""What holds for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rootwarden.aws import pace

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTER = 20


@pytest.fixture(scope="session", autouse=True)
def _pauses_are_short() -> Iterator[None]:
    """Throttled calls wait as they do, a twentieth as long: the simulator counts calls, no time passes for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pace, "FIRST_GAP", pace.FIRST_GAP / _SHORTER)
        patch.setattr(pace, "LARGEST_GAP", pace.LARGEST_GAP / _SHORTER)
        patch.setattr(pace, "LONGEST_PAUSE", pace.LONGEST_PAUSE / _SHORTER)
        yield
