"""Endpoints that play AWS: a simulator, and moto as the independent witness."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

from rootwarden.simulator import running
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.simulator import Simulator


@pytest.fixture
def alone() -> Iterator[Simulator]:
    """A standalone account that plays AWS."""
    with running(make_world("standalone")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """The address of a moto server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def moto(moto_server: str) -> Iterator[Callable[[str], Any]]:
    """A moto with nothing in it; gives clients of it."""
    session = botocore.session.Session()
    request = urllib.request.Request(f"{moto_server}/moto-api/reset", method="POST")  # noqa: S310 - loopback
    urllib.request.urlopen(request, timeout=20).close()  # noqa: S310 - loopback
    make: Any = session.create_client
    made: list[Any] = []

    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "AKIAFAKEMOTO00000000", "aws_secret_access_key": "not/a/secret"}
        made.append(make(service, region_name="us-east-1", endpoint_url=moto_server, **keys))
        return made[-1]

    yield client
    for each in made:
        each.close()
