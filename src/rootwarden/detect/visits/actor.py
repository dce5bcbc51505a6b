"""Who made a request that is not root's, and which identities root has made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.shape import failed, root_account
from rootwarden.detect.visits.stamp import seconds, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.visits.event import Event


_GIVE_A_USER: Final = frozenset({"CreateUser", "CreateLoginProfile", "UpdateLoginProfile", "CreateAccessKey"})
_GIVE_A_ROLE: Final = frozenset({"CreateRole", "UpdateAssumeRolePolicy"})


class Suspect(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An identity root has made; for some time its deeds are held against root.

    Attributes:
        account: Where.
        sort: `user`, `role` or `key`.
        name: Name of the user or role, or the access key.
        since: Second in which root made it.
        until: Last second that counts.
    """

    account: str
    sort: str
    name: str
    since: int
    until: int

    def did(self, account: str, identities: frozenset[tuple[str, str]], first: int, last: int) -> bool:
        """Whether it is one of some identities of an account, and acted while it counts."""
        named = account == self.account and (self.sort, self.name) in identities
        return named and first <= self.until and last >= self.since

    def made(self, event: Event) -> bool:
        """Whether an event is its doing; for readers that look for such events."""
        if event.instant is None:
            return False
        second = seconds(event.instant)
        return self.did(event.identity.account or event.account, identities_of(event), second, second)


def actor_of(event: Event) -> str:
    """Who made a request: an ARN if there is one, else what the record says instead."""
    who = event.identity
    return short(who.arn or who.principal or who.access_key or who.invoked_by or who.kind)


def identities_of(event: Event) -> frozenset[tuple[str, str]]:
    """Every name an identity goes by: its user, the role behind its session, its access key."""
    who = event.identity
    names = {("key", who.access_key)} if who.access_key else set()
    if who.kind == "IAMUser":
        names.add(("user", who.user_name or _last(who.arn)))
    if who.issuer_kind == "User":
        names.add(("user", _last(who.issuer_arn)))
    if who.issuer_kind == "Role":
        names.add(("role", _last(who.issuer_arn)))
    return frozenset((sort, short(name)) for sort, name in names)


def made_by(event: Event) -> Iterator[tuple[str, str, str]]:
    """Account, sort and name of every identity a root event makes, or gives a way in."""
    request = event.text("requestParameters", "userName")
    if failed(event):
        return
    account = root_account(event)
    if event.name in _GIVE_A_USER and request:
        yield account, "user", short(request)
    if event.name in _GIVE_A_ROLE and (name := event.text("requestParameters", "roleName")):
        yield account, "role", short(name)
    if (
        event.name == "CreateAccessKey"
        and request
        and (key := event.text("responseElements", "accessKey", "accessKeyId"))
    ):
        yield account, "key", short(key)


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]
