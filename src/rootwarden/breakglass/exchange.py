"""One HTTP exchange with one time limit for all of it: name, connection, TLS, and an answer that may drip.

Libraries bound each wait, and a server that sends one byte a wait has no bound at all. Here the whole exchange is
cancelled. The one thing that cannot be is the resolver of the system, whose own limit holds.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Final

import httpx
import msgspec

from rootwarden import __version__
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES: Final = 64 * 1024


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
    sent = {"User-Agent": f"rootwarden/{__version__}", "Accept-Encoding": "identity", **headers}

    async def ask() -> Exchanged:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(
                # Without TLS no authorities are loaded, which takes longer than a whole exchange.
                verify=trust or address.startswith("https:"),
                timeout=seconds,
                trust_env=by_proxy,
                follow_redirects=False,
            ) as client,
            client.stream(method, address, content=body, headers=sent) as answer,
        ):
            parts, size = [], 0
            async for part in answer.aiter_raw():
                parts.append(part)
                size += len(part)
                if size > most_bytes:
                    break
        told = tuple(answer.headers.multi_items())
        return Exchanged(status=answer.status_code, headers=told, body=b"".join(parts)[: most_bytes + 1])

    try:
        return asyncio.run(ask())
    except TimeoutError as error:
        raise ExchangeFailed(f"no answer in {seconds:.1f} s") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise ExchangeFailed(f"it cannot be reached ({type(error).__name__})") from error


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
