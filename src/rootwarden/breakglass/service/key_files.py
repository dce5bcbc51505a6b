"""Private Ed25519 keys of processes: a PEM file of their user alone, made once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rootwarden.breakglass.witness.server import read_private_key
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key of a file, made when there is none.

    Raises:
        UsageError: It is another kind of key, others may read it, or it cannot be written.
    """
    if not (path.is_symlink() or path.exists()):
        make_private_key(path)
    return read_private_key(path)


def make_private_key(path: Path) -> None:
    """Make a key file, mode 0600, durable; a file that is there already is left alone.

    Raises:
        UsageError: There is one, or the folder cannot be written to.
    """
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(pem)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror}", hint="is it there already?") from error
