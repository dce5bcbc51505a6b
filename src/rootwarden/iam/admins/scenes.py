"""What a path may be walked on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.conditions import Scene, holds
from rootwarden.iam.escalation.path import TargetKind, Where
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.admins.attempt import Node
    from rootwarden.iam.admins.holders import AccountSeat, Attachment, Group, Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.escalation.path import Target

# Words that speak of the actor alone.
_OF_ACTOR: Final = frozenset({Where.ACTOR_IN_MANAGEMENT_ACCOUNT, Where.ACTOR_IN_MEMBER_ACCOUNT})


def scenes(target: Target, node: Node, land: Landscape, candidates: Iterable[Holder]) -> Iterator[Scene]:
    """What a path may be walked on: the candidates where it takes a principal, else all there is.

    Args:
        target: What the path takes.
        node: Who walks it.
        land: Who there is.
        candidates: Users or roles that are worth it.
    """
    actor, ours = node.holder, land.accounts
    household = land.households[actor.account.id]
    if target.kind in {TargetKind.ROLE, TargetKind.USER}:
        kind = Kind.ROLE if target.kind is TargetKind.ROLE else Kind.USER
        yield from (Scene(actor=actor, target=one, ours=ours) for one in candidates if one.kind is kind)
    elif target.kind is TargetKind.GROUP:
        groups = _groups(target, actor, household.groups, land)
        yield from (Scene(actor=actor, group=one, ours=ours) for one in groups)
    elif target.kind is TargetKind.POLICY:
        yield from (Scene(actor=actor, policy=one, ours=ours) for one in _policies_of(node, household.policies))
    elif target.kind is TargetKind.ACCOUNT:
        if any(holds(word, Scene(actor=actor, ours=ours)) is False for word in target.where if word in _OF_ACTOR):
            return  # the same for every account there is
        yield from (Scene(actor=actor, account=one, ours=ours) for one in _accounts(actor.account, land))
    else:
        yield Scene(actor=actor, ours=ours)


def _groups(target: Target, actor: Holder, groups: dict[str, Group], land: Landscape) -> Iterable[Group]:
    """The actor's groups; those that give something to who joins them; or all, where something is put into them."""
    if Where.GROUP_OF_ACTOR in target.where:
        return _own_groups(actor, groups)
    return groups.values() if Where.GROUP_WITHOUT_ACTOR in target.where else land.groups(actor.account.id)


def _own_groups(actor: Holder, groups: dict[str, Group]) -> list[Group]:
    return [groups[name] for name in actor.groups if name in groups]


def _policies_of(node: Node, managed: dict[str, Attachment]) -> Iterator[Attachment]:
    """The policies an actor has, and its boundary."""
    held_now = {id(one) for one in node.powers.identity}
    yield from (one for one in node.holder.attachments if id(one.policy) in held_now)
    if node.holder.boundary in managed and node.powers.boundary is not None:
        yield managed[node.holder.boundary]


def _accounts(seat: AccountSeat, land: Landscape) -> tuple[str, ...]:
    return land.members if seat.organization or len(land.members) > 1 else (seat.id,)
