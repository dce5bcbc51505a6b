"""IAM users and roles: lists, and the authorization details of everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from rootwarden.simulator.world import Group, IAMUser, ManagedPolicy, Role

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.simulator.call import Call, Handler

# What these AWS managed policies come down to; the real ones are longer.
_MANAGED_ACTIONS: Final[dict[str, list[str]]] = {
    "AdministratorAccess": ["*"],
    "ReadOnlyAccess": ["*:Describe*", "*:Get*", "*:List*"],
    "SecurityAudit": ["*:Describe*", "*:Get*", "*:List*"],
}


def user_description(call: Call, user: IAMUser) -> dict[str, Any]:
    """An IAM user as `User` in answers."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": _identifier("AIDA", user.name),
        "Arn": call.world.arn("iam", "", call.account.account_id, f"user{user.path}{user.name}"),
        "CreateDate": user.create_date,
        "PasswordLastUsed": user.password_last_used,
    }


def role_description(call: Call, role: Role) -> dict[str, Any]:
    """An IAM role as `Role` in answers, its trust policy URL-encoded as AWS does."""
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": _identifier("AROA", role.name),
        "Arn": call.world.arn("iam", "", call.account.account_id, f"role{role.path}{role.name}"),
        "CreateDate": role.create_date,
        "AssumeRolePolicyDocument": quote(_trust(call, role), safe=""),
    }


def list_users(call: Call) -> dict[str, Any]:
    """IAM users, a hundred to a page unless asked otherwise."""
    size = call.number("MaxItems", default=100, low=1, high=1000)
    prefix = call.text("PathPrefix")
    users = [user for user in call.account.users if user.path.startswith(prefix)]
    page, marker = call.page(users, cursor="Marker", size=size)
    described = [user_description(call, user) for user in page]
    return {"Users": described, "IsTruncated": marker is not None, "Marker": marker}


def list_roles(call: Call) -> dict[str, Any]:
    """IAM roles, a hundred to a page unless asked otherwise."""
    size = call.number("MaxItems", default=100, low=1, high=1000)
    prefix = call.text("PathPrefix")
    roles = [role for role in call.account.roles if role.path.startswith(prefix)]
    page, marker = call.page(roles, cursor="Marker", size=size)
    described = [role_description(call, role) | {"MaxSessionDuration": 3600} for role in page]
    return {"Roles": described, "IsTruncated": marker is not None, "Marker": marker}


def get_account_authorization_details(call: Call) -> dict[str, Any]:
    """Users, groups, roles and the managed policies they have, in this order, in one sequence of pages."""
    size = call.number("MaxItems", default=100, low=1, high=1000)
    wanted = set(call.texts("Filter")) or {"User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"}
    account = call.account
    everything: list[IAMUser | Group | Role | ManagedPolicy | str] = []
    everything += account.users if "User" in wanted else []
    everything += account.groups if "Group" in wanted else []
    everything += account.roles if "Role" in wanted else []
    everything += account.policies if "LocalManagedPolicy" in wanted else []
    everything += _MANAGED_ACTIONS if "AWSManagedPolicy" in wanted else []
    page, marker = call.page(everything, cursor="Marker", size=size)
    managed = [_policy_detail(call, item) for item in page if isinstance(item, ManagedPolicy)]
    managed += [_aws_policy_detail(call, item) for item in page if isinstance(item, str)]
    return {
        "UserDetailList": [_user_detail(call, item) for item in page if isinstance(item, IAMUser)],
        "GroupDetailList": [_group_detail(call, item) for item in page if isinstance(item, Group)],
        "RoleDetailList": [_role_detail(call, item) for item in page if isinstance(item, Role)],
        "Policies": managed,
        "IsTruncated": marker is not None,
        "Marker": marker,
    }


def _user_detail(call: Call, user: IAMUser) -> dict[str, Any]:
    described = user_description(call, user)
    del described["PasswordLastUsed"]
    detail = described | {
        "GroupList": list(user.groups),
        "AttachedManagedPolicies": [_managed(call, name) for name in user.policies],
        "Tags": _tags(user.tags),
    }
    if user.inline:
        detail["UserPolicyList"] = _inline(user.inline)
    if user.boundary:
        arn = _managed(call, user.boundary)["PolicyArn"]
        detail["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    return detail


def _group_detail(call: Call, group: Group) -> dict[str, Any]:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": _identifier("AGPA", group.name),
        "Arn": call.world.arn("iam", "", call.account.account_id, f"group{group.path}{group.name}"),
        "CreateDate": group.create_date,
        "GroupPolicyList": _inline(group.inline),
        "AttachedManagedPolicies": [_managed(call, name) for name in group.policies],
    }


def _role_detail(call: Call, role: Role) -> dict[str, Any]:
    usual = "AdministratorAccess" if role.name == "OrganizationAccountAccessRole" else "SecurityAudit"
    used = {"LastUsedDate": role.last_used, "Region": "us-east-1"} if role.last_used else {}
    return role_description(call, role) | {
        "InstanceProfileList": [_profile(call, role)] if role.instance_profile else [],
        "RolePolicyList": _inline(role.inline),
        "AttachedManagedPolicies": [_managed(call, name) for name in role.policies or (usual,)],
        "Tags": _tags(role.tags),
        "RoleLastUsed": used,
    }


def _profile(call: Call, role: Role) -> dict[str, Any]:
    name = role.instance_profile
    return {
        "Path": "/",
        "InstanceProfileName": name,
        "InstanceProfileId": _identifier("AIPA", name),
        "Arn": call.world.arn("iam", "", call.account.account_id, f"instance-profile/{name}"),
        "CreateDate": role.create_date,
        "Roles": [role_description(call, role)],
    }


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _inline(documents: dict[str, str]) -> list[dict[str, str]]:
    """Inline policies, their documents URL-encoded as AWS does."""
    return [{"PolicyName": name, "PolicyDocument": quote(text, safe="")} for name, text in documents.items()]


def _policy_detail(call: Call, policy: ManagedPolicy) -> dict[str, Any]:
    default = list(policy.documents)[-1]
    versions = [
        {
            "Document": quote(text, safe=""),
            "VersionId": version,
            "IsDefaultVersion": version == default,
            "CreateDate": policy.create_date,
        }
        for version, text in policy.documents.items()
    ]
    return _described_policy(call, policy.name, policy.create_date, default, versions)


def _aws_policy_detail(call: Call, name: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": _MANAGED_ACTIONS[name], "Resource": "*"}
    document = msgspec.json.encode({"Version": "2012-10-17", "Statement": [statement]}).decode()
    created = call.account.create_date
    version = {"Document": quote(document, safe=""), "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": created}
    return _described_policy(call, name, created, "v1", [version])


def _described_policy(
    call: Call, name: str, created: datetime, default: str, versions: list[dict[str, Any]]
) -> dict[str, Any]:
    account = call.account
    attached = [user.policies for user in account.users] + [group.policies for group in account.groups]
    attached += [role.policies for role in account.roles]
    return {
        "PolicyName": name,
        "PolicyId": _identifier("ANPA", name),
        "Arn": _managed(call, name)["PolicyArn"],
        "Path": "/",
        "DefaultVersionId": default,
        "AttachmentCount": sum(name in policies for policies in attached),
        "PermissionsBoundaryUsageCount": sum(user.boundary == name for user in account.users),
        "IsAttachable": True,
        "CreateDate": created,
        "UpdateDate": created,
        "PolicyVersionList": versions,
    }


def _managed(call: Call, name: str) -> dict[str, str]:
    own = any(policy.name == name for policy in call.account.policies)
    owner = call.account.account_id if own else "aws"
    return {"PolicyName": name, "PolicyArn": f"arn:{call.world.partition}:iam::{owner}:policy/{name}"}


def _trust(call: Call, role: Role) -> str:
    principal: dict[str, list[str]] = {}
    if role.trusted_accounts or not role.trusted_services:
        principal["AWS"] = [call.world.root_arn(account_id) for account_id in role.trusted_accounts]
    if role.trusted_services:
        principal["Service"] = list(role.trusted_services)
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if role.external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": role.external_id}}
    return msgspec.json.encode({"Version": "2012-10-17", "Statement": [statement]}).decode()


def _identifier(prefix: str, name: str) -> str:
    letters = "".join(character for character in name.upper() if character.isascii() and character.isalnum())
    return f"{prefix}FAKE{letters:0<13.13}"


OPERATIONS: dict[str, Handler] = {
    "ListUsers": list_users,
    "ListRoles": list_roles,
    "GetAccountAuthorizationDetails": get_account_authorization_details,
}
