"""The simulator itself: a world behind a listening socket, in this process's loop or in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rootwarden.errors import InternalError, UsageError
from rootwarden.simulator import admin
from rootwarden.simulator.gateway import Gateway
from rootwarden.simulator.http import HttpConnection, Reply
from rootwarden.simulator.state import ManualClock, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.simulator.calls import Calls
    from rootwarden.simulator.http import Request
    from rootwarden.simulator.knobs import Knobs
    from rootwarden.simulator.state import Clock
    from rootwarden.simulator.world import World

LOOPBACK = "127.0.0.1"
START_LIMIT = 30.0


class Simulator:
    """An AWS organization that answers on loopback.

    Args:
        world: What is true.
        clock: What the time is for reports and trails; stands still at the world's instant unless given.
        latency: Seconds added to every answer.
    """

    def __init__(self, world: World, *, clock: Clock | None = None, latency: float = 0.0) -> None:
        self.state = State(world, clock or ManualClock(world.now))
        self.endpoint = ""
        self._gateway = Gateway(self.state, latency=latency)
        self._server: asyncio.Server | None = None
        self._connections: set[HttpConnection] = set()

    @property
    def world(self) -> World:
        """The world that answers."""
        return self.state.world

    @property
    def knobs(self) -> Knobs:
        """What is made to go wrong."""
        return self.state.knobs

    @property
    def calls(self) -> Calls:
        """What was asked so far."""
        return self.state.calls

    def answer(self, request: Request) -> Reply:
        """The answer to one request, without any network."""
        if request.path.startswith(admin.PREFIX):
            return admin.answer(self.state, request)
        try:
            return self._gateway.answer(request)
        except InternalError as problem:
            return Reply(status=500, content_type="text/plain", body=f"bug in the simulator: {problem}".encode())

    async def start(self, port: int = 0) -> str:
        """Listen on loopback and return the endpoint URL; port 0 takes a free one. Raises `UsageError` if taken."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: HttpConnection(self.answer, self._connections), LOOPBACK, port, backlog=512
            )
        except OSError as problem:
            raise UsageError(
                f"cannot listen on {LOOPBACK} port `{port}`: {problem.strerror}", hint="choose another --port, or 0"
            ) from problem
        self.endpoint = f"http://{LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"
        return self.endpoint

    async def stop(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None


@contextmanager
def running(world: World, *, clock: Clock | None = None, latency: float = 0.0, port: int = 0) -> Iterator[Simulator]:
    """A simulator in a thread with its own event loop, for as long as the block lasts."""
    simulator = Simulator(world, clock=clock, latency=latency)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="rootwarden-simulator", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(simulator.start(port), loop).result(START_LIMIT)
        try:
            yield simulator
        finally:
            asyncio.run_coroutine_threadsafe(simulator.stop(), loop).result(START_LIMIT)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_LIMIT)
        loop.close()
