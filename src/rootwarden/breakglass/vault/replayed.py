"""The vault's own replay of the log: it answers what may be opened, sealed and released, and believes nobody else.

The same `step` the broker runs; a broker that was taken over can withhold entries, and cannot make one up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.core import custody as steps
from rootwarden.breakglass.core.anchor import Proof, check_anchored
from rootwarden.breakglass.core.entry import EpochBegun, from_bytes
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.releasing import PERIOD, open_lease, step_begins
from rootwarden.breakglass.core.request import Purpose as Wanted
from rootwarden.breakglass.core.settings import OPENED_LIVES, OPENING_LIVES
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.core.step import step
from rootwarden.breakglass.custody.hierarchy import Group
from rootwarden.breakglass.custody.nesting import Custodian
from rootwarden.breakglass.custody.sealed import Binding, Kind
from rootwarden.breakglass.vault.authority import (
    ExportGrant,
    OpeningGrant,
    PasswordGrant,
    Purpose,
    RecordGrant,
    RewrapGrant,
    SealedGroup,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.core import settings
    from rootwarden.breakglass.core.state import Lease
    from rootwarden.transparency.head import Head

PASSWORD_RECORD: Final = "root-password"  # noqa: S105 - the name of a record
# Sealing the record and computing its two codes.
ENROLMENT_USES: Final = 2


class ReplayedAuthority:
    """Answers from the replay of the log, as `vault.authority.Authority` asks."""

    def __init__(self) -> None:
        self.state = State()
        # Entries that were replayed although the head over them was then refused; they must come again.
        self._ahead: list[bytes] = []
        # Hears the proofs of each head that was taken in: a witness's signature tells the time, too.
        self.anchored: Callable[[Sequence[Proof]], None] = _unheard

    @property
    def epoch(self) -> int:
        """The epoch the log is in."""
        return self.state.epoch

    @property
    def checkpoint_key(self) -> str:
        """The key heads are to be signed with from here on, PEM."""
        return self.state.checkpoint_key

    def epoch_in(self, entries: Sequence[bytes]) -> int:
        """The highest epoch that entries say they begin; their signatures are checked when they are replayed.

        Raises:
            InputError: One cannot be read.
        """
        begun = (from_bytes(content) for content in entries if _EPOCH in content)
        return max((entry.epoch for entry in begun if isinstance(entry, EpochBegun)), default=0)

    def advance(self, entries: Sequence[bytes], head: Head, receipts: Sequence[bytes]) -> None:
        """Replay more entries, and check that a witness the log names has seen the head over them.

        Raises:
            Refused: A step refused an entry, or the head is not anchored (V2).
            InputError: An entry cannot be read.
        """
        self._replay(entries)
        proofs = [_proof(receipt) for receipt in receipts]
        check_anchored(self.state, head, proofs, self.state.newest_at)
        self._ahead.clear()
        self.anchored(proofs)

    def hear(self, entries: Sequence[bytes]) -> None:
        """Replay entries whose head comes later.

        Raises:
            Refused: A step refused an entry.
            InputError: An entry cannot be read.
        """
        self._replay(entries)
        self._ahead.clear()

    def founding(self, group: str, epoch: int, now: datetime) -> Group:  # noqa: ARG002 - no instant decides it
        """A group whose first envelope may be made."""
        state = self._settled()
        custody = state.groups.get(group)
        if custody is None or custody.digest or custody.before or custody.group.epoch != epoch:
            raise Refused("O2", f"no first envelope of `{group}` is to be made for epoch {epoch}")
        return _group(custody.group)

    def sealed_group(self, group: str, epoch: int, now: datetime) -> SealedGroup:  # noqa: ARG002 - no instant decides it
        """A group whose envelope may be opened."""
        state = self._settled()
        found = steps.group_in(state, group, epoch)
        custody = state.groups[group]
        one = custody if custody.group.epoch == epoch else custody.before
        if one is None or not one.digest:
            raise Refused("O2", f"`{group}` is not sealed in epoch {epoch}")
        return SealedGroup(group=_group(found), envelope=one.digest)

    def opening(self, opening: str, now: datetime) -> OpeningGrant:
        """An opening that stands and is not over (O1 to O4)."""
        state = self._settled()
        one = state.openings.get(opening)
        if one is None:
            raise Refused("O1", f"there is no opening `{opening}`")
        require(one.outcome in ("", steps.OPENED), "O1", "the opening is over")
        require(now < one.at + OPENING_LIVES, "O4", "the opening is over")
        group = steps.group_in(state, one.group, one.epoch)
        accounts, uses = group.accounts, 1
        if one.purpose == steps.LEASE:
            lease = open_lease(state, one.reference, now)
            accounts = (lease.request.account,)
            visit = state.quorum_of(lease.request).codes_per_opening
            uses = ENROLMENT_USES if lease.request.purpose is Wanted.ENROLMENT else visit
        return OpeningGrant(
            group=one.group,
            epoch=one.epoch,
            purpose=Purpose(one.purpose),
            accounts=accounts,
            fingerprint=one.fingerprint,
            shares=dict(one.shares),
            uses=uses,
            seconds=OPENED_LIVES.total_seconds(),
            lease=one.reference if one.purpose == steps.LEASE else "",
        )

    def code(self, *, lease: str, device: str, step: int, now: datetime) -> RecordGrant:
        """The record whose code was released in the log for this lease, device and step (R1 to R7)."""
        state = self._settled()
        one = open_lease(state, lease, now)
        released = step in one.steps and one.request.device == device
        require(released, "R1", "no code of this step was released in the log")
        _check_time(step, now, steps_long=1)
        return _grant(state, one.request.account, device)

    def password(self, *, lease: str, now: datetime) -> PasswordGrant:
        """The password that was released in the log for this lease (R1, R2, R7)."""
        state = self._settled()
        one = open_lease(state, lease, now)
        require(one.password_released, "R1", "the password was not released in the log")
        return PasswordGrant(record=_grant(state, one.request.account, ""), recipient="")

    def sealing(self, *, lease: str, device: str, now: datetime) -> Binding:
        """Where a seed, or with no device a password, may be sealed, with its next version (N1)."""
        state = self._settled()
        request = _enrolling(state, lease, now).request
        require(device == request.device, "N1", "the enrolment is for another device, or another secret")
        account = request.account
        holds = steps.SEED if device else steps.PASSWORD
        for custody in state.groups.values():
            if account in custody.group.accounts and custody.group.holds == holds and custody.digest:
                known = state.accounts[account].records.get(device)
                return _binding(
                    account,
                    device,
                    group=custody.group.id,
                    epoch=custody.group.epoch,
                    version=(known.version if known else 0) + 1,
                )
        raise Refused("N1", f"no sealed custody group holds a {holds} of account `{account}`")

    def enrolment(self, *, lease: str, device: str, step: int, now: datetime) -> RecordGrant:
        """The record whose codes of `step` and the next were served in the log (N2)."""
        state = self._settled()
        account = _enrolling(state, lease, now).request.account
        record = state.accounts[account].records.get(device)
        served = record is not None and record.lease == lease and record.served == step and not record.proven
        require(served, "N2", "no codes of these steps were served in the log")
        _check_time(step, now, steps_long=2)
        return _grant(state, account, device)

    def export(self, *, lease: str, now: datetime) -> ExportGrant:
        """What an approved export holds: every record of the account that one group keeps."""
        state = self._settled()
        one = open_lease(state, lease, now)
        require(one.request.purpose is Wanted.EXPORT, "R1", "the lease is for no export")
        account, holds = one.request.account, steps.SEED if one.request.device else steps.PASSWORD
        for custody in state.groups.values():
            if account in custody.group.accounts and custody.group.holds == holds and custody.digest:
                records = tuple(
                    _grant(state, account, device) for device, _ in steps.exported_records(state, one.request)
                )
                return ExportGrant(account=account, group=_group(custody.group), records=records)
        raise Refused("O2", f"no sealed custody group holds a {holds} of account `{account}`")

    def exported(self, *, lease: str, digest: str, now: datetime) -> None:
        """Whether the export with this digest was released in the log."""
        one = open_lease(self._settled(), lease, now)
        require(digest == one.exported, "R1", "the export was not released in the log")

    def rewrap(self, group: str, now: datetime) -> RewrapGrant:  # noqa: ARG002 - no instant decides it
        """A group that two administrators decided to change."""
        state = self._settled()
        custody = state.groups.get(group)
        if custody is None or custody.digest or custody.before is None:
            raise Refused("O2", f"no new epoch of `{group}` is to be made")
        records = tuple(_grant(state, account, device) for account, device, _ in steps.records_of(state, group))
        return RewrapGrant(group=_group(custody.group), records=records)

    def warm_seconds(self, account: str, now: datetime) -> float:
        """How long a waiver in the log lets the account's key stay, not beyond its own end; 0 when there is none."""
        state = self._settled()
        minutes = state.warm_minutes(account, now)
        return min(minutes * 60.0, (state.waivers[f"warm:{account}"] - now).total_seconds()) if minutes else 0.0

    def _replay(self, entries: Sequence[bytes]) -> None:
        for place, content in enumerate(entries):
            if place < len(self._ahead):
                require(content == self._ahead[place], "V1", "the log is not the one given before", hint=_RESTART)
                continue
            step(self.state, from_bytes(content))
            self._ahead.append(content)
        require(len(entries) >= len(self._ahead), "V1", "the log is shorter than the one given before", hint=_RESTART)

    def _settled(self) -> State:
        require(not self._ahead, "V2", "the newest entries are not anchored")
        return self.state


def _unheard(_proofs: Sequence[Proof]) -> None:
    """For a replay nobody listens to."""


def _proof(receipt: bytes) -> Proof:
    try:
        return _PROOFS.decode(receipt)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Refused("V2", "what shows that the head is anchored cannot be read") from error


def _enrolling(state: State, name: str, now: datetime) -> Lease:
    lease = open_lease(state, name, now)
    require(lease.request.purpose is Wanted.ENROLMENT, "N1", "the lease is for no enrolment")
    return lease


def _check_time(step: int, now: datetime, *, steps_long: int) -> None:
    """V5, R5: no code before its step, nor after it."""
    begins = step_begins(step)
    require(begins <= now < begins + steps_long * PERIOD, "R5", "the step is not the present one")


def _grant(state: State, account: str, device: str) -> RecordGrant:
    record = state.accounts[account].records[device]
    binding = _binding(account, device, group=record.group, epoch=record.epoch, version=record.version)
    return RecordGrant(binding=binding, digest=record.digest)


def _binding(account: str, device: str, *, group: str, epoch: int, version: int) -> Binding:
    kind = Kind.TOTP_SEED if device else Kind.ROOT_PASSWORD
    record = device or PASSWORD_RECORD
    return Binding(group=group, epoch=epoch, account=account, kind=kind, record=record, version=version)


def _group(group: settings.Group) -> Group:
    return Group(
        name=group.id,
        keeps=Kind(group.holds),
        epoch=group.epoch,
        accounts=list(group.accounts),
        custodians=[Custodian(name=one.person, recipient=one.recipient) for one in group.custodians],
        threshold=group.threshold,
    )


# Canonical JSON has one spelling, so an entry of this kind cannot be without these bytes.
_EPOCH: Final = b'"kind":"epoch-begun"'
_PROOFS: Final[msgspec.json.Decoder[Proof]] = msgspec.json.Decoder(Proof)
_RESTART: Final = "start the vault anew; it replays the whole log"
