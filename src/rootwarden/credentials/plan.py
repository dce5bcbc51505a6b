"""The plan: what each root user holds, what to move first, which calls in which order. `rootwarden.credentials-plan/1`.

docs/credentials.md documents each field. A plan is a file: what is applied is what was read, byte for byte.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any, Final

import msgspec

from rootwarden.credentials.holdings import Holdings
from rootwarden.detect.visits.findings import RootKey
from rootwarden.facts.instant import Instant
from rootwarden.rollout.waves import Waves

SCHEMA: Final = "rootwarden.credentials-plan/1"
DELETE: Final = "IAMDeleteRootUserCredentials"
CREATE_PASSWORD: Final = "IAMCreateRootUserPassword"  # noqa: S105 - the name of a task policy
AUDIT: Final = "IAMAuditRootUserCredentials"


class Phase(StrEnum):
    """When a step comes: before the wait, or after it."""

    PREPARE = "prepare"
    HOLD = "hold"
    REMOVE = "remove"
    RELEASE = "release"


class State(StrEnum):
    """What a plan says of an account."""

    READY = "ready"
    CLEAN = "clean"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    GUIDED = "guided"
    SKIPPED = "skipped"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One call that changes something.

    Attributes:
        id: Its name within the account: `delete key AKIA…`.
        phase: When.
        call: The operation as IAM spells it.
        parameters: Its parameters, exactly as sent.
        through: The task policy of the session that makes it; empty for the caller's own credentials.
        takes: What it is about: `key:AKIA…`, `certificate:…`, `device:…`, `password`, `policy:p-…`, or empty.
        undo: The operation that takes it back, or empty when nothing does.
        undo_parameters: Its parameters.
        undo_through: Its task policy.
    """

    id: str
    phase: Phase
    call: str
    parameters: dict[str, Any] = {}
    through: str = ""
    takes: str = ""
    undo: str = ""
    undo_parameters: dict[str, Any] = {}
    undo_through: str = ""


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One account.

    Attributes:
        account: Twelve digits.
        name: As the organization lists it.
        unit: Path of its organizational unit, or empty where it is not known.
        state: What the plan says of it.
        reasons: Why, for people; what to move first among them.
        seen: What its root user held when the plan looked; `None` for accounts nobody needs to look into.
        uses: What CloudTrail shows of each key, when a trail was given.
        waived: Why credentials in use go all the same, in somebody's words; empty when nobody said so.
        steps: What is done, in order.
    """

    account: str
    name: str = ""
    unit: str = ""
    state: State
    reasons: tuple[str, ...] = ()
    seen: Holdings | None = None
    uses: tuple[RootKey, ...] = ()
    waived: str = ""
    steps: tuple[Step, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The whole plan.

    Attributes:
        schema: `rootwarden.credentials-plan/1`.
        as_of: When it was looked at.
        organization: `o-…`, or empty.
        management: The management account, or empty.
        partition: `aws`, …
        wait_days: Days between putting keys to sleep and deleting them.
        unused_days: A credential used within so many days before `as_of` blocks its account.
        hold: Id of the policy that puts keys to sleep; `deactivate` for the keys themselves; empty for nothing.
        hold_sha256: Of its document (docs/guardrails-replay.md), which was proven to do that and no more.
        prepare: What the organization needs first.
        waves: In which order.
        accounts: Every account, those without steps too.
        told: What people should know before they apply it.
    """

    schema: str = SCHEMA
    as_of: Instant
    organization: str = ""
    management: str = ""
    partition: str = "aws"
    wait_days: int = 14
    unused_days: int = 90
    hold: str = ""
    hold_sha256: str = ""
    prepare: tuple[Step, ...] = ()
    waves: Waves
    accounts: tuple[Planned, ...]
    told: tuple[str, ...] = ()

    def ready(self) -> tuple[Planned, ...]:
        """The accounts that would be changed."""
        return tuple(one for one in self.accounts if one.state is State.READY)

    def of(self, state: State) -> tuple[Planned, ...]:
        """The accounts of one state."""
        return tuple(one for one in self.accounts if one.state is state)


def encode(plan: Plan) -> bytes:
    """The plan as its file."""
    return msgspec.json.format(msgspec.json.encode(plan, order="sorted"), indent=1) + b"\n"


def digest(content: bytes) -> str:
    """What a journal knows a plan by: SHA-256 of its file, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
