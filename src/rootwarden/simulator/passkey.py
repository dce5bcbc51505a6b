"""A passkey in software: what tests, demo and benchmarks sign with where a person would touch a security key.

It makes what a browser hands over, as WebAuthn Level 3 has it, and every way of doing it wrong that a flag can ask for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from enum import IntFlag
from typing import TYPE_CHECKING, Any, TypeAlias

import cbor2
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from typing import Literal

    Algorithm: TypeAlias = Literal["ES256", "EdDSA", "RS256"]

PrivateKey: TypeAlias = EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey


class Flag(IntFlag):
    """What an authenticator says of one use (WebAuthn, section 6.1)."""

    PRESENT = 0x01
    VERIFIED = 0x04
    MAY_BE_BACKED_UP = 0x08
    IS_BACKED_UP = 0x10
    HAS_CREDENTIAL = 0x40
    HAS_EXTENSIONS = 0x80


USUAL = Flag.PRESENT | Flag.VERIFIED


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """An assertion, each part in Base64url without padding."""

    credential_id: str
    authenticator_data: str
    client_data: str
    signature: str

    def as_browser(self) -> dict[str, Any]:
        """The JSON that a browser's `PublicKeyCredential.toJSON()` gives."""
        response = {
            "clientDataJSON": self.client_data,
            "authenticatorData": self.authenticator_data,
            "signature": self.signature,
        }
        return {"id": self.credential_id, "rawId": self.credential_id, "type": "public-key", "response": response}


class Passkey:
    """One passkey on one authenticator.

    Args:
        rp_id: The domain it is for.
        origin: The page it is used on.
        algorithm: What it signs with.
        flags: What the authenticator says with every use.
        counter: How often it was used; `None` for one that keeps no counter.
        aaguid: The model of the authenticator, 16 bytes.
        key: Its private key, made when not given.
    """

    def __init__(
        self,
        *,
        rp_id: str = "localhost",
        origin: str = "https://localhost",
        algorithm: Algorithm = "ES256",
        flags: Flag = USUAL,
        counter: int | None = 0,
        aaguid: bytes = bytes(16),
        key: PrivateKey | None = None,
    ) -> None:
        self.rp_id, self.origin, self.flags, self.counter, self.aaguid = rp_id, origin, flags, counter, aaguid
        self.key = key or _new_key(algorithm)
        self.credential_id = secrets.token_bytes(32)

    @property
    def spki(self) -> bytes:
        """The public key as SubjectPublicKeyInfo in DER."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def register(self, challenge: bytes, *, packed: bool = False) -> dict[str, Any]:
        """What `navigator.credentials.create` gives, without attestation or with one the passkey makes itself."""
        client_data = self._client_data("webauthn.create", challenge)
        credential = self.aaguid + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._authenticator_data(self.flags | Flag.HAS_CREDENTIAL) + credential + _cose(self.key)
        statement = {"alg": _cose_algorithm(self.key), "sig": self._sign(data, client_data)} if packed else {}
        attestation = {"fmt": "packed" if packed else "none", "attStmt": statement, "authData": data}
        response = {"clientDataJSON": _text(client_data), "attestationObject": _text(cbor2.dumps(attestation))}
        name = _text(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}

    def sign(self, challenge: bytes, /, *, extensions: bytes = b"", **client_data: Any) -> Signed:
        """What `navigator.credentials.get` gives.

        Args:
            challenge: What is signed.
            extensions: Output of extensions, in CBOR.
            client_data: Changes of what the browser writes: `type`, `challenge`, `origin`, `crossOrigin` and more;
                `None` leaves one out.
        """
        if self.counter is not None:
            self.counter += 1
        data = self._authenticator_data(self.flags | (Flag.HAS_EXTENSIONS if extensions else 0)) + extensions
        written = self._client_data("webauthn.get", challenge, **client_data)
        return Signed(
            credential_id=_text(self.credential_id),
            authenticator_data=_text(data),
            client_data=_text(written),
            signature=_text(self._sign(data, written)),
        )

    def _client_data(self, kind: str, content: bytes, /, **changes: Any) -> bytes:
        usual = {"type": kind, "challenge": _text(content), "origin": self.origin, "crossOrigin": False}
        written = {name: value for name, value in (usual | changes).items() if value is not None}
        return json.dumps(written, separators=(",", ":")).encode()

    def _authenticator_data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + (self.counter or 0).to_bytes(4, "big")

    def _sign(self, data: bytes, client_data: bytes) -> bytes:
        signed = data + hashlib.sha256(client_data).digest()
        if isinstance(self.key, EllipticCurvePrivateKey):
            return self.key.sign(signed, ECDSA(SHA256()))
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(signed, PKCS1v15(), SHA256())
        return self.key.sign(signed)


def _new_key(algorithm: Algorithm) -> PrivateKey:
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.generate()
    return generate_ec(SECP256R1()) if algorithm == "ES256" else generate_rsa(65537, 2048)


def _cose_algorithm(key: PrivateKey) -> int:
    if isinstance(key, EllipticCurvePrivateKey):
        return -7
    return -257 if isinstance(key, RSAPrivateKey) else -8


def _cose(key: PrivateKey) -> bytes:
    """The public key as COSE has it (RFC 9053, section 7; RFC 8230)."""
    algorithm = _cose_algorithm(key)
    if isinstance(key, EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        return cbor2.dumps(
            {1: 2, 3: algorithm, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        )
    if isinstance(key, RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return cbor2.dumps({1: 3, 3: algorithm, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")})
    return cbor2.dumps({1: 1, 3: algorithm, -1: 6, -2: key.public_key().public_bytes_raw()})


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
