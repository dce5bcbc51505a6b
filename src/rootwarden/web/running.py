"""The service from its settings file until a signal ends it: what `serve` does."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.exchange import trust_of
from rootwarden.breakglass.identity.bootstrap import Bootstrap
from rootwarden.breakglass.identity.challenges import InMemoryChallenges
from rootwarden.breakglass.identity.fetching import Fetcher
from rootwarden.breakglass.identity.key_file import read_keys, rotate_keys
from rootwarden.breakglass.identity.oidc import Client, OidcSignIn
from rootwarden.breakglass.identity.oidc_provider import Provider
from rootwarden.breakglass.placement.declared import read_declarations
from rootwarden.breakglass.placement.gather import gather, here
from rootwarden.breakglass.placement.judge import judge
from rootwarden.breakglass.service.house import House
from rootwarden.breakglass.service.settings import read_settings
from rootwarden.errors import RootwardenError
from rootwarden.web.serving import application_of, server_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CALLBACK: Final = "/sign-in/provider/callback"
_WAIVER: Final = "placement:"
_STOPS_IN: Final = 10.0


class MisplacedError(RootwardenError):
    """It may not run here, and no waiver in the log accepts that (BG-14)."""

    exit_code = 1


def serve(path: Path, tell: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        path: The settings file; its relative paths are relative to its folder.
        tell: Says a line on the console: the one-time token of the first run, why the broker is sealed.

    Raises:
        MisplacedError: It may not run here.
        RootwardenError: A file, the database or the log cannot be used.
    """
    service = House(read_settings(path), path.parent)
    stop = threading.Event()
    chores = threading.Thread(target=service.run_chores, args=(stop,), daemon=True)
    try:
        _check_place(service, tell)
        sealed = service.compare()
        if sealed:
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


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _check_place(service: House, tell: Callable[[str], None]) -> None:
    """Refuse a place nobody waived; before there is a log nobody can waive, so it is only told."""
    state = service.broker.state()
    if not service.settings.placement:
        tell("warning: no placement is declared: nobody looked whether this may run here")
        return
    declared = read_declarations(service.folder / service.settings.placement)
    waived = [name.removeprefix(_WAIVER) for name in state.waived(datetime.now(UTC)) if name.startswith(_WAIVER)]
    found = judge(gather(here()), declared, waivers=waived)
    for one in found.findings:
        tell(f"placement: {one.words} [{one.id}]{' (waived)' if one.waived else ''}")
    if found.blocking and state.size:
        named = ", ".join(f"placement:{one.id}" for one in found.blocking)
        raise MisplacedError("break-glass may not run here", hint=f"elsewhere, or two administrators waive {named}")


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
    provider = Provider(settings.issuer, Fetcher("identity provider", certificates=trust_of(settings.authority)))
    return OidcSignIn(provider, client, keys=keys, store=InMemoryChallenges())
