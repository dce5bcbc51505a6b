"""Who asks, and whether an element `Principal` names them (IAM user guide, *AWS JSON policy elements: Principal*)."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.context import MISSING, Values, held

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import Principals
    from rootwarden.iam.context import Held

_ACCOUNT: Final = re.compile(r"\d{12}")
_ARN_PARTS: Final = 6
RESERVED: Final = "/aws-reserved/"
SERVICE_LINKED: Final = "/aws-service-role/"


class Kind(IntEnum):
    """What kind of principal asks."""

    ROOT = 1
    USER = 2
    ROLE = 3
    FEDERATED_USER = 4
    SERVICE = 5
    FEDERATED = 6
    ANONYMOUS = 7


_PRINCIPAL_TYPES: Final = {
    Kind.ROOT: "Account",
    Kind.USER: "User",
    Kind.ROLE: "AssumedRole",
    Kind.FEDERATED_USER: "FederatedUser",
    Kind.ANONYMOUS: "Anonymous",
}


class Named(IntEnum):
    """How a resource policy names somebody, weakest first.

    The account is trust only: the account decides with policies of its own. A role is limited by what limits the
    session; a user, a session or everybody is a grant that stands by itself.
    """

    NOBODY = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECTLY = 3


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks.

    Attributes:
        arn: Of the user, the role (for its sessions too), `…:root`; a service's name; a provider's ARN.
        account: Twelve digits, or empty for those that belong to none.
        session: ARN of the session of a role or a federated user, or empty.
        id: Unique id (`AIDA…`, `AROA…`), or empty where not known.
    """

    kind: Kind
    arn: str = ""
    account: str = ""
    session: str = ""
    id: str = ""

    @property
    def service_linked(self) -> bool:
        """Whether it is a role that belongs to a service, which neither SCPs nor RCPs bind."""
        return self.kind is Kind.ROLE and f":role{SERVICE_LINKED}" in self.arn

    def keys(self) -> dict[str, Held]:
        """The condition keys that follow from who asks (IAM user guide, *AWS global condition context keys*)."""
        keys: dict[str, Held] = {}
        if self.kind in _PRINCIPAL_TYPES:
            keys["aws:PrincipalType"] = held(_PRINCIPAL_TYPES[self.kind])
        if self.account and self.kind is not Kind.ANONYMOUS:
            keys["aws:PrincipalAccount"] = held(self.account)
            keys["aws:PrincipalArn"] = held(self.arn)
        # Nobody but a user has a name (IAM user guide, *Policy variables*, *Principal key values*).
        keys["aws:username"] = held(self.arn.rpartition("/")[2]) if self.kind is Kind.USER else MISSING
        if self.kind is Kind.ROOT:
            keys["aws:userid"] = held(self.account)
        if self.kind is Kind.SERVICE:
            keys["aws:PrincipalServiceName"] = held(self.arn)
            keys["aws:PrincipalIsAWSService"] = Values(("true",))
        elif self.kind is not Kind.ANONYMOUS:
            keys["aws:PrincipalIsAWSService"] = Values(("false",))
        return keys


def named_by(element: Principals, who: Principal) -> Named:
    """The strongest way in which an element names somebody."""
    if "*" in element.aws:
        return Named.DIRECTLY
    if who.kind is Kind.SERVICE:
        return Named.DIRECTLY if who.arn in element.service else Named.NOBODY
    if who.kind is Kind.FEDERATED:
        return Named.DIRECTLY if {who.arn, "*"} & set(element.federated) else Named.NOBODY
    return max((_one(name, who) for name in element.aws), default=Named.NOBODY)


def undecided(element: Principals, who: Principal) -> str:
    """What in an element may name somebody though nobody can tell: canonical ids of S3; empty when nothing may."""
    return element.canonical[0] if element.canonical and who.kind not in {Kind.SERVICE, Kind.FEDERATED} else ""


def _one(name: str, who: Principal) -> Named:
    if who.session and name == who.session:
        return Named.DIRECTLY
    if who.arn and name == who.arn and who.kind is not Kind.ROOT:
        return Named.ROLE if who.kind is Kind.ROLE else Named.DIRECTLY
    if who.id and name == who.id:
        return Named.ROLE if who.kind is Kind.ROLE else Named.DIRECTLY
    return Named.ACCOUNT if who.account and account_named(name) == who.account else Named.NOBODY


def account_named(name: str) -> str:
    """The account a value names as a whole (`111122223333`, `arn:aws:iam::111122223333:root`), or an empty text."""
    if _ACCOUNT.fullmatch(name):
        return name
    parts = name.split(":")
    whole = len(parts) == _ARN_PARTS and parts[2] == "iam" and parts[5] == "root"
    return parts[4] if whole and _ACCOUNT.fullmatch(parts[4]) else ""
