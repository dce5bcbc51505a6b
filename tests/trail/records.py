"""Made-up CloudTrail records, and files of them."""

from __future__ import annotations

import gzip
import json
from typing import Any

from rootwarden.detect.visits.interest import Calls, Interest

ACCOUNT = "000011112222"
WANTED = Interest(
    calls=frozenset(
        {
            Calls(frozenset({"AssumeRoot"})),
            Calls(frozenset({"PasswordRecoveryRequested"}), frozenset({"signin.amazonaws.com"})),
            Calls(
                frozenset({"PutContactInformation", "PutAlternateContact", "CloseAccount"}),
                frozenset({"account.amazonaws.com", "organizations.amazonaws.com"}),
            ),
            Calls(frozenset({"DetachPolicy", "DisablePolicyType"}), frozenset({"organizations.amazonaws.com"})),
        }
    ),
    mentions=frozenset({"arn:aws:iam::000011112222:user/made-by-root", "AKIAFAKEFAKEFAKEFAKE"}),
)


def ordinary(number: int = 0, **more: Any) -> dict[str, Any]:
    """A record nobody wants."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AssumedRole", "accountId": ACCOUNT, "sessionContext": {"sessionIssuer": {}}},
        "eventTime": "2026-03-02T08:00:11Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeInstances",
        "awsRegion": "eu-west-1",
        "requestParameters": {"note": 'a "quoted" },{"eventVersion" \\ text', "path": "/dev/root", "who": "a:root:b"},
        "readOnly": True,
        "eventID": f"00000000-0000-4000-8000-{number:012d}",
        "recipientAccountId": ACCOUNT,
        **more,
    }


def root(number: int = 1, **more: Any) -> dict[str, Any]:
    """A record of root."""
    identity = {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT, "accessKeyId": ""}
    return ordinary(number, userIdentity=identity, eventName="ConsoleLogin", eventSource="signin.amazonaws.com") | more


def log(*records: dict[str, Any], packed: bool = True) -> bytes:
    """A log file as CloudTrail writes it."""
    data = json.dumps({"Records": records}, separators=(",", ":")).encode()
    return gzip.compress(data, mtime=0) if packed else data
