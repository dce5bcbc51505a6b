"""The service from its settings file until a signal ends it: what `serve` does."""

from __future__ import annotations

import signal
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.exchange import trust_of
from rootwarden.breakglass.identity.bootstrap import Bootstrap
from rootwarden.breakglass.identity.challenges import InMemoryChallenges
from rootwarden.breakglass.identity.fetching import Fetcher
from rootwarden.breakglass.identity.key_file import read_keys, rotate_keys
from rootwarden.breakglass.identity.oidc import Client, OidcSignIn
from rootwarden.breakglass.identity.oidc_provider import Provider
from rootwarden.breakglass.service.house import House
from rootwarden.breakglass.service.settings import read_settings
from rootwarden.breakglass.service.shared import SharedChallenges
from rootwarden.web.serving import application_of, server_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.errors import RootwardenError

CALLBACK: Final = "/sign-in/provider/callback"
_STOPS_IN: Final = 10.0
_SAID_AGAIN: Final = 600.0


def serve(path: Path, tell: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        path: The settings file; its relative paths are relative to its folder.
        tell: Says a line on the console: the one-time token of the first run, why the broker is sealed.

    Raises:
        RootwardenError: A file, the database or the log cannot be used.
    """
    service = House(read_settings(path), path.parent)
    service.heard = Troubles(tell, time.monotonic)
    for before in service.troubles:
        service.heard(before)
    stop = threading.Event()
    chores = threading.Thread(target=service.run_chores, args=(stop,), daemon=True)
    try:
        _tell_place(service, tell)
        if sealed := service.broker.sealed:
            tell(f"sealed: {sealed}; two administrators and a custodian begin an epoch")
        bootstrap = _first_run(service, tell)
        application = application_of(service, bootstrap=bootstrap, oidc=_provider(service))
        server = server_of(application, service)
        chores.start()
        # uvicorn raises the signal that ended it once more: this lets what is open be closed first.
        signal.signal(signal.SIGTERM, _leave)
        tell(f"serving {service.settings.web.origin}")
        server.run()
    finally:
        stop.set()
        if chores.is_alive():
            chores.join(_STOPS_IN)
        service.close()


class Troubles:
    """Says what a house could not do on the console, the same thing once in ten minutes.

    Args:
        tell: Says a line.
        steady: Seconds of a clock that only goes forward.
    """

    def __init__(self, tell: Callable[[str], None], steady: Callable[[], float]) -> None:
        self._tell, self._steady = tell, steady
        self._told: dict[str, float] = {}

    def __call__(self, error: RootwardenError) -> None:
        """Hear of one."""
        now, hint = self._steady(), f"; {error.hint}" if error.hint else ""
        self._told = {said: at for said, at in self._told.items() if now - at < _SAID_AGAIN}
        line = f"trouble: {error.message}{hint}"
        if line not in self._told:
            self._told[line] = now
            self._tell(line)


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _tell_place(service: House, tell: Callable[[str], None]) -> None:
    """What was found about the place; where it blocks, it shows and verifies, and releases nothing (BG-14)."""
    if not service.settings.placement:
        tell("warning: no placement is declared: nobody looked at what this depends on")
    for one in service.placing.judged().findings:
        if one.blocks or service.settings.placement:
            tell(f"placement: {one.words} [{one.id}]{' (waived)' if one.waived else ''}")
    if service.placing.why_not():
        tell("nothing is released here: run it elsewhere, or two administrators waive what is found")


def _first_run(service: House, tell: Callable[[str], None]) -> Bootstrap | None:
    if service.broker.state().size:
        return None
    bootstrap = Bootstrap(at=datetime.now(UTC))
    tell(f"first run: the one-time token is {bootstrap.reveal()}")
    tell("it holds for a quarter of an hour, in a browser on this machine; a restart makes another one")
    return bootstrap


def _provider(service: House) -> OidcSignIn | None:
    settings = service.settings.openid_connect
    if settings is None:
        return None
    secret = settings.client_secret.read("client secret of OpenID Connect") if settings.client_secret else None
    client = Client(id=settings.client_id, redirect_uri=service.settings.web.origin + CALLBACK, secret=secret)
    file = service.folder / service.settings.web.session_key
    keys = read_keys(file) if file.exists() else rotate_keys(file)
    store = SharedChallenges(service.store.database) if service.is_shared else InMemoryChallenges()
    provider = Provider(settings.issuer, Fetcher("identity provider", certificates=trust_of(settings.authority)))
    return OidcSignIn(provider, client, keys=keys, store=store)
