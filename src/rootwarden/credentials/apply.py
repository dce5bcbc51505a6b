"""Carry a plan out: wave by wave, account by account, each call after its intent and a look that agrees with the plan.

The first surprise sets `stop`: nothing further begins, calls under way end, everything is written down. An account
that is out of reach because it left, or was closed, is told and passed over: nobody can remove anything from it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.aws.calls import CallFailed
from rootwarden.credentials.compare import Mark, is_so, surprises
from rootwarden.credentials.course import HOLDS, PASSED_OVER, announce
from rootwarden.credentials.holdings import counted, in_words
from rootwarden.credentials.plan import AUDIT, DELETE, Phase
from rootwarden.credentials.progress import NOTHING_LEFT, UNDO, Progress, progress_of, settled
from rootwarden.facts.instant import format_instant
from rootwarden.rollout.entry import Result
from rootwarden.rollout.surprise import Surprise, SurpriseKind
from rootwarden.rollout.waves import CANARY

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from rootwarden.aws.identity import Identity
    from rootwarden.credentials.compare import Now
    from rootwarden.credentials.member import Members
    from rootwarden.credentials.plan import Plan, Planned, Step
    from rootwarden.rollout.journal import Journal
    from rootwarden.rollout.waves import Wave

# What the services answer when somebody, or a call of ours whose answer was lost, was faster.
_NOT_THERE: Final = frozenset({"NoSuchEntity", "PolicyNotAttachedException"})
_SO_ALREADY: Final = frozenset({"DuplicatePolicyAttachmentException", "EntityAlreadyExists"})
_REFUSED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "ValidationError", "ConstraintViolationException"}
)


class Outcome(msgspec.Struct, kw_only=True):
    """What a run came to.

    Attributes:
        removed: Accounts in which nothing is left.
        before: How many of them a run before this one had finished.
        waiting: Accounts whose keys sleep, and until when.
        gone: Accounts out of reach, and why.
        untouched: Accounts of later waves, or that were not begun.
        begun: Accounts in which something is done, and not everything: they met a surprise, or another one did.
        surprises: What stopped it.
    """

    removed: list[str] = msgspec.field(default_factory=list)
    before: int = 0
    waiting: dict[str, datetime] = msgspec.field(default_factory=dict)
    gone: dict[str, str] = msgspec.field(default_factory=dict)
    untouched: list[str] = msgspec.field(default_factory=list)
    begun: list[str] = msgspec.field(default_factory=list)
    surprises: list[Surprise] = msgspec.field(default_factory=list)


class _Stopped(Exception):  # noqa: N818 - control flow of this module
    """Another account met a surprise, or somebody pressed Ctrl-C."""


class _Met(Exception):  # noqa: N818 - control flow of this module
    """This account met surprises."""

    def __init__(self, *met: Surprise) -> None:
        super().__init__()
        self.met = met


class Applying:
    """One run over a plan.

    Args:
        plan: The plan.
        journal: Its journal, open.
        members: The way into accounts.
        clock: Tells the time, for the wait.
        stop: Set to end early: calls under way end, no further one begins.
        workers: Most accounts at once.
        on_account: Called before each wave and after each account, with a line for people.
    """

    def __init__(
        self,
        *,
        plan: Plan,
        journal: Journal,
        members: Members,
        clock: Callable[[], datetime],
        stop: threading.Event,
        workers: int = 8,
        on_account: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._plan = plan
        self._journal = journal
        self._members = members
        self._clock = clock
        self._stop = stop
        self._workers = workers
        self._on_account = on_account
        self._planned = {one.account: one for one in plan.accounts}
        self._canaries = {each for wave in plan.waves.waves if wave.name == CANARY for each in wave.accounts}
        told = progress_of(journal.entries)
        self._progress = {account: told.get(account, Progress()) for account in self._planned}
        self._before = {account for account, one in self._progress.items() if one.finished}
        self.outcome = Outcome()

    def run(self, *, through: int = 0) -> Outcome:
        """Go on from where the journal ends.

        Args:
            through: Number of the last wave to do; 0 for all.

        Raises:
            RootwardenError: The journal cannot be written, or the key cannot be reached.
        """
        announce(self._plan, self._journal)
        try:
            for wave in self._plan.waves.waves:
                if self._stop.is_set() or (through and wave.number > through):
                    self.outcome.untouched += wave.accounts
                else:
                    self._wave(wave)
        finally:
            self._stop.set()
        self.outcome.before = len(self._before.intersection(self.outcome.removed))
        return self.outcome

    def _wave(self, wave: Wave) -> None:
        """All accounts of a wave, a few at once; every account ends before this does."""
        left = sum(not self._progress[each].finished for each in wave.accounts)
        if left:
            self._on_account(f"wave {wave.number} of {len(self._plan.waves.waves)}, {wave.name}: {_of(left, wave)}")
        with ThreadPoolExecutor(max_workers=self._workers, thread_name_prefix="rootwarden") as pool:
            running = [pool.submit(self._account, self._planned[each]) for each in wave.accounts]
            try:
                for one in running:
                    one.result()
            except BaseException:
                self._stop.set()
                raise

    def _account(self, planned: Planned) -> None:
        """One account, with whatever comes of it in the outcome."""
        account = planned.account
        try:
            self._check_going()
            self._work(planned, self._progress[account])
        except _Stopped:
            (self.outcome.begun if self._is_begun(account) else self.outcome.untouched).append(account)
        except _Met as met:
            self._stop.set()
            for each in met.met:
                self._journal.surprise(each)
                self.outcome.surprises.append(each)
                self._on_account(str(each))
            if self._is_begun(account):
                self.outcome.begun.append(account)
        except BaseException:  # the journal that cannot be written, or a bug of ours: no other account goes on
            self._stop.set()
            raise

    def _is_begun(self, account: str) -> bool:
        return any(mark is not Mark.OPEN for mark in self._progress[account].marks.values())

    def _work(self, planned: Planned, progress: Progress) -> None:
        if progress.finished:
            self.outcome.removed.append(planned.account)
            return
        until = self._asleep_until(planned, progress)
        if until is not None and until > self._clock() and not progress.unsettled:
            self._wait(planned, until)
            return
        session = self._enter(planned, DELETE)
        if session is None:
            return
        self._compare(planned, progress, session)
        if until is None and any(step.phase is Phase.HOLD for step in planned.steps):
            self._check_hold(planned)
            self._do(planned, progress, session, Phase.HOLD)
            until = self._clock() + timedelta(days=self._plan.wait_days)
        if until is not None and until > self._clock():
            self._wait(planned, until)
            return
        self._do(planned, progress, session, Phase.REMOVE)
        now = self._nothing_left(planned)
        self._do(planned, progress, session, Phase.RELEASE)
        see(self._journal, planned, now, step=NOTHING_LEFT, detail="an audit session sees no root credential")
        self.outcome.removed.append(planned.account)
        self._on_account(f"{planned.account}: {NOTHING_LEFT}")

    def _asleep_until(self, planned: Planned, progress: Progress) -> datetime | None:
        """When the wait is over; `None` when a key is not asleep yet, or none has to be."""
        holds = [step.id for step in planned.steps if step.phase is Phase.HOLD]
        if not holds or any(progress.marks.get(each) is not Mark.DONE for each in holds):
            return None
        return max(progress.since[each] for each in holds) + timedelta(days=self._plan.wait_days)

    def _wait(self, planned: Planned, until: datetime) -> None:
        self.outcome.waiting[planned.account] = until
        self._on_account(f"{planned.account}: its keys sleep until {format_instant(until)}")

    def _enter(self, planned: Planned, task: str) -> Identity | None:
        """A session, or nothing when the account is out of reach, which is told."""
        try:
            return self._members.open(planned.account, task)
        except CallFailed as failed:
            gone = self._members.gone(planned.account)
            if not gone:
                raise _Met(refusal(planned, "sts:AssumeRoot", failed)) from failed
            self._journal.note(target=planned.account, detail=f"{PASSED_OVER}{gone}")
            self.outcome.gone[planned.account] = gone
            self._on_account(f"{planned.account}: passed over: {gone}")
            if planned.account in self._canaries:
                said = "the canary is out of reach, so it shows nothing of what the others would"
                raise _Met(surprise_in(planned, SurpriseKind.GONE, said)) from failed
            return None

    def _compare(self, planned: Planned, progress: Progress, session: Identity) -> None:
        """Look, settle what a kill left open, and stop where the plan is not true any more."""
        now = self._look(planned, session)
        met = tuple(surprises(planned, now, progress.marks))
        if met:
            raise _Met(*met)
        settle(planned, progress, now, self._journal)
        self._check_going()

    def _look(self, planned: Planned, session: Identity) -> Now:
        attached = any(step.takes.startswith("policy:") for step in planned.steps)
        now = self._members.look(planned.account, session, attached=attached)
        see(self._journal, planned, now)
        return now

    def _do(self, planned: Planned, progress: Progress, session: Identity, phase: Phase) -> None:
        for step in planned.steps:
            if step.phase is phase and progress.marks.get(step.id) is not Mark.DONE:
                self._check_going()
                self._make(planned, step, session)
                progress.marks[step.id] = Mark.DONE
                progress.since[step.id] = self._clock()

    def _make(self, planned: Planned, step: Step, session: Identity) -> None:
        """One call, between its intent and its outcome; no answer leaves the intent open, for a look to settle."""
        intent = self._journal.intend(target=planned.account, step=step.id, call=step.call, parameters=step.parameters)
        try:
            self._members.step(step, session)
        except CallFailed as failed:
            if failed.code in _NOT_THERE | _SO_ALREADY:
                self._journal.settle(intent, Result.FOUND, f"AWS says that it is so already ({failed.code})")
                if not step.takes:  # nobody can see it beforehand, and a run before this one may have done it
                    return
                said = f"it was so already when our call came ({failed.code}): {step.id}; is somebody else at work?"
                raise _Met(surprise_in(planned, SurpriseKind.CHANGED, said)) from failed
            if failed.code in _REFUSED:
                self._journal.settle(intent, Result.REFUSED, f"{failed.code}: {failed.detail}")
            raise _Met(refusal(planned, step.call, failed)) from failed
        self._journal.settle(intent, Result.DONE)

    def _nothing_left(self, planned: Planned) -> Now:
        """Verify through the audit task policy, in a session of its own; what was seen.

        Raises:
            _Met: Something is left, or could not be looked at.
        """
        session = self._enter(planned, AUDIT)
        if session is None:
            raise _Met(surprise_in(planned, SurpriseKind.GONE, "it left before the last look"))
        now = self._members.look(planned.account, session, attached=False)
        left = tuple(what_is_left(planned, now))
        if left:
            raise _Met(*left)
        return now

    def _check_hold(self, planned: Planned) -> None:
        """The policy keys sleep under says what it said when it was proven.

        Raises:
            _Met: It does not, or could not be read.
        """
        if not self._plan.hold_sha256:
            return
        try:
            now = self._members.policy_sha256(self._plan.hold)
        except CallFailed as failed:
            raise _Met(refusal(planned, "organizations:DescribePolicy", failed)) from failed
        if now != self._plan.hold_sha256:
            said = f"somebody gave the policy {self._plan.hold} another document since it was proven"
            raise _Met(surprise_in(planned, SurpriseKind.CHANGED, said))

    def _check_going(self) -> None:
        if self._stop.is_set():
            raise _Stopped


def _of(left: int, wave: Wave) -> str:
    """How many accounts of a wave are left to do."""
    whole = f"{len(wave.accounts)} account{'' if len(wave.accounts) == 1 else 's'}"
    return whole if left == len(wave.accounts) else f"{left} of {whole} left"


def see(journal: Journal, planned: Planned, now: Now, *, step: str = "", detail: str = "") -> None:
    """Write down what a look into an account showed, for people and for `credentials progress`."""
    parameters = {HOLDS: counted(now.holdings)}
    journal.see(target=planned.account, step=step, detail=detail or in_words(now.holdings), parameters=parameters)


def settle(planned: Planned, progress: Progress, now: Now, journal: Journal) -> None:
    """Write down what became of the calls a kill left open, as a look shows it."""
    steps = {step.id: step for step in planned.steps}
    for intent in progress.unsettled:
        step = steps.get(intent.step.removeprefix(UNDO))
        so = is_so(step, now) if step is not None else None
        if so is (not intent.step.startswith(UNDO)):
            outcome = journal.settle(intent, Result.FOUND, "AWS shows that it was done before the stop")
        else:
            outcome = journal.settle(intent, Result.FAILED, "AWS does not show that it was done")
        settled(progress, outcome)
    progress.unsettled = []


def what_is_left(planned: Planned, now: Now) -> Iterator[Surprise]:
    """What a look after the removal must not show."""
    unknown = [f"{name}: {fact.reason}" for name, fact in now.holdings.unknown()]
    for each in unknown:
        yield surprise_in(planned, SurpriseKind.UNREADABLE, each)
    if not unknown and not now.holdings.is_empty():
        yield surprise_in(planned, SurpriseKind.CHANGED, f"something is left: {in_words(now.holdings)}")


def refusal(planned: Planned, call: str, failed: CallFailed) -> Surprise:
    """What AWS refused, or did not answer, as a surprise."""
    kind, said = answered(call, failed)
    return surprise_in(planned, kind, said)


def answered(call: str, failed: CallFailed) -> tuple[SurpriseKind, str]:
    """Whether AWS certainly did not do what was asked, and the same in words."""
    said = f"{failed.code}: {failed.detail}" if failed.detail else failed.code
    if failed.code in _REFUSED:
        return SurpriseKind.REFUSED, f"AWS refused {call}: {said}"
    return SurpriseKind.UNREADABLE, f"AWS did not answer {call}: {said}"


def surprise_in(planned: Planned, kind: SurpriseKind, detail: str) -> Surprise:
    """A surprise in an account."""
    return Surprise(target=planned.account, kind=kind, detail=detail)
