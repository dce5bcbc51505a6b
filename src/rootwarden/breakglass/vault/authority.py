"""What the vault asks of the log: the one who replays it answers. Nothing a caller says is a right.

Every method raises `core.refusal.Refused` when the log does not allow it; `now` is the vault's own, trusted clock.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

from rootwarden.breakglass.custody.hierarchy import Group
from rootwarden.breakglass.custody.sealed import Binding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.transparency.head import Head


class Purpose(StrEnum):
    """What an opening is for."""

    LEASE = "lease"
    REWRAP = "rewrap"


class SealedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group in an epoch whose envelope was made.

    Attributes:
        group: As the log has it, with its epoch.
        envelope: The digest of its envelope.
    """

    group: Group
    envelope: str


class OpeningGrant(msgspec.Struct, frozen=True, kw_only=True):
    """An opening that stands in the log.

    Attributes:
        group: Its group.
        epoch: Its epoch.
        purpose: What for.
        accounts: Whose keys may be opened.
        fingerprint: SHA-256 of the vault's one-time recipient, as it was logged.
        shares: Digest of each share that was logged, by custodian.
        uses: How many releases the keys serve before they are wiped; 1 is the cold default.
        seconds: How long they may wait for them.
        lease: The lease they serve; empty when the purpose is another.
    """

    group: str
    epoch: int
    purpose: Purpose
    accounts: tuple[str, ...]
    fingerprint: str
    shares: dict[str, str]
    uses: int
    seconds: float
    lease: str = ""


class RecordGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A record that may be used.

    Attributes:
        binding: Where it belongs.
        digest: SHA-256 of its blob, as it stands in the log.
    """

    binding: Binding
    digest: str


class PasswordGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A password that may leave.

    Attributes:
        record: Its record.
        recipient: The one-time age recipient of who receives it; empty: it goes over the socket in the clear.
    """

    record: RecordGrant
    recipient: str


class ExportGrant(msgspec.Struct, frozen=True, kw_only=True):
    """Records that may be sealed for their custodians.

    Attributes:
        account: Of which account.
        group: Who can open the export.
        records: What goes into it.
    """

    account: str
    group: Group
    records: tuple[RecordGrant, ...]


class RewrapGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A group that goes to its next epoch.

    Attributes:
        group: As it shall be, with the new epoch.
        records: All its records, as they are.
    """

    group: Group
    records: tuple[RecordGrant, ...]


class Authority(Protocol):
    """The replayed log."""

    @property
    def epoch(self) -> int:
        """The epoch the log is in; a quorum begins the next."""

    @property
    def checkpoint_key(self) -> str:
        """The key heads are to be signed with from here on, PEM; nothing before the first entry."""

    def epoch_in(self, entries: Sequence[bytes]) -> int:
        """The highest epoch that entries say they begin, signatures unseen; 0 when none does."""

    def advance(self, entries: Sequence[bytes], head: Head, receipts: Sequence[bytes]) -> None:
        """Replay more entries; after a refusal it stands where it stood.

        Args:
            entries: They lead to the head; the vault has checked that, and its signature (V1, the first half of V2).
            head: The signed head over everything up to them.
            receipts: What shows that the head is anchored (the other half of V2).
        """

    def hear(self, entries: Sequence[bytes]) -> None:
        """Replay entries whose head comes later; nothing is asked before it came. After a refusal as `advance`."""

    def founding(self, group: str, epoch: int, now: datetime) -> Group:
        """A group whose first envelope may be made."""

    def sealed_group(self, group: str, epoch: int, now: datetime) -> SealedGroup:
        """A group whose envelope may be opened."""

    def opening(self, opening: str, now: datetime) -> OpeningGrant:
        """An opening that stands and is not over (O1 to O4)."""

    def code(self, *, lease: str, device: str, step: int, now: datetime) -> RecordGrant:
        """The record whose code was released in the log for this lease, device and step (R1 to R7)."""

    def password(self, *, lease: str, now: datetime) -> PasswordGrant:
        """The password that was released in the log for this lease (R1, R2, R7)."""

    def sealing(self, *, lease: str, device: str, now: datetime) -> Binding:
        """Where a seed, or with no device a password, may be sealed, with its next version (N1)."""

    def enrolment(self, *, lease: str, device: str, step: int, now: datetime) -> RecordGrant:
        """The record whose codes of `step` and the next were served in the log (N2)."""

    def export(self, *, lease: str, now: datetime) -> ExportGrant:
        """What an approved export holds."""

    def exported(self, *, lease: str, digest: str, now: datetime) -> None:
        """Whether the export with this digest was released in the log."""

    def rewrap(self, group: str, now: datetime) -> RewrapGrant:
        """A group that two administrators decided to change."""

    def warm_seconds(self, account: str, now: datetime) -> float:
        """How long a waiver in the log lets the account's key stay; 0 when there is none."""


class StepLedger(Protocol):
    """Which steps were released (V4); `codes.ledger.StepLedger` is one."""

    def record(self, device: str, step: int, lease: str) -> bool:
        """Record a step, durably, before its code is computed; `False` when the same lease had it before.

        Raises:
            RootwardenError: It, or a later one, was released before, or the ledger cannot be written.
        """
