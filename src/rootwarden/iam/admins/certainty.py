"""Can somebody be sure of an action at all? Asked before every target is tried for a walk without doubt.

No, where every statement that allows it has a condition on something that neither the request nor its target settles
(MFA, an address), or a deny of everything has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.admin import conditions_hold, of_all_resources
from rootwarden.iam.admins.chosen import is_chosen

if TYPE_CHECKING:
    from rootwarden.iam.admins.attempt import Node
    from rootwarden.iam.admins.powers import Level
    from rootwarden.iam.context import Context
    from rootwarden.iam.escalation.path import EscalationPath, Permission

_ASSUME_ROLE: Final = "sts:AssumeRole"
_OF_RESOURCE: Final = ("aws:resourcetag/", "iam:resourcetag/", "ec2:resourcetag/")


class Certainty:
    """Whether walks of nodes can be sure; found once for a node and a permission."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int, str, tuple[str, ...]], bool] = {}

    def of(self, path: EscalationPath, node: Node) -> bool:
        """Whether a walk of a path can be without doubt; false is sure."""
        if node.powers.unreadable:
            return False
        return all(self._of(one, node) for one in path.permissions if one.action != _ASSUME_ROLE)

    def _of(self, permission: Permission, node: Node) -> bool:
        carried = tuple(one.key.lower() for one in permission.context)
        key = (*node.key, permission.action, carried)
        found = self._found.get(key)
        if found is None:
            action, context = permission.action.lower(), node.holder.context
            found = self._found[key] = all(_sure(level, action, context, carried) for level in node.powers.levels)
        return found


def _sure(level: Level, action: str, context: Context, carried: tuple[str, ...]) -> bool:
    allowed = False
    for sheet in level.sheets:
        allows, denies = sheet.about(action)
        allowed = allowed or any(_settled(conditions_hold(one, context), carried) for one in allows)
        for one in denies:
            if of_all_resources(one) and not _passable(conditions_hold(one, context), carried):
                return False
    return allowed


def _settled(holds: bool | tuple[str, ...], carried: tuple[str, ...]) -> bool:
    """Whether an allow may hold without doubt."""
    return holds is not False and (holds is True or all(_settles(one, carried) for one in holds))


def _passable(holds: bool | tuple[str, ...], carried: tuple[str, ...]) -> bool:
    """Whether a deny may be known not to hold: one of its keys at least is settled by the request."""
    return holds is False or (holds is not True and any(_settles(one, carried) for one in holds))


def _settles(key: str, carried: tuple[str, ...]) -> bool:
    name = key.lower()
    return name in carried or is_chosen(name) or name.startswith(_OF_RESOURCE)
