"""A broker that signs check-outs, written from docs/checkouts.md and the RFCs, not from the code that verifies them.

Ed25519 (RFC 8032) over canonical JSON (RFC 8785), in a Merkle tree (RFC 9162, section 2.1). Its key comes from the
seed: it protects nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rootwarden.facts.instant import format_instant
from rootwarden.simulator.trail.checkouts import CheckoutLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.detect.filter_pattern import Event as Json


class Worth(Enum):
    """Why a check-out should be believed, or not.

    `PROVEN`: signed, and in the log. `UNSIGNED`: neither. `FORGED`: signed with another key. `CHANGED`: changed after
    it was signed. `NOT_LOGGED`: signed, and its proof leads elsewhere.
    """

    PROVEN = auto()
    UNSIGNED = auto()
    FORGED = auto()
    CHANGED = auto()
    NOT_LOGGED = auto()


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A check-out, and what its line is worth."""

    line: CheckoutLine
    worth: Worth = Worth.PROVEN


class Broker:
    """Signs for one organization.

    Args:
        seed: What its key is made from; two seeds are two brokers.
    """

    def __init__(self, seed: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"no secret: {seed}".encode()).digest())

    @property
    def public_key(self) -> bytes:
        """Its public key, as PEM."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, entries: Sequence[Json]) -> list[Json]:
        """Put entries into a log, in this order, and sign each with its proof."""
        leaves = [_leaf(entry) for entry in entries]
        head: Json = {"root": _text(_tree(leaves)), "size": len(leaves), "time": "2026-06-01T00:00:00Z"}
        head["signature"] = self._signature(head)
        return [
            {
                **entry,
                "signature": self._signature(entry),
                "proof": {"index": index, "hashes": [_text(each) for each in _path(index, leaves)], "head": head},
            }
            for index, entry in enumerate(entries)
        ]

    def _signature(self, value: Json) -> str:
        return _text(self._key.sign(canonical(value)))


def signed_lines(given: Sequence[Given], seed: int) -> tuple[list[Json], bytes]:
    """The lines of `checkouts.jsonl`, and the broker's public key.

    A proven check-out has two lines, one when it is approved and one when its code is given out, in the log's order.
    """
    broker, stranger = Broker(f"{seed}"), Broker(f"{seed}, another")
    entries: list[tuple[str, Json]] = []
    for each in given:
        if each.worth is Worth.PROVEN:
            approved = msgspec.structs.replace(each.line, released_at=None)
            entries.append((format_instant(each.line.start - timedelta(minutes=30)), _entry(approved)))
            if each.line.released_at is not None:
                entries.append((format_instant(each.line.released_at), _entry(each.line)))
    entries.sort(key=lambda entry: entry[0])
    lines = broker.sign([entry for _, entry in entries])
    others = [_doubtful(each, broker, stranger) for each in given if each.worth is not Worth.PROVEN]
    return [*others, *lines], broker.public_key


def _doubtful(given: Given, broker: Broker, stranger: Broker) -> Json:
    entry = _entry(given.line)
    match given.worth:
        case Worth.FORGED:
            return stranger.sign([entry])[0]
        case Worth.CHANGED:
            return {**broker.sign([{**entry, "account": "999999999999"}])[0], "account": entry["account"]}
        case Worth.NOT_LOGGED:
            other = broker.sign([{**entry, "lease": "another"}])[0]
            return {**broker.sign([entry])[0], "proof": other["proof"]}
        case _:
            return entry


def canonical(value: Json) -> bytes:
    """Canonical JSON of what is used here: text, whole numbers, lists, null, and keys of ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _entry(line: CheckoutLine) -> Json:
    entry: Json = msgspec.to_builtins(line)
    return entry


def _leaf(entry: Json) -> bytes:
    return hashlib.sha256(b"\x00" + canonical(entry)).digest()


def _tree(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    left = _left(len(leaves))
    return hashlib.sha256(b"\x01" + _tree(leaves[:left]) + _tree(leaves[left:])).digest()


def _path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The inclusion path of RFC 9162, section 2.1.3.1, from the leaf upward."""
    if len(leaves) == 1:
        return []
    left = _left(len(leaves))
    if index < left:
        return [*_path(index, leaves[:left]), _tree(leaves[left:])]
    return [*_path(index - left, leaves[left:]), _tree(leaves[:left])]


def _left(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
