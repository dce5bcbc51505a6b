"""Signed tree heads: how many entries a log has, their root, and when, signed by the log and by witnesses."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidSignature

from rootwarden.facts.instant import Instant, format_instant
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A signed tree head.

    Attributes:
        size: How many entries.
        root: Their root hash, in Base64.
        time: When the head was made, as it was signed.
        signature: Base64 of the Ed25519 signature over the canonical JSON of `root`, `size` and `time`.
    """

    size: int
    root: str
    time: str
    signature: str


class Cosignature(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a witness says of a head: it saw it, at its own instant, and it only ever grew.

    Attributes:
        witness: Name of the witness.
        log: Name of the log.
        size: How many entries.
        root: Their root hash, in Base64.
        time: When the witness saw it, by its own clock.
        signature: Base64 of its Ed25519 signature over canonical JSON of the others, without a `nonce` that is empty.
        nonce: What it was asked with, so that who asked knows that it was signed since; empty when nothing was given.
    """

    witness: str
    log: str
    size: int
    root: str
    time: Instant
    signature: str
    nonce: str = ""


def head_message(*, size: int, root: str, time: str) -> bytes:
    """What the log signs."""
    return canonical({"size": size, "root": root, "time": time})


def sign_head(key: Ed25519PrivateKey, *, size: int, root: bytes, at: datetime) -> Head:
    """Make a signed head."""
    text, time = to_text(root), format_instant(at)
    return Head(
        size=size, root=text, time=time, signature=to_text(key.sign(head_message(size=size, root=text, time=time)))
    )


def head_is_signed(head: Head, keys: Iterable[Ed25519PublicKey]) -> bool:
    """Whether one of the keys made the head's signature."""
    message = head_message(size=head.size, root=head.root, time=head.time)
    return any(is_signed(message, head.signature, key) for key in keys)


def cosign(key: Ed25519PrivateKey, *, witness: str, log: str, head: Head, at: datetime, nonce: str = "") -> Cosignature:
    """Make a witness's statement about a head it has checked."""
    unsigned = Cosignature(
        witness=witness,
        log=log,
        size=head.size,
        root=head.root,
        time=at.replace(microsecond=0),
        signature="",
        nonce=nonce,
    )
    return msgspec.structs.replace(unsigned, signature=to_text(key.sign(cosigned_message(unsigned))))


def cosigned_message(statement: Cosignature) -> bytes:
    """What a witness signs."""
    return canonical(
        {
            "witness": statement.witness,
            "log": statement.log,
            "size": statement.size,
            "root": statement.root,
            "time": format_instant(statement.time),
            **({"nonce": statement.nonce} if statement.nonce else {}),
        }
    )


def is_cosigned(statement: Cosignature, key: Ed25519PublicKey) -> bool:
    """Whether the witness with this key made the statement."""
    return is_signed(cosigned_message(statement), statement.signature, key)


def is_signed(message: bytes, signature: str, key: Ed25519PublicKey) -> bool:
    """Whether a signature in Base64 is this key's over the message."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def to_text(content: bytes) -> str:
    """Base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(content).decode()
