"""The shortest ways up, found backwards: from administrators to whoever can become one of them, and on.

What a step gives beside another principal (a boundary gone, a group joined) is a node of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.admin import is_administrator
from rootwarden.iam.admins.attempt import End, Node
from rootwarden.iam.admins.pools import Frontier
from rootwarden.iam.admins.steps import MOST_CHANGES, tops
from rootwarden.iam.admins.way import Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.iam.admins.attempt import Key
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.steps import Steps
    from rootwarden.iam.admins.walk import Walk

_MOST_STEPS: Final = 128
DEEPEST_CHANGE: Final = 3


class Ascent:
    """The nodes that were met, and the ways of those that have one.

    Args:
        land: Who there is.
        steps: Which steps they can take.
        settled: Ways that are known already, by ARN; they are not looked for.

    Attributes:
        nodes: Everybody as they are, and as they are after changes of their own.
        ways: The ways that were found.
        own_walks: What a node can change about itself, or about others at once.
    """

    def __init__(self, land: Landscape, steps: Steps, settled: Mapping[str, Way]) -> None:
        self._steps = steps
        self.nodes: dict[Key, Node] = {}
        self.ways: dict[Key, Way] = {}
        self.own_walks: dict[Key, list[Walk]] = {}
        for holder in land.holders:
            node = Node(holder, holder.powers)
            if holder.arn in settled:
                self.nodes[node.key] = node
                self.ways[node.key] = settled[holder.arn]
            else:
                self.meet(node, depth=0)

    def meet(self, node: Node, depth: int) -> None:
        """Note a node, and those that its own changes lead to.

        Args:
            node: The node.
            depth: How many changes led to it.
        """
        if node.key in self.nodes:
            return
        self.nodes[node.key] = node
        if is_administrator(node.powers, node.holder.context) is True:
            self.ways[node.key] = Way(None)
            return
        walks: list[Walk] = []
        for plan in self._steps.fitting(node):
            # Putting somebody else into a group is tried as a first change only: all groups for all users for all.
            if not plan.on_others and (depth == 0 or plan.path.also is None):
                walks += self._steps.own(plan, node)
                if walks and walks[-1].sure and tops(walks[-1]):
                    break
        self.own_walks[node.key] = walks
        if depth < DEEPEST_CHANGE:
            self._follow(node, walks, depth)

    def _follow(self, node: Node, walks: list[Walk], depth: int) -> None:
        """Meet what the changes of a node lead to, those that give most first."""
        results = {one.result.key: one.result for one in walks if isinstance(one.result, Node)}
        ranked = sorted(results.values(), key=lambda one: -one.powers.possible.bit_count())
        if len(ranked) > MOST_CHANGES:
            self._steps.cut(
                f"of the changes somebody can make only the {MOST_CHANGES} that give most were followed", node
            )
        for result in ranked[:MOST_CHANGES]:
            self.meet(result, depth + 1)

    def spread(self, holders: Iterable[Holder] | None = None, *, sure: bool) -> None:
        """Find everybody who gets up through somebody who is up.

        Args:
            holders: Those who are up since it was last asked; everybody who is up if it is not told.
            sure: Whether every step has to be without doubt.
        """
        if holders is None:
            holders = [node.holder for key, node in self.nodes.items() if key in self.ways]
        for _ in range(_MOST_STEPS):
            reached = self._round(holders, sure=sure)
            if not reached:
                return
            self.ways.update(reached)
            holders = [self.nodes[key].holder for key in reached]
        for key, node in self.nodes.items():
            if key not in self.ways:
                self._steps.cut(f"ways of more than {_MOST_STEPS} steps were not all followed", node)

    def tops_in_doubt(self) -> None:
        """Take administrators under a condition for administrators too."""
        for key, node in self.nodes.items():
            if key not in self.ways:
                self._doubtful_top(key, node)

    def _doubtful_top(self, key: Key, node: Node) -> None:
        found = is_administrator(node.powers, node.holder.context)
        if isinstance(found, tuple):
            self.ways[key] = Way(None, requires=found)

    def met_later(self, node: Node, up: Frontier, depth: int, *, sure: bool) -> Way | None:
        """The way of a node that the search did not come by, if it is one step from somebody who is up.

        Args:
            node: The node.
            up: Everybody who is up.
            depth: How many changes led to it.
            sure: Whether every step has to be without doubt.
        """
        self.meet(node, depth)
        if node.key not in self.ways and not sure:
            self._doubtful_top(node.key, node)
        if node.key not in self.ways:
            way = self._one_step(node, up, sure=sure)
            if way is not None:
                self.ways[node.key] = way
        return self.ways.get(node.key)

    def everybody_up(self) -> Frontier:
        """Those who are up as they are."""
        return self._up_of(node.holder for node in self.nodes.values())

    def _up_of(self, holders: Iterable[Holder]) -> Frontier:
        return Frontier(holder for holder in holders if Node(holder, holder.powers).key in self.ways)

    def _round(self, holders: Iterable[Holder], *, sure: bool) -> dict[Key, Way]:
        """Everybody who is one step from somebody already up."""
        up = self._up_of(holders)
        reached: dict[Key, Way] = {}
        for key, node in self.nodes.items():
            if key not in self.ways:
                way = self._one_step(node, up, sure=sure)
                if way is not None:
                    reached[key] = way
        return reached

    def _one_step(self, node: Node, up: Frontier, *, sure: bool) -> Way | None:
        own = [self.continued(walk) for walk in self.own_walks.get(node.key, ()) if walk.sure or not sure]
        found = min((way for way in own if way is not None), key=lambda way: way.order, default=None)
        if found is not None and found.length == 1:
            return found
        for plan in self._steps.fitting(node):
            if plan.on_others:
                candidates = self._steps.walker.pools.candidates(plan.path, node, up)
                walk = self._steps.first(plan, node, candidates, sure=sure)
                way = self.continued(walk) if walk is not None else None
                if way is not None and (found is None or way.order < found.order):
                    found = way
        return found

    def continued(self, walk: Walk) -> Way | None:
        """The way that begins with a walk, where what follows is known."""
        if isinstance(walk.result, End):
            return Way(walk, None, 1)
        rest = self.ways.get(walk.result.key)
        return rest.after(walk) if rest is not None else None
