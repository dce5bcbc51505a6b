"""A plan carried out, one wave a run: what the wave before denied is judged first, and whatever differs ends it."""

from __future__ import annotations

import time
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from rootwarden.attachment.calls import parameters, undoing
from rootwarden.attachment.denials import judge
from rootwarden.attachment.plan import Proven, Verb, digests_of, steps_of
from rootwarden.attachment.progress import (
    APPLIED,
    FINISHED,
    RELEASED,
    TAKEN_BACK,
    TAKING_BACK,
    UNDO,
    Progress,
    ids_of,
    made,
    surprises,
    there,
)
from rootwarden.attachment.proving import proven_now, worse
from rootwarden.attachment.stepping import Stepper
from rootwarden.aws.calls import CallFailed
from rootwarden.errors import InputError, UsageError
from rootwarden.facts.instant import format_instant, parse_instant
from rootwarden.rollout.age import USUAL_DAYS, refuse_old
from rootwarden.rollout.entry import Result
from rootwarden.rollout.surprise import Surprise, SurpriseError, SurpriseKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rootwarden.attachment.denials import Watched
    from rootwarden.attachment.hand import Hand
    from rootwarden.attachment.plan import Plan, Step, Wave
    from rootwarden.attachment.present import Present
    from rootwarden.rollout.journal import Journal

END: Final = "end"
STOP: Final = "stop"
WATCHED_MINUTES: Final = 15


class State(StrEnum):
    """How a run ended."""

    WATCHING = "watching"
    FINISHED = "finished"
    TAKEN_BACK = "taken-back"


class Vouched(msgspec.Struct, frozen=True):
    """Somebody says, under their name, that the wave denied nothing it should not."""

    name: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to.

    Attributes:
        state: How it ended.
        waves: Names of the waves it applied.
        watching: Accounts of the last of them, whose denials are to be looked at before the next.
        notes: What people should know.
        proof: Of a plan that is carried out, each guardrail proven again.
    """

    state: State
    waves: tuple[str, ...] = ()
    watching: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    proof: tuple[Proven, ...] = ()


class Applying:
    """A plan being carried out.

    Args:
        plan: The plan.
        journal: Its journal, open.
        hand: Makes the calls.
        pause: Waits so many seconds, when AWS is busy with another change.
    """

    def __init__(self, plan: Plan, journal: Journal, hand: Hand, pause: Callable[[float], None] = time.sleep) -> None:
        self._plan = plan
        self._journal = journal
        self._hand = hand
        self._stepper = Stepper(plan, journal, hand, pause)
        self._digests = digests_of(plan)
        self._notes: list[str] = []
        self._ids: dict[str, str] = {}

    def run(
        self,
        seen: Watched | Vouched | None,
        *,
        margin: int = 0,
        minutes: int = WATCHED_MINUTES,
        days: int = USUAL_DAYS,
    ) -> Run:
        """Judge the wave before, then apply the next.

        Args:
            seen: What the trail shows since the wave before, or who says that it denied nothing.
            margin: How many calls nobody foretold may be denied.
            minutes: How much of the log there must be after the wave.
            days: How long ago the plan, or the wave before, may be when the next begins.

        Raises:
            SurpriseError: Something was not as planned; what happened is in the journal, signed.
            UsageError: The wave before must be looked at first, the plan was taken back, or is too old.
            AwsError: Nobody knows what became of a call; run again.
        """
        self._begin()
        self._compare(self._looked())
        if self._progress().waiting:
            self._release(seen, margin, timedelta(minutes=minutes))
        if any(one.accounts for one in self._left()):
            self._refuse_old(days)
        applied = self._waves()
        if self._left():
            self._journal.sign(STOP)
            watching = next((one.accounts for one in self._plan.waves if one.number == self._progress().waiting), ())
            return Run(state=State.WATCHING, waves=applied, watching=watching, notes=tuple(self._notes))
        if self._progress().waiting:
            self._journal.sign(STOP)
            accounts = tuple(sorted(self._progress().reached()))
            return Run(state=State.WATCHING, waves=applied, watching=accounts, notes=tuple(self._notes))
        return self._finish(applied)

    def take_back(self, why: str) -> Run:
        """Take everything back that was done, the last first.

        Raises:
            SurpriseError: AWS refused part of it.
        """
        self._stepper.settle_open()
        self._back(why)
        self._journal.sign(END)
        return Run(state=State.TAKEN_BACK, notes=tuple(self._notes))

    def _looked(self) -> Present:
        present = self._hand.look()
        self._ids = ids_of(self._plan, present, self._progress().ids)
        return present

    def _progress(self) -> Progress:
        return Progress(self._plan, self._journal.entries)

    def _begin(self) -> None:
        self._stepper.settle_open()
        state = self._progress().state
        if state == TAKING_BACK:
            self._back("a run before this one did not come to the end of taking everything back")
        if state in {TAKING_BACK, TAKEN_BACK}:
            self._journal.sign(END)
            now = ", by this run to the end: everything is as it was before it" if state == TAKING_BACK else ""
            raise UsageError(f"the plan was taken back{now}", hint="find out why in the journal, then plan again")
        if state == FINISHED:
            raise UsageError("the plan is carried out already; there is nothing left to do")

    def _compare(self, present: Present) -> None:
        self._stop(surprises(self._plan, self._progress(), present, self._digests))

    def _stop(self, found: Iterable[Surprise], *, written: bool = False) -> None:
        """End here when anything is not as planned."""
        listed = tuple(found)
        if not listed:
            return
        for one in () if written else listed:
            self._journal.surprise(one)
        self._journal.sign(STOP)
        raise SurpriseError(*listed)

    def _release(self, seen: Watched | Vouched | None, margin: int, watch: timedelta) -> None:
        """Go on after the wave before, or take everything back."""
        number = self._progress().waiting
        if seen is None:
            raise UsageError(
                f"wave {number} was applied at {self._progress().applied[number]}, and nobody looked what it denies",
                hint="--trail PATH with the logs since then, or --no-denials-seen NAME",
            )
        if isinstance(seen, Vouched):
            detail = f"no denials seen, says {seen.name}"
            self._journal.see(target=f"wave {number}", detail=detail, parameters={"vouched_by": seen.name})
        else:
            self._judge(number, seen, margin, watch)
        self._journal.note(detail=f"wave {number} is good", parameters={"wave": number, "state": RELEASED})

    def _judge(self, number: int, seen: Watched, margin: int, watch: timedelta) -> None:
        found = judge(seen.denials, self._plan.replay)
        counts = {"foretold": found.foretold, "unexpected": found.exceeding, "unclear": sum(found.unclear.values())}
        until = format_instant(seen.until) if seen.until is not None else ""
        parameters_ = {**counts, "until": until, "groups": [*found.shown()]}
        self._journal.see(target=f"wave {number}", detail=found.words, parameters=parameters_)
        self._notes.append(f"since wave {self._progress().waiting}: {found.words}")
        if found.exceeding > margin:
            surprise = Surprise(target=f"wave {number}", kind=SurpriseKind.EXCEEDED, detail=found.shown()[0])
            self._journal.surprise(surprise)
            self._back(f"{found.exceeding} calls were denied that nobody foretold, and {margin} may be")
            self._stop([replace(surprise, detail=f"{surprise.detail}; everything was taken back")], written=True)
        self._refuse_unsure(number, seen, found.unclear, watch)

    def _refuse_unsure(self, number: int, seen: Watched, unclear: dict[str, int], watch: timedelta) -> None:
        self._journal.sign(STOP)
        hint = "look at them, then --no-denials-seen NAME"
        if unclear:
            group, calls = next(iter(unclear.items()))
            raise UsageError(f"{calls} denied calls of `{group}` do not say what denied them", hint=hint)
        if not seen.complete:
            raise InputError("part of the trail could not be read, so denials may be missing", hint=hint)
        if seen.until is None:
            raise UsageError(
                f"the trail tells nothing of the accounts of wave {number}, so nobody knows what it denies there",
                hint="give their logs, those of the organization trail; or --no-denials-seen NAME",
            )
        applied = parse_instant(self._progress().applied[number])
        if applied is None or seen.until < applied + watch:
            raise UsageError(
                f"the trail tells up to {format_instant(seen.until)}, and wave {number} was applied at "
                f"{self._progress().applied[number]}: {watch} of it are needed",
                hint="wait, then give newer logs; CloudTrail delivers within about fifteen minutes",
            )

    def _refuse_old(self, days: int) -> None:
        applied = tuple(self._progress().applied.values())
        try:
            refuse_old(self._plan.made_at, applied, self._journal.now(), days=days)
        except UsageError:
            self._journal.sign(STOP)
            raise

    def _left(self) -> tuple[Wave, ...]:
        applied = self._progress().applied
        return tuple(one for one in self._plan.waves if one.number not in applied)

    def _waves(self) -> tuple[str, ...]:
        """Apply waves up to the first that changes something for an account."""
        names = []
        for wave in self._left():
            self._stop(self._gone_in(wave))
            for step in wave.steps:
                if step.name not in self._progress().done:
                    self._stop(self._step(step), written=True)
            number = {"wave": wave.number}
            self._journal.note(detail=f"wave {wave.name} is applied", parameters={**number, "state": APPLIED})
            names.append(wave.name)
            if wave.accounts:
                break
            self._journal.note(detail="it changes nothing for any account", parameters={**number, "state": RELEASED})
        return tuple(names)

    def _gone_in(self, wave: Wave) -> tuple[Surprise, ...]:
        """What changed at the targets of a wave since the run looked: it is looked at directly before."""
        found = []
        wanted = self._progress().attached(self._ids)
        for kind, target in {(self._kind(step), step.target) for step in wave.steps if step.target}:
            try:
                there = frozenset(self._hand.attached(kind, target))
            except CallFailed as failed:
                found.append(Surprise(target=target, kind=SurpriseKind.UNREADABLE, detail=failed.code))
                continue
            if there != wanted[kind, target]:
                detail = "what is attached there changed since the run began"
                found.append(Surprise(target=target, kind=SurpriseKind.CHANGED, detail=detail))
        return tuple(found)

    def _kind(self, step: Step) -> str:
        return self._plan.policy(step.policy).kind

    def _step(self, step: Step) -> tuple[Surprise, ...]:
        asked = parameters(step, self._plan, self._ids)
        found = self._stepper.make(step, step.call, asked, name=step.name)
        if step.call is Verb.CREATE and found is None:
            self._looked()
        return () if found is None else (found,)

    def _back(self, why: str) -> None:
        """Take back what was done, the last first; what two steps did and undid is left as it is."""
        self._journal.note(detail=why, parameters={"state": TAKING_BACK})
        refused = []
        for step in reversed(self._net()):
            present = self._hand.look()
            ids = ids_of(self._plan, present, self._progress().ids)
            back = undoing(step, self._plan, ids)
            if back is None or step.name not in self._progress().done:
                continue
            found = self._foreign(step, present)
            if found is not None:
                self._journal.surprise(found)
            elif not made(self._plan, step, present, ids):
                self._found_undone(step, back[0])
            else:
                found = self._stepper.make(step, back[0], back[1], name=f"{UNDO}{step.name}", result=Result.UNDONE)
            refused += [found] if found is not None else []
        self._stop(refused, written=True)
        self._stop(self._not_back())
        self._journal.note(detail="everything was taken back", parameters={"state": TAKEN_BACK})
        self._notes.append(f"taken back: {why}")

    def _not_back(self) -> tuple[Surprise, ...]:
        """Where the plan's policies are not as before it: a call of which AWS told us that somebody else made it."""
        present = self._looked()
        ids, mine = self._ids, {*self._ids.values()}
        return tuple(
            Surprise(target=target, kind=SurpriseKind.CHANGED, detail="what is attached is not what it was before")
            for (kind, target), wanted in sorted(self._progress().attached(ids).items())
            if (wanted ^ {*present.attached(kind, target)}) & mine
        )

    def _foreign(self, step: Step, present: Present) -> Surprise | None:
        """Why a step cannot be taken back: the policy is gone, cannot be read, or says what nobody here wrote."""
        policy = self._plan.policy(step.policy)
        found = there(policy, present, self._progress().ids)
        if found is None:
            if step.call is Verb.ATTACH and policy.kind in present.told:
                return None
            return Surprise(target=step.policy, kind=SurpriseKind.GONE, detail="the policy is not there any more")
        if step.call is not Verb.UPDATE or found.sha256 in {policy.sha256, policy.before_sha256}:
            return None
        kind = SurpriseKind.CHANGED if found.sha256 else SurpriseKind.UNREADABLE
        detail = "somebody gave the policy another document" if found.sha256 else "its document cannot be read"
        return Surprise(target=step.policy, kind=kind, detail=detail)

    def _found_undone(self, step: Step, call: Verb) -> None:
        intent = self._journal.intend(
            target=step.target or step.policy, step=f"{UNDO}{step.name}", call=call.value, parameters={}
        )
        self._journal.settle(intent, Result.UNDONE, "it was so already")

    def _net(self) -> tuple[Step, ...]:
        """The steps made that are not cancelled by a later one."""
        made_ = [step for step in steps_of(self._plan) if step.name in self._progress().done]
        last = {(step.policy, step.target): step for step in made_ if step.target}
        cancelled = {
            (step.policy, step.target)
            for step in made_
            if step.temporary and last[step.policy, step.target] is not step
        }
        return tuple(step for step in made_ if (step.policy, step.target) not in cancelled)

    def _finish(self, applied: tuple[str, ...]) -> Run:
        present = self._hand.look()
        self._compare(present)
        proof = proven_now(self._plan, present.landscape)
        for one in proof:
            self._journal.see(target=one.guardrail, detail="proven again", parameters=dict(one.after))
        self._stop(worse(self._plan.proof, proof))
        self._journal.note(detail="the plan is carried out", parameters={"state": FINISHED})
        self._journal.sign(END)
        return Run(state=State.FINISHED, waves=applied, notes=tuple(self._notes), proof=proof)
