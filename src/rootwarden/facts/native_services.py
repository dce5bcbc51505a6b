"""What of AWS's own services watches an account or its organization, by region, as far as somebody asked."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rootwarden.facts.fact import Fact, Unknown

_NOT_COLLECTED = Unknown("not collected")


class NativeService(StrEnum):
    """What is asked for, and what an advice may be decided by (`decided.service`)."""

    ACCESS_ANALYZER = "access-analyzer"
    ACCOUNT_MANAGEMENT = "account-management"
    COST_ANOMALIES = "cost-anomalies"
    GUARDDUTY = "guardduty"
    IAM_ADMINISTRATOR = "iam-administrator"
    SECURITY_HUB = "security-hub"

    @property
    def principal(self) -> str:
        """The service principal trusted access and delegation are about; empty where there is none."""
        return _PRINCIPALS.get(self, "")


_PRINCIPALS = {
    NativeService.ACCESS_ANALYZER: "access-analyzer.amazonaws.com",
    NativeService.ACCOUNT_MANAGEMENT: "account.amazonaws.com",
    NativeService.GUARDDUTY: "guardduty.amazonaws.com",
    NativeService.IAM_ADMINISTRATOR: "iam.amazonaws.com",
    NativeService.SECURITY_HUB: "securityhub.amazonaws.com",
}
# Services whose administrator matters here.
DELEGATED = (
    NativeService.ACCESS_ANALYZER,
    NativeService.GUARDDUTY,
    NativeService.IAM_ADMINISTRATOR,
    NativeService.SECURITY_HUB,
)


class RegionServices(msgspec.Struct, frozen=True, kw_only=True):
    """What is on in one region of an account.

    Attributes:
        region: Its code, `us-east-1`.
        detector: There is a GuardDuty detector, and it is enabled.
        detector_for: Whose detector it sees to, where the account administers GuardDuty: `ALL`, `NEW`, `NONE`.
        hub: Security Hub is on.
        hub_members: Accounts whose findings it gets, where the account administers Security Hub.
        analyzers: Types of the Access Analyzer analyzers that are active.
    """

    region: str
    detector: Fact[bool] = _NOT_COLLECTED
    detector_for: Fact[str] = _NOT_COLLECTED
    hub: Fact[bool] = _NOT_COLLECTED
    hub_members: Fact[tuple[str, ...]] = _NOT_COLLECTED
    analyzers: Fact[tuple[str, ...]] = _NOT_COLLECTED


class AccountServices(msgspec.Struct, frozen=True, kw_only=True):
    """What is on in an account.

    Attributes:
        regions: Every region that is enabled in it.
        cost_alerts: A cost anomaly monitor has a subscription that somebody gets.
    """

    regions: Fact[tuple[RegionServices, ...]] = _NOT_COLLECTED
    cost_alerts: Fact[bool] = _NOT_COLLECTED
