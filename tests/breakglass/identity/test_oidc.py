"""Sign-in through a provider on loopback, and what false providers, thieves and broken networks make of it."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from tests.breakglass.identity.instants import AT, KEYS, after

from rootwarden.alert.secret import Secret
from rootwarden.breakglass.identity.challenges import InMemoryChallenges
from rootwarden.breakglass.identity.fetching import LONGEST, Fetcher
from rootwarden.breakglass.identity.oidc import COOKIE, Client, OidcSignIn, forget_cookie
from rootwarden.breakglass.identity.oidc_provider import Provider
from rootwarden.breakglass.identity.refusals import SignInError, UnreachableError
from rootwarden.errors import UsageError
from rootwarden.simulator.http import Fault
from rootwarden.simulator.loopback import serving
from rootwarden.simulator.oidc import OidcProvider, signed_with_public_key, unsigned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from rootwarden.breakglass.identity.id_token import Subject

NOW = int(AT.timestamp())


class Visit:
    """A browser between our door and a provider."""

    def __init__(self, provider: OidcProvider, *, secret: str = "", seconds: float = 5.0) -> None:
        self.provider = provider
        self.clock = AT
        client = Client(
            id="rootwarden", redirect_uri="https://localhost/back", secret=Secret(secret) if secret else None
        )
        self.there = Provider(provider.issuer, Fetcher("provider", plain_loopback=True, seconds=seconds))
        self.door = OidcSignIn(self.there, client, keys=KEYS, store=InMemoryChallenges())
        self.people = {f"{provider.issuer}#ada": "ada"}

    def start(self) -> tuple[str, str]:
        """Where the browser is sent, and its cookie."""
        started = asyncio.run(self.door.start(at=self.clock))
        return started.url, SimpleCookie(started.set_cookie)[COOKIE].value

    def go(self, url: str) -> str:
        """What the provider sends the browser back with."""
        where = urlsplit(url)
        connection = HTTPConnection(where.netloc)
        connection.request("GET", f"{where.path}?{where.query}")
        answer = connection.getresponse()
        assert answer.status == 302
        connection.close()
        return urlsplit(answer.headers["location"]).query

    def finish(self, query: str, cookie: str) -> str:
        return asyncio.run(self.door.finish(query, cookie, self._find, at=self.clock))

    def sign_in(self) -> str:
        url, cookie = self.start()
        return self.finish(self.go(url), cookie)

    def refused(self) -> str:
        """The reason of a refusal, for the log."""
        with pytest.raises(SignInError) as refused:
            self.sign_in()
        assert str(refused.value) == "the sign-in was refused"
        return refused.value.reason

    def _find(self, subject: Subject) -> str | None:
        return self.people.get(subject.alias)


@pytest.fixture(scope="module")
def key() -> RSAKey:
    made = RSAKey.generate_key(2048)
    made.ensure_kid()
    return made


@pytest.fixture
def provider(key: RSAKey) -> Iterator[OidcProvider]:
    made = OidcProvider(clock=lambda: NOW, keys=[key])
    with serving(made.respond) as address:
        made.issuer = address
        yield made


@pytest.fixture
def visit(provider: OidcProvider) -> Visit:
    return Visit(provider)


def test_whom_the_provider_knows_and_the_log_too_is_let_in(visit: Visit) -> None:
    assert visit.sign_in() == "ada"
    assert visit.provider.asked == ["/.well-known/openid-configuration", "/authorize", "/token", "/keys"]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_client_with_a_secret_shows_it(provider: OidcProvider, method: str) -> None:
    provider.client_secret = "a+b c:%/\u00e9"
    provider.knobs.metadata = {"token_endpoint_auth_methods_supported": [method]}
    assert Visit(provider, secret=provider.client_secret).sign_in() == "ada"
    with pytest.raises(UnreachableError, match="401"):
        Visit(provider, secret="another").sign_in()


def test_the_browser_is_sent_with_pkce_nonce_and_state_of_its_own(visit: Visit) -> None:
    asked = [parse_qs(urlsplit(visit.start()[0]).query) for _ in range(2)]
    assert asked[0]["response_type"] == ["code"]
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["scope"] == ["openid"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name][0]) == 43
        assert asked[0][name] != asked[1][name]


def test_the_cookie_comes_back_from_the_provider_and_is_forgotten_after(visit: Visit) -> None:
    header = asyncio.run(visit.door.start(at=AT)).set_cookie
    assert header.split("; ")[1:] == ["Path=/", "Max-Age=300", "Secure", "HttpOnly", "SameSite=Lax"]
    assert "Max-Age=0" in forget_cookie()


def test_somebody_the_log_does_not_know_is_refused(visit: Visit) -> None:
    visit.provider.subject = "eve"
    assert "alias" in visit.refused()


def test_the_same_subject_of_another_issuer_is_somebody_else(visit: Visit) -> None:
    visit.people = {"https://other.example#ada": "ada", "ada": "ada", "ADA": "ada"}
    assert "alias" in visit.refused()


TOKENS: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"iss": "https://evil.example"}, "another issuer"),
    "the issuer with a slash": ({"iss": "http://127.0.0.1/"}, "another issuer"),
    "no issuer": ({"iss": None}, "does not verify"),
    "another client": ({"aud": "other"}, "another client"),
    "nobody's": ({"aud": []}, "another client"),
    "ours among others": ({"aud": ["rootwarden", "other"]}, "another client"),
    "ours, for somebody else's use": ({"azp": "other"}, "another client"),
    "expired": ({"exp": NOW - 60}, "expired"),
    "no end": ({"exp": None}, "does not verify"),
    "an end that is text": ({"exp": str(NOW + 300)}, "does not verify"),
    "an end that is no number": ({"exp": float("nan")}, "expired"),
    "issued long ago": ({"iat": NOW - 601}, "not issued now"),
    "issued later": ({"iat": NOW + 61}, "not issued now"),
    "not valid yet": ({"nbf": NOW + 61}, "not issued now"),
    "the nonce of another sign-in": ({"nonce": "n" * 43}, "another sign-in"),
    "no nonce": ({"nonce": None}, "does not verify"),
    "an empty nonce": ({"nonce": ""}, "another sign-in"),
    "no subject": ({"sub": None}, "does not verify"),
    "an empty subject": ({"sub": ""}, "does not verify"),
    "a number for a subject": ({"sub": 17}, "does not verify"),
    "a very long subject": ({"sub": "a" * 256}, "does not verify"),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_says_something_else_is_refused(visit: Visit, name: str) -> None:
    claims, told = TOKENS[name]
    visit.provider.knobs.claims = claims
    assert told in visit.refused()


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["rootwarden"]}, {"azp": "rootwarden"}, {"exp": NOW - 59}, {"iat": NOW + 59}, {"iat": NOW - 600},
        {"iat": NOW - 0.5},
        {"nbf": NOW}, {"more": {"deep": [1]}},
    ],
)  # fmt: skip
def test_a_token_that_says_the_same_otherwise_is_taken(visit: Visit, claims: dict[str, Any]) -> None:
    visit.provider.knobs.claims = claims
    assert visit.sign_in() == "ada"


def _foreign(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, RSAKey.generate_key(2048))


def _brings_its_own_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    own = RSAKey.generate_key(2048)
    return jwt.encode(header | {"jwk": own.as_dict(private=False)}, claims, own)


def _cut(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return _foreign(header, claims).rpartition(".")[0] + "."


SIGNERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {
    "nobody": unsigned,
    "another key of that name": _foreign,
    "a key the token brings along": _brings_its_own_key,
    "nobody, under the name of an algorithm": _cut,
    "no token": lambda *_: "x",
    "an empty token": lambda *_: "",
    "an encrypted token": lambda *_: "e30.e30.e30.e30.e30",
    "a very long token": lambda *_: "A" * 20_000,
    "a header that nests": lambda *_: "W1tb" * 4000 + ".e30.e30",
}


@pytest.mark.parametrize("name", SIGNERS)
def test_a_token_the_provider_did_not_sign_is_refused(visit: Visit, name: str) -> None:
    visit.provider.knobs.sign = SIGNERS[name]
    url, cookie = visit.start()
    with pytest.raises((SignInError, UnreachableError)):
        visit.finish(visit.go(url), cookie)


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(visit: Visit) -> None:
    visit.provider.knobs.sign = signed_with_public_key(visit.provider.keys[0])
    assert "HS256" in visit.refused()


def test_an_unknown_key_name_is_refused_and_asked_for_once_in_a_while(visit: Visit) -> None:
    """A stream of tokens with made-up key names must not become a stream of questions."""
    visit.provider.knobs.header = {"kid": "unknown"}
    for _ in range(5):
        assert "does not have" in visit.refused()
    assert visit.provider.asked.count("/keys") == 1
    visit.clock += timedelta(seconds=31)
    visit.refused()
    assert visit.provider.asked.count("/keys") == 2


def test_a_provider_may_change_its_keys_at_any_time(visit: Visit) -> None:
    visit.sign_in()
    visit.provider.rotate()
    visit.clock += timedelta(seconds=31)
    assert visit.sign_in() == "ada"
    assert visit.provider.asked.count("/keys") == 2


def test_a_key_the_provider_took_back_is_not_believed_for_long(visit: Visit) -> None:
    visit.sign_in()
    stolen = visit.provider.keys[0]
    visit.provider.rotate(keep=False)
    visit.clock += timedelta(minutes=10)
    visit.provider.knobs.sign = lambda header, claims: jwt.encode(header | {"kid": stolen.kid}, claims, stolen)
    visit.provider.knobs.claims = {"iat": NOW + 600, "exp": NOW + 900}
    assert "does not have" in visit.refused()


def test_a_token_without_a_key_name_is_taken_while_there_is_one_key(visit: Visit) -> None:
    visit.provider.knobs.header = {"kid": None}
    assert visit.sign_in() == "ada"
    visit.provider.rotate()
    visit.clock += timedelta(minutes=10)
    visit.provider.knobs.claims = {"iat": NOW + 600, "exp": NOW + 900}
    assert "does not have" in visit.refused()


# What comes back with the browser instead of what should.
ANSWERS: dict[str, tuple[dict[str, str | None], str]] = {
    "the state of another sign-in": ({"state": "s" * 43}, "another sign-in"),
    "no state": ({"state": None}, "another sign-in"),
    "a state beyond ASCII": ({"state": "\u00e9"}, "another sign-in"),
    "another provider": ({"iss": "https://evil.example"}, "another provider"),
    "no provider, though it always says so": ({"iss": None}, "another provider"),
    "an error": ({"error": "access_denied", "code": None}, "access_denied"),
    "an error beside a code": ({"error": "server_error"}, "server_error"),
    "a very long answer": ({"more": "x" * 9000}, "too long"),
    "no code": ({"code": None}, "no code"),
    "an empty code": ({"code": ""}, "no code"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_not_for_this_sign_in_is_refused(visit: Visit, name: str) -> None:
    changes, told = ANSWERS[name]
    url, cookie = visit.start()
    answer = {key: values[0] for key, values in parse_qs(visit.go(url)).items()} | changes
    query = urlencode({key: value for key, value in answer.items() if value is not None})
    with pytest.raises(SignInError) as refused:
        visit.finish(query, cookie)
    assert told in refused.value.reason
    assert "/token" not in visit.provider.asked


def test_an_answer_that_says_something_twice_is_refused(visit: Visit) -> None:
    url, cookie = visit.start()
    query = visit.go(url)
    for twice in (f"{query}&code=other", f"state=x&{query}", query + "&a=1" * 20):
        with pytest.raises(SignInError):
            visit.finish(twice, cookie)


def test_a_provider_that_never_says_who_it_is_need_not(visit: Visit) -> None:
    visit.provider.knobs.metadata = {"authorization_response_iss_parameter_supported": None}
    url, cookie = visit.start()
    answer = {key: values[0] for key, values in parse_qs(visit.go(url)).items() if key != "iss"}
    assert visit.finish(urlencode(answer), cookie) == "ada"


def test_a_code_that_was_stolen_is_no_use_in_another_browser(visit: Visit) -> None:
    """Neither with the thief's own state nor with the victim's: both are bound to the cookie."""
    stolen = visit.go(visit.start()[0])
    url, cookie = visit.start()
    own_state = parse_qs(urlsplit(url).query)["state"][0]
    with pytest.raises(SignInError, match="refused"):
        visit.finish(stolen, cookie)
    code = parse_qs(stolen)["code"][0]
    query = urlencode({"code": code, "state": own_state, "iss": visit.provider.issuer})
    with pytest.raises(SignInError) as refused:
        visit.finish(query, cookie)
    assert "code" in refused.value.reason


def test_a_sign_in_is_finished_once(visit: Visit) -> None:
    """Even by a provider that takes a code twice and signs the same again."""
    url, cookie = visit.start()
    query = visit.go(url)
    code = parse_qs(query)["code"][0]
    grant = visit.provider._grants[code]
    assert visit.finish(query, cookie) == "ada"
    visit.provider._grants[code] = grant
    with pytest.raises(SignInError) as refused:
        visit.finish(query, cookie)
    assert "before" in refused.value.reason


@pytest.mark.parametrize(("seconds", "counts"), [(299, True), (300, False), (-1, False)])
def test_a_sign_in_takes_five_minutes_at_most(visit: Visit, seconds: int, counts: bool) -> None:
    url, cookie = visit.start()
    query = visit.go(url)
    visit.clock = after(seconds=seconds)
    visit.provider._clock = visit.clock.timestamp
    if counts:
        assert visit.finish(query, cookie) == "ada"
    else:
        with pytest.raises(SignInError):
            visit.finish(query, cookie)


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "\u00e9"])
def test_without_its_cookie_there_is_no_sign_in(visit: Visit, cookie: str) -> None:
    query = visit.go(visit.start()[0])
    with pytest.raises(SignInError):
        visit.finish(query, cookie)
    assert "/token" not in visit.provider.asked


def test_two_providers_are_not_mixed_up(visit: Visit, key: RSAKey) -> None:
    """A cookie of one provider is no use at the door of another: the code would be shown to the wrong one."""
    other = OidcProvider(clock=lambda: NOW, keys=[key])
    with serving(other.respond) as address:
        other.issuer = address
        for quiet in (visit.provider, other):  # neither says who it is, so only the cookie tells
            quiet.knobs.metadata = {"authorization_response_iss_parameter_supported": None}
        url, cookie = visit.start()
        query = visit.go(url).partition("&iss=")[0]
        with pytest.raises(SignInError):
            Visit(other).finish(query, cookie)
        assert other.asked == []
        assert visit.finish(query, cookie) == "ada"


def test_a_token_of_another_kind_is_refused(visit: Visit) -> None:
    visit.provider.knobs.tokens = {"token_type": "DPoP"}
    assert "kind" in visit.refused()


TROUBLES: dict[str, tuple[dict[str, Any], str]] = {
    "it hangs up": ({"fault": Fault.DROP}, "cannot be reached"),
    "it stops half-way": ({"fault": Fault.TRUNCATE}, "cannot be reached"),
    "it is out of order": ({"status": 503}, "HTTP status 503"),
    "it sends us elsewhere": ({"status": 302}, "HTTP status 302"),
    "it talks too much": ({"padding": LONGEST}, "too long"),
    "it takes for ever": ({"delay": 60.0}, "did not answer within 0.5 s"),
    "it has another name": ({"metadata": {"issuer": "https://evil.example"}}, "another name"),
    "it leaves out its doors": ({"metadata": {"token_endpoint": None}}, "not what its standard says"),
    "its keys are nowhere": ({"metadata": {"jwks_uri": 5}}, "not what its standard says"),
}


def test_a_provider_that_breaks_while_the_browser_is_there_is_told(visit: Visit) -> None:
    url, cookie = visit.start()
    query = visit.go(url)
    visit.provider.knobs.status = 500
    with pytest.raises(UnreachableError, match="HTTP status 500"):
        visit.finish(query, cookie)


@pytest.mark.parametrize("name", TROUBLES)
def test_a_provider_in_trouble_is_told_at_once(provider: OidcProvider, name: str) -> None:
    knobs, told = TROUBLES[name]
    for knob, value in knobs.items():
        setattr(provider.knobs, knob, value)
    visit = Visit(provider, seconds=0.5)
    began = time.monotonic()
    with pytest.raises(UnreachableError, match=told):
        visit.start()
    assert time.monotonic() - began < 3


def test_a_provider_that_drips_does_not_hold_anybody_up(key: RSAKey) -> None:
    """Each byte comes in time; all of them do not."""

    gone = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        try:
            while True:
                writer.write(b"X-More: 1\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
        except OSError:
            writer.close()
            gone.set()

    async def run() -> float:
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        there = Provider(issuer, Fetcher("provider", plain_loopback=True, seconds=0.4))
        began = time.monotonic()
        with pytest.raises(UnreachableError, match=r"within 0\.4 s"):
            await there.metadata(at=AT)
        length = time.monotonic() - began
        await gone.wait()
        server.close()
        return length

    assert asyncio.run(run()) < 2


class NameServiceThatIsAway(asyncio.SelectorEventLoop):
    """Looking up a name takes for ever, as without DNS."""

    async def getaddrinfo(self, *_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()


def test_without_dns_a_provider_is_told_to_be_away_at_once() -> None:
    """BG-13: the door for people with keys does not wait for it."""
    there = Provider("https://sso.example", Fetcher("provider", seconds=0.3))
    began = time.monotonic()
    with asyncio.Runner(loop_factory=NameServiceThatIsAway) as runner, pytest.raises(UnreachableError, match=r"0\.3 s"):
        runner.run(there.metadata(at=AT))
    assert time.monotonic() - began < 2


def test_a_provider_that_is_not_there_is_told_at_once_and_not_asked_again_right_away() -> None:
    with serving(lambda _: pytest.fail("nobody asks")) as address:
        pass
    there = Provider(address, Fetcher("provider", plain_loopback=True))

    def ask(at: datetime) -> str:
        with pytest.raises(UnreachableError) as refused:
            asyncio.run(there.metadata(at=at))
        return str(refused.value)

    assert "cannot be reached" in ask(AT)
    assert "a moment ago" in ask(after(seconds=9))
    assert "cannot be reached" in ask(after(seconds=10))


def test_what_a_provider_says_of_itself_is_asked_again_after_ten_minutes(visit: Visit) -> None:
    for minutes in (0, 9, 10):
        visit.clock = after(minutes=minutes)
        visit.start()
    assert visit.provider.asked == ["/.well-known/openid-configuration"] * 2


def test_a_provider_that_comes_back_is_asked_again(visit: Visit) -> None:
    visit.provider.knobs.status = 503
    with pytest.raises(UnreachableError):
        visit.start()
    visit.provider.knobs.status = 200
    visit.clock += timedelta(seconds=10)
    assert visit.sign_in() == "ada"


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_provider_does_not_send_us_to_places_without_tls(visit: Visit, endpoint: str) -> None:
    """Nor to a metadata service on the network."""
    visit.provider.knobs.metadata = {endpoint: "http://169.254.169.254/latest"}
    with pytest.raises(UsageError, match="HTTPS"):
        visit.start()


@pytest.mark.parametrize(
    "issuer", ["http://sso.example", "https://sso.example/#a", "https://me@sso.example", "sso.example", "https://[", ""]
)
def test_an_issuer_is_an_https_address(issuer: str) -> None:
    with pytest.raises(UsageError, match="HTTPS"):
        Provider(issuer, Fetcher("provider", plain_loopback=True))
