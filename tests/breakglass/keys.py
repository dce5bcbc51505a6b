"""Keys of tests as the log has them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.assertion import Assertion
from rootwarden.breakglass.core.authenticator import Signature
from rootwarden.breakglass.core.public_key import PublicKey, key_id
from rootwarden.simulator.passkey import Flag

if TYPE_CHECKING:
    from rootwarden.simulator.passkey import Passkey, Signed

STATEMENT = b'{"nonce":"n","purpose":"approve"}'
CHALLENGE = hashlib.sha256(STATEMENT).digest()


def registered(passkey: Passkey, /, **changes: Any) -> PublicKey:
    """A passkey as the log has it."""
    if isinstance(passkey.key, EllipticCurvePrivateKey):
        algorithm = "ES256"
    else:
        algorithm = "EdDSA" if isinstance(passkey.key, Ed25519PrivateKey) else "RS256"
    fields: dict[str, Any] = {
        "id": key_id(passkey.spki),
        "kind": "passkey",
        "algorithm": algorithm,
        "key": strict_base64.encode(passkey.spki),
        "credential_id": strict_base64.encode_url(passkey.credential_id),
        "rp_id": passkey.rp_id,
        "origins": (passkey.origin,),
        "device_bound": not passkey.flags & Flag.MAY_BE_BACKED_UP,
    }
    return PublicKey(**fields | changes)


def asserted(signed: Signed, /, **changes: Any) -> Assertion:
    """What a passkey signed, as an entry holds it."""
    return Assertion(**msgspec.structs.asdict(signed) | changes)


def hardware(private: Ed25519PrivateKey, /, **changes: Any) -> PublicKey:
    """A hardware-held key as the log has it."""
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fields: dict[str, Any] = {"kind": "ed25519", "algorithm": "EdDSA", "key": strict_base64.encode(spki)}
    return PublicKey(**{"id": key_id(spki), **fields} | changes)


def signature(key: Ed25519PrivateKey, statement: bytes = STATEMENT) -> Signature:
    """What a hardware-held key signs."""
    return Signature(key=hardware(key).id, signature=strict_base64.encode(key.sign(statement)))
