"""Principals with what they hold, in their accounts: what the search for ways up walks over."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.powers import Powers
from rootwarden.iam.context import MISSING, Context, Values, held
from rootwarden.iam.layer import Document, Policy, Unreadable
from rootwarden.iam.principal import RESERVED, SERVICE_LINKED, Kind, Principal

if TYPE_CHECKING:
    from rootwarden.iam.context import Held

# Of somebody who calls AWS directly, with credentials of their own.
_NEVER_THERE: Final[dict[str, Held]] = {
    "aws:AssumedRoot": MISSING,
    "aws:CalledVia": MISSING,
    "aws:CalledViaFirst": MISSING,
    "aws:CalledViaLast": MISSING,
    "aws:ViaAWSService": Values(("false",)),
    "aws:PrincipalIsAWSService": Values(("false",)),
    "aws:PrincipalServiceName": MISSING,
}


class AccountSeat(msgspec.Struct, frozen=True, kw_only=True):
    """An account and where it stands in its organization.

    Attributes:
        id: Twelve digits.
        partition: `aws`, `aws-cn` …
        management: Whether it is the management account; `None` where that is not known.
        manages_root_access: Whether root sessions can be had from it: the management account, or IAM's delegated
            administrator; `None` where that is not known.
        organization: Id of the organization; empty where there is none or it is not known.
        management_account: Its management account, or empty.
        scp: Levels of service control policies that bind its principals; empty where none do, or none are known.
    """

    id: str
    partition: str = "aws"
    management: bool | None = None
    manages_root_access: bool | None = None
    organization: str = ""
    management_account: str = ""
    scp: tuple[tuple[Policy, ...], ...] = ()


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A policy somebody has.

    Attributes:
        policy: The policy.
        arn: Of a managed policy; empty for an inline one.
        group: Name of the group it comes through, or empty.
        older: Versions of a managed policy that are not in force.
    """

    policy: Policy
    arn: str = ""
    group: str = ""
    older: tuple[Policy, ...] = ()

    @property
    def customer_managed(self) -> bool:
        """Whether it is a managed policy of the account."""
        return bool(self.arn) and ":iam::aws:" not in self.arn


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group with its policies.

    Attributes:
        powers: What they come to.
    """

    name: str
    arn: str
    account: AccountSeat
    powers: Powers
    attachments: tuple[Attachment, ...] = ()


class Holder(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """A user or role.

    Attributes:
        attachments: Every policy it has, those of its groups too.
        powers: What all of them come to.
        groups: Names of a user's groups.
        boundary: ARN of the boundary, or empty.
        trust: Who may assume the role; `None` for a user.
        keys: How many access keys a user has; `None` where that is not known.
        password: Whether a user has a console password, likewise.
        tags: Its tags.
        profiles: ARNs of the instance profiles a role is in.
    """

    arn: str
    kind: Kind
    name: str
    account: AccountSeat
    powers: Powers
    path: str = "/"
    id: str = ""
    attachments: tuple[Attachment, ...] = ()
    groups: tuple[str, ...] = ()
    boundary: str = ""
    trust: Document | None = None
    keys: int | None = None
    password: bool | None = None
    tags: tuple[tuple[str, str], ...] = ()
    profiles: tuple[str, ...] = ()

    @property
    def reserved(self) -> bool:
        """Whether nobody can change or pass the role: it belongs to Identity Center or to a service."""
        return self.kind is Kind.ROLE and self.path.startswith((RESERVED, SERVICE_LINKED))

    @cached_property
    def denies(self) -> bool:
        """Whether one of its policies has a Deny, or cannot be read."""
        documents = [one.policy.document for one in self.attachments]
        return any(
            isinstance(one, Unreadable) or any(each.effect == "Deny" for each in one.statements) for one in documents
        )

    @cached_property
    def customer_managed(self) -> bool:
        """Whether it has a managed policy of the account."""
        return any(one.customer_managed for one in self.attachments)

    @cached_property
    def principal(self) -> Principal:
        """As who it asks."""
        return Principal(kind=self.kind, arn=self.arn, account=self.account.id, id=self.id)

    @cached_property
    def keys_held(self) -> dict[str, Held]:
        """The condition keys that follow from who it is."""
        keys = {**_NEVER_THERE, **self.principal.keys()}
        keys |= {f"aws:PrincipalTag/{name}": held(value) for name, value in self.tags}
        if self.account.organization:
            keys["aws:PrincipalOrgID"] = held(self.account.organization)
        if self.kind is Kind.USER:
            keys["aws:TokenIssueTime"] = MISSING
            keys["aws:userid"] = held(self.id) if self.id else MISSING
        return keys

    @cached_property
    def context(self) -> Context:
        """The keys of a request of it that carries nothing else; all others are not known."""
        # A session of a role may bring tags of its own, a user has those of the account dump.
        absent = ("aws:principaltag/",) if self.kind is Kind.USER else ()
        return Context(self.keys_held, complete=False, absent=absent)
