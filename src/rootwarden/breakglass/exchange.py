"""One HTTP exchange with one time limit for all of it: name, connection, TLS, and an answer that may drip.

Libraries bound each wait, and a server that sends one byte a wait has no bound at all. Here the whole exchange is
cancelled. The one thing that cannot be is the resolver of the system, whose own limit holds.

Whoever asks one server often has a `Line` to it, whose connection is kept for a while: TLS takes longer than the rest.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import weakref
from typing import TYPE_CHECKING, Final

import httpx
import msgspec

from rootwarden import __version__
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES: Final = 64 * 1024
# Less than the 75 s after which a witness ends a connection it hears nothing on.
KEPT_SECONDS: Final = 60.0


class Exchanged(msgspec.Struct, frozen=True, kw_only=True):
    """What came back.

    Attributes:
        status: HTTP status.
        headers: In the order they came.
        body: As it was on the wire; one byte more than was allowed when it was larger.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class ExchangeFailed(Exception):  # noqa: N818 - whoever asked says in their own words what it means
    """There is no whole answer; its text says why, and holds nothing of what the other side sent."""


def exchange(
    method: str,
    address: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    seconds: float,
    most_bytes: int = MOST_BYTES,
    trust: ssl.SSLContext | None = None,
    by_proxy: bool = False,
) -> Exchanged:
    """Ask once; no redirect is followed, nothing is tried again. Not for a thread that runs an event loop.

    Args:
        method: Of the request.
        address: `http` or `https`.
        headers: Of the request; the name of this program is added.
        body: Of the request.
        seconds: For everything.
        most_bytes: How much of an answer is read.
        trust: Whose certificates are believed; those of the system if left out.
        by_proxy: Whether the proxies the environment names are used.

    Raises:
        ExchangeFailed: There is no whole answer in time.
    """
    # Without TLS no authorities are loaded, which takes longer than a whole exchange.
    believed = trust or address.startswith("https:")

    async def ask() -> Exchanged:
        async with asyncio.timeout(seconds), _client(believed, by_proxy=by_proxy) as client:
            return await _asked(client, httpx.Request(method, address, content=body, headers=headers), most_bytes)

    try:
        return asyncio.run(ask())
    except _FAILURES as error:
        raise _failed(error, seconds) from error


class Line:
    """A way to one server; its connection is kept for a minute after each use.

    Args:
        trust: Whose certificates are believed; needed for `https`.
    """

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._client = _client(trust or False)
        self._closing = weakref.finalize(self, _LOOPS.close, self._client)
        self._closing.atexit = False

    def close(self) -> None:
        """Let the connection go; nothing can be asked any more."""
        self._closing()

    def exchange(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        seconds: float,
        most_bytes: int = MOST_BYTES,
    ) -> Exchanged:
        """Ask as `exchange` does, and once more when the connection breaks: a kept one may be gone by now.

        Only for what may be asked twice.

        Raises:
            ExchangeFailed: There is no whole answer in time.
        """

        async def ask() -> Exchanged:
            async with asyncio.timeout(seconds):
                try:
                    return await self._once(method, address, headers, body, most_bytes)
                except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                    return await self._once(method, address, headers, body, most_bytes)

        try:
            return asyncio.run_coroutine_threadsafe(ask(), _LOOPS.one()).result()
        except _FAILURES as error:
            raise _failed(error, seconds) from error

    async def _once(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None, most_bytes: int
    ) -> Exchanged:
        return await _asked(self._client, httpx.Request(method, address, content=body, headers=headers), most_bytes)


def _client(trust: ssl.SSLContext | bool, *, by_proxy: bool = False) -> httpx.AsyncClient:
    kept = httpx.Limits(max_connections=4, max_keepalive_connections=1, keepalive_expiry=KEPT_SECONDS)
    return httpx.AsyncClient(
        verify=trust,
        timeout=None,  # noqa: S113 - there is one limit for all of it
        trust_env=by_proxy,
        follow_redirects=False,
        limits=kept,
    )


async def _asked(client: httpx.AsyncClient, request: httpx.Request, most_bytes: int) -> Exchanged:
    request.headers.setdefault("User-Agent", f"rootwarden/{__version__}")
    request.headers.setdefault("Accept-Encoding", "identity")
    answer = await client.send(request, stream=True)
    try:
        parts, size = [], 0
        async for part in answer.aiter_raw():
            parts.append(part)
            size += len(part)
            if size > most_bytes:
                break
    finally:
        await answer.aclose()
    told = tuple(answer.headers.multi_items())
    return Exchanged(status=answer.status_code, headers=told, body=b"".join(parts)[: most_bytes + 1])


class _Loops:
    """The loop that kept connections live on, in a thread of its own, from the first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def one(self) -> asyncio.AbstractEventLoop:
        """The loop."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="exchanges", daemon=True).start()
            return self._loop

    def close(self, client: httpx.AsyncClient) -> None:
        """Let its connections go; nobody waits, for the collector calls this from wherever it runs."""
        loop = self._loop
        if loop is not None:
            asyncio.run_coroutine_threadsafe(client.aclose(), loop)


def _failed(error: Exception, seconds: float) -> ExchangeFailed:
    if isinstance(error, TimeoutError):
        return ExchangeFailed(f"no answer in {seconds:.1f} s")
    return ExchangeFailed(f"it cannot be reached ({type(error).__name__})")


_LOOPS: Final = _Loops()
_FAILURES: Final = (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError)


def trust_of(authority: str) -> ssl.SSLContext:
    """Whose certificates are believed.

    Args:
        authority: Path of a PEM file with a certificate authority of one's own; empty for those of the system.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=authority or None)
    except (OSError, ValueError) as error:
        hint = "give a PEM file with the certificate of the authority"
        raise UsageError(f"the certificate authority cannot be read from `{authority}`", hint=hint) from error
