"""What witnesses are asked to sign beside a head: a word of the vault's, which then believes the time in it (V5)."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.vault import messages as vault_says
from rootwarden.breakglass.vault.troubles import VaultError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.breakglass.broker.asking import VaultDoor

# Heads that follow each other closely are cosigned with one word.
_FRESH: Final = 1.0


class VaultNonces:
    """Words of the vault; of our own while it does not answer, so that at least the broker knows an old signature.

    Args:
        vault: The way to the vault.
        steady: Seconds of a clock that only goes forward.
    """

    def __init__(self, vault: VaultDoor, steady: Callable[[], float]) -> None:
        self._vault, self._steady = vault, steady
        self._lock = threading.Lock()
        self._newest: tuple[str, float] = ("", 0.0)

    def now(self) -> str:
        """A word the vault gave out at most a second ago."""
        with self._lock:
            word, at = self._newest
            if not word or self._steady() - at > _FRESH:
                asked = self._steady()
                word = self._asked()
                self._newest = (word, asked)
            return word

    def _asked(self) -> str:
        try:
            answered = self._vault.ask(vault_says.Status())
        except VaultError:
            return secrets.token_hex(16)
        answered.secret.wipe()
        answer = answered.answer
        return answer.nonce if isinstance(answer, vault_says.Stands) and answer.nonce else secrets.token_hex(16)
