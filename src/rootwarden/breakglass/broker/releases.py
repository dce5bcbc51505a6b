"""From an entry in the log to what leaves the vault: anchored first, opened by custodians, handed on, forgotten.

Nothing here decides. The log says what may leave, and the vault looks for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from rootwarden.breakglass.broker.anchoring import Held
from rootwarden.breakglass.broker.custodians import Custodians
from rootwarden.breakglass.broker.wishes import ConfirmRecord
from rootwarden.breakglass.core import custody as steps
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.releasing import PERIOD, checkout_of, step_begins
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.custody.sealed import read_sealed
from rootwarden.breakglass.vault import messages as vault_says
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from rootwarden.breakglass.core.state import Lease, Record, State
    from rootwarden.breakglass.custody.keys import Secret

Material: TypeAlias = Literal["text", "picture", "password"]


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


class Releases(Custodians):
    """What leaves; what it takes is what `Asking` takes."""

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
        opening = _opened(state, lease_id, steps.SEED if device else steps.PASSWORD)
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
            opening=_opened(state, lease_id, steps.SEED),
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
            opening="" if self.is_warm(lease_id) else _opened(state, lease_id, steps.SEED),
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
            opening=_opened(state, lease_id, steps.PASSWORD), lease=lease_id, record=self._blob(record.digest)
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
        records = [self._blob(record.digest) for _, record in steps.exported_records(state, lease.request)]
        opening = _opened(state, lease_id, steps.SEED if lease.request.device else steps.PASSWORD)
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

    # How it is done.

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


def _record(state: State, account: str, device: str) -> Record:
    record = state.accounts[account].records.get(device)
    if record is None:
        raise Refused("R3", "the vault holds nothing of that name for this account")
    return record


def _opened(state: State, lease_id: str, holds: str) -> str:
    """The newest opening whose keys are there for a lease; nothing when there is none."""
    opened = steps.newest_opened(state, lease_id, holds)
    return opened.id if opened is not None else ""
