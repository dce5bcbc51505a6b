from __future__ import annotations

import copy
import json
import os
import pickle
from typing import ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.breakglass.custody.keys import Key, Secret, forget
from rootwarden.errors import InternalError

CANARY = b"canary-of-thirty-two-bytes-long!"


def test_a_secret_shows_its_name_and_nothing_else() -> None:
    secret = Secret(bytearray(CANARY), "epoch key")
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", "%s" % secret):  # noqa: UP031 - every way to make a text
        assert shown == "<epoch key>"
    secret.wipe()
    assert repr(secret) == "<epoch key, wiped>"


def test_a_secret_is_not_pickled_copied_or_made_into_json() -> None:
    secret = Key(bytearray(CANARY), "epoch key")
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="epoch key is not pickled") as caught:
            attempt(secret)
        assert "canary" not in str(caught.value)
    for encode in (json.dumps, msgspec.json.encode):
        with pytest.raises(TypeError):
            encode(secret)
    with pytest.raises(TypeError):
        hash(secret)


def test_a_secret_is_gone_after_its_block_even_when_that_fails() -> None:
    content = bytearray(CANARY)
    with pytest.raises(ZeroDivisionError), Secret(content, "password") as secret:
        _ = 1 // 0
    assert content == bytes(len(CANARY))
    assert secret.wiped
    with pytest.raises(InternalError, match="password was wiped"):
        _ = secret.content


class Watched(Secret):
    """Says when it is wiped, with what it held then."""

    wiped_with: ClassVar[list[bytes]] = []

    def wipe(self) -> None:
        if not self.wiped:
            self.wiped_with.append(bytes(self.content))
        super().wipe()


def test_a_secret_is_wiped_when_it_is_dropped() -> None:
    Watched(bytearray(CANARY), "password")
    assert Watched.wiped_with == [CANARY]


def test_bytes_that_outlive_their_secret_are_not_zeros() -> None:
    content = Secret(bytearray(CANARY), "password").content
    assert content == CANARY
    assert bytes(Secret(bytearray(CANARY), "password").content) == CANARY


def test_secrets_compare_by_content() -> None:
    assert Secret(bytearray(b"ab"), "one") == Secret(bytearray(b"ab"), "two")
    assert Secret(bytearray(b"ab"), "one") != Secret(bytearray(b"abc"), "one")
    assert Secret(bytearray(b"ab"), "one") != b"ab"


@pytest.mark.parametrize("size", [2, 3, 16, 31, 32, 33, 4096])
def test_what_a_library_hands_over_is_overwritten(size: int) -> None:
    handed = os.urandom(size - 1) + b"x"
    secret = Secret.taking(handed, "key")
    assert handed == bytes(size)
    assert secret.content[-1:] == b"x"


@pytest.mark.parametrize("size", [2, 3, 74, 4096])
def test_a_string_of_ascii_is_overwritten_too(size: int) -> None:
    text = "".join(["x"] * size)
    forget(text)
    assert text == "\0" * size


def test_another_string_is_left_as_it_is() -> None:
    text = "".join(["ä"] * 5)
    forget(text)
    assert text == "äääää"


def test_shared_objects_of_one_byte_are_left_alone() -> None:
    one = b"a"
    forget(one)
    forget(b"")
    forget("")
    assert one[0] == ord("a")


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_has_32_bytes(size: int) -> None:
    with pytest.raises(InternalError, match="not 32"):
        Key(bytearray(size), "key")


@given(st.dictionaries(st.sampled_from(["use", "group", "epoch"]), st.text(max_size=5), min_size=1))
def test_another_use_is_another_key(info: dict[str, str]) -> None:
    key = Key(bytearray(CANARY), "key")
    derived = key.derive(dict(info), "derived")
    assert derived == key.derive(dict(info), "derived")
    assert derived != key.derive({**info, "account": "x"}, "derived")
    assert derived != Key(bytearray(32), "key").derive(dict(info), "derived")


def test_the_derivation_is_that_of_the_format_page() -> None:
    """A second HKDF (RFC 5869), written down from the page: extract without salt, expand once."""
    import hashlib
    import hmac

    info = b'rootwarden custody 1\x00{"epoch":1,"group":"g","use":"check"}'
    extracted = hmac.digest(bytes(32), CANARY, hashlib.sha256)
    expected = hmac.digest(extracted, info + b"\x01", hashlib.sha256)
    key = Key(bytearray(CANARY), "key")
    assert key.derive({"use": "check", "group": "g", "epoch": 1}, "check").content == expected
