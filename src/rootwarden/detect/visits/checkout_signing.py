"""Writes lines of `checkouts.jsonl` as a broker does: signed, and proven to stand in its log (docs/checkouts.md)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.checkout_file import signed_head, signed_part
from rootwarden.facts.instant import format_instant
from rootwarden.transparency.merkle import inclusion_path, leaf_hash, tree_hash

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from rootwarden.detect.filter_pattern import Event as Document


def sign_checkouts(lines: Sequence[Document], key: Ed25519PrivateKey, *, at: datetime) -> bytes:
    """Sign check-outs whose log holds them alone, in this order.

    Args:
        lines: The check-outs, without `signature` and `proof`.
        key: The broker's key.
        at: When the tree head is made.

    Returns:
        The file: one line each.

    Raises:
        InputError: A line has no canonical spelling.
    """
    entries = [signed_part(line) for line in lines]
    leaves = [leaf_hash(entry) for entry in entries]
    root, time = _text(tree_hash(leaves)), format_instant(at)
    head: Document = {
        "size": len(leaves),
        "root": root,
        "time": time,
        "signature": _text(key.sign(signed_head(size=len(leaves), root=root, time=time))),
    }
    signed: list[bytes] = []
    for index, (line, entry) in enumerate(zip(lines, entries, strict=True)):
        hashes = [_text(one) for one in inclusion_path(leaves, index)]
        proof: Document = {"index": index, "hashes": list(hashes), "head": head}
        signed.append(msgspec.json.encode({**line, "signature": _text(key.sign(entry)), "proof": proof}))
    return b"".join(line + b"\n" for line in signed)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
