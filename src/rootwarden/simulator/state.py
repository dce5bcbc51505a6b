"""What changes while the simulator runs, in one place."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.simulator.calls import Calls
from rootwarden.simulator.knobs import EmptyPage, Knobs, Leave, UseRootKey
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from rootwarden.simulator.knobs import Join
    from rootwarden.simulator.world import World
    from rootwarden.trail.digests.keys import PublicKey

    Clock = Callable[[], datetime]


class ManualClock:
    """A clock that stands still until moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def __call__(self) -> datetime:
        """The instant it stands at."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock on."""
        self._now += by


class Report(msgspec.Struct, kw_only=True):
    """A credential report that exists, or will after `polls` more polls; `content` is the CSV."""

    generated: datetime
    content: bytes = b""
    polls: int = 0


class State:
    """World, clock, knobs, counters, sessions, reports, imported findings and digest keys of one simulator."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world = world
        self.clock = clock
        self.knobs = Knobs(world.initial_knobs)
        self.calls = Calls()
        self.sessions = Sessions(world)
        self.reports: dict[str, Report] = {}
        self.findings: list[dict[str, Any]] = []
        self.public_keys: list[PublicKey] = []

    def is_listed(self, account_id: str) -> bool:
        """Whether the account has joined yet, and has not left."""
        joins, leaves = self.knobs.join(account_id), self.knobs.of_account(Leave, account_id)
        if leaves is not None and self._asked(leaves, account_id) > leaves.after:
            return False
        return joins is None or self._asked(joins, account_id) > joins.after

    def root_used(self, account_id: str) -> datetime | None:
        """When a knob had somebody use root's key, or `None`."""
        knob = self.knobs.of_account(UseRootKey, account_id)
        return self.clock() if knob is not None and self._asked(knob, account_id) > knob.after else None

    def _asked(self, knob: Join | Leave | UseRootKey, account_id: str) -> int:
        return sum(count for (_, call), count in self.calls.snapshot().items() if knob.matches(account_id, call))

    def has_empty_page(self, account_id: str, call: str) -> bool:
        """Whether this list is to have an empty page in the middle."""
        return self.knobs.first(EmptyPage, account_id, call) is not None
