"""AWS on loopback for the watcher: moto's own server, a queue with dead letters, a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer
from tests.postgresql import cluster
from tests.watch.world import World

from rootwarden.alert.store.database import Store
from rootwarden.aws.door import Door

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgresql import Cluster

REGION = "eu-west-1"


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """A moto server of this process."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An environment in which every call goes to an empty moto; gives its endpoint."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    import urllib.request

    reset = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")  # noqa: S310 - loopback
    urllib.request.urlopen(reset).close()  # noqa: S310 - loopback
    return endpoint


@pytest.fixture
def sqs(aws: str) -> Any:
    """botocore's own client, as the second witness."""
    return botocore.session.Session().create_client("sqs", endpoint_url=aws, region_name=REGION)


@pytest.fixture
def url(sqs: Any) -> str:
    """A queue whose messages come back at once when they are let go."""
    return str(sqs.create_queue(QueueName="rootwarden", Attributes={"VisibilityTimeout": "300"})["QueueUrl"])


@pytest.fixture
def door(aws: str) -> Door:
    assert aws
    return Door(region=REGION, read_timeout=30)


@pytest.fixture
def s3(aws: str) -> Any:
    return botocore.session.Session().create_client("s3", endpoint_url=aws, region_name=REGION)


@pytest.fixture
def world(sqs: Any, s3: Any) -> World:
    return World(sqs, s3)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'alerts.db'}"
    running: Cluster = request.getfixturevalue("postgresql")
    return running.database()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'alerts.db'}") as opened:
        yield opened
