"""Sign in through a provider: the code flow of OpenID Connect Core 1.0, with PKCE (RFC 7636), nonce and state.

It shows who somebody is in the provider's eyes, which is enough to look at pages. Whoever runs the provider can be
anybody there, so a session that begins this way never approves, releases or registers anything.
Nothing about a sign-in that has begun is kept here: it travels in a sealed cookie, so nobody can fill anything up.

Two things a door must mind. A sign-in starts with a link: our policy lets no form lead to another site. And it ends
with a page that leads on by itself, not with a redirect: right after the provider's page browsers do not bring a
`Strict` cookie along (seen with Chromium).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from rootwarden.alert.secret import Secret
from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.identity.id_token import Expected, check_id_token
from rootwarden.breakglass.identity.refusals import SignInError, UnreachableError
from rootwarden.breakglass.identity.seal import Seal
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.identity.challenges import ChallengeStore
    from rootwarden.breakglass.identity.id_token import Subject
    from rootwarden.breakglass.identity.oidc_provider import Metadata, Provider

COOKIE: Final = "__Host-rootwarden-oidc"
LIFETIME: Final = timedelta(minutes=5)
_LONGEST_QUERY: Final = 8192
_MOST_FIELDS: Final = 16
_BAD_REQUEST: Final = 400


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """This service, as the provider knows it.

    Attributes:
        id: Client id.
        redirect_uri: Where the provider sends people back to: another one for each provider.
        secret: Client secret; `None` for a public client.
    """

    id: str
    redirect_uri: str
    secret: Secret | None = None


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that has begun.

    Attributes:
        url: Where the browser goes.
        set_cookie: The `Set-Cookie` header to send along.
    """

    url: str
    set_cookie: str


class _Pending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issuer: str
    state: str
    nonce: str
    verifier: str
    expires_at: Instant


class _Tokens(msgspec.Struct):
    id_token: Annotated[str, msgspec.Meta(max_length=16 * 1024)]
    token_type: str = "Bearer"  # noqa: S105 - no secret, the name of a kind


class OidcSignIn:
    """The door for people a provider knows.

    Args:
        provider: The provider.
        client: This service there.
        keys: The keys of the key file, newest first.
        store: Remembers which sign-ins are finished.
    """

    def __init__(self, provider: Provider, client: Client, *, keys: Sequence[bytes], store: ChallengeStore) -> None:
        self._provider = provider
        self._client = client
        self._seal = Seal(keys, "oidc")
        self._store = store

    async def start(self, *, at: datetime) -> Started:
        """Begin.

        Raises:
            UnreachableError: The provider does not answer; other ways to sign in do not need it.
        """
        metadata = await self._provider.metadata(at=at)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        pending = _Pending(metadata.issuer, state, nonce, verifier, at + LIFETIME)
        query = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": self._client.redirect_uri,
            "scope": "openid",
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": strict_base64.encode_url(hashlib.sha256(pending.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        separator = "&" if "?" in metadata.authorization_endpoint else "?"
        return Started(
            url=f"{metadata.authorization_endpoint}{separator}{urlencode(query)}",
            set_cookie=_cookie(self._seal.close(pending), int(LIFETIME.total_seconds())),
        )

    async def finish(self, query: str, cookie: str, find: Callable[[Subject], str | None], *, at: datetime) -> str:
        """Check what the provider sent back with the browser, and ask it who that is.

        Args:
            query: Of the request, as it came.
            cookie: That of the sign-in.
            find: The person a subject is an alias of (`lookup.person_known_as`).
            at: Now.

        Returns:
            Id of the person, for a session of the method `oidc`.

        Raises:
            SignInError: Any of it does not hold; the message never says what.
            UnreachableError: The provider does not answer.
        """
        pending = self._seal.open(cookie, _Pending)
        if pending is None or not at < pending.expires_at <= at + LIFETIME or pending.issuer != self._provider.issuer:
            raise SignInError("the cookie of the sign-in is not one of ours, or too old")
        metadata = await self._provider.metadata(at=at)
        code = _code(query, pending, metadata)
        token = await self._redeem(code, pending, metadata)
        key = await self._provider.key_for(token, at=at)
        expected = Expected(issuer=metadata.issuer, client_id=self._client.id, nonce=pending.nonce)
        subject = check_id_token(token, key, expected, at=at)
        # A database may keep it waiting: others are served meanwhile.
        spend = partial(self._store.spend, pending.nonce, until=pending.expires_at, at=at)
        if not await asyncio.to_thread(spend):
            raise SignInError("the sign-in was finished before")
        person = find(subject)
        if person is None:
            raise SignInError(f"nobody who may sign in has the alias `{subject.alias}`")
        return person

    async def _redeem(self, code: str, pending: _Pending, metadata: Metadata) -> str:
        try:
            tokens = await self._tokens(code, pending, metadata)
        except UnreachableError as error:
            # RFC 6749, section 5.2: the code, not the provider or our secret, is what is wrong.
            if error.status == _BAD_REQUEST:
                raise SignInError("the provider does not take the code") from error
            raise
        if tokens.token_type.lower() != "bearer":
            raise SignInError("the provider gave a token of a kind that was not asked for")
        return tokens.id_token

    async def _tokens(self, code: str, pending: _Pending, metadata: Metadata) -> _Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": pending.verifier,
        }
        secret = self._client.secret.reveal() if self._client.secret else None
        if secret is not None and metadata.takes_basic:
            # RFC 6749, section 2.3.1: both are form-encoded before they are put together.
            basic = (_encoded(self._client.id), _encoded(secret))
            return await self._provider.post(_Tokens, metadata.token_endpoint, form, basic=basic)
        own = {"client_id": self._client.id, **({} if secret is None else {"client_secret": secret})}
        return await self._provider.post(_Tokens, metadata.token_endpoint, form | own, basic=None)


def forget_cookie() -> str:
    """The `Set-Cookie` header that ends a sign-in, however it went."""
    return _cookie("", 0)


def _code(query: str, pending: _Pending, metadata: Metadata) -> str:
    """The code the provider sent back, once it is certain that this sign-in and this provider are meant."""
    if len(query) > _LONGEST_QUERY:
        raise SignInError("the answer of the provider is too long")
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise SignInError("the answer of the provider cannot be read") from error
    answer = dict(fields)
    if len(answer) != len(fields):
        raise SignInError("the answer of the provider says something twice")
    if not hmac.compare_digest(answer.get("state", "").encode(), pending.state.encode()):
        raise SignInError("the answer of the provider belongs to another sign-in")
    # RFC 9207: a provider that says who it is cannot be mixed up with another.
    if ("iss" in answer or metadata.names_itself) and answer.get("iss") != metadata.issuer:
        raise SignInError("the answer is from another provider than the one that was asked")
    if "error" in answer or not answer.get("code"):
        raise SignInError(f"the provider refused: {answer.get('error', 'no code')[:64]!r}")
    return answer["code"]


def _encoded(text: str) -> str:
    return urlencode({"": text})[1:]


def _cookie(value: str, seconds: int) -> str:
    # Not `Strict`: the browser comes back from the provider's page, and has to bring it.
    return f"{COOKIE}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"
