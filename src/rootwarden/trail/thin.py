"""A thin reading of records: only what tells whether anything comes of a call.

Every byte is looked at, and what is no JSON is refused as in a full reading. Fields that are not asked for are passed
over: where one of those is of another kind than documented, the record is a record all the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.trail.replayed import Replayed, ReplayedAttributes, ReplayedIdentity, ReplayedSession
from rootwarden.trail.usage import UsedIssuer

if TYPE_CHECKING:
    from collections.abc import Iterable

# What is asked of every call: who, what, when, and whether another record is of the same call.
_ALWAYS: Final = frozenset({"name", "identity", "time", "source", "shared"})
# What is asked of those that have another record.
OF_SHARED: Final = frozenset({"account", "event", "addendum"})
_OF_IDENTITY: Final = frozenset({"kind", "arn", "account", "principal", "invoked_by", "session"})
_OF_SESSION: Final = frozenset({"issuer"})
# Whom the credentials are of is known by the ARN.
_OF_ISSUER: Final = frozenset({"kind", "arn"})


class Thin:
    """Decoders that give the fields of `Replayed` that are asked for, and no others.

    Args:
        fields: Names in `Replayed` and in what is inside it.

    Attributes:
        file: Of a document with `Records`.
        list: Of a list of records.
    """

    def __init__(self, fields: frozenset[str]) -> None:
        attributes = _part(ReplayedAttributes, fields)
        issuer = _part(UsedIssuer, _OF_ISSUER)
        session = _part(ReplayedSession, fields | _OF_SESSION, issuer=issuer, attributes=attributes)
        identity = _part(ReplayedIdentity, fields | _OF_IDENTITY, session=session)
        record = _part(Replayed, fields | _ALWAYS, identity=identity)
        self.list: msgspec.json.Decoder[Any] = msgspec.json.Decoder(list[record])  # type: ignore[valid-type]  # made here
        file = msgspec.defstruct("ThinFile", [("Records", list[record])])  # type: ignore[valid-type]  # made here
        self.file: msgspec.json.Decoder[Any] = msgspec.json.Decoder(file)


@lru_cache(maxsize=16)
def thin_reading(fields: frozenset[str]) -> Thin:
    """A thin reading of these fields; each is made once in a process."""
    return Thin(fields)


def _part(whole: type[msgspec.Struct], wanted: Iterable[str], **others: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """A struct with some of the fields of another one, some of them structs that were made so."""
    kept = [one for one in msgspec.structs.fields(whole) if one.name in wanted]
    fields = [(one.name, others[one.name] | None if one.name in others else one.type, one.default) for one in kept]
    rename = {one.name: one.encode_name for one in kept}
    return msgspec.defstruct(f"Thin{whole.__name__}", fields, rename=rename, gc=False)
