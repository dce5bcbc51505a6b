"""What a sink is, what it gives, and how it says no."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

from rootwarden.breakglass.core.anchor import Attestation
from rootwarden.breakglass.witness.messages import check_head
from rootwarden.errors import InputError, SinkError
from rootwarden.facts.instant import Instant
from rootwarden.transparency.head import Cosignature, Head, head_is_signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.sinks.lane import Allowance


class SinkKind(StrEnum):
    """What a sink is."""

    WITNESS = "witness"
    OBJECT_LOCK = "s3-object-lock"
    SYSLOG = "syslog"
    MAIL = "mail"
    DEVICES = "devices"
    FILE = "file"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A sink holds a head.

    Attributes:
        sink: Name of the sink.
        kind: What it is.
        head: The head it holds: the one that was offered, or a later one of the same log.
        accepted_at: When, by the clock of this machine.
        reference: What the sink calls it: a version id, a queue id, a place in a file, names of people.
        verifiable: Whether anybody with the right public key can check it without asking the sink.
        cosignature: What a witness signed.
        attestations: What people's devices signed.
    """

    sink: str
    kind: SinkKind
    head: Head
    accepted_at: Instant
    reference: str
    verifiable: bool
    cosignature: Cosignature | None = None
    attestations: tuple[Attestation, ...] = ()

    @property
    def size(self) -> int:
        """How many entries the head covers."""
        return self.head.size

    @property
    def root(self) -> str:
        """Root of the head, in Base64."""
        return self.head.root


class SinkBehindError(SinkError):
    """The sink holds less than it was thought to, and needs the entries from there on.

    Attributes:
        holds: How many entries it holds.
    """

    def __init__(self, message: str, *, holds: int) -> None:
        super().__init__(message, hint="it is sent what it lacks")
        self.holds = holds


class SinkConflictError(SinkError):
    """The sink holds a head, signed with the log's key, that is not of the log here: it was forked or set back.

    Attributes:
        held: That head.
    """

    def __init__(self, message: str, *, held: Head) -> None:
        super().__init__(message, hint="nothing is released until people have looked; keep both heads")
        self.held = held


class LocalLog(Protocol):
    """The log here, as far as sinks need it; only ever asked for what lies at or below a size that is durable."""

    @property
    def name(self) -> str:
        """Name of the log."""

    @property
    def size(self) -> int:
        """How many entries are durable."""

    def entries(self, first: int, until: int) -> Sequence[bytes]:
        """The bytes of entries, from 0, without the last."""

    def root_at(self, size: int) -> bytes | None:
        """The root after so many entries; `None` when there are fewer."""

    def consistency(self, first: int, size: int) -> Sequence[bytes]:
        """The consistency path from one size, at least 1, to another."""


class Sink(Protocol):
    """A place outside the broker's administration."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def kind(self) -> SinkKind:
        """What it is."""

    @property
    def tells(self) -> bool:
        """Whether it can be asked what it holds."""

    @property
    def takes_entries(self) -> bool:
        """Whether it is given entries, or heads only."""

    def offer(self, head: Head, entries: Sequence[bytes], within: Allowance) -> Receipt:
        """Give it a head, and the entries since the one it took last, as many as `takes_entries` says.

        Raises:
            SinkBehindError: It needs older entries too.
            SinkConflictError: It holds another history.
            SinkError: It did not take it.
        """

    def newest(self, within: Allowance) -> tuple[Head, ...]:
        """The newest head it holds; several, when it holds several of that size; none before the first.

        What it says is judged by the caller, signatures included.

        Raises:
            SinkError: It cannot be asked, or did not answer.
        """


def is_of_log(head: Head, keys: Sequence[Ed25519PublicKey]) -> bool:
    """Whether a head that somebody shows is one the log can have signed, and did."""
    try:
        check_head(head)
        return head_is_signed(head, keys)
    except InputError:
        return False  # what has no canonical spelling was never signed
