"""Plans that were edited, holds that bar too much or say something else by now, looks that are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.credentials.rig import left
from tests.credentials.test_apply import ALL_HOLDER, KEY_HOLDER, attached_to, with_hold
from tests.credentials.test_undo_and_verify import taken_back

from rootwarden.credentials.plan import State, encode
from rootwarden.credentials.plan_file import read_plan
from rootwarden.credentials.prepare import check_organization
from rootwarden.credentials.verify import exit_code, look_again
from rootwarden.errors import AccessError, InputError, UsageError
from rootwarden.rollout.surprise import SurpriseError, SurpriseKind
from rootwarden.simulator.knobs import Deny
from rootwarden.simulator.world import Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.credentials.rig import Rig

MANAGEMENT, CLEAN = "000011110000", "000011110001"


def _ready(plan: dict[str, Any], account: str = KEY_HOLDER) -> dict[str, Any]:
    return next(one for one in plan["accounts"] if one["account"] == account)


def another_call(plan: dict[str, Any]) -> None:
    _ready(plan)["steps"][0] |= {"call": "organizations:RemoveAccountFromOrganization", "through": ""}


def another_target(plan: dict[str, Any]) -> None:
    _ready(plan)["steps"][0]["parameters"]["TargetId"] = "r-fake"


def a_step_more(plan: dict[str, Any]) -> None:
    steps = _ready(plan)["steps"]
    steps.append(steps[-1])


def the_management_account(plan: dict[str, Any]) -> None:
    plan["management"] = KEY_HOLDER


def steps_of_a_clean_account(plan: dict[str, Any]) -> None:
    _ready(plan, CLEAN)["steps"] = _ready(plan)["steps"]


def a_clean_account_in_a_wave(plan: dict[str, Any]) -> None:
    plan["waves"]["waves"][0]["accounts"].append(CLEAN)


def an_account_in_two_waves(plan: dict[str, Any]) -> None:
    plan["waves"]["waves"].append({"number": 3, "name": "again", "accounts": [KEY_HOLDER]})


def an_account_twice(plan: dict[str, Any]) -> None:
    plan["accounts"].append(_ready(plan))


def an_account_in_no_wave(plan: dict[str, Any]) -> None:
    plan["waves"]["waves"][-1]["accounts"].pop()


def an_account_that_is_none(plan: dict[str, Any]) -> None:
    _ready(plan, CLEAN)["account"] = "../../../etc"


def nothing_was_seen(plan: dict[str, Any]) -> None:
    _ready(plan)["seen"] = None


def no_sleep(plan: dict[str, Any]) -> None:
    _ready(plan)["steps"] = [one for one in _ready(plan)["steps"] if one["phase"] == "remove"]


def no_sleep_at_all(plan: dict[str, Any]) -> None:
    plan["hold"] = ""
    no_sleep(plan)


def a_negative_wait(plan: dict[str, Any]) -> None:
    plan["wait_days"] = -1


def an_endless_wait(plan: dict[str, Any]) -> None:
    plan["wait_days"] = 10**12


def another_preparation(plan: dict[str, Any]) -> None:
    step = {"id": "leave", "phase": "prepare", "call": "organizations:DeleteOrganization", "parameters": {}}
    plan["prepare"].append(step)


def a_hold_nobody_proved(plan: dict[str, Any]) -> None:
    plan["hold_sha256"] = ""


@pytest.mark.parametrize(
    "edit",
    [
        another_call,
        another_target,
        a_step_more,
        the_management_account,
        steps_of_a_clean_account,
        a_clean_account_in_a_wave,
        an_account_in_two_waves,
        an_account_twice,
        an_account_in_no_wave,
        an_account_that_is_none,
        nothing_was_seen,
        no_sleep,
        no_sleep_at_all,
        a_negative_wait,
        an_endless_wait,
        another_preparation,
        a_hold_nobody_proved,
    ],
)
def test_an_edited_plan_is_refused(rig: Rig, edit: Callable[[dict[str, Any]], None]) -> None:
    made = rig.plan(hold=with_hold(rig), wait_days=14, canaries=(ALL_HOLDER,))
    file = rig.folder / "plan.json"
    file.write_bytes(encode(made))
    assert read_plan(file)[0] == made
    plan = json.loads(encode(made))
    edit(plan)
    file.write_text(json.dumps(plan), encoding="utf-8")
    with pytest.raises(InputError, match="the plan does not hold together"):
        read_plan(file)


def hold_of(rig: Rig, **statement: Any) -> str:
    organization = rig.simulator.world.organization
    assert organization is not None
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "*", **statement}]}
    policy = Policy(policy_id="p-rootsleeps", name="RootSleeps", document=json.dumps(document))
    organization.policies[policy.policy_id] = policy
    return policy.policy_id


ROOT = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
NOT_ASSUMED = {"Null": {"aws:AssumedRoot": "true"}}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ({"Action": "*", "Condition": NOT_ASSUMED}, "it also denies, or may deny, s3:ListAllMyBuckets to roles"),
        ({"Action": "*", "Condition": ROOT}, "denies iam:DeleteAccessKey to AssumeRoot sessions"),
        ({"NotAction": ["iam:DeleteAccessKey", "iam:ListAccessKeys"], "Condition": ROOT}, "to AssumeRoot sessions"),
    ],
    ids=["everybody", "sessions", "all but keys"],
)
def test_a_hold_that_bars_more_than_root_blocks_its_accounts(rig: Rig, statement: dict[str, Any], said: str) -> None:
    plan = rig.plan(hold=hold_of(rig, **statement), wait_days=14)
    (blocked,) = [one for one in plan.accounts if one.account == KEY_HOLDER]
    assert blocked.state is State.BLOCKED
    assert any(said in reason for reason in blocked.reasons)


def test_a_hold_whose_document_changed_since_it_was_proven_is_not_attached(rig: Rig) -> None:
    plan = rig.plan(hold=with_hold(rig), wait_days=14, canaries=(KEY_HOLDER,))
    hold = hold_of(rig, Action="*")
    done = rig.apply(plan)
    assert [(each.target, each.kind) for each in done.surprises] == [(KEY_HOLDER, SurpriseKind.CHANGED)]
    assert hold not in attached_to(rig, KEY_HOLDER)
    assert len(left(rig.simulator.world)) == 12


def test_a_hold_that_cannot_be_looked_at_is_not_taken_to_be_there(rig: Rig) -> None:
    plan = rig.plan(hold=with_hold(rig), wait_days=14, canaries=(KEY_HOLDER,))
    rig.apply(plan)
    rig.sleep(14)
    attached_to(rig, KEY_HOLDER).clear()
    rig.simulator.knobs.add(Deny(call="organizations:ListPoliciesForTarget"))
    done = rig.apply(plan)
    assert [(each.target, each.kind) for each in done.surprises] == [(KEY_HOLDER, SurpriseKind.UNREADABLE)]
    assert KEY_HOLDER in left(rig.simulator.world)


def test_taking_back_loses_no_hold_it_cannot_look_at(rig: Rig) -> None:
    hold = with_hold(rig)
    plan = rig.plan(hold=hold, wait_days=14)
    step = next(one for one in plan.ready() if one.account == KEY_HOLDER).steps[0]
    with rig.journal(plan) as journal:
        journal.intend(target=KEY_HOLDER, step=step.id, call=step.call, parameters=step.parameters)
        rig.members().step(step, None)
    rig.simulator.knobs.add(Deny(call="organizations:ListPoliciesForTarget"))
    with pytest.raises(SurpriseError, match="nobody knows what became of organizations:AttachPolicy"):
        taken_back(rig, plan)
    rig.simulator.knobs.reset()
    assert taken_back(rig, plan).undone == [(KEY_HOLDER, step.id)]
    assert hold not in attached_to(rig, KEY_HOLDER)


@pytest.mark.parametrize("organization", ["o-another000", ""])
def test_a_plan_of_another_organization_is_refused(rig: Rig, organization: str) -> None:
    plan = rig.plan()
    check_organization(plan, rig.members())
    with pytest.raises(UsageError, match="the plan is for the organization"):
        check_organization(msgspec.structs.replace(plan, organization=organization), rig.members())
    rig.simulator.knobs.add(Deny(call="organizations:DescribeOrganization"))
    with pytest.raises(AccessError, match="not known: AccessDenied"):
        check_organization(plan, rig.members())


def test_accounts_that_left_were_not_seen_to_hold_nothing(rig: Rig) -> None:
    plan = rig.plan()
    rig.apply(plan)
    rig.simulator.world.account(KEY_HOLDER).state = "SUSPENDED"
    assert exit_code(look_again(plan, rig.members())) == 3


def test_a_canary_that_left_stops_what_it_should_have_tried(rig: Rig) -> None:
    plan = rig.plan(canaries=(KEY_HOLDER,))
    rig.simulator.world.account(KEY_HOLDER).state = "SUSPENDED"
    done = rig.apply(plan)
    assert [(each.target, each.kind) for each in done.surprises] == [(KEY_HOLDER, SurpriseKind.GONE)]
    assert len(left(rig.simulator.world)) == 12
