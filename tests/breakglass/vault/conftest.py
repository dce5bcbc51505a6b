from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.breakglass.vault.world import Sealed, World, folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """One for tests that leave it as it was."""
    with folder() as place:
        made = World(place)
        try:
            yield made
        finally:
            made.end()


@pytest.fixture
def world() -> Iterator[World]:
    with folder() as place:
        made = World(place)
        try:
            yield made
        finally:
            made.end()


@pytest.fixture
def sealed() -> Iterator[Sealed]:
    with folder() as place:
        made = Sealed(place)
        try:
            yield made
        finally:
            made.end()
