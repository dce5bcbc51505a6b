"""A provider of OpenID Connect: where its doors are and which keys it signs with, asked seldom and kept for a while.

Source: OpenID Connect Discovery 1.0, section 4; RFC 8414; RFC 9207.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.breakglass.identity.id_token import fitting, header_of, read_keys
from rootwarden.breakglass.identity.refusals import SignInError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rootwarden.breakglass.identity.fetching import Fetcher, Record
    from rootwarden.breakglass.identity.id_token import ProviderKey

KEPT: Final = timedelta(minutes=10)
# A token that names a key nobody knows makes us ask again, but not for every such token.
ASKED_AGAIN: Final = timedelta(seconds=30)
# After it was found away, people who come in the next seconds are told at once.
AWAY: Final = timedelta(seconds=10)


class Metadata(msgspec.Struct, frozen=True):
    """What a provider publishes about itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    @property
    def takes_basic(self) -> bool:
        """Whether the client secret goes into a header, not into the form."""
        return "client_secret_basic" in self.token_endpoint_auth_methods_supported

    @property
    def names_itself(self) -> bool:
        """Whether it says in every answer who it is (RFC 9207)."""
        return self.authorization_response_iss_parameter_supported


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


class Provider:
    """One provider.

    Args:
        issuer: Its name, which is also where its metadata is.
        fetcher: Asks it.
    """

    def __init__(self, issuer: str, fetcher: Fetcher) -> None:
        fetcher.check_url(issuer)
        self.issuer = issuer
        self._fetcher = fetcher
        self._metadata: tuple[datetime, Metadata] | None = None
        self._keys: tuple[datetime, tuple[ProviderKey, ...]] | None = None
        self._away_since: datetime | None = None

    async def metadata(self, *, at: datetime) -> Metadata:
        """What it publishes about itself, at most ten minutes old.

        Raises:
            UnreachableError: It does not answer, or was away a moment ago.
        """
        if self._metadata is not None and _is_fresh(self._metadata[0], at, KEPT):
            return self._metadata[1]
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = await self._ask(Metadata, url, at)
        if found.issuer != self.issuer:
            raise UnreachableError(f"the {self._fetcher.what} gives itself another name", hint="check the issuer")
        for endpoint in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            self._fetcher.check_url(endpoint)
        self._metadata = (at, found)
        return found

    async def key_for(self, token: str, *, at: datetime) -> ProviderKey:
        """The key a token names; one that is not known yet is asked for.

        Raises:
            SignInError: The provider has no such key.
            UnreachableError: It does not answer.
        """
        algorithm, name = header_of(token)
        key = fitting(await self._current_keys(at, KEPT), algorithm, name)
        if key is None:
            key = fitting(await self._current_keys(at, ASKED_AGAIN), algorithm, name)
        if key is None:
            raise SignInError("the ID token names a key that the provider does not have")
        return key

    async def post(
        self, kind: type[Record], url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None
    ) -> Record:
        """Post a form to one of its doors.

        Raises:
            UnreachableError: It does not answer, or says no.
        """
        return await self._fetcher.ask(kind, url, form=form, basic=basic)

    async def _current_keys(self, at: datetime, kept: timedelta) -> tuple[ProviderKey, ...]:
        if self._keys is None or not _is_fresh(self._keys[0], at, kept):
            metadata = await self.metadata(at=at)
            self._keys = (at, read_keys((await self._ask(_KeySet, metadata.jwks_uri, at)).keys))
        return self._keys[1]

    async def _ask(self, kind: type[Record], url: str, at: datetime) -> Record:
        if self._away_since is not None and _is_fresh(self._away_since, at, AWAY):
            raise UnreachableError(f"the {self._fetcher.what} did not answer a moment ago")
        try:
            answer = await self._fetcher.ask(kind, url)
        except UnreachableError:
            self._away_since = at
            raise
        self._away_since = None
        return answer


def _is_fresh(asked: datetime, at: datetime, kept: timedelta) -> bool:
    return asked <= at < asked + kept
