"""The root user of one account, as facts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from rootwarden.facts.fact import Fact, Unknown

_NOT_COLLECTED = Unknown("not collected")


class MfaKind(StrEnum):
    """Kind of an MFA device, by the shape of its serial number (AWS IAM User Guide, MFA device types)."""

    VIRTUAL = "virtual"
    FIDO = "fido"
    HARDWARE_TOTP = "hardware_totp"
    UNKNOWN = "unknown"


class MfaDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One MFA device of root.

    Attributes:
        serial_number: ARN of a virtual or FIDO device, or the plain serial of a hardware token.
        kind: By the shape of the serial number.
        enabled_at: When it was enabled.
    """

    serial_number: str
    kind: MfaKind
    enabled_at: Fact[datetime] = _NOT_COLLECTED


SHORTEST_SERIAL = 9


def mfa_kind(serial_number: str) -> MfaKind:
    """Tell the kind of a device from its serial number.

    Virtual devices are `arn:…:mfa/NAME`, FIDO devices `arn:…:u2f/root/NAME-ID`, hardware TOTP tokens a plain serial.
    A synced passkey has the shape of a FIDO device and cannot be told from a security key here.
    """
    if not serial_number.startswith("arn:"):
        plain = serial_number.replace("-", "").replace("_", "")
        # Serial numbers have at least nine characters (IAM API reference, MFADevice).
        whole = plain.isascii() and plain.isalnum() and len(serial_number) >= SHORTEST_SERIAL
        return MfaKind.HARDWARE_TOTP if whole else MfaKind.UNKNOWN
    resource = serial_number.rsplit(":", 1)[-1]
    if resource.startswith("mfa/"):
        return MfaKind.VIRTUAL
    return MfaKind.FIDO if resource.startswith("u2f/") else MfaKind.UNKNOWN


class Password(msgspec.Struct, frozen=True, kw_only=True):
    """Root's console password."""

    present: Fact[bool] = _NOT_COLLECTED
    last_used: Fact[datetime] = _NOT_COLLECTED
    last_changed: Fact[datetime] = _NOT_COLLECTED
    rotation_days: Fact[int] = _NOT_COLLECTED
    rotation_due: Fact[datetime] = _NOT_COLLECTED


class AccessKey(msgspec.Struct, frozen=True, kw_only=True):
    """One access key of root; `key_id` is empty where only the credential report speaks of it."""

    key_id: str = ""
    active: Fact[bool] = _NOT_COLLECTED
    last_rotated: Fact[datetime] = _NOT_COLLECTED
    last_used: Fact[datetime] = _NOT_COLLECTED
    last_used_region: Fact[str] = _NOT_COLLECTED
    last_used_service: Fact[str] = _NOT_COLLECTED


class RootUser(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of the root user itself.

    Attributes:
        arn: `arn:PARTITION:iam::ACCOUNT:root`.
        created: When the account was created.
        mfa_active: At least one MFA device is registered.
        mfa_device_count: How many.
        virtual_mfa_devices: Virtual devices whose owner is exactly this root user.
        other_mfa_devices: FIDO and hardware TOTP devices; only an AssumeRoot session or root itself can list them.
        vaulted_totp: Declared: the virtual device's seed is kept in a vault.
        password: The console password.
        access_keys_present: Any access key, active or not.
        access_keys: The keys, as far as they can be seen.
        signing_certificates_present: Any signing certificate, active or not.
        active_signing_certificates_present: Any active one.
        last_used: Derived: latest of password and keys.
        report_generated: When the credential report was made, up to which last-used dates can be seen.
        used_since_report: Whether root was used after that; only a direct look can tell.
        credentials_present: Derived: any password, key, certificate or device.
    """

    arn: str
    created: Fact[datetime] = _NOT_COLLECTED
    mfa_active: Fact[bool] = _NOT_COLLECTED
    mfa_device_count: Fact[int] = _NOT_COLLECTED
    virtual_mfa_devices: Fact[tuple[MfaDevice, ...]] = _NOT_COLLECTED
    other_mfa_devices: Fact[tuple[MfaDevice, ...]] = _NOT_COLLECTED
    vaulted_totp: Fact[bool] = _NOT_COLLECTED
    password: Password = Password()
    access_keys_present: Fact[bool] = _NOT_COLLECTED
    access_keys: Fact[tuple[AccessKey, ...]] = _NOT_COLLECTED
    signing_certificates_present: Fact[bool] = _NOT_COLLECTED
    active_signing_certificates_present: Fact[bool] = _NOT_COLLECTED
    last_used: Fact[datetime] = _NOT_COLLECTED
    report_generated: Fact[datetime] = _NOT_COLLECTED
    used_since_report: Fact[bool] = _NOT_COLLECTED
    credentials_present: Fact[bool] = _NOT_COLLECTED
