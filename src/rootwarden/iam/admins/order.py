"""In which order can steps be taken, where a change also takes something away?

Whoever goes back to an older version of its policy may no longer do what the version before allowed: that has to be
done first. Every step is asked for again with what its actor has by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.admin import is_administrator
from rootwarden.iam.admins.attempt import Key, Node
from rootwarden.iam.admins.powers import Powers
from rootwarden.iam.admins.trust import ASSUME, may_assume_with
from rootwarden.iam.escalation.path import Gain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.iam.admins.attempt import Asked
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.powers import May
    from rootwarden.iam.admins.walk import Walk
    from rootwarden.iam.admins.way import Way
    from rootwarden.iam.layer import Policy

# Of more steps only the first order is tried; of fewer this many beginnings.
MOST_STEPS: Final = 16
MOST_BEGINNINGS: Final = 500


class Hand(msgspec.Struct, frozen=True):
    """What somebody has at one moment.

    Attributes:
        held: Ids of those who are in hand.
        now: By their ids the powers of those who were changed, in hand or not.
        made: Nodes of principals it made itself; who made them stays as it was.
    """

    held: frozenset[int]
    now: Mapping[int, Powers]
    made: frozenset[Key] = frozenset()

    def powers(self, node: Node) -> Powers | None:
        """What somebody may do by now; `None` for who is not in hand."""
        if node.key in self.made:
            return node.powers
        return self.of(node.holder) if id(node.holder) in self.held else None

    def of(self, holder: Holder) -> Powers:
        """What somebody may do by now, in hand or not."""
        return self.now.get(id(holder), holder.powers)

    def after(self, walk: Walk) -> Hand | None:
        """What it has after a step, or `None` where that is not allowed by now."""
        powers = self.powers(walk.node)
        if powers is None or not _still(walk, powers):
            return None
        result = walk.result
        if not isinstance(result, Node):
            return self
        base = _base(walk, result)
        if walk.path.gain is Gain.NEW_PRINCIPAL or base.key in self.made:
            return msgspec.structs.replace(self, made=self.made | {result.key})
        held = self.held if walk.whose is not None else self.held | {id(result.holder)}
        if base.powers is result.powers:
            return msgspec.structs.replace(self, held=held)
        bounded = _same_limit(base.powers, result.powers)
        changed = _changed(self.of(result.holder), base.powers, result.powers)
        # The boundary of who is taken in hand is part of what that is asked with.
        if changed is None or not (bounded or id(result.holder) in held):
            return None
        return msgspec.structs.replace(self, held=held, now={**self.now, id(result.holder): changed})


class Orders:
    """Looks for an order in which every step is still allowed.

    Args:
        start: Who takes the first step.
        reached: To whom all of them lead.
        rest: How it goes on from there.

    Attributes:
        cut: Whether not every order was tried.
    """

    def __init__(self, start: Node, reached: Node, rest: Way) -> None:
        self._begin = Hand(frozenset({id(start.holder)}), {})
        self._reached = reached
        self._rest = rest
        self._beginnings = 0
        self.cut = False

    def of(self, walks: Sequence[Walk]) -> tuple[Walk, ...] | None:
        """The steps in the first order that works; those that come first are tried first."""
        if len(walks) <= MOST_STEPS:
            return self._onwards(self._begin, tuple(walks))
        self.cut = True
        hand: Hand | None = self._begin
        for walk in walks:
            hand = None if hand is None else hand.after(walk)
        return tuple(walks) if hand is not None and self._ends(hand) else None

    def _onwards(self, hand: Hand, left: tuple[Walk, ...]) -> tuple[Walk, ...] | None:
        if not left:
            return () if self._ends(hand) else None
        for index, walk in enumerate(left):
            self._beginnings += 1
            if self._beginnings > MOST_BEGINNINGS:
                self.cut = True
                return None
            after = hand.after(walk)
            onwards = self._onwards(after, left[:index] + left[index + 1 :]) if after is not None else None
            if onwards is not None:
                return (walk, *onwards)
        return None

    def _ends(self, hand: Hand) -> bool:
        """Whether it goes on as it is told, up to an administrator."""
        last: Node | None = self._reached
        for walk in self._rest.steps():
            after = hand.after(walk)
            if after is None:
                return False
            hand, last = after, walk.result if isinstance(walk.result, Node) else None
        powers = hand.powers(last) if last is not None else None
        if last is None or powers is last.powers:
            return True
        return powers is not None and _within(is_administrator(powers, last.holder.context), self._rest.end.requires)


def _still(walk: Walk, powers: Powers) -> bool:
    """Whether its actor is still allowed the step, with no more in doubt than it was told with."""
    return powers is walk.node.powers or all(_allowed(walk, one, powers) for one in walk.asked)


def _allowed(walk: Walk, asked: Asked, powers: Powers) -> bool:
    action = asked.action.lower()
    if _within(powers.may(action, asked.resource, asked.context), walk.requires):
        return True
    role = walk.result.holder if isinstance(walk.result, Node) else None
    if action != ASSUME or role is None or role.arn != asked.resource:
        return False
    return _within(may_assume_with(walk.node.holder, powers, role, asked.context), walk.requires)


def _within(may: May, requires: tuple[str, ...]) -> bool:
    """Whether an answer is yes, or depends on nothing more than what was told."""
    return may if isinstance(may, bool) else set(may) <= set(requires)


def _base(walk: Walk, result: Node) -> Node:
    """Whom a step changes, as it was then; who is taken in hand by it, as it is."""
    if walk.whose is not None:
        return walk.whose
    return walk.node if result.holder is walk.node.holder else Node(result.holder, result.holder.powers)


def _changed(now: Powers, before: Powers, after: Powers) -> Powers | None:
    """What a change makes of powers that others were changed already; `None` where it may not find what it needs."""
    if now is before:
        return after
    if not _ids(before.identity) <= _ids(now.identity):
        return None
    lost = _ids(before.identity) - _ids(after.identity)
    kept = tuple(one for one in now.identity if id(one) not in lost)
    boundary = now.boundary if _same_limit(before, after) else after.boundary
    scp = now.scp if before.scp == after.scp else after.scp
    return now.book.powers(kept, boundary, scp).beside(after.identity)


def _ids(policies: tuple[Policy, ...]) -> frozenset[int]:
    return frozenset(map(id, policies))


def _same_limit(one: Powers, other: Powers) -> bool:
    """Whether both have the same boundary, or none."""
    if one.boundary is None or other.boundary is None:
        return one.boundary is other.boundary
    return _ids(one.boundary) == _ids(other.boundary)
