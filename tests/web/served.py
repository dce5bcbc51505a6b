"""The theatre on a real port of this machine, for a real browser; the passkeys of the cast in its authenticators."""

from __future__ import annotations

import base64
import re
import shutil
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.web.theatre import EVERYBODY, Theatre

from rootwarden.breakglass.core.settings import Quorum, Settings, Slot
from rootwarden.breakglass.rehearsal.cast import cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
SLOTS = (Slot(count=1, group="security"), Slot(count=1, group="operations"))


def system_chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def clock() -> datetime:
    return datetime.now(UTC)


@contextmanager
def served(**changes: Any) -> Iterator[Theatre]:
    """A theatre whose clock is that of this machine, at `http://localhost:PORT`."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # whoever comes before the server does waits for it
        port = listening.getsockname()[1]
        origin = f"http://localhost:{port}"
        theatre = Theatre(
            players=cast(passkeys=True, origin=origin),
            settings=Settings(quorums={"default": Quorum(slots=SLOTS)}, settle_minutes=60),
            began=clock() - timedelta(hours=3),
            origin=origin,
            clock=clock,
            **changes,
        )
        configuration = uvicorn.Config(
            theatre.application, log_level="warning", proxy_headers=False, lifespan="off", server_header=False
        )
        server = uvicorn.Server(configuration)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield theatre
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def someone(browser: Browser, theatre: Theatre, name: str | None, **context: Any) -> tuple[BrowserContext, Page]:
    """A browser of somebody, with an authenticator that has their passkey, if they have one."""
    opened, page, _ = holder(browser, theatre, name, **context)
    return opened, page


def holder(browser: Browser, theatre: Theatre, name: str | None, **context: Any) -> tuple[BrowserContext, Page, str]:
    """The same, with the id of the authenticator."""
    opened = browser.new_context(base_url=theatre.house.party.origins[0], **context)
    opened.set_default_timeout(20_000)
    page = opened.new_page()
    session = opened.new_cdp_session(page)
    authenticator = plug_in(session)
    if name is not None:
        _load(session, authenticator, theatre, name)
    return opened, page, authenticator


def plug_in(session: CDPSession) -> str:
    session.send("WebAuthn.enable")
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return str(added["authenticatorId"])


def hold_only(session: CDPSession, authenticators: list[str], held: str | None) -> None:
    """Touch only one of several authenticators; the others wait for ever."""
    for one in authenticators:
        touched = {"authenticatorId": one, "enabled": one == held}
        session.send("WebAuthn.setAutomaticPresenceSimulation", touched)


def _load(session: CDPSession, authenticator: str, theatre: Theatre, name: str) -> None:
    passkey = theatre.play.players[name].passkey
    assert passkey is not None
    assert isinstance(passkey.key, EllipticCurvePrivateKey)
    private = passkey.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    credential = {
        "credentialId": base64.b64encode(passkey.credential_id).decode(),
        "isResidentCredential": True,
        "rpId": passkey.rp_id,
        "privateKey": base64.b64encode(private).decode(),
        "userHandle": base64.b64encode(name.encode()).decode(),
        # As if it had been used since; a counter may not go back.
        "signCount": theatre.broker.state().counters.get(theatre.play.players[name].key.id, 0) + 100,
        "backupEligibility": False,
        "backupState": False,
    }
    session.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": credential})


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(r":[0-9]+/$"))


__all__ = [
    "ARGUMENTS",
    "EVERYBODY",
    "clock",
    "hold_only",
    "holder",
    "plug_in",
    "served",
    "sign_in",
    "someone",
    "system_chromium",
]
