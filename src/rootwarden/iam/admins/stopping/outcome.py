"""What would end the ways up of a principal, as it is reported."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rootwarden.iam.admins.verdict import Class
from rootwarden.iam.written import DocumentText, StatementText


class RemedyKind(StrEnum):
    """What is changed."""

    STATEMENTS = "statements"
    BOUNDARY = "boundary"
    SCP = "scp"


class How(StrEnum):
    """What is done with a statement, or with a policy that cannot be edited."""

    REMOVE = "remove"
    NARROW = "narrow"
    DETACH = "detach"


class StatementChange(msgspec.Struct, frozen=True, kw_only=True):
    """One statement less, or a narrower one.

    Attributes:
        layer: `identity`, or `trust` for a trust policy.
        owner: ARN of the managed policy; of who has the inline policy, the trust policy or the attachment.
        policy: Name of the policy; its ARN where it is detached.
        index: Position of the statement from 0; -1 for a policy that is detached.
        how: What is done.
        leaves: What a narrower statement leaves, in words.
        before: The statement as it is; nothing where a policy is detached.
        after: What stands in its place.
    """

    layer: str
    owner: str
    policy: str
    index: int
    how: How
    leaves: str = ""
    before: StatementText | None = None
    after: tuple[StatementText, ...] = ()


class EditedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A whole policy as it is with the change; one without statements is to be deleted.

    Attributes:
        layer: `identity`, `trust`, `boundary` or `scp`.
        owner: As in `StatementChange`; of a new boundary the principal, of a service control policy the account.
        name: Its name.
        document: The document.
        characters: Its length as AWS counts it, without blanks.
    """

    layer: str
    owner: str
    name: str
    document: DocumentText
    characters: int


class Helped(msgspec.Struct, frozen=True, kw_only=True):
    """Another principal that is less than it was."""

    arn: str
    before: Class
    after: Class


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """A change that leaves a principal no way up.

    Attributes:
        kind: What is changed.
        statements: The statements that are removed or narrowed.
        policies: Every policy that is new or edited, whole.
        denies: The actions that a boundary or service control policy denies.
        spares: ARNs a service control policy leaves alone.
        smallest: Whether it is certain that no fewer statements, or denied actions, do.
        leaves: The principal's class with it: `lateral` or `none`.
        helped: Others that are less than they were.
        reaches: Others that lose a permission by it.
    """

    kind: RemedyKind
    statements: tuple[StatementChange, ...] = ()
    policies: tuple[EditedPolicy, ...] = ()
    denies: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    smallest: bool
    leaves: Class
    helped: tuple[Helped, ...] = ()
    reaches: tuple[str, ...] = ()


class NotFound(msgspec.Struct, frozen=True):
    """A kind of change that was not found, and why."""

    kind: RemedyKind
    why: str


class Stopping(msgspec.Struct, frozen=True, kw_only=True, rename={"standing": "class"}):
    """What would end the ways up of one principal.

    Attributes:
        arn: Who.
        account: Twelve digits.
        standing: Its class now; where that is `lateral` or `none` there is nothing to end.
        way: Ids of the steps of its shortest way up.
        remedies: What would end them.
        not_found: The kinds of change that were looked for and not found.
    """

    arn: str
    account: str
    standing: Class
    way: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    not_found: tuple[NotFound, ...] = ()
