"""What no policy decides: requests that AWS always grants, or never, and services with rules of their own.

IAM user guide, *Policy evaluation logic*, *AWS managed policies*, *Reserved roles*; the S3 guide on bucket policies
that lock everybody out; the Organizations guide on resource control policies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.iam_document import IamDocument, Statement
from rootwarden.iam.layer import Policy
from rootwarden.iam.pattern import VARIABLES_SINCE
from rootwarden.iam.principal import RESERVED, SERVICE_LINKED, Kind

if TYPE_CHECKING:
    from rootwarden.iam.principal import Principal
    from rootwarden.iam.statement import Request

ASSUME: Final = frozenset({"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"})
_MANAGED_WRITES: Final = frozenset(
    f"iam:{name}"
    for name in (
        "createpolicy",
        "createpolicyversion",
        "deletepolicy",
        "deletepolicyversion",
        "setdefaultpolicyversion",
        "tagpolicy",
        "untagpolicy",
    )
)
RESERVED_WRITES: Final = frozenset(
    f"iam:{name}"
    for name in (
        "addroletoinstanceprofile",
        "attachrolepolicy",
        "createrole",
        "deleterole",
        "deleterolepermissionsboundary",
        "deleterolepolicy",
        "detachrolepolicy",
        "passrole",
        "putrolepermissionsboundary",
        "putrolepolicy",
        "removerolefrominstanceprofile",
        "tagrole",
        "untagrole",
        "updateassumerolepolicy",
        "updaterole",
        "updateroledescription",
    )
)
# What IAM does with a role that is linked to a service, if policies allow it: its description and length of session are
# changed (IAM user guide, *Edit a service-linked role*), tags are set (no `UnmodifiableEntity` among the errors of
# `TagRole`), and it is passed to its own service (EC2 Auto Scaling user guide, *Service-linked roles*).
_LINKED_WRITES: Final = RESERVED_WRITES - {
    f"iam:{name}" for name in ("passrole", "tagrole", "untagrole", "updaterole", "updateroledescription")
}
_BUCKET_POLICY: Final = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})
# Resource control policies have reached these from the start; of others it is not known here (Organizations guide).
RESOURCE_CONTROLLED: Final = frozenset({"s3", "sts", "kms", "sqs", "secretsmanager"})
# Services whose tasks no service control policy stops (Organizations guide, *Tasks and entities not restricted by
# SCPs*); of those that are named there it is the only one with actions of its own today.
OUTSIDE_SCP: Final = frozenset({"mechanicalturk"})
# Attached to every root, organizational unit and account, and cannot be detached (Organizations guide).
FULL_ACCESS: Final = Policy(
    "RCPFullAWSAccess",
    IamDocument(VARIABLES_SINCE, (Statement(effect="Allow", actions=("*",), resources=("*",)),)),
)
_AWS_OWNED: Final = ":iam::aws:policy/"


class Fixed(msgspec.Struct, frozen=True):
    """An answer that no policy changes."""

    allowed: bool
    why: str


def always(request: Request) -> Fixed | None:
    """What is granted whatever the policies say."""
    if request.action == "sts:getcalleridentity":
        return Fixed(allowed=True, why="nobody can be denied `sts:GetCallerIdentity`")
    return None


def never(who: Principal, request: Request) -> Fixed | None:
    """What is refused whatever the policies say."""
    if _AWS_OWNED in request.resource and request.action in _MANAGED_WRITES:
        return Fixed(allowed=False, why="a policy that AWS manages cannot be changed")
    if f":role{RESERVED}" in request.resource and request.action in RESERVED_WRITES:
        return Fixed(allowed=False, why="a role that belongs to Identity Center cannot be changed or passed")
    if f":role{SERVICE_LINKED}" in request.resource and request.action in _LINKED_WRITES:
        return Fixed(allowed=False, why="a role that belongs to a service cannot be changed so")
    if who.kind is Kind.ROOT and request.action == "sts:assumerole":
        return Fixed(allowed=False, why="the root user cannot assume roles")
    return None


def only_by_resource_policy(request: Request) -> bool:
    """Whether the account itself has no permission unless the policy of the resource gives it: keys, and roles.

    What KMS does without a key (make one, list them) or with an alias asks no key's policy here.
    """
    if request.action in ASSUME:
        return True
    _, _, name = request.resource.rpartition(":")
    return request.action.startswith("kms:") and name.startswith("key/")


def asks_no_resource_policy(action: str) -> bool:
    """Whether a request across accounts is decided by the asking side alone: nobody writes a policy for a root user.

    STS opens such sessions only for the management account and IAM's delegated administrator, which no policy says.
    """
    return action == "sts:assumeroot"


def unstoppable(who: Principal, request: Request) -> bool:
    """Whether the policy of the resource cannot deny it: root keeps the policies of its account's buckets."""
    return who.kind is Kind.ROOT and request.action in _BUCKET_POLICY
