"""Typed records in the one spelling of docs/vault-format.md: canonical JSON, nothing unknown, nothing left out."""

from __future__ import annotations

import hashlib
from typing import Annotated, TypeVar

import msgspec

from rootwarden.breakglass.custody.troubles import CustodyError
from rootwarden.errors import InputError
from rootwarden.transparency.canonical import canonical

# SHA-256 in lower-case hexadecimal, as the log has it.
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Record = TypeVar("Record", bound=msgspec.Struct)


def spell(record: msgspec.Struct) -> bytes:
    """The bytes of a record."""
    # Through JSON, so that bytes become Base64 and tuples become lists before they are spelled.
    return canonical(msgspec.json.decode(msgspec.json.encode(record)))


def read(content: bytes, kind: type[Record], *, name: str, limit: int) -> Record:
    """The record some bytes spell.

    Args:
        content: What was stored or sent.
        kind: Of which type it must be.
        name: What it is, for messages.
        limit: How many bytes it may have at most.

    Raises:
        CustodyError: It is too long, no such record, or spelled otherwise than `spell` does.
    """
    if len(content) > limit:
        raise CustodyError(f"the {name} has {len(content)} bytes; {limit} is the most")
    try:
        record = msgspec.json.decode(content, type=kind)
        spelled = spell(record)
    except (msgspec.MsgspecError, InputError, RecursionError, UnicodeError):
        # msgspec quotes what it read; that may be a secret in the wrong place.
        raise CustodyError(f"the {name} is damaged: it does not have the fields it should have") from None
    if spelled != content:
        raise CustodyError(f"the {name} is damaged: it is not in canonical spelling")
    return record


def digest(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimal, as it stands in the log."""
    return hashlib.sha256(content).hexdigest()
