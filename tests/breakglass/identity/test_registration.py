from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.keys import CHALLENGE, STATEMENT, asserted, registered

from rootwarden.breakglass.core.authenticator import verify
from rootwarden.breakglass.core.public_key import UnverifiedError
from rootwarden.breakglass.identity.browser import (
    LONGEST,
    RelyingParty,
    assertion_options,
    challenge_of,
    read_assertion,
    registration_options,
)
from rootwarden.breakglass.identity.registration import read_registration
from rootwarden.errors import InputError
from rootwarden.simulator.passkey import USUAL, Flag, Passkey

PARTY = RelyingParty(id="localhost", name="Rootwarden", origins=("https://localhost",))
AAGUID = bytes(range(16))
SYNCED = USUAL | Flag.MAY_BE_BACKED_UP | Flag.IS_BACKED_UP


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _content(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_new_passkey_signs_what_its_record_verifies(algorithm: Any, packed: bool) -> None:
    passkey = Passkey(algorithm=algorithm, aaguid=AAGUID, counter=3)
    new = read_registration(
        json.dumps(passkey.register(CHALLENGE, packed=packed)).encode(), STATEMENT, PARTY, name="blue"
    )
    expected = registered(passkey, aaguid="00010203-0405-0607-0809-0a0b0c0d0e0f", name="blue")
    assert (new.key, new.counter) == (expected, 3)
    assert verify(STATEMENT, asserted(passkey.sign(CHALLENGE)), new.key, counter=new.counter) == 4


def test_a_synced_passkey_is_taken_where_it_is_allowed() -> None:
    content = json.dumps(Passkey(flags=SYNCED).register(CHALLENGE)).encode()
    with pytest.raises(UnverifiedError, match="copied"):
        read_registration(content, STATEMENT, PARTY, name="")
    key = read_registration(content, STATEMENT, PARTY, name="", synced_allowed=True).key
    assert (key.device_bound, key.backed_up) == (False, True)


def _with_client_data(credential: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = json.loads(_content(credential["response"]["clientDataJSON"])) | changes
    response = credential["response"] | {"clientDataJSON": _text(json.dumps(said).encode())}
    return credential | {"response": response}


def _attestation(credential: dict[str, Any]) -> dict[str, Any]:
    attestation: dict[str, Any] = cbor2.loads(_content(credential["response"]["attestationObject"]))
    return attestation


def _with_attestation(credential: dict[str, Any], **changes: Any) -> dict[str, Any]:
    response = credential["response"] | {"attestationObject": _text(cbor2.dumps(_attestation(credential) | changes))}
    return credential | {"response": response}


def _bombed(credential: dict[str, Any]) -> dict[str, Any]:
    response = credential["response"] | {"attestationObject": _text(b"\x81" * 20_000)}
    return credential | {"response": response}


GOOD = Passkey().register(CHALLENGE)
PACKED, OTHER = (Passkey().register(CHALLENGE, packed=True) for _ in range(2))
FAULTS: dict[str, dict[str, Any]] = {
    "another challenge": Passkey().register(bytes(32)),
    "another page": Passkey(origin="https://evil.example").register(CHALLENGE),
    "another domain": Passkey(rp_id="evil.example").register(CHALLENGE),
    "nobody verified": Passkey(flags=Flag.PRESENT).register(CHALLENGE),
    "nobody there": Passkey(flags=Flag.VERIFIED).register(CHALLENGE),
    "copied, yet never to be": Passkey(flags=USUAL | Flag.IS_BACKED_UP).register(CHALLENGE),
    "a frame in another page": _with_client_data(GOOD, crossOrigin=True),
    "a page on top": _with_client_data(GOOD, topOrigin="https://evil.example"),
    "the kind of a signature": _with_client_data(GOOD, type="webauthn.get"),
    "attestation of a kind that is not taken": _with_attestation(GOOD, fmt="fido-u2f"),
    "attestation of a kind nobody knows": _with_attestation(GOOD, fmt="x"),
    "attestation by another key": _with_attestation(PACKED, attStmt=_attestation(OTHER)["attStmt"]),
    "attestation that is nested deeply": _bombed(GOOD),
    "another id": GOOD | {"id": "AAAA"},
    "no response": {"id": GOOD["id"], "rawId": GOOD["id"], "type": "public-key"},
    "nothing": {},
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_not_a_new_passkey_of_ours_is_refused(name: str) -> None:
    with pytest.raises(UnverifiedError):
        read_registration(json.dumps(FAULTS[name]).encode(), STATEMENT, PARTY, name="")


def _fido_u2f() -> dict[str, Any]:
    """A sound attestation of a kind that is not taken: WebAuthn, section 8.6."""
    passkey, maker = Passkey(), generate_private_key(SECP256R1())
    assert isinstance(passkey.key, EllipticCurvePrivateKey)
    credential = passkey.register(CHALLENGE)
    said = hashlib.sha256(_content(credential["response"]["clientDataJSON"])).digest()
    point = passkey.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    signed = b"\x00" + hashlib.sha256(b"localhost").digest() + said + passkey.credential_id + point
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "maker")])
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, maker.public_key(), 1, since, until)
    certificate = made.sign(maker, SHA256()).public_bytes(Encoding.DER)
    statement = {"sig": maker.sign(signed, ECDSA(SHA256())), "x5c": [certificate]}
    return _with_attestation(credential, fmt="fido-u2f", attStmt=statement)


def test_attestation_of_another_kind_is_not_taken_however_sound() -> None:
    with pytest.raises(UnverifiedError, match="`fido-u2f` is not taken"):
        read_registration(json.dumps(_fido_u2f()).encode(), STATEMENT, PARTY, name="")


@pytest.mark.parametrize("content", [b"", b"[]", b"x", b"[" * 20_000, b'{"id":"' + b"A" * LONGEST + b'"}'])
def test_what_no_browser_hands_over_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        read_registration(content, STATEMENT, PARTY, name="")
    with pytest.raises(InputError):
        read_assertion(content)


@given(st.integers(0, 5000), st.integers(1, 255))
def test_every_byte_of_a_packed_attestation_counts(place: int, flip: int) -> None:
    content = bytearray(_content(PACKED["response"]["attestationObject"]))
    content[place % len(content)] ^= flip
    changed = PACKED | {"response": PACKED["response"] | {"attestationObject": _text(bytes(content))}}
    with pytest.raises((UnverifiedError, InputError)):
        read_registration(json.dumps(changed).encode(), STATEMENT, PARTY, name="")


def test_an_assertion_of_a_browser_is_read() -> None:
    signed = Passkey().sign(CHALLENGE)
    assert read_assertion(json.dumps(signed.as_browser()).encode()) == asserted(signed)


def test_the_page_asks_for_verification_and_for_keys_that_are_known() -> None:
    key = registered(Passkey())
    options = json.loads(assertion_options(STATEMENT, PARTY, [key]))
    assert _content(options["challenge"]) == challenge_of(STATEMENT)
    assert options["userVerification"] == "required"
    assert options["allowCredentials"] == [{"type": "public-key", "id": key.credential_id}]
    made = json.loads(registration_options(STATEMENT, PARTY, person="ada", keys=[key]))
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert made["excludeCredentials"] == options["allowCredentials"]
    assert b"ada" not in _content(made["user"]["id"])


def test_a_sign_in_names_nobody() -> None:
    assert json.loads(assertion_options(STATEMENT, PARTY))["allowCredentials"] == []
