"""A sign-in through a provider on loopback: it opens pages, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import pytest
from tests.web.theatre import KEYS, ORIGIN, Theatre

from rootwarden.breakglass.core.change import SetPerson
from rootwarden.breakglass.identity.challenges import InMemoryChallenges
from rootwarden.breakglass.identity.fetching import Fetcher
from rootwarden.breakglass.identity.oidc import Client, OidcSignIn
from rootwarden.breakglass.identity.oidc_provider import Provider
from rootwarden.breakglass.rehearsal.play import BEGAN
from rootwarden.simulator.loopback import serving
from rootwarden.simulator.oidc import OidcProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web.theatre import Person


BACK = f"{ORIGIN}/sign-in/provider/callback"


def theatre_with(provider: OidcProvider) -> Theatre:
    """`anna` is known to the provider as `anna`."""
    there = Provider(provider.issuer, Fetcher("provider", plain_loopback=True))
    client = Client(id="rootwarden", redirect_uri=BACK)
    theatre = Theatre(oidc=OidcSignIn(there, client, keys=KEYS, store=InMemoryChallenges()))
    anna = theatre.play.players["anna"].person
    change = SetPerson(person=msgspec.structs.replace(anna, aliases=(f"{provider.issuer}#anna",)))
    ada = theatre.person("ada")
    signed, _ = ada.do({"wish": "propose", "change": msgspec.to_builtins(change)})
    theatre.person("ben").do({"wish": "second", "proposal": signed["names"]["proposal"]})
    return theatre


def through(person: Person) -> str:
    """The way to the provider and back: the path the browser comes back to."""
    started = person.client.get("/sign-in/provider")
    assert started.status_code == 303, started.text
    there = urlsplit(started.headers["location"])
    connection = HTTPConnection(there.netloc)
    connection.request("GET", f"{there.path}?{there.query}")
    back = urlsplit(connection.getresponse().headers["location"])
    connection.close()
    assert f"{back.scheme}://{back.netloc}" == ORIGIN
    return f"{back.path}?{back.query}"


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    """Its clock is that of the play."""
    made = OidcProvider(redirect_uri=BACK, clock=(BEGAN + timedelta(minutes=64)).timestamp)
    made.subject = "anna"
    with serving(made.respond) as address:
        made.issuer = address
        yield made


def test_who_comes_through_a_provider_looks_and_does_nothing(provider: OidcProvider) -> None:
    theatre = theatre_with(provider)
    anna = theatre.stranger()
    answer = anna.client.get(through(anna))
    assert answer.status_code == 200
    assert "Signed in, to look" in answer.text
    cookies = answer.headers.get_list("set-cookie")
    assert any(re.match(r"__Host-rootwarden=.*SameSite=Strict", one) for one in cookies)
    assert anna.read("/session") == {"person": "anna", "method": "oidc", "session": ""}
    assert anna.client.get("/").status_code == 200
    assert anna.prepare({"wish": "deny", "request": "x", "reason": "x"}).status_code == 403
    assert theatre.person("dan").read("/audit")["entries"][-2]["words"] == "`anna` signs in (oidc)"


def test_who_is_nobody_here_is_not_let_in(provider: OidcProvider) -> None:
    theatre = theatre_with(provider)
    provider.subject = "somebody-else"
    stranger = theatre.stranger()
    answer = stranger.client.get(through(stranger))
    assert answer.status_code == 401
    assert "the sign-in was refused" in answer.text
    assert stranger.get("/me").status_code == 401


def test_a_callback_nobody_began_lets_nobody_in(provider: OidcProvider) -> None:
    theatre = theatre_with(provider)
    first, second = theatre.stranger(), theatre.stranger()
    path = through(first)
    assert second.client.get(path).status_code == 401


def test_bg13_a_provider_that_is_gone_leaves_the_other_ways_in(provider: OidcProvider) -> None:
    theatre = theatre_with(provider)
    provider.knobs.status = 503
    answer = theatre.stranger().client.get("/sign-in/provider")
    assert answer.status_code == 503
    assert "Sign in through the identity provider" in theatre.stranger().client.get("/sign-in").text
    assert theatre.person("anna").get("/me").status_code == 200
