"""An empty log in a database of each kind; PostgreSQL with fsync on, because the store accepts no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.postgresql import cluster

from rootwarden.breakglass.store.log_store import LogStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgresql import Cluster


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    with cluster(fsync=True) as running:
        yield running


@pytest.fixture(scope="session")
def shared(postgresql: Cluster) -> str:
    """Address of the database most tests share: a new one for each would take longer than they do."""
    return postgresql.database()


@pytest.fixture
def emptied(shared: str) -> str:
    with psycopg.connect(shared, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return shared


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'breakglass.db'}"
    url: str = request.getfixturevalue("emptied")
    return url


@pytest.fixture
def store(database: str) -> Iterator[LogStore]:
    with LogStore(database) as opened:
        yield opened
