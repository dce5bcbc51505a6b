"""Kinds of principals with a proven way up through somebody else, in one step or two; and broad policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator.crowd.kind import Kind
from rootwarden.simulator.crowd.setting import ATTACHED
from rootwarden.simulator.policy_text import allow, condition, deny, trust
from rootwarden.simulator.population import ADMINISTRATOR, escalation

if TYPE_CHECKING:
    from rootwarden.simulator.crowd.kind import Who
    from rootwarden.simulator.crowd.setting import Setting

_CREATE_KEY, _DELETE_KEY = "iam:CreateAccessKey", "iam:DeleteAccessKey"


def _create_key(setting: Setting, who: Who, name: str) -> None:
    target = setting.admin_user(keys=1)
    truth = escalation("makes a second key for an administrator", "user-create-access-key", dump_alone="conditional")
    setting.principal(who, name, truth, does=[allow(_CREATE_KEY, on=target)])


def _replace_key(setting: Setting, who: Who, name: str) -> None:
    target = setting.admin_user(keys=2)
    truth = escalation("deletes one of an administrator's two keys and makes its own", "user-replace-access-key")
    setting.principal(who, name, truth, does=[allow(_CREATE_KEY, _DELETE_KEY, on=target)])


def _create_password(setting: Setting, who: Who, name: str) -> None:
    target = setting.admin_user(keys=1)
    truth = escalation(
        "gives an administrator without a password one", "user-create-password", dump_alone="conditional"
    )
    setting.principal(who, name, truth, does=[allow("iam:CreateLoginProfile", on=target)])


def _change_password(setting: Setting, who: Who, name: str) -> None:
    target = setting.admin_user(keys=0, password=True)
    truth = escalation("changes an administrator's password", "user-change-password", dump_alone="conditional")
    setting.principal(who, name, truth, does=[allow("iam:UpdateLoginProfile", on=target)])


def _assume(setting: Setting, who: Who, name: str) -> None:
    target = setting.open_admin()
    truth = escalation("assumes an administrator's role that trusts the account", "role-assume")
    setting.principal(who, name, truth, does=[allow("sts:AssumeRole", on=target)])


def _named_in_trust(setting: Setting, who: Who, name: str) -> None:
    truth = escalation("an administrator's role names it in its trust policy", "role-assume")
    arn = setting.principal(who, name, truth, policies=("ReadOnlyAccess",))
    setting.population.role(f"{name}-elevated", ATTACHED, trust=trust(arn), policies=(ADMINISTRATOR,))


def _rewrite_trust(setting: Setting, who: Who, name: str) -> None:
    target = setting.closed_admin()
    truth = escalation("has an administrator's role trust it", "role-rewrite-trust")
    setting.principal(who, name, truth, does=[allow("iam:UpdateAssumeRolePolicy", "sts:AssumeRole", on=target)])


def _attach_and_assume(setting: Setting, who: Who, name: str) -> None:
    target = setting.reader()
    truth = escalation("attaches what it wants to a role it may assume", "role-attach-policy-and-assume")
    setting.principal(who, name, truth, does=[allow("iam:AttachRolePolicy", "sts:AssumeRole", on=target)])


def _put_and_rewrite_trust(setting: Setting, who: Who, name: str) -> None:
    target = setting.closed_reader()
    truth = escalation("writes policy and trust of a role that reads", "role-put-policy-and-rewrite-trust")
    setting.principal(who, name, truth, does=[allow("iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", on=target)])


def _put_and_create_key(setting: Setting, who: Who, name: str) -> None:
    target = setting.clerk()
    truth = escalation(
        "writes a policy into a user and makes it a key", "user-put-policy-and-create-key", dump_alone="conditional"
    )
    setting.principal(who, name, truth, does=[allow("iam:PutUserPolicy", _CREATE_KEY, on=target)])


def _by_tag(setting: Setting, who: Who, name: str) -> None:
    tagged = condition("StringEquals", {"aws:PrincipalTag/team": "platform"})
    truth = escalation("assumes an administrator's role, as its tag allows", "role-assume")
    does = [allow("sts:AssumeRole", on=setting.open_admin(), when=tagged)]
    setting.principal(who, name, truth, does=does, tags={"team": "platform"})


def _two_roles(setting: Setting, who: Who, name: str) -> None:
    middle = setting.arn(f"role/{name}-tools")
    setting.population.role(
        f"{name}-tools",
        escalation("writes its own policy", "role-put-own-policy"),
        trust=trust(setting.arn("root")),
        does=[allow("iam:PutRolePolicy", on=middle)],
    )
    truth = escalation("assumes a role that writes its own policy", "role-assume", "role-put-own-policy")
    setting.principal(who, name, truth, does=[allow("sts:AssumeRole", on=middle)])


def _function_then_role(setting: Setting, who: Who, name: str) -> None:
    middle = setting.population.role(
        f"{name}-function",
        escalation("assumes an administrator's role that trusts the account", "role-assume"),
        trust=trust("lambda.amazonaws.com"),
        does=[allow("sts:AssumeRole", on=setting.open_admin())],
    )
    truth = escalation(
        "passes a role to a function that assumes an administrator's", "lambda-create-and-invoke", "role-assume"
    )
    does = [allow("iam:PassRole", on=middle), allow("lambda:CreateFunction", "lambda:InvokeFunction")]
    setting.principal(who, name, truth, does=does)


def _neighbour(setting: Setting, who: Who, name: str) -> None:
    target = f"arn:aws:iam::{setting.neighbour}:role/shared-deploy"
    truth = escalation("assumes an administrator's role of another account", "role-assume", dump_alone="conditional")
    setting.principal(who, name, truth, does=[allow("sts:AssumeRole", on=target)])


def _power_user(setting: Setting, who: Who, name: str) -> None:
    setting.open_admin()
    truth = escalation("all but IAM, and so every role that trusts the account")
    setting.principal(who, name, truth, policies=("PowerUserAccess",))


def _iam_full(setting: Setting, who: Who, name: str) -> None:
    setting.principal(who, name, escalation("everything in IAM"), policies=("IAMFullAccess",))


def _lambda_full(setting: Setting, who: Who, name: str) -> None:
    setting.admin_role("lambda.amazonaws.com")
    truth = escalation("everything in Lambda, and any role passed to it")
    setting.principal(who, name, truth, policies=("AWSLambda_FullAccess",))


def _all_but_one(setting: Setting, who: Who, name: str) -> None:
    truth = escalation("everything but one action of S3, and so what takes the deny away")
    setting.principal(who, name, truth, policies=(ADMINISTRATOR,), does=[deny("s3:DeleteBucket")])


_CHAIN: Final = ("sts:AssumeRole", "iam:PutRolePolicy")

TAKEOVERS: Final = (
    Kind(name="user-create-access-key", plant=_create_key, needs=(_CREATE_KEY,)),
    Kind(name="user-replace-access-key", plant=_replace_key, needs=(_CREATE_KEY,)),
    Kind(name="user-create-password", plant=_create_password, needs=("iam:CreateLoginProfile",)),
    Kind(name="user-change-password", plant=_change_password, needs=("iam:UpdateLoginProfile",)),
    Kind(name="role-assume", plant=_assume, needs=("sts:AssumeRole",)),
    Kind(name="named-in-trust", plant=_named_in_trust, needs=("sts:AssumeRole",)),
    Kind(name="by-tag", plant=_by_tag, needs=("sts:AssumeRole",)),
    Kind(name="role-rewrite-trust", plant=_rewrite_trust, needs=("iam:UpdateAssumeRolePolicy",)),
    Kind(name="role-attach-policy-and-assume", plant=_attach_and_assume, fenced=False),
    Kind(name="role-put-policy-and-rewrite-trust", plant=_put_and_rewrite_trust, fenced=False),
    Kind(name="user-put-policy-and-create-key", plant=_put_and_create_key, needs=(_CREATE_KEY,)),
    Kind(name="two-roles", plant=_two_roles, needs=_CHAIN),
    Kind(name="function-then-role", plant=_function_then_role, fenced=False),
    Kind(name="neighbour", plant=_neighbour, needs=("sts:AssumeRole",), neighbour=True),
    Kind(name="power-user", plant=_power_user),
    Kind(name="iam-full-access", plant=_iam_full),
    Kind(name="lambda-full-access", plant=_lambda_full, fenced=False),
    Kind(name="all-but-one", plant=_all_but_one),
)
