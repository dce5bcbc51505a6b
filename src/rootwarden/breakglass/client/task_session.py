"""A session for one root-only task, opened by its recipient's own client (BG-17): the service never holds it.

First the role of the request is assumed with the lease as source identity, so that CloudTrail names the lease in every
event that follows; then `sts:AssumeRoot` with the one task policy. Sources: AWS STS API reference, `AssumeRole`
(`SourceIdentity`) and `AssumeRoot` (at most 900 s, regional endpoints only, not into the management account).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.aws.identity import Identity
from rootwarden.errors import AccessError, AwsError, InputError
from rootwarden.facts.instant import format_instant, parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.aws.calls import Json
    from rootwarden.aws.door import Door

MOST_SECONDS: Final = 900
_SECONDS: Final = 30.0
_ROLE: Final = re.compile(r"arn:(aws[a-z-]*):iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}")
_POLICY: Final = re.compile(r"[A-Za-z0-9]{1,64}")
_SOURCE: Final = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


class TaskSession(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials of one task, in somebody's own terminal; the secret parts do not print.

    Attributes:
        account: Whose root user.
        task_policy: What they may do.
        expires_at: When AWS stops accepting them.
    """

    account: str
    task_policy: str
    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"TaskSession(account={self.account!r}, access_key_id={self.access_key_id!r})"

    __str__ = __repr__

    def for_process(self) -> bytes:
        """What `credential_process` of the AWS CLI reads (AWS CLI user guide, version 1 of the format)."""
        fields = {
            "Version": 1,
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "SessionToken": self.session_token,
            "Expiration": format_instant(self.expires_at),
        }
        return msgspec.json.encode(fields) + b"\n"

    def for_shell(self) -> bytes:
        """Lines for `eval`; AWS's own letters need no quoting, and anything else is refused before."""
        pairs = {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }
        return "".join(f"export {name}='{value}'\n" for name, value in pairs.items()).encode()


def open_task_session(
    door: Door, *, lease: str, account: str, role: str, task_policy: str, seconds: int = MOST_SECONDS
) -> TaskSession:
    """Assume the role, then root, for one task.

    Args:
        door: The way to AWS, with the recipient's own credentials.
        lease: Becomes the source identity.
        account: The member account.
        role: ARN of the role the request names.
        task_policy: Name of the task policy the request names.
        seconds: How long it lasts, at most 900.

    Raises:
        InputError: What the request names is no role, or no policy.
        AccessError: AWS refused one of the two calls.
        AwsError: AWS did not answer usefully.
    """
    named = _ROLE.fullmatch(role)
    if named is None or not _POLICY.fullmatch(task_policy) or not _SOURCE.fullmatch(lease):
        raise InputError("the request names no role and task policy a session can be opened with")
    assume: dict[str, Json] = {
        "RoleArn": role,
        "RoleSessionName": lease,
        "SourceIdentity": lease,
        "DurationSeconds": MOST_SECONDS,
    }
    first = _credentials(_asked(door, "AssumeRole", assume, None))
    own = Identity(
        account=role.split(":")[4],
        access_key_id=first["AccessKeyId"],
        secret_access_key=first["SecretAccessKey"],
        session_token=first["SessionToken"],
    )
    root: dict[str, Json] = {
        "TargetPrincipal": account,
        "TaskPolicyArn": {"arn": f"arn:{named[1]}:iam::aws:policy/root-task/{task_policy}"},
        "DurationSeconds": seconds,
    }
    second = _credentials(_asked(door, "AssumeRoot", root, own))
    expires = parse_instant(second["Expiration"])
    if expires is None:
        raise AwsError("sts:AssumeRoot did not say when the session ends")
    return TaskSession(
        account=account,
        task_policy=task_policy,
        access_key_id=second["AccessKeyId"],
        secret_access_key=second["SecretAccessKey"],
        session_token=second["SessionToken"],
        expires_at=expires,
    )


def _asked(door: Door, operation: str, parameters: dict[str, Json], identity: Identity | None) -> Mapping[str, Any]:
    call = Call(service="sts", operation=operation, parameters=parameters, region=door.region, file="")
    try:
        return door.ask(call, identity=identity, deadline=Deadline(_SECONDS))
    except CallFailed as failed:
        hint = "docs/break-glass.md says which permissions and settings it takes"
        raise AccessError(f"sts:{operation} gave no session: {failed.code}", hint=hint) from failed


def _credentials(answer: Mapping[str, Any]) -> dict[str, str]:
    given = answer.get("Credentials")
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    if not isinstance(given, dict) or not all(isinstance(given.get(name), str) for name in names):
        raise AwsError("sts gave no credentials")
    found = {name: str(given[name]) for name in names}
    if any(letter in "'\n\r\\" for value in found.values() for letter in value):
        raise AwsError("sts gave credentials with letters no credentials have")
    return found
