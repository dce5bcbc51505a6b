"""CloudTrail records of people and services, as *CloudTrail record contents* of the CloudTrail user guide has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict, Unpack
from uuid import UUID

from rootwarden.facts.instant import format_instant
from rootwarden.simulator.trail.organization import HOME, root_arn

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.detect.filter_pattern import Value

BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
CLI: Final = "aws-cli/2.32.4 md/awscrt#0.28.4 ua/2.1 os/linux#6.12 md/arch#x86_64 lang/python#3.13.9 md/command#s3.ls"
SDK: Final = (
    "Boto3/1.41.2 md/Botocore#1.41.2 ua/2.1 os/linux#6.12 lang/python#3.11.2 cfg/retry-mode#standard Botocore/1.41.2"
)
_KEY_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Fields(TypedDict, total=False):
    """Fields of a record that have usual values.

    Attributes:
        region: `awsRegion`.
        address: `sourceIPAddress`.
        agent: `userAgent`.
        read_only: `readOnly`.
        request: `requestParameters`.
        response: `responseElements`.
        error: `errorCode`, for a call that failed.
        message: `errorMessage`.
        kind: `eventType`.
        more: Further fields, or other values for these.
    """

    region: str
    address: str
    agent: str
    read_only: bool
    request: Value
    response: Value
    error: str
    message: str
    kind: str
    more: Record


def event_id(random: Random) -> str:
    """A fresh id, as CloudTrail and the request ids of AWS have them."""
    return str(UUID(int=random.getrandbits(128), version=4))


def access_key(random: Random, prefix: str) -> str:
    """A fresh access key id: `AKIA…` for a long-term key, `ASIA…` for temporary credentials."""
    return f"{prefix}FAKE" + "".join(random.choices(_KEY_LETTERS, k=12))


def record(
    random: Random, at: datetime, call: str, *, account: str, identity: Record, **fields: Unpack[Fields]
) -> Record:
    """One record.

    Args:
        random: For the ids.
        at: `eventTime`.
        call: `iam:ListUsers`: the first label of `eventSource`, and `eventName`.
        account: `recipientAccountId`.
        identity: `userIdentity`.
        fields: What is not as usual.
    """
    service, _, name = call.partition(":")
    region = fields.get("region", HOME)
    made: Record = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": format_instant(at),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": fields.get("address", "192.0.2.10"),
        "userAgent": fields.get("agent", SDK),
        **_failure(fields.get("error", ""), fields.get("message", "")),
        "requestParameters": fields.get("request"),
        "responseElements": fields.get("response"),
        "requestID": event_id(random),
        "eventID": event_id(random),
        "readOnly": fields.get("read_only", True),
        "eventType": fields.get("kind", "AwsApiCall"),
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.{region}.amazonaws.com",
        },
    }
    return {**made, **fields.get("more", {})}


def _failure(error: str, message: str) -> Record:
    return {**({"errorCode": error} if error else {}), **({"errorMessage": message} if message else {})}


def root_identity(
    account: str, *, key: str = "", session: datetime | None = None, mfa: Value = "false", more: Record | None = None
) -> Record:
    """`userIdentity` of root; without a session for sign-in events and long-term keys.

    Args:
        account: Whose root.
        key: The key that signed.
        session: Start of the session its temporary credentials belong to.
        mfa: `mfaAuthenticated`, a text in real records.
        more: Further fields.
    """
    made: Record = {
        "type": "Root",
        "principalId": account,
        "arn": root_arn(account),
        "accountId": account,
        "accessKeyId": key,
    }
    if session is not None:
        made["sessionContext"] = {"attributes": {"creationDate": format_instant(session), "mfaAuthenticated": mfa}}
    return {**made, **(more or {})}


def role_identity(account: str, role: str, name: str, key: str, session: datetime) -> Record:
    """`userIdentity` of a role's session."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROAFAKEFAKEFAKEFAKE:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAFAKEFAKEFAKEFAKE",
                "arn": f"arn:aws:iam::{account}:role/{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": format_instant(session), "mfaAuthenticated": "false"},
        },
    }


def user_identity(account: str, name: str, key: str) -> Record:
    """`userIdentity` of an IAM user with a long-term key."""
    return {
        "type": "IAMUser",
        "principalId": "AIDAFAKEFAKEFAKEFAKE",
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": key,
        "userName": name,
    }


def federated_identity(account: str, name: str, key: str, session: datetime) -> Record:
    """`userIdentity` of a session that root issued through GetFederationToken."""
    return {
        "type": "FederatedUser",
        "principalId": f"{account}:{name}",
        "arn": f"arn:aws:sts::{account}:federated-user/{name}",
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Root",
                "principalId": account,
                "arn": root_arn(account),
                "accountId": account,
            },
            "attributes": {"creationDate": format_instant(session), "mfaAuthenticated": "false"},
        },
    }
