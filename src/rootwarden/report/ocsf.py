"""Findings for security lakes: OCSF 1.5.0, class 2003 Compliance Finding, as one JSON array.

An array rather than JSON Lines, because one file is one answer: a half-written array does not parse, half-written
lines do. Field meanings: https://schema.ocsf.io/1.5.0/classes/compliance_finding. What OCSF has no place for stands
under `unmapped`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden import __version__
from rootwarden.report.encoding import to_json
from rootwarden.report.words import WORD, Standing, instant, resource_type, standing
from rootwarden.rules.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.audit.result import AuditedAccount, AuditResult, Finding, RuleCard
    from rootwarden.report.encoding import JsonObject, JsonValue

CLASS: Final = 2003
CREATE: Final = 1
AWS_ACCOUNT: Final = 10
RULE: Final = 1

_SEVERITY: Final[Mapping[Severity, tuple[int, str]]] = MappingProxyType(
    {
        Severity.CRITICAL: (5, "Critical"),
        Severity.HIGH: (4, "High"),
        Severity.MEDIUM: (3, "Medium"),
        Severity.LOW: (2, "Low"),
    }
)
_INFORMATIONAL: Final = (1, "Informational")

# compliance.status_id and the finding's own status_id. Only what is open is New.
_COMPLIANCE: Final[Mapping[Standing, tuple[int, str]]] = MappingProxyType(
    {
        Standing.FAIL: (3, "Fail"),
        Standing.SUPPRESSED: (3, "Fail"),
        Standing.UNKNOWN: (0, "Unknown"),
        Standing.PASS: (1, "Pass"),
        Standing.NOT_APPLICABLE: (99, "Not Applicable"),
    }
)
_STATUS: Final[Mapping[Standing, tuple[int, str]]] = MappingProxyType(
    {
        Standing.FAIL: (1, "New"),
        Standing.SUPPRESSED: (3, "Suppressed"),
        Standing.UNKNOWN: (1, "New"),
        Standing.PASS: (4, "Resolved"),
        Standing.NOT_APPLICABLE: (99, "Not Applicable"),
    }
)


def render(result: AuditResult) -> str:
    """A JSON array with one Compliance Finding for each verdict, in the order of the result."""
    cards = {card.id: card for card in result.rules}
    accounts = {account.id: account for account in result.accounts}
    findings = [_finding(each, cards.get(each.rule), accounts.get(each.account), result) for each in result.findings]
    return to_json(findings, indent=2) + "\n"


def _finding(
    finding: Finding, card: RuleCard | None, account: AuditedAccount | None, result: AuditResult
) -> JsonObject:
    each = standing(finding)
    still_open = each in {Standing.FAIL, Standing.SUPPRESSED, Standing.UNKNOWN}
    severity_id, severity = _SEVERITY[finding.severity] if still_open else _INFORMATIONAL
    status_id, status = _STATUS[each]
    event: JsonObject = {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Compliance Finding",
        "type_uid": CLASS * 100 + CREATE,
        "type_name": "Compliance Finding: Create",
        "time": int(result.as_of.timestamp() * 1000),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": finding.reason,
        "metadata": _metadata(finding),
        "cloud": _cloud(finding, account, result),
        "finding_info": _finding_info(finding, card, result),
        "compliance": _compliance(finding, each),
        "resources": [_resource(finding, account)],
    }
    if card is not None and still_open:
        event["remediation"] = _remediation(card)
    event["unmapped"] = _unmapped(finding)
    return event


def _metadata(finding: Finding) -> JsonObject:
    return {
        "version": "1.5.0",
        "profiles": ["cloud"],
        "event_code": finding.rule,
        "product": {"name": "Rootwarden", "vendor_name": "Rootwarden", "version": __version__},
    }


def _cloud(finding: Finding, account: AuditedAccount | None, result: AuditResult) -> JsonObject:
    """Which account it is about; none where it is about all of them."""
    owner: JsonObject = {"uid": finding.account, "type": "AWS Account", "type_id": AWS_ACCOUNT}
    if account is not None and account.name:
        owner["name"] = account.name
    cloud: JsonObject = {"provider": "AWS", **({"account": owner} if finding.account else {})}
    if result.organization is not None and result.organization.id:
        cloud["org"] = {"uid": result.organization.id}
    return cloud


def _finding_info(finding: Finding, card: RuleCard | None, result: AuditResult) -> JsonObject:
    title = card.title if card is not None else finding.rule
    analytic: JsonObject = {"uid": finding.rule, "name": title, "type_id": RULE, "type": "Rule"}
    info: JsonObject = {
        "uid": ":".join(part for part in ("rootwarden", finding.rule, finding.account, finding.user) if part),
        "title": f"{title}: {WORD[standing(finding)]}",
        "analytic": analytic,
        "last_seen_time": int(result.as_of.timestamp() * 1000),
        "data_sources": list(dict.fromkeys(each.call for each in finding.evidence)),
    }
    if card is not None:
        info["desc"] = card.why
    return info


def _compliance(finding: Finding, each: Standing) -> JsonObject:
    status_id, status = _COMPLIANCE[each]
    standards = dict.fromkeys(control.partition(":")[0] for control in finding.controls)
    return {
        "control": finding.rule,
        "standards": list(standards),
        "requirements": list(finding.controls),
        "status_id": status_id,
        "status": status,
        "status_code": finding.verdict.value,
        "status_details": [finding.reason, *finding.notes],
    }


def _resource(finding: Finding, account: AuditedAccount | None) -> JsonObject:
    resource: JsonObject = {"uid": finding.resource, "type": resource_type(finding)}
    if account is not None:
        resource["cloud_partition"] = account.partition
    if finding.owner:
        resource["owner"] = {"name": finding.owner}
    return resource


def _remediation(card: RuleCard) -> JsonObject:
    steps = [
        f"{number}. " + "; ".join(part for part in (step.text, step.console, step.command) if part)
        for number, step in enumerate(card.remedy, start=1)
    ]
    return {"desc": "\n".join(steps) or card.why, "references": list(card.references)}


def _unmapped(finding: Finding) -> JsonObject:
    evidence: list[JsonValue] = [
        {
            "source": each.call,
            "observed_at": None if each.observed_at is None else instant(each.observed_at),
            "account": each.account or finding.account,
            "region": each.region,
        }
        for each in finding.evidence
    ]
    missing: list[JsonValue] = [
        {"attribute": each.attribute, "reason": each.reason, "permission": each.permission} for each in finding.missing
    ]
    suppression = finding.suppressed_by
    exception: JsonValue = None
    if suppression is not None:
        exception = {
            "reason": suppression.reason,
            "owner": suppression.owner,
            "ticket": suppression.ticket,
            "until": suppression.until.isoformat(),
        }
    witness: list[JsonValue] = [{"attribute": each.attribute, "value": each.value} for each in finding.witness]
    return {"witness": witness, "evidence": evidence, "missing": missing, "suppressed_by": exception}
