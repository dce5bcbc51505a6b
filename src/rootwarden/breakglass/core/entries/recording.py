"""What is only recorded: drills, sign-ins, refusals, and what will end on a day that is known."""

from __future__ import annotations

from rootwarden.breakglass.core.entries.base import Entry
from rootwarden.breakglass.core.text import Line, Name, NameOrNone, Number, Words
from rootwarden.facts.instant import Instant


class DrillBegun(Entry, frozen=True, kw_only=True, tag="drill-begun", forbid_unknown_fields=True):
    """A drill begins; `nonce_digest` is of what was sent to the mailbox, or said on the phone."""

    drill: Name
    account: Name
    drill_kind: Name
    nonce_digest: Line = ""


class DrillDone(Entry, frozen=True, kw_only=True, tag="drill-done", forbid_unknown_fields=True):
    """A drill came to an end (S3.9); `answer` is what arrived, `lease` the one that was opened for it."""

    drill: Name
    account: Name
    drill_kind: Name
    due: Instant
    outcome: Name
    evidence: Words
    answer: Line = ""
    lease: NameOrNone = ""


class SignedIn(Entry, frozen=True, kw_only=True, tag="signed-in", forbid_unknown_fields=True):
    """Somebody signed in to look: `method` is passkey, ed25519 or oidc."""

    method: Name


class HazardNoticed(Entry, frozen=True, kw_only=True, tag="hazard-noticed", forbid_unknown_fields=True):
    """Something ends on a day that is known: a certificate, a domain, a battery, somebody's time as a custodian."""

    hazard: Line
    severity: Name
    words: Words


class AttemptRefused(Entry, frozen=True, kw_only=True, tag="attempt-refused", forbid_unknown_fields=True):
    """Somebody tried what the protocol does not allow; many of one kind are counted in one entry."""

    attempted: Line
    step: Name
    count: Number = 1
