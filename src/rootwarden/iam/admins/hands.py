"""Ways that need two principals at once, both in hand: one of them changes the other.

Whoever becomes another keeps being who it was. So it may have a role change the user who assumed it, or change a role
that it has entered through a service. The search from the top sees one principal at a time; this one goes forward from
those who can become somebody that may change another, and remembers everybody who is in hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.ascent import DEEPEST_CHANGE
from rootwarden.iam.admins.attempt import Node
from rootwarden.iam.admins.changeable import Changeable
from rootwarden.iam.admins.pools import Frontier
from rootwarden.iam.admins.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rootwarden.iam.admins.ascent import Ascent
    from rootwarden.iam.admins.attempt import Key
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.steps import Steps
    from rootwarden.iam.admins.way import Way

_MOST_IN_HAND: Final = 1_000
_MOST_PASSES: Final = 32
# Looks at somebody in hand, or at two together: in one pass, for everybody there is, and beside that.
_MOST_LOOKS: Final = 5
_FREE_LOOKS: Final = 40_000
# Whom somebody may change that are asked for before it is taken to change one of them.
_MOST_ASKED: Final = 50


class _InHand(msgspec.Struct, frozen=True, eq=False):
    """Somebody who is in hand.

    Attributes:
        node: Who, with what powers.
        number: How many were in hand before.
        walk: The step that leads there; `None` for who begins.
        before: Who has to be in hand for that step.
        changes: How many changes of another led there.
    """

    node: Node
    number: int = 0
    walk: Walk | None = None
    before: tuple[_InHand, ...] = ()
    changes: int = 0


class Hands:
    """Looks for ways of those that have none.

    Args:
        land: Who there is.
        steps: Which steps they can take.
        ascent: The ways that are known; those that are found are added.

    Attributes:
        taking_part: ARNs of those who may change another, or become somebody who may.
    """

    def __init__(self, land: Landscape, steps: Steps, ascent: Ascent) -> None:
        self._steps = steps
        self._ascent = ascent
        self._changeable = Changeable(land, steps)
        self._near = Frontier(())
        self._up = Frontier(())
        self._moves: dict[Key, list[Walk]] = {}
        self._changes: dict[tuple[Key, Key], Sequence[Walk]] = {}
        self._failed: set[Key] = set()
        self._by_name: dict[Key, list[Holder]] = {}
        self._looks = 0
        self.taking_part: set[str] = set()

    def search(self, *, sure: bool) -> None:
        """Find ways, and whoever gets up by them.

        Args:
            sure: Whether every step has to be without doubt.
        """
        self._changes.clear()
        self._by_name.clear()
        for _ in range(_MOST_PASSES):
            self._looks = _FREE_LOOKS + _MOST_LOOKS * len(self._ascent.nodes)
            changers = [node for node in self._left() if self._changes_another(node, sure=sure)]
            if not changers or not self._pass(changers, sure=sure):
                return
        for node in self._left():
            self._steps.cut("ways that need two principals at once were not all followed", node)

    def _left(self) -> list[Node]:
        """Everybody who has no way."""
        return [node for key, node in self._ascent.nodes.items() if key not in self._ascent.ways]

    def _changes_another(self, node: Node, *, sure: bool) -> bool:
        """Whether it can change somebody, or there are too many to ask about all."""
        others = (one for one in self._named(node, sure=sure) if one is not node.holder)
        for tried, one in enumerate(others):
            if tried >= _MOST_ASKED or self._looks <= 0 or self._changing(node, Node(one, one.powers), sure=sure):
                return True
        return False

    def _named(self, node: Node, *, sure: bool) -> list[Holder]:
        """Everybody whom a node may change, as far as its policies name them."""
        found = self._by_name.get(node.key)
        if found is None:
            plans = self._changeable.plans_of(node, sure=sure)
            pools = {id(pool): pool for plan in plans if (pool := self._changeable.by(plan, node)).holders}
            if len(pools) == 1:
                found = next(iter(pools.values())).holders
            else:
                found = list({id(one): one for pool in pools.values() for one in pool.holders}.values())
            self._by_name[node.key] = found
        return found

    def _pass(self, changers: list[Node], *, sure: bool) -> bool:
        """Look at everybody who may have a way once, those who change another first; whether somebody has one."""
        layers = list(self._layers(changers, sure=sure))
        self._prepare(changers, layers, sure=sure)
        found = False
        for layer in layers:
            fresh = []
            for node in layer:
                # Who is changed by itself is in the hand of who it was.
                known = node.key in self._ascent.ways or node.key in self._failed
                way = self._from(node, sure=sure) if node.powers is node.holder.powers and not known else None
                if way is not None:
                    self._ascent.ways[node.key] = way
                    fresh.append(node.holder)
            if fresh:
                found = True
                self._ascent.spread(fresh, sure=sure)
                self._up = self._ascent.everybody_up()
        return found

    def _prepare(self, changers: list[Node], layers: list[list[Node]], *, sure: bool) -> None:
        """Whom it may be worth to become: who may be changed, who may change, and who may become one of them."""
        changed = {id(one): one for node in changers for one in self._named(node, sure=sure)}
        into_changed = self._layers([Node(one, one.powers) for one in changed.values()], sure=sure)
        everybody = [*changed.values(), *(node.holder for layer in (*layers, *into_changed) for node in layer)]
        self._near = Frontier(everybody)
        self._up = self._ascent.everybody_up()
        self._moves.clear()
        self._failed.clear()
        self.taking_part.update(node.holder.arn for layer in layers for node in layer)

    def _layers(self, goals: Iterable[Node], *, sure: bool) -> Iterator[list[Node]]:
        """Those without a way who are among some, then those one step from them, and on."""
        layer = [node for node in goals if node.key not in self._ascent.ways]
        reached = {node.key for node in layer}
        while layer:
            yield layer
            into = Frontier(node.holder for node in layer if node.powers is node.holder.powers)
            left = [node for node in self._left() if node.key not in reached]
            layer = [node for node in left if self._leads(node, into, reached, sure=sure)]
            reached.update(node.key for node in layer)

    def _leads(self, node: Node, into: Frontier, reached: set[Key], *, sure: bool) -> bool:
        """Whether one step leads to somebody who was reached."""
        for walk in self._ascent.own_walks.get(node.key, ()):
            if isinstance(walk.result, Node) and walk.result.key in reached and (walk.sure or not sure):
                return True
        pools = self._steps.walker.pools
        return any(
            self._steps.first(plan, node, pools.candidates(plan.path, node, into), sure=sure) is not None
            for plan in self._steps.fitting(node)
            if plan.on_others
        )

    def _from(self, start: Node, *, sure: bool) -> Way | None:
        """The way of somebody, by whoever it can have in hand."""
        met = {start.key}
        in_hand, changers = [_InHand(start)], list[_InHand]()
        for one in in_hand:
            if len(in_hand) > _MOST_IN_HAND or self._looks <= 0:
                self._steps.cut("of those somebody can become not all were looked at together", start)
                return None
            self._looks -= 1
            changers += [one] if self._is_changer(one.node, sure=sure) else []
            for walk, before, changes in self._next(one, in_hand[: one.number + 1], changers, sure=sure):
                if not isinstance(walk.result, Node) or walk.result.key in met or changes > DEEPEST_CHANGE:
                    continue
                made = _InHand(walk.result, len(in_hand), walk, before, changes)
                way = self._way(made, sure=sure) if changes else None
                if way is not None:
                    return way
                met.add(walk.result.key)
                in_hand.append(made)
        # Whoever is in a hand that is of no use has no more in its own.
        self._failed.update(one.node.key for one in in_hand if not one.changes)
        return None

    def _is_changer(self, node: Node, *, sure: bool) -> bool:
        return next((one for one in self._named(node, sure=sure) if one is not node.holder), None) is not None

    def _next(
        self, one: _InHand, earlier: list[_InHand], changers: list[_InHand], *, sure: bool
    ) -> Iterator[tuple[Walk, tuple[_InHand, ...], int]]:
        """What can be done with somebody: together with those who were in hand before, and alone."""
        pairs = [(other, one) for other in changers]
        pairs += [(one, other) for other in earlier] if one in changers[-1:] else []
        for asker, whose in pairs:
            for walk in self._changing(asker.node, whose.node, sure=sure):
                yield walk, (asker, whose), max(asker.changes, whose.changes) + 1
        for walk in self._moving(one.node, sure=sure):
            yield walk, (one,), one.changes

    def _changing(self, asker: Node, whose: Node, *, sure: bool) -> Sequence[Walk]:
        """The ways in which one may change another."""
        if asker.holder is whose.holder:
            return ()
        key = (asker.key, whose.key)
        found = self._changes.get(key)
        if found is None:
            self._looks -= 1
            walks: list[Walk] = []
            for plan in self._changeable.plans_of(asker, sure=sure):
                if self._changeable.by(plan, asker).by_arn.get(whose.holder.arn) is whose.holder:
                    walks += self._steps.on_another(plan, asker, whose, sure=sure)
            found = self._changes[key] = walks or ()
        return found

    def _moving(self, node: Node, *, sure: bool) -> list[Walk]:
        """Whom somebody can become, of those it may be worth to be, and what it can change about itself."""
        found = self._moves.get(node.key)
        if found is None:
            best = {one.result.key: one for one in self._becoming(node, sure=sure) if isinstance(one.result, Node)}
            found = self._moves[node.key] = list(best.values())
            self._looks -= len(found)
        return found

    def _becoming(self, node: Node, *, sure: bool) -> Iterator[Walk]:
        """Every such step; of several to the same end one without doubt comes last."""
        own = [walk for walk in self._ascent.own_walks.get(node.key, ()) if walk.sure or not sure]
        pools = self._steps.walker.pools
        for plan in self._steps.fitting(node):
            if plan.on_others:
                own += self._steps.every(plan, node, pools.candidates(plan.path, node, self._near), sure=sure)
        return iter(sorted(own, key=lambda walk: -len(walk.requires)))

    def _way(self, made: _InHand, *, sure: bool) -> Way | None:
        """The way by somebody who was changed, or whom only somebody changed can become."""
        rest = self._ascent.met_later(made.node, self._up, made.changes, sure=sure)
        if rest is None:
            return None
        way = rest
        for one in reversed(_needed(made)):
            way = way.after(one.walk) if one.walk is not None else way
        return way if _lasts(way) else None


def _needed(made: _InHand) -> list[_InHand]:
    """Everybody who has to be in hand, in an order in which it can be done: as little changed as possible first."""
    found: dict[int, _InHand] = {}
    left = [made]
    while left:
        one = left.pop()
        if one.number not in found:
            found[one.number] = one
            left += one.before
    return sorted(found.values(), key=lambda one: (one.changes, one.number))


def _lasts(way: Way) -> bool:
    """Whether nobody is asked for what a change before has taken away."""
    now: dict[int, Node] = {}
    for walk in way.steps():
        then = now.get(id(walk.node.holder), walk.node)
        if then.powers is not walk.node.powers and not all(
            then.powers.may(one.action.lower(), one.resource, one.context) is True for one in walk.asked
        ):
            return False
        if isinstance(walk.result, Node):
            now[id(walk.result.holder)] = walk.result
    return True
