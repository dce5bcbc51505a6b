"""Incidents and concerns as one CSV table, a row each, for spreadsheets; formulas in it are inert."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.incident import Incident
from rootwarden.report.table import inert
from rootwarden.report.words import instant, visible

if TYPE_CHECKING:
    from rootwarden.detect.visits.incident import Concern
    from rootwarden.report.incidents.told import Told

COLUMNS: Final = (
    "id", "what", "kind", "account", "account_name", "severity", "verdict", "started", "ended", "events", "writes",
    "reads", "failed_sign_ins", "mfa", "device", "actor", "task_policy", "tasks", "lease", "addresses", "regions",
    "actions", "reasons", "next", "access_keys", "agents",
)  # fmt: skip
_MFA: Final = {True: "yes", False: "no", None: "unknown"}


def render(told: Told) -> str:
    """A header line, then the most severe first; lines end in CRLF."""
    paper = io.StringIO(newline="")
    writer = csv.writer(paper, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in told.by_severity():
        row = _visit(each) if isinstance(each, Incident) else _concern(each)
        cells = {**_common(each, told), **row}
        writer.writerow([inert(visible(cells.get(column, ""))) for column in COLUMNS])
    return paper.getvalue()


def _common(each: Incident | Concern, told: Told) -> dict[str, str]:
    return {
        "id": each.id,
        "account": each.account,
        "account_name": told.accounts.get(each.account, ""),
        "severity": each.severity.value,
        "started": instant(each.started) if each.started else "",
        "ended": instant(each.ended) if each.ended else "",
        "reasons": "; ".join(f"{reason.code}: {reason.words}" for reason in each.reasons),
        "next": "; ".join(told.actions.get(each.id, ())),
    }


def _visit(incident: Incident) -> dict[str, str]:
    return {
        "what": "visit",
        "kind": incident.shape.value,
        "verdict": incident.verdict.value,
        "events": str(incident.events),
        "writes": str(incident.writes),
        "reads": str(incident.reads),
        "failed_sign_ins": str(incident.failed_sign_ins),
        "mfa": _MFA[incident.mfa],
        "device": incident.device,
        "actor": incident.caller,
        "task_policy": incident.task_policy,
        "tasks": "; ".join(incident.tasks),
        "lease": incident.lease,
        "addresses": "; ".join(incident.addresses),
        "regions": "; ".join(incident.regions),
        "access_keys": "; ".join(incident.access_keys),
        "agents": "; ".join(incident.agents),
        "actions": "; ".join(f"{name} {count}" for name, count in sorted(incident.actions.items())),
    }


def _concern(concern: Concern) -> dict[str, str]:
    return {
        "what": "concern",
        "kind": concern.kind.value,
        "actor": concern.actor,
        "events": str(len(concern.event_ids)),
    }
