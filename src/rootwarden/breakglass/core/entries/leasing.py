"""Leases, what is released, and what is owed afterwards."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rootwarden.breakglass.core.duty import Finding
from rootwarden.breakglass.core.entries.base import Entry, JointEntry, SignedEntry
from rootwarden.breakglass.core.text import Line, Name, NameOrNone, Number, PersonName, Place, TimeStep, Words
from rootwarden.facts.instant import Instant


class LeaseOpened(Entry, frozen=True, kw_only=True, tag="lease-opened", forbid_unknown_fields=True):
    """The quorum is met and the recipient begins; `fence` is the entry's own place in the log."""

    lease: Name
    request: Name
    until: Instant
    fence: Place


class CodeReleased(SignedEntry, frozen=True, kw_only=True, tag="code-released", forbid_unknown_fields=True):
    """A code for one step of one device may leave the vault."""

    lease: Name
    device: Name
    step: TimeStep


class PasswordReleased(SignedEntry, frozen=True, kw_only=True, tag="password-released", forbid_unknown_fields=True):
    """The root password may leave the vault."""

    lease: Name


class TaskSessionReleased(
    SignedEntry, frozen=True, kw_only=True, tag="task-session-released", forbid_unknown_fields=True
):
    """The recipient's client may open an AssumeRoot session with this task policy."""

    lease: Name
    task_policy: Line
    role: Line
    seconds: Number


class ExportReleased(SignedEntry, frozen=True, kw_only=True, tag="export-released", forbid_unknown_fields=True):
    """A sealed export of one account leaves the vault."""

    lease: Name
    digest: Line


class LeaseEnded(Entry, frozen=True, kw_only=True, tag="lease-ended", forbid_unknown_fields=True):
    """The window ended, or it was given back, or revoked; duties begin."""

    lease: Name
    why: Name
    reason: Words = ""


class CheckedIn(SignedEntry, frozen=True, kw_only=True, tag="checked-in", forbid_unknown_fields=True):
    """Evidence was looked at: what it shows of each duty."""

    lease: Name
    observed_at: Instant
    last_root_event: Instant | None
    evidence: Line
    findings: Annotated[tuple[Finding, ...], msgspec.Meta(max_length=32)]
    report: Words = ""


class DutyAccepted(JointEntry, frozen=True, kw_only=True, tag="duty-accepted", forbid_unknown_fields=True):
    """A duty that differs is closed with words, by an administrator and an approver who saw this evidence (D3)."""

    lease: Name
    duty: Name
    evidence: Line
    reason: Words


class LeaseClosed(Entry, frozen=True, kw_only=True, tag="lease-closed", forbid_unknown_fields=True):
    """Every duty is met or accepted."""

    lease: Name


class CheckoutPublished(Entry, frozen=True, kw_only=True, tag="checkout-published", forbid_unknown_fields=True):
    """A line of `checkouts.jsonl` (docs/checkouts.md): these bytes are what is signed there."""

    lease: Name
    account: Name
    task: Name
    person: PersonName
    start: Instant = msgspec.field(name="from")
    until: Instant
    released_at: Instant | None
    mfa_device: Line
    emergency: bool = False
    drill: NameOrNone = ""
    sources: Annotated[tuple[Line, ...], msgspec.Meta(max_length=32)]
