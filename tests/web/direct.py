"""HTTP without a network: an ASGI application called by a client that does not wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx

if TYPE_CHECKING:
    from collections.abc import MutableMapping

PEER = ("127.0.0.1", 50000)


class Direct(httpx.BaseTransport):
    """Hands requests to an application, one after the other."""

    def __init__(self, application: Any, peer: tuple[str, int] = PEER) -> None:
        self.application, self.peer = application, peer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._answered(request))

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        given: dict[str, Any] = {"status": 500, "headers": [], "body": bytearray()}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": unquote(request.url.path),
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": self.peer,
            "server": (request.url.host, request.url.port or 443),
            "state": {},
        }
        body = request.read()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given["status"], given["headers"] = message["status"], message["headers"]
            else:
                given["body"] += message.get("body", b"")

        await self.application(scope, receive, send)
        return httpx.Response(given["status"], headers=given["headers"], content=bytes(given["body"]))
