"""The shortest way up for everybody, found backwards: from administrators to whoever can become one of them, and on.

Ways without doubt are looked for first; principals that have none are then looked at again with the ways that depend on
something. What a step gives beside another principal (a boundary gone, a group joined) is a node of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.admin import is_administrator
from rootwarden.iam.admins.attempt import End, Node
from rootwarden.iam.admins.certainty import Certainty
from rootwarden.iam.admins.pools import Frontier
from rootwarden.iam.admins.scenes import scenes
from rootwarden.iam.admins.walk import Walk, Walker, always_unsure
from rootwarden.iam.escalation.path import Actor, EscalationPath, Gain, TargetKind, Where
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import Book

_MOST_STEPS: Final = 128
_DEEPEST_CHANGE: Final = 3
_MOST_CHANGES: Final = 24
_MOST_TRIED: Final = 200
_ASSUME: Final = "sts:AssumeRole"
_OF_PRINCIPALS: Final = frozenset({TargetKind.ROLE, TargetKind.USER})
_CHANGING_TARGET: Final = frozenset({Gain.REWRITES_TARGET, Gain.UNBLOCKS_TARGET})


class Way(msgspec.Struct, frozen=True, eq=False):
    """How somebody gets up: the first step and what follows it; no step for who is an administrator already.

    Attributes:
        walk: The step; `None` at the top.
        rest: The way on from where the step leads; `None` where it ends.
        length: Steps in all.
        requires: What stands in the way of somebody at the top: conditions of its own permissions.
    """

    walk: Walk | None
    rest: Way | None = None
    length: int = 0
    requires: tuple[str, ...] = ()

    def steps(self) -> Iterator[Walk]:
        """The steps in order."""
        way: Way | None = self
        while way is not None and way.walk is not None:
            yield way.walk
            way = way.rest

    @property
    def end(self) -> Way:
        """The last of it."""
        way = self
        while way.rest is not None:
            way = way.rest
        return way


class _Plan(msgspec.Struct, frozen=True, eq=False):
    """A path, made ready.

    Attributes:
        path: The path.
        mask: Bits of the actions it needs of the actor's policies.
        never_sure: Whether something stands in its way whatever it is walked on.
    """

    path: EscalationPath
    mask: int
    never_sure: bool

    @property
    def on_others(self) -> bool:
        """Whether it leads to another principal, so that it is worth it only where that one is."""
        return self.path.target.kind in _OF_PRINCIPALS and self.path.gain not in _CHANGING_TARGET


class Search:
    """The search over one landscape.

    Args:
        land: Who there is.
        book: Where their policies are compiled, with the actions of `paths`.
        paths: The catalogue; those that have ended or are for outsiders are left out.
    """

    def __init__(self, land: Landscape, book: Book, paths: Iterable[EscalationPath]) -> None:
        self._land = land
        self._book = book
        self._walker = Walker(land)
        walkable = [one for one in paths if not one.ended and one.actor is not Actor.OUTSIDER and _placed(one, land)]
        self._plans = sorted(map(self._plan, walkable), key=lambda plan: plan.path.target.kind in _OF_PRINCIPALS)
        self._certainty = Certainty()
        self._fits: dict[tuple[int, bool, int], tuple[_Plan, ...]] = {}
        self._up: Frontier | None = None
        self._nodes: dict[tuple[int, int], Node] = {}
        self._ways: dict[tuple[int, int], Way] = {}
        self._own_walks: dict[tuple[int, int], list[Walk]] = {}

    def _plan(self, path: EscalationPath) -> _Plan:
        mask = self._book.mask(one for one in path.actions if one != _ASSUME)
        return _Plan(path, mask, always_unsure(path, self._land))

    def run(self, settled: Mapping[str, Way] | None = None) -> dict[str, Way]:
        """The way up of everybody who has one, by ARN.

        Args:
            settled: Ways that are known already, by ARN; they are not looked for.
        """
        for holder in self._land.holders:
            node = Node(holder, holder.powers)
            way = settled.get(holder.arn) if settled is not None else None
            if way is None:
                self._meet(node, depth=0)
            else:
                self._nodes[node.key] = node
                self._ways[node.key] = way
        self._rounds(sure=True)
        self._rounds(sure=False)
        found = ((holder, self.way_of(holder)) for holder in self._land.holders)
        return {holder.arn: way for holder, way in found if way is not None}

    def notes(self) -> Iterator[str]:
        """What was not looked at to the end, since there was too much of it, where it may matter."""
        for what, actors in self._walker.cut.items():
            left = [arn for arn in actors if not self._is_sure(self._land.by_arn[arn])]
            if left:
                yield f"{what}, for {len(left):,} principals without a proven way up"

    def _is_sure(self, holder: Holder) -> bool:
        way = self.way_of(holder)
        return way is not None and not way.end.requires and all(walk.sure for walk in way.steps())

    def near(self, holder: Holder) -> Walk | None:
        """The step that somebody without a way up could take if nothing but its allows counted."""
        granted = Node(holder, holder.powers.granted)
        if granted.powers is holder.powers:
            return None
        up = self._everybody_up()
        for plan in self._fitting(granted):
            walk = (
                self._first(plan, granted, self._walker.pools.candidates(plan.path, granted, up), sure=False)
                if plan.on_others
                else next((one for one in self._own(plan, granted) if self._tops(one)), None)
            )
            if walk is not None:
                return walk
        return None

    def way_of(self, holder: Holder) -> Way | None:
        """The way of somebody, once the search has run."""
        return self._ways.get(Node(holder, holder.powers).key)

    def ways_of(self, holder: Holder) -> list[Way]:
        """The way of somebody, then one that begins with each other path where there is one.

        Of an administrator only that it is one: a step of it ends at an administrator because it began at one.
        """
        node, shortest = Node(holder, holder.powers), self.way_of(holder)
        if shortest is None or shortest.walk is None:
            return [] if shortest is None else [shortest]
        up, found = self._everybody_up(), [shortest]
        for plan in self._fitting(node):
            if plan.on_others:
                walk = self._first(plan, node, self._walker.pools.candidates(plan.path, node, up), sure=False)
                walks: Iterable[Walk] = () if walk is None else (walk,)
            else:
                walks = self._own(plan, node) if plan.path.also is None else ()
            found += [way for one in walks if (way := self._continued(one) or self._topped(one)) is not None]
        return found

    def _topped(self, walk: Walk) -> Way | None:
        """The way of a walk that leads to an administrator nobody met on the way."""
        return Way(walk, Way(None), 1) if self._tops(walk) else None

    def _everybody_up(self) -> Frontier:
        if self._up is None:
            self._up = Frontier(one for one in self._land.holders if Node(one, one.powers).key in self._ways)
        return self._up

    def lateral(self, holder: Holder) -> Walk | None:
        """The way to become another principal that asks least, of somebody who has no way up."""
        node = Node(holder, holder.powers)
        best: Walk | None = None
        for plan in self._fitting(node):
            if plan.path.gain not in {Gain.TARGET, *_CHANGING_TARGET}:
                continue
            walk = self._surest(plan, node)
            if walk is not None and walk.sure:
                return walk
            if walk is not None and (best is None or len(walk.requires) < len(best.requires)):
                best = walk
        return best

    def _meet(self, node: Node, depth: int) -> None:
        """Note a node, and those that its own changes lead to."""
        if node.key in self._nodes:
            return
        self._nodes[node.key] = node
        found = is_administrator(node.powers, node.holder.context)
        if found is True:
            self._ways[node.key] = Way(None)
            return
        walks: list[Walk] = []
        for plan in self._fitting(node):
            # Putting somebody else into a group is tried as a first change only: all groups for all users for all.
            if not plan.on_others and (depth == 0 or plan.path.also is None):
                walks += self._own(plan, node)
                if walks and walks[-1].sure and self._tops(walks[-1]):
                    break
        self._own_walks[node.key] = walks
        if depth < _DEEPEST_CHANGE:
            self._follow(node, walks, depth)

    def _follow(self, node: Node, walks: list[Walk], depth: int) -> None:
        """Meet what the changes of a node lead to, those that give most first."""
        results = {one.result.key: one.result for one in walks if isinstance(one.result, Node)}
        ranked = sorted(results.values(), key=lambda one: -one.powers.possible.bit_count())
        if len(ranked) > _MOST_CHANGES:
            what = f"of the changes somebody can make only the {_MOST_CHANGES} that give most were followed"
            self._walker.cut.setdefault(what, set()).add(node.holder.arn)
        for result in ranked[:_MOST_CHANGES]:
            self._meet(result, depth + 1)

    def _own(self, plan: _Plan, node: Node) -> Iterator[Walk]:
        """The walks of a path that changes something, one for each thing worth changing."""
        if plan.path.target.kind is TargetKind.GROUP and plan.path.gain is Gain.TARGET and not _gains_by_joining(node):
            return
        if not self._walker.could(plan.path, node):
            return
        changing = plan.path.gain in _CHANGING_TARGET
        candidates = self._walker.pools.candidates(plan.path, node, None) if changing else ()
        sure = not plan.never_sure and self._certainty.of(plan.path, node)
        tried = 0
        for scene in scenes(plan.path.target, node, self._land, candidates):
            if tried > (_MOST_TRIED if plan.path.also is None else _MOST_CHANGES):
                self._walker.cut.setdefault(f"`{plan.path.id}` was not tried on everything", set()).add(node.holder.arn)
                return
            for walk in self._walker.walks(plan.path, node, scene):
                tried += 1
                tops = self._tops(walk)
                if not (changing and not tops) and not (isinstance(walk.result, Node) and walk.result.key == node.key):
                    yield walk
                if tops and walk.sure is sure:
                    return

    def _tops(self, walk: Walk) -> bool:
        """Whether a walk leads to an administrator at once."""
        if isinstance(walk.result, End):
            return True
        return is_administrator(walk.result.powers, walk.result.holder.context) is True

    def _fitting(self, node: Node) -> tuple[_Plan, ...]:
        """The paths whose actions a node may have, and whose kind of actor it is."""
        user = node.holder.kind is Kind.USER
        possible = node.powers.possible_in(node.holder.context)
        key = (id(node.powers), user, possible)
        found = self._fits.get(key)
        if found is None:
            barred = {Actor.ROLE if user else Actor.USER}
            plans = (one for one in self._plans if not one.mask & ~possible)
            found = self._fits[key] = tuple(one for one in plans if one.path.actor not in barred)
        return found

    def _rounds(self, *, sure: bool) -> None:
        if not sure:
            self._conditional_tops()
        frontier = [node.holder for key, node in self._nodes.items() if key in self._ways]
        for _ in range(_MOST_STEPS):
            reached = self._round(frontier, sure=sure)
            if not reached:
                return
            self._ways.update(reached)
            frontier = [self._nodes[key].holder for key in reached]
        everybody = {node.holder.arn for key, node in self._nodes.items() if key not in self._ways}
        self._walker.cut[f"ways of more than {_MOST_STEPS} steps were not all followed"] = everybody

    def _conditional_tops(self) -> None:
        """Administrators under a condition."""
        for key, node in self._nodes.items():
            found = is_administrator(node.powers, node.holder.context)
            if key not in self._ways and isinstance(found, tuple):
                self._ways[key] = Way(None, requires=found)

    def _round(self, frontier: list[Holder], *, sure: bool) -> dict[tuple[int, int], Way]:
        """Everybody who is one step from somebody already up."""
        up = Frontier(holder for holder in frontier if Node(holder, holder.powers).key in self._ways)
        reached: dict[tuple[int, int], Way] = {}
        for key, node in self._nodes.items():
            if key not in self._ways:
                way = self._one_step(node, up, sure=sure)
                if way is not None:
                    reached[key] = way
        return reached

    def _one_step(self, node: Node, up: Frontier, *, sure: bool) -> Way | None:
        own = [self._continued(walk) for walk in self._own_walks.get(node.key, ()) if walk.sure or not sure]
        found = min((way for way in own if way is not None), key=_order, default=None)
        if found is not None and found.length == 1:
            return found
        for plan in self._fitting(node):
            if plan.on_others:
                walk = self._first(plan, node, self._walker.pools.candidates(plan.path, node, up), sure=sure)
                way = self._continued(walk) if walk is not None else None
                if way is not None and (found is None or _order(way) < _order(found)):
                    found = way
        return found

    def _continued(self, walk: Walk) -> Way | None:
        """The way that begins with a walk, where what follows is known."""
        if isinstance(walk.result, End):
            return Way(walk, None, 1)
        rest = self._ways.get(walk.result.key)
        return Way(walk, rest, 1 + rest.length) if rest is not None else None

    def _surest(self, plan: _Plan, node: Node) -> Walk | None:
        """A walk on anybody: one without doubt where one is soon found, else the first."""
        if not self._walker.could(plan.path, node):
            return None
        sure = not plan.never_sure and self._certainty.of(plan.path, node)
        found: Walk | None = None
        tried = 0
        candidates = self._walker.pools.candidates(plan.path, node, None)
        for scene in scenes(plan.path.target, node, self._land, candidates):
            walk = self._walker.on(plan.path, node, scene)
            found = walk if found is None or (walk is not None and walk.sure) else found
            tried += found is not None
            if found is not None and (found.sure or not sure or tried > _MOST_CHANGES):
                return found
        return found

    def _first(self, plan: _Plan, node: Node, candidates: Iterable[Holder], *, sure: bool) -> Walk | None:
        if sure and (plan.never_sure or not self._certainty.of(plan.path, node)):
            return None
        if not self._walker.could(plan.path, node):
            return None
        for scene in scenes(plan.path.target, node, self._land, candidates):
            walk = self._walker.on(plan.path, node, scene)
            if walk is not None and (walk.sure or not sure):
                return walk
        return None


def _placed(path: EscalationPath, land: Landscape) -> bool:
    """Whether a path can be judged: into members, from the management account, only where it is known which that is."""
    known = any(one.seat.management is not None for one in land.households.values())
    return known or path.actions != (_ASSUME,) or Where.ACTOR_IN_MANAGEMENT_ACCOUNT not in path.target.where


def _gains_by_joining(node: Node) -> bool:
    """Whether a group could add something: not to somebody who is allowed everything, nor once more after a change."""
    own = node.powers is node.holder.powers
    return own and is_administrator(node.powers.granted, node.holder.context) is False


def _order(way: Way) -> tuple[int, int, str]:
    """Fewer steps first, then fewer requirements, then by name."""
    requires = sum(len(walk.requires) for walk in way.steps())
    return way.length, requires, way.walk.path.id if way.walk is not None else ""
