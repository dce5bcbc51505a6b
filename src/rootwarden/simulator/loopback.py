"""A small HTTP service on loopback, in a thread with its own event loop, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rootwarden.simulator.http import HttpConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.simulator.http import Reply, Request

_HOST = "127.0.0.1"
_LIMIT = 30.0


@contextmanager
def serving(respond: Callable[[Request], Reply]) -> Iterator[str]:
    """Answer every request with `respond`, on a free port; gives the address, as `http://127.0.0.1:port`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="rootwarden-loopback", daemon=True)
    thread.start()
    connections: set[HttpConnection] = set()

    async def start() -> asyncio.Server:
        return await loop.create_server(lambda: HttpConnection(respond, connections), _HOST, 0)

    async def stop(server: asyncio.Server) -> None:
        server.close()
        for connection in list(connections):
            connection.close()
        await server.wait_closed()

    try:
        server = asyncio.run_coroutine_threadsafe(start(), loop).result(_LIMIT)
        try:
            yield f"http://{_HOST}:{server.sockets[0].getsockname()[1]}"
        finally:
            asyncio.run_coroutine_threadsafe(stop(server), loop).result(_LIMIT)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_LIMIT)
        loop.close()
