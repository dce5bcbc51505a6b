from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.custody.people import CANARY, URI

from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.records import password_record, secret_of, seed_record
from rootwarden.breakglass.custody.sealed import Kind
from rootwarden.breakglass.custody.troubles import CustodyError
from rootwarden.transparency.canonical import canonical


def secret(content: bytes) -> Secret:
    return Secret(bytearray(content), "secret")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60))
def test_a_password_comes_back_and_is_canonical_json_meanwhile(text: str) -> None:
    record = password_record(secret(text.encode()))
    spelled = canonical({"schema": "rootwarden.root-password/1", "password": text})
    assert bytes(record.content) == spelled
    assert secret_of(Kind.ROOT_PASSWORD, record).content == text.encode()


@pytest.mark.parametrize("text", ["\\", '"', '\\"', '\\\\"', '"\\', '\\\\\\"x', '","schema":"', "\x80"])
def test_a_password_of_quotes_and_backslashes_comes_back(text: str) -> None:
    record = password_record(secret(text.encode()))
    assert json.loads(bytes(record.content))["password"] == text
    assert secret_of(Kind.ROOT_PASSWORD, record).content == text.encode()


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"a\x00", b"\x7f", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"x" * 513],
)
def test_what_is_no_password_is_refused(content: bytes) -> None:
    with pytest.raises(CustodyError, match="a root password is 1 to 512 bytes"):
        password_record(secret(content))


def test_an_address_comes_back() -> None:
    record = seed_record(secret(URI.encode()))
    assert json.loads(bytes(record.content)) == {"schema": "rootwarden.totp-seed/1", "uri": URI}
    assert secret_of(Kind.TOTP_SEED, record).content == URI.encode()


@pytest.mark.parametrize(
    "content", [CANARY, b"", b"otpauth://hotp/x", URI.encode() + b'"', URI.encode() + b"\\", URI.encode() + b" "]
)
def test_what_is_no_address_is_refused_without_a_word_of_it(content: bytes) -> None:
    with pytest.raises(CustodyError, match="the seed is no `otpauth://totp/` address") as caught:
        seed_record(secret(content))
    assert CANARY.decode() not in str(caught.value)


@pytest.mark.parametrize("kind", [Kind.ROOT_PASSWORD, Kind.ACCOUNT_KEY])
def test_a_record_of_another_kind_gives_nothing(kind: Kind) -> None:
    with pytest.raises(CustodyError, match=f"holds no {kind}"):
        secret_of(kind, seed_record(secret(URI.encode())))
