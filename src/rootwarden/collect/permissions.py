"""Least permissions, made from the calls the code can make (`collect/plan.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.collect.native_services_plan import ORGANIZATION_SERVICE_ACTIONS, SERVICE_ACTIONS
from rootwarden.collect.plan import (
    ADMINS_MANAGEMENT_ACTIONS,
    ADMINS_MEMBER_ACTIONS,
    ASSET_ACTIONS,
    AUDIT_TASK_POLICY,
    MANAGEMENT_ACTIONS,
    MEMBER_ACTIONS,
)
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.aws.calls import Json, JsonObject

VERSION = "2012-10-17"
AUDIT = "audit"
ADMINS = "iam-admins"
ADVISE = "advise"


class Reads(msgspec.Struct, frozen=True):
    """What a command asks with the caller's own credentials, and what in every other account."""

    caller: tuple[str, ...]
    member: tuple[str, ...]


READS = {
    AUDIT: Reads(MANAGEMENT_ACTIONS, MEMBER_ACTIONS),
    ADMINS: Reads(ADMINS_MANAGEMENT_ACTIONS, ADMINS_MEMBER_ACTIONS),
    # The member role is the same everywhere, and the accounts that administer a service are members.
    ADVISE: Reads(
        tuple(sorted({*MANAGEMENT_ACTIONS, *ORGANIZATION_SERVICE_ACTIONS, *SERVICE_ACTIONS})),
        tuple(sorted({*MEMBER_ACTIONS, *SERVICE_ACTIONS})),
    ),
}


def caller_policy(
    *,
    role_name: str,
    assume_root: bool,
    partition: str = "aws",
    security_hub: bool = False,
    assets: bool = False,
    command: str = AUDIT,
) -> str:
    """The policy of whoever runs the command, in the management account.

    Args:
        role_name: Member role it may assume; empty for none.
        assume_root: It may open AssumeRoot audit sessions, and no others (`sts:TaskPolicyArn`).
        partition: `aws`, `aws-us-gov`, …
        security_hub: It may hand findings to Security Hub.
        assets: It may count what the account holds, for an archive.
        command: One of `READS`.

    Returns:
        A policy document as JSON.
    """
    statements: list[Json] = [_statement("ReadRootPosture", _with_assets(READS[command].caller, assets), "*")]
    if role_name:
        statements.append(
            _statement("AssumeTheMemberRole", ("sts:AssumeRole",), f"arn:{partition}:iam::*:role/{role_name}")
        )
    if assume_root:
        audit = _statement("AssumeRootToAuditOnly", ("sts:AssumeRoot",), f"arn:{partition}:iam::*:root")
        audit["Condition"] = {"StringEquals": {"sts:TaskPolicyArn": AUDIT_TASK_POLICY.format(partition=partition)}}
        statements.append(audit)
    if security_hub:
        statements.append(_statement("SendFindings", ("securityhub:BatchImportFindings",), "*"))
    return _printed({"Version": VERSION, "Statement": statements})


def member_role_template(
    *, role_name: str, principal: str, external_id: str, assets: bool = False, command: str = AUDIT
) -> str:
    """A CloudFormation template of the member role, for a StackSet over the organization.

    Args:
        role_name: Its name.
        principal: ARN of who may assume it; a parameter of the template when empty.
        external_id: External id its trust policy asks for, or empty.
        assets: It may count what the account holds, for an archive.
        command: One of `READS`.

    Raises:
        UsageError: When the principal is no ARN.
    """
    if principal and not principal.startswith("arn:"):
        raise UsageError(f"`{principal}` is no ARN", hint="name the role or user that runs rootwarden")
    trusted: Json = principal or {"Ref": "AuditPrincipal"}
    trust: JsonObject = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": trusted}}
    if external_id:
        trust["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    reads = _with_assets(READS[command].member, assets)
    policy: JsonObject = {
        "PolicyName": "read-root-posture",
        "PolicyDocument": {"Version": VERSION, "Statement": [_statement("ReadRootPosture", reads, "*")]},
    }
    role: JsonObject = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": role_name,
            "Description": "Read-only: what rootwarden needs to judge the root user of this account",
            "MaxSessionDuration": 3600,
            "AssumeRolePolicyDocument": {"Version": VERSION, "Statement": [trust]},
            "Policies": [policy],
        },
    }
    parameter: JsonObject = {
        "AuditPrincipal": {"Type": "String", "Description": "ARN of the role or user that runs rootwarden"}
    }
    template: JsonObject = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role rootwarden looks at a member account with. Deploy as a StackSet to the organization.",
        **({} if principal else {"Parameters": parameter}),
        "Resources": {"AuditRole": role},
    }
    return _printed(template)


def _with_assets(actions: tuple[str, ...], assets: bool) -> tuple[str, ...]:
    return tuple(sorted({*actions, *ASSET_ACTIONS})) if assets else actions


def _statement(sid: str, actions: tuple[str, ...], resource: str) -> JsonObject:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}


def _printed(document: JsonObject) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
