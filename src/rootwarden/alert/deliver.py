"""Deliver what is in the outbox: plan, escalate, lease, send, mark; in one pass, or for ever.

Each channel works by itself, so that one that is slow or down holds up no other. Sending happens outside of
transactions and in less time than a lease has. What was sent and could not be marked, because the database was gone,
is marked before the channel sends anything else.
"""

from __future__ import annotations

import random
import threading
import uuid
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.acknowledge import acknowledge_from_pagers
from rootwarden.alert.bounded import send_in_time
from rootwarden.alert.delivery.state import Outcome, State
from rootwarden.alert.parcel import Pager, Parcel
from rootwarden.alert.store import leasing, planning
from rootwarden.alert.store.loading import subjects
from rootwarden.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from rootwarden.alert.content.subject import Around
    from rootwarden.alert.parcel import Channel
    from rootwarden.alert.reading import Finding
    from rootwarden.alert.routes import Routes
    from rootwarden.alert.store.database import Store
    from rootwarden.alert.store.leasing import Attempted, Lease

SECONDS_TO_SEND: Final = 20.0
MOST_IN_A_PASS: Final = 200
SECONDS_BETWEEN_POLLS: Final = 15.0


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass did.

    Attributes:
        planned: Alerts taken from the outbox.
        escalated: Pages that went to their next stage.
        answered: Pages somebody took in a pager.
        sent: Deliveries a channel took.
        failed: Deliveries that will be tried again, by channel with what went wrong.
        dead: Deliveries that were given up, likewise.
    """

    planned: int = 0
    escalated: int = 0
    answered: int = 0
    sent: int = 0
    failed: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return self == Passed()

    def and_(self, other: Passed) -> Passed:
        """Both together."""
        return Passed(
            planned=self.planned + other.planned,
            escalated=self.escalated + other.escalated,
            answered=self.answered + other.answered,
            sent=self.sent + other.sent,
            failed=self.failed + other.failed,
            dead=self.dead + other.dead,
        )


class Deliverer:
    """Hands deliveries to channels.

    Args:
        store: The database.
        channels: By name.
        routes: Who gets what.
        around: What is known around a finding.
        chance: Draws a number from 0 to 1 for the jitter.
        seconds_to_send: How long one attempt may take; less than a lease.
    """

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        routes: Routes,
        around: Callable[[Finding], Around],
        *,
        chance: Callable[[], float] = random.random,
        seconds_to_send: float = SECONDS_TO_SEND,
    ) -> None:
        self._store = store
        self._channels = channels
        self._routes = routes
        self._around = around
        self._chance = chance
        self._seconds = seconds_to_send
        self._unmarked: list[tuple[Lease, Attempted]] = []
        self._lock = threading.Lock()

    def once(self) -> Passed:
        """One pass over everything that is due.

        Raises:
            StoreError: When the database does not answer; what was sent by then is marked in the next pass.
        """
        passed = self.ask_pagers().and_(self.plan())
        done: list[Passed | StoreError] = []
        threads = [threading.Thread(target=self._into, args=(name, done)) for name in self._channels]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for each in done:
            if isinstance(each, StoreError):
                raise each
            passed = passed.and_(each)
        return passed

    def forever(self, stop: threading.Event, told: Callable[[Passed | StoreError], None], *, pause: float) -> None:
        """Deliver until `stop` is set: planning, every channel and the pagers each in a loop of its own.

        Args:
            stop: Ends it, when what is being sent was sent.
            told: Hears of everything that was done, and of trouble with the database.
            pause: Seconds between two looks into the database.
        """
        polls = max(pause, SECONDS_BETWEEN_POLLS)
        loops: list[tuple[Callable[[], Passed], float]] = [(self.plan, pause), (self.ask_pagers, polls)]
        loops += [(partial(self.deliver_to, name), pause) for name in self._channels]
        threads = [threading.Thread(target=_loop, args=(work, stop, told, wait)) for work, wait in loops]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def plan(self) -> Passed:
        """Plan what is new, and tell the next stage of what nobody took."""
        if not self._store.read(planning.is_any(self._routes)):
            return Passed()

        def work(session: Session) -> Passed:
            now = self._store.now(session)
            planned = planning.plan(session, self._routes, now)
            return Passed(planned=planned, escalated=planning.escalate(session, self._routes, now))

        return self._store.write(work)

    def ask_pagers(self) -> Passed:
        """Ask the pagers who took what."""
        pagers = [each for each in self._channels.values() if isinstance(each, Pager)]
        return Passed(answered=acknowledge_from_pagers(self._store, pagers)) if pagers else Passed()

    def deliver_to(self, channel: str) -> Passed:
        """Send what is due for one channel, and mark it."""
        passed, most = self._mark_what_is_left(channel), MOST_IN_A_PASS
        while most > 0 and (leased := self._leased(channel)):
            most -= len(leased)
            for lease, parcel in leased:
                passed = passed.and_(self._marked(lease, self._sent(channel, lease, parcel)))
        return passed

    def _sent(self, channel: str, lease: Lease, parcel: Parcel) -> Attempted:
        late = partial(self._keep, lease)
        return send_in_time(self._channels[channel], parcel, seconds=self._seconds, late=late)

    def _into(self, channel: str, done: list[Passed | StoreError]) -> None:
        try:
            done.append(self.deliver_to(channel))
        except StoreError as error:
            done.append(error)

    def _leased(self, channel: str) -> list[tuple[Lease, Parcel]]:
        """What is due, leased, with what is in it; as much as can be sent while the lease lasts."""
        if not self._store.read(
            lambda session: leasing.is_any(session, channel, self._routes, self._store.now(session))
        ):
            return []

        def work(session: Session) -> list[tuple[Lease, Parcel]]:
            now = self._store.now(session)
            leases = leasing.lease(session, (channel,), uuid.uuid4().hex, self._routes, now, most=self._at_once)
            return [
                (
                    each,
                    Parcel(
                        key=each.key,
                        kind=each.kind,
                        stage=each.stage,
                        maybe_repeat=each.maybe_repeat,
                        subjects=subjects(session, each.alerts, self._around),
                        now=now,
                    ),
                )
                for each in leases
            ]

        return self._store.write(work)

    @property
    def _at_once(self) -> int:
        return max(1, int(leasing.LEASE.total_seconds() // (self._seconds + 1)))

    def _marked(self, lease: Lease, attempted: Attempted) -> Passed:
        """Mark one attempt; kept to be marked later if the database is gone."""
        try:
            state = self._store.write(
                lambda session: leasing.finish(
                    session, lease, attempted, self._routes, now=self._store.now(session), chance=self._chance()
                )
            )
        except StoreError:
            self._keep(lease, attempted)
            raise
        word = f"{lease.channel}: {attempted.detail}"
        return Passed(
            sent=int(attempted.outcome is Outcome.SENT),
            failed=(word,) if state is State.PENDING else (),
            dead=(word,) if state is State.DEAD else (),
        )

    def _keep(self, lease: Lease, attempted: Attempted) -> None:
        with self._lock:
            self._unmarked.append((lease, attempted))

    def _mark_what_is_left(self, channel: str) -> Passed:
        """Mark what was sent while the database was gone, or came through after it was given up."""
        with self._lock:
            mine = [each for each in self._unmarked if each[0].channel == channel]
            self._unmarked = [each for each in self._unmarked if each[0].channel != channel]
        passed = Passed()
        for number, (lease, attempted) in enumerate(mine):
            try:
                passed = passed.and_(self._marked(lease, attempted))
            except StoreError:
                # `_marked` has kept the one that failed; those behind it must not be lost either.
                for each in mine[number + 1 :]:
                    self._keep(*each)
                raise
        return passed


def _loop(
    work: Callable[[], Passed], stop: threading.Event, told: Callable[[Passed | StoreError], None], pause: float
) -> None:
    while not stop.is_set():
        try:
            passed = work()
        except StoreError as error:
            told(error)
        else:
            if not passed.idle:
                told(passed)
        stop.wait(pause)
