"""`rootwarden advise`: a simulated organization itself, and the evidence a live run saved of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.collect.looks import MANAGEMENT, command, pointed_at
from typer.testing import CliRunner

from rootwarden import packs
from rootwarden.audit.guardrail_proof import Wanted, policy_of
from rootwarden.cli.main import app
from rootwarden.errors import UsageError
from rootwarden.guardrails.content.guardrail import GuardrailKind
from rootwarden.guardrails.content.values import values_for
from rootwarden.guardrails.content.writing import as_json
from rootwarden.simulator import running
from rootwarden.simulator.parts import attach
from rootwarden.simulator.world import Policy
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.simulator.world import World


def advised(*arguments: object) -> tuple[dict[str, Any], int]:
    done = CliRunner().invoke(app, ["advise", "--format", "json", *map(str, arguments)], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout), done.return_value


def states(found: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["state"] for one in found["advice"]}


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        ("forgotten_mailbox", {"iam-trusted-access": "not-done", "central-root-management": "unknown"}),
        (
            "greenfield",
            {
                "central-root-management": "done",
                "root-sessions": "done",
                "member-root-credentials-removed": "done",
                "iam-trusted-access": "done",
            },
        ),
        ("breached", {"root-keys-deleted": "not-done"}),
    ],
)
def test_live_and_from_saved_evidence(world: str, expected: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    with running(make_world(world, 5)) as simulator, pointed_at(simulator):
        live, code = advised("--org", "--save-evidence", folder)
    told = states(live)
    assert {name: told[name] for name in expected} == expected
    assert code == (1 if "not-done" in told.values() else 3)
    again, _ = advised("--evidence", folder)
    assert states(again) == told
    assert [(one["id"], one["native"], one["both"]) for one in again["scenarios"]] == [
        (one["id"], one["native"], one["both"]) for one in live["scenarios"]
    ]


def test_an_organization_nobody_may_look_at_is_not_known(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "accounts").mkdir()
    account = folder / "accounts" / "111111111111"
    account.mkdir()
    (account / "account-summary.json").write_text('{"SummaryMap": {"AccountMFAEnabled": 1}}')
    found, code = advised("--evidence", folder, "--as-of", "2026-03-02")
    told = states(found)
    assert code in (1, 3)
    assert told["central-root-management"] == told["root-deny-scp"] == "unknown"
    assert "done" not in {told[name] for name in told if name != "root-mfa"}


SERVICES = {one.id for one in packs.advice() if one.decided.service}


def demonstrated(folder: Path, world: str, *arguments: str) -> dict[str, Any]:
    """What `advise` says of what a demo leaves, as a newcomer gets it."""
    shown = command("demo", "--world", world, *arguments, "-o", "made", cwd=folder)
    assert shown.code == 0, shown.err
    assert "rootwarden advise --evidence made/evidence" in shown.err
    found: dict[str, Any] = json.loads(
        command("advise", "--evidence", "made/evidence", "--format", "json", cwd=folder).out
    )
    return found


def test_the_demo_shows_native_services_that_were_looked_at(tmp_path: Path) -> None:
    told = states(demonstrated(tmp_path, "patchwork", "--accounts", "6"))
    assert "unknown" not in {told[name] for name in SERVICES - {"security-hub"}}
    assert {told["guardduty"], told["access-analyzer"]} == {"done", "not-done"}


def test_one_demo_shows_what_nobody_collected(tmp_path: Path) -> None:
    found = demonstrated(tmp_path, "breached", "--accounts", "4")
    assert {states(found)[name] for name in SERVICES} == {"unknown"}
    assert all("was not collected" in one["said"] for one in found["advice"] if one["id"] in SERVICES)


def test_the_demo_of_a_lone_account(tmp_path: Path) -> None:
    found = demonstrated(tmp_path, "standalone")
    assert found["accounts"] == 1
    assert states(found)["central-root-management"] == "not-applicable"
    assert not [step for one in found["advice"] for step in one["how"] if step["only"] == "organization"]


def switched_on() -> World:
    """All is well, and what else is advised is attached: shipped guardrails, with networks of one's own."""
    world = make_world("greenfield", 5)
    organization = world.organization
    assert organization is not None
    organization.policy_types = (*organization.policy_types, "RESOURCE_CONTROL_POLICY", "DECLARATIVE_POLICY_EC2")
    attached = ("deny-leaving-organization", "protect-contacts", "protect-primary-email", "fence-root-sign-in")
    for one in packs.guardrails():
        if one.id in attached:
            given = {"networks": "192.0.2.0/24"} if one.parameter("networks") else {}
            document = as_json(policy_of(Wanted(one, values_for(one, given))))
            policy = Policy(policy_id=f"p-{one.id}", name=one.id, document=document)
            if one.kind is GuardrailKind.RCP:
                policy.kind = "RESOURCE_CONTROL_POLICY"
            attach(organization, organization.root.unit_id, policy)
    return world


def test_with_everything_on_there_is_nothing_to_do(tmp_path: Path) -> None:
    declared = {
        "account": MANAGEMENT,
        "fact": "root-mfa-devices",
        "value": 2,
        "by": "two people who looked",
        "observed_at": "2026-03-01T00:00:00Z",
        "until": "2026-06-01T00:00:00Z",
    }
    declarations = tmp_path / "declared.json"
    declarations.write_text(json.dumps([declared]), encoding="utf-8")
    with running(switched_on()) as simulator, pointed_at(simulator):
        arguments = ("--org", "--declarations", declarations, "--as-of", "2026-03-02T12:00:00Z")
        found, code = advised(*arguments, "--save-evidence", tmp_path / "evidence")
    assert {name for name, state in states(found).items() if state != "done"} == set()
    assert code == 0
    told = command("advise", "--evidence", "evidence", cwd=tmp_path)
    assert told.code == 0
    assert told.out.startswith("nothing to do\n")
    assert "nothing: all that applies is done" in told.out
    assert "What AWS alone does not see even then" in told.out


def test_a_format_there_is_not() -> None:
    with pytest.raises(UsageError, match="no report format `xml`"):
        advised("--format", "xml")
