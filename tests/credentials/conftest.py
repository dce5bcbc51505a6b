"""A rig at a simulated organization of fifteen accounts, each test with its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.credentials.rig import Rig, full_world

from rootwarden.simulator import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running(full_world(15)) as simulator:
        yield Rig(simulator, tmp_path)
