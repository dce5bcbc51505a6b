from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.breakglass.vault.world import World, folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def world() -> Iterator[World]:
    with folder() as place:
        made = World(place)
        try:
            yield made
        finally:
            made.end()
