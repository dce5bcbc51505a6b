"""The same door with an OpenID Connect server somebody else wrote: Authlib's, as `oidc-provider-mock` runs it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from tests.breakglass.identity.instants import KEYS

from rootwarden.alert.secret import Secret
from rootwarden.breakglass.identity.challenges import InMemoryChallenges
from rootwarden.breakglass.identity.fetching import Fetcher
from rootwarden.breakglass.identity.oidc import COOKIE, Client, OidcSignIn
from rootwarden.breakglass.identity.oidc_provider import Provider
from rootwarden.breakglass.identity.refusals import SignInError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.breakglass.identity.id_token import Subject

BACK = "https://localhost/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """In a process of its own, where its warnings are nobody's errors."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        told = ""
        while "listening" not in told.lower() and "running on" not in told.lower():
            line = process.stderr.readline()
            assert line, told
            told += line
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def signed_in(issuer: str, who: str) -> str:
    """Who the door says it is, when somebody signs in at the provider as `who`."""

    def find(subject: Subject) -> str | None:
        return {f"{issuer}#ada@example.com": "ada"}.get(subject.alias)

    async def visit() -> str:
        now = datetime.now(UTC)
        client = Client(id="rootwarden", redirect_uri=BACK, secret=Secret("a secret of the tests"))
        there = Provider(issuer, Fetcher("provider", plain_loopback=True))
        door = OidcSignIn(there, client, keys=KEYS, store=InMemoryChallenges())
        started = await door.start(at=now)
        cookie = SimpleCookie(started.set_cookie)[COOKIE].value
        async with httpx.AsyncClient() as browser:
            page = await browser.get(started.url)
            assert page.status_code == httpx.codes.OK
            back = await browser.post(started.url, data={"sub": who})
        assert back.status_code == httpx.codes.FOUND, back.text
        assert back.headers["location"].startswith(BACK)
        return await door.finish(urlsplit(back.headers["location"]).query, cookie, find, at=now)

    return asyncio.run(visit())


def test_whom_provider_and_log_know_is_let_in(issuer: str) -> None:
    assert signed_in(issuer, "ada@example.com") == "ada"


def test_whom_only_the_provider_knows_is_not(issuer: str) -> None:
    with pytest.raises(SignInError):
        signed_in(issuer, "mallory@example.com")
