"""Assertions of passkeys, with the library `webauthn` as a second opinion (BG-2, G5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.breakglass.keys import CHALLENGE, STATEMENT, asserted, registered
from webauthn import verify_authentication_response
from webauthn.helpers.exceptions import WebAuthnException

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.assertion import check_assertion
from rootwarden.breakglass.core.public_key import UnverifiedError
from rootwarden.simulator import passkey as simulator
from rootwarden.simulator.passkey import USUAL, Flag, Passkey

if TYPE_CHECKING:
    from rootwarden.breakglass.core.assertion import Assertion
    from rootwarden.breakglass.core.public_key import PublicKey
    from rootwarden.simulator.passkey import Algorithm

ALGORITHMS: tuple[Algorithm, ...] = ("ES256", "EdDSA", "RS256")
PASSKEYS: dict[str, Passkey] = {algorithm: Passkey(algorithm=algorithm) for algorithm in ALGORITHMS}


def _believed(assertion: Assertion, key: PublicKey, *, statement: bytes = STATEMENT, counter: int = 0) -> bool:
    try:
        check_assertion(statement, assertion, key, counter=counter)
    except UnverifiedError:
        return False
    return True


def _believed_by_the_library(assertion: Assertion, passkey: Passkey, *, counter: int = 0) -> bool:
    response = {
        "clientDataJSON": assertion.client_data,
        "authenticatorData": assertion.authenticator_data,
        "signature": assertion.signature,
    }
    name = assertion.credential_id
    try:
        verify_authentication_response(
            credential={"id": name, "rawId": name, "type": "public-key", "response": response},
            expected_challenge=CHALLENGE,
            expected_rp_id=passkey.rp_id,
            expected_origin=[passkey.origin],
            credential_public_key=simulator._cose(passkey.key),
            credential_current_sign_count=counter,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return False
    return True


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_over_the_statement_is_believed(algorithm: str) -> None:
    passkey = PASSKEYS[algorithm]
    signed = asserted(passkey.sign(CHALLENGE))
    assert check_assertion(STATEMENT, signed, registered(passkey)) == passkey.counter
    assert _believed_by_the_library(signed, passkey)


# What an authenticator or a browser says, and whether it is believed; where the library sees it otherwise, why.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], bool, str]] = {
    "nobody was there": ({"flags": Flag.VERIFIED}, {}, {}, False, ""),
    "nobody was verified": ({"flags": Flag.PRESENT}, {}, {}, False, ""),
    "synced, as registered": ({"flags": USUAL | Flag.MAY_BE_BACKED_UP}, {}, {}, True, ""),
    "synced and copied, as registered": (
        {"flags": USUAL | Flag.MAY_BE_BACKED_UP | Flag.IS_BACKED_UP}, {}, {}, True, "",
    ),
    "copied, yet never to be": ({"flags": USUAL | Flag.IS_BACKED_UP}, {}, {}, False, ""),
    "synced, registered as bound to its device": (
        {"flags": USUAL | Flag.MAY_BE_BACKED_UP}, {}, {"device_bound": True}, False, "it knows no registration",
    ),
    "bound to its device, registered as synced": (
        {}, {}, {"device_bound": False}, False, "it knows no registration",
    ),
    "a new credential inside": ({"flags": USUAL | Flag.HAS_CREDENTIAL}, {}, {}, False, ""),
    "extensions": ({}, {"extensions": cbor2.dumps({"uvm": [1]})}, {}, True, ""),
    "extensions that are none": ({}, {"extensions": b"\x01"}, {}, False, "it reads any CBOR"),
    "extensions that were not announced": ({"flags": USUAL | Flag.HAS_EXTENSIONS}, {}, {}, False, ""),
    "a page of somebody else": ({}, {"origin": "https://evil.example"}, {}, False, ""),
    "a page with another port": ({}, {"origin": "https://localhost:444"}, {}, False, ""),
    "a page in capitals": ({}, {"origin": "https://LOCALHOST"}, {}, False, ""),
    "a frame in a page of somebody else": ({}, {"crossOrigin": True}, {}, False, "it does not look"),
    "a page on top": ({}, {"topOrigin": "https://evil.example"}, {}, False, "it does not look"),
    "a browser that says nothing of frames": ({}, {"crossOrigin": None}, {}, True, ""),
    "a field of a later browser": ({}, {"other_keys_can_be_added_here": "yes"}, {}, True, ""),
    "the kind of a registration": ({}, {"type": "webauthn.create"}, {}, False, ""),
    "another challenge": ({}, {"challenge": strict_base64.encode_url(bytes(32))}, {}, False, ""),
    "the challenge with padding": (
        {}, {"challenge": strict_base64.encode_url(CHALLENGE) + "="}, {}, False, "it takes other spellings",
    ),
    "no challenge": ({}, {"challenge": ""}, {}, False, ""),
    "another domain": ({}, {}, {"rp_id": "other.example", "origins": ("https://localhost",)}, False, "it is told ours"),
    "an unknown passkey": ({}, {}, {"credential_id": "AAAA"}, False, "it is told no name"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_a_passkey_says(name: str) -> None:
    made, said, key_changes, believed, differs = CASES[name]
    passkey = Passkey(**made)
    signed = asserted(passkey.sign(CHALLENGE, **said))
    key = registered(passkey, **key_changes)
    assert _believed(signed, key) is believed
    assert _believed_by_the_library(signed, passkey) is (believed is not bool(differs)), differs


def test_bytes_after_the_authenticator_data_are_refused() -> None:
    passkey = Passkey()
    usual = passkey._authenticator_data
    passkey._authenticator_data = lambda flags: usual(flags) + b"\x01"  # type: ignore[method-assign]  # an authenticator that says more
    signed = asserted(passkey.sign(CHALLENGE))
    assert not _believed(signed, registered(passkey))
    assert not _believed_by_the_library(signed, passkey)


COUNTERS: dict[str, tuple[int, int | None, bool, bool]] = {
    # last seen, before this use, believed, believed by the library
    "the first use": (0, 0, True, True),
    "it went on": (4, 4, True, True),
    "it stood still": (5, 4, False, False),
    "it went back": (9, 4, False, False),
    "none is kept": (0, None, True, True),
    "one was kept, none is now": (5, None, True, False),
}


@pytest.mark.parametrize("name", COUNTERS)
def test_counters(name: str) -> None:
    last, before, believed, library = COUNTERS[name]
    passkey = Passkey(counter=before)
    signed = asserted(passkey.sign(CHALLENGE))
    assert _believed(signed, registered(passkey), counter=last) is believed
    assert _believed_by_the_library(signed, passkey, counter=last) is library


def test_the_wrong_statement_is_refused() -> None:
    passkey = PASSKEYS["ES256"]
    assert not _believed(asserted(passkey.sign(CHALLENGE)), registered(passkey), statement=STATEMENT + b" ")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_another_passkey_of_the_same_name_is_refused(algorithm: Any) -> None:
    passkey, other = PASSKEYS[algorithm], Passkey(algorithm=algorithm)
    other.credential_id = passkey.credential_id
    assert not _believed(asserted(other.sign(CHALLENGE)), registered(passkey))


PARTS = ("credential_id", "authenticator_data", "client_data", "signature")


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
@pytest.mark.parametrize("part", PARTS)
def test_every_bit_flip_is_refused(algorithm: str, part: str) -> None:
    """Of the bytes, and one letter at a time of their spelling."""
    passkey = PASSKEYS[algorithm]
    signed, key = passkey.sign(CHALLENGE), registered(passkey)
    text: str = getattr(signed, part)
    content = bytearray(strict_base64.decode_url(text) or b"")
    assert _believed(asserted(signed), key)
    for bit in range(len(content) * 8):
        flipped = content.copy()
        flipped[bit // 8] ^= 1 << bit % 8
        assert not _believed(asserted(signed, **{part: strict_base64.encode_url(bytes(flipped))}), key), bit
    for place, letter in enumerate(text):
        other = text[:place] + ("A" if letter != "A" else "B") + text[place + 1 :]
        assert not _believed(asserted(signed, **{part: other}), key), place


MUTATIONS = st.sampled_from(["flip", "cut", "insert", "double"])


def _mutated(content: bytes, kind: str, place: int, byte: int) -> bytes:
    place %= len(content)
    if kind == "flip":
        return content[:place] + bytes([content[place] ^ (byte or 1)]) + content[place + 1 :]
    if kind == "cut":
        return content[:place]
    return content + content if kind == "double" else content[:place] + bytes([byte]) + content[place:]


@given(st.sampled_from(ALGORITHMS), st.sampled_from(PARTS[1:]), MUTATIONS, st.integers(0, 1000), st.integers(0, 255))
def test_the_library_refuses_the_same_mutations(algorithm: str, part: str, kind: str, place: int, byte: int) -> None:
    _check_mutation(algorithm, part, kind, place, byte)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None)
@given(st.sampled_from(ALGORITHMS), st.sampled_from(PARTS[1:]), MUTATIONS, st.integers(0, 1000), st.integers(0, 255))
def test_the_library_refuses_the_same_mutations_at_length(
    algorithm: str, part: str, kind: str, place: int, byte: int
) -> None:
    _check_mutation(algorithm, part, kind, place, byte)


def _check_mutation(algorithm: str, part: str, kind: str, place: int, byte: int) -> None:
    passkey = PASSKEYS[algorithm]
    signed = passkey.sign(CHALLENGE)
    content = strict_base64.decode_url(getattr(signed, part)) or b""
    changed = asserted(signed, **{part: strict_base64.encode_url(_mutated(content, kind, place, byte))})
    assert not _believed(changed, registered(passkey))
    assert not _believed_by_the_library(changed, passkey)


FLAGS = st.integers(0, 255)


@given(FLAGS, st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_the_library_agrees_on_flags_and_counters(flags: int, last: int, before: int, device_bound: bool) -> None:
    """Signed as they stand. What the library does not know is what was registered, and that is left out."""
    passkey = Passkey(flags=Flag(flags), counter=before, key=PASSKEYS["ES256"].key)
    key = registered(passkey, device_bound=device_bound)
    own = _believed(asserted(passkey.sign(CHALLENGE)), key, counter=last)
    passkey.counter = before
    library = _believed_by_the_library(asserted(passkey.sign(CHALLENGE)), passkey, counter=last)
    as_registered = device_bound is not bool(flags & Flag.MAY_BE_BACKED_UP)
    assert own is (library and as_registered)


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "a list": b"[]",
    "deep nesting": b'{"type":' + b"[" * 4000,
    "deep nesting beside": b'{"more":' + b"[" * 4000 + b"]" * 4000 + b"}",
    "no UTF-8": b'{"type":"\xff"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "numbers for text": b'{"type":1,"challenge":2,"origin":3}',
    "crossOrigin that is no truth value": (
        b'{"type":"webauthn.get","challenge":"'
        + strict_base64.encode_url(CHALLENGE).encode()
        + b'","origin":"https://localhost","crossOrigin":null}'
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_client_data_that_is_none_is_refused_even_when_it_is_signed(name: str) -> None:
    passkey = Passkey()
    passkey._client_data = lambda *_, **__: HOSTILE[name]  # type: ignore[method-assign]  # a browser that says what it likes
    assert not _believed(asserted(passkey.sign(CHALLENGE)), registered(passkey))


@given(st.binary(max_size=80))
def test_any_authenticator_data_is_read_or_refused(content: bytes) -> None:
    passkey = PASSKEYS["ES256"]
    signed = passkey.sign(CHALLENGE)
    assert not _believed(asserted(signed, authenticator_data=strict_base64.encode_url(content)), registered(passkey))
