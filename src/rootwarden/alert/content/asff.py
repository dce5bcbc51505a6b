"""Alerts for Security Hub, in the AWS Security Finding Format ("Required attributes" in the Security Hub user guide).

A finding is filed under the account that imports it; the account it is about is in `Resources`. Its id stays the same
while its severity rises, so Security Hub keeps one finding a visit, and importing it again updates it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rootwarden.alert.content.message import title_of
from rootwarden.alert.content.neutral import neutral
from rootwarden.detect.visits.incident import Incident, Severity
from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rootwarden.alert.content.subject import Subject

LONGEST_TITLE: Final = 256
LONGEST_DESCRIPTION: Final = 1024
LONGEST_REMEDY: Final = 512
LONGEST_ID: Final = 512
_LABEL: Final[Mapping[Severity, str]] = MappingProxyType(
    {Severity.PAGE: "CRITICAL", Severity.NOTIFY: "MEDIUM", Severity.RECORD: "INFORMATIONAL"}
)


def security_finding(subject: Subject, *, importer: str, region: str, partition: str, now: datetime) -> dict[str, Any]:
    """One finding.

    Args:
        subject: What to tell.
        importer: Account that imports it.
        region: Region of that Security Hub.
        partition: `aws`, `aws-cn`, `aws-us-gov`.
        now: When it is sent.
    """
    finding = subject.finding
    about = finding.account or importer
    first = finding.started or subject.seen_at
    reasons = "; ".join(neutral(each.words) for each in finding.reasons[:5]) or title_of(subject)
    found: dict[str, Any] = {
        "SchemaVersion": "2018-10-08",
        "Id": f"rootwarden/visit/{neutral(finding.id)}"[:LONGEST_ID],
        "ProductArn": f"arn:{partition}:securityhub:{region}:{importer}:product/{importer}/default",
        "ProductName": "Rootwarden",
        "CompanyName": "Rootwarden",
        "GeneratorId": "rootwarden/root-use" if isinstance(finding, Incident) else f"rootwarden/{finding.kind.value}",
        "AwsAccountId": importer,
        "Region": region,
        "CreatedAt": format_instant(subject.seen_at),
        "UpdatedAt": format_instant(now),
        "FirstObservedAt": format_instant(first),
        "LastObservedAt": format_instant(finding.ended or first),
        "Title": title_of(subject)[:LONGEST_TITLE],
        "Description": reasons[:LONGEST_DESCRIPTION],
        "Types": ["Unusual Behaviors/User"] if not subject.drill else ["Unusual Behaviors/User/Drill"],
        "Severity": {"Label": _LABEL[subject.severity], "Original": subject.severity.value},
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "NEW"},
        "Resources": [
            {"Type": "AwsAccount", "Id": f"AWS::::Account:{neutral(about)}", "Region": region, "Partition": partition}
        ],
        "ProductFields": _fields(subject),
    }
    if subject.around.actions:
        steps = " ".join(f"{number}. {step}" for number, step in enumerate(subject.around.actions, 1))
        found["Remediation"] = {"Recommendation": {"Text": steps[:LONGEST_REMEDY]}}
    return found


def _fields(subject: Subject) -> dict[str, str]:
    finding = subject.finding
    values = {
        "rootwarden/finding": neutral(finding.id),
        "rootwarden/key": subject.key,
        "rootwarden/severity": subject.severity.value,
        "rootwarden/drill": neutral(subject.drill),
        "rootwarden/account": neutral(finding.account),
        "rootwarden/account-name": neutral(subject.around.account_name),
        "rootwarden/events": " ".join(neutral(each, longest=60) for each in finding.event_ids[:20]),
    }
    return {name: value for name, value in values.items() if value.strip()}
