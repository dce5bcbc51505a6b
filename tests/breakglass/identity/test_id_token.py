"""Keys of providers: what signs ID tokens is taken, anything else is passed over."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from tests.breakglass.identity.instants import AT

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.identity.id_token import (
    ALGORITHMS,
    LONGEST,
    Expected,
    check_id_token,
    fitting,
    header_of,
    read_keys,
)
from rootwarden.breakglass.identity.refusals import SignInError

KEYS: dict[str, Any] = {
    "RSA": RSAKey.generate_key(2048),
    "P-256": ECKey.generate_key("P-256"),
    "P-384": ECKey.generate_key("P-384"),
    "Ed25519": OKPKey.generate_key("Ed25519"),
}
EXPECTED = Expected(issuer="https://sso.example", client_id="rootwarden", nonce="n")
_TOO_SHORT = 1024
NOW = int(AT.timestamp())
CLAIMS = {
    "iss": "https://sso.example", "sub": "ada", "aud": "rootwarden", "exp": NOW + 60, "iat": NOW, "nonce": "n",
}  # fmt: skip
FITS = {"RS256": "RSA", "PS256": "RSA", "ES256": "P-256", "ES384": "P-384", "Ed25519": "Ed25519"}


def _published(name: str, **changes: Any) -> dict[str, Any]:
    return {**KEYS[name].as_dict(private=False), "kid": "k", **changes}


def _short_rsa() -> dict[str, Any]:
    modulus = generate_private_key(65537, _TOO_SHORT).public_key().public_numbers().n
    return {"kty": "RSA", "n": strict_base64.encode_url(modulus.to_bytes(128, "big")), "e": "AQAB"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", KEYS)
def test_each_algorithm_goes_with_its_own_kind_of_key(algorithm: str, name: str) -> None:
    (key,) = read_keys([_published(name)])
    token = jwt.encode({"alg": algorithm}, CLAIMS, KEYS[FITS[algorithm]], algorithms=[algorithm])
    if FITS[algorithm] == name:
        assert check_id_token(token, key, EXPECTED, at=AT).alias == "https://sso.example#ada"
    else:
        with pytest.raises(SignInError):
            check_id_token(token, key, EXPECTED, at=AT)


def test_a_token_that_is_too_long_is_refused_unread() -> None:
    token = jwt.encode({"alg": "Ed25519"}, {**CLAIMS, "more": "x" * LONGEST}, KEYS["Ed25519"], algorithms=["Ed25519"])
    with pytest.raises(SignInError):
        header_of(token)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "RS1", "ES256K", "rs256", "", "RS256 "])
def test_other_algorithms_are_not_taken(algorithm: str) -> None:
    header = strict_base64.encode_url(msgspec.json.encode({"alg": algorithm}))
    with pytest.raises(SignInError):
        header_of(f"{header}.e30.e30")


@pytest.mark.parametrize(
    "key",
    [
        {},
        {"kty": "oct", "k": "AAAA"},
        OctKey.generate_key(256).as_dict(),
        {"kty": "RSA"},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "n": "x" * 9000, "e": "AQAB"},
        _short_rsa(),
        _published("RSA", use="enc"),
        _published("RSA", alg=5),
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": [], "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "X", "x": "AA"},
        {"kty": ["RSA"]},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
    ],
)
def test_keys_that_cannot_sign_are_passed_over(key: dict[str, Any]) -> None:
    assert [each.name for each in read_keys([key, _published("RSA")])] == ["k"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
FIELDS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "d", "kid", "alg", "use", "key_ops", "x5c", "oth"])


@given(st.sampled_from(["RSA", "EC", "OKP"]), st.dictionaries(FIELDS, JSON))
def test_no_key_breaks_the_set(kind: str, fields: dict[str, Any]) -> None:
    assert len(read_keys([_published("RSA", **fields), {**fields, "kty": kind}, _published("P-256")])) >= 1


def test_a_key_is_found_by_name_and_algorithm() -> None:
    keys = read_keys(
        [_published("RSA", kid="a", alg="RS256"), _published("P-256", kid="a"), _published("RSA", kid="b")]
    )
    assert fitting(keys, "PS256", "a") is not None
    assert fitting(keys, "RS256", "a") is None  # two of that name: which one is not ours to guess
    assert fitting(keys, "RS256", "b") == keys[2]
    assert fitting(keys, "RS256", "c") is None
    assert fitting(keys, "RS256", "") is None
    assert fitting(keys[2:], "RS256", "") == keys[2]


def test_no_letter_of_a_token_can_change() -> None:
    (key,) = read_keys([_published("Ed25519")])
    token = jwt.encode({"alg": "Ed25519"}, CLAIMS, KEYS["Ed25519"], algorithms=["Ed25519"])
    check_id_token(token, key, EXPECTED, at=AT)
    for place, letter in enumerate(token):
        for other in ("A", "B") if letter not in "AB" else ("C",):
            with pytest.raises(SignInError):
                check_id_token(token[:place] + other + token[place + 1 :], key, EXPECTED, at=AT)
