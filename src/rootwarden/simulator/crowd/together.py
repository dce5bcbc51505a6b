"""Kinds of principals whose way up needs two at once, the one changing the other; and what looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator.crowd.kind import Kind
from rootwarden.simulator.policy_text import allow, condition, trust
from rootwarden.simulator.population import ADMINISTRATOR, escalation, lateral, lookalike

if TYPE_CHECKING:
    from rootwarden.simulator.crowd.kind import Who
    from rootwarden.simulator.crowd.setting import Setting

_ASSUME: Final = "sts:AssumeRole"
_RUN_FUNCTION: Final = ("lambda:CreateFunction", "lambda:InvokeFunction")
_DATA: Final = allow("s3:GetObject", "s3:ListBucket")


def _writes(who: Who) -> str:
    return "iam:PutUserPolicy" if who == "user" else "iam:PutRolePolicy"


def _changed_by_its_role(setting: Setting, who: Who, name: str) -> None:
    own = setting.arn(f"{who}/{name}")
    truth = escalation("assumes a role that writes policies into it", "role-assume", f"{who}-put-own-policy")
    hands = setting.population.role(f"{name}-hands", trust=trust(own), does=[allow(_writes(who), on=own)])
    setting.principal(who, name, truth, does=[allow(_ASSUME, on=hands)])


def _lifted_by_its_role(setting: Setting, who: Who, name: str) -> None:
    own, hands = setting.arn(f"{who}/{name}"), setting.arn(f"role/{name}-hands")
    lifts = "iam:DeleteUserPermissionsBoundary" if who == "user" else "iam:DeleteRolePermissionsBoundary"
    truth = escalation("assumes a role that takes its boundary off", "role-assume", f"{who}-delete-own-boundary")
    setting.population.role(f"{name}-hands", trust=trust(own), does=[allow(lifts, on=own)])
    setting.population.policy(f"{name}-bounds", [_DATA, allow(_ASSUME, on=hands)])
    setting.principal(who, name, truth, policies=(ADMINISTRATOR,), boundary=f"{name}-bounds")


def _one_role_changes_another(setting: Setting, who: Who, name: str) -> None:
    own, second = setting.arn(f"{who}/{name}"), setting.arn(f"role/{name}-second")
    setting.population.role(f"{name}-first", trust=trust(own), does=[allow("iam:PutRolePolicy", on=second)])
    setting.population.role(f"{name}-second", trust=trust(own), does=[_DATA])
    truth = escalation(
        "assumes two roles, of which one writes policies into the other",
        *("role-assume", "role-assume", "role-put-own-policy"),
    )
    setting.principal(who, name, truth, does=[_DATA])


def _function_written(setting: Setting, who: Who, name: str) -> None:
    passed = setting.population.role(f"{name}-function", trust=trust("lambda.amazonaws.com"), does=[_DATA])
    truth = escalation(
        "writes a policy into a role that it passes to a function", "lambda-create-and-invoke", "role-put-own-policy"
    )
    does = [allow("iam:PassRole", "iam:PutRolePolicy", on=passed), allow(*_RUN_FUNCTION)]
    setting.principal(who, name, truth, does=does)


def _function_written_elsewhere(setting: Setting, who: Who, name: str) -> None:
    passed = setting.population.role(f"{name}-function", trust=trust("lambda.amazonaws.com"), does=[_DATA])
    only = condition("StringEquals", {"iam:PassedToService": "ec2.amazonaws.com"})
    does = [allow("iam:PassRole", on=passed, when=only), allow("iam:PutRolePolicy", on=passed), allow(*_RUN_FUNCTION)]
    setting.principal(who, name, lookalike("it writes into a role that it may pass to EC2 only"), does=does)


def _changed_by_a_strangers_role(setting: Setting, who: Who, name: str) -> None:
    own = setting.arn(f"{who}/{name}")
    hands = setting.population.role(f"{name}-hands", does=[allow(_writes(who), on=own)])
    truth = lookalike("the role that writes policies into it trusts the workforce directory only")
    setting.principal(who, name, truth, does=[allow(_ASSUME, on=hands)])


def _its_role_in_bounds(setting: Setting, who: Who, name: str) -> None:
    own = setting.arn(f"{who}/{name}")
    hands = setting.population.role(
        f"{name}-hands", trust=trust(own), does=[allow(_writes(who), on=own)], boundary=setting.fence()
    )
    truth = lateral("the boundary of the role it assumes leaves nothing but data", "role-assume")
    setting.principal(who, name, truth, does=[allow(_ASSUME, on=hands)])


TOGETHER: Final = (
    Kind(name="changed-by-its-role", plant=_changed_by_its_role),
    Kind(name="function-written", plant=_function_written, needs=("lambda:CreateFunction",)),
    Kind(name="lifted-by-its-role", plant=_lifted_by_its_role),
    Kind(name="one-role-changes-another", plant=_one_role_changes_another),
    Kind(name="function-written-elsewhere", plant=_function_written_elsewhere),
    Kind(name="changed-by-a-strangers-role", plant=_changed_by_a_strangers_role),
    Kind(name="its-role-in-bounds", plant=_its_role_in_bounds),
)
