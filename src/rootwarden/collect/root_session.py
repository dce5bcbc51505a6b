"""Sessions of `sts:AssumeRoot` in members, each written down before it is used (Law 6).

Source: STS API reference, *AssumeRoot*: a regional endpoint, 900 seconds at most, one task policy.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.identity import Identity
from rootwarden.facts.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.aws.calls import JsonObject
    from rootwarden.aws.deadline import Deadline
    from rootwarden.aws.door import Door

SESSION_SECONDS = 900


class RootSession(msgspec.Struct, frozen=True, kw_only=True):
    """An AssumeRoot session we opened, written down so that detection knows its events as ours."""

    account: str
    access_key_id: str
    task_policy: str
    started_at: datetime
    expires_at: datetime | None


class RootSessionOpener:
    """Opens sessions through one door.

    Args:
        door: Access to AWS.
        caller: The caller's own account.
        clock: What sessions are stamped with.
        on_root_session: Called with every session before it is used.
    """

    def __init__(
        self,
        *,
        door: Door,
        caller: str,
        clock: Callable[[], datetime],
        on_root_session: Callable[[RootSession], None],
    ) -> None:
        self._door = door
        self._caller = caller
        self._clock = clock
        self._on_root_session = on_root_session

    def open(self, account: str, task_policy: str, deadline: Deadline) -> Identity:
        """Open a session.

        Args:
            account: The member.
            task_policy: ARN of the task policy.
            deadline: When to give up.

        Raises:
            CallFailed: AWS does not open one.
        """
        call = Call(
            service="sts",
            operation="AssumeRoot",
            file="",
            region=self._door.region,
            parameters={
                "TargetPrincipal": account,
                "TaskPolicyArn": {"arn": task_policy},
                "DurationSeconds": SESSION_SECONDS,
            },
        )
        started = self._clock()
        answer = self._door.ask(call, identity=None, deadline=deadline, charged=self._caller)
        identity = identity_of(account, answer)
        self._on_root_session(
            RootSession(
                account=account,
                access_key_id=identity.access_key_id,
                task_policy=task_policy,
                started_at=started,
                expires_at=identity.expires_at or started + timedelta(seconds=SESSION_SECONDS),
            )
        )
        return identity


def identity_of(account: str, answer: JsonObject) -> Identity:
    """The credentials STS handed out.

    Raises:
        CallFailed: There are none in the answer.
    """
    told = answer.get("Credentials")
    parts = told if isinstance(told, dict) else {}
    key, secret, token = (parts.get(name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    if not (isinstance(key, str) and isinstance(secret, str) and isinstance(token, str)):
        raise CallFailed("MalformedAnswer", "no credentials in the answer")
    expires = parts.get("Expiration")
    return Identity(
        account=account,
        access_key_id=key,
        secret_access_key=secret,
        session_token=token,
        expires_at=parse_instant(expires) if isinstance(expires, str) else None,
    )
