"""Which calls the selected rules need: made from the facts they read, so that nothing is asked for nothing.

The rule language's schema says which calls feed an attribute (`fed_by`). A need is one of those names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.aws.calls import Call
from rootwarden.collect import files

if TYPE_CHECKING:
    from collections.abc import Iterable

AUDIT_TASK_POLICY = "arn:{partition}:iam::aws:policy/root-task/IAMAuditRootUserCredentials"

_MONITORING = frozenset(
    {
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
        "logs:DescribeMetricFilters",
        "cloudwatch:DescribeAlarms",
        "sns:ListSubscriptionsByTopic",
        "events:ListRules",
        "events:ListTargetsByRule",
    }
)
_TREE = frozenset(
    {
        "organizations:ListRoots",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListAccountsForParent",
    }
)
_POLICIES = frozenset(
    {"organizations:ListPolicies", "organizations:DescribePolicy", "organizations:ListTargetsForPolicy"}
)
# The seven reads of the audit task policy (its text, version 1).
ROOT_READS = frozenset(
    {
        "iam:GetUser",
        "iam:ListMFADevices",
        "iam:ListAccessKeys",
        "iam:GetAccessKeyLastUsed",
        "iam:GetLoginProfile",
        "iam:ListSigningCertificates",
        "iam:GetAccountSummary",
    }
)
_PRINCIPALS = frozenset({"iam:GetAccountAuthorizationDetails", "iam:GetAccountPasswordPolicy"})
_ROOT_CREDENTIALS = frozenset({"iam:GetAccountSummary", "iam:GetCredentialReport", "iam:ListVirtualMFADevices"})


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask, by where it is asked.

    Attributes:
        needs: `fed_by` names of every attribute the selected rules read, but for those of `watched`.
        watched: `fed_by` names of the attributes that tell of trails, log groups, alarms and topics themselves. (What
            `needs` has of these calls follows the root user's own chain, and stops once that is decided.)
        tags: Ask for account tags too, to name owners.
        tree: Walk the organization's tree.
        assets: Count what each account holds (`collect/assets.py`): three calls for each enabled region.
        services: Ask whether AWS's own services are on (`collect/native_services_plan.py`).
    """

    needs: frozenset[str]
    watched: frozenset[str] = frozenset()
    tags: bool = False
    tree: bool = False
    assets: bool = False
    services: bool = False

    @property
    def report(self) -> bool:
        """The credential report is needed."""
        return "iam:GetCredentialReport" in self.needs

    @property
    def monitoring(self) -> bool:
        """The chain from trail to subscriber is needed."""
        return bool(_MONITORING & self.needs)

    @property
    def policies(self) -> bool:
        """Service control policies are needed, and with them the tree."""
        return bool((_POLICIES | _TREE) & self.needs)

    @property
    def features(self) -> bool:
        """The organization's root access features are needed."""
        return "iam:ListOrganizationsFeatures" in self.needs

    @property
    def contacts(self) -> bool:
        """Primary and alternate contacts are needed."""
        return bool({"account:GetContactInformation", "account:GetAlternateContact"} & self.needs)

    @property
    def sign_in_policy(self) -> bool:
        """The Sign-In resource policy is needed (management and standalone accounts only)."""
        return "signin:GetResourcePolicy" in self.needs

    @property
    def inside(self) -> bool:
        """Anything is asked inside an account, and not only of its organization."""
        asked = self.report or self.root_credentials or self.contacts or self.monitoring or self.sign_in_policy
        return asked or self.assets or self.services or bool(self.watched or _PRINCIPALS & self.needs)

    @property
    def root_credentials(self) -> bool:
        """Anything an AssumeRoot audit session would tell is needed."""
        return bool(_ROOT_CREDENTIALS & self.needs)


def plan_for(
    needs: Iterable[str],
    *,
    watched: Iterable[str] = (),
    tags: bool = False,
    tree: bool = False,
    assets: bool = False,
    services: bool = False,
) -> Plan:
    """Make the plan for a set of needs; `tree` asks for the tree though no rule reads policies (owners by unit)."""
    return Plan(
        needs=frozenset(needs), watched=frozenset(watched), tags=tags, tree=tree, assets=assets, services=services
    )


def credential_calls(plan: Plan) -> tuple[Call, ...]:
    """Plain reads about root's credentials, in any order; the credential report has its own flow."""
    calls = []
    if "iam:GetAccountSummary" in plan.needs:
        calls.append(Call(service="iam", operation="GetAccountSummary", file=files.ACCOUNT_SUMMARY))
    if "iam:ListVirtualMFADevices" in plan.needs:
        assigned = {"AssignmentStatus": "Assigned"}
        calls.append(
            Call(
                service="iam",
                operation="ListVirtualMFADevices",
                file=files.VIRTUAL_MFA_DEVICES,
                parameters={**assigned},
            )
        )
    if "iam:GetAccountPasswordPolicy" in plan.needs:
        calls.append(Call(service="iam", operation="GetAccountPasswordPolicy", file=files.PASSWORD_POLICY))
    if "iam:GetAccountAuthorizationDetails" in plan.needs:
        calls.append(Call(service="iam", operation="GetAccountAuthorizationDetails", file=files.AUTHORIZATION_DETAILS))
    return tuple(calls)


def contact_calls(plan: Plan, account: str) -> tuple[Call, ...]:
    """Reads of the contacts; `account` is given only when they are asked from the management account."""
    if not plan.contacts:
        return ()
    whose = {"AccountId": account} if account else {}
    primary = Call(
        service="account", operation="GetContactInformation", file=files.CONTACT_INFORMATION, parameters={**whose}
    )
    alternates = (
        Call(
            service="account",
            operation="GetAlternateContact",
            file=files.alternate_contact(kind),
            parameters={**whose, "AlternateContactType": kind.upper()},
        )
        for kind in ("billing", "operations", "security")
    )
    return (primary, *alternates)


def sign_in_calls(plan: Plan) -> tuple[Call, ...]:
    """Reads of the Sign-In resource policy and whether it is in force."""
    if not plan.sign_in_policy:
        return ()
    return (
        Call(service="signin", operation="GetResourcePolicy", file=files.SIGN_IN_POLICY),
        Call(service="signin", operation="GetConsoleAuthorizationConfiguration", file=files.SIGN_IN_AUTHORIZATION),
    )


def root_session_calls() -> tuple[Call, ...]:
    """The reads of an AssumeRoot audit session; last-used of each key follows from the key list."""
    return (
        Call(service="iam", operation="GetAccountSummary", file=files.ACCOUNT_SUMMARY),
        Call(service="iam", operation="GetUser", file=files.ROOT_USER),
        Call(service="iam", operation="ListMFADevices", file=files.ROOT_MFA_DEVICES),
        Call(service="iam", operation="ListAccessKeys", file=files.ROOT_ACCESS_KEYS),
        Call(service="iam", operation="GetLoginProfile", file=files.ROOT_LOGIN_PROFILE),
        Call(service="iam", operation="ListSigningCertificates", file=files.ROOT_SIGNING_CERTIFICATES),
    )


def key_last_used_call(key_id: str) -> Call:
    """GetAccessKeyLastUsed of one root key."""
    return Call(
        service="iam",
        operation="GetAccessKeyLastUsed",
        file=files.resource_file("root-access-key-last-used", key_id),
        parameters={"AccessKeyId": key_id},
    )


# What the code may call, by where its credentials come from. `rootwarden permissions` prints least policies from
# these, and a test compares them with every call a full audit makes against the simulator.
MEMBER_ACTIONS = tuple(
    sorted(
        {
            "iam:GenerateCredentialReport",
            "iam:GetCredentialReport",
            "iam:GetAccountSummary",
            "iam:ListVirtualMFADevices",
            "iam:GetAccountAuthorizationDetails",
            "iam:GetAccountPasswordPolicy",
            "logs:DescribeLogGroups",
            "account:GetContactInformation",
            "account:GetAlternateContact",
            "organizations:DescribeOrganization",
        }
        | _MONITORING
    )
)
# Only when asset counts are asked for; the two other calls of these counts are among the ones above.
ASSET_ACTIONS = ("ec2:DescribeInstances", "ec2:DescribeRegions", "rds:DescribeDBInstances", "s3:ListAllMyBuckets")
MANAGEMENT_ACTIONS = tuple(
    sorted(
        {
            *MEMBER_ACTIONS,
            *_TREE,
            *_POLICIES,
            "organizations:ListAccounts",
            "organizations:ListTagsForResource",
            "iam:ListOrganizationsFeatures",
            "signin:GetResourcePolicy",
            "signin:GetConsoleAuthorizationConfiguration",
        }
    )
)
# The same for `iam admins`, which asks nothing else.
ADMINS_MEMBER_ACTIONS = (
    "iam:GenerateCredentialReport",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetCredentialReport",
)
ADMINS_MANAGEMENT_ACTIONS = tuple(
    sorted(
        {
            *ADMINS_MEMBER_ACTIONS,
            *_TREE,
            *_POLICIES,
            "iam:ListOrganizationsFeatures",
            "organizations:DescribeOrganization",
            "organizations:ListAccounts",
        }
    )
)
