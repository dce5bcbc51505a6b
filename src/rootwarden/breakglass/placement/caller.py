"""Whose AWS credentials this machine holds: `sts:GetCallerIdentity`, only when somebody asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.aws.calls import Call
from rootwarden.aws.deadline import Deadline
from rootwarden.aws.door import CallFailed
from rootwarden.errors import AccessError

if TYPE_CHECKING:
    from rootwarden.aws.door import Door

SECONDS: Final = 5.0


def caller_account(door: Door) -> str:
    """The account of the credentials.

    Args:
        door: Access to AWS.

    Raises:
        AccessError: AWS does not say.
    """
    call = Call(service="sts", operation="GetCallerIdentity", file="", region=door.region)
    try:
        answer = door.ask(call, identity=None, deadline=Deadline(SECONDS))
    except CallFailed as failed:
        raise AccessError(f"sts:GetCallerIdentity failed: {failed.code}") from failed
    return str(answer.get("Account") or "")
