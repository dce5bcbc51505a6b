"""The shortest way up for everybody, found backwards: from administrators to whoever can become one of them, and on.

Ways without doubt are looked for first; principals that have none are then looked at again with the ways that depend on
something. What a step gives beside another principal (a boundary gone, a group joined) is a node of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.admin import is_administrator
from rootwarden.iam.admins.named import NamedResources
from rootwarden.iam.admins.walk import End, Node, Walk, Walker, always_unsure, scenes
from rootwarden.iam.escalation.path import Actor, EscalationPath, Gain, TargetKind, Where
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import Book

_MOST_STEPS: Final = 12
_DEEPEST_CHANGE: Final = 3
_MOST_CHANGES: Final = 24
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
        on: The action that names its target, in lower case, or empty.
        on_policy: The action that names a policy of the target, likewise.
        never_sure: Whether something stands in its way whatever it is walked on.
    """

    path: EscalationPath
    mask: int
    on: str
    on_policy: str
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
        self._named = NamedResources()
        self._nodes: dict[tuple[int, int], Node] = {}
        self._ways: dict[tuple[int, int], Way] = {}
        self._own_walks: dict[tuple[int, int], list[Walk]] = {}

    def _plan(self, path: EscalationPath) -> _Plan:
        mask = self._book.mask(one for one in path.actions if one != _ASSUME)
        on, on_policy = _naming(path, "{target}"), _naming(path, "{policy}")
        return _Plan(path, mask, on, on_policy, always_unsure(path, self._land))

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
        found = ((holder, self._ways.get(Node(holder, holder.powers).key)) for holder in self._land.holders)
        return {holder.arn: way for holder, way in found if way is not None}

    def near(self, holder: Holder) -> Walk | None:
        """The step that somebody without a way up could take if nothing but its allows counted."""
        granted = Node(holder, holder.powers.granted)
        if granted.powers is holder.powers:
            return None
        up = _Frontier(one for one in self._land.holders if Node(one, one.powers).key in self._ways)
        for plan in self._fitting(granted):
            walk = (
                self._first(plan, granted, self._candidates(plan, granted, up), sure=False)
                if plan.on_others
                else next((one for one in self._own(plan, granted) if self._tops(one)), None)
            )
            if walk is not None:
                return walk
        return None

    def lateral(self, holder: Holder) -> Walk | None:
        """A way to become another principal, of somebody who has no way up."""
        node = Node(holder, holder.powers)
        best: Walk | None = None
        for plan in self._fitting(node):
            if plan.path.gain not in {Gain.TARGET, *_CHANGING_TARGET}:
                continue
            candidates = self._candidates(plan, node, None)
            walk = self._first(plan, node, candidates, sure=True) or self._first(plan, node, candidates, sure=False)
            if walk is not None and walk.sure:
                return walk
            best = best or walk
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
            if not plan.on_others:
                walks += self._own(plan, node)
                if walks and walks[-1].sure and self._tops(walks[-1]):
                    break
        self._own_walks[node.key] = walks
        if depth < _DEEPEST_CHANGE:
            for walk in walks[:_MOST_CHANGES]:
                if isinstance(walk.result, Node):
                    self._meet(walk.result, depth + 1)

    def _own(self, plan: _Plan, node: Node) -> Iterator[Walk]:
        """The walks of a path that changes something, one for each thing worth changing."""
        if plan.path.target.kind is TargetKind.GROUP and plan.path.gain is Gain.TARGET and not _gains_by_joining(node):
            return
        if not self._walker.could(plan.path, node):
            return
        candidates = self._candidates(plan, node, None) if plan.path.gain in _CHANGING_TARGET else ()
        for number, scene in enumerate(scenes(plan.path.target, node, self._land, candidates)):
            walk = self._walker.on(plan.path, node, scene)
            if walk is None or (isinstance(walk.result, Node) and walk.result.key == node.key):
                continue
            if plan.path.gain in _CHANGING_TARGET and not self._tops(walk):
                continue
            yield walk
            if (walk.sure and self._tops(walk)) or number >= _MOST_CHANGES:
                return

    def _tops(self, walk: Walk) -> bool:
        """Whether a walk leads to an administrator at once."""
        if isinstance(walk.result, End):
            return True
        return is_administrator(walk.result.powers, walk.result.holder.context) is True

    def _fitting(self, node: Node) -> Iterator[_Plan]:
        """The paths whose actions a node may have, and whose kind of actor it is."""
        user = node.holder.kind is Kind.USER
        for plan in self._plans:
            if plan.mask & ~node.powers.possible:
                continue
            actor = plan.path.actor
            if actor is Actor.ANY or (actor is Actor.USER) is user:
                yield plan

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

    def _conditional_tops(self) -> None:
        """Administrators under a condition."""
        for key, node in self._nodes.items():
            found = is_administrator(node.powers, node.holder.context)
            if key not in self._ways and isinstance(found, tuple):
                self._ways[key] = Way(None, requires=found)

    def _round(self, frontier: list[Holder], *, sure: bool) -> dict[tuple[int, int], Way]:
        """Everybody who is one step from somebody already up."""
        up = _Frontier(holder for holder in frontier if Node(holder, holder.powers).key in self._ways)
        reached: dict[tuple[int, int], Way] = {}
        for key, node in self._nodes.items():
            if key not in self._ways:
                way = self._one_step(node, up, sure=sure)
                if way is not None:
                    reached[key] = way
        return reached

    def _one_step(self, node: Node, up: _Frontier, *, sure: bool) -> Way | None:
        own = [self._continued(walk) for walk in self._own_walks.get(node.key, ()) if walk.sure or not sure]
        found = min((way for way in own if way is not None), key=_order, default=None)
        if found is not None and found.length == 1:
            return found
        for plan in self._fitting(node):
            if plan.on_others:
                walk = self._first(plan, node, self._candidates(plan, node, up), sure=sure)
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

    def _first(self, plan: _Plan, node: Node, candidates: Iterable[Holder], *, sure: bool) -> Walk | None:
        if (sure and plan.never_sure) or not self._walker.could(plan.path, node):
            return None
        for scene in scenes(plan.path.target, node, self._land, candidates):
            walk = self._walker.on(plan.path, node, scene)
            if walk is not None and (walk.sure or not sure):
                return walk
        return None

    def _candidates(self, plan: _Plan, node: Node, up: _Frontier | None) -> Iterable[Holder]:
        """The principals a path may be walked on: of those that are up, or of all."""
        path, actor = plan.path, node.holder
        account = actor.account.id
        if path.target.kind is TargetKind.USER:
            pool = self._land.users(account)
        elif path.target.trusts:
            pool = self._land.lending(account, path.target.trusts)
        elif path.actions == (_ASSUME,):
            return self._assumable(node, up)
        else:
            pool = self._land.roles(account)
        if up is not None:
            pool = up.among(pool)
        named = self._named.by(node.powers, plan.on) if plan.on else None
        policies = self._named.by(node.powers, plan.on_policy) if plan.on_policy else None
        return [
            one
            for one in pool
            if one is not actor
            and (named is None or named.names(one.arn))
            and _worth(path, one)
            and (policies is None or any(policies.names(each.arn) for each in one.attachments if each.arn))
        ]

    def _assumable(self, node: Node, up: _Frontier | None) -> list[Holder]:
        """The roles that may let somebody in: by name, or by the account if own policies allow it."""
        actor = node.holder
        pool = self._land.naming(actor)
        found = pool if up is None else up.among(pool)
        if node.powers.could(_ASSUME):
            trusting = self._land.trusting(actor.account.id)
            named = self._named.by(node.powers, _ASSUME.lower())
            trusting = trusting if up is None else up.among(trusting)
            found = [*found, *(one for one in trusting if named is None or named.names(one.arn))]
        return [one for one in found if one is not actor]


class _Frontier:
    """Principals that are up since the last round."""

    def __init__(self, holders: Iterable[Holder]) -> None:
        self._holders = {id(one) for one in holders}
        self._among: dict[int, tuple[list[Holder], list[Holder]]] = {}

    def among(self, pool: list[Holder]) -> list[Holder]:
        """Those of a pool; the answer for one pool is kept."""
        found = self._among.get(id(pool))
        if found is None:
            found = self._among[id(pool)] = (pool, [one for one in pool if id(one) in self._holders])
        return found[1]


def _naming(path: EscalationPath, template: str) -> str:
    """The first action of a path on just what the template stands for, in lower case, or an empty text."""
    found = (one.action for one in path.permissions if one.resource == template and one.action != _ASSUME)
    return next(found, "").lower()


def _placed(path: EscalationPath, land: Landscape) -> bool:
    """Whether a path can be judged: one from the management account only where it is known which that is."""
    known = any(one.seat.management is not None for one in land.households.values())
    return known or Where.ACTOR_IN_MANAGEMENT_ACCOUNT not in path.target.where


def _worth(path: EscalationPath, holder: Holder) -> bool:
    """Whether a principal has what a path wants to take away or change."""
    if Where.HAS_BOUNDARY in path.target.where and not holder.boundary:
        return False
    if Where.DENIES_TARGET in path.policies and not holder.denies:
        return False
    return Where.CUSTOMER_MANAGED not in path.policies or holder.customer_managed


def _gains_by_joining(node: Node) -> bool:
    """Whether a group could add something: not to somebody who is allowed everything, nor once more after a change."""
    own = node.powers is node.holder.powers
    return own and is_administrator(node.powers.granted, node.holder.context) is False


def _order(way: Way) -> tuple[int, int, str]:
    """Fewer steps first, then fewer requirements, then by name."""
    requires = sum(len(walk.requires) for walk in way.steps())
    return way.length, requires, way.walk.path.id if way.walk is not None else ""
