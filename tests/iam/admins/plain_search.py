"""Who gets up, found by trying every path on everybody again and again: no index, no order, nothing left out.

For small accounts. It asks the same questions of policies as the search does; whom to ask them of is its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.admin import is_administrator
from rootwarden.iam.admins.attempt import End, Node
from rootwarden.iam.admins.scenes import scenes
from rootwarden.iam.admins.walk import Walker
from rootwarden.iam.escalation.path import Actor
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.walk import Walk
    from rootwarden.iam.escalation.path import EscalationPath

_MOST_NODES: Final = 80


class PlainSearch:
    """Whether somebody gets up without doubt."""

    def __init__(self, land: Landscape, paths: Iterable[EscalationPath]) -> None:
        self._land = land
        self._walker = Walker(land)
        self._paths = [one for one in paths if one.actor is not Actor.OUTSIDER and not one.ended]

    def gets_up(self, holder: Holder) -> bool | None:
        """Whether it does; `None` where there is too much to try."""
        start = Node(holder, holder.powers)
        in_hand = {start.key: start}
        queue = [start]
        for node in queue:
            if is_administrator(node.powers, node.holder.context) is True:
                return True
            if len(queue) > _MOST_NODES:
                return None
            for walk in self._walks(node, list(in_hand.values())):
                if isinstance(walk.result, End):
                    return True
                if walk.result.key not in in_hand:
                    in_hand[walk.result.key] = walk.result
                    queue.append(walk.result)
        return False

    def _walks(self, node: Node, in_hand: list[Node]) -> Iterator[Walk]:
        """What can be done with somebody, and together with everybody who is in hand already."""
        others = [one for one in self._land.holders if one is not node.holder]
        for path in self._paths:
            if _fits(path, node.holder):
                for scene in scenes(path.target, node, self._land, others):
                    yield from self._sure(self._walker.walks(path, node, scene))
            if path.another is not None:
                for other in in_hand:
                    for asker, whose in ((node, other), (other, node)):
                        if asker.holder is not whose.holder and _fits(path, whose.holder):
                            for scene in scenes(path.target, whose, self._land, ()):
                                yield from self._sure(self._walker.walks(path, asker, scene, whose))

    def _sure(self, walks: list[Walk]) -> Iterator[Walk]:
        return (walk for walk in walks if walk.sure)


def _fits(path: EscalationPath, holder: Holder) -> bool:
    return path.actor is not (Actor.ROLE if holder.kind is Kind.USER else Actor.USER)
