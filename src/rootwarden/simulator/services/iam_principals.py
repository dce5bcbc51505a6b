"""IAM users and roles: lists, and the authorization details of everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from rootwarden.simulator.world import IAMUser, Role

if TYPE_CHECKING:
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
    """Users, roles and the managed policies they have, in this order, in one sequence of pages."""
    size = call.number("MaxItems", default=100, low=1, high=1000)
    wanted = set(call.texts("Filter")) or {"User", "Role", "AWSManagedPolicy"}
    everything: list[IAMUser | Role | str] = []
    if "User" in wanted:
        everything += call.account.users
    if "Role" in wanted:
        everything += call.account.roles
    if "AWSManagedPolicy" in wanted:
        everything += _MANAGED_ACTIONS
    page, marker = call.page(everything, cursor="Marker", size=size)
    users = [item for item in page if isinstance(item, IAMUser)]
    roles = [item for item in page if isinstance(item, Role)]
    return {
        "UserDetailList": [_user_detail(call, user) for user in users],
        "GroupDetailList": [],
        "RoleDetailList": [_role_detail(call, role) for role in roles],
        "Policies": [_policy_detail(call, item) for item in page if isinstance(item, str)],
        "IsTruncated": marker is not None,
        "Marker": marker,
    }


def _user_detail(call: Call, user: IAMUser) -> dict[str, Any]:
    described = user_description(call, user)
    del described["PasswordLastUsed"]
    return described | {"GroupList": [], "AttachedManagedPolicies": [_managed(call, "ReadOnlyAccess")], "Tags": []}


def _role_detail(call: Call, role: Role) -> dict[str, Any]:
    policy = "AdministratorAccess" if role.name == "OrganizationAccountAccessRole" else "SecurityAudit"
    return role_description(call, role) | {
        "InstanceProfileList": [],
        "RolePolicyList": [],
        "AttachedManagedPolicies": [_managed(call, policy)],
        "Tags": [],
        "RoleLastUsed": {},
    }


def _policy_detail(call: Call, name: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": _MANAGED_ACTIONS[name], "Resource": "*"}
    document = msgspec.json.encode({"Version": "2012-10-17", "Statement": [statement]}).decode()
    created = call.account.create_date
    version = {"Document": quote(document, safe=""), "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": created}
    return {
        "PolicyName": name,
        "PolicyId": _identifier("ANPA", name),
        "Arn": _managed(call, name)["PolicyArn"],
        "Path": "/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 1,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": created,
        "UpdateDate": created,
        "PolicyVersionList": [version],
    }


def _managed(call: Call, name: str) -> dict[str, str]:
    return {"PolicyName": name, "PolicyArn": f"arn:{call.world.partition}:iam::aws:policy/{name}"}


def _trust(call: Call, role: Role) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": [call.world.root_arn(account_id) for account_id in role.trusted_accounts]},
        "Action": "sts:AssumeRole",
    }
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
