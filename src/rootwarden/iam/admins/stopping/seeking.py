"""The smallest set of things to take away so that somebody has no way up, found way by way.

Each way that is left says what it stands on; a set that ends them all has something of each. The smallest such set is
tried; what is still open then says more (implicit hitting sets; Chandrasekaran, Karp, Moreno-Centeno and Vempala,
2011).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import msgspec

from rootwarden.iam.admins.landscape import Landscape
from rootwarden.iam.admins.search import Search
from rootwarden.iam.admins.stopping.change import Change
from rootwarden.iam.admins.stopping.hitting import smallest
from rootwarden.iam.admins.way import Way

if TYPE_CHECKING:
    from collections.abc import Collection

    from rootwarden.iam.admins.stopping.trials import Trials

T = TypeVar("T")
# Ways after which the set only grows: looking for the smallest again and again would take too long.
_MOST_EXACT: Final = 400


class Kind(Protocol[T]):
    """One kind of change."""

    def change(self, chosen: frozenset[T]) -> Change:
        """The change that takes something away."""

    def under(self, way: Way, land: Landscape) -> list[Collection[T]]:
        """What a way stands on; of each collection one thing has to go."""

    def order(self, one: T) -> tuple[int, str]:
        """What is taken away more gladly, first."""


class Ended(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """What ends every way.

    Attributes:
        change: The change.
        ways: The ways of everybody with it.
        search: The search that found them.
        land: Everybody with the change.
    """

    change: Change
    ways: dict[str, Way]
    search: Search
    land: Landscape


class Found(msgspec.Struct, frozen=True, eq=False):
    """A set that ends every way.

    Attributes:
        chosen: What is taken away.
        smallest: Whether it is certain that no smaller set does.
        ended: The proof.
    """

    chosen: frozenset[object]
    smallest: bool
    ended: Ended


class Seeker(Generic[T]):
    """Looks for one kind of change.

    Args:
        trials: Runs the search.
        kind: What may be taken away.
    """

    def __init__(self, trials: Trials, kind: Kind[T]) -> None:
        self._trials = trials
        self._kind = kind
        self._cores: list[Collection[T]] = []
        self._chosen: frozenset[T] = frozenset()
        self._exact = True

    def seek(self) -> Found | str:
        """The smallest set there is, or why there is none."""
        trials = self._trials
        trials.refill()
        while trials.left > 0 and trials.proofs > 0:
            ways, land = trials.ways(self._kind.change(self._chosen))
            if not ways:
                ended = proven(trials, self._kind.change(self._chosen))
                if isinstance(ended, Ended):
                    return self._lean(ended)
                ways, land = ended
            beyond = self._learn(ways, land)
            if beyond:
                return beyond
        return "none was found in as many trials as are made"

    def _learn(self, ways: list[Way], land: Landscape) -> str:
        """Take in what more ways stand on; what to say if nothing ends one of them."""
        cores: list[frozenset[T]] = []
        for way in ways:
            under = [core for each in self._kind.under(way, land) if (core := frozenset(each) - self._chosen)]
            if not under:
                return f"it does not reach this way: {named(way)}"
            cores += under
        self._cores += cores
        if len(self._cores) <= _MOST_EXACT:
            self._chosen, self._exact = smallest(self._cores, self._kind.order)
        else:
            self._exact = False
            self._chosen |= smallest(cores, self._kind.order)[0]
        return ""

    def _lean(self, ended: Ended) -> Found:
        """Without what is needless in a set that only grew."""
        chosen = self._chosen
        for one in () if self._exact else sorted(chosen, key=self._kind.order, reverse=True):
            if self._trials.left > 0 and self._trials.near(self._kind.change(chosen - {one}))[0] is None:
                chosen -= {one}
        if chosen != self._chosen:
            leaner = proven(self._trials, self._kind.change(chosen))
            if not isinstance(leaner, Ended):
                return Found(frozenset(self._chosen), smallest=False, ended=ended)
            ended = leaner
        return Found(frozenset(chosen), smallest=self._exact, ended=ended)


def proven(trials: Trials, change: Change) -> Ended | tuple[list[Way], Landscape]:
    """The proof that a change ends every way, or the ways that are left."""
    ways, search, land = trials.proof(change)
    left = search.ways_of(land.by_arn[trials.arn])
    return (left, land) if left else Ended(change=change, ways=ways, search=search, land=land)


def named(way: Way) -> str:
    """A way by the ids of its steps."""
    return " → ".join(walk.path.id for walk in way.steps()) or "it is an administrator already"
