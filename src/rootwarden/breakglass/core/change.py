"""What two administrators can change, one record a kind."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import msgspec

from rootwarden.breakglass.core.people import Person
from rootwarden.breakglass.core.settings import Account, Group, Settings
from rootwarden.facts.instant import Instant
from rootwarden.transparency.canonical import canonical


class _Change(msgspec.Struct, frozen=True, kw_only=True, tag_field="change", forbid_unknown_fields=True):
    """A change."""


class SetPerson(_Change, frozen=True, kw_only=True, tag="set-person", forbid_unknown_fields=True):
    """Add somebody, or give them other roles, groups, aliases or addresses."""

    person: Person


class RestorePerson(_Change, frozen=True, kw_only=True, tag="restore-person", forbid_unknown_fields=True):
    """Take back a suspension, or a freeze."""

    person: str
    reason: str


class AdmitKey(_Change, frozen=True, kw_only=True, tag="admit-key", forbid_unknown_fields=True):
    """Admit a key that somebody offered."""

    person: str
    key: str


class RevokeKey(_Change, frozen=True, kw_only=True, tag="revoke-key", forbid_unknown_fields=True):
    """Take a key away."""

    person: str
    key: str
    reason: str


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

    waiver: str
    reason: str
    until: Instant


Change: TypeAlias = SetPerson | RestorePerson | AdmitKey | RevokeKey | SetSettings | SetAccount | SetGroup | Waive


def change_digest(proposal: str, change: Change) -> str:
    """SHA-256 of a proposal, in hexadecimal: what the second administrator signs."""
    return hashlib.sha256(canonical({"proposal": proposal, "change": msgspec.to_builtins(change)})).hexdigest()
