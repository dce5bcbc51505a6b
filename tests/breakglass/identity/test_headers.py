"""The middleware behind a real server."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from rootwarden.breakglass.identity.headers import HEADERS, StrictHeaders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request


async def _who(request: Request) -> JSONResponse:
    peer = request.state.peer
    names = sorted(name for name in request.headers if "forward" in name or name in {"via", "x-real-ip"})
    return JSONResponse({"peer": str(peer.address), "local": peer.is_local, "url": str(request.url), "headers": names})


async def _careless(_: Request) -> PlainTextResponse:
    headers = {"Cache-Control": "public, max-age=9", "Content-Security-Policy": "default-src *", "X-Own": "kept"}
    return PlainTextResponse("hello", headers=headers)


@contextmanager
def _served(**options: Any) -> Iterator[str]:
    application = Starlette(routes=[Route("/who", _who, methods=["GET", "POST"]), Route("/careless", _careless)])
    strict = StrictHeaders(application, hosts=("rootwarden.example",), **{"tls": False, **options})
    config = uvicorn.Config(
        strict, port=0, log_level="error", proxy_headers=False, server_header=False, date_header=False, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with _served() as served:
        yield served


_CONTEXT = ssl.create_default_context()  # read once: it takes longer than an answer


def _get(url: str, **headers: str) -> httpx.Response:
    sent = {"host": "rootwarden.example", **{name.replace("_", "-"): value for name, value in headers.items()}}
    with httpx.Client(trust_env=False, verify=_CONTEXT) as client:
        return client.get(url, headers=sent)


@pytest.mark.parametrize("path", ["/who", "/careless", "/nowhere"])
def test_every_answer_has_our_headers_and_once(address: str, path: str) -> None:
    answer = _get(address + path)
    for name, value in HEADERS:
        assert answer.headers.get_list(name.decode()) == [value.decode()], name
    assert "server" not in answer.headers


def test_other_headers_of_a_page_are_kept(address: str) -> None:
    assert _get(address + "/careless").headers["x-own"] == "kept"


def test_no_inline_script_no_frames_no_caches_no_devices(address: str) -> None:
    headers = _get(address + "/who").headers
    policy = headers["content-security-policy"]
    assert "'unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["cache-control"] == "no-store"
    assert "publickey-credentials-get=(self)" in headers["permissions-policy"]
    assert "camera=()" in headers["permissions-policy"]
    assert headers["referrer-policy"] == "same-origin"


def test_strict_transport_is_said_over_tls_only(address: str) -> None:
    assert "strict-transport-security" not in _get(address + "/who").headers
    with _served(tls=True) as served:
        assert _get(served + "/who").headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "rootwarden.example.", "rootwarden.example:1", ""])
def test_another_name_is_refused(address: str, host: str) -> None:
    """DNS rebinding: somebody's domain that points at this machine."""
    answer = _get(address + "/who", host=host)
    assert answer.status_code == 421
    assert "content-security-policy" in answer.headers


def _send_to(strict: StrictHeaders, scope: dict[str, Any]) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    asyncio.run(strict(scope, receive, send))
    return sent


async def _nobody(*_: Any) -> None:
    raise AssertionError


@pytest.mark.parametrize("hosts", [[], [b"rootwarden.example", b"evil.example"], [b"rootwarden.example"] * 2])
def test_a_request_names_one_host(hosts: list[bytes]) -> None:
    """A server that lets two through, or none, is no reason to guess."""
    strict = StrictHeaders(_nobody, hosts=("rootwarden.example",), tls=True)
    headers = [(b"host", host) for host in hosts]
    assert _send_to(strict, {"type": "http", "headers": headers})[0]["status"] == 421


def test_our_name_in_capitals_is_ours(address: str) -> None:
    assert _get(address + "/who", host="RootWarden.Example").status_code == 200


CLAIMS = {
    "x_forwarded_for": "192.0.2.77",
    "x_forwarded_host": "evil.example",
    "x_forwarded_proto": "https",
    "forwarded": "for=192.0.2.77;host=evil.example;proto=https",
    "x_real_ip": "192.0.2.77",
}


def test_nobody_is_somebody_else_by_a_header(address: str) -> None:
    told = _get(address + "/who", **CLAIMS).json()
    assert told == {"peer": "127.0.0.1", "local": False, "url": "http://rootwarden.example/who", "headers": []}
    assert _get(address + "/who").json()["local"] is True


def test_a_named_proxy_is_believed_about_the_address_and_nothing_else() -> None:
    with _served(proxies=(ipaddress.ip_network("127.0.0.0/8"),)) as served:
        told = _get(served + "/who", **CLAIMS).json()
    assert told == {"peer": "192.0.2.77", "local": False, "url": "http://rootwarden.example/who", "headers": []}


def test_there_are_no_web_sockets() -> None:
    strict = StrictHeaders(_nobody, hosts=("rootwarden.example",), tls=True)
    assert _send_to(strict, {"type": "websocket", "headers": []}) == [{"type": "websocket.close", "code": 1008}]
