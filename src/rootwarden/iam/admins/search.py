"""The ways up of everybody: those without doubt first, then, for who has none, those that depend on something.

Of each sort first those that go from one principal to the next, then those that need two at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.iam.admins.ascent import Ascent
from rootwarden.iam.admins.attempt import Node
from rootwarden.iam.admins.hands import Hands
from rootwarden.iam.admins.pools import Frontier
from rootwarden.iam.admins.steps import CHANGING_TARGET, Steps, tops
from rootwarden.iam.admins.way import Way
from rootwarden.iam.escalation.path import Gain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import Book
    from rootwarden.iam.admins.steps import Plan
    from rootwarden.iam.admins.walk import Walk
    from rootwarden.iam.escalation.path import EscalationPath


class Search:
    """The search over one landscape.

    Args:
        land: Who there is.
        book: Where their policies are compiled, with the actions of `paths`.
        paths: The catalogue; those that have ended or are for outsiders are left out.

    Attributes:
        beside: ARNs of those who have no way up, and may take part in one that needs two at once.
    """

    def __init__(self, land: Landscape, book: Book, paths: Iterable[EscalationPath]) -> None:
        self._land = land
        self._steps = Steps(land, book, paths)
        self._up: Frontier | None = None
        self._ascent: Ascent | None = None
        self._ways: dict[str, Way] = {}
        self.beside: frozenset[str] = frozenset()

    def run(self, settled: Mapping[str, Way] | None = None) -> dict[str, Way]:
        """The way up of everybody who has one, by ARN.

        Args:
            settled: Ways that are known already, by ARN; they are not looked for.
        """
        ascent = self._ascent = Ascent(self._land, self._steps, settled or {})
        hands = Hands(self._land, self._steps, ascent)
        for sure in (True, False):
            if not sure:
                ascent.tops_in_doubt()
            ascent.spread(sure=sure)
            hands.search(sure=sure)
        found = ((holder, ascent.ways.get(Node(holder, holder.powers).key)) for holder in self._land.holders)
        self._ways = {holder.arn: way for holder, way in found if way is not None}
        self.beside = frozenset(hands.taking_part - self._ways.keys())
        return self._ways

    def notes(self) -> Iterator[str]:
        """What was not looked at to the end, since there was too much of it, where it may matter."""
        for what, actors in self._steps.walker.cut.items():
            left = [arn for arn in actors if arn not in self._ways or not self._ways[arn].sure]
            if left:
                yield f"{what}, for {len(left):,} principals without a proven way up"

    def near(self, holder: Holder) -> Walk | None:
        """The step that somebody without a way up could take if nothing but its allows counted."""
        granted = Node(holder, holder.powers.granted)
        if granted.powers is holder.powers:
            return None
        up = self._everybody_up()
        for plan in self._steps.fitting(granted):
            candidates = self._steps.walker.pools.candidates(plan.path, granted, up)
            walk = (
                self._steps.first(plan, granted, candidates, sure=False)
                if plan.on_others
                else next((one for one in self._steps.own(plan, granted) if tops(one)), None)
            )
            if walk is not None:
                return walk
        return None

    def way_of(self, holder: Holder) -> Way | None:
        """The way of somebody, once the search has run."""
        return self._ways.get(holder.arn)

    def ways_of(self, holder: Holder) -> list[Way]:
        """The way of somebody, then one that begins with each other path where there is one.

        Of an administrator only that it is one: a step of it ends at an administrator because it began at one.
        """
        node, shortest = Node(holder, holder.powers), self.way_of(holder)
        if shortest is None or shortest.walk is None:
            return [] if shortest is None else [shortest]
        begun = (one for plan in self._steps.fitting(node) for one in self._begun(plan, node))
        return [shortest, *(way for one in begun if (way := self._continued(one)) is not None)]

    def _begun(self, plan: Plan, node: Node) -> Iterator[Walk]:
        """The steps somebody can take by one path: on one of those that are up, or that change something."""
        if plan.on_others:
            candidates = self._steps.walker.pools.candidates(plan.path, node, self._everybody_up())
            walk = self._steps.first(plan, node, candidates, sure=False)
            yield from () if walk is None else (walk,)
        elif plan.path.also is None:
            yield from self._steps.own(plan, node)

    def _continued(self, walk: Walk) -> Way | None:
        """The way that begins with a step, an administrator nobody met on the way among its ends."""
        way = self._ascent.continued(walk) if self._ascent is not None else None
        return Way(None).after(walk) if way is None and tops(walk) else way

    def _everybody_up(self) -> Frontier:
        if self._up is None:
            self._up = Frontier(one for one in self._land.holders if one.arn in self._ways)
        return self._up

    def lateral(self, holder: Holder) -> Walk | None:
        """The way to become another principal that asks least, of somebody who has no way up."""
        node = Node(holder, holder.powers)
        best: Walk | None = None
        for plan in self._steps.fitting(node):
            if plan.path.gain not in {Gain.TARGET, *CHANGING_TARGET}:
                continue
            walk = self._steps.surest(plan, node)
            if walk is not None and walk.sure:
                return walk
            if walk is not None and (best is None or len(walk.requires) < len(best.requires)):
                best = walk
        return best
