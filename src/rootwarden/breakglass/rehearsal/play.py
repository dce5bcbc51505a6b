"""A play: a log that was founded and is played on, one act at a time, by people of the cast."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.change import change_digest
from rootwarden.breakglass.core.phrase import phrase_digest
from rootwarden.breakglass.core.request import Purpose, Request, digest_of
from rootwarden.breakglass.core.settings import Account, Custodian, Device, Group, Quorum, Settings, Slot
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.core.step import step
from rootwarden.breakglass.rehearsal.cast import UNSIGNED, cast, cosign

if TYPE_CHECKING:
    from rootwarden.breakglass.rehearsal.cast import Player

E = TypeVar("E", bound=log.Entry)

BEGAN: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
NAME: Final = "rehearsal"
PHRASE: Final = "lusab-babad"
SALT: Final = base64.b64encode(bytes(16)).decode()
ACCOUNT, MEMBER = "000011112222", "111122223333"
DEVICE, GROUP = "vaulted", "management"
SERIAL: Final = f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device"
ROLE: Final = "arn:aws:iam::000011112222:role/break-glass-tasks"
DIGEST: Final = "ab" * 32
CHECKPOINT: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
QUORUM: Final = Quorum(
    slots=(Slot(count=1, group="security"), Slot(count=1, group="operations")), passkey_releases=False
)


class Play:
    """A log in memory with the people who write it.

    Args:
        players: Who plays; the cast, if nobody is named.
        settings: Of the log.
        at: When it begins.
    """

    def __init__(
        self,
        *,
        players: dict[str, Player] | None = None,
        settings: Settings | None = None,
        at: datetime = BEGAN,
    ) -> None:
        self.players = players or cast()
        self.state = State()
        self.entries: list[bytes] = []
        self.now = at
        self._nonces = 0
        self._found(settings or Settings(quorums={"default": QUORUM}, settle_minutes=60))

    def nonce(self) -> str:
        """One that was not used in this play."""
        self._nonces += 1
        return f"{self._nonces:032x}"

    def wait(self, **length: float) -> datetime:
        """Let time pass; lengths as `timedelta` has them."""
        self.now += timedelta(**length)
        return self.now

    def add(self, entry: E) -> E:
        """Play one entry.

        Raises:
            Refused: The protocol does not allow it.
        """
        step(self.state, entry)
        self.entries.append(log.to_bytes(entry))
        return entry

    def say(self, kind: type[E], actor: str = log.SYSTEM, **fields: Any) -> E:
        """Write an entry of a kind, signed by its actor where its kind is, and play it.

        Raises:
            Refused: The protocol does not allow it.
        """
        return self.add(self.make(kind, actor, **fields))

    def make(self, kind: type[E], actor: str = log.SYSTEM, **fields: Any) -> E:
        """Write an entry of a kind, signed by its actor where its kind is, without playing it."""
        fields = {"at": self.now, "actor": actor, **fields}
        if issubclass(kind, log.SignedEntry):
            fields = {"nonce": self.nonce(), "authenticator": UNSIGNED, **fields}
            return self.players[actor].sign(kind(**fields), self.state)
        return kind(**fields)

    def together(self, kind: type[log.JointEntry], *names: str, **fields: Any) -> log.JointEntry:
        """Write an entry several people sign, and play it."""
        fields = {"at": self.now, "actor": log.SYSTEM, "nonce": self.nonce(), "signers": (), **fields}
        return self.add(cosign(kind(**fields), tuple(self.players[name] for name in names), self.state))

    def change(self, change: changes.Change, *, by: tuple[str, str] = ("ada", "ben")) -> None:
        """Have two administrators change something."""
        name = f"proposal-{self.state.size}"
        self.say(log.ChangeProposed, by[0], proposal=name, change=change)
        self.say(log.ChangeSeconded, by[1], proposal=name, digest=change_digest(name, change))

    def request(self, name: str = "request", requester: str = "rita", **fields: Any) -> Request:
        """A request as people write it, for the management account's root, from now on."""
        usual: dict[str, Any] = {
            "id": name,
            "purpose": Purpose.VISIT,
            "account": ACCOUNT,
            "requester": requester,
            "task": "s3-mfa-delete",
            "ticket": "OPS-1",
            "reason": "the bucket keeps what must go",
            "start": self.now,
            "until": self.now + timedelta(minutes=60),
            "code_to": requester,
            "device": DEVICE,
            "phrase_salt": SALT,
            "phrase_digest": phrase_digest(PHRASE, SALT),
        }
        return Request(**{**usual, **fields})

    def file(self, name: str = "request", requester: str = "rita", **fields: Any) -> Request:
        """File a request."""
        request = self.request(name, requester, **fields)
        self.say(log.RequestFiled, requester, request=request)
        return request

    def approve(self, name: str, approver: str, **fields: Any) -> None:
        """Approve a request, having seen the log as it is."""
        self.say(log.ApprovalGiven, approver, **{**self.approval(name), **fields})

    def approval(self, name: str) -> dict[str, Any]:
        """What an approval of a request says."""
        return {
            "request": name,
            "digest": digest_of(self.state.requests[name].request),
            "head_size": self.state.size,
            "head_root": self.state.tree.root.hex(),
            "phrase": PHRASE,
        }

    def open(self, name: str = "request", lease: str = "lease", actor: str = "rita") -> None:
        """Open the lease of a request."""
        until = self.state.requests[name].request.until
        self.say(log.LeaseOpened, actor, lease=lease, request=name, until=until, fence=self.state.size)

    def give_shares(self, lease: str = "lease", group: str = GROUP) -> None:
        """Have two custodians open the record of a lease."""
        named = {"opening": f"{lease}-{group}", "fingerprint": DIGEST}
        self.say(log.OpeningBegun, group=group, epoch=1, purpose="lease", reference=lease, **named)
        for custodian in self.state.groups[group].group.custodians[:2]:
            self.say(log.ShareGiven, custodian.person, digest=DIGEST, **named)
        self.say(log.OpeningEnded, opening=named["opening"], outcome="opened")

    def guard(self) -> None:
        """Give the log a management account with a proven device in custody, and a member account; takes a day."""
        self.change(changes.SetAccount(account=management()))
        self.change(changes.SetAccount(account=member()))
        group = custody(self.players)
        for custodian in group.custodians:
            person = self.players[custodian.person].person
            self.change(changes.SetPerson(person=msgspec.structs.replace(person, age_recipient=custodian.recipient)))
        self.change(changes.SetGroup(group=group))
        keys = (log.WrappedKey(account=ACCOUNT, digest=DIGEST),)
        self.say(log.EpochSealed, group=GROUP, epoch=1, digest=DIGEST, account_keys=keys)
        self.wait(minutes=61)
        self.enrol()

    def enrol(self) -> None:
        """Enrol the device of the management account, by `rob`, with everything the protocol asks for."""
        self.file("enrolment", "rob", purpose=Purpose.ENROLMENT, task="root-mfa-devices", code_to="", device=DEVICE)
        self.approve("enrolment", "anna")
        self.approve("enrolment", "omar")
        self.open("enrolment", "enrolment", "rob")
        self.say(
            log.RecordSealed,
            "rob",
            account=ACCOUNT,
            holds="totp-seed",
            device=DEVICE,
            group=GROUP,
            epoch=1,
            version=1,
            fingerprint="1234 5678",
            digest=DIGEST,
            lease="enrolment",
        )
        self.say(log.EnrolmentServed, "rob", lease="enrolment", device=DEVICE, step=time_step(self.now))
        self.wait(minutes=2)
        self.say(
            log.EnrolmentProven, "rob", lease="enrolment", device=DEVICE, evidence="signed in", source_destroyed=True
        )
        self.say(log.LeaseEnded, "rob", lease="enrolment", why="returned")

    def _found(self, settings: Settings) -> None:
        founders = tuple(log.Founder(person=player.person, key=player.key) for player in self.players.values())
        pem = CHECKPOINT.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        fields: dict[str, Any] = {"log": NAME, "checkpoint_key": pem, "founders": founders, "settings": settings}
        self.together(log.LogBegun, *self.players, **fields)


def time_step(at: datetime) -> int:
    """The TOTP step of an instant."""
    return int(at.timestamp()) // 30


def management() -> Account:
    """The management account of the play."""
    device = Device(id=DEVICE, serial=SERIAL)
    return Account(id=ACCOUNT, name="Management", position="management", devices=(device,))


def member() -> Account:
    """A member account, which needs no root credentials."""
    from rootwarden.breakglass.core.settings import Need

    return Account(id=MEMBER, name="Workload", position="member", need=Need.NOT_NEEDED, task_roles=(ROLE,))


def custody(players: dict[str, Player]) -> Group:
    """Two of the three custodians of the play open the management account."""
    names = [name for name in ("carl", "cleo", "cora") if name in players]
    custodians = tuple(Custodian(person=name, recipient=f"age1{name}") for name in names)
    return Group(id=GROUP, holds="totp-seed", accounts=(ACCOUNT,), custodians=custodians, threshold=2)
