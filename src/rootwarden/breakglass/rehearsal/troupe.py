"""The cast at the doors of a real broker: every act is wished for, signed, and done, as people would do it.

The demo, the benchmark and the tests of the whole house play with it. Nothing here knows a short cut.
"""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.broker.acting import Acting
from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.duty import Finding
from rootwarden.breakglass.core.duty import Shown as Shown_
from rootwarden.breakglass.core.releasing import step_begins
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.settings import Account, Custodian, Device, Group, Need, Quorum, Settings, Slot
from rootwarden.breakglass.custody import age
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.nesting import peel
from rootwarden.breakglass.rehearsal.cast import cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.breakglass.broker.acting import Acted
    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.broker.releases import Releases, Shown
    from rootwarden.breakglass.core.settings import WitnessKey
    from rootwarden.breakglass.rehearsal.cast import Player

ACCOUNT, MEMBER = "000011112222", "111122223333"
DEVICE, GROUP = "vaulted", "management"
SERIAL: Final = f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device"
ROLE: Final = "arn:aws:iam::000011112222:role/break-glass-tasks"
CUSTODIANS: Final = ("carl", "cleo", "cora")
# A seed nobody uses: RFC 6238's own, in Base32, twice.
SEED: Final = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


class Troupe:
    """The cast, and a broker they can act on.

    Args:
        broker: The broker.
        releases: Its vault and sinks.
        passkeys: Whether they sign with passkeys.
        origin: The page passkeys are for.
        rp_id: And its domain.
        wait: Lets seconds pass.
    """

    def __init__(
        self,
        broker: Broker,
        releases: Releases,
        *,
        passkeys: bool = True,
        origin: str = "https://localhost",
        rp_id: str = "localhost",
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wait, self.account = wait, ACCOUNT
        self.broker, self.releases, self.acting = broker, releases, Acting(broker, releases)
        self.players: dict[str, Player] = cast(passkeys=passkeys, origin=origin, rp_id=rp_id)
        self.identities = {name: age.Identity.fresh() for name in CUSTODIANS}
        for name, identity in self.identities.items():
            player = self.players[name]
            player.person = msgspec.structs.replace(player.person, age_recipient=identity.recipient)

    def move_to(self, broker: Broker, releases: Releases) -> None:
        """Go on at another broker of the same log: after a restart, or a failover."""
        self.broker, self.releases, self.acting = broker, releases, Acting(broker, releases)

    def do(self, name: str, wish: wishes.AnyWish) -> Acted:
        """Wish for something and sign it.

        Raises:
            RootwardenError: It was refused, or what follows from it failed.
        """
        draft = self.broker.prepare(name, wish)
        return self.sign(name, draft.id, draft.message)

    def together(self, names: tuple[str, ...], wish: wishes.AnyWish) -> Acted:
        """Wish for something several sign."""
        draft = self.broker.prepare(names[0], wish)
        acted = [self.sign(name, draft.id, draft.message) for name in names]
        return acted[-1]

    def sign(self, name: str, draft: str, message: bytes) -> Acted:
        """Sign a draft."""
        acted = self.acting.sign(name, draft, self.players[name].answer(message))
        if acted.trouble is not None:
            raise acted.trouble
        return acted

    def found(self, settings: Settings | None = None, *, witnesses: tuple[WitnessKey, ...] = ()) -> None:
        """Found the log, all of them together, and attest the clock."""
        quorum = Quorum(slots=(Slot(count=1, group="security"), Slot(count=1, group="operations")), codes_per_opening=3)
        usual = Settings(quorums={"default": quorum}, settle_minutes=60, witnesses=witnesses)
        people = tuple(player.person for player in self.players.values())
        keys = tuple(player.key for player in self.players.values())
        wish = wishes.Found(log="rehearsal", people=people, keys=keys, settings=settings or usual)
        self.together(tuple(self.players), wish)
        self.attest()

    def attest(self) -> None:
        """Two people read a clock of their own, and say what it says."""
        self.together(("ada", "dan"), wishes.AttestClock(instant=self.broker.now(), source="a radio clock"))

    def change(self, change: changes.Change) -> None:
        """Two administrators change something."""
        entry = self.do("ada", wishes.Propose(change=change)).entry
        if isinstance(entry, log.ChangeProposed):
            self.do("ben", wishes.Second(proposal=entry.proposal))

    def guard(self, *, threshold: int = 2) -> None:
        """Guard a management account, with a custody group, and a member account."""
        device = Device(id=DEVICE, serial=SERIAL)
        management = Account(id=ACCOUNT, name="Management", position="management", devices=(device,))
        member = Account(id=MEMBER, name="Workload", position="member", need=Need.NOT_NEEDED, task_roles=(ROLE,))
        self.change(changes.SetAccount(account=management))
        self.change(changes.SetAccount(account=member))
        custodians = tuple(
            Custodian(person=name, recipient=identity.recipient) for name, identity in self.identities.items()
        )
        group = Group(id=GROUP, holds="totp-seed", accounts=(ACCOUNT,), custodians=custodians, threshold=threshold)
        self.change(changes.SetGroup(group=group))

    def file(self, requester: str = "rita", **fields: Any) -> tuple[str, str]:
        """File a request.

        Returns:
            Its id, and the phrase to read out.
        """
        usual: dict[str, Any] = {
            "account": ACCOUNT,
            "task": "s3-mfa-delete",
            "ticket": "OPS-1",
            "reason": "the bucket keeps what must go",
            "code_to": requester,
            "device": DEVICE,
        }
        draft = self.broker.prepare(requester, wishes.File(**{**usual, **fields}))
        entry = self.sign(requester, draft.id, draft.message).entry
        return (entry.request.id if isinstance(entry, log.RequestFiled) else ""), draft.phrase

    def approve(self, request: str, phrase: str, *approvers: str) -> None:
        """Have approvers who were called agree."""
        for name in approvers or ("anna", "omar"):
            self.do(name, wishes.Approve(request=request, phrase=phrase))

    def open(self, request: str, actor: str = "rita", custodians: tuple[str, ...] = CUSTODIANS[:2]) -> str:
        """Open a lease, and have custodians give their shares.

        Returns:
            The id of the lease.
        """
        acted = self.acting.open(actor, request)
        if acted.trouble is not None:
            raise acted.trouble
        lease = acted.entry.lease if isinstance(acted.entry, log.LeaseOpened) else ""
        for name, opening in list(self.broker.state().openings.items()):
            if opening.reference == lease and not opening.outcome:
                self.give_shares(name, custodians)
        return lease

    def give_own_share(self, lease: str, custodian: str) -> None:
        """Have one custodian give what a lease asks them for."""
        for name, opening in list(self.broker.state().openings.items()):
            if opening.reference == lease and not opening.outcome:
                self.give_shares(name, (custodian,))

    def give_shares(self, opening: str, custodians: tuple[str, ...] = CUSTODIANS[:2]) -> None:
        """Have custodians compare the fingerprint, peel, and hand in."""
        for name in custodians:
            work = self.releases.layers(opening, name)
            logged = self.broker.state().openings[opening].fingerprint
            if age.fingerprint(work.recipient) != logged:
                raise AssertionError("the fingerprint is another one: a custodian would stop here")
            peeled = peel(work.layers, self.identities[name], work.recipient)
            texts = tuple(base64.b64encode(one).decode() for one in peeled)
            self.do(name, wishes.GiveShare(opening=opening, fingerprint=logged, peeled=texts))

    def enrol(
        self, seed: str = SEED, requester: str = "rob", custodians: tuple[str, ...] = CUSTODIANS[:2]
    ) -> tuple[Shown, str]:
        """Enrol the device: request, approvals, shares, seed, fingerprint, two codes, proof.

        Returns:
            What was shown, and the two codes.
        """
        fields = {"purpose": Purpose.ENROLMENT, "task": "root-mfa-devices", "code_to": ""}
        request, phrase = self.file(requester, **fields)
        self.approve(request, phrase)
        lease = self.open(request, requester, custodians)
        secret = Secret(bytearray(seed.encode()), "seed")
        confirm = self.releases.seal_record(requester, lease, DEVICE, "text", secret)
        self.do(requester, confirm)
        self.do(requester, wishes.ServeEnrolment(lease=lease, device=DEVICE))
        shown, codes = self.wait_for_codes(requester, lease)
        proof = wishes.ProveEnrolment(lease=lease, device=DEVICE, evidence="signed in", source_destroyed=True)
        self.do(requester, proof)
        self.acting.end(requester, lease)
        return shown, codes

    def wait_for_codes(self, requester: str, lease: str) -> tuple[Shown, str]:
        """The two codes of an enrolment, when their time has come."""
        account = self.broker.state().lease(lease).request.account
        self._wait_for(self.broker.state().last_steps[account, DEVICE][0] - 1)
        shown, secret = self.releases.enrolment_codes(requester, lease, DEVICE)
        with secret:
            return shown, bytes(secret.content).decode()

    def code(self, lease: str, requester: str = "rita") -> tuple[Shown, str]:
        """Ask for a code, and see it; a device that gave one must wait for the next step."""
        self.wait_for_next(lease)
        self.do(requester, wishes.GetCode(lease=lease))
        return self.see(lease, requester)

    def see(self, lease: str, requester: str = "rita") -> tuple[Shown, str]:
        """See the code that was asked for, when its time has come."""
        self._wait_for(self.broker.state().lease(lease).steps[-1])
        shown, secret = self.releases.code(requester, lease)
        with secret:
            return shown, bytes(secret.content).decode()

    def check_in(self, lease: str, by: str = "dan", *, report: str = "done as asked") -> None:
        """Bring evidence that everything is as it was."""
        duties = self.broker.state().lease(lease).duties
        findings = tuple(Finding(duty=duty, shown=Shown_.MET, why="as before") for duty in duties)
        self._wait(1)
        wish = wishes.CheckIn(
            lease=lease,
            observed_at=self.broker.now(),
            last_root_event=None,
            evidence="ab" * 32,
            findings=findings,
            report=report,
        )
        self.do(by, wish)

    def _wait_for(self, step: int) -> None:
        """Let time pass until a step begins: nothing shows a code before."""
        while self.broker.now() < step_begins(step):
            self._wait(1)

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self._wait(seconds)

    def wait_for_next(self, lease: str) -> None:
        """Let time pass until the device of a lease may give another code."""
        request = self.broker.state().lease(lease).request
        last, _ = self.broker.state().last_steps.get((request.account, request.device), (0, ""))
        self._wait_for(last)
