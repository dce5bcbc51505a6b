"""What stands behind the doors, in one process: seeds in memory, one sink that always accepts.

For tests and for looking at the pages. It computes real codes from real seeds, and it keeps the rules of releases that
do not need a vault: only the person of the entry, only the newest step, only while that lasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.broker.audit_views import Anchor
from rootwarden.breakglass.broker.behind import CodeReply, EnrolmentReply, PasswordReply, SealedSeed, Work
from rootwarden.breakglass.codes.code import code_at
from rootwarden.breakglass.codes.otpauth import read_otpauth
from rootwarden.breakglass.codes.seed import Seed
from rootwarden.breakglass.core.custody import SEED
from rootwarden.breakglass.core.entry import RecordSealed
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.releasing import PERIOD, step_begins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.core.state import State
    from rootwarden.errors import RootwardenError

SINK: Final = "rehearsal"
PASSWORD: Final = "correct horse battery staple"  # noqa: S105 - of an account there is not


class Stage:
    """A vault without custody.

    Args:
        broker: Its log says what may leave.
        seeds: By account and device.

    Attributes:
        trouble: Raised instead of releasing anything, when set.
        gave: What custodians handed in: who, for which opening, how many parts.
    """

    def __init__(self, broker: Broker, seeds: dict[tuple[str, str], bytes] | None = None) -> None:
        self._broker = broker
        self._seeds = {where: Seed(content) for where, content in (seeds or {}).items()}
        self.trouble: RootwardenError | None = None
        self.gave: list[tuple[str, str, int]] = []

    def code(self, person: str, lease: str) -> CodeReply:
        """The code of the newest step released to a lease."""
        self._check_trouble()
        return self._broker.look(lambda state: self._code(state, person, lease))

    def password(self, person: str, lease: str) -> PasswordReply:
        """The password of the rehearsal."""
        self._check_trouble()
        found = self._broker.look(lambda state: state.lease(lease))
        if not found.password_released or found.request.password_to != person:
            raise Refused("R2", "the password of this lease was not released to you")
        return PasswordReply(password=PASSWORD, anchored=(SINK,))

    def enrolment_codes(self, person: str, lease: str, device: str) -> EnrolmentReply:
        """The two codes of an enrolment."""
        self._check_trouble()
        return self._broker.look(lambda state: self._two_codes(state, person, lease, device))

    def seal(self, person: str, lease: str, device: str, material: str, content: bytes) -> SealedSeed:
        """Take a seed and write that it is there."""
        from rootwarden.breakglass.codes.qr import read_qr

        self._check_trouble()
        imported = read_otpauth(read_qr(content) if material == "picture" else content.decode())
        account = self._broker.look(lambda state: state.lease(lease).request.account)
        entry = self._broker.look(
            lambda state: self._record(state, person, account, (lease, device), imported.seed.fingerprint)
        )
        self._broker.say(entry)
        self._seeds[account, device] = imported.seed
        return SealedSeed(fingerprint=imported.seed.fingerprint, notes=imported.notes)

    def work(self, person: str, opening: str) -> Work:
        """One layer that is none."""
        found = self._broker.look(lambda state: state.openings[opening])
        if person in found.shares:
            raise Refused("O3", f"`{person}` gave already")
        return Work(opening=opening, recipient="age1rehearsal", fingerprint=found.fingerprint, layers=("bGF5ZXI=",))

    def give(self, person: str, opening: str, peeled: Sequence[str]) -> None:
        """Remember that somebody gave."""
        self.gave.append((person, opening, len(peeled)))

    def anchors(self) -> Sequence[Anchor]:
        """The sink of the rehearsal has everything."""
        size, at = self._broker.look(lambda state: (state.size, state.newest_at))
        return (Anchor(sink=SINK, size=size, at=at if size else None, works=True),)

    def _check_trouble(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def _code(self, state: State, person: str, name: str) -> CodeReply:
        lease = state.lease(name)
        request = lease.request
        if not lease.steps or request.code_to != person:
            raise Refused("R2", "no code of this lease was released to you")
        step, now = lease.steps[-1], self._broker.now()
        if now >= step_begins(step + 1):
            raise Refused("R5", "the step of the code is over", hint="ask for the next one")
        return CodeReply(
            code=code_at(self._seeds[request.account, request.device], step).reveal(),
            device=request.device,
            step=step,
            valid_from=step_begins(step),
            valid_until=step_begins(step + 1),
            seconds_left=int((step_begins(step + 1) - now).total_seconds()),
            server_time=now,
            codes_left=state.quorum_of(request).codes - len(lease.steps),
            anchored=(SINK,),
        )

    def _two_codes(self, state: State, person: str, name: str, device: str) -> EnrolmentReply:
        lease = state.lease(name)
        record = state.accounts[lease.request.account].records.get(device)
        if record is None or record.served is None or lease.request.requester != person:
            raise Refused("N2", f"no codes of `{device}` were released to you")
        now, step = self._broker.now(), record.served
        if now >= step_begins(step + 1) + PERIOD:
            raise Refused("R5", "the steps of both codes are over", hint="enrol the seed again")
        seed = self._seeds[lease.request.account, device]
        return EnrolmentReply(
            first=code_at(seed, step).reveal(),
            second=code_at(seed, step + 1).reveal(),
            step=step,
            valid_from=step_begins(step),
            valid_until=step_begins(step + 2),
            server_time=now,
            anchored=(SINK,),
        )

    def _record(
        self, state: State, person: str, account: str, where: tuple[str, str], fingerprint: str
    ) -> RecordSealed:
        lease, device = where
        groups = (one for one in state.groups.values() if account in one.group.accounts and one.group.holds == SEED)
        custody = next(groups, None)
        if custody is None:
            raise Refused("N1", f"no custody group covers account `{account}`")
        known = state.accounts[account].records.get(device)
        return RecordSealed(
            at=self._broker.now(),
            actor=person,
            account=account,
            holds=SEED,
            device=device,
            group=custody.group.id,
            epoch=custody.group.epoch,
            version=known.version + 1 if known else 1,
            fingerprint=fingerprint,
            digest="0" * 64,
            lease=lease,
        )
