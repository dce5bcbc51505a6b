"""Alerts for a SIEM: OCSF 1.5.0, class 2004 Detection Finding (https://schema.ocsf.io/1.5.0/classes/detection_finding)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden import __version__
from rootwarden.alert.content.encoding import to_json
from rootwarden.alert.content.lines import CONCERN_WORDS, SHAPE_WORDS
from rootwarden.alert.content.message import title_of
from rootwarden.detect.visits.incident import Incident, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rootwarden.alert.content.subject import Subject

CLASS: Final = 2004
CREATE, UPDATE = 1, 2
_AWS_ACCOUNT: Final = 10
_RULE: Final = 1
_SEVERITY: Final[Mapping[Severity, tuple[int, str]]] = MappingProxyType(
    {Severity.PAGE: (5, "Critical"), Severity.NOTIFY: (3, "Medium"), Severity.RECORD: (1, "Informational")}
)


def detection_finding(subject: Subject, *, key: str, now: datetime) -> bytes:
    """One event on one line of JSON; a drill is marked in `unmapped.drill` and in its labels.

    Args:
        subject: What to tell.
        key: Idempotency key, as `metadata.uid`: two events with one key are one.
        now: When it is sent.
    """
    activity = (UPDATE, "Update") if subject.risen else (CREATE, "Create")
    severity_id, severity = _SEVERITY[subject.severity]
    event: dict[str, Any] = {
        "activity_id": activity[0],
        "activity_name": activity[1],
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + activity[0],
        "type_name": f"Detection Finding: {activity[1]}",
        "time": _milliseconds(now),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
        "is_alert": subject.severity is not Severity.RECORD,
        "message": title_of(subject),
        "metadata": _metadata(subject, key),
        "cloud": _cloud(subject),
        "finding_info": _finding_info(subject),
        "resources": [{"uid": f"arn:aws:iam::{subject.finding.account}:root", "type": "AWS::IAM::RootUser"}],
        "unmapped": {"finding": msgspec.to_builtins(subject.finding), "drill": subject.drill or None},
    }
    return to_json(event)


def _metadata(subject: Subject, key: str) -> dict[str, Any]:
    labels = ["drill"] if subject.drill else []
    return {
        "version": "1.5.0",
        "uid": key,
        "profiles": ["cloud"],
        "labels": labels,
        "product": {"name": "Rootwarden", "vendor_name": "Rootwarden", "version": __version__},
    }


def _cloud(subject: Subject) -> dict[str, Any]:
    if not subject.finding.account:
        return {"provider": "AWS"}
    owner = {"uid": subject.finding.account, "type": "AWS Account", "type_id": _AWS_ACCOUNT}
    if subject.around.account_name:
        owner["name"] = subject.around.account_name
    return {"provider": "AWS", "account": owner}


def _finding_info(subject: Subject) -> dict[str, Any]:
    finding = subject.finding
    what = SHAPE_WORDS[finding.shape] if isinstance(finding, Incident) else CONCERN_WORDS[finding.kind]
    analytics = [
        {"uid": each.code, "name": each.words, "type_id": _RULE, "type": "Rule"} for each in finding.reasons[:20]
    ]
    info: dict[str, Any] = {
        "uid": finding.id,
        "title": f"root: {what}",
        "types": [what],
        "desc": "; ".join(each.words for each in finding.reasons[:5]),
        "data_sources": ["AWS CloudTrail"],
        "related_analytics": analytics,
        "related_events": [{"uid": each} for each in finding.event_ids],
    }
    for name, instant in (("first_seen_time", finding.started), ("last_seen_time", finding.ended)):
        if instant is not None:
            info[name] = _milliseconds(instant)
    return info


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
