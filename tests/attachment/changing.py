"""A simulated organization, a plan made of it, and runs of that plan with a journal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rootwarden.attachment.applying import Applying, Vouched
from rootwarden.attachment.drafting import Asked, attachment, detachment
from rootwarden.attachment.hand import AwsHand
from rootwarden.audit.guardrail_proof import Wanted
from rootwarden.aws.calls import CallFailed
from rootwarden.aws.door import Door
from rootwarden.guardrails.content.values import values_for
from rootwarden.packs import guardrails
from rootwarden.rollout.journal import opened
from rootwarden.rollout.seal import KeySeal
from rootwarden.simulator.evidence import write_evidence
from rootwarden.simulator.parts import SANDBOX_UNIT, WORKLOADS_UNIT
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rootwarden.attachment.applying import Run
    from rootwarden.attachment.denials import Watched
    from rootwarden.attachment.plan import Plan, Verb
    from rootwarden.attachment.present import Present
    from rootwarden.simulator import Simulator
    from rootwarden.simulator.world import Organization, World

AT: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(32))
CANARY: Final = "000011110003"
ROOT: Final = "r-fake"
GUARDRAIL: Final = "deny-leaving-organization"
LOOKED: Final = Vouched("the owner")


def central_root_evidence(folder: Path) -> Path:
    """Write the evidence of an organization of eight accounts that manages root centrally."""
    return evidence_of(make_world("central_root", 8), folder)


def evidence_of(world: World, folder: Path) -> Path:
    """Write what `rootwarden collect` would have found there."""
    assert world.organization is not None
    write_evidence(folder, map(world.account, world.account_ids), world.organization)
    return folder


class Clock:
    """A minute passes whenever it is asked; it begins so much after the plan."""

    def __init__(self, later: timedelta = timedelta(0)) -> None:
        self._now = AT + later

    def __call__(self) -> datetime:
        self._now += timedelta(minutes=1)
        return self._now


class Killed(BaseException):
    """The machine stops here."""


class FragileHand(AwsHand):
    """AWS, on a machine that stops directly before or after one of its changes; or whose answer gets lost."""

    before: int = -1
    after: int = -1
    lost: int = -1
    busy: int = 0
    busy_with: str = "ConcurrentModificationException"
    changes: int = 0

    def change(self, verb: Verb, parameters: Mapping[str, Any]) -> None:
        if self.busy:
            self.busy -= 1
            raise CallFailed(self.busy_with, "try again later")
        number, self.changes = self.changes, self.changes + 1
        if number == self.before:
            raise Killed
        super().change(verb, parameters)
        if number == self.after:
            raise Killed
        if number == self.lost:
            raise CallFailed("Timeout", "no answer in time")


def hand(simulator: Simulator) -> FragileHand:
    own = simulator.world.credentials
    door = Door(
        region="us-east-1",
        endpoint=simulator.endpoint,
        own=Credentials(own.access_key_id, own.secret_access_key),
    )
    return FragileHand(door, simulator.state.clock)


def wanted(name: str = GUARDRAIL, **given: str) -> Wanted:
    found = next(one for one in guardrails() if one.id == name)
    return Wanted(found, values_for(found, given))


def planned(present: Present, *targets: str, names: tuple[str, ...] = (GUARDRAIL,), **more: Any) -> Plan:
    settings: dict[str, Any] = {"canaries": (CANARY,), "waived": "nobody leaves", "at": AT, **more}
    return attachment(present, [wanted(name) for name in names], Asked(targets=targets or (ROOT,), **settings))


def detaching(present: Present, name: str, *targets: str, **more: Any) -> Plan:
    settings: dict[str, Any] = {"waived": "it is not needed", "at": AT, **more}
    return detachment(present, [name], Asked(targets=targets, **settings))


def run(
    plan: Plan,
    folder: Path,
    hand_: AwsHand,
    seen: Watched | Vouched | None = LOOKED,
    *,
    margin: int = 0,
    days: int = 14,
    later: timedelta = timedelta(0),
    back: str = "",
) -> Run:
    with opened(
        folder / "journal", plan=plan.digest, purpose="guardrails", by=hand_.who, seal=KeySeal(KEY), clock=Clock(later)
    ) as journal:
        applying = Applying(plan, journal, hand_, pause=lambda _: None)
        return applying.take_back(back) if back else applying.run(seen, margin=margin, days=days)


def to_the_end(plan: Plan, folder: Path, hand_: AwsHand) -> list[Run]:
    runs = [run(plan, folder, hand_)]
    while runs[-1].state == "watching":
        runs.append(run(plan, folder, hand_))
    return runs


def organization(simulator: Simulator) -> Organization:
    found = simulator.world.organization
    assert found is not None
    return found


def attachments(simulator: Simulator) -> dict[str, list[str]]:
    return {target: sorted(each) for target, each in organization(simulator).attachments.items()}


def where(simulator: Simulator, name: str = GUARDRAIL) -> set[str]:
    made = {one.policy_id for one in organization(simulator).policies.values() if one.name == name}
    return {target for target, ids in organization(simulator).attachments.items() if made & {*ids}}


UNITS: Final = (WORKLOADS_UNIT, SANDBOX_UNIT)
