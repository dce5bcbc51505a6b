"""The ways up to root in the world `breached`, what looks like one and is none, and the truth of both.

| account | who | what is true |
|---|---|---|
| 0, management | `account-recovery` | conditional: lets root of members have a password, which is set by mail |
| | `contact-desk` | moves a member's root e-mail address; root of account 1 has a password and no MFA |
| | `release-hub` | the third of a chain: enters a member through `OrganizationAccountAccessRole` |
| | `root-auditor` | no way: assumes root only to look |
| | `invoice-desk` | no way: starts a change of address and cannot accept it |
| 3, sandbox | `experimenter` | no way: an SCP denies the one action it would need |
| 4, workload | `ci-deployer` | passes an administrator's role to a new Lambda function and invokes it |
| | `deployer` | writes a new version of the policy attached to itself |
| | `helpdesk` | makes a key for an administrator who has one |
| | `onboarding` | puts itself into the group of administrators |
| | `oncall` | conditional: attaches any policy to itself, with MFA |
| | `function-keeper` | conditional: changes the code of a Lambda function, if one has the administrator's role |
| | `intern` | lateral: a role that reads |
| | `shift-lead` | two in hand: assumes `shift-desk`, which writes a policy into the user who did |
| | `shift-desk` | no way: writes policies into a user that it cannot become |
| 5, workload | `batch-editor` | two in hand: passes `batch-work` to a new Lambda function and writes a policy into it |
| | `batch-clerk` | no way: writes the policy, and may not pass the role |
| | `release-start`, `release-bridge` | the first two of the chain |
| | `ci-report`, `ci-images`, `ci-jobs` | no way: the wrong service in the trust, in `iam:PassedToService`; a boundary |
| | `readonly-deployer`, `policy-clerk` | no way: an explicit deny; the policy is one of AWS |
| | `sso-clerk`, `key-clerk` | no way: the role is reserved; the administrator has two keys already |
| | `member-contacts` | no way: it would move root e-mail addresses, from a member |

Administrators of every account: `OrganizationAccountAccessRole`, and those `direct` below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.simulator import parts
from rootwarden.simulator.policy_text import allow, condition, deny, document, trust
from rootwarden.simulator.population import (
    ADMINISTRATOR,
    Population,
    conditional,
    direct,
    escalation,
    lateral,
    lookalike,
)
from rootwarden.simulator.principal_truth import ORDINARY
from rootwarden.simulator.world import ACCESS_ROLE, MANAGEMENT_ID, Policy

if TYPE_CHECKING:
    from rootwarden.simulator.account import Account
    from rootwarden.simulator.policy_text import Condition
    from rootwarden.simulator.principal_truth import PrincipalTruth
    from rootwarden.simulator.world import Organization, World

# Fewer accounts have no room for the chain: nothing is planted there.
SMALLEST: Final = 6
LAMBDA: Final = "lambda.amazonaws.com"
_SANDBOX, _WORKLOAD, _OTHER = (parts.member_id(number) for number in (3, 4, 5))
_TASKS: Final = "arn:aws:iam::aws:policy/root-task"
_RUN_FUNCTION: Final = ("lambda:CreateFunction", "lambda:InvokeFunction")
_ADMIN = direct("`AdministratorAccess` is attached")


def plant(account: Account) -> Population:
    """Put into an account of `breached` what the table says."""
    population = Population(account)
    planted = {MANAGEMENT_ID: _management, _SANDBOX: _sandbox, _WORKLOAD: _workload, _OTHER: _other}
    if account.account_id in planted:
        planted[account.account_id](population)
    return population


def fence_sandbox(organization: Organization) -> None:
    """The SCP that leaves `experimenter` without a way."""
    policy = Policy(
        policy_id="p-fakeversions",
        name="NoPolicyVersions",
        description="versions of policies are made by the pipeline",
        document=document(deny("iam:CreatePolicyVersion")),
    )
    parts.attach(organization, parts.SANDBOX_UNIT, policy)


def truth_of(world: World) -> dict[str, PrincipalTruth]:
    """What is true of every user and role of the world `breached`, by ARN."""
    truth: dict[str, PrincipalTruth] = {}
    for account_id in world.account_ids:
        account = world.account(account_id)
        bare = msgspec.structs.replace(account, users=[], roles=[], groups=[], policies=[])
        known = plant(bare).truth if len(world.account_ids) >= SMALLEST else {}
        told = Population(account)
        everybody = [f"user{each.path}{each.name}" for each in account.users]
        everybody += [f"role{each.path}{each.name}" for each in account.roles]
        for resource in everybody:
            otherwise = _ADMIN if resource == f"role/{ACCESS_ROLE}" else ORDINARY
            truth[told.arn(resource)] = known.get(told.arn(resource), otherwise)
    return truth


def _management(here: Population) -> None:
    def root_session(task: str) -> Condition:
        return condition("StringEquals", {"sts:TaskPolicyArn": f"{_TASKS}/{task}"})

    members = "arn:aws:iam::*:root"
    here.role(
        "account-recovery",
        conditional("lets root of any member have a password, if it reads root's mail", "root-session-create-password"),
        does=[allow("sts:AssumeRoot", on=members, when=root_session("IAMCreateRootUserPassword"))],
    )
    here.role(
        "root-auditor",
        lookalike("may assume root of members only with the task policy that looks"),
        does=[allow("sts:AssumeRoot", on=members, when=root_session("IAMAuditRootUserCredentials"))],
    )
    here.role(
        "contact-desk",
        escalation(
            "moves the root e-mail address of a member whose root has a password and no MFA",
            "account-change-root-email",
            dump_alone="conditional",
        ),
        does=[allow("account:StartPrimaryEmailUpdate", "account:AcceptPrimaryEmailUpdate")],
    )
    here.role(
        "invoice-desk",
        lookalike("may start a change of a root e-mail address and cannot accept it"),
        does=[allow("account:StartPrimaryEmailUpdate", "account:GetPrimaryEmail")],
    )
    entered = f"arn:aws:iam::{_OTHER}:role/{ACCESS_ROLE}"
    here.role(
        "release-hub",
        escalation("enters a member as its administrator", "role-assume", dump_alone="conditional"),
        trust=trust(f"arn:aws:iam::{_OTHER}:role/release-bridge"),
        does=[allow("sts:AssumeRole", on=entered)],
    )


def _sandbox(here: Population) -> None:
    own = here.arn("policy/experiments")
    here.policy("experiments", [allow("iam:CreatePolicyVersion", on=own), allow("s3:*")])
    here.user(
        "experimenter",
        lookalike("an SCP denies iam:CreatePolicyVersion in the sandbox", dump_alone="escalation"),
        policies=("experiments",),
        keys=1,
    )


def _workload(here: Population) -> None:
    runner = here.role("automation-admin", _ADMIN, trust=trust(LAMBDA), policies=(ADMINISTRATOR,))
    here.user("oncall-admin", _ADMIN, policies=(ADMINISTRATOR,), keys=1)
    group = here.group("administrators", policies=(ADMINISTRATOR,))
    here.user(
        "chief", direct("in the group `administrators`, which has `AdministratorAccess`"), groups=("administrators",)
    )
    provider = here.arn("oidc-provider/token.actions.githubusercontent.com")
    here.role(
        "ci-deployer",
        escalation("passes `automation-admin` to a new Lambda function", "lambda-create-and-invoke"),
        trust=trust(
            provider,
            action="sts:AssumeRoleWithWebIdentity",
            when=condition(
                "StringEquals", {"token.actions.githubusercontent.com:sub": "repo:example/shop:ref:refs/heads/main"}
            ),
        ),
        does=[allow("iam:PassRole", on=runner), allow(*_RUN_FUNCTION)],
    )
    own = here.arn("policy/deployer-rights")
    here.policy("deployer-rights", [allow("s3:*"), allow("iam:CreatePolicyVersion", "iam:GetPolicy*", on=own)])
    here.user(
        "deployer",
        escalation("writes a new version of the policy attached to itself", "policy-new-version"),
        policies=("deployer-rights",),
        keys=1,
    )
    here.user(
        "helpdesk",
        escalation(
            "makes a second key for the administrator `oncall-admin`",
            "user-create-access-key",
            dump_alone="conditional",
        ),
        does=[allow("iam:CreateAccessKey", on=here.arn("user/oncall-admin"))],
        keys=1,
    )
    here.user(
        "onboarding",
        escalation("puts itself into the group of administrators", "group-join"),
        does=[allow("iam:AddUserToGroup", on=group)],
    )
    _workload_less_sure(here)


def _workload_less_sure(here: Population) -> None:
    here.user(
        "oncall",
        conditional("attaches any policy to itself once it has signed in with MFA", "user-attach-own-policy"),
        does=[
            allow(
                "iam:AttachUserPolicy",
                on=here.arn("user/oncall"),
                when=condition("Bool", {"aws:MultiFactorAuthPresent": "true"}),
            )
        ],
        password=True,
    )
    here.user(
        "function-keeper",
        conditional("changes the code of functions; which roles they have is not told", "lambda-update-code"),
        does=[allow("lambda:UpdateFunctionCode")],
    )
    reader = here.role("report-reader", trust=trust(here.arn("root")), policies=("ReadOnlyAccess",))
    here.user(
        "intern", lateral("assumes a role that only reads", "role-assume"), does=[allow("sts:AssumeRole", on=reader)]
    )

    desk = here.role(
        "shift-desk",
        lookalike("writes policies into a user it cannot become"),
        trust=trust(here.arn("user/shift-lead")),
        does=[allow("iam:PutUserPolicy", on=here.arn("user/shift-lead"))],
    )
    here.user(
        "shift-lead",
        escalation("the role it assumes writes a policy into it", "role-assume", "user-put-own-policy"),
        does=[allow("sts:AssumeRole", on=desk)],
        keys=1,
    )


def _other(here: Population) -> None:
    hub = f"arn:aws:iam::{MANAGEMENT_ID}:role/release-hub"
    start, bridge = here.arn("role/release-start"), here.arn("role/release-bridge")
    here.role(
        "release-start",
        escalation("the first of three steps", *["role-assume"] * 3, dump_alone="conditional"),
        does=[allow("sts:AssumeRole", on=bridge)],
    )
    here.role(
        "release-bridge",
        escalation("the second of three steps", *["role-assume"] * 2, dump_alone="conditional"),
        trust=trust(start),
        does=[allow("sts:AssumeRole", on=hub)],
    )
    lambda_admin = here.role("lambda-admin", _ADMIN, trust=trust(LAMBDA), policies=(ADMINISTRATOR,))
    ecs_admin = here.role("ecs-admin", _ADMIN, trust=trust("ecs-tasks.amazonaws.com"), policies=(ADMINISTRATOR,))
    here.role(
        "ci-report",
        lookalike("the role it passes trusts another service than Lambda"),
        does=[allow("iam:PassRole", on=ecs_admin), allow(*_RUN_FUNCTION)],
    )
    ec2_only = condition("StringEquals", {"iam:PassedToService": "ec2.amazonaws.com"})
    here.role(
        "ci-images",
        lookalike("it may pass the role to EC2 only, which the role does not trust"),
        does=[allow("iam:PassRole", on=lambda_admin, when=ec2_only), allow(*_RUN_FUNCTION)],
    )
    here.policy("no-passing", [allow("lambda:*", "logs:*", "s3:*")])
    here.role(
        "ci-jobs",
        lookalike("its boundary does not allow iam:PassRole"),
        does=[allow("iam:PassRole", on=lambda_admin), allow(*_RUN_FUNCTION)],
        boundary="no-passing",
    )
    _other_people(here)


def _other_people(here: Population) -> None:
    own = here.arn("policy/frozen-rights")
    here.policy("frozen-rights", [allow("iam:CreatePolicyVersion", on=own), deny("iam:CreatePolicyVersion")])
    here.user("readonly-deployer", lookalike("the action it would need is denied"), policies=("frozen-rights",))
    here.user(
        "policy-clerk",
        lookalike("the policy attached to it belongs to AWS, and nobody can change that"),
        policies=("ReadOnlyAccess",),
        does=[allow("iam:CreatePolicyVersion", on="arn:aws:iam::aws:policy/ReadOnlyAccess")],
    )
    reserved = here.role(
        "AWSReservedSSO_AdministratorAccess_fake000000000000",
        _ADMIN,
        path="/aws-reserved/sso.amazonaws.com/",
        policies=(ADMINISTRATOR,),
    )
    here.user(
        "sso-clerk",
        lookalike("the role it would change is reserved for Identity Center"),
        does=[allow("iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy", "sts:AssumeRole", on=reserved)],
    )
    _other_batch(here)
    here.user("standby-admin", _ADMIN, policies=(ADMINISTRATOR,), keys=2)
    here.user(
        "key-clerk",
        lookalike("the administrator has two keys already, and it may delete none", dump_alone="conditional"),
        does=[allow("iam:CreateAccessKey", on=here.arn("user/standby-admin"))],
    )
    here.role(
        "member-contacts",
        lookalike("a member moves no root e-mail address", dump_alone="conditional"),
        does=[allow("account:StartPrimaryEmailUpdate", "account:AcceptPrimaryEmailUpdate")],
    )


def _other_batch(here: Population) -> None:
    work = here.role("batch-work", trust=trust(LAMBDA), does=[allow("s3:GetObject")])
    writes = allow("iam:PutRolePolicy", on=work)
    here.user(
        "batch-editor",
        escalation(
            "passes a role that reads to a new Lambda function, and writes a policy into it",
            "lambda-create-and-invoke",
            "role-put-own-policy",
        ),
        does=[allow("iam:PassRole", on=work), allow(*_RUN_FUNCTION), writes],
    )
    here.user(
        "batch-clerk", lookalike("it may write into the role and not pass it"), does=[writes, allow(*_RUN_FUNCTION)]
    )
