"""What a session of `sts:AssumeRoot` may do: its task policy, and what service control policies leave of it.

Source: text of the AWS managed policies under `policy/root-task/`; the S3 and SQS lists are ours from the
documentation's description, nothing else in the simulator depends on them.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from rootwarden.simulator.world import Organization

_READS = (
    "iam:GetLoginProfile",
    "iam:GetUser",
    "iam:ListAccessKeys",
    "iam:GetAccessKeyLastUsed",
    "iam:ListMFADevices",
    "iam:ListSigningCertificates",
    "iam:GetAccountSummary",
)
TASK_POLICIES: dict[str, frozenset[str]] = {
    "IAMAuditRootUserCredentials": frozenset(_READS),
    "IAMCreateRootUserPassword": frozenset({"iam:CreateLoginProfile", "iam:GetLoginProfile"}),
    "IAMDeleteRootUserCredentials": frozenset(
        {
            *_READS,
            "iam:DeleteLoginProfile",
            "iam:DeleteAccessKey",
            "iam:DeactivateMFADevice",
            "iam:DeleteVirtualMFADevice",
            "iam:DeleteSigningCertificate",
        }
    ),
    "S3UnlockBucketPolicy": frozenset({"s3:ListAllMyBuckets", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy"}),
    "SQSUnlockQueuePolicy": frozenset({"sqs:ListQueues", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes"}),
}


def scp_denies_root_session(organization: Organization, account_id: str, root_arn: str, action: str) -> bool:
    """Whether a service control policy on the account's path denies `action` to its AssumeRoot session.

    Understands `Action` and `NotAction`, and conditions on `aws:PrincipalArn` and `aws:AssumedRoot`; a statement with
    any other condition is taken not to apply.
    """
    targets = [unit.unit_id for unit in organization.path_to(account_id)] + [account_id]
    for target in targets:
        for policy_id in organization.attachments.get(target, []):
            policy = organization.policies[policy_id]
            if policy.kind == "SERVICE_CONTROL_POLICY" and _denies(policy.document, root_arn, action):
                return True
    return False


def _denies(document: str, root_arn: str, action: str) -> bool:
    statements = _listed(msgspec.json.decode(document).get("Statement", []))
    return any(
        statement.get("Effect") == "Deny" and _covers(statement, action) and _holds(statement, root_arn)
        for statement in statements
    )


def _covers(statement: dict[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _any_match(statement["NotAction"], action)
    return _any_match(statement.get("Action", []), action)


def _any_match(patterns: Any, value: str) -> bool:
    return any(fnmatchcase(value.lower(), str(pattern).lower()) for pattern in _listed(patterns))


def _holds(statement: dict[str, Any], root_arn: str) -> bool:
    conditions = statement.get("Condition", {})
    return all(
        _condition_holds(operator.lower(), key.lower(), values, root_arn)
        for operator, block in conditions.items()
        for key, values in block.items()
    )


def _condition_holds(operator: str, key: str, values: Any, root_arn: str) -> bool:
    operator = operator.removesuffix("ifexists")
    says_true = "true" in {str(value).lower() for value in _listed(values)}
    if key == "aws:assumedroot":
        if operator == "null":
            return not says_true
        return says_true != ("not" in operator)
    if key == "aws:principalarn" and operator in {"arnlike", "arnequals", "stringlike", "stringequals"}:
        return _any_match(values, root_arn)
    if key == "aws:principalarn" and operator in {"arnnotlike", "arnnotequals", "stringnotlike", "stringnotequals"}:
        return not _any_match(values, root_arn)
    return False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
