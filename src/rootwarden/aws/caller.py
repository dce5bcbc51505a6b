"""Who runs this, as AWS knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.errors import AccessError, AwsError

if TYPE_CHECKING:
    from rootwarden.aws.deadline import Deadline
    from rootwarden.aws.door import Door

_HINT: Final = "check the network, the proxy settings and AWS_ENDPOINT_URL"
# Of these AWS said nothing about the credentials.
_NO_ANSWER: Final = ("ConnectionError", "ConnectionClosed", "Timeout", "MalformedAnswer")


class Caller(msgspec.Struct, frozen=True):
    """Who runs this: account, ARN and partition."""

    account: str
    arn: str
    partition: str


def caller_of(door: Door, deadline: Deadline) -> Caller:
    """Ask AWS who the caller is (STS, GetCallerIdentity, which no policy can refuse).

    Args:
        door: Access to AWS, with the caller's own credentials.
        deadline: How long it may take.

    Raises:
        AccessError: AWS does not accept the credentials.
        AwsError: It cannot be reached, throttles even that, or the answer names nobody.
    """
    call = Call(service="sts", operation="GetCallerIdentity", file="", region=door.region)
    try:
        answer = door.ask(call, identity=None, deadline=deadline)
    except CallFailed as failed:
        if failed.code in _NO_ANSWER:
            raise AwsError(
                f"AWS cannot be reached: {failed.detail or failed.code}",
                hint=_HINT,
            ) from failed
        if failed.throttled or failed.code == "NotAsked":
            raise AwsError(
                f"{call.action} was throttled until we gave up ({failed.code})", hint="try again in a few minutes"
            ) from failed
        raise AccessError(
            f"AWS does not accept the credentials: {failed.code}", hint="sign in again, or give another --profile"
        ) from failed
    account, arn = answer.get("Account"), answer.get("Arn")
    if not isinstance(account, str) or not isinstance(arn, str):
        raise AwsError("the answer does not say whose credentials they are", hint=_HINT)
    return Caller(account=account, arn=arn, partition=arn.split(":")[1] if arn.count(":") > 1 else "aws")
