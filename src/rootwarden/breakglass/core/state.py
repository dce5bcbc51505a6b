"""What the log adds up to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.core.change import Change
from rootwarden.breakglass.core.duty import Duty, Finding
from rootwarden.breakglass.core.entry import LogBegun, signed_message
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.request import Purpose, Request
from rootwarden.breakglass.core.settings import Account, Group, Settings
from rootwarden.facts.instant import Instant
from rootwarden.transparency.growing import GrowingTree

if TYPE_CHECKING:
    from rootwarden.breakglass.core.entry import ClockAttested, Entry
    from rootwarden.breakglass.core.people import Standing
    from rootwarden.breakglass.core.public_key import PublicKey
    from rootwarden.breakglass.core.settings import Quorum

BEFORE_EVERYTHING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Stage(StrEnum):
    """Where a request stands; that time or a change overtook it is found by `stage_of`."""

    FILED = "filed"
    SERVED = "served"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    REPORTED = "reported"
    EXPIRED = "expired"
    VOID = "void"


class Phase(StrEnum):
    """Where a lease stands."""

    OPEN = "open"
    DUTIES = "duties"
    CLOSED = "closed"


class Filed(msgspec.Struct, kw_only=True):
    """A request in the log: its digest, its place, and who agreed, with the place of each approval."""

    request: Request
    digest: str
    index: int
    at: datetime
    stage: Stage = Stage.FILED
    approvals: dict[str, int] = msgspec.field(default_factory=dict)
    # Who got the notice of it, and when it reached them first; none: it could not be delivered.
    told: dict[str, datetime | None] = msgspec.field(default_factory=dict)


class Lease(msgspec.Struct, kw_only=True):
    """What somebody may do until an instant, what they got, and what they still owe."""

    id: str
    request: Request
    index: int
    opened: datetime
    until: datetime
    phase: Phase = Phase.OPEN
    ended: datetime | None = None
    why: str = ""
    steps: list[int] = msgspec.field(default_factory=list)
    first_code: datetime | None = None
    password_released: bool = False
    exported: str = ""
    sessions: int = 0
    duties: tuple[Duty, ...] = ()
    findings: dict[Duty, Finding] = msgspec.field(default_factory=dict)
    # When the evidence behind the findings was collected, and its digest.
    observed: datetime | None = None
    evidence: str = ""
    accepted: dict[Duty, str] = msgspec.field(default_factory=dict)


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A change one administrator signed."""

    change: Change
    digest: str
    proposer: str
    index: int
    at: datetime


class Record(msgspec.Struct, kw_only=True):
    """What the vault holds for one device, or the password, of an account; `index` is the place it was sealed at."""

    index: int
    group: str
    epoch: int
    version: int
    fingerprint: str
    digest: str
    enroller: str
    lease: str
    served: int | None = None
    proven: bool = False


class Guarded(msgspec.Struct, kw_only=True):
    """An account, the place of its last change, and its records by device (the password under the empty name)."""

    account: Account
    index: int
    records: dict[str, Record] = msgspec.field(default_factory=dict)


class Custody(msgspec.Struct, kw_only=True):
    """A custody group in its epoch, and the digest of its envelope once the vault made it."""

    group: Group
    digest: str = ""
    # Digests of the wrapped keys of its accounts.
    account_keys: dict[str, str] = msgspec.field(default_factory=dict)
    # The epoch before, until its keys are wrapped anew.
    before: Custody | None = None


class Opening(msgspec.Struct, kw_only=True):
    """Custodians at work."""

    id: str
    group: str
    epoch: int
    purpose: str
    reference: str
    fingerprint: str
    at: datetime
    shares: dict[str, str] = msgspec.field(default_factory=dict)
    outcome: str = ""
    ended: datetime | None = None
    # How many codes its lease had given before it was opened.
    given: int = 0
    # Its place in the log.
    index: int = 0


class Untold(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who could not be told of an entry yet: when that was tried first and last, and how often."""

    first: datetime
    last: datetime
    attempts: int = 1


class SinkStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a sink accepts heads, and since when."""

    works: bool
    since: datetime


class Drill(msgspec.Struct, kw_only=True):
    """A drill of an account, and how it went."""

    id: str
    account: str
    kind: str
    begun: Instant
    nonce_digest: str = ""
    due: Instant | None = None
    done: Instant | None = None
    outcome: str = ""
    evidence: str = ""


class State:
    """The replay of a log so far; `step` is the only one who changes it."""

    def __init__(self) -> None:
        self.tree = GrowingTree()
        self.newest_at = BEFORE_EVERYTHING
        # Those of this epoch: what was signed in an earlier one is not valid any more.
        self.nonces: set[str] = set()
        self.log = ""
        self.checkpoint_key = ""
        # Those that signed heads before it, oldest first.
        self.former_checkpoint_keys: tuple[str, ...] = ()
        self.settings = Settings(quorums={})
        self.settings_index = 0
        self.epoch = 1
        self.epoch_index = 0
        # Root of the log when its epoch began, in hexadecimal: part of everything people sign.
        self.epoch_root = ""
        self.people: dict[str, Standing] = {}
        # Counters of passkeys by key id, as last seen; they may not go back.
        self.counters: dict[str, int] = {}
        self.offered: dict[tuple[str, str], PublicKey] = {}
        # Keys that were taken from somebody: nobody gets them again.
        self.revoked: set[str] = set()
        self.proposals: dict[str, Proposal] = {}
        # Every name a proposal ever had, so that a signature for one is not good for another.
        self.proposed: set[str] = set()
        # The place of the last change of each thing that changes (C3), by names such as `person:ada`.
        self.changed: dict[str, int] = {}
        # No key and no role that is given now counts before this, however short `settle_minutes` was made.
        self.settles_after = BEFORE_EVERYTHING
        self.waivers: dict[str, datetime] = {}
        self.accounts: dict[str, Guarded] = {}
        self.groups: dict[str, Custody] = {}
        self.requests: dict[str, Filed] = {}
        self.drills: dict[str, Drill] = {}
        # Whether a sink works, and since when, as far as the log was told.
        self.sinks: dict[str, SinkStanding] = {}
        # Keys of the hazards that were noticed.
        self.hazards: set[str] = set()
        # The newest time two people attested.
        self.attested: ClockAttested | None = None
        # Who was told, or could not be, of the entry at a place of the log.
        self.told: dict[int, dict[str, bool]] = {}
        # Those of them who could not be, by place and person.
        self.untold: dict[tuple[int, str], Untold] = {}
        self.leases: dict[str, Lease] = {}
        # By account: the lease that is open, and those that owe something.
        self.open_leases: dict[str, str] = {}
        self.owed: dict[str, dict[str, None]] = {}
        # Requests that wait.
        self.waiting: dict[str, None] = {}
        self.openings: dict[str, Opening] = {}
        # The highest step of each account and device, and the lease it was released to.
        self.last_steps: dict[tuple[str, str], tuple[int, str]] = {}

    @property
    def size(self) -> int:
        """How many entries were replayed."""
        return self.tree.size

    def message(self, entry: Entry) -> bytes:
        """What people sign of an entry that comes next."""
        if isinstance(entry, LogBegun):
            return signed_message(entry, log=entry.log, epoch="")
        return signed_message(entry, log=self.log, epoch=self.epoch_root)

    def settled(self, at: datetime) -> datetime:
        """From when on a key or a role counts that is given at an instant."""
        return max(at + timedelta(minutes=self.settings.settle_minutes), self.settles_after)

    def warm_minutes(self, account: str, at: datetime) -> int:
        """How long the key of an account may stay in memory: as it says, while its waiver lasts; 0 is cold."""
        guarded = self.accounts.get(account)
        return guarded.account.warm_minutes if guarded and f"warm:{account}" in self.waived(at) else 0

    def waived(self, at: datetime) -> frozenset[str]:
        """Waivers that hold at an instant."""
        return frozenset(name for name, until in self.waivers.items() if at < until)

    def quorum_of(self, request: Request) -> Quorum:
        """The quorum that opens the account of a request."""
        return self.settings.quorums[self.accounts[request.account].account.quorum]

    def stage_of(self, filed: Filed, at: datetime) -> Stage:
        """Where a request stands at an instant: a change voids it, time lets it expire (BG-2)."""
        if filed.stage is not Stage.FILED:
            return filed.stage
        if self._changed(filed.request) > filed.index:
            return Stage.VOID
        lives = timedelta(minutes=self.quorum_of(filed.request).request_minutes)
        if at >= min(filed.at + lives, filed.request.until):
            return Stage.EXPIRED
        return Stage.FILED

    def _changed(self, request: Request) -> int:
        """The place of the last change to what a request was filed under."""
        guarded = self.accounts[request.account]
        changed = max(self.settings_index, self.epoch_index, guarded.index)
        if request.purpose is not Purpose.EXPORT:
            return changed
        # An export holds every seed there is, or the password: approvers saw which (docs/decisions/0032).
        held = [record.index for device, record in guarded.records.items() if bool(device) is bool(request.device)]
        return max([changed, *held])

    def open_lease(self, account: str) -> Lease | None:
        """The lease of an account that was not ended, if there is one."""
        name = self.open_leases.get(account)
        return self.leases[name] if name is not None else None

    def owing(self, account: str) -> tuple[Lease, ...]:
        """Leases of an account whose duties are open (BG-9)."""
        return tuple(self.leases[name] for name in self.owed.get(account, ()))

    def end(self, lease: Lease, at: datetime, why: str) -> None:
        """Duties begin."""
        lease.phase, lease.ended, lease.why = Phase.DUTIES, at, why
        del self.open_leases[lease.request.account]
        self.owed.setdefault(lease.request.account, {})[lease.id] = None

    def over(self, filed: Filed, stage: Stage) -> None:
        """A request waits no more."""
        filed.stage = stage
        del self.waiting[filed.request.id]

    def forget_approvals(self, person: str) -> None:
        """What somebody agreed to, while it is not used: gone with their right to, and not back with it."""
        for name in self.waiting:
            self.requests[name].approvals.pop(person, None)

    def forget_shares(self, person: str) -> None:
        """What a custodian gave, while it is not used."""
        for opening in self.openings.values():
            if not opening.outcome:
                opening.shares.pop(person, None)

    def request(self, name: str) -> Filed:
        """A request by id.

        Raises:
            Refused: There is none.
        """
        if name not in self.requests:
            raise Refused("A1", f"there is no request `{name}`")
        return self.requests[name]

    def lease(self, name: str) -> Lease:
        """A lease by id.

        Raises:
            Refused: There is none.
        """
        if name not in self.leases:
            raise Refused("R1", f"there is no lease `{name}`")
        return self.leases[name]
