"""A request: what is asked for, in one record with one digest."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec

from rootwarden.breakglass.core.text import Line, Name, NameOrNone, PersonName, PersonOrNone, Words
from rootwarden.facts.instant import Instant
from rootwarden.transparency.canonical import canonical


class Purpose(StrEnum):
    """What a request is for."""

    VISIT = "visit"
    TASK_SESSION = "task-session"
    ENROLMENT = "enrolment"
    EXPORT = "export"


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody asks for; approvals hold for exactly this.

    Attributes:
        id: Names it.
        purpose: A visit, a task session, an enrolment or an export.
        account: Twelve digits.
        requester: Who asks.
        task: Id of a root-only task, or `other`.
        words: What is to be done; required for `other`.
        ticket: Where it is tracked.
        reason: Why.
        start: Beginning of the window.
        until: Its end.
        code_to: Who gets codes, or nobody.
        password_to: Who gets the root password, or nobody.
        device: Which device of the account gives codes, or is enrolled; an enrolment without one is the password's.
        sources: Networks in CIDR form root will be used from.
        task_policy: Of a task session: the AWS task policy.
        role: Of a task session: ARN of the role it is opened from.
        emergency: Whether it takes the emergency path.
        drill: Kind of drill it is part of, or nothing.
        overrides_duties: Whether it asks to go before open duties of the last lease.
        phrase_salt: Salt of the phrase, in Base64.
        phrase_digest: SHA-256 of salt and phrase, in hexadecimal.
    """

    id: Name
    purpose: Purpose
    account: Name
    requester: PersonName
    task: NameOrNone
    ticket: Line
    reason: Words
    start: Instant
    until: Instant
    words: Words = ""
    code_to: PersonOrNone = ""
    password_to: PersonOrNone = ""
    device: NameOrNone = ""
    sources: Annotated[tuple[Line, ...], msgspec.Meta(max_length=32)] = ()
    task_policy: NameOrNone = ""
    role: Line = ""
    emergency: bool = False
    drill: NameOrNone = ""
    overrides_duties: bool = False
    phrase_salt: Line
    phrase_digest: Line

    @property
    def recipients(self) -> frozenset[str]:
        """Who receives something."""
        return frozenset(filter(None, (self.code_to, self.password_to)))


def digest_of(request: Request) -> str:
    """SHA-256 of the canonical JSON of a request, in hexadecimal: what approvals bind to (BG-2)."""
    return hashlib.sha256(canonical(msgspec.to_builtins(request))).hexdigest()
