from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rootwarden.transparency.head import cosign, head_is_signed, is_cosigned, is_signed, sign_head

LOG, WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(32)), Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AT = datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC)
HEAD = sign_head(LOG, size=7, root=bytes(32), at=AT)


def test_a_head_is_believed_with_any_of_the_keys_the_log_had() -> None:
    assert head_is_signed(HEAD, [WITNESS.public_key(), LOG.public_key()])
    assert not head_is_signed(HEAD, [WITNESS.public_key()])
    assert not head_is_signed(HEAD, [])


@pytest.mark.parametrize(
    "change", [{"size": 8}, {"root": "AAAA"}, {"time": "2026-03-02T08:00:02Z"}, {"signature": "?"}]
)
def test_a_changed_head_is_not_believed(change: dict[str, Any]) -> None:
    assert not head_is_signed(msgspec.structs.replace(HEAD, **change), [LOG.public_key()])


def test_a_witness_vouches_for_one_head_of_one_log() -> None:
    seen = cosign(WITNESS, witness="second-machine", log="L", head=HEAD, at=AT)
    assert is_cosigned(seen, WITNESS.public_key())
    assert not is_cosigned(seen, LOG.public_key())
    for change in ({"witness": "x"}, {"log": "M"}, {"size": 6}, {"root": "AAAA"}, {"time": AT.replace(hour=9)}):
        assert not is_cosigned(msgspec.structs.replace(seen, **change), WITNESS.public_key())


@pytest.mark.parametrize("signature", ["", "not base64", "AAAA", "\u00e9"])
def test_what_is_no_signature_is_none(signature: str) -> None:
    assert not is_signed(b"message", signature, LOG.public_key())
