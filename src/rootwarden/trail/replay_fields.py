"""The fields of `Details` out of a record, and what of a record each is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from rootwarden.guardrails.replaying.classes import OF_ADDRESSES, Classes
from rootwarden.guardrails.replaying.details import Details, via_of
from rootwarden.guardrails.replaying.owners import owners_of
from rootwarden.guardrails.replaying.resources import hands_over
from rootwarden.iam.usage.caller import account_in
from rootwarden.iam.usage.mapping import source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rootwarden.guardrails.replaying.resource_classes import ResourceClasses
    from rootwarden.trail.replayed import Replayed, ReplayedAttributes, ReplayedIdentity

    # Out of a record: its identity and its time, as it is compared, are at hand already.
    Out: TypeAlias = Callable[[Replayed, ReplayedIdentity, str], Any]

TEMPORARY: Final = "ASIA"
LONG_TERM: Final = "AKIA"


def _attributes(who: ReplayedIdentity) -> ReplayedAttributes | None:
    return who.session.attributes if who.session is not None else None


def _mfa(_: Replayed, who: ReplayedIdentity, __: str) -> str:
    attributes = _attributes(who)
    return "" if attributes is None or attributes.mfa is None else str(attributes.mfa).lower()


def started(_: Replayed, who: ReplayedIdentity, __: str) -> str:
    """When the session began, as the record has it; empty where it does not tell."""
    attributes = _attributes(who)
    return (attributes.started if attributes is not None else None) or ""


def _source_identity(_: Replayed, who: ReplayedIdentity, __: str) -> str:
    return (who.session.source_identity if who.session is not None else None) or ""


def _via(call: Replayed, who: ReplayedIdentity, _: str) -> str:
    return via_of(who.invoked_by or "", call.address or "")


def _owners(call: Replayed, who: ReplayedIdentity, _: str) -> tuple[str, ...]:
    return owners_of(
        bytes(call.resources),
        bytes(call.parameters),
        source=source_of(call.source or ""),
        account=call.account or "",
        caller=who.account or account_in(who.arn or ""),
    )


def _temporary(_: Replayed, who: ReplayedIdentity, __: str) -> bool | None:
    key, has_session = who.access_key or "", who.session is not None
    if key.startswith(LONG_TERM) and not has_session:
        return False
    return True if key.startswith(TEMPORARY) or has_session else None


_FIELDS: Final[dict[str, Out]] = {
    "account": lambda call, _, __: call.account or "",
    "region": lambda call, _, __: call.region or "",
    "time": lambda _, __, time: time,
    "address": lambda call, _, __: call.address or "",
    "agent": lambda call, _, __: call.agent or "",
    "endpoint": lambda call, _, __: call.endpoint or "",
    "via": _via,
    "mfa": _mfa,
    "started": started,
    "temporary": _temporary,
    "encrypted": lambda call, _, __: len(bytes(call.tls)) > len(b"null"),
    "source_identity": _source_identity,
    "principal": lambda _, who, __: who.principal or "",
    "owners": _owners,
    "parameters": lambda call, _, __: bytes(call.parameters),
    "resources": lambda call, _, __: bytes(call.resources),
    "role": lambda call, _, __: hands_over(bytes(call.parameters)),
}
# What of a record a field is made of, named as `trail.replayed` names it.
_MADE_OF: Final = {
    "time": (),
    "via": ("invoked_by", "address"),
    "mfa": ("attributes", "mfa"),
    "started": ("attributes", "started"),
    "temporary": ("access_key",),
    "encrypted": ("tls",),
    "owners": ("resources", "parameters", "account"),
    "role": ("parameters",),
}


def made_of(fields: Iterable[str]) -> frozenset[str]:
    """What of a record, its identity and its session these fields are made of."""
    return frozenset(one for field in fields for one in _MADE_OF.get(field, (field,)))


def details_of(fields: Iterable[str], call: Replayed, who: ReplayedIdentity, time: str) -> Details:
    """Some fields of a record; the others are empty."""
    return Details(**{field: _FIELDS[field](call, who, time) for field in fields})


def field_out(field: str) -> Out:
    """Takes a field out of a record."""
    return _FIELDS[field]


def class_out(classes: Classes | ResourceClasses) -> Out:
    """Takes the class of some fields out of a record."""
    of = classes.of
    if isinstance(classes, Classes) and classes.fields == OF_ADDRESSES:
        of_address = classes.of_address

        def address_class(call: Replayed, who: ReplayedIdentity, _: str) -> object:
            address, endpoint, via = call.address or "", call.endpoint, who.invoked_by
            if not endpoint and not via:
                # Where the address is none, the keys of addresses are not known, whoever called.
                return of_address(address)
            return of((address, endpoint or "", via_of(via or "", address)))

        return address_class
    fields = tuple(_FIELDS[field] for field in classes.fields)

    def some_class(call: Replayed, who: ReplayedIdentity, time: str) -> object:
        return of(tuple([field(call, who, time) for field in fields]))

    return some_class


def together(parts: tuple[Out, ...]) -> Out:
    """Takes several things out of a record; one alone is not wrapped."""
    if len(parts) == 1:
        return parts[0]
    return lambda call, who, time: tuple([part(call, who, time) for part in parts])
