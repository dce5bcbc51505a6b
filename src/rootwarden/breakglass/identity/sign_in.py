"""Sign in with a passkey or a hardware-held key: an offer that anybody may have, and one answer to it.

The offer is sealed and handed out, not kept: however many are asked for, nothing fills up and nobody is pushed out.
Only an answer with a right signature leaves a mark, so that it is not taken twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.core.authenticator import verify
from rootwarden.breakglass.core.public_key import PublicKey, UnverifiedError
from rootwarden.breakglass.identity.challenges import LIFETIME, new_nonce
from rootwarden.breakglass.identity.refusals import SignInError
from rootwarden.breakglass.identity.seal import Seal
from rootwarden.breakglass.identity.sessions import Method
from rootwarden.facts.instant import Instant, format_instant
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.core.authenticator import Authenticator
    from rootwarden.breakglass.identity.challenges import ChallengeStore

PURPOSE: Final = "sign-in"


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose key it is, as the log has it.

    Attributes:
        person: Id of the person.
        key: The key.
        counter: What its counter was when last seen.
    """

    person: str
    key: PublicKey
    counter: int = 0


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has shown who they are.

    Attributes:
        person: Who.
        method: How.
        key: Id of the key.
        counter: Its counter now.
    """

    person: str
    method: Method
    key: str
    counter: int


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who wants to sign in is given.

    Attributes:
        token: To be handed back with the answer.
        statement: What is to be signed.
        expires_at: From when on it does not count.
    """

    token: str
    statement: bytes
    expires_at: Instant


class _Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    nonce: str
    expires_at: Instant


class SignIn:
    """The door for people with keys.

    Args:
        service: Name of this service in the statement: its domain, so that what is signed for one is no use at another.
        keys: The keys of the key file, newest first.
        store: Remembers which offers were answered.
    """

    def __init__(self, *, service: str, keys: Sequence[bytes], store: ChallengeStore) -> None:
        self._service = service
        self._seal = Seal(keys, "sign-in")
        self._store = store

    def offer(self, *, at: datetime) -> Offer:
        """Something to sign, for whoever asks."""
        sealed = _Sealed(new_nonce(), at + LIFETIME)
        return Offer(token=self._seal.close(sealed), statement=self._statement(sealed), expires_at=sealed.expires_at)

    def accept(
        self,
        token: str,
        authenticator: Authenticator,
        find: Callable[[Authenticator], Sequence[Holder]],
        *,
        at: datetime,
    ) -> Arrival:
        """Check the answer to an offer.

        Args:
            token: That of the offer.
            authenticator: What was signed.
            find: Whose registered key it claims to be by (`lookup.holders_of`).
            at: Now.

        Raises:
            SignInError: It does not hold; the message never says why.
        """
        sealed = self._seal.open(token, _Sealed)
        if sealed is None or not at < sealed.expires_at <= at + LIFETIME:
            raise SignInError("the offer is not one of ours, or too old")
        arrival = _arrival(self._statement(sealed), authenticator, find(authenticator))
        if not self._store.spend(sealed.nonce, until=sealed.expires_at, at=at):
            raise SignInError(f"{arrival.person}: the offer was answered before")
        return arrival

    def _statement(self, sealed: _Sealed) -> bytes:
        return canonical(
            {
                "purpose": PURPOSE,
                "service": self._service,
                "nonce": sealed.nonce,
                "expires_at": format_instant(sealed.expires_at),
            }
        )


def _arrival(statement: bytes, authenticator: Authenticator, holders: Sequence[Holder]) -> Arrival:
    """Who of those who claim the key has it: a credential id is a name, and two passkeys may have the same."""
    reason = "nobody who may sign in has this key"
    for holder in holders:
        try:
            counter = verify(statement, authenticator, holder.key, counter=holder.counter)
        except UnverifiedError as error:
            reason = f"{holder.person}: {error.message}"
        else:
            return Arrival(person=holder.person, method=Method(holder.key.kind), key=holder.key.id, counter=counter)
    raise SignInError(reason)
