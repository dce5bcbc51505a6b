"""The log, its epochs, its clock, its sinks."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rootwarden.breakglass.core.entries.base import Entry, JointEntry
from rootwarden.breakglass.core.people import Person
from rootwarden.breakglass.core.public_key import PublicKey
from rootwarden.breakglass.core.settings import Settings
from rootwarden.breakglass.core.text import Line, Name, Pem, Place, TimeStep, Words
from rootwarden.facts.instant import Instant


class Founder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A first administrator with a first key."""

    person: Person
    key: PublicKey


class LogBegun(JointEntry, frozen=True, kw_only=True, tag="log-begun", forbid_unknown_fields=True):
    """The first entry: the name of the log, its checkpoint key (PEM), its founders and first settings."""

    log: Name
    checkpoint_key: Pem
    founders: Annotated[tuple[Founder, ...], msgspec.Meta(max_length=64)]
    settings: Settings


class StepFloor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No step up to this one is served any more."""

    account: Name
    device: Name
    step: TimeStep


class EpochBegun(JointEntry, frozen=True, kw_only=True, tag="epoch-begun", forbid_unknown_fields=True):
    """After a rollback, a fork or a restore: everything open ends, and steps have a floor.

    `head_size` and `head_root` say which log goes on: the whole of it, as its signers saw it.
    """

    epoch: Place
    reason: Words
    head_size: Place
    head_root: Line
    floors: Annotated[tuple[StepFloor, ...], msgspec.Meta(max_length=2000)] = ()


class ClockAttested(JointEntry, frozen=True, kw_only=True, tag="clock-attested", forbid_unknown_fields=True):
    """Two people say what time it is, from a source of their own.

    `read_at`, `boot` and `monotonic_us` are the host's at the moment the time was read: its wall clock, its boot id,
    and its monotonic clock in microseconds, since nanoseconds leave the numbers of canonical JSON after 104 days. The
    second person signs later than that.
    """

    instant: Instant
    read_at: Instant
    source: Line
    boot: Line
    monotonic_us: Place


class SinkChanged(Entry, frozen=True, kw_only=True, tag="sink-changed", forbid_unknown_fields=True):
    """A sink stopped or began again to accept."""

    sink: Name
    works: bool
    reason: Words = ""
