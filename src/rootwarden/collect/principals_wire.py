"""`get-account-authorization-details` as the AWS CLI prints it, as far as it is read; unknown keys are ignored.

AWS leaves out an empty list below a user, group or role, and never the four lists of the answer itself.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import field


class TagWire(msgspec.Struct, frozen=True):
    """A tag."""

    key: str = field(name="Key")
    value: str = field(name="Value", default="")


class AttachedWire(msgspec.Struct, frozen=True):
    """A managed policy somebody has."""

    arn: str = field(name="PolicyArn")
    name: str = field(name="PolicyName", default="")


class InlineWire(msgspec.Struct, frozen=True):
    """An inline policy; its document is an object, or text where nobody decoded it."""

    name: str = field(name="PolicyName")
    document: Any = field(name="PolicyDocument", default=None)


class BoundaryWire(msgspec.Struct, frozen=True):
    """A permissions boundary."""

    arn: str = field(name="PermissionsBoundaryArn", default="")


class UserWire(msgspec.Struct, frozen=True):
    """One of `UserDetailList`."""

    name: str = field(name="UserName")
    arn: str = field(name="Arn")
    id: str = field(name="UserId", default="")
    path: str = field(name="Path", default="/")
    created: str | float | None = field(name="CreateDate", default=None)
    groups: list[str] | None = field(name="GroupList", default=None)
    attached: list[AttachedWire] | None = field(name="AttachedManagedPolicies", default=None)
    inline: list[InlineWire] | None = field(name="UserPolicyList", default=None)
    boundary: BoundaryWire | None = field(name="PermissionsBoundary", default=None)
    tags: list[TagWire] | None = field(name="Tags", default=None)


class GroupWire(msgspec.Struct, frozen=True):
    """One of `GroupDetailList`."""

    name: str = field(name="GroupName")
    arn: str = field(name="Arn")
    id: str = field(name="GroupId", default="")
    path: str = field(name="Path", default="/")
    created: str | float | None = field(name="CreateDate", default=None)
    attached: list[AttachedWire] | None = field(name="AttachedManagedPolicies", default=None)
    inline: list[InlineWire] | None = field(name="GroupPolicyList", default=None)


class LastUsedWire(msgspec.Struct, frozen=True):
    """When a role was last used; empty for one that was not."""

    date: str | float | None = field(name="LastUsedDate", default=None)
    region: str | None = field(name="Region", default=None)


class ProfileWire(msgspec.Struct, frozen=True):
    """An instance profile."""

    name: str = field(name="InstanceProfileName")
    arn: str = field(name="Arn", default="")
    id: str = field(name="InstanceProfileId", default="")
    path: str = field(name="Path", default="/")


class RoleWire(msgspec.Struct, frozen=True):
    """One of `RoleDetailList`."""

    name: str = field(name="RoleName")
    arn: str = field(name="Arn")
    id: str = field(name="RoleId", default="")
    path: str = field(name="Path", default="/")
    created: str | float | None = field(name="CreateDate", default=None)
    trust: Any = field(name="AssumeRolePolicyDocument", default=None)
    last_used: LastUsedWire | None = field(name="RoleLastUsed", default=None)
    attached: list[AttachedWire] | None = field(name="AttachedManagedPolicies", default=None)
    inline: list[InlineWire] | None = field(name="RolePolicyList", default=None)
    boundary: BoundaryWire | None = field(name="PermissionsBoundary", default=None)
    profiles: list[ProfileWire] | None = field(name="InstanceProfileList", default=None)
    tags: list[TagWire] | None = field(name="Tags", default=None)


class VersionWire(msgspec.Struct, frozen=True):
    """One version of a managed policy."""

    id: str = field(name="VersionId")
    default: bool = field(name="IsDefaultVersion", default=False)
    document: Any = field(name="Document", default=None)


class PolicyWire(msgspec.Struct, frozen=True):
    """One of `Policies`."""

    name: str = field(name="PolicyName")
    arn: str = field(name="Arn")
    id: str = field(name="PolicyId", default="")
    path: str = field(name="Path", default="/")
    created: str | float | None = field(name="CreateDate", default=None)
    default_version: str = field(name="DefaultVersionId", default="")
    updated: str | float | None = field(name="UpdateDate", default=None)
    attachments: int | None = field(name="AttachmentCount", default=None)
    boundaries: int | None = field(name="PermissionsBoundaryUsageCount", default=None)
    versions: list[VersionWire] | None = field(name="PolicyVersionList", default=None)


class DetailsWire(msgspec.Struct, frozen=True):
    """The whole answer."""

    users: list[UserWire] = field(name="UserDetailList")
    groups: list[GroupWire] = field(name="GroupDetailList")
    roles: list[RoleWire] = field(name="RoleDetailList")
    policies: list[PolicyWire] = field(name="Policies")
    truncated: bool = field(name="IsTruncated", default=False)


class PasswordPolicyWire(msgspec.Struct, frozen=True):
    """`PasswordPolicy` of `get-account-password-policy`; a limit nobody set is left out."""

    minimum_length: int | None = field(name="MinimumPasswordLength", default=None)
    symbols: bool | None = field(name="RequireSymbols", default=None)
    numbers: bool | None = field(name="RequireNumbers", default=None)
    uppercase: bool | None = field(name="RequireUppercaseCharacters", default=None)
    lowercase: bool | None = field(name="RequireLowercaseCharacters", default=None)
    users_may_change: bool | None = field(name="AllowUsersToChangePassword", default=None)
    expires: bool | None = field(name="ExpirePasswords", default=None)
    maximum_age: int | None = field(name="MaxPasswordAge", default=None)
    reuse_prevention: int | None = field(name="PasswordReusePrevention", default=None)
    hard_expiry: bool | None = field(name="HardExpiry", default=None)
