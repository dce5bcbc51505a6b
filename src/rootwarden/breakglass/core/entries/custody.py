"""Custody groups, openings, records, enrolment."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rootwarden.breakglass.core.entries.base import Entry, SignedEntry
from rootwarden.breakglass.core.text import Line, Name, NameOrNone, PersonName, Place, TimeStep, Words


class Resealed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record that was encrypted anew in a new epoch of its group: the version and digest it has now."""

    account: Name
    device: NameOrNone
    version: Place
    digest: Line


class WrappedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key of an account, wrapped with the key of the epoch: the digest of the sealed blob."""

    account: Name
    digest: Line


class EpochSealed(Entry, frozen=True, kw_only=True, tag="epoch-sealed", forbid_unknown_fields=True):
    """The vault made the key of a custody group's epoch; `digest` is of its sealed envelope.

    `account_keys` has the wrapped key of every account; `records` has every record of the group, encrypted anew: there
    are none in a first epoch.
    """

    group: Name
    epoch: Place
    digest: Line
    account_keys: Annotated[tuple[WrappedKey, ...], msgspec.Meta(max_length=500)] = ()
    records: Annotated[tuple[Resealed, ...], msgspec.Meta(max_length=500)] = ()


class OpeningBegun(Entry, frozen=True, kw_only=True, tag="opening-begun", forbid_unknown_fields=True):
    """Custodians are asked to open a group for one purpose; they compare the fingerprint."""

    opening: Name
    group: Name
    epoch: Place
    purpose: Name
    reference: Name
    fingerprint: Line


class ShareGiven(SignedEntry, frozen=True, kw_only=True, tag="share-given", forbid_unknown_fields=True):
    """A custodian peeled their layer; `digest` is of what they handed in."""

    opening: Name
    fingerprint: Line
    digest: Line


class ShareRefused(Entry, frozen=True, kw_only=True, tag="share-refused", forbid_unknown_fields=True):
    """A share that was given did not come to the vault, or is not what it should be: its custodian may give again."""

    opening: Name
    custodian: PersonName
    reason: Words


class OpeningEnded(Entry, frozen=True, kw_only=True, tag="opening-ended", forbid_unknown_fields=True):
    """The key was used and wiped, or nobody came, or a share was wrong."""

    opening: Name
    outcome: Name
    reason: Words = ""


class RecordSealed(SignedEntry, frozen=True, kw_only=True, tag="record-sealed", forbid_unknown_fields=True):
    """A seed or a password lies in the vault: who brought it, its fingerprint, the digest of the sealed record."""

    account: Name
    holds: Name
    device: NameOrNone
    group: Name
    epoch: Place
    version: Place
    fingerprint: Line
    digest: Line
    lease: Name


class EnrolmentServed(SignedEntry, frozen=True, kw_only=True, tag="enrolment-served", forbid_unknown_fields=True):
    """Two consecutive codes for the console's form: steps `step` and the next."""

    lease: Name
    device: Name
    step: TimeStep


class EnrolmentProven(SignedEntry, frozen=True, kw_only=True, tag="enrolment-proven", forbid_unknown_fields=True):
    """A sign-in with the new device was seen; who destroyed the source of the seed says so."""

    lease: Name
    device: Name
    evidence: Words
    source_destroyed: bool
