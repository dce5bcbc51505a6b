"""An organization full of root credentials, evidence of it, plans, and runs of `apply` with a clock that is moved."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rootwarden.aws.door import Door
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.live import LiveCollection, Scope
from rootwarden.collect.plan import plan_for
from rootwarden.collect.root_session import RootSessionOpener
from rootwarden.collect.save import EvidenceWriter
from rootwarden.credentials.apply import Applying
from rootwarden.credentials.member import Members
from rootwarden.credentials.plan import digest, encode
from rootwarden.credentials.planning import Wishes, plan_from
from rootwarden.rollout.journal import opened
from rootwarden.rollout.seal import KeySeal
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.parts import certificate, days_ago, fido_device, root_key, virtual_device
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from rootwarden.collect.root_session import RootSession
    from rootwarden.credentials.apply import Outcome
    from rootwarden.credentials.plan import Plan
    from rootwarden.rollout.journal import Journal
    from rootwarden.simulator import Simulator
    from rootwarden.simulator.identities import RootUser
    from rootwarden.simulator.world import World

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
MANAGEMENT = "000011110000"
NEEDS = (
    "iam:GetAccountSummary",
    "iam:GetCredentialReport",
    "iam:ListOrganizationsFeatures",
    "organizations:ListPolicies",
)


def full_world(accounts: int) -> World:
    """Central management is on, no policy is in the way, and every member but each seventh holds something."""
    world = make_world("central_root", accounts)
    assert world.organization is not None
    world.organization.attachments = {
        target: [each for each in held if each == "p-FullAWSAccess"]
        for target, held in world.organization.attachments.items()
    }
    for number, account in enumerate(world.member_ids):
        fill(world.account(account).root, account, number)
    return world


def fill(root: RootUser, account: str, number: int) -> None:
    """Give a root user one of seven kinds of leftovers."""
    kind = number % 7
    root.password, root.keys, root.certificates, root.devices = kind in {1, 3, 5}, [], [], []
    root.password_last_used = days_ago(500) if root.password else None
    if kind in {2, 3, 4}:
        root.keys = [root_key(account, created=days_ago(900), used=days_ago(400), active=kind != 4)]
    if kind in {4, 5}:
        root.certificates = [certificate()]
    if kind in {3, 5, 6}:
        root.devices = [virtual_device(account), fido_device(account, "safe")]


def left(world: World) -> list[str]:
    """Members that still hold anything."""
    return [each for each in world.member_ids if holds(world.account(each).root)]


def holds(root: RootUser) -> bool:
    return bool(root.password or root.keys or root.certificates or root.devices)


class Rig:
    """One operator at one simulator."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.now = NOW
        self.sessions: list[RootSession] = []
        key = simulator.world.credentials
        self.door = Door(
            endpoint=simulator.endpoint,
            own=Credentials(key.access_key_id, key.secret_access_key),
            region="us-east-1",
            connections=16,
        )

    def clock(self) -> datetime:
        return self.now

    def sleep(self, days: float) -> None:
        self.now += timedelta(days=days)

    def collect(self, name: str = "evidence") -> EvidenceFolder:
        """An AssumeRoot audit of the whole organization, as evidence."""
        folder = self.folder / name
        LiveCollection(
            door=self.door,
            plan=plan_for(NEEDS),
            scope=Scope(organization=True, assume_root=True),
            writer=EvidenceWriter(folder),
            as_of=self.now,
            clock=self.clock,
        ).run()
        return EvidenceFolder(folder)

    def plan(self, name: str = "evidence", **wishes: Any) -> Plan:
        """A plan from a fresh look."""
        return plan_from(self.collect(name), Wishes(**{"wait_days": 0, **wishes}))

    def members(self) -> Members:
        opener = RootSessionOpener(
            door=self.door, caller=MANAGEMENT, clock=self.clock, on_root_session=self.sessions.append
        )
        return Members(
            door=self.door, opener=opener, caller=MANAGEMENT, partition="aws", home="us-east-1", clock=self.clock
        )

    @contextmanager
    def journal(self, plan: Plan, name: str = "journal.jsonl") -> Iterator[Journal]:
        with opened(
            self.folder / name,
            plan=digest(encode(plan)),
            purpose="remove root credentials",
            by="arn:aws:iam::000011110000:user/operator",
            seal=KeySeal(KEY),
            clock=self.clock,
        ) as journal:
            yield journal

    def apply(self, plan: Plan, name: str = "journal.jsonl", *, through: int = 0, workers: int = 4) -> Outcome:
        """One run of `apply`."""
        with self.journal(plan, name) as journal:
            done = Applying(
                plan=plan,
                journal=journal,
                members=self.members(),
                clock=self.clock,
                stop=threading.Event(),
                workers=workers,
            ).run(through=through)
            journal.sign("stop" if done.surprises else "end")
        return done
