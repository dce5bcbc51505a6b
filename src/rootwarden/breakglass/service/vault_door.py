"""The way from the broker to the vault: its socket, one question after the other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rootwarden.breakglass.vault.client import ask

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.breakglass.custody.keys import Secret
    from rootwarden.breakglass.vault.client import Answered
    from rootwarden.breakglass.vault.messages import Request


class SocketVault:
    """Asks the vault at a socket.

    Args:
        path: Of the socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._one = threading.Lock()

    def ask(self, request: Request, secret: Secret | None = None) -> Answered:
        """One question, one answer, and what stands beside it.

        Raises:
            VaultError: The vault said no, or does not answer.
        """
        with self._one:
            return ask(self._path, request, secret)
