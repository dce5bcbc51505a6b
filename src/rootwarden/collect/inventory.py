"""The parts of an account's inventory that a selected rule reads, out of its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.collect import files, read
from rootwarden.collect.principals import account_summary, authorization_details, password_policy
from rootwarden.facts.fact import Known, Unknown
from rootwarden.facts.inventory import Inventory, OwnedDevice, Part
from rootwarden.facts.root_user import MfaDevice, MfaKind

if TYPE_CHECKING:
    from rootwarden.collect.answers import Answers
    from rootwarden.facts.credential_report import CredentialReportRow
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.monitoring import Monitoring

_NOT_READ = Unknown("no selected rule reads it")


def read_inventory(
    answers: Answers,
    parts: frozenset[Part],
    *,
    report: Fact[tuple[CredentialReportRow, ...]],
    watching: Fact[Monitoring],
    elsewhere: tuple[Monitoring, ...],
) -> Inventory:
    """Read what is wanted and nothing else.

    Args:
        answers: What was answered about the account.
        parts: What a selected rule reads.
        report: The rows of its credential report.
        watching: What watches it.
        elsewhere: What watches the accounts whose trails or log groups serve it.
    """
    return Inventory(
        report=report if Part.USERS in parts else _NOT_READ,
        details=authorization_details(answers) if Part.DETAILS in parts else _NOT_READ,
        virtual_devices=_virtual_devices(answers) if Part.USERS in parts else _NOT_READ,
        password_policy=password_policy(answers) if Part.PASSWORD_POLICY in parts else _NOT_READ,
        summary=account_summary(answers) if Part.SUMMARY in parts else _NOT_READ,
        monitoring=watching,
        elsewhere=elsewhere,
    )


def _virtual_devices(answers: Answers) -> Fact[tuple[OwnedDevice, ...]]:
    """Every virtual device that is assigned to somebody."""
    listed = read.records(answers.answer(files.VIRTUAL_MFA_DEVICES), "VirtualMFADevices")
    if not isinstance(listed, Known):
        return listed
    devices = []
    for each in listed.value:
        serial, user, enabled = each.get("SerialNumber"), each.get("User"), each.get("EnableDate")
        owner = user.get("Arn") if isinstance(user, dict) else None
        if not isinstance(serial, str) or (user is not None and not isinstance(owner, str)):
            return read.malformed("`VirtualMFADevices`", listed.sources)
        if isinstance(owner, str):
            enabled_at = read.instant(enabled, listed.sources, "EnableDate")
            device = MfaDevice(serial_number=serial, kind=MfaKind.VIRTUAL, enabled_at=enabled_at)
            devices.append(OwnedDevice(owner, device))
    return Known(tuple(devices), listed.sources)
