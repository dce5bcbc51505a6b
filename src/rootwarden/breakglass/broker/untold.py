"""Notices nobody took yet: when they are tried again, when they are given up, and how they are shown; pure.

All of it follows from what the log recorded, so a broker that was killed, or another instance, goes on where the last
attempt left off.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.delivery.backoff import Patience, is_due, is_hopeless, wait_before
from rootwarden.breakglass.broker.words import line_of
from rootwarden.breakglass.core.entry import from_bytes
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.breakglass.core.state import State, Untold

# Each attempt is an entry for ever: some thirty in a day, where the outbox of alerts makes hundreds.
PATIENCE: Final = Patience(first_seconds=30.0, longest_seconds=3600.0, give_up_hours=24.0)
PATIENCE_LASTS: Final = timedelta(hours=PATIENCE.give_up_hours)
MOST_SHOWN: Final = 100


class UntoldView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who could not be told of an entry.

    Attributes:
        position: The entry's place in the log.
        person: Whom nothing reached.
        words: What the entry says, in one line.
        since: When it was tried first.
        attempts: How often it was tried.
        next_try: When it is tried again; none: it is given up.
    """

    position: int
    person: str
    words: str
    since: Instant
    attempts: int
    next_try: Instant | None


class UntoldCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many notices nobody took: those that are still tried, and those that are given up."""

    waiting: int = 0
    dead: int = 0


class Untolds(UntoldCount, frozen=True, kw_only=True):
    """What could not be told; `newest` are the newest of both, newest first."""

    newest: tuple[UntoldView, ...] = ()


def is_given_up(untold: Untold, now: datetime) -> bool:
    """Whether a notice was tried for as long as one is."""
    return is_hopeless(created_at=untold.first, now=now, patience=PATIENCE)


def next_try(position: int, person: str, untold: Untold) -> datetime:
    """When a notice is tried again."""
    return untold.last + _wait(position, person, untold.attempts)


def is_due_again(position: int, person: str, untold: Untold, now: datetime) -> bool:
    """Whether a notice is to be tried again at an instant."""
    wait = _wait(position, person, untold.attempts)
    return not is_given_up(untold, now) and is_due(untold.last + wait, now, farthest=wait)


def count_untold(state: State, now: datetime) -> UntoldCount:
    """How many notices nobody took by an instant."""
    found = _awaited(state)
    dead = sum(is_given_up(untold, now) for untold in found.values())
    return UntoldCount(waiting=len(found) - dead, dead=dead)


def untolds_of(state: State, read: Callable[[int], bytes], now: datetime) -> Untolds:
    """What could not be told by an instant.

    Args:
        state: The replay.
        read: Gives the entry at a place.
        now: The instant.
    """
    count = count_untold(state, now)
    newest = tuple(
        UntoldView(
            position=position,
            person=person,
            words=line_of(from_bytes(read(position))),
            since=untold.first,
            attempts=untold.attempts,
            next_try=None if is_given_up(untold, now) else next_try(position, person, untold),
        )
        for (position, person), untold in sorted(_awaited(state).items(), reverse=True)[:MOST_SHOWN]
    )
    return Untolds(waiting=count.waiting, dead=count.dead, newest=newest)


def _awaited(state: State) -> dict[tuple[int, str], Untold]:
    """Those somebody waits for: not the suspended, who are told nothing any more."""
    return {key: untold for key, untold in state.untold.items() if not state.people[key[1]].suspended}


def _wait(position: int, person: str, attempts: int) -> timedelta:
    """Drawn from what it is about, so that every instance waits as long, and many notices do not come back at once."""
    drawn = hashlib.sha256(f"{position}:{attempts}:{person}".encode()).digest()
    return wait_before(attempts, chance=int.from_bytes(drawn[:4]) / 2**32, patience=PATIENCE)
