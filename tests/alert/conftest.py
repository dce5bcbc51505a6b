"""An empty database of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.alert.worlds import Hand
from tests.postgresql import cluster

from rootwarden.alert.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgresql import Cluster


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'alerts.db'}"
    running: Cluster = request.getfixturevalue("postgresql")
    return running.database()


@pytest.fixture
def hand() -> Hand:
    """A clock that is moved by hand."""
    return Hand()


@pytest.fixture
def store(database: str, hand: Hand) -> Iterator[Store]:
    with Store(database, clock=hand) as opened:
        yield opened
