"""The vault of a rehearsal, as a process: its arguments are STATE SOCKET CALLER PEM OFFSET.

It is the real vault; only its clocks may be ahead, together with those of the broker. Root cannot be a vault: started
by root it becomes `nobody` first.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from rootwarden.breakglass.rehearsal.shifted import Shifted
from rootwarden.breakglass.service.vault_process import run_vault
from rootwarden.breakglass.vault.process import Settings
from rootwarden.errors import RootwardenError

NOBODY: Final = 65534
# What is imported late must be read before, where only root may read it.
_LATE: Final = ("rootwarden.breakglass.codes.qr", "encodings.ascii", "encodings.utf_16_be")


def become_nobody() -> None:
    """Give every right of root away, for good."""
    for name in _LATE:
        importlib.import_module(name)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def main(arguments: list[str]) -> int:
    """Be the vault until told to end."""
    state, socket, caller, pem, offset = arguments
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        return 2
    if os.geteuid() == 0:
        become_nobody()
    try:
        settings = Settings(state=Path(state), socket=Path(socket), peers=frozenset({int(caller)}))
        run_vault(settings, checkpoint_keys=[key], reading=Shifted(Path(offset)).read)
    except RootwardenError as error:
        sys.stderr.write(f"error: {error.message}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
