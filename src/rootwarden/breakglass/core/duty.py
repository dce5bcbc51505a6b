"""What has to be true after a visit, and what evidence says of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rootwarden.breakglass.core.text import Words


class Duty(StrEnum):
    """One thing that evidence must show before a lease is closed."""

    MFA_DEVICES = "mfa-devices"
    ACCESS_KEYS = "access-keys"
    CERTIFICATES = "certificates"
    MAIL = "mail"
    PHONE = "phone"
    CONTACTS = "contacts"
    NO_LOGIN_REFRESH = "no-login-refresh"
    PASSWORD_ROTATED = "password-rotated"  # noqa: S105 - the name of a duty
    PASSWORD_REMOVED = "password-removed"  # noqa: S105 - the name of a duty
    REPORT = "report"


class Shown(StrEnum):
    """What evidence says of a duty; unknown stays open."""

    MET = "met"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One duty, what the evidence shows, and why."""

    duty: Duty
    shown: Shown
    why: Words


ALWAYS = (
    Duty.MFA_DEVICES,
    Duty.ACCESS_KEYS,
    Duty.CERTIFICATES,
    Duty.MAIL,
    Duty.PHONE,
    Duty.CONTACTS,
    Duty.NO_LOGIN_REFRESH,
    Duty.REPORT,
)
