"""Every principal that is looked at, with the indexes that spare asking everybody about everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.iam.admins.trust import general_service, trusting
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.admins.building import Household
    from rootwarden.iam.admins.holders import Group, Holder
    from rootwarden.iam.layer import Document


class ExistingResource(msgspec.Struct, frozen=True):
    """Something that has a role: `{"arn", "role"}` of an inventory."""

    arn: str
    role: str


# By kind: `lambda:function`.
Inventory: TypeAlias = Mapping[str, tuple[ExistingResource, ...]]


class Landscape:
    """The households and what is known beside them.

    Args:
        households: Everybody, account by account.
        inventory: Resources with roles; a kind that is not in it was not looked for.
        members: Ids of all accounts of the organization, those aside that are looked at.
        settled: By account, which of the words that paths require are known to hold, or not to.
    """

    def __init__(
        self,
        households: Iterable[Household],
        inventory: Inventory | None = None,
        members: Iterable[str] = (),
        settled: Mapping[str, Mapping[str, bool]] | None = None,
    ) -> None:
        self.households = {one.seat.id: one for one in households}
        self.inventory = inventory or {}
        self._settled = settled or {}
        self.holders = tuple(holder for one in self.households.values() for holder in one.holders)
        self.by_arn = {holder.arn: holder for holder in self.holders}
        self.members = tuple(dict.fromkeys((*self.households, *members)))
        self.accounts = frozenset(self.members)
        self._users: dict[str, list[Holder]] = defaultdict(list)
        self._roles: dict[str, list[Holder]] = defaultdict(list)
        self._by_service: dict[tuple[str, str], list[Holder]] = defaultdict(list)
        self._by_name: dict[str, list[Holder]] = defaultdict(list)
        self._by_account: dict[str, list[Holder]] = defaultdict(list)
        self._groups: dict[str, list[Group]] = {}
        self._open: list[Holder] = []
        self._called: dict[str, list[int]] = defaultdict(list)
        self._lending: dict[tuple[str, tuple[str, ...]], list[Holder]] = {}
        for place, holder in enumerate(self.holders):
            self._file(holder)
            for name in {holder.arn, holder.id, holder.account.id} - {""}:
                self._called[name].append(place)
        self._resources: dict[tuple[str, str], list[str]] = defaultdict(list)
        for kind, resources in self.inventory.items():
            for one in resources:
                self._resources[kind, one.role].append(one.arn)

    def _file(self, holder: Holder) -> None:
        if holder.kind is Kind.USER:
            self._users[holder.account.id].append(holder)
            return
        self._roles[holder.account.id].append(holder)
        named = trusting(holder.trust)
        for service in named.services | named.federated:
            self._by_service[holder.account.id, general_service(service)].append(holder)
        for arn in named.arns:
            self._by_name[arn].append(holder)
        for account in named.accounts:
            self._by_account[account].append(holder)
        if named.everybody:
            self._open.append(holder)

    def users(self, account: str) -> list[Holder]:
        """The users of an account."""
        return self._users[account]

    def roles(self, account: str) -> list[Holder]:
        """The roles of an account."""
        return self._roles[account]

    def lending(self, account: str, services: tuple[str, ...]) -> list[Holder]:
        """The roles of an account whose trust policy mentions one of some services; the same list for the same."""
        found = self._lending.get((account, services))
        if found is None:
            roles = {id(one): one for service in services for one in self._by_service.get((account, service), ())}
            found = self._lending[account, services] = list(roles.values())
        return found

    def naming(self, actor: Holder) -> list[Holder]:
        """The roles of any account whose trust policy may let somebody in by name, or everybody."""
        named = (*self._by_name.get(actor.arn, ()), *(self._by_name.get(actor.id, ()) if actor.id else ()), *self._open)
        return list({id(one): one for one in named}.values()) if named else self._open

    def called(self, names: Iterable[str]) -> list[Holder]:
        """Those of some ARNs, unique ids and accounts, in the order everybody stands in."""
        places = {place for name in names for place in self._called.get(name, ())}
        return [self.holders[place] for place in sorted(places)]

    def trusting(self, account: str) -> list[Holder]:
        """The roles of any account whose trust policy leaves it to an account whom it lets in."""
        return self._by_account[account]

    def groups(self, account: str) -> list[Group]:
        """The groups of an account that allow something a way up needs, those that allow most of it first."""
        if account not in self._groups:
            found = (one for one in self.households[account].groups.values() if one.powers.possible)
            self._groups[account] = sorted(found, key=lambda one: -one.powers.possible.bit_count())
        return self._groups[account]

    def among(self, households: Iterable[Household]) -> Landscape:
        """Others in the place of these, with the same known beside them."""
        return Landscape(households, self.inventory, self.members, self._settled)

    def unsettled(self, words: tuple[str, ...], account: str) -> tuple[str, ...] | None:
        """Of what a path requires, what is not known of an account; `None` when something is known not to hold."""
        known = self._settled.get(account)
        if not known or not words:
            return words
        if any(known.get(word) is False for word in words):
            return None
        return tuple(word for word in words if word not in known)

    def barred(self, account: str) -> bool:
        """Whether service control policies may take anything from an account; true where nobody knows."""
        household = self.households.get(account)
        levels = household.seat.scp if household is not None else ()
        return not levels or any(not _is_full(policy.document) for level in levels for policy in level)

    def most_resources(self, kind: str) -> int:
        """How many resources of a kind one role has at most."""
        return max((len(found) for (named, _), found in self._resources.items() if named == kind), default=0)

    def resources(self, kind: str, role: str) -> list[str] | None:
        """ARNs of the resources of a kind that have a role; `None` when that kind was not looked for."""
        return self._resources.get((kind, role), []) if kind in self.inventory else None


def _is_full(document: Document) -> bool:
    """Whether it allows everything, and no more is in it."""
    if isinstance(document, Unreadable):
        return False
    return all(
        one.effect == "Allow" and one.actions == ("*",) and one.resources == ("*",) and not one.conditions
        for one in document.statements
    )
