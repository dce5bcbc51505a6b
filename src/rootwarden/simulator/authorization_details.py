"""One account's users, groups, roles and policies as `GetAccountAuthorizationDetails` tells them.

Policy documents are URL-encoded on the wire and objects in what the AWS CLI prints; who asks says which.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from zlib import crc32

import msgspec

from rootwarden.simulator import aws_managed
from rootwarden.simulator.identities import Group, IAMUser, ManagedPolicy, Role
from rootwarden.simulator.policy_text import document, trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rootwarden.simulator.account import Account

Entry = IAMUser | Group | Role | ManagedPolicy
_LETTERS: Final = 13  # of a name that fit into an identifier
KINDS = ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy")


def on_the_wire(text: str) -> str:
    """A policy document as the API answers it."""
    return quote(text, safe="")


def as_object(text: str) -> Any:
    """A policy document as the AWS CLI prints it."""
    return msgspec.json.decode(text)


class AuthorizationDetails:
    """The answer's parts.

    Args:
        account: Whose.
        partition: `aws`, `aws-us-gov` or `aws-cn`.
        tell: How policy documents are told.
    """

    def __init__(self, account: Account, partition: str, tell: Callable[[str], Any] = on_the_wire) -> None:
        self.account = account
        self.partition = partition
        self._tell = tell
        self._own = {policy.name: policy for policy in account.policies}

    def entries(self, wanted: Iterable[str] = KINDS) -> list[Entry]:
        """Users, groups, roles and policies, in this order; AWS's own policies those that are used, and three more."""
        asked = set(wanted)
        found: list[Entry] = []
        found += self.account.users if "User" in asked else []
        found += self.account.groups if "Group" in asked else []
        found += self.account.roles if "Role" in asked else []
        found += self.account.policies if "LocalManagedPolicy" in asked else []
        found += self._of_aws if "AWSManagedPolicy" in asked else []
        return found

    def told(self, entries: Iterable[Entry]) -> dict[str, list[dict[str, Any]]]:
        """The four lists of the answer for these entries."""
        lists: dict[str, list[dict[str, Any]]] = {
            "UserDetailList": [],
            "GroupDetailList": [],
            "RoleDetailList": [],
            "Policies": [],
        }
        for entry in entries:
            match entry:
                case IAMUser():
                    lists["UserDetailList"].append(self._user(entry))
                case Group():
                    lists["GroupDetailList"].append(self._group(entry))
                case Role():
                    lists["RoleDetailList"].append(self._role(entry))
                case ManagedPolicy():
                    lists["Policies"].append(self._policy(entry))
        return lists

    def arn(self, entry: IAMUser | Group | Role) -> str:
        """The ARN of a user, group or role."""
        kind = {IAMUser: "user", Group: "group", Role: "role"}[type(entry)]
        return f"arn:{self.partition}:iam::{self.account.account_id}:{kind}{entry.path}{entry.name}"

    def policy_arn(self, name: str) -> str:
        """The ARN of a managed policy by its name: one of the account, else one of AWS."""
        own = self._own.get(name)
        if own is None:
            return aws_managed.arn_of(name, self.partition)
        return f"arn:{self.partition}:iam::{self.account.account_id}:policy{own.path}{own.name}"

    def user(self, user: IAMUser) -> dict[str, Any]:
        """An IAM user as `User` in answers."""
        return {
            "Path": user.path,
            "UserName": user.name,
            "UserId": _identifier("AIDA", user.name),
            "Arn": self.arn(user),
            "CreateDate": user.create_date,
            "PasswordLastUsed": user.password_last_used,
        }

    def role(self, role: Role) -> dict[str, Any]:
        """An IAM role as `Role` in answers."""
        return {
            "Path": role.path,
            "RoleName": role.name,
            "RoleId": _identifier("AROA", role.name),
            "Arn": self.arn(role),
            "CreateDate": role.create_date,
            "AssumeRolePolicyDocument": self._tell(self._trust(role)),
        }

    @cached_property
    def _attachments(self) -> Counter[str]:
        holders: list[IAMUser | Group | Role] = [*self.account.users, *self.account.groups, *self.account.roles]
        return Counter(name for each in holders for name in each.policies)

    @cached_property
    def _bounded(self) -> Counter[str]:
        bounded: list[IAMUser | Role] = [*self.account.users, *self.account.roles]
        return Counter(each.boundary for each in bounded if each.boundary)

    @cached_property
    def _of_aws(self) -> list[ManagedPolicy]:
        used = {*self._attachments, *self._bounded} - set(self._own)
        names = (*aws_managed.LISTED, *sorted(used - set(aws_managed.LISTED)))
        created = self.account.create_date
        return [
            ManagedPolicy(name=name, documents={"v1": document(*aws_managed.statements_of(name))}, create_date=created)
            for name in names
        ]

    def _user(self, user: IAMUser) -> dict[str, Any]:
        detail = self.user(user)
        del detail["PasswordLastUsed"]
        detail |= {
            "GroupList": list(user.groups),
            "AttachedManagedPolicies": self._attached(user.policies),
            "Tags": _tags(user.tags),
        }
        if user.inline:
            detail["UserPolicyList"] = self._inline(user.inline)
        return detail | self._boundary(user.boundary)

    def _group(self, group: Group) -> dict[str, Any]:
        return {
            "Path": group.path,
            "GroupName": group.name,
            "GroupId": _identifier("AGPA", group.name),
            "Arn": self.arn(group),
            "CreateDate": group.create_date,
            "GroupPolicyList": self._inline(group.inline),
            "AttachedManagedPolicies": self._attached(group.policies),
        }

    def _role(self, role: Role) -> dict[str, Any]:
        used = {"LastUsedDate": role.last_used, "Region": "us-east-1"} if role.last_used else {}
        detail = self.role(role) | {
            "InstanceProfileList": [self._profile(role)] if role.instance_profile else [],
            "RolePolicyList": self._inline(role.inline),
            "AttachedManagedPolicies": self._attached(role.policies),
            "Tags": _tags(role.tags),
            "RoleLastUsed": used,
        }
        return detail | self._boundary(role.boundary)

    def _profile(self, role: Role) -> dict[str, Any]:
        name = role.instance_profile
        return {
            "Path": "/",
            "InstanceProfileName": name,
            "InstanceProfileId": _identifier("AIPA", name),
            "Arn": f"arn:{self.partition}:iam::{self.account.account_id}:instance-profile/{name}",
            "CreateDate": role.create_date,
            "Roles": [self.role(role)],
        }

    def _policy(self, policy: ManagedPolicy) -> dict[str, Any]:
        default = policy.default or list(policy.documents)[-1]
        path, _, name = policy.name.rpartition("/")
        return {
            "PolicyName": name,
            "PolicyId": _identifier("ANPA", name),
            "Arn": self.policy_arn(policy.name),
            "Path": f"/{path}/" if path else policy.path,
            "DefaultVersionId": default,
            "AttachmentCount": self._attachments[policy.name],
            "PermissionsBoundaryUsageCount": self._bounded[policy.name],
            "IsAttachable": True,
            "CreateDate": policy.create_date,
            "UpdateDate": policy.create_date,
            "PolicyVersionList": [
                {
                    "Document": self._tell(text),
                    "VersionId": version,
                    "IsDefaultVersion": version == default,
                    "CreateDate": policy.create_date,
                }
                for version, text in policy.documents.items()
            ],
        }

    def _attached(self, names: Iterable[str]) -> list[dict[str, str]]:
        return [{"PolicyName": name.rpartition("/")[2], "PolicyArn": self.policy_arn(name)} for name in names]

    def _inline(self, documents: dict[str, str]) -> list[dict[str, Any]]:
        return [{"PolicyName": name, "PolicyDocument": self._tell(text)} for name, text in documents.items()]

    def _boundary(self, name: str) -> dict[str, Any]:
        if not name:
            return {}
        return {
            "PermissionsBoundary": {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": self.policy_arn(name),
            }
        }

    def _trust(self, role: Role) -> str:
        if role.trust:
            return role.trust
        roots = (f"arn:{self.partition}:iam::{account_id}:root" for account_id in role.trusted_accounts)
        outsider = {"StringEquals": {"sts:ExternalId": role.external_id}} if role.external_id else None
        return trust(*roots, *role.trusted_services, when=outsider)


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _identifier(prefix: str, name: str) -> str:
    letters = "".join(character for character in name.upper() if character.isascii() and character.isalnum())
    if len(letters) > _LETTERS:
        letters = f"{letters[:5]}{crc32(name.encode()):08X}"
    return f"{prefix}FAKE{letters:0<{_LETTERS}}"
