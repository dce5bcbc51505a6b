"""A real vault on a real log: `python -m tests.breakglass.service.runner STATE SOCKET CALLER PEM OFFSET`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from tests.breakglass.service.shifted import Shifted
from tests.breakglass.vault.served import become_nobody

from rootwarden.breakglass.service.vault_process import run_vault
from rootwarden.breakglass.vault.process import Settings
from rootwarden.errors import RootwardenError


def main() -> None:
    state, socket, caller, pem, offset = sys.argv[1:6]
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        sys.exit("no key")
    if os.geteuid() == 0:
        become_nobody()
    try:
        settings = Settings(state=Path(state), socket=Path(socket), peers=frozenset({int(caller)}))
        run_vault(settings, checkpoint_keys=[key], reading=Shifted(Path(offset)).read)
    except RootwardenError as error:
        sys.exit(f"error: {error.message}")


if __name__ == "__main__":
    main()
