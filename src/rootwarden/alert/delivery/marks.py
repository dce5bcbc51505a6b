"""The mark of a drill on a CloudTrail record, and why a mark alone proves nothing.

Whoever can write a record can write the mark. A record is a drill's only if the drill was registered in the database
before, under the id the mark names, with the digest of this very record; everything else is what it looks like.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

FIELD: Final = "RootwardenDrill"
PREFIX: Final = "drill-"
LONGEST_RECORD: Final = 1_000_000


class _Extra(msgspec.Struct, frozen=True):
    drill: str | None = msgspec.field(default=None, name=FIELD)


class _Record(msgspec.Struct, frozen=True):
    extra: _Extra | None = msgspec.field(default=None, name="additionalEventData")


def claimed_drill(record: bytes) -> str:
    """The drill a record says it belongs to; empty when it says nothing, or cannot be read."""
    if FIELD.encode() not in record or len(record) > LONGEST_RECORD:
        return ""
    try:
        found = msgspec.json.decode(record, type=_Record)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return ""
    return (found.extra.drill if found.extra is not None else None) or ""


def record_digest(record: bytes) -> str:
    """SHA-256 of the record as JSON with its keys in order, so that a way that spells it anew does not change it."""
    try:
        content = msgspec.json.encode(msgspec.json.decode(record), order="deterministic")
    except (msgspec.DecodeError, UnicodeDecodeError, UnicodeEncodeError, RecursionError):
        content = record
    return hashlib.sha256(content).hexdigest()
