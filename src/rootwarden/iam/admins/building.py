"""Authorization details of accounts → holders with their powers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.facts.fact import Known
from rootwarden.iam.admins.holders import AccountSeat, Attachment, Group, Holder
from rootwarden.iam.layer import Policy, Unreadable
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.facts.fact import Fact
    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.facts.principals import (
        AttachedPolicy,
        AuthorizationDetails,
        GroupDetail,
        InlinePolicy,
        RoleDetail,
        UserDetail,
    )
    from rootwarden.iam.admins.powers import Book, Powers
    from rootwarden.iam.layer import Document


class Credentials(msgspec.Struct, frozen=True):
    """What the credential report says of a user: access keys it has, and whether a password; `None` is not known."""

    keys: int | None = None
    password: bool | None = None


class Household(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody of one account.

    Attributes:
        seat: The account.
        holders: Users and roles.
        groups: Groups by name.
        policies: Managed policies by ARN, attached or not.
    """

    seat: AccountSeat
    holders: tuple[Holder, ...]
    groups: dict[str, Group]
    policies: dict[str, Attachment]


class Library:
    """Managed policies that are the same in many accounts, kept once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Document], Policy] = {}

    def policy(self, name: str, document: Document) -> Policy:
        """The policy with that name and content."""
        return self._known.setdefault((name, document), Policy(name, document))


def household(
    details: AuthorizationDetails,
    seat: AccountSeat,
    book: Book,
    library: Library,
    credentials: Mapping[str, Credentials] | None = None,
) -> Household:
    """Everybody of one account with what they may do.

    Args:
        details: As AWS told them.
        seat: The account.
        book: Where policies are compiled.
        library: Where policies of several accounts are shared.
        credentials: Of users, by ARN; a user that is not named has credentials that are not known.
    """
    return _Builder(details, seat, book, library).household(credentials or {})


class _Builder:
    def __init__(self, details: AuthorizationDetails, seat: AccountSeat, book: Book, library: Library) -> None:
        self._details = details
        self._seat = seat
        self._book = book
        self._library = library
        self._managed = {
            one.arn: Attachment(
                policy=library.policy(one.name, document(one.document)),
                arn=one.arn,
                older=tuple(library.policy(f"{one.name} ({version})", document(text)) for version, text in one.older),
            )
            for one in details.policies
        }

    def household(self, credentials: Mapping[str, Credentials]) -> Household:
        groups = {one.name: self._group(one) for one in self._details.groups}
        users = [self._user(one, groups, credentials.get(one.arn, Credentials())) for one in self._details.users]
        roles = [self._role(one) for one in self._details.roles]
        return Household(seat=self._seat, holders=(*users, *roles), groups=groups, policies=self._managed)

    def _group(self, detail: GroupDetail) -> Group:
        attachments = self._attachments(detail.attached, detail.inline, group=detail.name)
        powers = self._powers(attachments, "", ())
        return Group(name=detail.name, arn=detail.arn, account=self._seat, powers=powers, attachments=attachments)

    def _user(self, detail: UserDetail, groups: Mapping[str, Group], credentials: Credentials) -> Holder:
        own = self._attachments(detail.attached, detail.inline)
        of_groups = tuple(each for name in detail.groups for each in self._of_group(name, groups))
        attachments = own + of_groups
        return Holder(
            arn=detail.arn,
            kind=Kind.USER,
            name=detail.name,
            account=self._seat,
            powers=self._powers(attachments, detail.boundary, self._seat.scp),
            path=detail.path,
            id=detail.id,
            attachments=attachments,
            groups=detail.groups,
            boundary=detail.boundary,
            keys=credentials.keys,
            password=credentials.password,
            tags=detail.tags,
        )

    def _of_group(self, name: str, groups: Mapping[str, Group]) -> tuple[Attachment, ...]:
        if name in groups:
            return groups[name].attachments
        unread = Policy(f"group {name}", Unreadable("the group is not in the authorization details"))
        return (Attachment(policy=unread, group=name),)

    def _role(self, detail: RoleDetail) -> Holder:
        attachments = self._attachments(detail.attached, detail.inline)
        made = Holder(
            arn=detail.arn,
            kind=Kind.ROLE,
            name=detail.name,
            account=self._seat,
            powers=self._powers(attachments, detail.boundary, self._seat.scp),
            path=detail.path,
            id=detail.id,
            attachments=attachments,
            boundary=detail.boundary,
            trust=document(detail.trust),
            tags=detail.tags,
            profiles=tuple(one.arn for one in detail.instance_profiles),
        )
        if made.principal.service_linked:
            return msgspec.structs.replace(made, powers=self._powers(attachments, detail.boundary, ()))
        return made

    def _attachments(
        self, attached: Iterable[AttachedPolicy], inline: Iterable[InlinePolicy], group: str = ""
    ) -> tuple[Attachment, ...]:
        managed = (self._attached(one.arn, one.name) for one in attached)
        own = (Attachment(policy=Policy(one.name, document(one.document))) for one in inline)
        return tuple(msgspec.structs.replace(one, group=group) if group else one for one in (*managed, *own))

    def _attached(self, arn: str, name: str) -> Attachment:
        found = self._managed.get(arn)
        if found is None:
            unread = Unreadable("it is not in the authorization details")
            found = self._managed[arn] = Attachment(policy=self._library.policy(name, unread), arn=arn)
        return found

    def _powers(
        self, attachments: tuple[Attachment, ...], boundary: str, scp: tuple[tuple[Policy, ...], ...]
    ) -> Powers:
        limits = (self._attached(boundary, boundary.rpartition("/")[2]).policy,) if boundary else None
        unique = {id(one.policy): one.policy for one in attachments}
        return self._book.powers(tuple(unique.values()), limits, scp)


def document(fact: Fact[IamDocument]) -> Document:
    """A document, or that it cannot be read."""
    if isinstance(fact, Known):
        return fact.value
    return Unreadable(getattr(fact, "reason", "") or "there is no document")
