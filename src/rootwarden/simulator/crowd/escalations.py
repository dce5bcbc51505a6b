"""Kinds of principals with a proven way up in one step: the permissions of one escalation path and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator.crowd.kind import Kind
from rootwarden.simulator.policy_text import allow, condition, deny_all_but
from rootwarden.simulator.population import ADMINISTRATOR, escalation

if TYPE_CHECKING:
    from rootwarden.simulator.crowd.kind import Who
    from rootwarden.simulator.crowd.setting import Setting

_SELF: Final = "its own permissions become what it wants"


def passing(path: str, service: str, *actions: str) -> Kind:
    """It passes an administrator's role to a service and has it used."""

    def plant(setting: Setting, who: Who, name: str) -> None:
        passed = setting.admin_role(service)
        only = condition("StringEquals", {"iam:PassedToService": service})
        truth = escalation(f"passes an administrator's role to {service}", path)
        setting.principal(who, name, truth, does=[allow("iam:PassRole", on=passed, when=only), allow(*actions)])

    return Kind(name=path, plant=plant, needs=("iam:PassRole", *actions))


PASSING: Final = (
    passing("lambda-create-and-invoke", "lambda.amazonaws.com", "lambda:CreateFunction", "lambda:InvokeFunction"),
    passing(
        "lambda-create-and-map-events",
        "lambda.amazonaws.com",
        "lambda:CreateFunction",
        "lambda:CreateEventSourceMapping",
    ),
    passing("ec2-run-instance", "ec2.amazonaws.com", "ec2:RunInstances"),
    passing("ec2-request-spot-instance", "ec2.amazonaws.com", "ec2:RequestSpotInstances"),
    passing("cloudformation-create-stack", "cloudformation.amazonaws.com", "cloudformation:CreateStack"),
    passing(
        "codebuild-create-and-start-build", "codebuild.amazonaws.com", "codebuild:CreateProject", "codebuild:StartBuild"
    ),
    passing("glue-create-and-start-job", "glue.amazonaws.com", "glue:CreateJob", "glue:StartJobRun"),
    passing("sagemaker-create-processing-job", "sagemaker.amazonaws.com", "sagemaker:CreateProcessingJob"),
    passing("sagemaker-create-training-job", "sagemaker.amazonaws.com", "sagemaker:CreateTrainingJob"),
    passing(
        "step-functions-create-and-start", "states.amazonaws.com", "states:CreateStateMachine", "states:StartExecution"
    ),
    passing("scheduler-create-schedule", "scheduler.amazonaws.com", "scheduler:CreateSchedule"),
    passing("apprunner-create-service", "tasks.apprunner.amazonaws.com", "apprunner:CreateService"),
)


def _on_itself(path: str, who: Who, action: str) -> Kind:
    def plant(setting: Setting, who: Who, name: str) -> None:
        own = setting.arn(f"{who}/{name}")
        setting.principal(who, name, escalation(_SELF, path), does=[allow(action, on=own)])

    return Kind(name=path, plant=plant, who=(who,), needs=(action,))


def _on_its_group(path: str, action: str) -> Kind:
    def plant(setting: Setting, who: Who, name: str) -> None:
        group = setting.population.group(f"{name}-team")
        setting.principal(who, name, escalation(_SELF, path), groups=(f"{name}-team",), does=[allow(action, on=group)])

    return Kind(name=path, plant=plant, who=("user",), needs=(action,))


def _own_version(setting: Setting, who: Who, name: str) -> None:
    own = setting.arn(f"policy/{name}-rights")
    setting.population.policy(f"{name}-rights", [allow("s3:ListBucket"), allow("iam:CreatePolicyVersion", on=own)])
    setting.principal(who, name, escalation(_SELF, "policy-new-version"), policies=(f"{name}-rights",))


def _older_version(setting: Setting, who: Who, name: str) -> None:
    own = setting.arn(f"policy/{name}-rights")
    current = [allow("iam:SetDefaultPolicyVersion", on=own)]
    setting.population.policy(f"{name}-rights", [allow("*")], current, default=2)
    truth = escalation("the first version of its policy allows everything", "policy-set-default-version")
    setting.principal(who, name, truth, policies=(f"{name}-rights",))


def _join_group(setting: Setting, who: Who, name: str) -> None:
    truth = escalation("puts itself into the group of administrators", "group-join")
    setting.principal(who, name, truth, does=[allow("iam:AddUserToGroup", on=setting.admin_group())])


def _drop_boundary(setting: Setting, who: Who, name: str) -> None:
    action = "iam:DeleteUserPermissionsBoundary" if who == "user" else "iam:DeleteRolePermissionsBoundary"
    setting.population.policy(f"{name}-bounds", [allow("s3:*"), allow(action, on=setting.arn(f"{who}/{name}"))])
    truth = escalation("takes its own boundary away, and is an administrator then", f"{who}-delete-own-boundary")
    setting.principal(who, name, truth, policies=(ADMINISTRATOR,), boundary=f"{name}-bounds")


def _drop_deny(setting: Setting, who: Who, name: str) -> None:
    action = "iam:DetachUserPolicy" if who == "user" else "iam:DetachRolePolicy"
    setting.population.policy(f"{name}-fence", [deny_all_but(action)])
    truth = escalation("detaches the policy that denies it everything else", f"{who}-detach-own-policy")
    setting.principal(who, name, truth, policies=(ADMINISTRATOR, f"{name}-fence"))


SELF: Final = (
    _on_itself("user-attach-own-policy", "user", "iam:AttachUserPolicy"),
    _on_itself("user-put-own-policy", "user", "iam:PutUserPolicy"),
    _on_itself("role-attach-own-policy", "role", "iam:AttachRolePolicy"),
    _on_itself("role-put-own-policy", "role", "iam:PutRolePolicy"),
    _on_its_group("group-attach-policy", "iam:AttachGroupPolicy"),
    _on_its_group("group-put-policy", "iam:PutGroupPolicy"),
    Kind(name="policy-new-version", plant=_own_version, needs=("iam:CreatePolicyVersion",)),
    Kind(name="policy-set-default-version", plant=_older_version, needs=("iam:SetDefaultPolicyVersion",)),
    Kind(name="group-join", plant=_join_group, who=("user",), needs=("iam:AddUserToGroup",)),
    Kind(
        name="user-delete-own-boundary",
        plant=_drop_boundary,
        who=("user",),
        needs=("iam:DeleteUserPermissionsBoundary",),
    ),
    Kind(name="user-detach-own-policy", plant=_drop_deny, who=("user",), needs=("iam:DetachUserPolicy",)),
    Kind(name="role-detach-own-policy", plant=_drop_deny, who=("role",), needs=("iam:DetachRolePolicy",)),
)
