"""CloudTrail records for the watcher's tests: visibly fake accounts and keys."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rootwarden.detect.visits.event import read_event

if TYPE_CHECKING:
    from rootwarden.detect.visits.event import Event

MEMBER, MANAGEMENT = "000011112222", "000011110000"
START = datetime(2026, 3, 2, 8, 0, 11, tzinfo=UTC)
_NUMBERS = itertools.count(1)


def moment(minutes: float = 0) -> str:
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def sign_in(minutes: float = 0, *, account: str = MEMBER, **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.09",
        "eventTime": moment(minutes),
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "eventType": "AwsConsoleSignIn",
        "awsRegion": "us-east-1",
        "readOnly": False,
        "recipientAccountId": account,
        "userIdentity": _root(account, access_key=""),
        "sourceIPAddress": "198.51.100.7",
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "Yes"},
        "eventID": _id(),
        **more,
    }


def call(name: str, minutes: float, *, account: str = MEMBER, session: float = 0, **more: Any) -> dict[str, Any]:
    """A call in the console session that began at `session`."""
    identity = _root(account, access_key="ASIAXXXXXXXXXXXXXXX1")
    identity["sessionContext"] = {"attributes": {"creationDate": moment(session), "mfaAuthenticated": "true"}}
    return {
        "eventVersion": "1.09",
        "eventTime": moment(minutes),
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "awsRegion": "us-east-1",
        "readOnly": name.startswith(("Get", "List")),
        "recipientAccountId": account,
        "userIdentity": identity,
        "eventID": _id(),
        **more,
    }


def assume_root(minutes: float, key: str, *, target: str = MEMBER) -> dict[str, Any]:
    role = "arn:aws:sts::000011110000:assumed-role/audit/nightly"
    return {
        "eventTime": moment(minutes),
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRoot",
        "eventType": "AwsApiCall",
        "awsRegion": "eu-west-1",
        "recipientAccountId": MANAGEMENT,
        "userIdentity": {"type": "AssumedRole", "accountId": MANAGEMENT, "arn": role},
        "requestParameters": {
            "targetPrincipal": target,
            "taskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"},
        },
        "responseElements": {"credentials": {"accessKeyId": key}},
        "eventID": _id(),
    }


def assumed(name: str, minutes: float, key: str, *, account: str = MEMBER, session: float = 0) -> dict[str, Any]:
    record = call(name, minutes, account=account, session=session)
    record["userIdentity"]["accessKeyId"] = key
    return record


def events(*records: dict[str, Any]) -> tuple[Event, ...]:
    return tuple(read_event(record) for record in records)


def _root(account: str, *, access_key: str) -> dict[str, Any]:
    arn = f"arn:aws:iam::{account}:root"
    return {"type": "Root", "principalId": account, "arn": arn, "accountId": account, "accessKeyId": access_key}


def _id() -> str:
    return f"00000000-0000-4000-8000-{next(_NUMBERS):012}"
