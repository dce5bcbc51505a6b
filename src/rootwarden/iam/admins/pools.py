"""Whom a path may be walked on: users and roles worth trying, found through indexes instead of asking everybody.

What does not depend on who walks a path is decided once for an account; what does is looked up by the names in trust
policies and in the walker's own statements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.attempt import Node
from rootwarden.iam.admins.conditions import Scene, holds
from rootwarden.iam.admins.named import NamedResources
from rootwarden.iam.admins.trust import ASSUME
from rootwarden.iam.escalation.path import TargetKind, Where
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.named import Named
    from rootwarden.iam.admins.powers import May, Powers
    from rootwarden.iam.escalation.path import EscalationPath

_ASSUME_ROLE: Final = "sts:AssumeRole"
# Conditions of a target that are the same whoever walks the path.
_OF_TARGET: Final = frozenset(
    {
        Where.FEWER_THAN_TWO_KEYS,
        Where.HAS_BOUNDARY,
        Where.HAS_PASSWORD,
        Where.IN_INSTANCE_PROFILE,
        Where.NOT_RESERVED,
        Where.NO_PASSWORD,
        Where.TRUSTS_ANOTHER_ACCOUNT,
        Where.TRUSTS_ANYONE,
        Where.TRUSTS_OIDC_PROVIDER,
        Where.TRUSTS_SAML_PROVIDER,
        Where.TWO_KEYS,
    }
)


class Pool:
    """Principals, in order, with their ARNs."""

    __slots__ = ("by_arn", "holders")

    def __init__(self, holders: Iterable[Holder]) -> None:
        self.holders = list(holders)
        self.by_arn = {one.arn: one for one in self.holders}


class Frontier:
    """Principals that are up since the last round."""

    def __init__(self, holders: Iterable[Holder]) -> None:
        self._holders = {id(one) for one in holders}
        self._among: dict[int, tuple[object, list[Holder]]] = {}

    def has(self, holder: Holder) -> bool:
        """Whether somebody is one of them."""
        return id(holder) in self._holders

    def among(self, pool: list[Holder]) -> list[Holder]:
        """Those of a pool that is kept; the answer for one pool is kept too."""
        found = self._among.get(id(pool))
        if found is None:
            found = self._among[id(pool)] = (pool, [one for one in pool if id(one) in self._holders])
        return found[1]


class Pools:
    """Whom paths may be walked on.

    Args:
        land: Who there is.
        lends: Whether a role is lent to one of some services.
    """

    def __init__(self, land: Landscape, lends: Callable[[Holder, tuple[str, ...]], May]) -> None:
        self._land = land
        self._lends = lends
        self._named = NamedResources()
        self._fitting: dict[tuple[str, str], Pool] = {}

    def candidates(self, path: EscalationPath, node: Node, up: Frontier | None) -> Iterator[Holder]:
        """The principals a path may be walked on, one after the other: of those that are up, or of all."""
        if path.actions == (_ASSUME_ROLE,):
            yield from self._assumable(node, up)
            return
        named = self._by(node.powers, path, "{target}")
        policies = self._by(node.powers, path, "{policy}")
        for one in self._possible(path, node, named, up):
            if one is node.holder or (named is not None and not named.names(one.arn)):
                continue
            if policies is None or any(policies.names(each.arn) for each in one.attachments if each.arn):
                yield one

    def _possible(self, path: EscalationPath, node: Node, named: Named | None, up: Frontier | None) -> Iterable[Holder]:
        pool = self.fitting(path, node.holder.account.id)
        if not pool.holders:
            return ()
        if Where.TRUSTS_ACTOR in path.target.where:
            return (one for one in self._assumable(node, up) if pool.by_arn.get(one.arn) is one)
        if named is not None and not named.patterns:
            listed = (pool.by_arn.get(arn) for arn in sorted(named.literals))
            return (one for one in listed if one is not None and (up is None or up.has(one)))
        return pool.holders if up is None else up.among(pool.holders)

    def _assumable(self, node: Node, up: Frontier | None) -> Iterator[Holder]:
        """The roles that may let somebody in: by name, or by the account if own policies allow it."""
        actor = node.holder
        by_name = self._land.naming(actor)
        yield from (one for one in by_name if one is not actor and (up is None or up.has(one)))
        if not node.powers.could(_ASSUME_ROLE):
            return
        trusting = self._land.trusting(actor.account.id)
        named = self._named.by(node.powers, ASSUME)
        met = set(map(id, by_name))
        for one in trusting if up is None else up.among(trusting):
            if one is not actor and id(one) not in met and (named is None or named.names(one.arn)):
                yield one

    def named_seconds(self, path: EscalationPath, powers: Powers) -> Named | None:
        """Which second principals somebody's policies name; `None` for any."""
        return self._by(powers, path, "{also}")

    def _by(self, powers: Powers, path: EscalationPath, template: str) -> Named | None:
        action = next(
            (one.action for one in path.permissions if one.resource == template and one.action != _ASSUME_ROLE), ""
        )
        return self._named.by(powers, action.lower()) if action else None

    def fitting(self, path: EscalationPath, account: str) -> Pool:
        """The users or roles of an account that a path may be walked on, whoever walks it."""
        key = (path.id, account)
        found = self._fitting.get(key)
        if found is None:
            found = self._fitting[key] = Pool(one for one in self._all(path, account) if self._fits(path, one))
        return found

    def _all(self, path: EscalationPath, account: str) -> list[Holder]:
        target, also = path.target, path.also
        if target.kind is TargetKind.USER:
            return self._land.users(account)
        if target.trusts:
            return self._land.lending(account, target.trusts)
        if also is not None and Where.MAY_ASSUME_TARGET in also.where:
            return self._entered(account, also.trusts)
        return self._land.roles(account)

    def _entered(self, account: str, trusts: tuple[str, ...]) -> list[Holder]:
        """The roles of an account that one lent to some services may assume."""
        entered: dict[Holder, None] = {}
        for second in self._land.lending(account, trusts):
            entered.update(dict.fromkeys(self._assumable(Node(second, second.powers), None)))
        return [one for one in entered if one.account.id == account]

    def _fits(self, path: EscalationPath, one: Holder) -> bool:
        scene = Scene(actor=one, target=one)
        if path.target.kind is not (TargetKind.USER if one.kind is Kind.USER else TargetKind.ROLE):
            return False
        if Where.DENIES_TARGET in path.policies and not one.denies:
            return False
        if Where.CUSTOMER_MANAGED in path.policies and not one.customer_managed:
            return False
        if path.target.trusts and self._lends(one, path.target.trusts) is False:
            return False
        return all(holds(word, scene) is not False for word in path.target.where if word in _OF_TARGET)
