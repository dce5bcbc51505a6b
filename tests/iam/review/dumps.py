"""Small account dumps, in the words of the AWS CLI."""

from __future__ import annotations

from typing import Any

ACCOUNT = "111111111111"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def trust(principal: dict[str, str]) -> dict[str, Any]:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def inline(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"PolicyName": "own", "PolicyDocument": document(*statements)}] if statements else []


def attached(*arns: str) -> list[dict[str, str]]:
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


def user(name: str, *statements: dict[str, Any], policies: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "Path": "/",
        "UserName": name,
        "UserId": f"AIDA{name.upper():X<17}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "CreateDate": "2024-01-01T00:00:00+00:00",
        "UserPolicyList": inline(*statements),
        "GroupList": [],
        "AttachedManagedPolicies": attached(*policies),
        "Tags": [],
    }


def role(
    name: str, trusting: dict[str, Any], *statements: dict[str, Any], policies: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": f"AROA{name.upper():X<17}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "CreateDate": "2024-01-01T00:00:00+00:00",
        "AssumeRolePolicyDocument": trusting,
        "InstanceProfileList": [],
        "RolePolicyList": inline(*statements),
        "AttachedManagedPolicies": attached(*policies),
        "Tags": [],
        "RoleLastUsed": {},
    }


def policy(arn: str, *versions: dict[str, Any]) -> dict[str, Any]:
    """A managed policy; its last version is the one in force."""
    return {
        "PolicyName": arn.rpartition("/")[2],
        "PolicyId": f"ANPA{arn.rpartition('/')[2].upper():X<17}",
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": f"v{len(versions)}",
        "AttachmentCount": 1,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": "2024-01-01T00:00:00+00:00",
        "UpdateDate": "2024-01-01T00:00:00+00:00",
        "PolicyVersionList": [
            {"Document": one, "VersionId": f"v{number}", "IsDefaultVersion": number == len(versions)}
            for number, one in enumerate(versions, 1)
        ],
    }


def dump(*, users: tuple[Any, ...] = (), roles: tuple[Any, ...] = (), policies: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {
        "UserDetailList": list(users),
        "GroupDetailList": [],
        "RoleDetailList": list(roles),
        "Policies": [*policies, policy(ADMINISTRATOR, document(allow("*")))],
    }
