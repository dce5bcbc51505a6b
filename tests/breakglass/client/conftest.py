from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.breakglass.client.served import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.breakglass.client.served import Terminal


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """One service for all tests of a file; each makes its own requests."""
    with terminal(tmp_path_factory.mktemp("terminal")) as running:
        yield running
