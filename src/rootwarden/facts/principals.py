"""IAM users, groups, roles and managed policies as `GetAccountAuthorizationDetails` tells them, frozen.

The answer has no root user and no passwords or keys: those are in the credential report. What a user looks like to a
rule is joined elsewhere.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from rootwarden.facts.fact import Fact, Unknown
from rootwarden.facts.iam_document import IamDocument

_NOT_COLLECTED = Unknown("not collected")


class AttachedPolicy(msgspec.Struct, frozen=True, gc=False):
    """A managed policy somebody has: its ARN and name."""

    arn: str
    name: str


class InlinePolicy(msgspec.Struct, frozen=True):
    """A policy written into a user, group or role."""

    name: str
    document: Fact[IamDocument]


class UserDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An IAM user.

    Attributes:
        id: `AIDA…`.
        boundary: ARN of the permissions boundary, or an empty text.
        groups: Names of the groups it is in.
    """

    name: str
    arn: str
    id: str
    path: str = "/"
    created: Fact[datetime] = _NOT_COLLECTED
    boundary: str = ""
    groups: tuple[str, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()
    inline: tuple[InlinePolicy, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


class GroupDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An IAM group; `id` is `AGPA…`."""

    name: str
    arn: str
    id: str
    path: str = "/"
    created: Fact[datetime] = _NOT_COLLECTED
    attached: tuple[AttachedPolicy, ...] = ()
    inline: tuple[InlinePolicy, ...] = ()


class InstanceProfile(msgspec.Struct, frozen=True, kw_only=True):
    """An instance profile that hands a role to instances; `id` is `AIPA…`."""

    name: str
    arn: str
    id: str
    path: str = "/"


class RoleDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An IAM role.

    Attributes:
        id: `AROA…`.
        trust: Who may assume it.
        last_used: Absent when it was not used in the last 400 days, which is as far as AWS looks back.
    """

    name: str
    arn: str
    id: str
    path: str = "/"
    created: Fact[datetime] = _NOT_COLLECTED
    last_used: Fact[datetime] = _NOT_COLLECTED
    last_used_region: Fact[str] = _NOT_COLLECTED
    trust: Fact[IamDocument] = _NOT_COLLECTED
    boundary: str = ""
    attached: tuple[AttachedPolicy, ...] = ()
    inline: tuple[InlinePolicy, ...] = ()
    instance_profiles: tuple[InstanceProfile, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


class ManagedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A managed policy.

    Attributes:
        id: `ANPA…`.
        default_version: `v3`: the version in force.
        versions: Every version AWS keeps, at most five.
        document: That of the default version.
        older: Versions that are not in force, with their documents.
        attachments: Principals it is attached to.
        boundaries: Principals it bounds.
        aws_managed: AWS wrote it.
    """

    name: str
    arn: str
    id: str
    path: str = "/"
    created: Fact[datetime] = _NOT_COLLECTED
    default_version: str = ""
    versions: tuple[str, ...] = ()
    document: Fact[IamDocument] = _NOT_COLLECTED
    older: tuple[tuple[str, Fact[IamDocument]], ...] = ()
    updated: Fact[datetime] = _NOT_COLLECTED
    attachments: Fact[int] = _NOT_COLLECTED
    boundaries: Fact[int] = _NOT_COLLECTED
    aws_managed: bool = False


class AuthorizationDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody and every managed policy of one account, root aside."""

    users: tuple[UserDetail, ...] = ()
    groups: tuple[GroupDetail, ...] = ()
    roles: tuple[RoleDetail, ...] = ()
    policies: tuple[ManagedPolicy, ...] = ()
