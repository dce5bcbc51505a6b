"""Who runs this, as AWS knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.aws.calls import Call
from rootwarden.aws.door import CallFailed
from rootwarden.errors import AccessError, AwsError

if TYPE_CHECKING:
    from rootwarden.aws.deadline import Deadline
    from rootwarden.aws.door import Door


class Caller(msgspec.Struct, frozen=True):
    """Who runs this: account, ARN and partition."""

    account: str
    arn: str
    partition: str


def caller_of(door: Door, deadline: Deadline) -> Caller:
    """Ask AWS who the caller is.

    Raises:
        AccessError: AWS does not accept the credentials.
        AwsError: It cannot be reached.
    """
    call = Call(service="sts", operation="GetCallerIdentity", file="", region=door.region)
    try:
        answer = door.ask(call, identity=None, deadline=deadline)
    except CallFailed as failed:
        if failed.code in ("ConnectionError", "Timeout", "MalformedAnswer"):
            raise AwsError(
                f"AWS cannot be reached: {failed.detail or failed.code}",
                hint="check the network, the proxy settings and AWS_ENDPOINT_URL",
            ) from failed
        raise AccessError(
            f"AWS does not accept the credentials: {failed.code}", hint="sign in again, or give another --profile"
        ) from failed
    account, arn = str(answer.get("Account")), str(answer.get("Arn"))
    return Caller(account=account, arn=arn, partition=arn.split(":")[1] if arn.count(":") > 1 else "aws")
