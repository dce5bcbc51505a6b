"""The pages over a house of the service: what `serve` and the demonstration start."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn

from rootwarden.breakglass.broker.acting import Acting
from rootwarden.breakglass.identity.browser import RelyingParty
from rootwarden.breakglass.identity.key_file import read_keys, rotate_keys
from rootwarden.breakglass.service.shared import SharedChallenges, SharedTakenAway
from rootwarden.errors import UsageError
from rootwarden.web.app import build
from rootwarden.web.behind import Behind
from rootwarden.web.house import House, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import Route

    from rootwarden.breakglass.identity.bootstrap import Bootstrap
    from rootwarden.breakglass.identity.headers import StrictHeaders
    from rootwarden.breakglass.identity.limits import Limits
    from rootwarden.breakglass.identity.oidc import OidcSignIn
    from rootwarden.breakglass.service.house import House as Service


def application_of(
    service: Service,
    *,
    bootstrap: Bootstrap | None = None,
    oidc: OidcSignIn | None = None,
    before: Sequence[Route] = (),
    limits: Limits | None = None,
) -> StrictHeaders:
    """The application over a house of the service.

    Args:
        service: The broker and everything around it.
        bootstrap: The token of the first run, while there is no log.
        oidc: The sign-in through a provider, if there is one.
        before: Routes that go before all others.
        limits: How often anybody may try, instead of the usual ones.

    Raises:
        UsageError: The origin is none, or the key file cannot be used.
    """
    web = service.settings.web
    keys_file = service.folder / web.session_key
    keys = read_keys(keys_file) if keys_file.exists() else rotate_keys(keys_file)
    behind = Behind(Acting(service.broker, service.releases), service.releases, service.health, devices=service.devices)
    place = _place(web.origin)
    shared = service.store.database if service.is_shared else None
    house = House(
        service.broker,
        behind,
        place,
        keys,
        challenges=SharedChallenges(shared) if shared is not None else None,
        taken=SharedTakenAway(shared) if shared is not None else None,
        bootstrap=bootstrap,
        oidc=oidc,
        limits=limits,
        attempts=service.refusals,
    )
    return build(house, before)


def server_of(application: StrictHeaders, service: Service) -> uvicorn.Server:
    """A server for it, not yet running.

    Raises:
        UsageError: It would listen beside loopback without a certificate.
    """
    web = service.settings.web
    if not web.certificate and web.host not in _LOOPBACK:
        raise UsageError(f"`{web.host}` is no address of this machine alone", hint="give a certificate in [web]")
    config = uvicorn.Config(
        application,
        host=web.host,
        port=web.port,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        ssl_certfile=web.certificate or None,
        ssl_keyfile=web.certificate_key or None,
    )
    return uvicorn.Server(config)


def _place(origin: str) -> Place:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise UsageError(f"`{origin}` is no origin", hint="write it as https://breakglass.example.com")
    party = RelyingParty(id=parts.hostname, name="Rootwarden", origins=(origin,))
    return Place(party=party, hosts=(parts.netloc,), tls=parts.scheme == "https")


_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
