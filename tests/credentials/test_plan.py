"""What a plan says of each account, and what it finds by reading before anything is tried."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import pytest
from tests.credentials.rig import MANAGEMENT, holds

from rootwarden.collect import files
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.credentials.plan import Phase, State, digest, encode
from rootwarden.credentials.plan_file import read_plan
from rootwarden.credentials.planning import Wishes, plan_from
from rootwarden.credentials.steps import not_in_task_policies
from rootwarden.credentials.trail import Trail
from rootwarden.detect.visits.findings import RootKey
from rootwarden.errors import InputError, UsageError
from rootwarden.facts.fact import Known, Unknown
from rootwarden.report.credentials import plan_text
from rootwarden.simulator.knobs import Deny
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.parts import days_ago, deny_root_policy
from rootwarden.simulator.world import Policy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.credentials.rig import Rig

    from rootwarden.credentials.plan import Plan, Planned

KEY_HOLDER, ALL_HOLDER, ASLEEP = "000011110003", "000011110004", "000011110005"
SECURITY = "000011110001"


def one(plan: Plan, account: str) -> Planned:
    return next(each for each in plan.accounts if each.account == account)


def put(rig: Rig, policy: Policy, target: str = "") -> None:
    """A policy in the organization, attached to a target if one is named."""
    organization = rig.simulator.world.organization
    assert organization is not None
    organization.policies[policy.policy_id] = policy
    if policy.kind not in organization.policy_types:
        organization.policy_types = (*organization.policy_types, policy.kind)
    if target:
        organization.attachments.setdefault(target, []).append(policy.policy_id)


def test_every_account_has_a_state_and_a_reason(rig: Rig) -> None:
    plan = rig.plan()
    assert {each.account for each in plan.accounts} == set(rig.simulator.world.account_ids)
    for each in plan.accounts:
        root = rig.simulator.world.account(each.account).root
        expected = State.GUIDED if each.account == MANAGEMENT else State.READY if holds(root) else State.CLEAN
        assert each.state is expected
        assert bool(each.steps) is (expected is State.READY)


def test_the_password_goes_before_the_devices(rig: Rig) -> None:
    calls = [step.call.partition(":")[2] for step in one(rig.plan(), ALL_HOLDER).steps]
    assert calls == [
        "DeleteAccessKey",
        "DeleteLoginProfile",
        "DeactivateMFADevice",
        "DeleteVirtualMFADevice",
        "DeactivateMFADevice",
    ]


def test_a_plan_is_read_as_it_was_written(rig: Rig, tmp_path: Path) -> None:
    plan = rig.plan()
    (tmp_path / "plan.json").write_bytes(encode(plan))
    read, known_as = read_plan(tmp_path / "plan.json")
    assert read == plan
    assert known_as == digest(encode(plan))
    assert encode(read) == encode(plan)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "is no plan"), (b"[" * 100_000, "is no plan"), (b"\xff", "is no plan"), (b'{"as_of":1}', "is no plan")],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "plan.json").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_plan(tmp_path / "plan.json")


def test_a_plan_of_another_version_is_refused(rig: Rig, tmp_path: Path) -> None:
    changed = encode(rig.plan()).replace(b"credentials-plan/1", b"credentials-plan/9")
    (tmp_path / "plan.json").write_bytes(changed)
    with pytest.raises(InputError, match="this version reads"):
        read_plan(tmp_path / "plan.json")


def test_what_is_in_use_is_moved_first(rig: Rig) -> None:
    rig.simulator.world.account(KEY_HOLDER).root.keys[0].last_used = days_ago(3)
    rig.simulator.world.account("000011110002").root.password_last_used = days_ago(10)
    plan = rig.plan()
    assert one(plan, KEY_HOLDER).state is one(plan, "000011110002").state is State.BLOCKED
    assert "move first: the key AKIAROOT000011110003 was used on 2026-02-27" in one(plan, KEY_HOLDER).reasons[0]
    assert "root signed in with the password" in one(plan, "000011110002").reasons[0]
    assert one(rig.plan("b", unused_days=2), KEY_HOLDER).state is State.READY
    waived = one(rig.plan("c", waived={KEY_HOLDER: "ticket 17"}), KEY_HOLDER)
    assert (waived.state, waived.waived) == (State.READY, "ticket 17")


def used_lately() -> RootKey:
    return RootKey(
        account=KEY_HOLDER,
        access_key=f"AKIAROOT{KEY_HOLDER}",
        events=12,
        first=days_ago(40),
        last=days_ago(2),
        services={"s3": 9, "sqs": 3},
        operations={"s3:GetObject": 9, "sqs:SendMessage": 3},
        addresses={"198.51.100.7": 12},
        agents={"aws-cli/2.0": 12},
        regions={"eu-central-1": 12},
        more=False,
    )


def test_cloudtrail_tells_of_keys_that_could_not_be_listed(rig: Rig) -> None:
    rig.simulator.knobs.add(Deny(account=KEY_HOLDER, call="iam:ListAccessKeys"))
    use = used_lately()
    found = one(plan_from(rig.collect(), Wishes(wait_days=0), Trail(given=True, keys=(use,))), KEY_HOLDER)
    assert (found.state, found.uses) == (State.UNKNOWN, (use,))


def test_cloudtrail_tells_what_a_key_is_used_for(rig: Rig) -> None:
    use = used_lately()
    found = one(plan_from(rig.collect(), Wishes(wait_days=0), Trail(given=True, keys=(use,))), KEY_HOLDER)
    assert found.state is State.BLOCKED
    assert found.uses == (use,)
    said = "CloudTrail shows 12 events for s3 (9), sqs (3); from 198.51.100.7 (12); with aws-cli/2.0 (12)"
    assert said in found.reasons[0]


@pytest.mark.parametrize(
    ("lost", "said", "heading"),
    [
        ("organization.json", "which organization this is is not known", "which organization is not known, as of"),
        ("accounts.json", "there may be members that are not in this plan", "organization o-"),
    ],
)
def test_an_organization_that_was_not_looked_at_is_not_called_none(
    rig: Rig, lost: str, said: str, heading: str
) -> None:
    folder = rig.collect()
    (rig.folder / "evidence" / lost).unlink()
    plan = plan_from(folder, Wishes(wait_days=0))
    assert any(each.startswith(said) for each in plan.told)
    assert plan_text(plan).startswith(heading)


def test_unknown_is_never_ready(rig: Rig) -> None:
    rig.simulator.knobs.add(
        Deny(account=KEY_HOLDER, call="iam:ListMFADevices"),
        Deny(account=ASLEEP, call="iam:GetAccessKeyLastUsed"),
        Deny(account=ALL_HOLDER, call="sts:AssumeRoot"),
    )
    plan = rig.plan()
    for account in (KEY_HOLDER, ASLEEP, ALL_HOLDER):
        found = one(plan, account)
        assert (found.state, found.steps) == (State.UNKNOWN, ())
        assert found.reasons
        assert account not in {each for wave in plan.waves.waves for each in wave.accounts}


def test_evidence_of_a_role_knows_who_is_clean_and_not_more(rig: Rig) -> None:
    folder = rig.collect()
    for account in (KEY_HOLDER, SECURITY):
        for file in (files.ROOT_ACCESS_KEYS, files.ROOT_LOGIN_PROFILE, files.ROOT_MFA_DEVICES):
            (folder.path / "accounts" / account / file).unlink(missing_ok=True)
        (folder.path / "accounts" / account / files.ROOT_SIGNING_CERTIFICATES).unlink()
        errors = folder.path / "accounts" / account / files.ERRORS
        errors.unlink(missing_ok=True)
    collection = json.loads((folder.path / files.COLLECTION).read_bytes())
    collection["calls"] = [each for each in collection["calls"] if "root-" not in each["file"]]
    (folder.path / files.COLLECTION).write_text(json.dumps(collection), encoding="utf-8")
    plan = plan_from(EvidenceFolder(folder.path), Wishes(wait_days=0))
    assert one(plan, SECURITY).state is State.CLEAN
    assert one(plan, KEY_HOLDER).reasons == (
        "the access keys: there is an access key, and only an AssumeRoot audit tells which",
    )


def test_an_account_that_is_closed_is_skipped(rig: Rig) -> None:
    rig.simulator.world.account(KEY_HOLDER).state = "SUSPENDED"
    assert one(rig.plan(), KEY_HOLDER).reasons == ("the account is SUSPENDED",)


def test_a_policy_that_denies_the_session_is_found_by_reading(rig: Rig) -> None:
    put(rig, deny_root_policy("p-denyroot00", "DenyRoot", action="iam:Delete*", exempt_assumed_root=False), KEY_HOLDER)
    found = one(rig.plan(), KEY_HOLDER)
    assert found.state is State.BLOCKED
    assert "policy `DenyRoot` at account 000011110003" in found.reasons[0]
    assert "denies iam:DeleteAccessKey to AssumeRoot sessions" in found.reasons[0]


def test_a_policy_that_denies_the_look_is_named(rig: Rig) -> None:
    put(rig, deny_root_policy("p-denyroot00", "DenyRoot", action="*", exempt_assumed_root=False), KEY_HOLDER)
    found = one(rig.plan(), KEY_HOLDER)
    assert found.state is State.BLOCKED
    assert "policy `DenyRoot` at account 000011110003" in found.reasons[0]
    assert "the access keys: iam:ListAccessKeys was refused" in " ".join(found.reasons)


def test_a_canary_that_is_not_ready_is_told(rig: Rig) -> None:
    clean = next(each.account for each in rig.plan().of(State.CLEAN))
    told = rig.plan("again", canaries=(clean,)).told
    assert f"the canary {clean} is not ready, so it is no canary" in told


def test_an_exempting_policy_is_no_obstacle(rig: Rig) -> None:
    put(rig, deny_root_policy("p-denyroot00", "DenyRoot", action="*", exempt_assumed_root=True), KEY_HOLDER)
    assert one(rig.plan(), KEY_HOLDER).state is State.READY


def deny_assume_root(kind: Literal["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]) -> Policy:
    statement = {"Effect": "Deny", "Action": "sts:AssumeRoot", "Resource": "*"}
    if kind == "RESOURCE_CONTROL_POLICY":
        statement["Principal"] = "*"
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return Policy(policy_id="p-noassumert", name="NoAssumeRoot", document=text, kind=kind)


@pytest.mark.parametrize(
    ("caller", "target", "denied"),
    [
        (f"arn:aws:sts::{SECURITY}:assumed-role/Remover/kim", SECURITY, True),
        (f"arn:aws:iam::{MANAGEMENT}:user/operator", MANAGEMENT, False),
        (f"arn:aws:sts::{SECURITY}:assumed-role/Remover/kim", "", False),
    ],
    ids=["delegated administrator", "management account", "not attached"],
)
def test_a_policy_that_denies_the_caller_is_found(rig: Rig, caller: str, target: str, denied: bool) -> None:
    put(rig, deny_assume_root("SERVICE_CONTROL_POLICY"), target)
    found = one(rig.plan(caller=caller), KEY_HOLDER)
    assert (found.state is State.BLOCKED) is denied
    assert any("denies the caller sts:AssumeRoot" in said for said in found.reasons) is denied


def test_a_resource_control_policy_of_the_member_is_found(rig: Rig) -> None:
    put(rig, deny_assume_root("RESOURCE_CONTROL_POLICY"), KEY_HOLDER)
    folder = rig.collect()
    plan = plan_from(folder, Wishes(wait_days=0, caller=f"arn:aws:iam::{MANAGEMENT}:user/operator"))
    assert any("denies the caller sts:AssumeRoot" in said for said in one(plan, KEY_HOLDER).reasons)
    assert one(plan, ALL_HOLDER).state is State.READY


def test_active_keys_need_a_way_to_sleep(rig: Rig) -> None:
    plan = rig.plan(wait_days=14)
    assert "say how it is put to sleep first" in one(plan, KEY_HOLDER).reasons[0]
    assert one(plan, ASLEEP).state is State.READY
    assert one(plan, "000011110002").state is State.READY


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (deny_root_policy("p-sleep00000", "Sleep", action="*", exempt_assumed_root=False), "iam:DeleteAccessKey"),
        (deny_root_policy("p-sleep00000", "Sleep", action="s3:*", exempt_assumed_root=True), "root can still do"),
    ],
)
def test_a_hold_policy_that_does_something_else_is_refused(rig: Rig, policy: Policy, why: str) -> None:
    put(rig, policy)
    found = one(rig.plan(wait_days=14, hold="p-sleep00000"), KEY_HOLDER)
    assert found.state is State.BLOCKED
    assert why in found.reasons[0]


def test_a_hold_policy_comes_first_and_goes_last(rig: Rig) -> None:
    put(rig, deny_root_policy("p-sleep00000", "Sleep", action="*", exempt_assumed_root=True))
    steps = one(rig.plan(wait_days=14, hold="p-sleep00000"), KEY_HOLDER).steps
    assert [step.phase for step in steps] == [Phase.HOLD, Phase.REMOVE, Phase.RELEASE]
    assert steps[0].undo == steps[2].call == "organizations:DetachPolicy"


def test_every_step_is_in_the_text_of_its_task_policy(rig: Rig) -> None:
    steps = [step for each in rig.plan().ready() for step in each.steps]
    assert {step.call for step in steps if step.through}
    assert not_in_task_policies(steps) == ()


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"hold": "p-nobody0000"}, "there is no service control policy `p-nobody0000`"),
        ({"waived": {"999999999999": "why"}}, "the waiver `999999999999` is not in the evidence"),
        ({"canaries": ("999999999999",)}, "the canary `999999999999` is not in the evidence"),
        ({"order": ("ou-nowhere",)}, "there is no organizational unit `ou-nowhere`"),
    ],
)
def test_wishes_that_name_nothing_are_refused(rig: Rig, wishes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        rig.plan(**wishes)


def test_features_that_are_off_come_first(rig: Rig) -> None:
    organization = rig.simulator.world.organization
    assert organization is not None
    organization.features.clear()
    organization.trusted_services = ()
    plan = rig.plan(delegate=SECURITY)
    assert [step.call for step in plan.prepare] == [
        "organizations:EnableAWSServiceAccess",
        "iam:EnableOrganizationsRootCredentialsManagement",
        "iam:EnableOrganizationsRootSessions",
        "organizations:RegisterDelegatedAdministrator",
    ]
    assert plan.ready() == ()
    assert all(each.state is not State.CLEAN for each in plan.accounts)


def test_a_guided_account_has_its_steps_in_the_text(rig: Rig) -> None:
    plan = rig.plan()
    seen = one(plan, MANAGEMENT).seen
    assert seen is not None
    assert isinstance(seen.devices, Unknown)
    assert isinstance(seen.keys, Known)
    assert "Deactivate" not in plan_text(plan)
    rig.simulator.world.management.root.keys = rig.simulator.world.account(KEY_HOLDER).root.keys
    text = plan_text(rig.plan("again"))
    assert "choose the key, Actions, Deactivate" in text
    assert "type two codes that follow one another" in text


def test_the_text_names_every_call(rig: Rig) -> None:
    text = plan_text(rig.plan(), calls=True)
    said = f"iam:DeleteAccessKey AccessKeyId=AKIAROOT{KEY_HOLDER}, in a session of IAMDeleteRootUserCredentials"
    assert said in text


def test_what_the_plan_says_is_as_of_an_instant(rig: Rig) -> None:
    assert rig.plan().as_of == NOW
