"""Ask a server over HTTPS with a limit on everything: time in all, size, redirects (none), and no trust by default."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from rootwarden.breakglass.identity.refusals import UnreachableError
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS: Final = 5.0
LONGEST: Final = 1024 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

Record = TypeVar("Record")


class Fetcher:
    """Asks one kind of server.

    Args:
        what: What the server is called in messages.
        certificates: Whom to believe about names; the system's authorities unless given.
        seconds: How long an answer may take, from looking up the name to its last byte.
        plain_loopback: Whether HTTP without TLS is allowed to this machine: for trying things out.
    """

    def __init__(
        self,
        what: str,
        *,
        certificates: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
        plain_loopback: bool = False,
    ) -> None:
        self.what = what
        self._certificates = certificates or _system_authorities()
        self._seconds = seconds
        self._plain_loopback = plain_loopback

    def check_url(self, url: str) -> None:
        """Check that a URL is one to ask.

        Raises:
            UsageError: It is not HTTPS, or holds a password or a fragment.
        """
        if not self._is_askable(url):
            raise UsageError(f"`{url}` is not an HTTPS address that the {self.what} can have")

    async def ask(
        self,
        kind: type[Record],
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> Record:
        """The JSON that a server answers with, as a record.

        Args:
            kind: Of the record.
            url: Where.
            form: What to post; without one it is a GET.
            headers: To send along.
            basic: Name and password of basic authentication.

        Raises:
            UnreachableError: It does not answer in time, says no, or its answer is not that record.
            UsageError: The URL is not one to ask.
        """
        self.check_url(url)
        try:
            async with asyncio.timeout(self._seconds):
                status, content = await self._exchange(url, form, headers or {}, basic)
        except TimeoutError as error:
            raise UnreachableError(f"the {self.what} did not answer within {self._seconds:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise UnreachableError(f"the {self.what} cannot be reached: {type(error).__name__}") from error
        if status != httpx.codes.OK:
            raise UnreachableError(f"the {self.what} answered with HTTP status {status}", status=status)
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnreachableError(f"the answer of the {self.what} is not what its standard says") from error

    def _is_askable(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            named = bool(parts.hostname) and parts.username is None and not parts.fragment and parts.port != 0
        except ValueError:
            return False
        plain = self._plain_loopback and parts.scheme == "http" and parts.hostname in _LOOPBACK
        return named and (parts.scheme == "https" or plain)

    async def _exchange(
        self, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str], basic: tuple[str, str] | None
    ) -> tuple[int, bytes]:
        # No proxy, `.netrc` or certificate from the environment: who can set variables must not choose whom we ask.
        # No compression: a small answer must not become a large one here.
        asked = {"accept": "application/json", **headers, "accept-encoding": "identity"}
        method, auth = ("GET" if form is None else "POST"), (httpx.BasicAuth(*basic) if basic else None)
        content = bytearray()
        async with (
            httpx.AsyncClient(verify=self._certificates, trust_env=False, timeout=self._seconds) as client,
            client.stream(method, url, data=dict(form) if form else None, headers=asked, auth=auth) as answer,
        ):
            async for part in answer.aiter_raw():
                content += part
                if len(content) > LONGEST:
                    raise UnreachableError(f"the answer of the {self.what} is too long")
        return answer.status_code, bytes(content)


@cache
def _system_authorities() -> ssl.SSLContext:
    return ssl.create_default_context()
