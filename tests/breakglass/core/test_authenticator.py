from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from tests.breakglass.keys import CHALLENGE, STATEMENT, asserted, hardware, registered, signature

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.authenticator import Authenticator, Signature, verify
from rootwarden.breakglass.core.public_key import PublicKey, UnverifiedError, key_id
from rootwarden.simulator.passkey import Passkey

if TYPE_CHECKING:
    from pathlib import Path

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2))


def _named(text: str) -> Signature:
    return Signature(key=hardware(KEY).id, signature=text)


def test_a_hardware_signature_is_believed_and_has_no_counter() -> None:
    assert verify(STATEMENT, signature(KEY), hardware(KEY)) == 0


def test_what_openssl_signs_is_believed(tmp_path: Path) -> None:
    """`openssl pkeyutl -sign -rawin`, as the guide tells people without our client."""
    private, statement, signed = tmp_path / "key.pem", tmp_path / "statement", tmp_path / "signed"
    statement.write_bytes(STATEMENT)
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    spki = subprocess.run(
        ["openssl", "pkey", "-in", private, "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    sign = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(private), "-in", str(statement), "-out", str(signed)]
    subprocess.run(sign, check=True)
    key = PublicKey(id=key_id(spki), kind="ed25519", algorithm="EdDSA", key=base64.b64encode(spki).decode())
    text = base64.b64encode(signed.read_bytes()).decode()
    assert verify(STATEMENT, Signature(key=key.id, signature=text), key) == 0


@pytest.mark.parametrize(
    ("name", "statement", "signed", "key"),
    [
        ("another statement", STATEMENT + b" ", signature(KEY), hardware(KEY)),
        ("another key", STATEMENT, signature(OTHER), hardware(KEY)),
        ("another key of that name", STATEMENT, _named(signature(OTHER).signature), hardware(KEY)),
        ("no Base64", STATEMENT, _named("?"), hardware(KEY)),
        ("nothing", STATEMENT, _named(""), hardware(KEY)),
        ("half of it", STATEMENT, _named(strict_base64.encode(bytes(32))), hardware(KEY)),
        ("a key with another algorithm", STATEMENT, signature(KEY), hardware(KEY, algorithm="ES256")),
    ],
)  # fmt: skip
def test_what_is_refused(name: str, statement: bytes, signed: Authenticator, key: PublicKey) -> None:
    with pytest.raises(UnverifiedError):
        verify(statement, signed, key)


def test_the_name_of_another_key_is_refused_though_the_signature_is_right() -> None:
    signed = msgspec.structs.replace(signature(KEY), key=hardware(OTHER).id)
    with pytest.raises(UnverifiedError, match="another key"):
        verify(STATEMENT, signed, hardware(KEY))


def test_a_hardware_key_of_another_algorithm_is_none_though_the_signature_is_right() -> None:
    """Such a key cannot be registered; should one stand in a log all the same, it signs nothing."""
    other = Passkey()
    key = msgspec.structs.replace(registered(other), kind="ed25519")
    assert isinstance(other.key, EllipticCurvePrivateKey)
    text = strict_base64.encode(other.key.sign(STATEMENT, ECDSA(SHA256())))
    with pytest.raises(UnverifiedError, match="another key"):
        verify(STATEMENT, Signature(key=key.id, signature=text), key)


def test_every_bit_flip_of_a_hardware_signature_is_refused() -> None:
    content = KEY.sign(STATEMENT)
    for bit in range(len(content) * 8):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(UnverifiedError):
            verify(
                STATEMENT,
                Signature(key=hardware(KEY).id, signature=strict_base64.encode(bytes(flipped))),
                hardware(KEY),
            )


def test_a_passkey_does_not_sign_as_a_hardware_key_nor_the_other_way_round() -> None:
    passkey = Passkey(algorithm="EdDSA")
    with pytest.raises(UnverifiedError, match="kind"):
        verify(STATEMENT, asserted(passkey.sign(CHALLENGE)), hardware(KEY))
    with pytest.raises(UnverifiedError, match="kind"):
        verify(STATEMENT, signature(KEY), registered(passkey))


def test_both_kinds_are_told_apart_in_an_entry() -> None:
    passkey = Passkey()
    for signed in (asserted(passkey.sign(CHALLENGE)), signature(KEY)):
        assert msgspec.json.decode(msgspec.json.encode(signed), type=Authenticator) == signed
