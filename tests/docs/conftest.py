from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.docs.terminal import make_demo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `rootwarden demo` was run."""
    return make_demo(tmp_path_factory.mktemp("docs"))
