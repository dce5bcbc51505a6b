"""`guardrails plan`, `apply` and `detach` as processes, against the simulated organization and a trail."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tests.collect import looks

from rootwarden.facts.instant import format_instant
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Deny
from rootwarden.simulator.world import Policy
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.simulator import Simulator
    from rootwarden.simulator.world import Organization

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
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(public)
    return tmp_path


def command(simulator: Simulator, folder: Path, *arguments: str) -> looks.Run:
    return looks.command("guardrails", *arguments, cwd=folder, simulator=simulator)


def plan(simulator: Simulator, folder: Path, *more: str, alone: str = "") -> looks.Run:
    """A plan for the root and a canary; or, where `alone` names a guardrail, for what `more` says."""
    usual = (alone,) if alone else (NAME, "--target", "r-fake", "--canary", CANARY)
    return command(simulator, folder, "plan", *usual, "--waive-replay", "nobody leaves", "-o", "plan.json", *more)


def apply(simulator: Simulator, folder: Path, *more: str, confirm: str = ORGANIZATION) -> looks.Run:
    usual = ("plan.json", "--journal", "journal", "--key", "key.pem", "--confirm", confirm)
    return command(simulator, folder, "apply", *usual, *more)


def organization_of(simulator: Simulator) -> Organization:
    found = simulator.world.organization
    assert found is not None
    return found


def attachments(simulator: Simulator) -> dict[str, list[str]]:
    return {target: sorted(ids) for target, ids in organization_of(simulator).attachments.items()}


def where(simulator: Simulator) -> set[str]:
    organization = organization_of(simulator)
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
    assert "believed here as it stands" in dry.err
    last = second
    for _ in range(4):
        if "carried out" not in last.out:
            last = apply(simulator, folder, "--no-denials-seen", "Jo")
    assert f"the plan is carried out: attach {NAME}" in last.out
    proof = "today open in 4 accounts, binding nothing in 1 account; afterwards holding in 4 accounts"
    assert f"proof of `{NAME}`: {proof}, binding nothing in 1 account" in last.out
    assert where(simulator) == {"r-fake"}


def test_a_dry_run_goes_by_no_journal_that_does_not_hold_or_is_of_another_plan(
    simulator: Simulator, folder: Path
) -> None:
    plan(simulator, folder)
    apply(simulator, folder)
    journal = folder / "journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole.replace(CANARY.encode(), b"000011119999", 1))
    spoiled = command(simulator, folder, "apply", "plan.json", "--dry-run", "--journal", "journal")
    assert spoiled.complained(2, "of the journal", "guardrails verify")
    journal.write_bytes(whole)
    made = plan(simulator, folder, "--target", "r-fake", "--canary", CANARY, alone="deny-root-key-creation")
    assert made.code == 0, made.err
    other = command(simulator, folder, "apply", "plan.json", "--dry-run", "--journal", "journal")
    assert other.complained(2, "is of another plan")


def test_logs_of_other_accounts_say_nothing_of_the_wave(simulator: Simulator, folder: Path) -> None:
    plan(simulator, folder)
    apply(simulator, folder)
    log = folder / trail(folder)
    log.write_bytes(gzip.compress(gzip.decompress(log.read_bytes()).replace(CANARY.encode(), b"000011119999")))
    done = apply(simulator, folder, "--trail", log.name)
    assert done.complained(2, "the trail tells nothing of the accounts of wave 2")
    assert where(simulator) == {CANARY}


@pytest.mark.parametrize("code", ["AccessDenied", "SomethingNewAccessDenied", "NovelCode"])
def test_denials_nobody_foretold_take_it_back(simulator: Simulator, folder: Path, code: str) -> None:
    plan(simulator, folder)
    apply(simulator, folder)
    denied = DENIED | {"errorCode": code}
    done = apply(simulator, folder, "--trail", trail(folder, denied, denied))
    assert done.complained(1, "stopped at a surprise: wave 2: exceeded: 2 times 000011110003", "taken back")
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
    before = attachments(simulator)
    while "carried out" not in (done := apply(simulator, folder, "--no-denials-seen", "Jo")).out:
        assert done.code == 0, done.err
    assert attachments(simulator) != before
    assert apply(simulator, folder, "--take-back", "it was needed").code == 0
    assert attachments(simulator) == before


def verify(simulator: Simulator, folder: Path, *more: str) -> looks.Run:
    return command(simulator, folder, "verify", "plan.json", "--journal", "journal", "--key", "public.pem", *more)


class TestVerify:
    @pytest.fixture
    def done(self, simulator: Simulator, folder: Path) -> Path:
        """An account that has its guardrail, by a plan with a journal."""
        plan(simulator, folder, "--target", CANARY, alone=NAME)
        assert apply(simulator, folder).code == 0
        assert apply(simulator, folder, "--no-denials-seen", "Jo").code == 0
        return folder

    def test_everything_is_as_the_journal_says(self, simulator: Simulator, done: Path) -> None:
        found = verify(simulator, done)
        assert found.code == 0, found.err
        assert "the plan is carried out" in found.out
        assert f"as the journal says: `{NAME}` (p-made00000001), sha256 3e7b150d0dfe5d11…, attached to {CANARY}" in (
            found.out
        )
        assert "lines hold, all of them signed" in found.err

    def test_what_somebody_detached_is_named(self, simulator: Simulator, done: Path) -> None:
        organization_of(simulator).attachments[CANARY].remove("p-made00000001")
        found = verify(simulator, done)
        assert found.code == 1
        assert f"differs: {CANARY}: changed: somebody detached `{NAME}`" in found.out

    def test_offline_asks_no_aws(self, simulator: Simulator, done: Path) -> None:
        organization_of(simulator).attachments[CANARY].remove("p-made00000001")
        simulator.calls.reset()
        found = verify(simulator, done, "--offline")
        assert (found.code, found.out) == (0, "")
        assert simulator.calls.snapshot() == {}

    @pytest.mark.parametrize("offline", [(), ("--offline",)], ids=["online", "offline"])
    def test_a_journal_that_was_edited_is_not_believed(
        self, simulator: Simulator, done: Path, offline: tuple[str, ...]
    ) -> None:
        journal = done / "journal"
        journal.write_bytes(journal.read_bytes().replace(b"says Jo", b"says Al"))
        found = verify(simulator, done, *offline)
        assert (found.code, found.out) == (1, "")
        assert "nothing from it on is believed" in found.err

    def test_a_journal_of_another_key_is_not_believed(self, simulator: Simulator, done: Path) -> None:
        found = command(simulator, done, "verify", "plan.json", "--journal", "journal")
        assert found.code == 1
        assert "which was not given" in found.err

    def test_a_journal_of_another_plan_is_not_of_this_one(self, simulator: Simulator, done: Path) -> None:
        plan(simulator, done, "--target", CANARY, "--as", "another", alone=NAME)
        found = verify(simulator, done)
        assert found.code == 1
        assert "it is of another plan" in found.err

    def test_what_may_not_be_looked_at_is_not_known(self, simulator: Simulator, done: Path) -> None:
        simulator.knobs.add(Deny(call="organizations:DescribePolicy"))
        found = verify(simulator, done)
        assert found.code == 3
        assert f"not known: {NAME}: unreadable: its document cannot be read" in found.out
        simulator.knobs.reset()
        simulator.knobs.add(Deny(call="organizations:ListTargetsForPolicy"))
        assert verify(simulator, done).complained(3, "not known well enough")

    def test_without_a_journal_there_is_nothing_to_hold_it_against(self, simulator: Simulator, done: Path) -> None:
        assert command(simulator, done, "verify", "plan.json").code == 2
        missing = command(simulator, done, "verify", "plan.json", "--journal", "nowhere")
        assert (missing.code, missing.err) == (2, "error: `nowhere` cannot be read: No such file or directory\n")


def test_permissions_of_planning_and_verifying_are_those_of_the_calls_made(simulator: Simulator, folder: Path) -> None:
    printed = looks.command("permissions", "--for", "guardrails", cwd=folder)
    (statement,) = json.loads(printed.out)["Statement"]
    # Proving alone asks for the caller's own Sign-In policy.
    asked = {call for call in statement["Action"] if not call.startswith("signin:")}
    simulator.calls.reset()
    plan(simulator, folder, "--target", CANARY, alone=NAME)
    command(simulator, folder, "detach", "DenyRootKeys", "--waive-replay", "so")
    assert {call for _, call in simulator.calls.snapshot()} == asked
    apply(simulator, folder)
    simulator.calls.reset()
    assert verify(simulator, folder).code == 0
    assert {call for _, call in simulator.calls.snapshot()} == asked
    refused = looks.command("permissions", "--for", "guardrails", "--format", "stackset", cwd=folder)
    assert refused.complained(2, "--for guardrails prints one policy")


def test_a_plan_that_is_too_old_is_not_begun(simulator: Simulator, folder: Path) -> None:
    made = datetime.now(UTC) - timedelta(days=15, hours=1)
    plan(simulator, folder, "--as-of", format_instant(made))
    old = apply(simulator, folder)
    assert old.complained(2, "the plan was made 15 days ago, and at most 14 may pass", "--plan-days")
    assert where(simulator) == set()
    assert apply(simulator, folder, "--plan-days", "16").code == 0
    assert where(simulator) == {CANARY}


@pytest.mark.parametrize("name", ["p-12345678", "", "a" * 129, "Grün", "a\nb"])
def test_a_name_that_is_none_is_refused(simulator: Simulator, folder: Path, name: str) -> None:
    made = plan(simulator, folder, "--as", name)
    if name:
        assert made.complained(2, "is no name for a policy")
    else:
        assert made.code == 0


def test_a_proof_is_waived_in_writing(simulator: Simulator, folder: Path) -> None:
    other = Policy(
        policy_id="p-other000",
        name="Other",
        document='{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"organizations:*","Resource":"*"}}',
    )
    organization_of(simulator).policies[other.policy_id] = other
    organization_of(simulator).attachments[CANARY].append(other.policy_id)
    refused = plan(simulator, folder)
    assert refused.complained(2, f"more than it is for would be barred in account {CANARY}", "--waive-proof REASON")
    made = plan(simulator, folder, "--waive-proof", "the account is closed in May")
    assert made.code == 0, made.err
    assert "planned in spite of the proof: the account is closed in May" in made.out
