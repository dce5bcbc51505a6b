"""The world `breached`: the ways up planted there, told alike live, in a saved folder and in the truth."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from tests.collect import looks
from tests.iam.account_cases import answer

from rootwarden.audit.rulebook import rulebook
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.principals import authorization_details
from rootwarden.collect.save import EvidenceWriter
from rootwarden.facts.fact import Known
from rootwarden.packs import escalation_paths, every_rule, schema
from rootwarden.simulator import parts, running, ways_up
from rootwarden.simulator.authorization_details import AuthorizationDetails, as_object
from rootwarden.simulator.clients import client
from rootwarden.simulator.ways_up import SMALLEST, truth_of
from rootwarden.simulator.world import MANAGEMENT_ID
from rootwarden.simulator.worlds import WORLDS, make_world

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.simulator.identities import IAMUser, Role
    from rootwarden.simulator.world import World

WORKLOAD, OTHER, SANDBOX = (parts.member_id(number) for number in (4, 5, 3))


@pytest.fixture
def world() -> World:
    return make_world("breached")


def truth_by_name(world: World) -> dict[str, str]:
    return {arn.rpartition("/")[2]: truth.standing for arn, truth in truth_of(world).items()}


PLANTED = {
    "escalation": {
        *("contact-desk", "release-hub", "release-start", "release-bridge"),
        *("ci-deployer", "deployer", "helpdesk", "onboarding"),
        *("shift-lead", "batch-editor"),
    },
    "conditional": {"account-recovery", "oncall", "function-keeper"},
    "lateral": {"intern"},
    "direct": {
        *("automation-admin", "oncall-admin", "chief", "lambda-admin", "ecs-admin", "standby-admin"),
        *("OrganizationAccountAccessRole", "AWSReservedSSO_AdministratorAccess_fake000000000000"),
    },
}


def test_what_is_planted_and_nothing_else(world: World) -> None:
    truth = truth_by_name(world)
    found = {standing: {name for name, each in truth.items() if each == standing} for standing in PLANTED}
    assert found == PLANTED
    lookalikes = {name for name, each in truth.items() if each == "none"} - {"RootwardenAudit"}
    assert {name for name in lookalikes if not name.startswith("service-")} == {
        *("root-auditor", "invoice-desk", "experimenter", "ci-report", "ci-images", "ci-jobs"),
        *("readonly-deployer", "policy-clerk", "sso-clerk", "key-clerk", "report-reader", "member-contacts"),
        *("shift-desk", "batch-work", "batch-clerk"),
    }


def test_everybody_has_a_truth_and_the_table_names_the_planted(world: World) -> None:
    truth = truth_of(world)
    for account_id in world.account_ids:
        details = AuthorizationDetails(world.account(account_id), world.partition)
        everybody: list[IAMUser | Role] = [*world.account(account_id).users, *world.account(account_id).roles]
        assert {details.arn(each) for each in everybody} <= set(truth)
    assert ways_up.__doc__
    for arn, each in truth.items():
        name = arn.rpartition("/")[2]
        if each.standing in {"escalation", "conditional", "lateral"}:
            assert f"`{name}`" in ways_up.__doc__
    known = {path.id for path in escalation_paths()}
    assert {step for each in truth.values() for step in each.path} <= known


@pytest.mark.parametrize("accounts", [1, 2, 5, 6, 30])
def test_a_small_world_has_no_ways_up(accounts: int) -> None:
    truth = truth_of(make_world("breached", accounts))
    counted = Counter(each.standing for each in truth.values())
    assert (counted["escalation"] > 0) is (accounts >= SMALLEST)
    assert counted["direct"] >= accounts


def asked(world: World, arn: str, action: str, resource: str, **context: Any) -> str:
    account = world.account(arn.split(":")[4])
    others = [world.account(each) for each in world.account_ids]
    return answer(
        account,
        world.organization,
        arn,
        action,
        resource=resource,
        context=context,
        management=world.management_id,
        others=others,
    )


def iam(account: str, resource: str) -> str:
    return f"arn:aws:iam::{account}:{resource}"


ALLOWED = [
    (iam(WORKLOAD, "role/ci-deployer"), "iam:PassRole", iam(WORKLOAD, "role/automation-admin")),
    (iam(WORKLOAD, "role/ci-deployer"), "lambda:CreateFunction", f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:x"),
    (iam(WORKLOAD, "user/deployer"), "iam:CreatePolicyVersion", iam(WORKLOAD, "policy/deployer-rights")),
    (iam(WORKLOAD, "user/helpdesk"), "iam:CreateAccessKey", iam(WORKLOAD, "user/oncall-admin")),
    (iam(WORKLOAD, "user/onboarding"), "iam:AddUserToGroup", iam(WORKLOAD, "group/administrators")),
    (iam(WORKLOAD, "user/intern"), "sts:AssumeRole", iam(WORKLOAD, "role/report-reader")),
    (iam(WORKLOAD, "user/shift-lead"), "sts:AssumeRole", iam(WORKLOAD, "role/shift-desk")),
    (iam(WORKLOAD, "role/shift-desk"), "iam:PutUserPolicy", iam(WORKLOAD, "user/shift-lead")),
    (iam(OTHER, "user/batch-editor"), "iam:PassRole", iam(OTHER, "role/batch-work")),
    (iam(OTHER, "user/batch-editor"), "iam:PutRolePolicy", iam(OTHER, "role/batch-work")),
    (iam(WORKLOAD, "user/chief"), "ec2:RunInstances", "*"),
    (iam(OTHER, "role/release-start"), "sts:AssumeRole", iam(OTHER, "role/release-bridge")),
    (iam(OTHER, "role/release-bridge"), "sts:AssumeRole", iam(MANAGEMENT_ID, "role/release-hub")),
    (iam(MANAGEMENT_ID, "role/contact-desk"), "account:AcceptPrimaryEmailUpdate", "*"),
]
REFUSED = [
    (iam(OTHER, "user/batch-clerk"), "iam:PassRole", iam(OTHER, "role/batch-work")),
    (iam(SANDBOX, "user/experimenter"), "iam:CreatePolicyVersion", iam(SANDBOX, "policy/experiments")),
    (iam(OTHER, "role/ci-images"), "iam:PassRole", iam(OTHER, "role/lambda-admin")),
    (iam(OTHER, "role/ci-report"), "iam:PassRole", iam(OTHER, "role/lambda-admin")),
    (iam(OTHER, "role/ci-jobs"), "iam:PassRole", iam(OTHER, "role/lambda-admin")),
    (iam(OTHER, "user/readonly-deployer"), "iam:CreatePolicyVersion", iam(OTHER, "policy/frozen-rights")),
    (iam(OTHER, "user/policy-clerk"), "iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    (
        iam(OTHER, "user/sso-clerk"),
        "iam:UpdateAssumeRolePolicy",
        iam(
            OTHER,
            "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_AdministratorAccess_fake000000000000",
        ),
    ),
    (iam(WORKLOAD, "user/oncall"), "iam:AttachUserPolicy", iam(WORKLOAD, "user/oncall")),
]


@pytest.mark.parametrize(("arn", "action", "resource"), ALLOWED)
def test_what_the_evaluator_allows(world: World, arn: str, action: str, resource: str) -> None:
    passed = {"iam:PassedToService": "lambda.amazonaws.com"} if action == "iam:PassRole" else {}
    assert asked(world, arn, action, resource, **passed) == "Allowed"


@pytest.mark.parametrize(("arn", "action", "resource"), REFUSED)
def test_what_the_evaluator_refuses(world: World, arn: str, action: str, resource: str) -> None:
    passed = {"iam:PassedToService": "lambda.amazonaws.com"} if action == "iam:PassRole" else {}
    assert asked(world, arn, action, resource, **passed) in {"ImplicitlyDenied", "ExplicitlyDenied"}


def test_with_mfa_the_evaluator_allows(world: World) -> None:
    own = iam(WORKLOAD, "user/oncall")
    context = {"aws:MultiFactorAuthPresent": True}
    assert asked(world, own, "iam:AttachUserPolicy", own, **context) == "Allowed"


def test_the_answer_on_the_wire_is_the_one_of_the_folder() -> None:
    world = make_world("breached")
    account = world.account(OTHER)
    expected = AuthorizationDetails(account, "aws", as_object)
    with running(world) as simulator:
        pages = client(simulator, "iam", account=OTHER).get_paginator("get_account_authorization_details")
        told: dict[str, list[dict[str, Any]]] = {}
        for page in pages.paginate(PaginationConfig={"PageSize": 7}):
            for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
                told.setdefault(name, []).extend(page[name])
    whole = expected.told(expected.entries())
    for name, entries in whole.items():
        assert [each.get("Arn") for each in told[name]] == [each["Arn"] for each in entries]
    roles = {each["RoleName"]: each for each in told["RoleDetailList"]}
    assert roles["ci-jobs"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == iam(OTHER, "policy/no-passing")
    assert roles["release-bridge"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "AWS": [iam(OTHER, "role/release-start")]
    }
    policies = {each["PolicyName"]: each for each in told["Policies"]}
    assert policies["no-passing"]["PermissionsBoundaryUsageCount"] == 1
    assert policies["AdministratorAccess"]["AttachmentCount"] == 5


def test_a_live_look_saves_it_all(tmp_path: Path) -> None:
    world = make_world("breached")
    with running(world) as simulator:
        looks.live(simulator, by=rulebook(every_rule(), schema()), writer=EvidenceWriter(tmp_path / "e"))
    evidence = EvidenceFolder(tmp_path / "e")
    found: set[str] = set()
    for account_id in world.account_ids:
        details = authorization_details(evidence.account(account_id))
        assert isinstance(details, Known)
        found |= {each.arn for each in details.value.users} | {each.arn for each in details.value.roles}
    assert found == set(truth_of(world))
    assert isinstance(evidence.answer("policies/p-fakeversions.json"), Known)
    report = evidence.read_bytes(f"accounts/{OTHER}/credential-report.json")
    assert report


@pytest.mark.parametrize("name", WORLDS)
def test_no_other_world_has_any(name: str) -> None:
    if name == "breached":
        return
    world = make_world(name)
    names = {user.name for each in world.account_ids for user in world.account(each).users}
    assert not names & (PLANTED["escalation"] | PLANTED["conditional"] | PLANTED["lateral"])
