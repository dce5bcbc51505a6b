"""The organization whose trail it is: visibly fake accounts, the regions they use, and who belongs there."""

from __future__ import annotations

from typing import Final

import msgspec

ORGANIZATION_ID: Final = "o-fakemonth0"
MANAGEMENT: Final = "000000000000"
AUDIT: Final = "000000000001"
HOME: Final = "us-east-1"
REGIONS: Final = (HOME, "eu-west-1", "eu-central-1", "ap-southeast-2")

# What the organization tells detection: who may assume root for what, and where root passwords are kept.
AUDIT_ROLE: Final = "rootwarden-audit"
AUDIT_POLICY: Final = "IAMAuditRootUserCredentials"
PASSWORD_STORE: Final = f"arn:aws:secretsmanager:{HOME}:{AUDIT}:secret:root-passwords-Fake01"

# Documentation networks of RFC 5737: the office, where people of the organization are, and elsewhere.
OFFICE: Final = "198.51.100"
ELSEWHERE: Final = "203.0.113"
OFFICE_NETWORK: Final = f"{OFFICE}.0/24"


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """Whose trail it is.

    Attributes:
        id: Organization id.
        members: Every account but the management account; the first is the audit account.
        regions: Regions in use.
    """

    id: str
    members: tuple[str, ...]
    regions: tuple[str, ...] = REGIONS

    @property
    def accounts(self) -> tuple[str, ...]:
        """Every account, the management account first."""
        return (MANAGEMENT, *self.members)


def make_organization(accounts: int) -> Organization:
    """An organization of so many accounts, three at least."""
    members = tuple(f"1111{number:08d}" for number in range(accounts - 2))
    return Organization(id=ORGANIZATION_ID, members=(AUDIT, *members))


def root_arn(account: str) -> str:
    """ARN of an account's root user."""
    return f"arn:aws:iam::{account}:root"


def root_device(account: str) -> str:
    """Serial of the device that an account's root signs in with."""
    return f"arn:aws:iam::{account}:mfa/root-account-mfa-device"


def audit_caller() -> str:
    """Pattern of the ARNs that may audit root through AssumeRoot."""
    return f"arn:aws:sts::{MANAGEMENT}:assumed-role/{AUDIT_ROLE}/*"
