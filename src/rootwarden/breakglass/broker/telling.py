"""Tells people what the log asks to tell, until somebody took it or it is given up; the log is the outbox.

At least once: what was handed over and could not be recorded is recorded before anything else is sent, and a broker
that is killed in between sends it again. Of several instances one tells at a time. Nothing here holds up the broker: it
has a thread of its own, a pass ends after a while, and what it has not come to is due in the next.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rootwarden.breakglass.broker.notices import notices_of
from rootwarden.breakglass.broker.untold import PATIENCE_LASTS, is_due_again
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.entry import from_bytes
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.errors import RootwardenError, StoreError
from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.broker.notices import Notice
    from rootwarden.breakglass.core.state import State

# Enough for what a crash between an entry and its notices can leave behind.
LOOKS_BACK: Final = 1000
PASS_SECONDS: Final = 60.0
_TRIES_TO_RECORD: Final = 5


class Messenger(Protocol):
    """Hands notices over."""

    def reaches(self, addresses: tuple[str, ...]) -> bool:
        """Whether there is a way to any of these addresses at all."""
        ...

    def send(self, notice: Notice, addresses: tuple[str, ...], *, late: Callable[[str], None]) -> str:
        """Send one notice, in bounded time.

        Args:
            notice: What to tell.
            addresses: Where to, in the order in which they are tried.
            late: Hears which address took it after all, after this has returned; from any thread.

        Returns:
            The address that took it; nothing when none did.
        """
        ...

    def begin(self) -> None:
        """A pass begins: what did not answer in the last one is tried again."""
        ...


class _Due(NamedTuple):
    """A notice that is to be sent now."""

    position: int
    entry: log.Entry
    notice: Notice
    again: bool


class _Told(NamedTuple):
    """How sending a notice ended."""

    position: int
    entry: log.Entry
    person: str
    channel: str


class Telling:
    """Sends notices, and records what became of them.

    Args:
        broker: Writes the log.
        messenger: Hands notices over.
        trouble: Hears what went wrong.
        check_clock: Raises when the clock is not trusted (V5).
        turn: Gives the turn to one instance at a time; whether it is ours.
        steady: Seconds of a clock that only goes forward.
    """

    def __init__(
        self,
        broker: Broker,
        messenger: Messenger,
        *,
        trouble: Callable[[RootwardenError], None],
        check_clock: Callable[[], object] = lambda: None,
        turn: Callable[[], AbstractContextManager[bool]] = lambda: nullcontext(enter_result=True),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.messenger = messenger
        self._broker, self._trouble, self._turn, self._steady = broker, trouble, turn, steady
        self._check_clock = check_clock
        self._heard = -1
        # Entries from here on that have, or may have, notices nobody recorded anything of.
        self._new: dict[int, log.Entry] = {}
        self._unrecorded: deque[_Told] = deque()

    def run(self) -> None:
        """Send what is due; nothing while the broker is sealed."""
        if self._broker.sealed:
            return
        try:
            self._listen()
            if self._unrecorded or any(True for _ in self._due()):
                with self._turn() as ours:
                    if ours:
                        self._pass()
        except RootwardenError as error:
            self._trouble(error)

    def _pass(self) -> None:
        """Look again, now that nobody else tells: the other may have told what was due a moment ago."""
        until = self._steady() + PASS_SECONDS
        self._record_what_is_left()
        self.messenger.begin()
        for due in sorted(self._due(), key=lambda one: (not one.notice.urgent, one.position, one.notice.person)):
            self._send(due)
            if self._steady() >= until:
                return

    def _send(self, due: _Due) -> None:
        # Nothing is sent that could not be recorded: the clock is asked first, whether it is trusted.
        self._check_clock()
        position, entry, notice, again = due

        def late(channel: str) -> None:
            self._unrecorded.append(_Told(position, entry, notice.person, channel))

        addresses = self._broker.state().people[notice.person].person.addresses
        channel = self.messenger.send(_marked(notice, entry) if again else notice, addresses, late=late)
        self._unrecorded.append(_Told(position, entry, notice.person, channel))
        self._record_what_is_left()

    def _record_what_is_left(self) -> None:
        """Record how sending ended, oldest first; what cannot be recorded now is kept.

        Raises:
            StoreError: The database does not take it.
            Refused: The clock is not trusted any more.
        """
        while self._unrecorded:
            self._record(self._unrecorded[0])
            self._unrecorded.popleft()

    def _record(self, told: _Told) -> None:
        for attempt in range(_TRIES_TO_RECORD):
            if self._broker.state().told.get(told.position, {}).get(told.person, False):
                return
            recorded = log.NoticeRecorded(
                at=self._broker.now(),
                actor=log.SYSTEM,
                about=told.position,
                request=_request_of(told.entry),
                person=told.person,
                channel=told.channel,
                delivered=bool(told.channel),
            )
            try:
                self._broker.say(recorded)
            except StoreError:
                # Mostly somebody else wrote meanwhile.
                if attempt == _TRIES_TO_RECORD - 1:
                    raise
            else:
                return

    def _listen(self) -> None:
        """Take in entries that were written since; after a start those of the recent past are looked at again."""
        state = self._broker.state()
        start = self._heard if self._heard >= 0 else max(0, state.size - LOOKS_BACK)
        for position, content in enumerate(self._broker.read(start), start):
            self._new[position] = from_bytes(content)
            self._heard = position + 1

    def _due(self) -> Iterator[_Due]:
        """What is to be sent now: what is new, and what nobody took and has waited long enough."""
        state, now = self._broker.state(), self._broker.now()
        waiting = {(told.position, told.person) for told in list(self._unrecorded)}
        for position, entry in list(self._new.items()):
            told = state.told.get(position, {})
            left = [one for one in _notices(state, entry) if one.person not in told]
            # Whoever got a role long after is not told of what others were told then.
            if not left or (told and now - entry.at >= PATIENCE_LASTS):
                del self._new[position]
                continue
            yield from (
                _Due(position, entry, one, again=False) for one in left if (position, one.person) not in waiting
            )
        for (position, person), untold in list(state.untold.items()):
            due = is_due_again(position, person, untold, now) and (position, person) not in waiting
            if due and self.messenger.reaches(state.people[person].person.addresses):
                yield from self._again(state, position, person)

    def _again(self, state: State, position: int, person: str) -> Iterator[_Due]:
        """The notice as it would be written by now; none, when there is nothing to tell them any more."""
        entry = from_bytes(next(self._broker.read(position)))
        yield from (_Due(position, entry, one, again=True) for one in _notices(state, entry) if one.person == person)


def _notices(state: State, entry: log.Entry) -> tuple[Notice, ...]:
    """What an entry tells by now; nothing when what it was about is gone, as a custody group in an epoch before."""
    try:
        return notices_of(state, entry)
    except Refused:
        return ()


def _marked(notice: Notice, entry: log.Entry) -> Notice:
    """It says that it is late: where a channel never answered, it may come twice."""
    late = f"This comes late, or a second time: it is about {format_instant(entry.at)}."
    return notice._replace(text=f"{notice.text}\n\n{late}".strip())


def _request_of(entry: log.Entry) -> str:
    """The request an entry files, whose notices an emergency waits for (L6)."""
    return entry.request.id if isinstance(entry, log.RequestFiled) else ""
