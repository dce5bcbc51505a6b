"""`rootwarden guardrails prove` and `replay` without `--evidence`: AWS is asked, and what it denies is not known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks
from typer.testing import CliRunner

from rootwarden.cli.guardrails import app
from rootwarden.errors import AccessError, AwsError, UsageError
from rootwarden.simulator import parts, running
from rootwarden.simulator.evidence import write_evidence
from rootwarden.simulator.knobs import Deny, Drop, Fail, Throttle, Truncate
from rootwarden.simulator.trail.month import Month
from rootwarden.simulator.trail.write import write_month
from rootwarden.simulator.world import MANAGEMENT_ID
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

    from rootwarden.simulator import Simulator
    from rootwarden.simulator.knobs import Knob

NAME: Final = "deny-root-key-creation"
FENCE: Final = "fence-root-sign-in-of-account"
# What tells policies and where they are, beside who is in the organization.
TREE: Final = (
    "organizations:ListRoots",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListPolicies",
    "organizations:ListTargetsForPolicy",
)
FAILURES: Final = {
    "denied": (Deny, "was refused"),
    "failing": (Fail, "failed"),
    "dropped": (Drop, "failed (ConnectionClosed)"),
}


@pytest.fixture(scope="module")
def started() -> Iterator[Simulator]:
    with running(make_world("patchwork", 12)) as simulator:
        yield simulator


@pytest.fixture
def simulator(started: Simulator) -> Simulator:
    started.knobs.clear()
    started.calls.reset()
    return started


def run(simulator: Simulator, *arguments: object) -> Result:
    with looks.pointed_at(simulator):
        return CliRunner().invoke(app, [str(one) for one in arguments], standalone_mode=False)


def proof(simulator: Simulator, *arguments: object, knobs: tuple[Knob, ...] = ()) -> tuple[dict[str, Any], int]:
    simulator.knobs.add(*knobs)
    done = run(simulator, "prove", "--format", "json", *arguments)
    assert done.exception is None, done.exception
    return json.loads(done.stdout), done.return_value


def groups(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Verdict and note by account, of the only guardrail."""
    (one,) = found["guardrails"]
    return {account: (group["verdict"], group["note"]) for group in one["groups"] for account in group["accounts"]}


def test_what_aws_tells_is_proven_as_its_evidence_is(simulator: Simulator, tmp_path: Path) -> None:
    world = simulator.world
    write_evidence(tmp_path / "e", map(world.account, world.account_ids), world.organization)
    named = (NAME, "deny-root-actions", "--with", "deny-leaving-organization")
    live = proof(simulator, *named)
    assert live == proof(simulator, *named, "--evidence", tmp_path / "e")
    assert live[1] == 1
    asked = {call.partition(":")[0] for _, call in simulator.calls.snapshot()}
    assert asked == {"organizations", "sts"}
    assert not simulator.calls.of_call("sts:AssumeRole")


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("call", TREE)
def test_a_tree_that_is_not_told_leaves_every_member_unknown(simulator: Simulator, call: str, failure: str) -> None:
    knob, said = FAILURES[failure]
    found, code = proof(simulator, NAME, knobs=(knob(call=call),))
    assert code == 3
    told = groups(found)
    members = {account: each for account, each in told.items() if account != MANAGEMENT_ID}
    assert len(members) > 5
    assert {verdict for verdict, _ in members.values()} == {"unknown"}
    assert all(f"{call} {said}" in note for _, note in members.values()), members
    assert told[MANAGEMENT_ID][0] == "not-bound"


@pytest.mark.parametrize("failure", FAILURES)
def test_policies_that_cannot_be_read_prove_nothing(simulator: Simulator, failure: str) -> None:
    knob, _said = FAILURES[failure]
    found, code = proof(simulator, NAME, knobs=(knob(call="organizations:DescribePolicy"),))
    assert code == 3
    assert {verdict for verdict, _ in groups(found).values()} == {"unknown", "not-bound"}


def test_one_policy_that_cannot_be_read_spoils_only_what_is_below_it(simulator: Simulator) -> None:
    """The second DescribePolicy is refused; where the policy is not attached, the proof is as it was."""
    clean, _ = proof(simulator, NAME)
    before = groups(clean)
    simulator.knobs.add(Truncate(call="organizations:DescribePolicy", every=2))
    found, code = proof(simulator, NAME)
    after = groups(found)
    changed = {account for account in before if before[account] != after[account]}
    assert {after[account][0] for account in changed} <= {"unknown"}
    assert code in {1, 3}
    assert changed, "somebody is below a policy that could not be read"


@pytest.mark.parametrize("call", ["organizations:DescribeOrganization", "organizations:ListAccounts"])
@pytest.mark.parametrize("failure", FAILURES)
def test_without_a_list_of_accounts_nothing_is_said_of_any(simulator: Simulator, call: str, failure: str) -> None:
    knob, said = FAILURES[failure]
    simulator.knobs.add(knob(call=call))
    done = run(simulator, "prove", NAME)
    assert isinstance(done.exception, AccessError)
    assert done.exception.exit_code == 3
    assert f"cannot be listed: {call} {said}" in done.exception.message
    assert done.stdout == ""


def test_every_seventh_call_throttled_changes_nothing(simulator: Simulator) -> None:
    clean = proof(simulator, NAME)
    assert proof(simulator, NAME, knobs=(Throttle(every=7),)) == clean


@pytest.mark.timeout(90)
def test_throttled_for_good_is_not_known(simulator: Simulator) -> None:
    found, code = proof(simulator, NAME, knobs=(Throttle(call="organizations:ListPolicies", every=1),))
    assert code == 3
    notes = {note for account, (_, note) in groups(found).items() if account != MANAGEMENT_ID}
    assert len(notes) == 1
    assert "organizations:ListPolicies was throttled until we gave up (" in notes.pop()
    assert sum(simulator.calls.of_call("organizations:ListPolicies").values()) <= 8


def test_a_member_may_not_ask(simulator: Simulator) -> None:
    key = simulator.world.credentials_of(parts.member_id(2))
    changed = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
    with looks.pointed_at(simulator):
        done = CliRunner(env=changed).invoke(app, ["prove", NAME], standalone_mode=False)
    assert isinstance(done.exception, AccessError)
    assert "organizations:ListAccounts was refused" in done.exception.message


def test_the_sign_in_policy_of_the_callers_own_account(simulator: Simulator, tmp_path: Path) -> None:
    audited = looks.command("audit", "--save-evidence", "e", cwd=tmp_path, simulator=simulator)
    assert audited.code in {0, 1, 3}, audited.err
    arguments = (FENCE, "--parameter", "networks=203.0.113.0/24")
    found, code = proof(simulator, *arguments)
    told = groups(found)
    assert code == 1
    assert told[MANAGEMENT_ID] == groups(proof(simulator, *arguments, "--evidence", tmp_path / "e")[0])[MANAGEMENT_ID]
    assert told[MANAGEMENT_ID][0] != "unknown"
    assert {verdict for account, (verdict, _) in told.items() if account != MANAGEMENT_ID} == {"unknown"}
    denied, _ = proof(simulator, *arguments, knobs=(Deny(call="signin:GetResourcePolicy"),))
    assert groups(denied)[MANAGEMENT_ID] == ("unknown", "signin:GetResourcePolicy was refused (AccessDeniedException)")


def test_an_account_in_no_organization() -> None:
    with running(make_world("standalone")) as simulator:
        found, code = proof(simulator, NAME)
    assert (code, groups(found)) == (1, {MANAGEMENT_ID: ("not-bound", "the account is in no organization")})


@pytest.mark.parametrize(
    ("knob", "said"),
    [
        pytest.param(Drop, "AWS cannot be reached: the connection was closed", id="dropped"),
        pytest.param(Truncate, "AWS cannot be reached: the answer", id="cut"),
        pytest.param(Throttle, "sts:GetCallerIdentity was throttled until we gave up", id="throttled"),
    ],
)
def test_who_asks_is_not_told(knob: type[Drop | Truncate | Throttle], said: str) -> None:
    """None of these says that AWS does not accept the credentials."""
    with running(make_world("standalone")) as simulator:
        simulator.knobs.add(knob(call="sts:GetCallerIdentity", every=1))
        done = run(simulator, "prove", NAME)
    assert isinstance(done.exception, AwsError)
    assert said in done.exception.message


def test_evidence_is_not_asked_with_a_profile(simulator: Simulator, tmp_path: Path) -> None:
    done = run(simulator, "prove", NAME, "--evidence", tmp_path, "--profile", "audit")
    assert isinstance(done.exception, UsageError)
    assert "asks no AWS" in done.exception.message


# replay


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("month")
    write_month(Month(accounts=4, days=3, events=500, whole=True), folder / "trail", aside=folder / "aside")
    return folder / "trail"


def test_a_replay_reads_the_policies_there_are_from_aws(simulator: Simulator, trail: Path, tmp_path: Path) -> None:
    world = simulator.world
    write_evidence(tmp_path / "e", map(world.account, world.account_ids), world.organization)
    arguments = ("replay", "deny-root-actions", "--trail", trail, "--format", "json")
    live = run(simulator, *arguments)
    assert live.exception is None
    offline = run(simulator, *arguments, "--evidence", tmp_path / "e")
    assert (live.stdout, live.return_value) == (offline.stdout, offline.return_value)


def test_a_replay_without_a_list_of_accounts(simulator: Simulator, trail: Path) -> None:
    simulator.knobs.add(Deny(call="organizations:ListAccounts"))
    done = run(simulator, "replay", "deny-root-actions", "--trail", trail)
    assert isinstance(done.exception, AccessError)
    assert done.stdout == ""
