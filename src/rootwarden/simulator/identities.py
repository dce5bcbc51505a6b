"""Who can act in a simulated account: the root user, IAM users, groups and roles, with what they sign in by."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from rootwarden.simulator.moment import NOW


class DeviceKind(StrEnum):
    """What an MFA device is; AWS shows it only by the form of the serial number."""

    VIRTUAL = "virtual"
    FIDO = "fido"
    HARDWARE_TOTP = "hardware_totp"


class MFADevice(msgspec.Struct, kw_only=True):
    """A device registered with a user."""

    kind: DeviceKind
    serial_number: str
    enable_date: datetime


class AccessKey(msgspec.Struct, kw_only=True):
    """A long-term access key; `last_used` is `None` when never used."""

    access_key_id: str
    create_date: datetime
    active: bool = True
    last_used: datetime | None = None
    last_used_region: str = "us-east-1"
    last_used_service: str = "s3"


class SigningCertificate(msgspec.Struct, kw_only=True):
    """An X.509 signing certificate."""

    certificate_id: str
    upload_date: datetime
    active: bool = True


class RootUser(msgspec.Struct, kw_only=True):
    """The root user of one account.

    Attributes:
        password: Whether a console password exists.
        password_spelling: What the credential report says under `password_enabled` instead of true or false, as
            older reports and GovCloud do (`not_supported`); empty for the plain answer.
    """

    password: bool = True
    password_spelling: str = ""
    password_last_used: datetime | None = None
    devices: list[MFADevice] = []
    keys: list[AccessKey] = []
    certificates: list[SigningCertificate] = []


class ManagedPolicy(msgspec.Struct, kw_only=True):
    """A managed policy; `documents` are JSON texts by version, `default` names the one in force, or it is the last."""

    name: str
    documents: dict[str, str]
    create_date: datetime = NOW
    path: str = "/"
    default: str = ""


class Group(msgspec.Struct, kw_only=True):
    """An IAM group; `policies` are names of managed policies, `inline` JSON texts by name."""

    name: str
    create_date: datetime = NOW
    path: str = "/"
    policies: tuple[str, ...] = ()
    inline: dict[str, str] = {}


class IAMUser(msgspec.Struct, kw_only=True):
    """An IAM user; `policies` and `inline` as for a group, `boundary` the name of a managed policy, `groups` names."""

    name: str
    create_date: datetime
    path: str = "/"
    password: bool = False
    password_last_used: datetime | None = None
    devices: list[MFADevice] = []
    keys: list[AccessKey] = []
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ("ReadOnlyAccess",)
    inline: dict[str, str] = {}
    boundary: str = ""
    tags: dict[str, str] = {}


class Role(msgspec.Struct, kw_only=True):
    """An IAM role; it may be assumed from `trusted_accounts`, with `external_id` when that is not empty.

    Attributes:
        trusted_services: Services that may assume it.
        trust: The trust policy as JSON text, where accounts and services do not say it all; replaces them.
        policies: Names of managed policies.
        inline: JSON texts by name.
        boundary: Name of a managed policy; empty: none.
        last_used: When it was last assumed; `None`: never.
        instance_profile: Name of the instance profile that hands it out; empty: none.
    """

    name: str
    create_date: datetime
    trusted_accounts: tuple[str, ...] = ()
    external_id: str = ""
    path: str = "/"
    trusted_services: tuple[str, ...] = ()
    trust: str = ""
    policies: tuple[str, ...] = ()
    inline: dict[str, str] = {}
    boundary: str = ""
    last_used: datetime | None = None
    instance_profile: str = ""
    tags: dict[str, str] = {}
