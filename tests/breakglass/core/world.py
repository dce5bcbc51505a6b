"""A play with more people in it: everybody a triple of (state, event, role) speaks of."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.duty import Finding, Shown
from rootwarden.breakglass.core.people import Person, Role
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.settings import Custodian, Device, Group, Settings
from rootwarden.breakglass.rehearsal.cast import Player, cast
from rootwarden.breakglass.rehearsal.play import (
    ACCOUNT,
    DIGEST,
    GROUP,
    MEMBER,
    QUORUM,
    ROLE,
    Play,
    custody,
    management,
    member,
    time_step,
)
from rootwarden.simulator.passkey import Passkey

if TYPE_CHECKING:
    from rootwarden.breakglass.core.duty import Duty

PASSWORDS: Final = "passwords"
EMERGENCY: Final = ("rita", "ben", "sven")
POLICY: Final = "IAMAuditRootUserCredentials"
# Who asks for the visit, who gets the code, who the password, who has no part in it, and who is gone or never was.
MORE: Final[dict[str, tuple[tuple[Role, ...], tuple[str, ...]]]] = {
    "pia": ((Role.REQUESTER,), ()),
    "uma": ((Role.REQUESTER,), ()),
    "kim": ((Role.CUSTODIAN,), ()),
    "kurt": ((Role.CUSTODIAN,), ()),
    "sid": ((Role.REQUESTER, Role.APPROVER, Role.CUSTODIAN), ("operations",)),
}
STRANGERS: Final = {"zoe": Player(Person(id="zoe", name="Zoe"))}
_SPARE: Final[dict[str, Passkey]] = {}


def everybody() -> dict[str, Player]:
    """The cast and those this folder adds; everybody signs with Ed25519."""
    more = {
        name: Player(Person(id=name, name=name.capitalize(), roles=roles, groups=groups))
        for name, (roles, groups) in MORE.items()
    }
    return {**cast(), **more}


def passkey_of(name: str) -> Passkey:
    """A passkey that is the same each time, signatures included."""
    digest = hashlib.sha256(b"passkey of " + name.encode()).digest()
    made = Passkey(key=Ed25519PrivateKey.from_private_bytes(digest))
    made.credential_id = digest
    return made


def spare(name: str) -> Player:
    """Somebody with a key that is not in the log."""
    key = _SPARE.setdefault(name, Passkey(counter=None))
    return Player(Person(id=name, name=name.capitalize()), key)


class World(Play):
    """A log with seed and password of one account in the vault, two groups of custodians, and a member account."""

    def __init__(self, *, founded_only: bool = False, passkeys: tuple[str, ...] = ()) -> None:
        quorum = msgspec.structs.replace(
            QUORUM, emergency=EMERGENCY, separate_recipients=True, passkey_releases=bool(passkeys)
        )
        players = everybody()
        for name in passkeys:
            players[name] = Player(players[name].person, passkey_of(name))
        super().__init__(players=players, settings=Settings(quorums={"default": quorum}, settle_minutes=60))
        if not founded_only:
            self.furnish()

    def furnish(self) -> None:
        """Guard the accounts, enrol a device and a password, close what that opened, suspend `sid`."""
        account = msgspec.structs.replace(
            management(), devices=(*management().devices, Device(id="second"), Device(id="drawer", kind="passkey"))
        )
        self.change(changes.SetAccount(account=account))
        self.change(changes.SetAccount(account=member()))
        for name in ("carl", "cleo", "cora", "kim", "kurt"):
            person = msgspec.structs.replace(self.players[name].person, age_recipient=f"age1{name}")
            self.change(changes.SetPerson(person=person))
        self.change(changes.SetGroup(group=custody(self.players)))
        self.change(changes.SetGroup(group=password_group()))
        self.say(log.EpochSealed, group=GROUP, epoch=1, digest=DIGEST)
        self.say(log.EpochSealed, group=PASSWORDS, epoch=1, digest=DIGEST)
        self.wait(minutes=61)
        self.enrol()
        self.settle("enrolment")
        self.bring_password()
        self.settle("password")
        self.say(log.LeaverSuspended, person="sid", reason="left the company")
        self.wait(minutes=1)

    def bring_password(self) -> None:
        """The root password is brought in by `rob`."""
        self.granted("password", "rob", purpose=Purpose.ENROLMENT, code_to="", device="")
        self.open("password", "password", "rob")
        fields = {"account": ACCOUNT, "holds": "root-password", "device": "", "group": PASSWORDS, "epoch": 1}
        more = {"version": 1, "fingerprint": "none", "digest": DIGEST, "lease": "password"}
        self.say(log.RecordSealed, "rob", **fields, **more)
        self.say(log.LeaseEnded, "rob", lease="password", why="returned")

    def visit(self, name: str = "request", **fields: Any) -> None:
        """File the usual request: the code for `rita` who asks, the password for `pia`."""
        self.file(name, "rita", **{"password_to": "pia", **fields})

    def granted(self, name: str = "request", requester: str = "rita", **fields: Any) -> None:
        """File a request that the quorum agrees to."""
        self.file(name, requester, **fields)
        for approver in ("anna", "omar"):
            self.approve(name, approver)

    def task_session(self, name: str = "request") -> None:
        """File a request for a task session in the member account."""
        fields = {"account": MEMBER, "code_to": "", "device": "", "task_policy": POLICY, "role": ROLE}
        self.granted(name, purpose=Purpose.TASK_SESSION, **fields)

    def findings(self, lease: str, **shown: Shown) -> tuple[Finding, ...]:
        """What evidence shows of the duties of a lease: met, where nothing else is said."""
        return tuple(self._finding(duty, shown) for duty in self.state.leases[lease].duties)

    def check_in(self, lease: str, **shown: Shown) -> None:
        """Look at evidence of now, as `dan`."""
        self.wait(minutes=1)
        self.say(log.CheckedIn, "dan", **self.check_in_fields(lease, **shown))

    def check_in_fields(self, lease: str, **shown: Shown) -> dict[str, Any]:
        """What a check-in with evidence of now says."""
        fields = {"lease": lease, "observed_at": self.now, "last_root_event": None, "evidence": DIGEST}
        return {**fields, "findings": self.findings(lease, **shown), "report": "all done"}

    def settle(self, lease: str) -> None:
        """Meet the duties of a lease, and close it."""
        self.check_in(lease)
        self.say(log.LeaseClosed, lease=lease)

    def step_now(self) -> int:
        """The time step of now."""
        return time_step(self.now)

    def _finding(self, duty: Duty, shown: dict[str, Shown]) -> Finding:
        return Finding(duty=duty, shown=shown.get(duty.name.lower(), Shown.MET), why="as the evidence has it")


def password_group() -> Group:
    """Who holds the root password."""
    custodians = tuple(Custodian(person=name, recipient=f"age1{name}") for name in ("kim", "kurt"))
    return Group(id=PASSWORDS, holds="root-password", accounts=(ACCOUNT,), custodians=custodians, threshold=2)


def next_group() -> Group:
    """The next epoch of the first group, without `cora`."""
    group = custody(everybody())
    return msgspec.structs.replace(group, custodians=group.custodians[:2], epoch=2)


def ended(world: World, lease: str = "lease") -> None:
    """Give a lease back, a few minutes later."""
    world.wait(minutes=5)
    world.say(log.LeaseEnded, world.state.leases[lease].request.requester, lease=lease, why="returned")
