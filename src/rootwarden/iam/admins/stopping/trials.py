"""Is somebody still up with a change made? The search, run again.

A change only takes away, so hardly anybody who is not up now is part of a way then: first only those that are up are
looked at, and what ends every way among them is proven with everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from rootwarden.iam.admins.landscape import Landscape
from rootwarden.iam.admins.search import Search
from rootwarden.iam.admins.stopping.change import changed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.admins.building import Household
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.powers import Book
    from rootwarden.iam.admins.search import Way
    from rootwarden.iam.admins.stopping.change import Change
    from rootwarden.iam.escalation.path import EscalationPath

# Principals that may be looked at in all, over every trial; and trials at most and at least.
_MOST_LOOKS: Final = 30_000
_MOST_TRIALS: Final = 400
_LEAST_TRIALS: Final = 40
MOST_PROOFS: Final = 12


class Trials:
    """Runs the search with changes, about one principal.

    Args:
        land: Everybody as they are.
        book: Where policies are compiled, with the actions of `paths`.
        paths: The catalogue.
        arn: Whose ways are to end.

    Attributes:
        land: Likewise.
        search: The search among them, run.
        before: The way of everybody who is up now, by ARN.
        left: How many more trials there may be.
        proofs: How many more proofs there may be.
    """

    def __init__(self, land: Landscape, book: Book, paths: Iterable[EscalationPath], arn: str) -> None:
        self.land = land
        self.arn = arn
        self._book = book
        self._paths = tuple(paths)
        self.search = Search(land, book, self._paths)
        self.before = self.search.run()
        self._near = tuple(self._of_those_up(one) for one in land.households.values())
        looked_at = sum(len(one.holders) for one in self._near)
        self._least = max(_LEAST_TRIALS, min(_MOST_TRIALS, _MOST_LOOKS // max(looked_at, 1)))
        self.left = self._least
        self.proofs = MOST_PROOFS

    @property
    def subject(self) -> Holder:
        """Whose ways are to end."""
        return self.land.by_arn[self.arn]

    def refill(self) -> None:
        """Begin another question."""
        self.left, self.proofs = self._least, MOST_PROOFS

    def near(self, change: Change) -> tuple[Way | None, Landscape]:
        """The way the principal has among those that are up, and the landscape with the change."""
        self.left -= 1
        land = self._landscape(self._near, change)
        return Search(land, self._book, self._paths).run().get(self.arn), land

    def proof(self, change: Change) -> tuple[dict[str, Way], Search, Landscape]:
        """The ways of everybody, with the change."""
        self.proofs -= 1
        land = self._landscape(self.land.households.values(), change)
        search = Search(land, self._book, self._paths)
        return search.run(), search, land

    def _landscape(self, households: Iterable[Household], change: Change) -> Landscape:
        return Landscape(changed(households, change, self._book), self.land.inventory, self.land.members)

    def _of_those_up(self, household: Household) -> Household:
        kept = tuple(one for one in household.holders if one.arn in self.before or one.arn == self.arn)
        return structs.replace(household, holders=kept)
