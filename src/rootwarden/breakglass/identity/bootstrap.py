"""The first run: a one-time token, shown where only somebody at the machine can read it.

Without people in the log nobody can sign the first of them in. Whoever reads the token at the local console is believed
for a quarter of an hour, once. Here it is kept as a hash, in memory: a restart makes another one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.identity.refusals import SignInError
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rootwarden.breakglass.identity.peer import Peer

LIFETIME: Final = timedelta(minutes=15)
_BYTES: Final = 32


class Bootstrap:
    """One token, from when it is made until it is used or too old.

    Args:
        at: Now.
    """

    def __init__(self, *, at: datetime) -> None:
        self._made_at = at
        self._token = secrets.token_urlsafe(_BYTES)
        self._digest: bytes | None = _digest(self._token)
        self._lock = threading.Lock()

    def reveal(self) -> str:
        """The token, for the console or a file; once, then only its hash is left.

        Raises:
            UsageError: It was shown before.
        """
        token, self._token = self._token, ""
        if not token:
            raise UsageError("the first-run token was shown already", hint="restart the service for a new one")
        return token

    def write(self, path: Path) -> None:
        """Put the token into a new file that nobody else can read.

        Raises:
            UsageError: There is something at that place, or it cannot be written.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(
                f"the first-run token cannot be written to `{path}`: {error.strerror}",
                hint="name a file that is not there",
            ) from error
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(f"{self.reveal()}\n")

    def redeem(self, token: str, peer: Peer | None, *, at: datetime) -> None:
        """Use the token up.

        Args:
            token: As it was typed.
            peer: Who sent it; `None` for the console itself.
            at: Now.

        Raises:
            SignInError: It does not hold, or comes from elsewhere; the message never says why.
        """
        if peer is not None and not peer.is_local:
            raise SignInError("the first-run token was sent from another machine")
        with self._lock:
            if self._digest is None or not self._made_at <= at < self._made_at + LIFETIME:
                raise SignInError("the first-run token was used, or is too old")
            if not hmac.compare_digest(_digest(token), self._digest):
                raise SignInError("the first-run token is another one")
            self._digest = None


def _digest(token: str) -> bytes:
    # 256 random bits need no slow hash.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
