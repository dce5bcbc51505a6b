from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.detect.visits.checkout_file import read_checkouts, read_public_keys, signed_part
from rootwarden.detect.visits.checkout_signing import sign_checkouts
from rootwarden.errors import InputError
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.detect.visits.checkout import Checkout

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AT = datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC)
LINE: dict[str, Any] = {
    "lease": "L-1",
    "account": "000011112222",
    "task": "s3-mfa-delete",
    "person": "Ada",
    "from": "2026-03-02T08:00:00Z",
    "until": "2026-03-02T09:00:00Z",
    "released_at": "2026-03-02T08:00:00Z",
    "mfa_device": "arn:aws:iam::000011112222:mfa/root-account-mfa-device",
    "sources": ["198.51.100.0/24"],
}


def pem(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def read(content: bytes, key: bytes | None = None) -> tuple[Checkout, ...]:
    keys = read_public_keys(pem(KEY) if key is None else key, file="broker.pem")
    return read_checkouts(content, keys, file="checkouts.jsonl").checkouts


def signed(**changes: Any) -> dict[str, Any]:
    (line,) = sign_checkouts([{**LINE, **changes}], KEY, at=AT).splitlines()
    decoded: dict[str, Any] = msgspec.json.decode(line)
    return decoded


def test_a_signed_line_is_believed() -> None:
    (checkout,) = read(msgspec.json.encode(signed()))
    assert (checkout.trusted, checkout.doubt, checkout.lease, checkout.task) == (True, "", "L-1", "s3-mfa-delete")
    assert checkout.start == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_spelling_and_order_of_a_line_do_not_matter() -> None:
    line = signed(person="J\u00f6rg")
    turned = dict(reversed(line.items()))
    (checkout,) = read(msgspec.json.format(msgspec.json.encode(turned), indent=0).replace("ö".encode(), b"\\u00f6"))
    assert checkout.trusted


def test_many_lines_of_one_log_are_all_believed() -> None:
    lines = [{**LINE, "lease": f"L-{number}", "extra": {"n": number}} for number in range(13)]
    assert [one.trusted for one in read(sign_checkouts(lines, KEY, at=AT))] == [True] * 13


def test_of_several_lines_of_a_lease_the_last_in_the_log_holds() -> None:
    lines = [LINE, {**LINE, "until": "2026-03-02T08:30:00Z"}]
    content = sign_checkouts(lines, KEY, at=AT).splitlines()
    for turned in (content, content[::-1]):
        (checkout,) = read(b"\n".join(turned))
        assert checkout.until == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def test_an_older_key_still_verifies() -> None:
    assert read(msgspec.json.encode(signed()), pem(OTHER) + pem(KEY))[0].trusted


def _without_proof(line: dict[str, Any]) -> None:
    del line["proof"]


def _moved(line: dict[str, Any]) -> None:
    line["proof"]["index"] = 1
    line["proof"]["head"]["size"] = 2


def _signed_by_another(line: dict[str, Any]) -> None:
    line["signature"] = base64.b64encode(OTHER.sign(signed_part(line))).decode()


def _head_of_another(line: dict[str, Any]) -> None:
    head = line["proof"]["head"]
    text = canonical({name: head[name] for name in ("size", "root", "time")})
    head["signature"] = base64.b64encode(OTHER.sign(text)).decode()


DOUBTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no signature": (lambda line: line.pop("signature"), "it is not signed"),
    "an empty signature": (lambda line: line.update(signature=""), "it is not signed"),
    "no proof": (_without_proof, "it has no proof that it stands in the audit log"),
    "another person": (lambda line: line.update(person="Eve"), "its signature does not verify"),
    "a longer window": (lambda line: line.update(until="2027-01-01T00:00:00Z"), "its signature does not verify"),
    "a field more": (lambda line: line.update(note="x"), "its signature does not verify"),
    "a field less": (lambda line: line.pop("sources"), "its signature does not verify"),
    "another's signature": (_signed_by_another, "its signature does not verify"),
    "another's head": (_head_of_another, "the signature of the tree head does not verify"),
    "a later head time": (
        lambda line: line["proof"]["head"].update(time="2026-03-02T08:00:02Z"),
        "the signature of the tree head does not verify",
    ),
    "a head of another size": (_moved, "the signature of the tree head does not verify"),
    "another place": (lambda line: line["proof"].update(index=1), "its proof does not lead to the signed tree head"),
    "a longer path": (
        lambda line: line["proof"]["hashes"].append(base64.b64encode(bytes(32)).decode()),
        "its proof does not lead to the signed tree head",
    ),
    "an endless path": (
        lambda line: line["proof"].update(hashes=[base64.b64encode(bytes(32)).decode()] * 65),
        "its proof does not lead to the signed tree head",
    ),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_a_line_that_is_not_proven_is_shown_and_not_believed(name: str) -> None:
    line = signed()
    spoil, doubt = DOUBTS[name]
    spoil(line)
    (checkout,) = read(msgspec.json.encode(line))
    assert (checkout.trusted, checkout.doubt) == (False, doubt)


@pytest.mark.parametrize("signature", ["not base64!", "AAAA", "A" * 5000])
def test_a_signature_that_is_none_is_not_believed(signature: str) -> None:
    (checkout,) = read(msgspec.json.encode({**signed(), "signature": signature}))
    assert not checkout.trusted
    assert checkout.doubt


def test_a_fraction_in_a_line_cannot_be_verified() -> None:
    (checkout,) = read(msgspec.json.encode({**signed(), "weight": 1.5}))
    assert checkout.doubt == "it cannot be verified: `1.5` is no whole number below 2^53"


def test_without_a_key_nothing_is_believed() -> None:
    (checkout,) = read_checkouts(msgspec.json.encode(signed()), (), file="c").checkouts
    assert checkout.doubt == "no public key was given to verify it with"


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"7", b'{"lease": "L"}', b"\xff", b'{"lease": 1}', b"[" * 5000, b'"' + b"x" * 70_000 + b'"']
)
def test_a_line_that_cannot_be_read_is_told_and_the_others_are_read(line: bytes) -> None:
    content = line + b"\n\n" + msgspec.json.encode(signed())
    found = read_checkouts(content, (KEY.public_key(),), file="checkouts.jsonl")
    assert [one.trusted for one in found.checkouts] == [True]
    assert len(found.unreadable) == 1
    assert found.unreadable[0].startswith("`checkouts.jsonl` line 1: ")


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(content: bytes) -> None:
    assert not any(one.trusted for one in read_checkouts(content, (KEY.public_key(),), file="c").checkouts)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["nothing", "no key", "another kind"],
)
def test_what_is_no_public_key_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"broker\.pem"):
        read_public_keys(content, file="broker.pem")
