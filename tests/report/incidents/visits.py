"""Visits and concerns the reports are tried on: each severity and verdict, hostile names, missing times."""

from __future__ import annotations

from datetime import UTC, datetime

from rootwarden.detect.visits.incident import (
    Concern,
    ConcernKind,
    Incident,
    Reason,
    Severity,
    Shape,
    Verdict,
)
from rootwarden.report.incidents.told import Read, Told

HOSTILE = "=cmd()|'<script>alert(1)</script> \u202egnp.exe\x1b[31m"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, 11, tzinfo=UTC)


TAKEOVER = Incident(
    id="visit-000011112222-1",
    account="000011112222",
    shape=Shape.CONSOLE,
    started=at(2, 8),
    ended=at(2, 8, 24),
    events=44,
    writes=3,
    reads=41,
    failed_sign_ins=2,
    mfa=True,
    device="arn:aws:iam::000011112222:mfa/root-account-mfa-device",
    access_keys=("ASIAXXXXXXXXXXXXXXX1",),
    addresses=("198.51.100.7", "203.0.113.9"),
    agents=("Mozilla/5.0 (a browser)",),
    regions=("eu-west-1", "us-east-1"),
    actions={"iam:CreateAccessKey": 1, "iam:DeactivateMFADevice": 2},
    verdict=Verdict.UNEXPLAINED,
    severity=Severity.PAGE,
    reasons=(
        Reason(
            code="no-check-out",
            words="root was used, and no check-out of this account covers it",
            severity=Severity.PAGE,
            event_ids=("00000000-0000-4000-8000-000000000001",),
        ),
        Reason(code="root-mfa-changed", words="an MFA device of root was deactivated", severity=Severity.PAGE),
    ),
    event_ids=("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"),
)
EXPECTED = Incident(
    id="visit-000022223333-1",
    account="000022223333",
    shape=Shape.CONSOLE,
    started=at(5, 13),
    ended=at(5, 13, 9),
    events=6,
    writes=1,
    reads=5,
    mfa=True,
    addresses=("192.0.2.10",),
    regions=("us-east-1",),
    actions={"s3:DeleteBucketPolicy": 1},
    tasks=("unlock-bucket",),
    lease="lease-7",
    verdict=Verdict.EXPECTED,
    severity=Severity.NOTIFY,
    reasons=(Reason(code="check-out", words="check-out lease-7 covers it in every respect", severity=Severity.NOTIFY),),
)
AUDIT = Incident(
    id="visit-000033334444-1",
    account="000033334444",
    shape=Shape.ASSUMED,
    started=at(9, 3),
    ended=at(9, 3),
    events=4,
    writes=0,
    reads=4,
    caller="arn:aws:iam::000011110000:role/rootwarden-audit",
    task_policy="IAMAuditRootUserCredentials",
    verdict=Verdict.EXPECTED,
    severity=Severity.RECORD,
    reasons=(Reason(code="expected-caller", words="AssumeRoot by an expected caller", severity=Severity.RECORD),),
)
UNDATED = Incident(
    id="visit-no-time",
    account="",
    shape=Shape.SESSION,
    started=None,
    ended=None,
    events=1,
    writes=1,
    agents=(HOSTILE,),
    actions={HOSTILE: 1},
    verdict=Verdict.UNEXPLAINED,
    severity=Severity.NOTIFY,
    reasons=(Reason(code="no-time", words="an event of root has no time", severity=Severity.NOTIFY),),
)
WALLET = Concern(
    id="concern-wallet-1",
    kind=ConcernKind.DENIAL_OF_WALLET,
    account="000022223333",
    actor="arn:aws:iam::000022223333:user/" + HOSTILE,
    started=at(20, 1),
    ended=at(20, 2, 30),
    event_ids=("00000000-0000-4000-8000-000000000009",),
    severity=Severity.PAGE,
    reasons=(
        Reason(
            code="denial-of-wallet",
            words="budgets were deleted, then 40 GPU instances were asked for",
            severity=Severity.PAGE,
        ),
    ),
)
SILENCE = Concern(
    id="concern-silence-1",
    kind=ConcernKind.SILENCE,
    account="000044445555",
    actor="",
    started=at(21, 0),
    severity=Severity.NOTIFY,
    reasons=(Reason(code="no-digest", words="no digest from eu-west-1 for five hours", severity=Severity.NOTIFY),),
)
NOTHING = Told(source="an empty folder", read=Read(files=1, events=20))
EVERYTHING = Told(
    source="s3://fake-trail/AWSLogs",
    as_of=at(31, 0),
    incidents=(EXPECTED, AUDIT, UNDATED, TAKEOVER),
    concerns=(SILENCE, WALLET),
    read=Read(files=12_408, events=6_204_000, root_events=55, trouble=("cut.json.gz: ends in the middle", HOSTILE)),
    accounts={"000011112222": "payments-prod", "000022223333": "sandbox " + HOSTILE},
    tasks={"unlock-bucket": "fix a bucket policy that denies everyone"},
    actions={
        TAKEOVER.id: (
            "call whoever may open root of payments-prod; if none of them signed in, treat it as a takeover",
            "end the session: deny root by SCP for a member, reset the password for the management account",
            "list what the session made, and undo it: keys, users, policies",
        )
    },
)
