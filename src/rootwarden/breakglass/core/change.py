"""What two administrators can change, one record a kind."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import msgspec

from rootwarden.breakglass.core.people import Person
from rootwarden.breakglass.core.settings import Account, Group, Settings
from rootwarden.breakglass.core.text import Line, Name, Pem, PersonName, Words
from rootwarden.facts.instant import Instant
from rootwarden.transparency.canonical import canonical


class _Change(msgspec.Struct, frozen=True, kw_only=True, tag_field="change", forbid_unknown_fields=True):
    """A change."""


class SetPerson(_Change, frozen=True, kw_only=True, tag="set-person", forbid_unknown_fields=True):
    """Add somebody, or give them other roles, groups, aliases or addresses."""

    person: Person


class RestorePerson(_Change, frozen=True, kw_only=True, tag="restore-person", forbid_unknown_fields=True):
    """Take back a suspension, or a freeze."""

    person: PersonName
    reason: Words


class AdmitKey(_Change, frozen=True, kw_only=True, tag="admit-key", forbid_unknown_fields=True):
    """Admit a key that somebody offered."""

    person: PersonName
    key: Line


class RevokeKey(_Change, frozen=True, kw_only=True, tag="revoke-key", forbid_unknown_fields=True):
    """Take a key away."""

    person: PersonName
    key: Line
    reason: Words


class SetSettings(_Change, frozen=True, kw_only=True, tag="set-settings", forbid_unknown_fields=True):
    """Other quorums, limits, witnesses."""

    settings: Settings


class SetAccount(_Change, frozen=True, kw_only=True, tag="set-account", forbid_unknown_fields=True):
    """Add an account, or change what is said of it."""

    account: Account


class SetGroup(_Change, frozen=True, kw_only=True, tag="set-group", forbid_unknown_fields=True):
    """Make a custody group, or begin its next epoch with other custodians."""

    group: Group


class Waive(_Change, frozen=True, kw_only=True, tag="waive", forbid_unknown_fields=True):
    """Accept a risk in writing, until an instant: `warm:<account>`, `member:<account>`, `placement:<finding>`."""

    waiver: Name
    reason: Words
    until: Instant


class SetCheckpointKey(_Change, frozen=True, kw_only=True, tag="set-checkpoint-key", forbid_unknown_fields=True):
    """From here on another key (Ed25519, PEM) signs heads; the one before stays good for the heads it signed."""

    key: Pem
    reason: Words


Change: TypeAlias = (
    SetPerson | RestorePerson | AdmitKey | RevokeKey | SetSettings | SetAccount | SetGroup | Waive | SetCheckpointKey
)


def change_digest(proposal: str, change: Change) -> str:
    """SHA-256 of a proposal, in hexadecimal: what the second administrator signs."""
    return hashlib.sha256(canonical({"proposal": proposal, "change": msgspec.to_builtins(change)})).hexdigest()
