"""Signing a journal, and believing a signature: Ed25519 (RFC 8032), a key known by the hash of its public half."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rootwarden.transparency.head import to_text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Seal(Protocol):
    """Signs for its operator; a key in a file, or one in hardware."""

    name: str
    public: Ed25519PublicKey

    def sign(self, message: bytes) -> str:
        """The signature, in Base64.

        Raises:
            RootwardenError: The key cannot be reached.
        """
        ...


class KeySeal:
    """An Ed25519 private key at hand.

    Args:
        key: The private key.

    Attributes:
        name: Name of its public half, see `key_name`.
        public: Its public half.
    """

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key()
        self.name = key_name(self.public)

    def sign(self, message: bytes) -> str:
        """The signature, in Base64."""
        return to_text(self._key.sign(message))


def key_name(key: Ed25519PublicKey) -> str:
    """SHA-256 of the SubjectPublicKeyInfo (RFC 5280) in DER, in hexadecimal."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
