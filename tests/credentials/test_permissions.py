"""The policy that is printed is that of the calls that are made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.credentials.rig import MANAGEMENT
from tests.credentials.test_apply import KEY_HOLDER, with_hold
from tests.credentials.test_undo_and_verify import switched_off, taken_back

from rootwarden.credentials.permissions import policy
from rootwarden.credentials.prepare import prepare

if TYPE_CHECKING:
    from tests.credentials.rig import Rig


def allowed() -> set[str]:
    document = json.loads(policy())
    return {action for statement in document["Statement"] for action in statement["Action"]}


def test_the_permissions_are_those_of_the_calls_made(rig: Rig) -> None:
    hold = with_hold(rig)
    switched_off(rig)
    first = rig.plan("first", delegate="000011110001")
    with rig.journal(first, "prepare.jsonl") as journal:
        prepare(first, journal, rig.members())
    plan = rig.plan(hold=hold, wait_days=14)
    rig.apply(plan)
    taken_back(rig, plan, KEY_HOLDER)
    rig.simulator.world.account("000011110004").state = "SUSPENDED"
    rig.sleep(14)
    rig.apply(plan)
    made = {call for account, call in rig.simulator.calls.snapshot() if account == MANAGEMENT}
    assert made - {"sts:GetCallerIdentity"} == allowed()


def test_sessions_are_for_three_tasks_only() -> None:
    statements = json.loads(policy("aws-us-gov"))["Statement"]
    (condition,) = (one["Condition"] for one in statements if "Condition" in one)
    assert condition["StringEquals"]["sts:TaskPolicyArn"] == [
        "arn:aws-us-gov:iam::aws:policy/root-task/IAMAuditRootUserCredentials",
        "arn:aws-us-gov:iam::aws:policy/root-task/IAMDeleteRootUserCredentials",
        "arn:aws-us-gov:iam::aws:policy/root-task/IAMCreateRootUserPassword",
    ]
