"""Kinds of principals whose way up hangs on what the evidence does not tell, or leads to nobody closer to root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator.crowd.kind import Kind
from rootwarden.simulator.policy_text import allow, condition, trust
from rootwarden.simulator.population import conditional, lateral

if TYPE_CHECKING:
    from rootwarden.simulator.crowd.kind import Who
    from rootwarden.simulator.crowd.setting import Setting
    from rootwarden.simulator.policy_text import Condition


def _existing(path: str, service: str, *actions: str, policies: tuple[str, ...] = ()) -> Kind:
    """It uses what has a role already; an administrator's role for that service is there, what has it is not told."""

    def plant(setting: Setting, who: Who, name: str) -> None:
        setting.admin_role(service)
        truth = conditional("if something of the service has the administrator's role", *([path] if path else []))
        setting.principal(who, name, truth, does=[allow(*actions)] if actions else [], policies=policies)

    return Kind(name=path or policies[0], plant=plant, needs=actions)


def _on_condition(name: str, when: Condition) -> Kind:
    """It may attach any policy to itself under a condition that the evidence does not settle."""

    def plant(setting: Setting, who: Who, name: str) -> None:
        action = "iam:AttachUserPolicy" if who == "user" else "iam:AttachRolePolicy"
        truth = conditional("attaches what it wants to itself, under a condition", f"{who}-attach-own-policy")
        setting.principal(who, name, truth, does=[allow(action, on=setting.arn(f"{who}/{name}"), when=when)])

    return Kind(name=name, plant=plant, needs=("iam:AttachUserPolicy", "iam:AttachRolePolicy"), fenced=False)


def _everything_with_mfa(setting: Setting, who: Who, name: str) -> None:
    with_mfa = condition("Bool", {"aws:MultiFactorAuthPresent": "true"})
    setting.principal(who, name, conditional("everything, with MFA", steps=0), does=[allow("*", when=with_mfa)])


CONDITIONAL: Final = (
    _existing("lambda-update-code", "lambda.amazonaws.com", "lambda:UpdateFunctionCode"),
    _existing("codebuild-start-build", "codebuild.amazonaws.com", "codebuild:StartBuild"),
    _existing("ssm-send-command", "ec2.amazonaws.com", "ssm:SendCommand"),
    _existing(
        "step-functions-update-and-start",
        "states.amazonaws.com",
        "states:UpdateStateMachine",
        "states:StartExecution",
    ),
    _existing("", "ec2.amazonaws.com", policies=("AmazonSSMFullAccess",)),
    _existing("", "states.amazonaws.com", policies=("AWSStepFunctionsFullAccess",)),
    _on_condition("with-mfa", condition("Bool", {"aws:MultiFactorAuthPresent": "true"})),
    _on_condition("from-office", condition("IpAddress", {"aws:SourceIp": "203.0.113.0/24"})),
    Kind(name="everything-with-mfa", plant=_everything_with_mfa, fenced=False),
)


def _assume_reader(setting: Setting, who: Who, name: str) -> None:
    does = [allow("sts:AssumeRole", on=setting.reader())]
    setting.principal(who, name, lateral("assumes a role that reads", "role-assume"), does=does)


def _reader_names_it(setting: Setting, who: Who, name: str) -> None:
    truth = lateral("a role that reads names it in its trust policy", "role-assume")
    arn = setting.principal(who, name, truth, policies=("IAMUserChangePassword",))
    setting.population.role(f"{name}-view", trust=trust(arn), policies=("job-function/ViewOnlyAccess",))


def _pass_function_role(setting: Setting, who: Who, name: str) -> None:
    passed = setting.function_role()
    truth = lateral("passes a role that writes logs to a new function", "lambda-create-and-invoke")
    does = [allow("iam:PassRole", on=passed), allow("lambda:CreateFunction", "lambda:InvokeFunction")]
    setting.principal(who, name, truth, does=does)


def _replace_clerks_key(setting: Setting, who: Who, name: str) -> None:
    truth = lateral("becomes a user who reads", "user-create-access-key")
    does = [allow("iam:CreateAccessKey", "iam:DeleteAccessKey", on=setting.clerk())]
    setting.principal(who, name, truth, does=does)


LATERAL: Final = (
    Kind(name="assume-reader", plant=_assume_reader, needs=("sts:AssumeRole",)),
    Kind(name="reader-names-it", plant=_reader_names_it, needs=("sts:AssumeRole",)),
    Kind(name="pass-function-role", plant=_pass_function_role, fenced=False),
    Kind(name="replace-clerks-key", plant=_replace_clerks_key, needs=("iam:CreateAccessKey",)),
)
