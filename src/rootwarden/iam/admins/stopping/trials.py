"""Is somebody still up with a change made? The search, run again.

A change only takes away, so hardly anybody who is not up now is part of a way then, beside those who take part in ways
of two; and a way of which every request is still allowed is still there. First only those are looked at, and of them
those whose way the change may have ended; what ends every way among them is proven by looking for the ways of everybody
afresh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from rootwarden.iam.admins.admin import is_administrator
from rootwarden.iam.admins.attempt import End, Node
from rootwarden.iam.admins.search import Search
from rootwarden.iam.admins.stopping.change import changed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from rootwarden.iam.admins.building import Household
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import Book
    from rootwarden.iam.admins.stopping.change import Change
    from rootwarden.iam.admins.walk import Walk
    from rootwarden.iam.admins.way import Way
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
        kept = {arn, *self.before, *self.search.beside, *_involved(self.before.values())}
        self._near = tuple(_among(one, kept) for one in land.households.values())
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
        search, land = self._trial(change)
        return search.way_of(land.by_arn[self.arn]), land

    def ways(self, change: Change) -> tuple[list[Way], Landscape]:
        """The same with a way by each path it may begin with: each says what has to go."""
        search, land = self._trial(change)
        return search.ways_of(land.by_arn[self.arn]), land

    def _trial(self, change: Change) -> tuple[Search, Landscape]:
        self.left -= 1
        land = self._landscape(self._near, change)
        settled = {
            arn: way
            for arn, way in self.before.items()
            if arn != self.arn and arn in land.by_arn and self._holds(arn, way, land)
        }
        search = Search(land, self._book, self._paths)
        search.run(settled)
        return search, land

    def proof(self, change: Change) -> tuple[dict[str, Way], Search, Landscape]:
        """The ways of everybody, with the change."""
        self.proofs -= 1
        land = self._landscape(self.land.households.values(), change)
        search = Search(land, self._book, self._paths)
        return search.run(), search, land

    def _holds(self, arn: str, way: Way, land: Landscape) -> bool:
        """Whether a way is surely still there, and does not lead through the principal itself."""
        for walk in way.steps():
            reached = "" if isinstance(walk.result, End) else walk.result.holder.arn
            if self.arn in {walk.node.holder.arn, walk.target, reached} or not self._still(walk, land):
                return False
        top = arn if way.walk is None else _reached(way)
        then = land.by_arn.get(top)
        return then is not None and self._same_top(top, then, way)

    def _same_top(self, top: str, then: Holder, way: Way) -> bool:
        now = self.land.by_arn[top]
        if then.powers is now.powers:
            return True
        last = tuple(way.steps())[-1:]
        if last and isinstance(last[0].result, Node) and last[0].result.powers is not now.powers:
            return False
        return is_administrator(then.powers, then.context) == is_administrator(now.powers, now.context)

    def _still(self, walk: Walk, land: Landscape) -> bool:
        """Whether a step asks only for what is allowed as before."""
        now = self.land.by_arn[walk.node.holder.arn]
        then = land.by_arn.get(now.arn)
        if then is None:
            return False
        if then.powers is not now.powers:
            if walk.node.powers is not now.powers:
                return False
            for one in walk.asked:
                request = (one.action.lower(), one.resource, one.context)
                if then.powers.may(*request) != now.powers.may(*request):
                    return False
        named = (self.land.by_arn.get(one.resource) for one in walk.asked)
        return all(one is None or self._trusts_as_before(one, land) for one in named)

    def _trusts_as_before(self, one: Holder, land: Landscape) -> bool:
        then = land.by_arn.get(one.arn)
        return then is None or then.trust is one.trust

    def _landscape(self, households: Iterable[Household], change: Change) -> Landscape:
        return self.land.among(changed(households, change, self._book))


def _among(household: Household, kept: Collection[str]) -> Household:
    return structs.replace(household, holders=tuple(one for one in household.holders if one.arn in kept))


def _involved(ways: Iterable[Way]) -> Iterator[str]:
    """Everybody who takes a step of some ways, or is reached by one."""
    for way in ways:
        for walk in way.steps():
            yield walk.node.holder.arn
            if not isinstance(walk.result, End):
                yield walk.result.holder.arn


def _reached(way: Way) -> str:
    """Who one is at the end of a way: the last principal it leads to."""
    *_, last = way.steps()
    return last.node.holder.arn if isinstance(last.result, End) else last.result.holder.arn
