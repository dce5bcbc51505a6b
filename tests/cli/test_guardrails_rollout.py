"""`guardrails plan`, `apply` and `detach` as processes, against the simulated organization and a trail."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.collect import looks

from rootwarden.facts.instant import format_instant
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Deny
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.simulator import Simulator

CANARY: Final = "000011110003"
NAME: Final = "deny-leaving-organization"
ORGANIZATION: Final = "o-fake000000"
ROLE: Final = f"arn:aws:iam::{CANARY}:role/Leaver"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(make_world("central_root", 5)) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "key.pem").chmod(0o600)
    return tmp_path


def command(simulator: Simulator, folder: Path, *arguments: str) -> looks.Run:
    return looks.command("guardrails", *arguments, cwd=folder, simulator=simulator)


def plan(simulator: Simulator, folder: Path, *more: str) -> looks.Run:
    usual = (NAME, "--target", "r-fake", "--canary", CANARY, "--waive-replay", "nobody leaves", "-o", "plan.json")
    return command(simulator, folder, "plan", *usual, *more)


def apply(simulator: Simulator, folder: Path, *more: str, confirm: str = ORGANIZATION) -> looks.Run:
    usual = ("plan.json", "--journal", "journal", "--key", "key.pem", "--confirm", confirm)
    return command(simulator, folder, "apply", *usual, *more)


def where(simulator: Simulator) -> set[str]:
    organization = simulator.world.organization
    assert organization is not None
    made = {one.policy_id for one in organization.policies.values() if one.name == NAME}
    return {target for target, ids in organization.attachments.items() if made & {*ids}}


def trail(folder: Path, *denied: dict[str, Any]) -> str:
    """A log that reaches an hour from now: an ordinary call, and what was denied."""
    later = datetime.now(UTC) + timedelta(hours=1)
    ordinary = {
        "eventVersion": "1.11",
        "eventTime": format_instant(later),
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets",
        "awsRegion": "us-east-1",
        "eventID": "e-0",
        "recipientAccountId": CANARY,
        "userIdentity": {"type": "IAMUser", "arn": ROLE, "accountId": CANARY},
    }
    records = [ordinary, *(ordinary | {"eventID": f"e-{number}"} | one for number, one in enumerate(denied, 1))]
    (folder / "log.json.gz").write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return "log.json.gz"


DENIED: Final = {
    "eventSource": "organizations.amazonaws.com",
    "eventName": "LeaveOrganization",
    "errorCode": "AccessDenied",
    "errorMessage": "is not authorized to perform: x with an explicit deny in a service control policy",
}


def test_from_the_plan_to_the_end(simulator: Simulator, folder: Path) -> None:
    made = plan(simulator, folder)
    assert made.code == 0, made.err
    assert "wave 2: canary 000011110003 (account 000011110003)" in made.out
    assert where(simulator) == set()
    first = apply(simulator, folder)
    assert first.code == 0, first.err
    assert where(simulator) == {CANARY}
    unseen = apply(simulator, folder)
    assert unseen.complained(2, "nobody looked what it denies", "--trail PATH")
    second = apply(simulator, folder, "--trail", trail(folder))
    assert second.code == 0, second.err
    assert "0 denied as foretold, 0 that nobody foretold" in second.out
    dry = command(simulator, folder, "apply", "plan.json", "--dry-run", "--journal", "journal")
    assert "(id of" not in dry.out
    last = second
    for _ in range(4):
        if "carried out" not in last.out:
            last = apply(simulator, folder, "--no-denials-seen", "Jo")
    assert f"the plan is carried out: attach {NAME}" in last.out
    assert f"proof of `{NAME}`: not-bound 1, open 4; then holds 4, not-bound 1" in last.out
    assert where(simulator) == {"r-fake"}


def test_logs_of_other_accounts_say_nothing_of_the_wave(simulator: Simulator, folder: Path) -> None:
    plan(simulator, folder)
    apply(simulator, folder)
    log = folder / trail(folder)
    log.write_bytes(gzip.compress(gzip.decompress(log.read_bytes()).replace(CANARY.encode(), b"000011119999")))
    done = apply(simulator, folder, "--trail", log.name)
    assert done.complained(2, "the trail tells nothing of the accounts of wave 2")
    assert where(simulator) == {CANARY}


def test_denials_nobody_foretold_take_it_back(simulator: Simulator, folder: Path) -> None:
    plan(simulator, folder)
    apply(simulator, folder)
    done = apply(simulator, folder, "--trail", trail(folder, DENIED, DENIED))
    assert done.complained(1, "stopped at a surprise: wave 2: exceeded: 2 times 000011110003", "LeaveOrganization")
    assert where(simulator) == set()
    again = apply(simulator, folder, "--no-denials-seen", "Jo")
    assert again.complained(2, "the plan was taken back")


def test_what_is_refused_before_anything_is_done(simulator: Simulator, folder: Path) -> None:
    plan(simulator, folder)
    assert apply(simulator, folder, confirm="o-other").complained(2, "it was not confirmed")
    (folder / "rsa.pem").write_text("no key", encoding="utf-8")
    (folder / "rsa.pem").chmod(0o600)
    usual = ("apply", "plan.json", "--journal", "journal", "--confirm", ORGANIZATION)
    assert command(simulator, folder, *usual, "--key", "rsa.pem").complained(2, "is no private key in PEM")
    assert command(simulator, folder, "apply", "plan.json").complained(2, "a change is written down first")
    both = apply(simulator, folder, "--trail", "x", "--no-denials-seen", "Jo")
    assert both.complained(2, "answer the same question")
    assert plan(simulator, folder, "--evidence", "nowhere").code == 2
    named = command(simulator, folder, "plan", "fence-root-sign-in-of-account", "--target", "r-fake")
    assert named.complained(2, "which no organization attaches")
    assert where(simulator) == set()


def test_half_a_picture_changes_nothing(simulator: Simulator, folder: Path) -> None:
    plan(simulator, folder)
    simulator.knobs.add(Deny(call="organizations:ListTargetsForPolicy"))
    assert apply(simulator, folder).complained(3, "not known well enough to change it")
    assert where(simulator) == set()


def test_detaching(simulator: Simulator, folder: Path) -> None:
    made = command(
        simulator, folder, "detach", "DenyRootKeys", "--waive-replay", "replaced by another", "--output", "plan.json"
    )
    assert made.code == 0, made.err
    assert "organizations:DetachPolicy" in made.out
    assert "wave 1: /Root" in made.out
    before = {target: list(ids) for target, ids in simulator.world.organization.attachments.items()}  # type: ignore[union-attr]
    while "carried out" not in (done := apply(simulator, folder, "--no-denials-seen", "Jo")).out:
        assert done.code == 0, done.err
    assert simulator.world.organization.attachments != before  # type: ignore[union-attr]
    assert apply(simulator, folder, "--take-back", "it was needed").code == 0
    after = {target: sorted(ids) for target, ids in simulator.world.organization.attachments.items()}  # type: ignore[union-attr]
    assert after == {target: sorted(ids) for target, ids in before.items()}
