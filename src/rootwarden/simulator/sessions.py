"""Who is calling: long-term keys of the world, and sessions issued by STS.

A long-term key `AKIAFAKE<account id>` belongs to the principal `operator` of that account. Sessions expire by the real
clock, whatever instant the world stands at: SDKs compare the expiry with theirs and refresh.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from rootwarden.simulator.world import World

LONG_TERM_PREFIX = "AKIAFAKE"
OPERATOR = "operator"


class CallerKind(Enum):
    """What a caller is."""

    USER = auto()
    ROLE = auto()
    ROOT_TASK = auto()


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A principal that signs requests.

    Attributes:
        task_policy: For a session of `AssumeRoot`, the name of its task policy.
        expires: Seconds since the epoch; `None` for a long-term key.
    """

    account_id: str
    arn: str
    user_id: str
    kind: CallerKind
    access_key_id: str
    session_token: str = ""
    task_policy: str = ""
    expires: float | None = None


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """Temporary credentials as STS hands them out."""

    caller: Caller
    secret_access_key: str
    expiration: datetime


class Sessions:
    """The keys that work."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._callers: dict[str, Caller] = {}
        self._issued = 0
        self._calls: Counter[str] = Counter()

    def find(self, access_key_id: str, session_token: str) -> Caller | None:
        """The caller a key belongs to; `None` when no such key works with that token."""
        caller = self._callers.get(access_key_id) or self._long_term(access_key_id)
        return caller if caller is not None and caller.session_token == session_token else None

    def used(self, caller: Caller) -> int:
        """Count a call of a session, and tell how many it made before."""
        before = self._calls[caller.access_key_id]
        self._calls[caller.access_key_id] = before + 1
        return before

    def has_expired(self, caller: Caller) -> bool:
        """Whether the session's time is over."""
        return caller.expires is not None and time.time() >= caller.expires

    def issue(self, *, account_id: str, arn: str, kind: CallerKind, name: str, seconds: int, task: str = "") -> Issued:
        """Start a session that lasts `seconds`; `name` is the session name, which becomes part of the user id."""
        self._issued += 1
        expires = int(time.time()) + seconds
        number = f"{self._issued:012d}"
        user_id = account_id if kind is CallerKind.ROOT_TASK else f"AROAFAKE{account_id}:{name}"
        caller = Caller(
            account_id=account_id,
            arn=arn,
            user_id=user_id,
            kind=kind,
            access_key_id=f"ASIAFAKE{number}",
            session_token=f"FakeSessionToken{number}",
            task_policy=task,
            expires=float(expires),
        )
        self._callers[caller.access_key_id] = caller
        secret = f"not/a/secret/{number}"
        return Issued(caller=caller, secret_access_key=secret, expiration=datetime.fromtimestamp(expires, UTC))

    def _long_term(self, access_key_id: str) -> Caller | None:
        account_id = access_key_id.removeprefix(LONG_TERM_PREFIX)
        if account_id == access_key_id or account_id not in self._world:
            return None
        caller = Caller(
            account_id=account_id,
            arn=f"arn:{self._world.partition}:iam::{account_id}:user/{OPERATOR}",
            user_id=f"AIDAFAKE{account_id}",
            kind=CallerKind.USER,
            access_key_id=access_key_id,
        )
        self._callers[access_key_id] = caller
        return caller
