"""The least policy of whoever plans and removes root credentials, made from the calls the code can make."""

from __future__ import annotations

from typing import Final

import msgspec

from rootwarden.collect.permissions import VERSION
from rootwarden.credentials.plan import AUDIT, CREATE_PASSWORD, DELETE

# Read by `plan`; the last two by `apply`, directly before and after a call.
READS: Final = (
    "iam:GenerateCredentialReport",
    "iam:GetAccountSummary",
    "iam:GetCredentialReport",
    "iam:ListOrganizationsFeatures",
    "organizations:DescribeOrganization",
    "organizations:DescribePolicy",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListPolicies",
    "organizations:ListRoots",
    "organizations:ListTargetsForPolicy",
    "organizations:DescribeAccount",
    "organizations:ListPoliciesForTarget",
)
# Before an AssumeRoot audit: which alarms it will set off, read in the management account.
ALARMS: Final = (
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetTrailStatus",
    "cloudwatch:DescribeAlarms",
    "events:ListRules",
    "events:ListTargetsByRule",
    "logs:DescribeMetricFilters",
    "sns:ListSubscriptionsByTopic",
)
PREPARES: Final = (
    "iam:EnableOrganizationsRootCredentialsManagement",
    "iam:EnableOrganizationsRootSessions",
    "organizations:EnableAWSServiceAccess",
    "organizations:ListDelegatedAdministrators",
    "organizations:RegisterDelegatedAdministrator",
)
HOLDS: Final = ("organizations:AttachPolicy", "organizations:DetachPolicy")


def policy(partition: str = "aws") -> str:
    """A policy document as JSON; leave out the statements of what you do not use.

    Args:
        partition: `aws`, `aws-us-gov`, …
    """
    tasks = [f"arn:{partition}:iam::aws:policy/root-task/{name}" for name in (AUDIT, DELETE, CREATE_PASSWORD)]
    document = {
        "Version": VERSION,
        "Statement": [
            _statement("ReadTheOrganization", READS),
            _statement("ReadWhichAlarmsWillFire", ALARMS),
            {
                **_statement("OpenSessionsForTheseTasksOnly", ("sts:AssumeRoot",)),
                "Resource": f"arn:{partition}:iam::*:root",
                "Condition": {"StringEquals": {"sts:TaskPolicyArn": tasks}},
            },
            _statement("PutKeysToSleepByPolicy", HOLDS),
            _statement("SwitchCentralRootAccessOn", PREPARES),
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _statement(sid: str, actions: tuple[str, ...]) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
