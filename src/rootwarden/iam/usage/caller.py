"""Who made a call, as IAM sees it: a session is its role's or its user's (CloudTrail guide, *userIdentity element*)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

_ARN_PARTS: Final = 6
_NO_SERVICES: Final = frozenset({"signin.amazonaws.com", "console.amazonaws.com"})
_SERVICES: Final = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")
_UNIQUE_IDS: Final = {"AIDA": "user", "AROA": "role"}


class Kind(StrEnum):
    """What kind of identity."""

    USER = "user"
    ROLE = "role"
    ROOT = "root"
    SERVICE = "service"
    FEDERATED = "federated"
    OTHER = "other"


_ISSUERS: Final = {"Role": Kind.ROLE, "IAMUser": Kind.USER}


class Caller(msgspec.Struct, frozen=True, order=True, gc=False):
    """An identity that calls.

    Attributes:
        kind: What kind.
        arn: Of the user, role or root user; a service's host name; for others, what the record calls them.
        account: Twelve digits, or empty.
        id: Unique id (`AIDA…`, `AROA…`), or empty where the record does not say.
    """

    kind: Kind
    arn: str
    account: str = ""
    id: str = ""

    @property
    def name(self) -> str:
        """The name without path."""
        return self.arn.rpartition("/")[2]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """`userIdentity` in part, an empty text for what is not there."""

    kind: str = ""
    arn: str = ""
    account: str = ""
    principal: str = ""
    invoked_by: str = ""
    issuer_kind: str = ""
    issuer_arn: str = ""
    issuer_principal: str = ""


def caller_of(who: Identity) -> Caller:
    """Whose permissions a call used.

    Returns:
        The user or role behind a session. A role of which the record has no issuer is named after the session's ARN,
        which lacks the role's path. Identities of another account that are known only by unique id have no ARN.
    """
    if who.kind == "Root" or who.issuer_kind == "Root":
        account = account_in(who.issuer_arn) or who.account or account_in(who.arn)
        return Caller(Kind.ROOT, f"arn:{_partition(who.arn)}:iam::{account}:root", account)
    kind = _ISSUERS.get(who.issuer_kind) or (Kind.ROLE if ":role/" in who.issuer_arn else None)
    if kind is not None and who.issuer_arn:
        return Caller(kind, who.issuer_arn, account_in(who.issuer_arn), who.issuer_principal)
    if who.kind == "IAMUser" and who.arn:
        return Caller(Kind.USER, who.arn, who.account or account_in(who.arn), who.principal)
    if who.kind == "AssumedRole" and ":assumed-role/" in who.arn:
        role = role_of_session(who.arn)
        return Caller(Kind.ROLE, role, who.account or account_in(role), who.principal.partition(":")[0])
    if who.kind == "AWSService":
        return Caller(Kind.SERVICE, who.invoked_by or "an AWS service")
    return _other(who)


def _other(who: Identity) -> Caller:
    unique = who.principal.partition(":")[0]
    kind = _UNIQUE_IDS.get(unique[:4])
    if who.kind == "AWSAccount" and kind is not None:
        return Caller(Kind(kind), "", who.account, unique)
    federated = who.kind in {"SAMLUser", "WebIdentityUser", "IdentityCenterUser", "Directory"}
    label = who.principal or who.arn or who.invoked_by or who.kind or "nobody knows who"
    return Caller(Kind.FEDERATED if federated else Kind.OTHER, f"{who.kind or 'unknown'} {label}", who.account)


def account_in(arn: str) -> str:
    """The account part of an ARN, or an empty text."""
    parts = arn.split(":", _ARN_PARTS - 1)
    return parts[4] if len(parts) == _ARN_PARTS else ""


def role_of_session(arn: str) -> str:
    """The role of `arn:aws:sts::111122223333:assumed-role/NAME/SESSION`, as an ARN without path."""
    _, partition, _, _, account, name = arn.split(":", _ARN_PARTS - 1)
    return f"arn:{partition}:iam::{account}:role/{name.split('/')[1]}"


def service_behind(invoked_by: str) -> str:
    """The service that called with the identity's permissions, or an empty text; consoles stand for a person."""
    name = invoked_by.lower()
    return name if name not in _NO_SERVICES and name.endswith(_SERVICES) else ""


def _partition(arn: str) -> str:
    return arn.split(":")[1] if arn.count(":") > 1 else "aws"
