"""Challenges: what somebody is to sign now, once, and not later.

WebAuthn lets the same assertion pass twice where a passkey keeps no counter, so each challenge is burnt by the first
who presents it, rightly or wrongly. A store has to do that in one step: of any number of callers at the same time, in
any number of processes, exactly one gets through. In a database that is one `DELETE … RETURNING`, not a look and a
delete; in memory it is one lock.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from rootwarden.breakglass.identity.refusals import ChallengeError
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from datetime import datetime

LIFETIME: Final = timedelta(minutes=2)
# Nobody signs more things at a time; the oldest of their own goes when there are more.
MOST_OF_ONE: Final = 16
_NONCE_BYTES: Final = 32


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """What was issued.

    Attributes:
        nonce: Names it; it stands in the statement.
        person: Who is to sign.
        purpose: The purpose of the statement.
        digest: SHA-256 of the statement.
        issued_at: When.
        expires_at: From when on it does not count.
    """

    nonce: str
    person: str
    purpose: str
    digest: bytes
    issued_at: Instant
    expires_at: Instant


class ChallengeStore(Protocol):
    """Where challenges wait until they are used."""

    def keep(self, challenge: Challenge) -> None:
        """Remember one; of each person at most `MOST_OF_ONE`, the oldest go."""

    def take(self, nonce: str, person: str) -> Challenge | None:
        """Take one of a person's out, in one step: whoever asks for it again, now or later, gets nothing."""

    def spend(self, nonce: str, *, until: datetime, at: datetime) -> bool:
        """Mark a nonce that was issued without being kept; true for the first caller only, until it has expired."""


def new_nonce() -> str:
    """256 random bits in Base64url."""
    return secrets.token_urlsafe(_NONCE_BYTES)


def issue(store: ChallengeStore, *, nonce: str, person: str, purpose: str, statement: bytes, at: datetime) -> Challenge:
    """Remember that a person was asked to sign a statement.

    Args:
        store: Where to.
        nonce: From `new_nonce`; it stands in the statement.
        person: Who is to sign.
        purpose: The purpose of the statement.
        statement: Its bytes.
        at: Now.
    """
    challenge = Challenge(
        nonce=nonce,
        person=person,
        purpose=purpose,
        digest=hashlib.sha256(statement).digest(),
        issued_at=at,
        expires_at=at + LIFETIME,
    )
    store.keep(challenge)
    return challenge


def burn(store: ChallengeStore, *, nonce: str, person: str, purpose: str, statement: bytes, at: datetime) -> Challenge:
    """Use up a challenge, before the signature over it is even looked at.

    Another person's challenge stays as it is: to know its nonce is not enough to spoil it.

    Raises:
        ChallengeError: It was not issued for this, was used, or is too old.
    """
    challenge = store.take(nonce, person)
    if challenge is None:
        raise ChallengeError("it was never issued to this person, or is used up")
    if not challenge.issued_at <= at < challenge.expires_at:
        raise ChallengeError("it is too old")
    digest = hashlib.sha256(statement).digest()
    if challenge.purpose != purpose or not hmac.compare_digest(challenge.digest, digest):
        raise ChallengeError("it was issued for something else")
    return challenge


class InMemoryChallenges:
    """A store for one process; what waits in it is gone after a restart, as it would be two minutes later anyhow."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[str, Challenge]] = {}
        self._spent: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def keep(self, challenge: Challenge) -> None:
        """Remember one."""
        with self._lock:
            own = self._waiting.setdefault(challenge.person, {})
            own[challenge.nonce] = challenge
            while len(own) > MOST_OF_ONE:
                del own[next(iter(own))]

    def take(self, nonce: str, person: str) -> Challenge | None:
        """Take one of a person's out."""
        with self._lock:
            return self._waiting.get(person, {}).pop(nonce, None)

    def spend(self, nonce: str, *, until: datetime, at: datetime) -> bool:
        """Mark a nonce; true for the first caller only."""
        with self._lock:
            self._spent = {name: end for name, end in self._spent.items() if end > at}
            if nonce in self._spent:
                return False
            self._spent[nonce] = until
            return True
