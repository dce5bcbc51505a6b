"""What was seen of an account and of root in it: as much as duties ask for, and no more; it fits in a small file.

Facts keep their three states; where they were seen stays in the evidence they are from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec

from rootwarden.breakglass.core.text import Line
from rootwarden.facts.contacts import Contacts
from rootwarden.facts.fact import Absent, Fact, Known, Unknown
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.facts.account import Account
    from rootwarden.facts.root_user import MfaDevice

T = TypeVar("T")

MOST_DEVICES = 100
MOST_ACTS = 10_000


class Device(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An MFA device of root.

    Attributes:
        serial_number: Its ARN, or what is printed on it.
        enabled_at: Since when; a virtual device made anew under the same name has another one. None: not known.
    """

    serial_number: Line
    enabled_at: Instant | None = None


Devices = Annotated[tuple[Device, ...], msgspec.Meta(max_length=MOST_DEVICES)]


class Look(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account as it was seen at an instant.

    Attributes:
        at: When.
        virtual_mfa_devices: Root's virtual devices.
        other_mfa_devices: Its keys and tokens.
        access_keys_present: Whether root has any access key.
        signing_certificates_present: Whether root has any signing certificate.
        password_present: Whether root has a password.
        password_changed: When it was changed last.
        email: The address of root.
        contacts: The four contacts.
    """

    at: Instant
    virtual_mfa_devices: Fact[Devices]
    other_mfa_devices: Fact[Devices]
    access_keys_present: Fact[bool]
    signing_certificates_present: Fact[bool]
    password_present: Fact[bool]
    password_changed: Fact[Instant]
    email: Fact[str]
    contacts: Contacts


class RootAct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event of root in the account.

    Attributes:
        at: When.
        name: `eventName`.
        failed: Whether it was refused.
    """

    at: Instant
    name: Line
    failed: bool = False


class Trail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What CloudTrail told.

    Attributes:
        read_until: Up to when it was read without a gap; `None` when it was not read.
        acts: Acts of root in the account since it was looked at before the visit, or since the lease opened.
    """

    read_until: Instant | None = None
    acts: Annotated[tuple[RootAct, ...], msgspec.Meta(max_length=MOST_ACTS)] = ()

    @property
    def last(self) -> datetime | None:
        """When root last did something."""
        return max((act.at for act in self.acts), default=None)


def look_of(account: Account, at: datetime) -> Look:
    """What duties ask for, of all that is known of an account.

    Args:
        account: The account.
        at: When it was looked at.
    """
    root, contacts = account.root, account.contacts
    return Look(
        at=at,
        virtual_mfa_devices=_devices(root.virtual_mfa_devices),
        other_mfa_devices=_devices(root.other_mfa_devices),
        access_keys_present=_bare(root.access_keys_present),
        signing_certificates_present=_bare(root.signing_certificates_present),
        password_present=_bare(root.password.present),
        password_changed=_bare(root.password.last_changed),
        email=_bare(account.email),
        contacts=Contacts(
            primary=_bare(contacts.primary),
            billing=_bare(contacts.billing),
            operations=_bare(contacts.operations),
            security=_bare(contacts.security),
        ),
    )


def _devices(fact: Fact[tuple[MfaDevice, ...]]) -> Fact[tuple[Device, ...]]:
    bare = _bare(fact)
    return Known(tuple(map(_device, bare.value))) if isinstance(bare, Known) else bare


def _device(device: MfaDevice) -> Device:
    enabled = device.enabled_at
    return Device(serial_number=device.serial_number, enabled_at=enabled.value if isinstance(enabled, Known) else None)


def _bare(fact: Fact[T]) -> Fact[T]:
    """A fact without where it was seen: two looks that saw the same are equal."""
    match fact:
        case Known(value):
            return Known(value)
        case Absent():
            return Absent()
        case Unknown(reason, why, permission):
            return Unknown(reason, why, permission)
