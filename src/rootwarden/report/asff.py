"""Findings for AWS Security Hub, in the AWS Security Finding Format.

Sources: "Syntax" and "Required attributes" of the ASFF and "Using BatchImportFindings" in the Security Hub user
guide. With the default product ARN a finding must name the account that imports it as `AwsAccountId`; the account
that was audited is in `Resources` and in the finding's id, which stays the same from run to run.
"""

from __future__ import annotations

import hashlib
import itertools
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden import __version__
from rootwarden.report.encoding import to_json
from rootwarden.report.words import IAM_USER, ROOT_USER, Standing, instant, resource_type, shorten, standing, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.audit.result import AuditedAccount, AuditResult, Finding, RuleCard
    from rootwarden.report.encoding import JsonObject, JsonValue

MOST_PER_BATCH: Final = 100
LONGEST_TITLE: Final = 256
LONGEST_DESCRIPTION: Final = 1024
LONGEST_REMEDY: Final = 512
LONGEST_FIELD: Final = 2048
LONGEST_ID: Final = 512
LONGEST_REQUIREMENT: Final = 64
MOST_REQUIREMENTS: Final = 32
PLACEHOLDER_REGION: Final = "us-east-1"
# The partitions Security Hub has a word for; another is left out rather than guessed.
_PARTITIONS: Final = frozenset({"aws", "aws-cn", "aws-us-gov"})
_COMPLIANCE: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.FAIL: "FAILED",
        Standing.SUPPRESSED: "FAILED",
        Standing.UNKNOWN: "WARNING",
        Standing.PASS: "PASSED",
        Standing.NOT_APPLICABLE: "NOT_AVAILABLE",
    }
)
# RESOLVED only for a pass: Security Hub reopens that by itself when it fails later, but not a NOT_AVAILABLE one.
_WORKFLOW: Final[Mapping[Standing, str]] = MappingProxyType(
    {Standing.SUPPRESSED: "SUPPRESSED", Standing.PASS: "RESOLVED"}
)


def render(result: AuditResult, *, region: str = PLACEHOLDER_REGION, account: str = "") -> str:
    """A JSON array of findings.

    Args:
        result: What to tell.
        region: Region of the Security Hub that is meant.
        account: The account that imports them; empty: each account its own.
    """
    return to_json(list(findings(result, region=region, account=account)), indent=2) + "\n"


def batches(result: AuditResult, *, region: str, account: str) -> Iterator[list[JsonObject]]:
    """The findings in lists that one `BatchImportFindings` call takes, all to be sent to `region` from `account`."""
    pending = findings(result, region=region, account=account)
    while batch := list(itertools.islice(pending, MOST_PER_BATCH)):
        yield batch


def findings(result: AuditResult, *, region: str, account: str) -> Iterator[JsonObject]:
    """One finding for each verdict, in the order of the result; arguments as for `render`."""
    cards = {card.id: card for card in result.rules}
    accounts = {each.id: each for each in result.accounts}
    for finding in result.findings:
        audited = accounts.get(finding.account)
        importer = account or finding.account or _manager(result)
        partition = audited.partition if audited is not None else "aws"
        yield {
            **_identity(finding, f"arn:{partition}:securityhub:{region}:{importer}:product/{importer}/default"),
            "AwsAccountId": importer,
            "Region": region,
            **_content(finding, cards.get(finding.rule), instant(result.as_of)),
            "Resources": [_resource(finding, importer, partition, region)],
            "ProductFields": _fields(finding, audited),
        }


def _identity(finding: Finding, product: str) -> JsonObject:
    return {
        "SchemaVersion": "2018-10-08",
        "Id": _id(finding),
        "ProductArn": product,
        "ProductName": "Rootwarden",
        "CompanyName": "Rootwarden",
        "GeneratorId": shorten(f"rootwarden/{finding.rule}", LONGEST_ID),
    }


def _id(finding: Finding) -> str:
    """One for each account, rule and user; root's names no user. Too long a one ends in its digest, to stay unique."""
    whole = "/".join(part for part in ("rootwarden", finding.account, finding.rule, finding.user) if part)
    shown = visible(whole)
    if len(shown) <= LONGEST_ID:
        return shown
    digest = hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{shown[: LONGEST_ID - len(digest) - 1]}/{digest}"


def _content(finding: Finding, card: RuleCard | None, moment: str) -> JsonObject:
    each = standing(finding)
    label = finding.severity.value.upper() if each not in {Standing.PASS, Standing.NOT_APPLICABLE} else "INFORMATIONAL"
    title = card.title if card is not None else ""
    content: JsonObject = {
        "CreatedAt": moment,
        "UpdatedAt": moment,
        "LastObservedAt": moment,
        "Title": _text(f"{title} [{finding.rule}]", LONGEST_TITLE),
        "Description": _text(_description(finding), LONGEST_DESCRIPTION),
        "Compliance": _compliance(finding, each),
        "FindingProviderFields": {
            "Severity": {"Label": label, "Original": finding.severity.value},
            "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        },
        "RecordState": "ACTIVE",
    }
    if each in _WORKFLOW:
        content["Workflow"] = {"Status": _WORKFLOW[each]}
    if card is not None and each is not Standing.PASS:
        content["Remediation"] = {"Recommendation": _recommendation(card)}
    return content


def _text(text: str, limit: int) -> str:
    """`text` within `limit`; Security Hub refuses blank text, so blank becomes words."""
    shown = shorten(text, limit)
    return shown if shown.strip() else "no text given"


def _description(finding: Finding) -> str:
    parts = [finding.reason, *(f"Missing permission: {each.permission}" for each in finding.missing if each.permission)]
    if finding.suppressed_by is not None:
        exception = finding.suppressed_by
        parts.append(f"Excepted until {exception.until} ({exception.ticket}): {exception.reason}")
    return ". ".join(part for part in (*parts, *finding.notes) if part.strip())


def _compliance(finding: Finding, each: Standing) -> JsonObject:
    requirements: list[JsonValue] = [
        shorten(control, LONGEST_REQUIREMENT) for control in finding.controls[:MOST_REQUIREMENTS] if control.strip()
    ]
    compliance: JsonObject = {"Status": _COMPLIANCE[each], "RelatedRequirements": requirements}
    if each is Standing.UNKNOWN:
        reason = _text(finding.reason, LONGEST_DESCRIPTION)
        compliance["StatusReasons"] = [{"ReasonCode": "ROOTWARDEN_UNKNOWN", "Description": reason}]
    return compliance


def _recommendation(card: RuleCard) -> JsonObject:
    steps = " ".join(f"{number}. {step.text}" for number, step in enumerate(card.remedy, start=1))
    advice: JsonObject = {"Text": _text(steps or card.why, LONGEST_REMEDY)}
    address = next((each for each in card.references if each.startswith("https://")), "")
    return {**advice, "Url": address} if address else advice


def _manager(result: AuditResult) -> str:
    """The account that stands for all of them: the management account, else the first."""
    manager = result.organization.management_account if result.organization is not None else ""
    return manager or next((each.id for each in result.accounts), "")


def _resource(finding: Finding, importer: str, partition: str, region: str) -> JsonObject:
    """The account; what is about all of them at once is filed under the one that imports it."""
    about = finding.account or importer
    resource: JsonObject = {"Type": "AwsAccount", "Id": f"AWS::::Account:{about}", "Region": region}
    if partition in _PARTITIONS:
        resource["Partition"] = partition
    kind = resource_type(finding)
    name = {ROOT_USER: "RootUserArn", IAM_USER: "UserArn"}.get(kind, "Resource")
    resource["Details"] = {"Other": {name: _text(finding.resource, LONGEST_FIELD)}}
    return resource


def _fields(finding: Finding, audited: AuditedAccount | None) -> JsonObject:
    """What the console lists under "product fields"; blank ones are left out because Security Hub refuses them."""
    exception = finding.suppressed_by
    values: Iterable[tuple[str, str]] = (
        ("rootwarden/version", __version__),
        ("rootwarden/rule", finding.rule),
        ("rootwarden/verdict", finding.verdict.value),
        ("rootwarden/account", finding.account),
        ("rootwarden/account-name", audited.name if audited is not None else ""),
        ("rootwarden/owner", finding.owner),
        ("rootwarden/witness", "; ".join(f"{each.attribute} = {each.value}" for each in finding.witness)),
        ("rootwarden/missing", "; ".join(f"{each.attribute}: {each.reason}" for each in finding.missing)),
        ("rootwarden/exception", f"{exception.ticket} until {exception.until}" if exception is not None else ""),
        ("rootwarden/evidence", "; ".join(f"{each.call} at {instant(each.observed_at)}" for each in finding.evidence)),
    )
    return {name: shorten(value, LONGEST_FIELD) for name, value in values if value.strip()}
