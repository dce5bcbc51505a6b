"""The first run: a token from the local console, then founders who register passkeys one after the other."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.identity.refusals import SignInError
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.core.people import Person
    from rootwarden.breakglass.core.public_key import PublicKey
    from rootwarden.breakglass.identity.bootstrap import Bootstrap
    from rootwarden.breakglass.identity.peer import Peer
    from rootwarden.breakglass.identity.seal import Seal

COOKIE: Final = "__Host-rootwarden-founding"
LIFETIME: Final = timedelta(hours=2)
_MOST: Final = 20


class _Pass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    until: Instant


class Founding:
    """Who was entered so far; in memory, because a first run that is broken off is begun again.

    Args:
        bootstrap: The token of the console; without one there is no founding here.
        seal: Seals the pass of the browser that brought the token.
    """

    def __init__(self, bootstrap: Bootstrap | None, seal: Seal) -> None:
        self._bootstrap, self._seal = bootstrap, seal
        self._pass = ""
        self._lock = threading.Lock()
        self._founders: dict[str, tuple[Person, PublicKey]] = {}
        self.draft = ""

    @property
    def is_open(self) -> bool:
        """Whether there may be a founding at all."""
        return self._bootstrap is not None

    def begin(self, token: str, peer: Peer | None, *, at: datetime) -> str:
        """Use the console's token up.

        Returns:
            The `Set-Cookie` header of the pass.

        Raises:
            SignInError: The token does not hold.
        """
        if self._bootstrap is None:
            raise SignInError("there is no first run here")
        self._bootstrap.redeem(token, peer, at=at)
        with self._lock:
            self._pass = secrets.token_urlsafe(16)
            self._founders, self.draft = {}, ""
            sealed = self._seal.close(_Pass(self._pass, at + LIFETIME))
        seconds = int(LIFETIME.total_seconds())
        return f"{COOKIE}={sealed}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict"

    def check(self, cookie: str, *, at: datetime) -> str:
        """Let only the browser that brought the token go on.

        Returns:
            Id of the pass.

        Raises:
            SignInError: It is another one, or too late.
        """
        known = self._seal.open(cookie, _Pass)
        if known is None or not self._pass or known.id != self._pass or not at < known.until:
            raise SignInError("the founding was not begun in this browser, or too long ago")
        return known.id

    def founders(self) -> tuple[tuple[Person, PublicKey], ...]:
        """Who was entered so far."""
        with self._lock:
            return tuple(self._founders.values())

    def add(self, person: Person, key: PublicKey) -> None:
        """Enter somebody with their key.

        Raises:
            Refused: Their name, or their key, is there already.
        """
        with self._lock:
            taken = any(one.id == key.id for _, one in self._founders.values())
            if person.id in self._founders or taken or len(self._founders) >= _MOST:
                raise Refused("G1", f"`{person.id}`, or this key, is entered already", hint="each founder has a key")
            self._founders[person.id] = (person, key)
