"""Incidents for security lakes: OCSF 1.5.0, class 2004 Detection Finding.

`render` gives one JSON array, as the audit does; `finding` one object, for streams. Field meanings:
https://schema.ocsf.io/1.5.0/classes/detection_finding. What OCSF has no place for stands under `unmapped`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden import __version__
from rootwarden.detect.visits.incident import Incident, Severity
from rootwarden.report.encoding import to_json
from rootwarden.report.incidents import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rootwarden.detect.visits.incident import Concern
    from rootwarden.report.encoding import JsonObject, JsonValue
    from rootwarden.report.incidents.told import Told

CLASS: Final = 2004
CREATE: Final = 1
AWS_ACCOUNT: Final = 10
RULE: Final = 1
_SEVERITY: Final[Mapping[Severity, tuple[int, str]]] = MappingProxyType(
    {Severity.PAGE: (5, "Critical"), Severity.NOTIFY: (3, "Medium"), Severity.RECORD: (1, "Informational")}
)


def render(told: Told) -> str:
    """A JSON array with one Detection Finding for each incident and concern, the most severe first."""
    return to_json([finding(each, told) for each in told.by_severity()], indent=2) + "\n"


def finding(each: Incident | Concern, told: Told) -> JsonObject:
    """One incident or concern as a Detection Finding."""
    severity_id, severity = _SEVERITY[each.severity]
    title = f"Root of {told.name(each.account)}: {phrases.what(each)}"
    event: JsonObject = {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + CREATE,
        "type_name": "Detection Finding: Create",
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
        "is_alert": each.severity is not Severity.RECORD,
        "message": each.reasons[0].words if each.reasons else title,
        "metadata": {
            "version": "1.5.0",
            "profiles": ["cloud"],
            "event_code": each.reasons[0].code if each.reasons else phrases.what(each),
            "product": {"name": "Rootwarden", "vendor_name": "Rootwarden", "version": __version__},
        },
        "cloud": _cloud(each.account, told),
        "finding_info": _info(each, title),
        "evidences": _evidence(each),
    }
    moment = each.started or each.ended or told.as_of
    if moment is not None:
        event["time"] = _milliseconds(moment)
    actions = told.actions.get(each.id, ())
    if actions:
        event["remediation"] = {"desc": "\n".join(f"{number}. {text}" for number, text in enumerate(actions, 1))}
    event["unmapped"] = _unmapped(each)
    return event


def _cloud(account: str, told: Told) -> JsonObject:
    owner: JsonObject = {"uid": account, "type": "AWS Account", "type_id": AWS_ACCOUNT}
    if told.accounts.get(account):
        owner["name"] = told.accounts[account]
    return {"provider": "AWS", **({"account": owner} if account else {})}


def _info(each: Incident | Concern, title: str) -> JsonObject:
    first = each.reasons[0].code if each.reasons else "root-use"
    info: JsonObject = {
        "uid": each.id,
        "title": title,
        "desc": " ".join(reason.words for reason in each.reasons),
        "analytic": {"uid": first, "name": first, "type_id": RULE, "type": "Rule"},
        "data_sources": ["AWS CloudTrail"],
        "related_events_count": each.events if isinstance(each, Incident) else len(each.event_ids),
    }
    if each.started is not None:
        info["first_seen_time"] = _milliseconds(each.started)
    if each.ended is not None:
        info["last_seen_time"] = _milliseconds(each.ended)
    return info


def _evidence(each: Incident | Concern) -> list[JsonValue]:
    """Where the requests came from, and who made them."""
    if not isinstance(each, Incident):
        return [{"actor": {"user": {"uid": each.actor}}}] if each.actor else []
    user: JsonObject = {"type_id": 2, "type": "Admin", "uid": f"{each.account}:root", "name": "root"}
    if each.mfa is not None:
        user["has_mfa"] = each.mfa
    actor: JsonObject = {"user": user}
    addresses: list[JsonValue] = [{"actor": actor, "src_endpoint": _endpoint(text)} for text in each.addresses]
    return addresses or [{"actor": actor}]


def _endpoint(address: str) -> JsonObject:
    """CloudTrail names a service where one called."""
    return {"svc_name": address} if address.endswith(".amazonaws.com") else {"ip": address}


def _unmapped(each: Incident | Concern) -> JsonObject:
    reasons: list[JsonValue] = [
        {"code": reason.code, "words": reason.words, "severity": reason.severity.value} for reason in each.reasons
    ]
    shared: JsonObject = {"severity": each.severity.value, "reasons": reasons, "event_ids": list(each.event_ids)}
    if not isinstance(each, Incident):
        return {"kind": each.kind.value, **shared}
    return {
        "shape": each.shape.value,
        "verdict": each.verdict.value,
        "writes": each.writes,
        "failed_sign_ins": each.failed_sign_ins,
        "tasks": list(each.tasks),
        "lease": each.lease,
        "actions": dict(sorted(each.actions.items())),
        **shared,
    }


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
