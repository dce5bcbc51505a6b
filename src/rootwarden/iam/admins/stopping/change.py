"""A change to somebody's policies, and the households as they would be with it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from rootwarden.facts.iam_document import IamDocument, Statement
from rootwarden.iam.admins.admin import EVERYTHING
from rootwarden.iam.admins.holders import Attachment
from rootwarden.iam.layer import Policy, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.admins.building import Household
    from rootwarden.iam.admins.holders import AccountSeat, Group, Holder
    from rootwarden.iam.admins.powers import Book
    from rootwarden.iam.layer import Document


class PartKind(StrEnum):
    """What may be changed."""

    STATEMENT = "statement"
    TRUST = "trust"
    ATTACHMENT = "attachment"


class Part(msgspec.Struct, frozen=True, order=True):
    """One statement of a policy that can be edited, or the attachment of one that cannot.

    Attributes:
        kind: Which.
        account: Twelve digits.
        owner: ARN of the managed policy; of the user, role or group that has the inline policy, the trust policy or the
            attachment.
        policy: The policy's name; of an attachment its ARN.
        index: Position of the statement from 0; -1 for an attachment.
    """

    kind: PartKind
    account: str
    owner: str
    policy: str
    index: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed.

    Attributes:
        rewritten: What stands in the place of a statement; nothing where it is removed, or the policy detached.
        bounded: ARN of the user or role that has a new boundary, if any.
        boundary: The boundary.
        barred: The account that has a new service control policy, if any.
        bar: That policy.
    """

    rewritten: Mapping[Part, tuple[Statement, ...]] = {}
    bounded: str = ""
    boundary: Policy | None = None
    barred: str = ""
    bar: Policy | None = None


def boundary_arn(holder: Holder, boundary: Policy) -> str:
    """The ARN a new boundary has."""
    return f"arn:{holder.account.partition}:iam::{holder.account.id}:policy/{boundary.name}"


def changed(households: Iterable[Household], change: Change, book: Book) -> tuple[Household, ...]:
    """The households with a change made; those it does not touch are the same objects.

    Args:
        households: Everybody as they are.
        change: What is changed.
        book: Where policies are compiled.
    """
    touched = {part.account for part in change.rewritten} | {change.barred}
    if change.bounded:
        touched.add(change.bounded.split(":")[4])
    return tuple(_Editor(one, change, book).household() if one.seat.id in touched else one for one in households)


class _Editor:
    """Makes the change in one account."""

    def __init__(self, household: Household, change: Change, book: Book) -> None:
        self._household = household
        self._change = change
        self._book = book
        self._seat = _barred(household.seat, change.bar) if household.seat.id == change.barred else household.seat
        self._edits: dict[tuple[PartKind, str, str], dict[int, tuple[Statement, ...]]] = {}
        self._detached = {(part.owner, part.policy) for part in change.rewritten if part.kind is PartKind.ATTACHMENT}
        for part, statements in change.rewritten.items():
            if part.account == household.seat.id and part.kind is not PartKind.ATTACHMENT:
                name = "" if part.kind is PartKind.TRUST or ":policy/" in part.owner else part.policy
                self._edits.setdefault((part.kind, part.owner, name), {})[part.index] = statements
        self._made: dict[int, Policy] = {}

    def household(self) -> Household:
        """Everybody of the account, with the change."""
        policies = {arn: self._attachment(one, "") or one for arn, one in self._household.policies.items()}
        groups = {name: self._group(one) for name, one in self._household.groups.items()}
        holders = tuple(self._holder(one, policies) for one in self._household.holders)
        return structs.replace(self._household, seat=self._seat, holders=holders, groups=groups, policies=policies)

    def _group(self, group: Group) -> Group:
        return structs.replace(group, account=self._seat, attachments=self._attachments(group.attachments, group.arn))

    def _attachments(self, attachments: tuple[Attachment, ...], owner: str) -> tuple[Attachment, ...]:
        made = (self._attachment(one, owner) for one in attachments)
        return tuple(one for one in made if one is not None)

    def _attachment(self, one: Attachment, owner: str) -> Attachment | None:
        """As it is then; `None` when it is detached."""
        if one.group and one.group in self._household.groups:
            owner = self._household.groups[one.group].arn
        if one.arn and (owner, one.arn) in self._detached:
            return None
        key = (PartKind.STATEMENT, one.arn, "") if one.arn else (PartKind.STATEMENT, owner, one.policy.name)
        edits = self._edits.get(key)
        return one if edits is None else structs.replace(one, policy=self._policy(one.policy, edits))

    def _policy(self, policy: Policy, edits: Mapping[int, tuple[Statement, ...]]) -> Policy:
        """The policy rewritten; one object for all who have it."""
        made = self._made.get(id(policy))
        if made is None:
            made = self._made[id(policy)] = Policy(policy.name, rewritten(policy.document, edits))
        return made

    def _holder(self, holder: Holder, policies: dict[str, Attachment]) -> Holder:
        attachments = self._attachments(holder.attachments, holder.arn)
        boundary, limits = holder.boundary, holder.powers.boundary
        if boundary in policies and limits is not None:
            limits = (policies[boundary].policy,)
        if holder.arn == self._change.bounded and self._change.boundary is not None:
            boundary, limits = boundary_arn(holder, self._change.boundary), (self._change.boundary,)
            policies[boundary] = Attachment(policy=self._change.boundary, arn=boundary)
        trust_edits = self._edits.get((PartKind.TRUST, holder.arn, ""))
        unique = {id(one.policy): one.policy for one in attachments}
        scp = () if holder.principal.service_linked else self._seat.scp
        return structs.replace(
            holder,
            account=self._seat,
            attachments=attachments,
            boundary=boundary,
            trust=holder.trust if trust_edits is None or holder.trust is None else rewritten(holder.trust, trust_edits),
            powers=self._book.powers(tuple(unique.values()), limits, scp),
        )


def rewritten(document: Document, edits: Mapping[int, tuple[Statement, ...]]) -> Document:
    """A document with other statements in the place of some."""
    if isinstance(document, Unreadable):
        return document
    statements = (edits.get(index, (one,)) for index, one in enumerate(document.statements))
    return IamDocument(document.version, tuple(one for each in statements for one in each))


def _barred(seat: AccountSeat, bar: Policy | None) -> AccountSeat:
    """The account with one more service control policy, beside those it has itself."""
    if bar is None:
        return seat
    *above, own = seat.scp or ((EVERYTHING,),)
    return structs.replace(seat, scp=(*above, (*own, bar)))
