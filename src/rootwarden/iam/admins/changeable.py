"""Whom may somebody change, were both in hand? Found by the names in policies, before anything dearer is asked."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.named import NamedResources
from rootwarden.iam.admins.pools import Pool
from rootwarden.iam.escalation.path import Actor, TargetKind, Where
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.iam.admins.attempt import Node
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.named import Named
    from rootwarden.iam.admins.steps import Plan, Steps

_KIND: Final = {Actor.USER: Kind.USER, Actor.ROLE: Kind.ROLE}
# Resources that tell who is changed.
_TELLING: Final = frozenset({"{actor}", "{group}", "{target}"})
_OF_IDENTITY_CENTER: Final = "/aws-reserved/sso.amazonaws.com/"


class Changeable:
    """Whom principals may change.

    Args:
        land: Who there is.
        steps: Which steps they can take.

    Attributes:
        plans: The paths that somebody can take to change another.
    """

    def __init__(self, land: Landscape, steps: Steps) -> None:
        self._land = land
        self._steps = steps
        self.plans = tuple(plan for plan in steps.plans if plan.path.another is not None)
        self._names = NamedResources()
        self._fits: dict[int, tuple[Plan, ...]] = {}
        self._found: dict[tuple[int, str, str], Pool] = {}
        self._everybody: dict[tuple[str, Actor], Pool] = {}
        self._touched_by: dict[tuple[str, str], dict[str, list[Holder]]] = {}

    def plans_of(self, node: Node, *, sure: bool) -> list[Plan]:
        """The paths a node may take to change another."""
        found = self._fits.get(id(node.powers))
        if found is None:
            possible = node.powers.possible
            found = self._fits[id(node.powers)] = tuple(one for one in self.plans if not one.mask & ~possible)
        return [one for one in found if not sure or self._steps.may_be_sure(one, node)]

    def by(self, plan: Plan, node: Node) -> Pool:
        """Whom a node may change by a path: nobody who is left out can be changed by it."""
        account = node.holder.account.id
        key = (id(node.powers), account, plan.path.id)
        found = self._found.get(key)
        if found is None:
            first = plan.path.permissions[0]
            told = first.resource in _TELLING
            named = self._names.by(node.powers, first.action.lower()) if told else None
            found = self._of_kind(plan, account) if named is None else self._named(plan, account, named)
            self._found[key] = found
        return found

    def _of_kind(self, plan: Plan, account: str) -> Pool:
        """Users, roles or both of an account; of any account the roles that Identity Center made."""
        elsewhere = plan.path.target.kind is TargetKind.PERMISSION_SET
        key = ("" if elsewhere else account, plan.path.actor)
        found = self._everybody.get(key)
        if found is None and elsewhere:
            found = Pool(one for one in self._land.holders if one.path.startswith(_OF_IDENTITY_CENTER))
        elif found is None:
            kind = _KIND.get(plan.path.actor)
            users = self._land.users(account) if kind is not Kind.ROLE else []
            found = Pool([*users, *(self._land.roles(account) if kind is not Kind.USER else [])])
        self._everybody[key] = found
        return found

    def _named(self, plan: Plan, account: str, named: Named) -> Pool:
        """Those for whom a policy names what it has to."""
        touching = self._touching(plan, account)
        arns = [arn for arn in sorted(named.literals) if arn in touching]
        arns += [arn for arn in touching if named.names(arn)] if named.patterns else []
        return Pool({id(one): one for arn in arns for one in touching[arn]}.values())

    def _touching(self, plan: Plan, account: str) -> dict[str, list[Holder]]:
        """By what a policy has to name, who is changed by it."""
        key = (plan.path.id, account)
        found = self._touched_by.get(key)
        if found is None:
            found = self._touched_by[key] = defaultdict(list)
            for one in self._of_kind(plan, account).holders:
                for arn in self._touched(plan, one):
                    found[arn].append(one)
        return found

    def _touched(self, plan: Plan, one: Holder) -> Iterator[str]:
        """What a policy has to name for somebody to be changed by a path."""
        target, resource = plan.path.target, plan.path.permissions[0].resource
        if resource == "{actor}":
            yield one.arn
        elif target.kind is TargetKind.GROUP and Where.GROUP_OF_ACTOR not in target.where:
            yield from (group.arn for group in self._land.households[one.account.id].groups.values())
        elif target.kind is TargetKind.GROUP or resource == "{group}":
            groups = self._land.households[one.account.id].groups
            yield from (groups[name].arn for name in one.groups if name in groups)
        else:
            yield from (each.arn for each in one.attachments if each.arn)
            if one.boundary:
                yield one.boundary
