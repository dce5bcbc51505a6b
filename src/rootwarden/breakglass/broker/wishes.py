"""What people can wish for: the bodies of the API, the forms of the pages, the arguments of the commands."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from rootwarden.breakglass.core.change import Change
from rootwarden.breakglass.core.duty import Finding
from rootwarden.breakglass.core.people import Person
from rootwarden.breakglass.core.public_key import PublicKey
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.settings import Settings
from rootwarden.facts.instant import Instant

Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=128)]
Words: TypeAlias = Annotated[str, msgspec.Meta(max_length=4000)]


class Wish(msgspec.Struct, frozen=True, kw_only=True, tag_field="wish", forbid_unknown_fields=True):
    """Something a person wants written into the log, with their signature."""


class File(Wish, frozen=True, kw_only=True, tag="file", forbid_unknown_fields=True):
    """File a request; the window begins now when no start is given."""

    account: Name
    task: Name
    ticket: Words
    reason: Words
    purpose: Purpose = Purpose.VISIT
    words: Words = ""
    minutes: int = 60
    start: Instant | None = None
    code_to: Name = ""
    password_to: Name = ""
    device: Name = ""
    sources: tuple[Name, ...] = ()
    task_policy: Name = ""
    role: Words = ""
    emergency: bool = False
    drill: Name = ""
    overrides_duties: bool = False


class Approve(Wish, frozen=True, kw_only=True, tag="approve", forbid_unknown_fields=True):
    """Approve a request whose phrase was read out."""

    request: Name
    phrase: Name


class Deny(Wish, frozen=True, kw_only=True, tag="deny", forbid_unknown_fields=True):
    """Say no, and why."""

    request: Name
    reason: Words


class Report(Wish, frozen=True, kw_only=True, tag="report", forbid_unknown_fields=True):
    """Report a request nobody announced."""

    request: Name
    reason: Words


class Suspend(Wish, frozen=True, kw_only=True, tag="suspend", forbid_unknown_fields=True):
    """Take every right from somebody who left."""

    person: Name
    reason: Words


class GetExport(Wish, frozen=True, kw_only=True, tag="get-export", forbid_unknown_fields=True):
    """Get the sealed export that was made for a lease."""

    lease: Name
    digest: Name


class GetCode(Wish, frozen=True, kw_only=True, tag="get-code", forbid_unknown_fields=True):
    """Get a code of an open lease."""

    lease: Name


class GetPassword(Wish, frozen=True, kw_only=True, tag="get-password", forbid_unknown_fields=True):
    """Get the root password of an open lease."""

    lease: Name


class GetTaskSession(Wish, frozen=True, kw_only=True, tag="get-task-session", forbid_unknown_fields=True):
    """Get leave to open an AssumeRoot session."""

    lease: Name
    seconds: int = 900


class GiveShare(Wish, frozen=True, kw_only=True, tag="give-share", forbid_unknown_fields=True):
    """Hand in what was peeled for an opening, as the custodian's own program wrote it."""

    opening: Name
    fingerprint: Name
    peeled: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=16384)], ...], msgspec.Meta(max_length=840)]


class OfferKey(Wish, frozen=True, kw_only=True, tag="offer-key", forbid_unknown_fields=True):
    """Offer a key of one's own, for two administrators to admit."""

    key: PublicKey


class Propose(Wish, frozen=True, kw_only=True, tag="propose", forbid_unknown_fields=True):
    """Propose a change."""

    change: Change


class Second(Wish, frozen=True, kw_only=True, tag="second", forbid_unknown_fields=True):
    """Agree to a change another administrator proposed."""

    proposal: Name


class ConfirmRecord(Wish, frozen=True, kw_only=True, tag="confirm-record", forbid_unknown_fields=True):
    """Confirm what the vault sealed, after comparing the fingerprint."""

    lease: Name
    device: Name
    group: Name
    epoch: int
    version: int
    fingerprint: Name
    digest: Name


class ServeEnrolment(Wish, frozen=True, kw_only=True, tag="serve-enrolment", forbid_unknown_fields=True):
    """Get the two codes the console asks for when a device is enrolled."""

    lease: Name
    device: Name


class ProveEnrolment(Wish, frozen=True, kw_only=True, tag="prove-enrolment", forbid_unknown_fields=True):
    """Say that a sign-in with the new device worked, and whether the source of the seed is destroyed."""

    lease: Name
    device: Name
    evidence: Words
    source_destroyed: bool


class CheckIn(Wish, frozen=True, kw_only=True, tag="check-in", forbid_unknown_fields=True):
    """Bring evidence of how an account was left: what it shows of each duty, and the report."""

    lease: Name
    observed_at: Instant
    last_root_event: Instant | None
    evidence: Name
    findings: Annotated[tuple[Finding, ...], msgspec.Meta(max_length=16)]
    report: Words = ""


class AcceptDuty(Wish, frozen=True, kw_only=True, tag="accept-duty", forbid_unknown_fields=True):
    """Accept a difference, in words; an administrator and an approver sign."""

    lease: Name
    duty: Name
    reason: Words


class AttestClock(Wish, frozen=True, kw_only=True, tag="attest-clock", forbid_unknown_fields=True):
    """Say what time it is, from a source of one's own; two people sign."""

    instant: Instant
    source: Words


class BeginEpoch(Wish, frozen=True, kw_only=True, tag="begin-epoch", forbid_unknown_fields=True):
    """Begin a new epoch after a rollback; two administrators and a custodian sign."""

    reason: Words


class Found(Wish, frozen=True, kw_only=True, tag="found", forbid_unknown_fields=True):
    """Found the log; every founder signs."""

    log: Name
    people: tuple[Person, ...]
    keys: tuple[PublicKey, ...]
    settings: Settings


AnyWish: TypeAlias = (
    File
    | Approve
    | Deny
    | Report
    | Suspend
    | GetExport
    | GetCode
    | GetPassword
    | GetTaskSession
    | GiveShare
    | OfferKey
    | Propose
    | Second
    | ConfirmRecord
    | ServeEnrolment
    | ProveEnrolment
    | CheckIn
    | AcceptDuty
    | AttestClock
    | BeginEpoch
    | Found
)
