"""People, their roles and their keys, as the log has them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from rootwarden.breakglass.core.public_key import PublicKey
from rootwarden.breakglass.core.text import Line, Name, PersonName
from rootwarden.facts.instant import Instant


class Role(StrEnum):
    """What a person may be. One may be several, but see `CONFLICTS`."""

    REQUESTER = "requester"
    APPROVER = "approver"
    CUSTODIAN = "custodian"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


# NIST SP 800-53 AC-5: who administers access does not audit it, and here does not receive it either.
CONFLICTS: Final[dict[Role, frozenset[Role]]] = {
    Role.AUDITOR: frozenset(Role) - {Role.AUDITOR},
    Role.ADMINISTRATOR: frozenset({Role.REQUESTER, Role.CUSTODIAN, Role.AUDITOR}),
}


class HeldKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key and from when on it counts."""

    key: PublicKey
    counts_from: Instant


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who may do something.

    Attributes:
        id: Lower-case name, unique.
        name: As people write it.
        roles: What they may be.
        groups: Named groups that slots of a quorum ask for, such as `security`.
        aliases: Other names of the same human: `iss#sub` of an OpenID Connect login, e-mail addresses.
        addresses: Where notices go: Apprise addresses or e-mail.
        age_recipient: A custodian's age recipient (`age1…`).
    """

    id: PersonName
    name: Line
    roles: Annotated[tuple[Role, ...], msgspec.Meta(max_length=5)] = ()
    groups: Annotated[tuple[Name, ...], msgspec.Meta(max_length=32)] = ()
    aliases: Annotated[tuple[Line, ...], msgspec.Meta(max_length=32)] = ()
    addresses: Annotated[tuple[Line, ...], msgspec.Meta(max_length=16)] = ()
    age_recipient: Line = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the log leaves them.

    Attributes:
        person: Who.
        keys: Their keys by id, each with the instant it counts from.
        roles_from: Since when each role counts.
        suspended: Why they are, or nothing.
        frozen: The reported request that froze them, or nothing.
    """

    person: Person
    keys: dict[str, HeldKey]
    roles_from: dict[Role, Instant]
    suspended: str = ""
    frozen: str = ""
