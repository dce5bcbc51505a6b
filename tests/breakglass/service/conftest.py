from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.breakglass.service.plain import Plain
from tests.postgresql import cluster

from rootwarden.breakglass.rehearsal.stage import stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgresql import Cluster

    from rootwarden.breakglass.rehearsal.stage import Stage
    from rootwarden.breakglass.rehearsal.troupe import Troupe


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    """A founded house with a vault of its own."""
    with stage(tmp_path) as made:
        made.troupe.found()
        yield made


@pytest.fixture
def troupe(on_stage: Stage) -> Troupe:
    """The cast at its doors."""
    return on_stage.troupe


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Plain]:
    """A founded house without a vault."""
    made = Plain(tmp_path)
    try:
        made.troupe.found()
        yield made
    finally:
        made.house.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    with cluster(fsync=True) as running:
        yield running
