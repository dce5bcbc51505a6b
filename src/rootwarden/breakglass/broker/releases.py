"""From an entry in the log to what leaves the vault: anchored first, opened by custodians, handed on, forgotten.

Nothing here decides. The log says what may leave, and the vault looks for itself.
"""

from __future__ import annotations

import hashlib
import threading
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from rootwarden.breakglass.broker.anchoring import Held
from rootwarden.breakglass.broker.drafting import name_of
from rootwarden.breakglass.broker.wishes import ConfirmRecord
from rootwarden.breakglass.core import custody as steps
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.releasing import PERIOD, checkout_of, step_begins
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.custody.sealed import read_sealed
from rootwarden.breakglass.vault import messages as vault_says
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.errors import SinkError
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.breakglass.broker.anchoring import Anchored, Anchors
    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.core.state import Custody, Lease, Record, State
    from rootwarden.breakglass.custody.keys import Secret
    from rootwarden.breakglass.vault.client import Answered

# Bytes of entries that the vault is told at once: it replays them in seconds, and they fit into a frame in Base64.
MOST_TOLD: Final = 4 << 20
Material: TypeAlias = Literal["text", "picture", "password"]
A = TypeVar("A", bound=vault_says.Answer)


class VaultDoor(Protocol):
    """The way to the vault: its socket."""

    def ask(self, request: vault_says.Request, secret: Secret | None = None) -> Answered:
        """One question, one answer, and what stands beside it.

        Raises:
            VaultError: The vault said no, or does not answer.
        """
        ...


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the page with a code shows beside it (BG-7).

    Attributes:
        step: The time step.
        valid_from: When it begins.
        valid_until: When it, or the second of two, ends.
        seconds_left: Until then.
        server_time: Now.
        codes_left: How many codes the lease still gives.
        held: Who holds the head over the entry.
    """

    step: int
    valid_from: Instant
    valid_until: Instant
    seconds_left: int
    server_time: Instant
    codes_left: int
    held: tuple[Held, ...]


class Releases:
    """What leaves.

    Args:
        broker: Writes the log.
        vault: The way to the vault.
        anchors: The sinks.
    """

    def __init__(self, broker: Broker, vault: VaultDoor, anchors: Anchors) -> None:
        self._broker, self._vault, self._anchors = broker, vault, anchors
        # How many entries the vault has taken in, as far as we know; below zero: it is to be asked.
        self._told = -1
        self._telling = threading.RLock()
        self._anchored: Anchored | None = None

    # Custody.

    def seal_epoch(self, group: str) -> None:
        """Have the vault make the first envelope of a group two administrators decided on.

        Raises:
            Refused: No envelope is to be made.
            VaultError: The vault said no.
        """
        state = self._broker.state()
        if group not in state.groups:
            raise Refused("O2", f"there is no custody group `{group}`")
        epoch = state.groups[group].group.epoch
        sealed = self._ask(vault_says.SealEpoch(group=group, epoch=epoch), vault_says.SealedEpoch)
        self._keep_epoch(group, epoch, sealed)

    def begin_opening(self, lease_id: str, *, password: bool = False) -> str:
        """Ask custodians for the record a lease needs.

        Returns:
            The id of the opening.

        Raises:
            Refused: The lease needs no opening, or is not open.
            VaultError: The vault said no.
        """
        state = self._broker.state()
        lease = state.lease(lease_id)
        holds = steps.PASSWORD if password else steps.SEED
        for custody in state.groups.values():
            group = custody.group
            if lease.request.account in group.accounts and group.holds == holds and custody.digest:
                return self._open(custody, steps.LEASE, lease_id, (lease.request.account,))
        raise Refused("O2", f"no sealed custody group holds a {holds} of account `{lease.request.account}`")

    def begin_rewrap(self, group: str) -> str:
        """Ask custodians of the epoch before to open it, so that its keys are wrapped anew.

        Returns:
            The id of the opening.
        """
        custody = self._broker.state().groups.get(group)
        if custody is None or custody.before is None:
            raise Refused("O1", "no change of custody asks for this opening")
        before = custody.before
        return self._open(before, steps.REWRAP, group, before.group.accounts)

    def layers(self, opening: str, custodian: str) -> vault_says.LayersToPeel:
        """What a custodian takes off."""
        return self._ask(vault_says.Layers(opening=opening, custodian=custodian), vault_says.LayersToPeel)

    def give_share(self, entry: log.ShareGiven, peeled: list[bytes]) -> bool:
        """Hand in what a custodian peeled, once their signature is in the log.

        Returns:
            Whether enough have given now, and the keys are open.

        Raises:
            VaultError: The vault said no; a share that is wrong names its giver.
        """
        ask = vault_says.GiveShare(opening=entry.opening, custodian=entry.actor, results=peeled)
        shared = self._ask(ask, vault_says.Shared)
        if shared.open:
            self._broker.say(self._system(log.OpeningEnded, opening=entry.opening, outcome=steps.OPENED))
            opening = self._broker.state().openings[entry.opening]
            if opening.purpose == steps.REWRAP:
                self._rewrap(opening.group, entry.opening)
        return shared.open

    # Enrolment.

    def seal_record(self, person: str, lease_id: str, device: str, material: Material, secret: Secret) -> ConfirmRecord:
        """Have a seed or a password sealed during an enrolment; it passes through and is wiped.

        Args:
            person: Who brings it.
            lease_id: The enrolment.
            device: Which device; empty for the password.
            material: What the secret is.
            secret: The content.

        Returns:
            What its bringer confirms with a signature, after comparing the fingerprint.

        Raises:
            Refused: Somebody else asked for the enrolment.
            VaultError: The vault said no.
        """
        state = self._broker.state()
        lease = state.lease(lease_id)
        require(person == lease.request.requester, "N1", "who asked for the enrolment brings the seed")
        opening = _opened_for(state, lease_id, password=not device)
        ask = vault_says.SealRecord(opening=opening, lease=lease_id, device=device, material=material)
        sealed = self._ask(ask, vault_says.SealedRecord, secret)
        binding = read_sealed(sealed.record).binding
        self._broker.keeper.put_blob(sealed.digest, sealed.record)
        return ConfirmRecord(
            lease=lease_id,
            device=device,
            group=binding.group,
            epoch=binding.epoch,
            version=sealed.version,
            fingerprint=sealed.fingerprint,
            digest=sealed.digest,
        )

    def enrolment_codes(self, person: str, lease_id: str, device: str) -> tuple[Shown, Secret]:
        """The two codes an enrolment was served.

        Raises:
            Refused: They were not, are another's, or their time is not now.
        """
        state = self._broker.state()
        lease = state.lease(lease_id)
        require(person == lease.request.requester, "N2", "the codes go to who asked for the enrolment")
        record = _record(state, lease.request.account, device)
        if record.served is None:
            raise Refused("N2", "no codes were asked for")
        self._check_now(record.served, steps_long=2)
        ask = vault_says.EnrolmentCodes(
            opening=_opened_for(state, lease_id),
            lease=lease_id,
            device=device,
            step=record.served,
            record=self._blob(record.digest),
        )
        return self._shown(ask, state, lease)

    # Releases.

    def code(self, person: str, lease_id: str) -> tuple[Shown, Secret]:
        """The code of the newest step that was released to a lease; the same one until the step ends.

        Raises:
            Refused: It is another's, none was released, or its time is not now.
            SinkError: Nobody outside holds the head; nothing leaves.
            VaultError: The vault said no.
        """
        state = self._broker.state()
        lease = state.lease(lease_id)
        require(person == lease.request.code_to, "R2", "codes of this lease go to somebody else")
        require(bool(lease.steps), "R1", "no code of this lease was asked for")
        step, device = lease.steps[-1], lease.request.device
        self._check_now(step, steps_long=1)
        record = _record(state, lease.request.account, device)
        ask = vault_says.ReleaseCode(
            opening=_opened_for(state, lease_id),
            lease=lease_id,
            device=device,
            step=step,
            record=self._blob(record.digest),
        )
        return self._shown(ask, state, lease)

    def password(self, person: str, lease_id: str) -> Secret:
        """The root password, once its release is in the log.

        Raises:
            Refused: It is another's, or was not released.
        """
        state = self._broker.state()
        lease = state.lease(lease_id)
        require(person == lease.request.password_to, "R2", "the password of this lease goes to somebody else")
        require(lease.password_released, "R1", "the password was not asked for")
        record = _record(state, lease.request.account, "")
        ask = vault_says.ReleasePassword(
            opening=_opened_for(state, lease_id, password=True), lease=lease_id, record=self._blob(record.digest)
        )
        self._broker.check_may_release()
        answered = self._asked(ask)
        return answered.secret

    def make_export(self, person: str, lease_id: str) -> str:
        """Have the records of an account sealed for their custodians alone.

        Returns:
            The digest to sign for.
        """
        state = self._broker.state()
        lease = state.lease(lease_id)
        require(person == lease.request.requester, "R2", "the export goes to somebody else")
        require(lease.request.purpose is Purpose.EXPORT, "R1", "the lease is for no export")
        password = not lease.request.device
        records = [
            self._blob(record.digest)
            for device, record in sorted(state.accounts[lease.request.account].records.items())
            if bool(device) is not password
        ]
        opening = _opened_for(state, lease_id, password=password)
        made = self._ask(vault_says.MakeExport(opening=opening, lease=lease_id, records=records), vault_says.MadeExport)
        return made.digest

    def export(self, person: str, lease_id: str) -> bytes:
        """The export, once its release is in the log, signed with the checkpoint key; the log has the body's digest."""
        lease = self._broker.state().lease(lease_id)
        require(person == lease.request.requester, "R2", "the export goes to somebody else")
        self._broker.check_may_release()
        body = self._ask(vault_says.ReleaseExport(lease=lease_id), vault_says.ReleasedExport).body
        return self._broker.signed_export(body)

    def publish(self, lease_id: str) -> None:
        """Write the check-out of a lease as it stands now, for detection to reconcile (docs/checkouts.md)."""
        state = self._broker.state()
        self._broker.say(checkout_of(state, state.lease(lease_id), self._broker.now()))

    def anchor(self) -> Anchored:
        """Have the newest head held outside, and tell the vault.

        Raises:
            SinkError: Too few sinks took it.
            VaultError: The vault did not take it.
        """
        head = self._broker.keeper.newest_head()
        if head is None:
            raise Refused("G1", "there is no log yet")
        if self._anchored is None or self._anchored.head.size != head.size:
            self._anchored = self._anchors.anchor(head)
        return self._anchored

    # How it is done.

    def _anchored_now(self) -> Anchored:
        """The newest head, as held outside at this moment when the vault is yet to hear of it.

        What a witness signs tells the vault the time too (V5): a signature that waited here is as much too old.
        """
        known, anchored = self._anchored, self.anchor()
        if anchored is known and anchored.head.size != self._told:
            anchored = self._anchored = self._anchors.anchor(anchored.head)
        return anchored

    def _ask(self, request: vault_says.Request, kind: type[A], secret: Secret | None = None) -> A:
        answered = self._asked(request, secret)
        answered.secret.wipe()
        if not isinstance(answered.answer, kind):
            raise VaultError(f"the vault answered `{type(answered.answer).__name__}`, not `{kind.__name__}`")
        return answered.answer

    def _asked(self, request: vault_says.Request, secret: Secret | None = None) -> Answered:
        """Ask with everything the vault does not know yet, under a head that is held outside (BG-4)."""
        anchored, known = self._anchored_now(), self._told
        try:
            return self._told_and_asked(anchored, request, secret)
        except VaultError as error:
            # A vault that was started anew knows no entries. What went beside the request is wiped, and not sent again.
            if secret is None and known >= 0 and error.step == "V1":
                return self._asked(request)
            if anchored.head.size < self._broker.state().size:
                # Offline, two people signed an earlier head; what the vault was asked about may lie after it.
                raise SinkError("the newest entries are not held outside yet", hint=_SIGN) from error
            raise

    def _told_and_asked(self, anchored: Anchored, request: vault_says.Request, secret: Secret | None) -> Answered:
        # Two at once would tell the vault the same entries twice: one of them would be refused, with a share lost.
        with self._telling:
            try:
                part = self._part(anchored)
                answered = self._vault.ask(msgspec.structs.replace(request, log=part), secret)
            except VaultError:
                self._told = -1
                raise
            self._told = max(self._told, anchored.head.size)
            return answered

    def _part(self, anchored: Anchored) -> vault_says.LogPart | None:
        if self._told < 0:
            # The vault may have started anew, or taken the entries in before it said no.
            status = self._vault.ask(vault_says.Status()).answer
            told = status.size if isinstance(status, vault_says.Stands) else 0
            here = self._broker.state().size
            if told > here:
                raise VaultError(f"the vault knows {told} entries, and the log here has {here}", hint=_ANEW, step="V1")
            self._told = told
        if self._told >= anchored.head.size:
            return None
        read = islice(self._broker.keeper.read(self._told), anchored.head.size - self._told)
        entries: list[bytes] = []
        for piece in _pieces(read):
            if entries:
                self._vault.ask(vault_says.Hear(since=self._told, entries=entries)).secret.wipe()
                self._told += len(entries)
            entries = piece
        receipts = [msgspec.json.encode(proof) for proof in anchored.proofs]
        return vault_says.LogPart(since=self._told, entries=entries, head=anchored.head, receipts=receipts)

    def _open(self, custody: Custody, purpose: str, reference: str, accounts: tuple[str, ...]) -> str:
        group = custody.group
        opening = name_of(self._broker.random, "opening")
        keys = {account: self._blob(custody.account_keys[account]) for account in accounts}
        ask = vault_says.BeginOpening(
            opening=opening, group=group.id, epoch=group.epoch, envelope=self._blob(custody.digest), account_keys=keys
        )
        begun = self._ask(ask, vault_says.Begun)
        self._broker.say(
            self._system(
                log.OpeningBegun,
                opening=opening,
                group=group.id,
                epoch=group.epoch,
                purpose=purpose,
                reference=reference,
                fingerprint=begun.fingerprint,
            )
        )
        return opening

    def _rewrap(self, group: str, opening: str) -> None:
        state = self._broker.state()
        records = [self._blob(record.digest) for _, _, record in steps.records_of(state, group)]
        sealed = self._ask(vault_says.Rewrap(opening=opening, records=records), vault_says.SealedEpoch)
        self._keep_epoch(group, state.groups[group].group.epoch, sealed)

    def _keep_epoch(self, group: str, epoch: int, sealed: vault_says.SealedEpoch) -> None:
        keeper, state = self._broker.keeper, self._broker.state()
        keeper.put_blob(sealed.digest, sealed.envelope)
        wrapped: list[log.WrappedKey] = []
        for account, key in sorted(sealed.account_keys.items()):
            digest = hashlib.sha256(key).hexdigest()
            keeper.put_blob(digest, key)
            wrapped.append(log.WrappedKey(account=account, digest=digest))
        rewrapped: list[log.Resealed] = []
        for (account, device, _), blob in zip(steps.records_of(state, group), sealed.records, strict=True):
            digest = hashlib.sha256(blob).hexdigest()
            keeper.put_blob(digest, blob)
            version = read_sealed(blob).version
            rewrapped.append(log.Resealed(account=account, device=device, version=version, digest=digest))
        self._broker.say(
            self._system(
                log.EpochSealed,
                group=group,
                epoch=epoch,
                digest=sealed.digest,
                account_keys=tuple(wrapped),
                records=tuple(rewrapped),
            )
        )

    def _shown(self, ask: vault_says.Request, state: State, lease: Lease) -> tuple[Shown, Secret]:
        self._broker.check_may_release()
        answered = self._asked(ask)
        code = answered.answer
        if not isinstance(code, vault_says.Code):
            answered.secret.wipe()
            raise VaultError(f"the vault answered `{type(code).__name__}`, not a code")
        most = state.quorum_of(lease.request).codes
        held = self._anchored.held if self._anchored else ()
        shown = Shown(
            step=code.step,
            valid_from=code.valid_from,
            valid_until=code.valid_until,
            seconds_left=code.seconds_left,
            server_time=code.server_time,
            codes_left=most - len(lease.steps),
            held=held,
        )
        return shown, answered.secret

    def _check_now(self, step: int, *, steps_long: int) -> None:
        now, begins = self._broker.now(), step_begins(step)
        seconds = max(1, int((begins - now).total_seconds() + 0.999))
        require(now >= begins, "R5", f"the code begins in {seconds} s", hint="it is shown then")
        require(now < begins + steps_long * PERIOD, "R5", "the time of this code is over", hint="ask for another one")

    def _blob(self, digest: str) -> bytes:
        blob = self._broker.keeper.blob(digest)
        if blob is None:
            raise Refused("V3", "a sealed record the log names is not in the database", hint=_RESTORE)
        return blob

    def _system(self, kind: type[log.Entry], **fields: Any) -> log.Entry:
        return kind(at=self._broker.now(), actor=log.SYSTEM, **fields)


def _pieces(entries: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Entries in pieces that the vault takes at once, in size and in time."""
    piece, size = list[bytes](), 0
    for entry in entries:
        if piece and size + len(entry) > MOST_TOLD:
            yield piece
            piece, size = [], 0
        piece.append(entry)
        size += len(entry)
    yield piece


def _record(state: State, account: str, device: str) -> Record:
    record = state.accounts[account].records.get(device)
    if record is None:
        raise Refused("R3", "the vault holds nothing of that name for this account")
    return record


def _opened_for(state: State, lease_id: str, *, password: bool = False) -> str:
    """The newest opening whose keys are there for a lease; nothing when there is none, as for a warm account."""
    for opening in reversed(state.openings.values()):
        holds = state.groups[opening.group].group.holds
        mine = (opening.reference, holds) == (lease_id, steps.PASSWORD if password else steps.SEED)
        if mine and opening.outcome == steps.OPENED:
            return opening.id
    return ""


_ANEW: Final = "bring the whole log back; after a new epoch, start the vault anew"
_SIGN: Final = "is a sink reachable again? else two people sign the head on their devices"
_RESTORE: Final = "restore it from a backup, or open the sealed export with the custodians"
