"""Findings, readings and a clock for the tests of alerts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from rootwarden.alert.content.subject import Around, Subject
from rootwarden.alert.reading import Path, Reading, RootEvent
from rootwarden.alert.routes import Routes
from rootwarden.detect.visits.incident import (
    Concern,
    ConcernKind,
    Incident,
    Reason,
    Severity,
    Shape,
    Verdict,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACCOUNT = "111122223333"
MINUTE = timedelta(minutes=1)
ROUTES = Routes(stages=(("pager", "chat"), ("boss",)), notify=("mail",), streams=("siem",))
PAGE, NOTIFY, RECORD = Severity.PAGE, Severity.NOTIFY, Severity.RECORD


class Hand:
    """A clock that only moves when it is told to."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


def visit(
    name: str = "visit-1", *, events: tuple[str, ...] = ("e1",), severity: Severity = PAGE, **other: Any
) -> Incident:
    reason = Reason(code="no-check-out", words="no check-out covers this visit", severity=severity, event_ids=events)
    known: dict[str, Any] = {
        "account": ACCOUNT,
        "shape": Shape.CONSOLE,
        "started": NOON - 5 * MINUTE,
        "ended": NOON - 4 * MINUTE,
        "events": len(events),
        "writes": 1,
        "verdict": Verdict.UNEXPLAINED,
        "reasons": (reason,),
    }
    return Incident(id=name, severity=severity, event_ids=events, **(known | other))


def concern(name: str = "concern-1", *, severity: Severity = NOTIFY, **other: Any) -> Concern:
    known: dict[str, Any] = {
        "kind": ConcernKind.TOWARD_ROOT,
        "account": ACCOUNT,
        "actor": f"arn:aws:iam::{ACCOUNT}:role/fake-admin",
        "started": NOON - 5 * MINUTE,
        "event_ids": (f"{name}-event",),
        "reasons": (Reason(code="email-changed", words="the address of root was changed", severity=severity),),
    }
    return Concern(id=name, severity=severity, **(known | other))


def subject(finding: Incident | Concern, **other: Any) -> Subject:
    known: dict[str, Any] = {
        "severity": finding.severity,
        "event_at": finding.started,
        "seen_at": NOON,
        "path": ("s3",),
        "key": f"key-of-{finding.id}",
        "around": Around(account_name="payments-prod", actions=("ask them", "revoke it", "look around")),
    }
    return Subject(finding=finding, **(known | other))


def reading(*findings: Incident | Concern, **other: Any) -> Reading:
    return Reading(
        incidents=tuple(each for each in findings if isinstance(each, Incident)),
        concerns=tuple(each for each in findings if isinstance(each, Concern)),
        **({"path": Path.S3, "region": "us-east-1"} | other),
    )


def event(name: str, *, finding: str = "", record: dict[str, Any] | None = None, account: str = ACCOUNT) -> RootEvent:
    content = json.dumps({"eventID": name, "recipientAccountId": account, **(record or {})})
    return RootEvent(
        id=name,
        account=account,
        instant=NOON - 5 * MINUTE,
        region="us-east-1",
        name="ConsoleLogin",
        record=content.encode(),
        finding=finding,
    )
