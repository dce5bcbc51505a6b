"""All sinks at once: which are declared, how they are, and whether a head is anchored (BG-4).

Every sink has a lane of its own, so one that hangs delays nobody. As soon as enough sinks that count have taken a head
it is anchored; the others go on, and their receipts count from then on. A sink that failed is simply asked again with
the next head, and gets what it lacks.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import FIRST_COMPLETED, wait
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.sinks.compare import Held, Unreachable
from rootwarden.breakglass.sinks.lane import Lane, done_in_time
from rootwarden.breakglass.sinks.sink import Receipt, SinkBehindError, SinkConflictError, SinkKind
from rootwarden.breakglass.witness.messages import from_text
from rootwarden.errors import InputError, SinkError, UsageError
from rootwarden.transparency.head import Head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from rootwarden.breakglass.sinks.compare import Answer
    from rootwarden.breakglass.sinks.lane import Allowance
    from rootwarden.breakglass.sinks.sink import LocalLog, Sink

SECONDS: Final = 5.0
MOST_BYTES: Final = 64 * 1024 * 1024
_SIGNING: Final = frozenset({SinkKind.WITNESS, SinkKind.DEVICES})


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """When a head is anchored.

    Attributes:
        needed: How many sinks must have taken it, at least one.
        counts: Kinds that count; the others are given heads all the same.
        proven: Whether a signature must be among the receipts that the vault can check itself: a witness's or people's.
        seconds: How long a sink may take.
    """

    needed: int = 1
    counts: frozenset[SinkKind] = frozenset(SinkKind)
    proven: bool = False
    seconds: float = SECONDS


class Anchored(msgspec.Struct, frozen=True, kw_only=True):
    """A head that enough sinks hold.

    Attributes:
        head: The head that was to be anchored; where a proof is wanted, that of the proof, which may be a later one.
        receipts: Of the sinks that count and had answered by then, in order of name.
    """

    head: Head
    receipts: tuple[Receipt, ...]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a sink is.

    Attributes:
        sink: Its name.
        kind: What it is.
        counts: Whether the policy counts it.
        accepted: How many entries the newest head it took covers; 0 before the first.
        accepted_at: When it took it.
        error: Why it did not take the newest; empty when it did.
        failing_since: When it began to fail; `None` when it does not.
        busy_for: Seconds it has been at work, if it is.
    """

    sink: str
    kind: SinkKind
    counts: bool
    accepted: int = 0
    accepted_at: datetime | None = None
    error: str = ""
    failing_since: datetime | None = None
    busy_for: float | None = None


class NotAnchoredError(SinkError):
    """Too few sinks took a head, so nothing may be released.

    Attributes:
        reasons: What each sink that failed said, by its name.
    """

    def __init__(self, message: str, *, reasons: Mapping[str, str]) -> None:
        super().__init__(message, hint="; ".join(reasons.values()) or "declare sinks that count")
        self.reasons = dict(reasons)


class Panel:
    """The sinks of one log.

    Args:
        sinks: Those that are declared, each with a name of its own.
        policy: When a head is anchored.
        log: The log here.
        clock: Now, for people.
        accepted: The newest receipt of each sink, as it was remembered.
        remember: Hears each receipt, from any thread.

    Raises:
        UsageError: The policy can never be met.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        policy: Policy,
        log: LocalLog,
        *,
        clock: Callable[[], datetime],
        accepted: Mapping[str, Receipt] | None = None,
        remember: Callable[[Receipt], None] | None = None,
    ) -> None:
        _check(sinks, policy)
        self._sinks = tuple(sinks)
        self._policy = policy
        self._log = log
        self._clock = clock
        self._remember = remember
        self._accepted = dict(accepted or {})
        self._lanes = {each.name: Lane(each.name, partial(self._ended, each.name)) for each in sinks}
        self._questions: dict[str, Lane[tuple[Head, ...]]] = {
            each.name: Lane(each.name) for each in sinks if each.tells
        }
        self._failing: dict[str, tuple[datetime, str]] = {}
        self._conflict: SinkConflictError | None = None
        self._lock = threading.Lock()

    def anchor(self, head: Head) -> Anchored:
        """Give a head to every sink, and wait until enough have taken it.

        Args:
            head: A signed head of the log here, of entries that are durable.

        Raises:
            SinkConflictError: A sink holds another history of this log; from then on nothing is anchored.
            NotAnchoredError: Too few took it in time; the others are named with what they said.
        """
        self._refuse_conflict()
        self._check_own(head)
        asked = self._start(head)
        receipts: dict[str, Receipt] = {}
        until = time.monotonic() + self._policy.seconds
        waiting = set(asked)
        while waiting and not self._is_enough(receipts) and time.monotonic() < until:
            done, waiting = wait(waiting, timeout=max(0.0, until - time.monotonic()), return_when=FIRST_COMPLETED)
            receipts.update(self._counted((asked[each], each) for each in done))
        self._refuse_conflict()
        if not self._is_enough(receipts):
            for each in waiting:
                self._failed(asked[each].name, f"`{asked[each].name}`: no answer in {self._policy.seconds:g} s")
            raise self._not_anchored(head, receipts)
        proven = [each.head for each in receipts.values() if each.verifiable] if self._policy.proven else []
        shown = min(proven, key=lambda each: each.size, default=head)
        return Anchored(head=shown, receipts=tuple(receipts[name] for name in sorted(receipts)))

    def health(self) -> tuple[Health, ...]:
        """How every sink is, in the order they were declared."""
        with self._lock:
            return tuple(self._health_of(each) for each in self._sinks)

    def held(self) -> tuple[Answer, ...]:
        """What every sink that can be asked holds, in the order they were declared, for `compare`."""
        asked = [(sink, self._question(sink)) for sink in self._sinks if sink.tells]
        return tuple(self._answer(sink.name, question) for sink, question in asked)

    def accepted(self) -> dict[str, Receipt]:
        """The newest receipt of each sink."""
        with self._lock:
            return dict(self._accepted)

    def _question(self, sink: Sink) -> Future[tuple[Head, ...]] | SinkError:
        try:
            return self._questions[sink.name].start(sink.newest, seconds=self._policy.seconds)
        except SinkError as error:
            return error

    def _answer(self, name: str, question: Future[tuple[Head, ...]] | SinkError) -> Answer:
        if isinstance(question, SinkError):
            return Unreachable(sink=name, why=question.message)
        try:
            heads = done_in_time(name, question, seconds=self._policy.seconds)
        except SinkError as error:
            return Unreachable(sink=name, why=error.message)
        with self._lock:
            receipt = self._accepted.get(name)
        return Held(sink=name, heads=heads, accepted=receipt.size if receipt is not None else 0)

    def _is_enough(self, receipts: Mapping[str, Receipt]) -> bool:
        is_proven = not self._policy.proven or any(each.verifiable for each in receipts.values())
        return is_proven and len(receipts) >= self._policy.needed

    def _health_of(self, sink: Sink) -> Health:
        receipt, failing = self._accepted.get(sink.name), self._failing.get(sink.name)
        return Health(
            sink=sink.name,
            kind=sink.kind,
            counts=sink.kind in self._policy.counts,
            accepted=receipt.size if receipt else 0,
            accepted_at=receipt.accepted_at if receipt else None,
            error=failing[1] if failing else "",
            failing_since=failing[0] if failing else None,
            busy_for=self._lanes[sink.name].busy_for(),
        )

    def _start(self, head: Head) -> dict[Future[Receipt], Sink]:
        started: dict[Future[Receipt], Sink] = {}
        for sink in self._sinks:
            work = partial(self._offered, sink, head)
            try:
                future = self._lanes[sink.name].start(work, seconds=self._policy.seconds, rank=head.size)
            except SinkError as error:
                self._failed(sink.name, error.message)
                continue
            started[future] = sink
        return started

    def _offered(self, sink: Sink, head: Head, within: Allowance) -> Receipt:
        """What happens in the lane: offer, and once more with older entries when the sink lacks them."""
        with self._lock:
            before = self._accepted.get(sink.name)
        first = min(before.size, head.size) if before is not None else 0
        try:
            receipt = sink.offer(head, self._entries(sink, first, head.size), within)
        except SinkBehindError as error:
            if not 0 <= error.holds <= head.size:
                raise SinkError(f"`{sink.name}` says it holds {error.holds} entries") from error
            receipt = sink.offer(head, self._entries(sink, error.holds, head.size), within)
        self._check_receipt(sink, head, receipt)
        return receipt

    def _entries(self, sink: Sink, first: int, until: int) -> Sequence[bytes]:
        if not sink.takes_entries:
            return ()
        entries = self._log.entries(first, until)
        if sum(map(len, entries)) > MOST_BYTES:
            raise SinkError(f"`{sink.name}` lacks more than {MOST_BYTES} bytes", hint="send heads only")
        return entries

    def _check_receipt(self, sink: Sink, head: Head, receipt: Receipt) -> None:
        """A receipt counts for this head, or for a longer one of the same log.

        Raises:
            SinkError: It is for something else.
        """
        is_this = (receipt.size, receipt.root) == (head.size, head.root)
        is_later = receipt.size > head.size and self._log.root_at(receipt.size) == from_text(receipt.root)
        if receipt.sink != sink.name or not (is_this or is_later):
            raise SinkError(f"`{sink.name}` gave a receipt for another head", hint="this looks like a bug in a sink")

    def _check_own(self, head: Head) -> None:
        try:
            is_own = self._log.root_at(head.size) == from_text(head.root)
        except InputError:
            is_own = False
        if not is_own:
            raise SinkError(f"the head over {head.size} entries is not of the log here", hint="nothing was offered")

    def _ended(self, name: str, ended: Receipt | SinkError) -> None:
        """Hear how a piece of work ended, also long after nobody waits for it any more."""
        if isinstance(ended, Receipt):
            self._took(ended)
            return
        if isinstance(ended, SinkConflictError):
            with self._lock:
                self._conflict = self._conflict or ended
        self._failed(name, ended.message)

    def _took(self, receipt: Receipt) -> None:
        with self._lock:
            before = self._accepted.get(receipt.sink)
            self._failing.pop(receipt.sink, None)
            if before is not None and before.size > receipt.size:
                return
            self._accepted[receipt.sink] = receipt
        if self._remember is not None:
            self._remember(receipt)

    def _failed(self, name: str, why: str) -> None:
        with self._lock:
            since = self._failing[name][0] if name in self._failing else self._clock()
            self._failing[name] = (since, why)

    def _counted(self, done: Iterable[tuple[Sink, Future[Receipt]]]) -> dict[str, Receipt]:
        return {
            sink.name: future.result()
            for sink, future in done
            if future.exception() is None and sink.kind in self._policy.counts
        }

    def _refuse_conflict(self) -> None:
        with self._lock:
            conflict = self._conflict
        if conflict is not None:
            raise SinkConflictError(conflict.message, held=conflict.held)

    def _not_anchored(self, head: Head, receipts: Mapping[str, Receipt]) -> NotAnchoredError:
        with self._lock:
            reasons = {name: why for name, (_, why) in self._failing.items() if name not in receipts}
        without = ", and none gave a signature" if receipts and self._policy.proven else ""
        return NotAnchoredError(
            f"{len(receipts)} of {self._policy.needed} sinks took the head over {head.size} entries{without}",
            reasons=reasons,
        )


def _check(sinks: Sequence[Sink], policy: Policy) -> None:
    names = {each.name for each in sinks}
    if len(names) != len(sinks):
        raise UsageError("two sinks have one name", hint="names tell receipts apart")
    counting = sum(each.kind in policy.counts for each in sinks)
    if not 1 <= policy.needed <= counting:
        hint = "declare another sink, or need fewer; at least one is needed"
        raise UsageError(f"{policy.needed} sinks are needed, and {counting} of those declared count", hint=hint)
    if policy.proven and not any(each.kind in policy.counts & _SIGNING for each in sinks):
        raise UsageError("a signature is needed, and no sink gives one", hint="declare a witness, or people's devices")
