"""Take back what can be taken back: sleeping keys wake, and a root user may recover a password again.

A deleted key, certificate or device does not come back: who needs one makes a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.aws.calls import CallFailed
from rootwarden.credentials.apply import refusal, see, settle, surprise_in
from rootwarden.credentials.compare import Mark, is_so
from rootwarden.credentials.plan import AUDIT, Phase
from rootwarden.credentials.progress import UNDO, progress_of
from rootwarden.rollout.entry import Result
from rootwarden.rollout.surprise import SurpriseError, SurpriseKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rootwarden.credentials.compare import Now
    from rootwarden.credentials.member import Members
    from rootwarden.credentials.plan import Plan, Planned, Step
    from rootwarden.credentials.progress import Progress
    from rootwarden.rollout.journal import Journal
    from rootwarden.rollout.surprise import Surprise


class Undone(msgspec.Struct, kw_only=True):
    """What was taken back, and what cannot be; both as account and step."""

    undone: list[tuple[str, str]] = msgspec.field(default_factory=list)
    lasting: list[tuple[str, str]] = msgspec.field(default_factory=list)


def undo(
    plan: Plan,
    journal: Journal,
    members: Members,
    *,
    accounts: Iterable[str] = (),
    on_account: Callable[[str], None] = lambda _line: None,
) -> Undone:
    """Take back what the journal says was done, in the order of the waves.

    Args:
        plan: The plan.
        journal: Its journal, open.
        members: The way into accounts.
        accounts: Only these; empty for all.
        on_account: Called after each step, with a line for people.

    Raises:
        SurpriseError: Something is not as the journal says; what was taken back before is in the journal.
    """
    chosen, progress, made = set(accounts), progress_of(journal.entries), Undone()
    order = [account for wave in plan.waves.waves for account in wave.accounts]
    planned = {one.account: one for one in plan.accounts}
    for account in order:
        mine = progress.get(account)
        if mine is not None and (not chosen or account in chosen):
            for step in _account(planned[account], mine, journal, members):
                made.undone.append((account, step.id))
                on_account(f"{account}: {UNDO}{step.id}")
            made.lasting += [(account, step.id) for step in _lasting(planned[account], mine)]
    return made


def _account(planned: Planned, progress: Progress, journal: Journal, members: Members) -> Iterator[Step]:
    wanted = [step for step in planned.steps if _can_be_undone(step, planned, progress)]
    if not wanted and not progress.unsettled:
        return
    now = _look(planned, journal, members)
    _refuse_undecided(planned, progress, now, journal)
    settle(planned, progress, now, journal)
    for step in planned.steps:
        if not _can_be_undone(step, planned, progress):
            continue
        if is_so(step, now) is not True:
            raise _stop(journal, surprise_in(planned, SurpriseKind.CHANGED, f"it is not so any more: {step.id}"))
        _make(step, planned, journal, members)
        progress.marks[step.id] = Mark.OPEN
        yield step


def _refuse_undecided(planned: Planned, progress: Progress, now: Now, journal: Journal) -> None:
    """What became of a call that a kill left open is told by a look, or by nobody.

    Raises:
        SurpriseError: The look did not show it.
    """
    steps = {step.id: step for step in planned.steps}
    for intent in progress.unsettled:
        step = steps.get(intent.step.removeprefix(UNDO))
        if step is not None and step.takes and is_so(step, now) is None:
            said = f"nobody knows what became of {intent.call}: it could not be looked at"
            raise _stop(journal, surprise_in(planned, SurpriseKind.UNREADABLE, said))


def _can_be_undone(step: Step, planned: Planned, progress: Progress) -> bool:
    """Whether a step was done and can be taken back; a key that is deleted cannot be woken."""
    if not step.undo or progress.marks.get(step.id) is not Mark.DONE:
        return False
    return step.phase is not Phase.HOLD or not any(
        progress.marks.get(other.id) is Mark.DONE
        for other in planned.steps
        if (other.phase is Phase.REMOVE and other.takes == step.takes) or other.phase is Phase.RELEASE
    )


def _lasting(planned: Planned, progress: Progress) -> Iterator[Step]:
    for step in planned.steps:
        if step.phase is Phase.REMOVE and not step.undo and progress.marks.get(step.id) is Mark.DONE:
            yield step


def _look(planned: Planned, journal: Journal, members: Members) -> Now:
    attached = any(step.takes.startswith("policy:") for step in planned.steps)
    try:
        session = members.open(planned.account, AUDIT)
    except CallFailed as failed:
        raise _stop(journal, refusal(planned, "sts:AssumeRoot", failed)) from failed
    now = members.look(planned.account, session, attached=attached)
    see(journal, planned, now)
    return now


def _make(step: Step, planned: Planned, journal: Journal, members: Members) -> None:
    intent = journal.intend(
        target=planned.account, step=f"{UNDO}{step.id}", call=step.undo, parameters=step.undo_parameters
    )
    try:
        session = members.open(planned.account, step.undo_through) if step.undo_through else None
        members.do(step.undo, step.undo_parameters, session)
    except CallFailed as failed:
        met = refusal(planned, step.undo, failed)
        if met.kind is SurpriseKind.REFUSED:  # else nobody knows what became of it, until the next run looks
            journal.settle(intent, Result.REFUSED, f"{failed.code}: {failed.detail}")
        raise _stop(journal, met) from failed
    journal.settle(intent, Result.DONE)


def _stop(journal: Journal, surprise: Surprise) -> SurpriseError:
    journal.surprise(surprise)
    return SurpriseError(surprise)
