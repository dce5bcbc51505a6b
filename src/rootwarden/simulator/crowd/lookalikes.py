"""Kinds of principals that a quick look takes for a way up, and that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator.crowd.kind import Kind
from rootwarden.simulator.policy_text import allow, condition, deny
from rootwarden.simulator.population import ADMINISTRATOR, lookalike

if TYPE_CHECKING:
    from rootwarden.simulator.crowd.kind import Who
    from rootwarden.simulator.crowd.setting import Setting

_RUN_FUNCTION: Final = ("lambda:CreateFunction", "lambda:InvokeFunction")


def _wrong_service(setting: Setting, who: Who, name: str) -> None:
    passed = setting.admin_role("ecs-tasks.amazonaws.com")
    does = [allow("iam:PassRole", on=passed), allow(*_RUN_FUNCTION)]
    setting.principal(who, name, lookalike("the role it passes trusts another service"), does=does)


def _passed_elsewhere(setting: Setting, who: Who, name: str) -> None:
    only = condition("StringEquals", {"iam:PassedToService": "ec2.amazonaws.com"})
    passed = setting.admin_role("lambda.amazonaws.com")
    does = [allow("iam:PassRole", on=passed, when=only), allow(*_RUN_FUNCTION)]
    setting.principal(who, name, lookalike("it may pass the role to EC2 only, which cannot use it"), does=does)


def _denied_action(setting: Setting, who: Who, name: str) -> None:
    passed = setting.admin_role("lambda.amazonaws.com")
    does = [allow("iam:PassRole", on=passed), allow(*_RUN_FUNCTION), deny("lambda:CreateFunction")]
    setting.principal(who, name, lookalike("the function it would need may not be created"), does=does)


def _only_passing(setting: Setting, who: Who, name: str) -> None:
    setting.admin_role("lambda.amazonaws.com")
    setting.principal(who, name, lookalike("nothing to pass a role to"), does=[allow("iam:PassRole")])


def _in_boundary(setting: Setting, who: Who, name: str) -> None:
    action = "iam:PutUserPolicy" if who == "user" else "iam:PutRolePolicy"
    truth = lookalike("its boundary leaves nothing but data")
    own = setting.arn(f"{who}/{name}")
    setting.principal(who, name, truth, does=[allow(action, on=own)], boundary=setting.fence())


def _bounded_administrator(setting: Setting, who: Who, name: str) -> None:
    truth = lookalike("its boundary leaves nothing but data of everything it is allowed")
    setting.principal(who, name, truth, policies=(ADMINISTRATOR,), boundary=setting.fence())


def _denied_version(setting: Setting, who: Who, name: str) -> None:
    own = setting.arn(f"policy/{name}-rights")
    action = "iam:CreatePolicyVersion"
    setting.population.policy(f"{name}-rights", [allow(action, on=own), deny(action)])
    setting.principal(who, name, lookalike("the one action is denied again"), policies=(f"{name}-rights",))


def _version_of_aws(setting: Setting, who: Who, name: str) -> None:
    does = [allow("iam:CreatePolicyVersion", on="arn:aws:iam::aws:policy/*")]
    truth = lookalike("its only managed policy belongs to AWS, and nobody can change that")
    setting.principal(who, name, truth, policies=("ReadOnlyAccess",), does=does)


def _harmless_version(setting: Setting, who: Who, name: str) -> None:
    own = setting.arn(f"policy/{name}-rights")
    current = [allow("iam:SetDefaultPolicyVersion", on=own), allow("s3:GetObject")]
    setting.population.policy(f"{name}-rights", [allow("s3:ListBucket")], current, default=2)
    setting.principal(who, name, lookalike("no version of its policy says more"), policies=(f"{name}-rights",))


def _reserved_role(setting: Setting, who: Who, name: str) -> None:
    does = [allow("iam:UpdateAssumeRolePolicy", "iam:PassRole", "sts:AssumeRole", on=setting.reserved_admin())]
    setting.principal(who, name, lookalike("the role is reserved for Identity Center"), does=does)


def _two_keys(setting: Setting, who: Who, name: str) -> None:
    truth = lookalike("the administrator has two keys already", dump_alone="conditional")
    setting.principal(who, name, truth, does=[allow("iam:CreateAccessKey", on=setting.admin_user(keys=2))])


def _has_password(setting: Setting, who: Who, name: str) -> None:
    truth = lookalike("the administrator has a password already", dump_alone="conditional")
    target = setting.admin_user(keys=0, password=True)
    setting.principal(who, name, truth, does=[allow("iam:CreateLoginProfile", on=target)])


def _no_password(setting: Setting, who: Who, name: str) -> None:
    truth = lookalike("the administrator has no password to change", dump_alone="conditional")
    setting.principal(who, name, truth, does=[allow("iam:UpdateLoginProfile", on=setting.admin_user(keys=1))])


def _no_trust(setting: Setting, who: Who, name: str) -> None:
    truth = lookalike("the role trusts the workforce directory only")
    setting.principal(who, name, truth, does=[allow("sts:AssumeRole", on=setting.closed_admin())])


def _other_tag(setting: Setting, who: Who, name: str) -> None:
    tagged = condition("StringEquals", {"aws:PrincipalTag/team": "platform"})
    does = [allow("sts:AssumeRole", on=setting.open_admin(), when=tagged)]
    setting.principal(who, name, lookalike("its tag is another"), does=does, tags={"team": "web"})


def _raises_another(setting: Setting, who: Who, name: str) -> None:
    truth = lookalike("a user would have more, whom it cannot become")
    setting.principal(who, name, truth, does=[allow("iam:PutUserPolicy", on=setting.clerk())])


def _empty_group(setting: Setting, who: Who, name: str) -> None:
    group = setting.population.group(f"{name}-guests")
    truth = lookalike("the group it may join may do nothing")
    setting.principal(who, name, truth, does=[allow("iam:AddUserToGroup", on=group)])


def _wildcard_service(setting: Setting, who: Who, name: str) -> None:
    truth = lookalike("no action has a wildcard for its service")
    setting.principal(who, name, truth, does=[allow("*:PutUserPolicy", "*:PutRolePolicy", "i*:*")])


LOOKALIKES: Final = tuple(
    Kind(name=plant.__name__.strip("_").replace("_", "-"), plant=plant)
    for plant in (
        _wrong_service,
        _passed_elsewhere,
        _denied_action,
        _only_passing,
        _in_boundary,
        _bounded_administrator,
        _denied_version,
        _version_of_aws,
        _harmless_version,
        _reserved_role,
        _two_keys,
        _has_password,
        _no_password,
        _no_trust,
        _other_tag,
        _raises_another,
        _empty_group,
        _wildcard_service,
    )
)
