"""Which steps can somebody take? Asked of a principal with its powers, whatever is known of ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.admin import is_administrator
from rootwarden.iam.admins.attempt import End, Node
from rootwarden.iam.admins.certainty import Certainty
from rootwarden.iam.admins.named import NamedResources
from rootwarden.iam.admins.scenes import scenes
from rootwarden.iam.admins.walk import Walker, always_unsure
from rootwarden.iam.escalation.path import Actor, EscalationPath, Gain, TargetKind, Where
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.admins.conditions import Scene
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import Book
    from rootwarden.iam.admins.walk import Walk

MOST_CHANGES: Final = 24
MOST_TRIED: Final = 200
CHANGING_TARGET: Final = frozenset({Gain.REWRITES_TARGET, Gain.UNBLOCKS_TARGET})
_ASSUME: Final = "sts:AssumeRole"
_OF_PRINCIPALS: Final = frozenset({TargetKind.ROLE, TargetKind.USER})


class Plan(msgspec.Struct, frozen=True, eq=False):
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
        return self.path.target.kind in _OF_PRINCIPALS and self.path.gain not in CHANGING_TARGET


class Steps:
    """The steps in one landscape.

    Args:
        land: Who there is.
        book: Where their policies are compiled, with the actions of `paths`.
        paths: The catalogue; those that have ended or are for outsiders are left out.

    Attributes:
        plans: The paths that are left; those on principals last.
        walker: Tries one path.
    """

    def __init__(self, land: Landscape, book: Book, paths: Iterable[EscalationPath]) -> None:
        self._land = land
        self._book = book
        self.walker = Walker(land)
        walkable = [one for one in paths if not one.ended and one.actor is not Actor.OUTSIDER and _placed(one, land)]
        self.plans = sorted(map(self._plan, walkable), key=lambda plan: plan.path.target.kind in _OF_PRINCIPALS)
        self._certainty = Certainty()
        self._names = NamedResources()
        self._fits: dict[tuple[int, bool, int], tuple[Plan, ...]] = {}

    def _plan(self, path: EscalationPath) -> Plan:
        mask = self._book.mask(one for one in path.actions if one != _ASSUME)
        return Plan(path, mask, always_unsure(path, self._land))

    def cut(self, what: str, node: Node) -> None:
        """Note what was not tried to the end for somebody."""
        self.walker.cut.setdefault(what, set()).add(node.holder.arn)

    def fitting(self, node: Node) -> tuple[Plan, ...]:
        """The paths whose actions a node may have, and whose kind of actor it is."""
        user = node.holder.kind is Kind.USER
        possible = node.powers.possible_in(node.holder.context)
        key = (id(node.powers), user, possible)
        found = self._fits.get(key)
        if found is None:
            barred = {Actor.ROLE if user else Actor.USER}
            plans = (one for one in self.plans if not one.mask & ~possible)
            found = self._fits[key] = tuple(one for one in plans if one.path.actor not in barred)
        return found

    def may_be_sure(self, plan: Plan, node: Node) -> bool:
        """Whether a walk of a path can be without doubt; false is sure."""
        return not plan.never_sure and self._certainty.of(plan.path, node)

    def _scenes(self, plan: Plan, asker: Node, whose: Node, candidates: Iterable[Holder]) -> Iterator[Scene]:
        """What a path may be walked on; of groups those that the policies of who walks it name."""
        path = plan.path
        found = scenes(path.target, whose, self._land, candidates)
        if path.target.kind is not TargetKind.GROUP:
            return found
        actions = (one.action.lower() for one in path.permissions if one.resource == "{target}")
        naming = [named for one in actions if (named := self._names.by(asker.powers, one)) is not None]
        return (one for one in found if one.group is None or all(named.names(one.group.arn) for named in naming))

    def own(self, plan: Plan, node: Node) -> Iterator[Walk]:
        """The walks of a path that changes something, one for each thing worth changing."""
        if plan.path.target.kind is TargetKind.GROUP and plan.path.gain is Gain.TARGET and not _gains_by_joining(node):
            return
        if not self.walker.could(plan.path, node):
            return
        changing = plan.path.gain in CHANGING_TARGET
        candidates = self.walker.pools.candidates(plan.path, node, None) if changing else ()
        sure = self.may_be_sure(plan, node)
        tried = 0
        for scene in self._scenes(plan, node, node, candidates):
            if tried > (MOST_TRIED if plan.path.also is None else MOST_CHANGES):
                self.cut(f"`{plan.path.id}` was not tried on everything", node)
                return
            for walk in self.walker.walks(plan.path, node, scene):
                tried += 1
                top = tops(walk)
                if not (changing and not top) and not (isinstance(walk.result, Node) and walk.result.key == node.key):
                    yield walk
                if top and walk.sure is sure:
                    return

    def first(self, plan: Plan, node: Node, candidates: Iterable[Holder], *, sure: bool) -> Walk | None:
        """The first walk on one of the candidates; without doubt where that is asked for."""
        if sure and not self.may_be_sure(plan, node):
            return None
        if not self.walker.could(plan.path, node):
            return None
        for scene in self._scenes(plan, node, node, candidates):
            walk = self.walker.on(plan.path, node, scene)
            if walk is not None and (walk.sure or not sure):
                return walk
        return None

    def every(self, plan: Plan, node: Node, candidates: Iterable[Holder], *, sure: bool) -> Iterator[Walk]:
        """A walk on each of the candidates, one after the other."""
        if (sure and not self.may_be_sure(plan, node)) or not self.walker.could(plan.path, node):
            return
        for tried, scene in enumerate(self._scenes(plan, node, node, candidates)):
            if tried >= MOST_TRIED:
                self.cut(f"`{plan.path.id}` was not tried on everybody", node)
                return
            walk = self.walker.on(plan.path, node, scene)
            if walk is not None and (walk.sure or not sure):
                yield walk

    def surest(self, plan: Plan, node: Node) -> Walk | None:
        """A walk on anybody: one without doubt where one is soon found, else the first."""
        if not self.walker.could(plan.path, node):
            return None
        sure = self.may_be_sure(plan, node)
        found: Walk | None = None
        tried = 0
        candidates = self.walker.pools.candidates(plan.path, node, None)
        for scene in self._scenes(plan, node, node, candidates):
            walk = self.walker.on(plan.path, node, scene)
            found = walk if found is None or (walk is not None and walk.sure) else found
            tried += found is not None
            if found is not None and (found.sure or not sure or tried > MOST_CHANGES):
                return found
        return found

    def on_another(self, plan: Plan, asker: Node, whose: Node, *, sure: bool) -> Iterator[Walk]:
        """The walks of a path that one principal takes to change another, with both in hand."""
        if sure and not self.may_be_sure(plan, asker):
            return
        if plan.path.target.kind is TargetKind.GROUP and plan.path.gain is Gain.TARGET and not _gains_by_joining(whose):
            return
        for tried, scene in enumerate(self._scenes(plan, asker, whose, ())):
            if tried >= MOST_TRIED:
                self.cut(f"`{plan.path.id}` was not tried on everything", asker)
                return
            for walk in self.walker.walks(plan.path, asker, scene, whose):
                changed = isinstance(walk.result, Node) and walk.result.key != whose.key
                if changed and (walk.sure or not sure):
                    yield walk


def tops(walk: Walk) -> bool:
    """Whether a walk leads to an administrator at once."""
    if isinstance(walk.result, End):
        return True
    return is_administrator(walk.result.powers, walk.result.holder.context) is True


def _placed(path: EscalationPath, land: Landscape) -> bool:
    """Whether a path can be judged: into members, from the management account, only where it is known which that is."""
    known = any(one.seat.management is not None for one in land.households.values())
    return known or path.actions != (_ASSUME,) or Where.ACTOR_IN_MANAGEMENT_ACCOUNT not in path.target.where


def _gains_by_joining(node: Node) -> bool:
    """Whether a group could add something: not to somebody who is allowed everything, nor once more after a change."""
    own = node.powers is node.holder.powers
    return own and is_administrator(node.powers.granted, node.holder.context) is not True
