"""What an account holds beside its root user, as far as a selected rule reads it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rootwarden.facts.credential_report import CredentialReportRow
from rootwarden.facts.fact import Fact, Unknown
from rootwarden.facts.monitoring import Monitoring
from rootwarden.facts.password_policy import PasswordPolicy
from rootwarden.facts.principals import AuthorizationDetails
from rootwarden.facts.root_user import MfaDevice

_NOT_READ = Unknown("no selected rule reads it")


class Part(StrEnum):
    """A part of the inventory; what no rule reads is not kept."""

    USERS = "users"
    DETAILS = "details"
    PASSWORD_POLICY = "password_policy"  # noqa: S105 - the name of a policy
    SUMMARY = "summary"
    MONITORING = "monitoring"
    ASSETS = "assets"


class OwnedDevice(msgspec.Struct, frozen=True):
    """A virtual MFA device and the ARN of the user it is assigned to."""

    owner: str
    device: MfaDevice


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of one account.

    Attributes:
        report: Every row of the credential report, root among them.
        details: Users, groups, roles and managed policies.
        virtual_devices: Every assigned virtual MFA device, root's among them.
        password_policy: Absent when the account has none of its own.
        summary: `GetAccountSummary`, entry by entry.
        monitoring: What watches the account: trails, log groups, alarms, topics.
        elsewhere: What watches the accounts whose trails or log groups serve this one.
    """

    report: Fact[tuple[CredentialReportRow, ...]] = _NOT_READ
    details: Fact[AuthorizationDetails] = _NOT_READ
    virtual_devices: Fact[tuple[OwnedDevice, ...]] = _NOT_READ
    password_policy: Fact[PasswordPolicy] = _NOT_READ
    summary: Fact[dict[str, int]] = _NOT_READ
    monitoring: Fact[Monitoring] = _NOT_READ
    elsewhere: tuple[Monitoring, ...] = ()
