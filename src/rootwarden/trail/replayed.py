"""Every record of a file, as far as policies can ask about it: what `trail.usage` reads, and the session besides."""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin

import msgspec

from rootwarden.trail.usage import Reading, Used, UsedIdentity, UsedSession

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Event as Document

_NOTHING: Final = msgspec.Raw()


class ReplayedAttributes(msgspec.Struct, gc=False, rename={"mfa": "mfaAuthenticated", "started": "creationDate"}):
    """`sessionContext.attributes`.

    Attributes:
        mfa: `mfaAuthenticated`: the texts `true` and `false`, in some records the values.
        started: `creationDate`.
    """

    mfa: str | bool | None = None
    started: str | None = None


class ReplayedSession(UsedSession, gc=False, rename={"assumed_root": "assumedRoot"}):
    """`sessionContext`, in part.

    Attributes:
        attributes: Of the session.
        assumed_root: Whether `sts:AssumeRoot` opened it; AWS may leave it out.
    """

    attributes: ReplayedAttributes | None = None
    assumed_root: str | bool | None = None


class ReplayedIdentity(UsedIdentity, gc=False, rename={"session": "sessionContext", "assumed_root": "assumedRoot"}):
    """`userIdentity`, in part; `assumed_root` where a record has it here."""

    session: ReplayedSession | None = None
    assumed_root: str | bool | None = None


class Addendum(msgspec.Struct, gc=False, rename={"original": "originalEventID"}):
    """Marks a record that corrects one that was delivered before."""

    original: str | None = None


class Replayed(
    Used,
    gc=False,
    rename={
        "identity": "userIdentity",
        "event": "eventID",
        "shared": "sharedEventID",
        "kind": "eventType",
        "endpoint": "vpcEndpointId",
        "console": "sessionCredentialFromConsole",
        "tls": "tlsDetails",
    },
):
    """One call.

    Attributes:
        event: `eventID`.
        shared: `sharedEventID`: the same in the records that several accounts have of one call.
        kind: `eventType`.
        endpoint: `vpcEndpointId`.
        console: `sessionCredentialFromConsole`.
        tls: `tlsDetails`, not decoded; empty where there are none.
        addendum: There when the record corrects another.
    """

    identity: ReplayedIdentity | None = None
    event: str | None = None
    shared: str | None = None
    kind: str | None = None
    endpoint: str | None = None
    console: str | bool | None = None
    tls: msgspec.Raw = _NOTHING
    addendum: Addendum | None = None


class _File(msgspec.Struct):
    Records: list[Replayed]


def _as_far_as_readable(document: Document) -> Replayed:
    """One record in which a field is of another kind than documented: that field is missing, the others are there."""
    made = _lenient(document, Replayed)
    return made if isinstance(made, Replayed) else Replayed()


def _lenient(value: Any, kind: type[msgspec.Struct]) -> msgspec.Struct | None:
    if not isinstance(value, dict):
        return None
    found = {}
    for field in msgspec.structs.fields(kind):
        # That there were no parameters is something else than that nobody tells.
        if value.get(field.encode_name) is not None or (field.type is msgspec.Raw and field.encode_name in value):
            found[field.name] = _field(value[field.encode_name], field.type)
    return kind(**{name: one for name, one in found.items() if one is not None})


def _field(value: Any, kind: Any) -> Any:
    if kind is msgspec.Raw:
        return msgspec.Raw(msgspec.json.encode(value))
    options = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    struct = next((one for one in options if isinstance(one, type) and issubclass(one, msgspec.Struct)), None)
    if struct is not None:
        return _lenient(value, struct)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None


REPLAYED: Final = Reading(Replayed, _File, _as_far_as_readable)
