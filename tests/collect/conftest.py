"""An evidence folder of eight accounts, written by a live run against the simulator."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.collect import looks, oracle

from rootwarden.collect.save import EvidenceWriter
from rootwarden.simulator import running

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.collect.collected import Collected
    from rootwarden.simulator.world import World


class Saved:
    """A live run without any fault, and the folder it wrote."""

    def __init__(self, world: World, collected: Collected, folder: Path) -> None:
        self.world = world
        self.collected = collected
        self.folder = folder
        self.verdicts = looks.verdicts(looks.judged(collected))


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    folder = tmp_path_factory.mktemp("saved") / "evidence"
    world = oracle.world_with("metric alarm only")
    with running(world) as simulator:
        collected = looks.live(simulator, writer=EvidenceWriter(folder))
    return Saved(world, collected, folder)


@pytest.fixture
def evidence(saved: Saved, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return shutil.copytree(saved.folder, tmp_path / "evidence")
