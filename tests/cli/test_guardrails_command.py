"""`rootwarden guardrails`: what is printed, exit codes, and proofs on the evidence of simulated organizations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.guardrails.own_scp import scp_against_root
from typer.testing import CliRunner

from rootwarden.cli.guardrails import app
from rootwarden.errors import InputError, UsageError
from rootwarden.simulator import parts
from rootwarden.simulator.evidence import write_evidence
from rootwarden.simulator.world import Policy
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from rootwarden.simulator.world import World

FENCE = {
    "effect": "Deny",
    "principal": {"AWS": "*"},
    "action": ["signin:Authenticate", "signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token"],
    "resource": "*",
    "condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
}
OWN = scp_against_root(
    "own", title="No machines for root", why="Root needs none", sid="NoMachines", action="ec2:RunInstances"
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments], standalone_mode=False)


def proof(*arguments: object) -> tuple[dict[str, Any], int]:
    done = run("prove", "--format", "json", *arguments)
    assert done.exception is None
    return json.loads(done.stdout), done.return_value


def written(world: World, folder: Path) -> Path:
    write_evidence(folder, map(world.account, world.account_ids), world.organization)
    return folder


def by_account(found: dict[str, Any], guardrail: str) -> dict[str, str]:
    (one,) = [each for each in found["guardrails"] if each["id"] == guardrail]
    return {account: group["verdict"] for group in one["groups"] for account in group["accounts"]}


@pytest.fixture
def patchwork(tmp_path: Path) -> Path:
    return written(make_world("patchwork", accounts=30), tmp_path / "evidence")


def test_what_holds_follows_the_tree(patchwork: Path) -> None:
    world = make_world("patchwork", accounts=30)
    assert world.organization is not None
    units = {unit.unit_id: unit for unit in world.organization.root.walk()}
    below = {account for unit in units[parts.WORKLOADS_UNIT].walk() for account in unit.account_ids}
    sandbox = {account for unit in units[parts.SANDBOX_UNIT].walk() for account in unit.account_ids}
    found, code = proof("deny-root-key-creation", "deny-root-actions", "--evidence", patchwork)
    skipped = {one["account"] for one in found["skipped"]}
    keys, everything = by_account(found, "deny-root-key-creation"), by_account(found, "deny-root-actions")
    assert code == 1
    assert skipped
    assert len(keys) == len(world.account_ids) - len(skipped) == found["accounts"]
    assert {one for one, verdict in keys.items() if verdict == "holds"} == below - sandbox - skipped
    # The sandbox's policy has no exemption, so sessions of AssumeRoot are barred by accident.
    assert {one for one, verdict in everything.items() if verdict == "bars-too-much"} == sandbox - skipped
    assert [flaw["kind"] for flaw in found["flaws"]] == ["bars-assume-root"]
    assert keys[world.management_id] == "not-bound"


def test_as_if_it_were_attached_to_the_root(patchwork: Path) -> None:
    found, code = proof("--with", "deny-leaving-organization", "--evidence", patchwork)
    assert code == 0
    assert [one["id"] for one in found["guardrails"]] == ["deny-leaving-organization"]
    assert set(by_account(found, "deny-leaving-organization").values()) == {"holds", "not-bound"}
    (planned,) = found["planned"]
    assert planned["guardrail"] == "deny-leaving-organization"
    below, _ = proof("--with", f"deny-leaving-organization@{parts.WORKLOADS_UNIT}", "--evidence", patchwork)
    assert set(by_account(below, "deny-leaving-organization").values()) == {"holds", "open", "not-bound"}


def test_a_policy_that_is_missing_leaves_it_unknown(patchwork: Path) -> None:
    (patchwork / "policies" / "p-denyrootkeys.json").unlink()
    found, code = proof("deny-root-key-creation", "--evidence", patchwork)
    assert code == 1  # the accounts outside of the unit are open all the same
    assert "unknown" in by_account(found, "deny-root-key-creation").values()
    assert "holds" not in by_account(found, "deny-root-key-creation").values()


def test_without_the_tree_nothing_is_decided(patchwork: Path) -> None:
    (patchwork / "targets.json").unlink()
    found, code = proof("deny-root-key-creation", "--evidence", patchwork)
    assert code == 3
    assert set(by_account(found, "deny-root-key-creation").values()) == {"unknown", "not-bound"}


class TestOtherKinds:
    def rcp(self, world: World, folder: Path, *, described: bool = True) -> Path:
        organization = world.organization
        assert organization is not None
        types = (*organization.policy_types, "RESOURCE_CONTROL_POLICY")
        organization = msgspec.structs.replace(organization, policy_types=types)
        document = run("render", "fence-root-sign-in", "--parameter", "networks=203.0.113.0/24").stdout
        fence = Policy(policy_id="p-fence", name="Fence", document=document, kind="RESOURCE_CONTROL_POLICY")
        if described:
            parts.attach(organization, organization.root.unit_id, fence)
        write_evidence(folder, map(world.account, world.account_ids), organization)
        return folder

    def test_resource_control_policies_of_the_evidence(self, tmp_path: Path) -> None:
        folder = self.rcp(make_world("central_root", accounts=5), tmp_path / "e")
        arguments = ("fence-root-sign-in", "--evidence", folder, "--parameter", "networks=203.0.113.0/24")
        found, code = proof(*arguments)
        assert set(by_account(found, "fence-root-sign-in").values()) == {"holds", "not-bound"}
        assert code == 0

    def test_that_nobody_asked_for(self, tmp_path: Path) -> None:
        folder = self.rcp(make_world("central_root", accounts=5), tmp_path / "e", described=False)
        found, code = proof("restrict-assume-root-of-members", "--evidence", folder, "--parameter", "roles=A")
        assert set(by_account(found, "restrict-assume-root-of-members").values()) == {"unknown", "not-bound"}
        assert code == 3

    def test_that_are_switched_off(self, tmp_path: Path) -> None:
        folder = written(make_world("central_root", accounts=5), tmp_path / "e")
        found, code = proof("restrict-assume-root-of-members", "--evidence", folder, "--parameter", "roles=A")
        assert set(by_account(found, "restrict-assume-root-of-members").values()) == {"open", "not-bound"}
        assert code == 1

    @pytest.mark.parametrize(("switched_on", "verdict"), [(True, "holds"), (False, "open"), (None, "unknown")])
    def test_sign_in_policies(self, tmp_path: Path, switched_on: bool | None, verdict: str) -> None:
        world = make_world("central_root", accounts=5)
        folder = written(world, tmp_path / "e")
        account = folder / "accounts" / world.management_id
        policy = {"signinResourceBasedPolicy": {"version": "2012-10-17", "statement": [FENCE]}}
        (account / "sign-in-policy.json").write_text(json.dumps(policy), encoding="utf-8")
        if switched_on is not None:
            answer = json.dumps({"consoleAuthorizationEnabled": switched_on})
            (account / "sign-in-authorization.json").write_text(answer, encoding="utf-8")
        given = ("--parameter", "networks=203.0.113.0/24", "--parameter", "root_only=off")
        found, _ = proof("fence-root-sign-in-of-account", "--evidence", folder, *given)
        verdicts = by_account(found, "fence-root-sign-in-of-account")
        assert verdicts.pop(world.management_id) == verdict
        assert set(verdicts.values()) == {"unknown"}  # nobody asked those


def test_the_text_says_who_denies_what(patchwork: Path) -> None:
    done = run("prove", "deny-root-key-creation", "--evidence", patchwork)
    assert "by policy `DenyRootKeys` statement `DenyRoot` at /Root/Workloads" in done.stdout
    assert "root makes itself an access key: no policy above denies it" in done.stdout
    assert "bars-assume-root: policy `DenyRoot` statement `DenyRoot` at /Root/Workloads/Sandbox" in done.stdout


def test_all_that_need_no_value_are_proven(patchwork: Path) -> None:
    done = run("prove", "--evidence", patchwork, "--parameter", "networks=203.0.113.0/24")
    assert "left out: `restrict-assume-root`, which needs --parameter roles=…" in done.stderr
    assert "fence-root-sign-in: " in done.stdout


def test_a_guardrail_of_ones_own(tmp_path: Path, patchwork: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN, encoding="utf-8")
    found, code = proof(file, "--with", file, "--evidence", patchwork)
    assert code == 0
    assert set(by_account(found, "own").values()) == {"holds", "not-bound"}
    assert json.loads(run("render", file).stdout)["Statement"]["Action"] == "ec2:RunInstances"


def test_a_guardrail_that_does_not_do_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN.replace("arn:*:iam::*:root", "arn:*:iam::*:role/Builder"), encoding="utf-8")
    done = run("render", file)
    assert done.return_value == 1
    assert "error: root starts machines: it is not denied, and the file says otherwise" in done.stderr
    assert "error: a role starts machines: it is denied, and the file says otherwise" in done.stderr


def test_a_policy_aws_would_refuse(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    statements = '["ec2:RunInstances", ' + ", ".join(f'"ec2:{"x" * 100}{number}"' for number in range(120)) + "]"
    file.write_text(OWN.replace('["ec2:RunInstances"]', statements), encoding="utf-8")
    done = run("render", file)
    assert done.return_value == 1
    assert "error[P1023]" in done.stderr


def test_list_and_show() -> None:
    listed = run("list").stdout.splitlines()
    assert len(listed) == 11
    shown = run("show", "restrict-assume-root").stdout
    assert "needed" in shown
    assert "a named role names no task (sts:AssumeRoot)" in shown
    assert "warning: `IAMCreateRootUserPassword`" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "deny-root-action"), "there is no guardrail `deny-root-action`; did you mean `deny-root-actions`?"),
        (("render", "deny-root-actions", "--parameter", "roles=a"), "has no parameter `roles`"),
        (("render", "deny-root-actions", "--parameter", "roles"), "`roles` is not NAME=VALUE"),
        (("render", "restrict-assume-root"), "needs the parameter `roles`"),
        (
            ("render", "fence-root-sign-in-of-account", "--parameter", "networks=::/0", "--format", "terraform"),
            "no form",
        ),
        (("prove", "--evidence", ".", "--with", "@r-1"), "is not ID@TARGET"),
        (("prove", "--evidence", ".", "--parameter", "a=b"), "there is no parameter `a`"),
        (("prove", "--evidence", ".", "--parameter", "roles=b", "--parameter", "roles=c"), "is given twice"),
    ],
)
def test_what_is_refused(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    folder = str(written(make_world("greenfield", accounts=2), tmp_path / "e"))
    done = run(*(folder if one == "." else one for one in arguments))
    assert isinstance(done.exception, UsageError)
    assert says in done.exception.message


def test_no_evidence(tmp_path: Path) -> None:
    done = run("prove", "--evidence", tmp_path / "none")
    assert isinstance(done.exception, InputError)


def test_the_map_has_before_and_after(patchwork: Path, tmp_path: Path) -> None:
    page = tmp_path / "map.html"
    done = run(
        "prove", "--with", "deny-leaving-organization", "--evidence", patchwork, "--format", "html", "--output", page
    )
    assert (done.return_value, done.stdout) == (0, "")
    told = page.read_text("utf-8")
    assert told.count('<svg class="map"') == 2
    alone = run("prove", "deny-root-actions", "--evidence", patchwork, "--format", "html")
    assert alone.stdout.count('<svg class="map"') == 1
    assert "<b>bars-assume-root</b>" in alone.stdout
    assert alone.return_value == 1
