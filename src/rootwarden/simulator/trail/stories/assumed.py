"""AssumeRoot: five kinds of task, from another account, in any region; what a member sees is root, and hardly more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.incident import ConcernKind, Severity, Shape, Verdict
from rootwarden.simulator.trail.organization import AUDIT_POLICY, AUDIT_ROLE, ELSEWHERE, HOME, MANAGEMENT, OFFICE
from rootwarden.simulator.trail.record import SDK, role_identity
from rootwarden.simulator.trail.stage import Root

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.simulator.trail.ledger import Draft
    from rootwarden.simulator.trail.stage import Stage

_POLICIES: Final = "arn:aws:iam::aws:policy/root-task/"
_REASON: Final = "AssumeRoot by nobody who was expected"


class _Call:
    """An AssumeRoot call: who, from where, for what."""

    def __init__(self, stage: Stage, role: str, policy: str, *, account: str = MANAGEMENT, region: str = "") -> None:
        self.stage, self.policy, self.account = stage, policy, account
        self.region = region or stage.region()
        self.key = stage.key()
        name = f"{role}-1" if role == AUDIT_ROLE else "mallory"
        self.caller = f"arn:aws:sts::{account}:assumed-role/{role}/{name}"
        self._who = role_identity(account, role, name, stage.key(), stage.at(minutes=-5))
        self._network = OFFICE if role == AUDIT_ROLE else ELSEWHERE

    def tell(self, at: datetime, *, error: str = "", late: timedelta | None = None, marked: bool = False) -> str:
        who: Record = dict(self._who)
        session = who["sessionContext"]
        if marked and isinstance(session, dict):
            who["sessionContext"] = {**session, "assumedRoot": "true"}
        return self.stage.other(
            at,
            "sts:AssumeRoot",
            who,
            account=self.account,
            region=self.region,
            address=self.stage.address(self._network),
            read_only=False,
            request={
                "targetPrincipal": self.stage.account,
                "taskPolicyArn": {"arn": _POLICIES + self.policy},
                "durationSeconds": 900,
            },
            response=None if error else {"credentials": {"accessKeyId": self.key, "sessionToken": "FakeFakeFake"}},
            error=error,
            message="not authorized to perform: sts:AssumeRoot" if error else "",
            late=late,
        )

    def visit(self, severity: Severity, verdict: Verdict, why: str, start: datetime) -> Draft:
        return self.stage.visit(
            Shape.ASSUMED,
            why,
            severity=severity,
            verdict=verdict,
            session=start,
            mfa=False,
            caller=self.caller,
            task_policy=self.policy,
        )


def _hand(stage: Stage, draft: Draft, key: str, start: datetime, *, said: bool = False) -> Root:
    hand = Root(
        stage=stage, draft=draft, shape=Shape.ASSUMED, session=start, key=key, address=stage.address(OFFICE), agent=SDK
    )
    if said:
        hand.who = {"sessionContext": {**_session(hand), "assumedRoot": "true"}}
    return hand


def _session(hand: Root) -> Record:
    session = hand.identity()["sessionContext"]
    return session if isinstance(session, dict) else {}


def _audits(hand: Root, at: datetime) -> None:
    reads = ("ListAccessKeys", "ListMFADevices", "ListSigningCertificates", "GetAccountSummary")
    for number, name in enumerate(reads):
        hand.does(at + timedelta(seconds=number), f"iam:{name}")
    missing = {"error": "NoSuchEntityException", "message": "Login Profile for User AWS ROOT USER cannot be found"}
    hand.does(at + timedelta(seconds=9), "iam:GetLoginProfile", error=missing["error"], message=missing["message"])


def expected_audit(stage: Stage) -> None:
    """The audit role reads root's credentials, as declared."""
    call = _Call(stage, AUDIT_ROLE, AUDIT_POLICY)
    call.tell(stage.at())
    draft = call.visit(Severity.RECORD, Verdict.EXPECTED, "the declared audit", stage.at())
    _audits(_hand(stage, draft, call.key, stage.at()), stage.at(seconds=2))


def expected_audit_said(stage: Stage) -> None:
    """The same, where both records say `assumedRoot`, and the call's record comes days late."""
    call = _Call(stage, AUDIT_ROLE, AUDIT_POLICY)
    call.tell(stage.at(), late=timedelta(days=2), marked=True)
    draft = call.visit(Severity.RECORD, Verdict.EXPECTED, "the declared audit", stage.at())
    _audits(_hand(stage, draft, call.key, stage.at(), said=True), stage.at(seconds=2))


def audit_role_does_more(stage: Stage) -> None:
    """The audit role assumes root with another task policy than declared."""
    call = _Call(stage, AUDIT_ROLE, "S3UnlockBucketPolicy")
    call.tell(stage.at())
    draft = call.visit(Severity.NOTIFY, Verdict.UNEXPLAINED, _REASON, stage.at())
    hand = _hand(stage, draft, call.key, stage.at())
    hand.does(stage.at(minutes=1), "s3:GetBucketPolicy", region="eu-west-1")


def stranger(stage: Stage) -> None:
    """A stranger in another region assumes root, and stays inside the task policy."""
    call = _Call(
        stage, "Developer", "S3UnlockBucketPolicy", account=stage.organization.members[0], region="ap-southeast-2"
    )
    call.tell(stage.at())
    draft = call.visit(Severity.NOTIFY, Verdict.UNEXPLAINED, _REASON, stage.at())
    hand = _hand(stage, draft, call.key, stage.at())
    hand.does(stage.at(minutes=1), "s3:ListBuckets")
    hand.does(
        stage.at(minutes=2), "s3:DeleteBucketPolicy", write=True, region="eu-central-1", request={"bucketName": "b"}
    )


def stranger_beyond(stage: Stage) -> None:
    """A stranger whose writes lie outside the task policy of the call."""
    call = _Call(stage, "Developer", "S3UnlockBucketPolicy")
    call.tell(stage.at(), marked=True)
    draft = call.visit(Severity.PAGE, Verdict.UNEXPLAINED, "writes outside the task policy", stage.at())
    hand = _hand(stage, draft, call.key, stage.at(), said=True)
    hand.does(stage.at(minutes=1), "s3:ListBuckets")
    hand.does(stage.at(minutes=3), "iam:CreateLoginProfile", write=True)


def call_not_seen(stage: Stage) -> None:
    """The record says `assumedRoot`; the call is in a trail that is not read."""
    draft = stage.visit(Shape.ASSUMED, _REASON, severity=Severity.NOTIFY, session=stage.at(), mfa=False)
    hand = _hand(stage, draft, stage.key(), stage.at(), said=True)
    hand.does(stage.at(minutes=1), "s3:GetBucketPolicy", region="eu-west-1")
    hand.does(stage.at(minutes=2), "s3:ListBuckets", region=HOME)


def two_calls(stage: Stage) -> None:
    """Two AssumeRoot sessions of the same second: a visit each."""
    for _ in range(2):
        call = _Call(stage, AUDIT_ROLE, AUDIT_POLICY)
        call.tell(stage.at())
        draft = call.visit(Severity.RECORD, Verdict.EXPECTED, "the declared audit", stage.at())
        _audits(_hand(stage, draft, call.key, stage.at()), stage.at(seconds=5))


def unused_call(stage: Stage) -> None:
    """The declared audit's call whose session does nothing in the member."""
    made = _Call(stage, AUDIT_ROLE, AUDIT_POLICY).tell(stage.at())
    stage.concern(ConcernKind.TOWARD_ROOT, "AssumeRoot, and no session seen", made, severity=Severity.RECORD)


def unused_call_of_a_stranger(stage: Stage) -> None:
    """A stranger's call whose session does nothing in the member."""
    made = _Call(stage, "Developer", "SQSUnlockQueuePolicy").tell(stage.at())
    stage.concern(ConcernKind.TOWARD_ROOT, "AssumeRoot by a stranger, no session seen", made, severity=Severity.NOTIFY)


def unused_call_for_a_password(stage: Stage) -> None:
    """A stranger's call that would let root have a password again, and whose session does nothing in the member."""
    made = _Call(stage, "Developer", "IAMCreateRootUserPassword").tell(stage.at())
    stage.concern(ConcernKind.TOWARD_ROOT, "AssumeRoot to give root a password", made, severity=Severity.PAGE)


def refused_call(stage: Stage) -> None:
    """A stranger's call that is refused."""
    made = _Call(stage, "Developer", "IAMDeleteRootUserCredentials").tell(stage.at(), error="AccessDenied")
    stage.concern(ConcernKind.TOWARD_ROOT, "AssumeRoot was refused", made, severity=Severity.NOTIFY)
