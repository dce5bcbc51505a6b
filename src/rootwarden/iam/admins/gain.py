"""What a path gives: the principal its walker is at the end, and what that one may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.admin import EVERYTHING
from rootwarden.iam.admins.attempt import Node
from rootwarden.iam.escalation.path import Gain, Where

if TYPE_CHECKING:
    from rootwarden.iam.admins.attempt import Attempt
    from rootwarden.iam.admins.conditions import Scene
    from rootwarden.iam.admins.holders import Group, Holder

_LEAVE: Final = "iam:RemoveUserFromGroup"


def changed(attempt: Attempt) -> Node | None:
    """The principal somebody is at the end of a path, with what it may do there.

    Args:
        attempt: The path, who walks it, and what it is walked on.

    Returns:
        That principal, or the same one with other powers; `None` when the path leads nowhere new.
    """
    node, scene, gain = attempt.whose, attempt.scene, attempt.path.gain
    changed = node if gain in {Gain.REWRITES_SELF, Gain.UNBLOCKS_SELF} else _own(scene.target)
    if attempt.version is not None and scene.policy is not None:
        return Node(node.holder, node.powers.without(scene.policy.policy).beside((attempt.version,)))
    if gain in {Gain.REWRITES_SELF, Gain.REWRITES_TARGET}:
        return _rewritten(changed, scene)
    if gain in {Gain.UNBLOCKS_SELF, Gain.UNBLOCKS_TARGET}:
        return _unblocked(changed, attempt)
    if scene.group is not None:
        return _joined(node if scene.also is None else Node(scene.also, scene.also.powers), scene.group)
    return changed


def _own(holder: Holder | None) -> Node | None:
    return None if holder is None else Node(holder, holder.powers)


def _rewritten(node: Node | None, scene: Scene) -> Node | None:
    """With policies that say what the actor wants; a policy that is rewritten no longer says what it said."""
    if node is None:
        return None
    powers = node.powers if scene.policy is None else node.powers.without(scene.policy.policy)
    return Node(node.holder, powers.beside((EVERYTHING,)))


def _unblocked(node: Node | None, attempt: Attempt) -> Node | None:
    """Without the boundary, or without the policy the path removes."""
    if node is None:
        return None
    policy, where = attempt.scene.policy, (*attempt.path.target.where, *attempt.path.policies)
    if policy is not None and policy.group and any(one.action == _LEAVE for one in attempt.path.permissions):
        powers = node.powers
        for one in node.holder.attachments:
            powers = powers.without(one.policy) if one.group == policy.group else powers
    elif policy is not None and Where.IS_BOUNDARY_OF_ACTOR not in where:
        powers = node.powers.without(policy.policy)
    elif Where.ACTOR_IN_MEMBER_ACCOUNT in where:
        powers = node.powers.outside_organization()
    elif node.powers.boundary is not None:
        powers = node.powers.unbounded()
    else:
        return None
    return None if powers is node.powers else Node(node.holder, powers)


def _joined(node: Node, group: Group) -> Node | None:
    """In the group as well."""
    powers = node.powers.beside(one.policy for one in group.attachments)
    return None if powers is node.powers else Node(node.holder, powers)
