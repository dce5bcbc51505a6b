"""The states of a delivery, one message to one channel, and the moves between them.

    collecting ──► pending ◄──► sending ──► sent
                     │             │
                     ├─► cancelled └─► dead ──► pending (by hand)

A move that is not in the table is a mistake of ours, and refused.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """Why a message goes to a channel: to wake somebody, to tell of several findings at once, or to keep elsewhere."""

    PAGE = "page"
    DIGEST = "digest"
    STREAM = "stream"


class State(StrEnum):
    """Where a delivery is.

    `collecting`: a digest that still takes findings. `sending`: leased by one deliverer. `dead`: given up, and shown.
    `cancelled`: an escalation that was acknowledged before it left.
    """

    COLLECTING = "collecting"
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How one attempt ended.

    `sent`: the receiver took it. `failed`: it did not, and may later. `refused`: it never will as it is.
    `undecided`: nobody knows, because the sender died or the answer never came; it is sent again with the same key.
    """

    SENT = "sent"
    FAILED = "failed"
    REFUSED = "refused"
    UNDECIDED = "undecided"


MOVES: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.COLLECTING: frozenset({State.PENDING, State.CANCELLED}),
        State.PENDING: frozenset({State.SENDING, State.CANCELLED}),
        State.SENDING: frozenset({State.SENT, State.PENDING, State.DEAD, State.CANCELLED}),
        State.SENT: frozenset(),
        State.DEAD: frozenset({State.PENDING}),
        State.CANCELLED: frozenset(),
    }
)


def moved(before: State, after: State) -> State:
    """The state after a move.

    Raises:
        InternalError: When there is no such move.
    """
    if after not in MOVES[before]:
        raise InternalError(f"a delivery cannot go from {before} to {after}")
    return after
