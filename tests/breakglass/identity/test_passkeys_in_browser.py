"""A real browser with a virtual authenticator, under our headers: it registers a passkey, signs in, and signs."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from playwright.sync_api import sync_playwright
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from tests.breakglass.identity.instants import KEYS
from tests.breakglass.keys import STATEMENT

from rootwarden.breakglass.core.authenticator import verify
from rootwarden.breakglass.core.public_key import UnverifiedError
from rootwarden.breakglass.identity.browser import (
    RelyingParty,
    assertion_options,
    read_assertion,
    registration_options,
)
from rootwarden.breakglass.identity.challenges import InMemoryChallenges
from rootwarden.breakglass.identity.forgery import check_origin
from rootwarden.breakglass.identity.headers import StrictHeaders
from rootwarden.breakglass.identity.registration import read_registration
from rootwarden.breakglass.identity.sign_in import Holder, SignIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from starlette.requests import Request

pytestmark = pytest.mark.browser
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")

PAGE = """<!doctype html><html lang="en"><title>Passkeys</title>
<form method="post" action="/form"><button>send</button></form>
<script>document.title = "inline script ran"</script><script src="/page.js"></script></html>"""
SCRIPT = """
window.create = async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return JSON.stringify(await navigator.credentials.create({ publicKey }));
};
window.sign = async (options) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return JSON.stringify(await navigator.credentials.get({ publicKey }));
};
"""


class Site:
    """Our pages, and what forms they were sent."""

    def __init__(self) -> None:
        self.forms: list[list[tuple[bytes, bytes]]] = []
        routes = [
            Route("/", lambda _: HTMLResponse(PAGE)),
            Route("/page.js", lambda _: Response(SCRIPT, media_type="text/javascript")),
            Route("/form", self._form, methods=["POST"]),
        ]
        listening = socket.create_server(("127.0.0.1", 0))
        host = f"localhost:{listening.getsockname()[1]}"
        self.origin = f"http://{host}"
        self.party = RelyingParty(id="localhost", name="Rootwarden", origins=(self.origin,))
        strict = StrictHeaders(Starlette(routes=routes), hosts=(host,), tls=False)
        self._server = uvicorn.Server(uvicorn.Config(strict, log_level="error", proxy_headers=False, ws="none"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            self._thread.join(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def _form(self, request: Request) -> HTMLResponse:
        self.forms.append(list(request.headers.raw))
        return HTMLResponse("<!doctype html><title>sent</title>")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and "CI" in os.environ:
        pytest.fail("a build server has a Chromium: .ci/run installs it")
    if found is None:
        pytest.skip("no Chromium on this system")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context()
    opened = context.new_page()
    session = context.new_cdp_session(opened)
    session.send("WebAuthn.enable")
    usual = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": usual | getattr(request, "param", {})})
    opened.goto(site.origin)
    yield opened
    context.close()


def _create(page: Page, site: Site) -> bytes:
    options = json.loads(registration_options(STATEMENT, site.party, person="ada"))
    created: str = page.evaluate("options => window.create(options)", options)
    return created.encode()


def _sign(page: Page, site: Site, statement: bytes, *keys: Any) -> bytes:
    options = json.loads(assertion_options(statement, site.party, keys))
    signed: str = page.evaluate("options => window.sign(options)", options)
    return signed.encode()


def test_a_browser_registers_a_passkey_signs_in_and_signs(page: Page, site: Site) -> None:
    new = read_registration(_create(page, site), STATEMENT, site.party, name="virtual")
    assert (new.key.algorithm, new.key.device_bound) == ("ES256", True)
    counter = verify(b"approve", read_assertion(_sign(page, site, b"approve", new.key)), new.key, counter=new.counter)
    with pytest.raises(UnverifiedError):
        verify(b"deny", read_assertion(_sign(page, site, b"approve", new.key)), new.key)

    door = SignIn(service="localhost", keys=KEYS, store=InMemoryChallenges())
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    offer = door.offer(at=now)
    answer = read_assertion(_sign(page, site, offer.statement))  # nobody is named: the browser offers what it has
    holder = Holder(person="ada", key=new.key, counter=counter)
    assert door.accept(offer.token, answer, lambda _: (holder,), at=now).person == "ada"


@pytest.mark.parametrize("page", [{"defaultBackupEligibility": True}], indirect=True)
def test_a_passkey_that_is_synced_says_so(page: Page, site: Site) -> None:
    created = _create(page, site)
    with pytest.raises(UnverifiedError, match="copied"):
        read_registration(created, STATEMENT, site.party, name="synced")
    key = read_registration(created, STATEMENT, site.party, name="synced", synced_allowed=True).key
    assert not key.device_bound
    verify(b"approve", read_assertion(_sign(page, site, b"approve", key)), key)


def test_inline_script_does_not_run(page: Page) -> None:
    assert page.title() == "Passkeys"


def test_our_own_form_is_told_from_a_forged_one(page: Page, site: Site) -> None:
    """The headers that `check_origin` asks for are those a browser sends, under our referrer policy too."""
    page.click("button")
    page.wait_for_url("**/form")
    assert page.title() == "sent"
    check_origin("POST", site.forms[-1], (site.origin,))
    sent = dict(site.forms[-1])
    assert sent[b"origin"].decode() == site.origin
    assert sent[b"sec-fetch-site"] == b"same-origin"
