"""One account as rules look at it: its facts, and every entity's list, made when a rule first goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from rootwarden.facts.fact import Absent, Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.audit.entities.record import Listing, Resource
    from rootwarden.facts.account import Account
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import Organization

T = TypeVar("T")
Families: TypeAlias = "Mapping[str, Callable[[View], Listing]]"


class Run:
    """What all accounts of a run share.

    Attributes:
        views: Every account by id, for references from the organization to its accounts; filled by whoever has them.
    """

    def __init__(self) -> None:
        self.views: dict[str, View] = {}
        self._worked_out: dict[str, Any] = {}

    def once(self, what: str, make: Callable[[], T]) -> T:
        """Something worked out once for all accounts. (Two threads may both do it; both get the same.)"""
        if what not in self._worked_out:
            self._worked_out[what] = make()
        made: T = self._worked_out[what]
        return made


class View:
    """An account and its surroundings.

    Args:
        account: Its facts.
        organization: What is known of its organization.
        families: How the list of each entity is made.
        run: What all accounts of a run share.
    """

    def __init__(
        self, account: Account, organization: Organization, families: Families, run: Run | None = None
    ) -> None:
        self.account = account
        self.organization = organization
        self.run = run or Run()
        self._families = families
        self._lists: dict[str, Listing] = {}
        self._worked_out: dict[str, Any] = {}
        self._found: dict[str, dict[str, Resource]] = {}

    def listing(self, entity: str) -> Listing:
        """Every resource of an entity in this account."""
        made = self._lists.get(entity)
        if made is None:
            made = self._lists[entity] = self._families[entity](self)
        return made

    def forget(self) -> None:
        """Let go of every list: records and view hold each other, and would wait for the cyclic garbage collector."""
        for each in (self._lists, self._found, self._worked_out):
            each.clear()

    def find(self, entity: str, key: str) -> Resource | None:
        """The resource a reference means; `None` when it is not in the list."""
        found = self._found.get(entity)
        if found is None:
            listed = self.listing(entity)
            resources = listed.value if isinstance(listed, Known) else ()
            found = {each.key: each for each in resources if not isinstance(each, Unknown)}
            self._found[entity] = found
        return found.get(key)

    def once(self, what: str, make: Callable[[View], T]) -> T:
        """Something worked out once for all resources of the account, such as who is in which group."""
        if what not in self._worked_out:
            self._worked_out[what] = make(self)
        made: T = self._worked_out[what]
        return made

    def name(self) -> Fact[object]:
        """The account's name, an attribute of every entity."""
        return self.account.name

    def id(self) -> Fact[object]:
        """The account's id, an attribute of every entity."""
        return Known(self.account.id)

    def reference(self, entity: str, key: str, missing: Fact[object] | None = None) -> Fact[object]:
        """One resource as the value of a reference.

        Args:
            entity: What kind it is.
            key: What it goes by; empty for none.
            missing: What the reference is when the list could be read and the resource is not in it.
        """
        if not key:
            return Absent()
        listed = self.listing(entity)
        found = self.find(entity, key)
        if found is not None:
            return Known(found, listed.sources)
        if isinstance(listed, Unknown):
            return listed
        return missing or Unknown(f"`{key}` is not in the list of what was read")
