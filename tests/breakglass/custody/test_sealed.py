from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.custody.people import ACCOUNT, CANARY, OTHER

from rootwarden.breakglass.custody.keys import Key, Secret
from rootwarden.breakglass.custody.sealed import BLOB_LIMIT, PLAIN_LIMIT, Binding, Kind, read_sealed, seal, unseal
from rootwarden.breakglass.custody.troubles import CustodyError

KEY = Key(bytearray(range(32)), "account key")
BINDING = Binding(group="g", epoch=1, account=ACCOUNT, kind=Kind.TOTP_SEED, record="phone", version=1)


def sealed(binding: Binding = BINDING, plain: bytes = CANARY) -> bytes:
    return seal(KEY, binding, Secret(bytearray(plain), "seed"))


BLOB = sealed()


def test_what_was_sealed_comes_back() -> None:
    with unseal(KEY, BLOB, BINDING) as plain:
        assert plain.content == CANARY
        assert repr(plain) == f"<{BINDING}>"
    assert CANARY not in BLOB


def test_a_nonce_is_never_used_twice() -> None:
    assert len({json.loads(sealed())["nonce"] for _ in range(200)}) == 200


def test_every_byte_flip_is_detected() -> None:
    """Every byte of the blob, the first and the last bit; BG-5's sibling for records."""
    for at in range(len(BLOB)):
        for bit in (1, 128):
            flipped = bytearray(BLOB)
            flipped[at] ^= bit
            with pytest.raises(CustodyError) as caught:
                unseal(KEY, bytes(flipped), BINDING)
            assert "JBSWY" not in str(caught.value)


@given(st.binary(max_size=300))
def test_what_is_no_blob_is_refused(content: bytes) -> None:
    with pytest.raises(CustodyError):
        unseal(KEY, content, BINDING)


@given(st.integers(0, len(BLOB)), st.integers(0, len(BLOB)), st.binary(max_size=4))
def test_a_spliced_blob_is_refused_unless_it_is_the_same(start: int, end: int, put: bytes) -> None:
    spliced = BLOB[:start] + put + BLOB[end:]
    if spliced != BLOB:
        with pytest.raises(CustodyError):
            unseal(KEY, spliced, BINDING)


@pytest.mark.parametrize(
    "change",
    [
        {"group": "h"},
        {"epoch": 2},
        {"account": OTHER},
        {"kind": Kind.ROOT_PASSWORD},
        {"record": "token"},
        {"version": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_blob_opens_only_where_it_belongs(change: dict[str, Any]) -> None:
    elsewhere = msgspec.structs.replace(BINDING, **change)
    with pytest.raises(CustodyError, match=f"the blob is the {BINDING.kind}"):
        unseal(KEY, BLOB, elsewhere)
    # Somebody who rewrites what the blob says of itself gets no further: the tag covers it, the key depends on it.
    forged = json.loads(BLOB) | json.loads(msgspec.json.encode(change))
    spelled = json.dumps(forged, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(CustodyError, match="does not open: it was changed"):
        unseal(KEY, spelled, elsewhere)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(CustodyError, match="sealed under another key"):
        unseal(Key(bytearray(32), "account key"), BLOB, BINDING)


@pytest.mark.parametrize("nonce", [b"", b"short", bytes(13)])
def test_a_nonce_of_another_length_is_refused(nonce: bytes) -> None:
    changed = msgspec.structs.replace(read_sealed(BLOB), nonce=nonce)
    from rootwarden.breakglass.custody.spelling import spell

    with pytest.raises(CustodyError, match="wrong length"):
        unseal(KEY, spell(changed), BINDING)


def test_sizes_are_bounded() -> None:
    with pytest.raises(CustodyError, match=f"{PLAIN_LIMIT} is the most"):
        sealed(plain=bytes(PLAIN_LIMIT + 1))
    assert len(sealed(plain=bytes(PLAIN_LIMIT))) < BLOB_LIMIT
    with pytest.raises(CustodyError, match=f"{BLOB_LIMIT} is the most"):
        unseal(KEY, BLOB + b" " * BLOB_LIMIT, BINDING)


@pytest.mark.parametrize("spelling", ["spaces", "line end", "other order", "unknown field", "twice", "escaped"])
def test_only_the_canonical_spelling_is_read(spelling: str) -> None:
    fields = json.loads(BLOB)
    spelled = {
        "spaces": json.dumps(fields, sort_keys=True),
        "line end": BLOB.decode() + "\n",
        "other order": json.dumps(dict(reversed(fields.items())), separators=(",", ":")),
        "unknown field": json.dumps(fields | {"z": 1}, sort_keys=True, separators=(",", ":")),
        "twice": '{"account":"000000000000",' + BLOB.decode()[1:],
        "escaped": BLOB.decode().replace('"phone"', '"\\u0070hone"'),
    }[spelling]
    with pytest.raises(CustodyError, match="damaged"):
        read_sealed(spelled.encode())


def test_the_format_is_that_of_the_page() -> None:
    """A second reader, written down from docs/vault-format.md."""
    fields = json.loads(BLOB)
    info = f'rootwarden custody 1\x00{{"account":"{ACCOUNT}","epoch":1,"group":"g","kind":"totp-seed","use":"record"}}'
    extracted = hmac.digest(bytes(32), bytes(range(32)), hashlib.sha256)
    key = hmac.digest(extracted, info.encode() + b"\x01", hashlib.sha256)
    names = ("account", "epoch", "group", "kind", "record", "version")
    associated = json.dumps({name: fields[name] for name in names}, separators=(",", ":")).encode()
    plain = AESGCM(key).decrypt(b64decode(fields["nonce"]), b64decode(fields["ciphertext"]), associated)
    assert plain == CANARY
    assert fields["schema"] == "rootwarden.sealed/1"
