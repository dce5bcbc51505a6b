from __future__ import annotations

import base64
from functools import cache
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.breakglass.keys import hardware, registered

from rootwarden.breakglass.core import public_key
from rootwarden.breakglass.core.public_key import PublicKey, UnverifiedError, check_public_key, key_id
from rootwarden.simulator.passkey import USUAL, Flag, Passkey

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SYNCED = USUAL | Flag.MAY_BE_BACKED_UP | Flag.IS_BACKED_UP
FIELD = 2**255 - 19


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
@pytest.mark.parametrize("flags", [USUAL, SYNCED])
def test_sound_passkeys_are_taken(algorithm: Any, flags: Flag) -> None:
    check_public_key(registered(Passkey(algorithm=algorithm, flags=flags), backed_up=flags is SYNCED))


def test_a_sound_hardware_key_is_taken() -> None:
    check_public_key(hardware(KEY))


@pytest.mark.parametrize("origin", ["https://a.example", "https://sso.a.example:8443", "https://sso.a.example"])
def test_origins_belong_to_the_domain(origin: str) -> None:
    check_public_key(registered(Passkey(rp_id="a.example", origin=origin)))


PASSKEY_FAULTS: dict[str, dict[str, Any]] = {
    "the id of another key": {"id": hardware(KEY).id},
    "no credential id": {"credential_id": ""},
    "a credential id with padding": {"credential_id": "AA=="},
    "no origin": {"origins": ()},
    "no domain": {"rp_id": ""},
    "no domain and no host": {"rp_id": "", "origins": ("https://",)},
    "a page of another domain": {"origins": ("https://localhost", "https://evil.example")},
    "a domain that only ends the same": {"origins": ("https://notlocalhost",)},
    "a page without TLS": {"rp_id": "a.example", "origins": ("http://a.example",)},
    "the algorithm of another key": {"algorithm": "EdDSA"},
    "bound to a device and copied": {"backed_up": True},
    "a key that is not Base64": {"key": "AB=="},
    "a key that is none": {"key": base64.b64encode(b"no key").decode()},
}


@pytest.mark.parametrize("name", PASSKEY_FAULTS)
def test_unsound_passkeys_are_refused(name: str) -> None:
    with pytest.raises(UnverifiedError):
        check_public_key(registered(Passkey(), **PASSKEY_FAULTS[name]))


HARDWARE_FAULTS: dict[str, dict[str, Any]] = {
    "a credential id": {"credential_id": "AAAA"},
    "a domain": {"rp_id": "localhost"},
    "a page": {"origins": ("https://localhost",)},
    "a model": {"aaguid": "0"},
    "bound to a device": {"device_bound": True},
    "copied": {"backed_up": True},
    "an algorithm for something else": {"algorithm": "ES256"},
}


@pytest.mark.parametrize("name", HARDWARE_FAULTS)
def test_unsound_hardware_keys_are_refused(name: str) -> None:
    with pytest.raises(UnverifiedError):
        check_public_key(hardware(KEY, **HARDWARE_FAULTS[name]))


def test_a_hardware_key_signs_with_ed25519_only() -> None:
    other = registered(Passkey())
    with pytest.raises(UnverifiedError, match="Ed25519"):
        check_public_key(PublicKey(id=other.id, kind="ed25519", algorithm="ES256", key=other.key))


@cache
def _weak(name: str) -> bytes:
    if name == "a curve of P-384":
        key: Any = generate_ec(SECP384R1())
    else:
        bits, exponent = (1024, 65537) if name == "RSA of 1024 bits" else (2048, 3)
        key = generate_rsa(exponent, bits)
    spki: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return spki


@pytest.mark.parametrize("name", ["a curve of P-384", "RSA of 1024 bits", "RSA with the exponent 3"])
def test_weak_keys_are_refused(name: str) -> None:
    spki = _weak(name)
    text = base64.b64encode(spki).decode()
    fault = registered(Passkey(), id=key_id(spki), key=text, algorithm="ES256" if "curve" in name else "RS256")
    with pytest.raises(UnverifiedError, match="safely"):
        check_public_key(fault)


def _compressed() -> bytes:
    """A P-256 key with one coordinate of its point and the sign of the other."""
    point = generate_ec(SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    return head + point


SPELLINGS: dict[str, tuple[str, bytes]] = {
    "a length in the long form": ("EdDSA", b"\x30\x81" + base64.b64decode(hardware(KEY).key)[1:]),
    "something after it": ("EdDSA", base64.b64decode(hardware(KEY).key) + b"\x00"),
    "a compressed point": ("ES256", _compressed()),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_key_has_one_spelling(name: str) -> None:
    """Or it would have two ids, and be two keys."""
    algorithm, spki = SPELLINGS[name]
    fault = registered(Passkey(), id=key_id(spki), key=base64.b64encode(spki).decode(), algorithm=algorithm)
    with pytest.raises(UnverifiedError):
        check_public_key(fault)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
@pytest.mark.parametrize("private", [X25519PrivateKey.generate(), Ed448PrivateKey.generate()])
def test_keys_of_other_kinds_are_refused(algorithm: str, private: Any) -> None:
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fault = registered(Passkey(), id=key_id(spki), key=base64.b64encode(spki).decode(), algorithm=algorithm)
    with pytest.raises(UnverifiedError, match="safely"):
        check_public_key(fault)


def _double(x: int, y: int) -> tuple[int, int]:
    """Twice a point of edwards25519: -x² + y² = 1 + d x² y²."""
    d = -121665 * pow(121666, -1, FIELD) % FIELD
    both = d * x * x * y * y % FIELD
    return (
        2 * x * y * pow(1 + both, -1, FIELD) % FIELD,
        (y * y + x * x) * pow(1 - both, -1, FIELD) % FIELD,
    )


def _point(y: int) -> tuple[int, int] | None:
    d = -121665 * pow(121666, -1, FIELD) % FIELD
    square = (y * y - 1) * pow(d * y * y + 1, -1, FIELD) % FIELD
    root = pow(square, (FIELD + 3) // 8, FIELD)
    for x in (root, root * pow(2, (FIELD - 1) // 4, FIELD) % FIELD):
        if x * x % FIELD == square:
            return x, y
    return None


@pytest.mark.parametrize("height", sorted(public_key._SMALL_ORDER))
def test_the_points_of_small_order_are_those(height: int) -> None:
    point = _point(height)
    assert point is not None
    for _ in range(3):
        point = _double(*point)
    assert point == (0, 1)


def test_there_are_no_more_points_of_small_order() -> None:
    """Eight of them, and two, of order one and two, have no twin with the other sign."""
    twins = sum(1 if _point(height) in {(0, 1), (0, FIELD - 1)} else 2 for height in public_key._SMALL_ORDER)
    assert twins == 8


def test_under_the_key_one_nobody_signs_everything() -> None:
    """Why such keys are refused: this is a signature, and no private key made it."""
    one = (1).to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(one).verify(one + bytes(32), b"anything")


@pytest.mark.parametrize("height", [*sorted(public_key._SMALL_ORDER), FIELD, FIELD + 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_keys_under_which_anything_verifies_are_refused(height: int, sign: int) -> None:
    raw = (height | sign << 255).to_bytes(32, "little")
    spki = Ed25519PublicKey.from_public_bytes(raw).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fault = hardware(KEY, id=key_id(spki), key=base64.b64encode(spki).decode())
    with pytest.raises(UnverifiedError, match="safely"):
        check_public_key(fault)


def test_a_record_takes_no_field_it_does_not_know() -> None:
    content = msgspec.json.encode(hardware(KEY))
    assert msgspec.json.decode(content, type=PublicKey) == hardware(KEY)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(content[:-1] + b',"more":1}', type=PublicKey)


def test_the_software_passkey_makes_p256_keys() -> None:
    assert isinstance(Passkey().key, EllipticCurvePrivateKey)
