"""The plan to remove root credentials, what applying it came to, and what a later look showed, for people."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from rootwarden.credentials.holdings import in_words
from rootwarden.credentials.plan import Phase, State
from rootwarden.facts.instant import format_instant
from rootwarden.packs.content import root_keys_by_hand
from rootwarden.report.words import several, visible
from rootwarden.rollout.surprise import AGAIN, ANEW, OF_AWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.credentials.apply import Outcome
    from rootwarden.credentials.plan import Plan, Planned, Step
    from rootwarden.credentials.verify import Looked

_MOST_NAMED: Final = 40
_NOWHERE: Final = {True: "no organization", False: "which organization is not known"}
_HEADINGS: Final = {
    State.BLOCKED: "blocked",
    State.UNKNOWN: "not known",
    State.GUIDED: "by hand",
    State.SKIPPED: "skipped",
    State.CLEAN: "clean",
}


def plan_text(plan: Plan, *, calls: bool = False) -> str:
    """The plan.

    Args:
        plan: The plan.
        calls: Every call with its parameters, as it would be made.
    """
    return "\n".join(_plan_lines(plan, calls=calls))


def _plan_lines(plan: Plan, *, calls: bool) -> Iterator[str]:
    alone = all(one.state in {State.GUIDED, State.SKIPPED} for one in plan.accounts)
    where = f"organization {plan.organization}" if plan.organization else _NOWHERE[alone]
    yield f"{where}, as of {format_instant(plan.as_of)}: {several(len(plan.accounts), 'account')}{_states(plan)}"
    if plan.prepare:
        yield "\nfirst, for the organization:"
        yield from (f"  {step.id}{_call(step) if calls else ''}" for step in plan.prepare)
    ready = plan.ready()
    if ready:
        yield f"\nready: {several(len(ready), 'account')} in {several(len(plan.waves.waves), 'wave')}{_waits(plan)}"
        yield from _waves(plan, calls=calls)
    for state, heading in _HEADINGS.items():
        yield from _group(heading, plan.of(state), reasons=state is not State.CLEAN)
    if any(one.seen is None or one.seen.may_hold_keys() for one in plan.of(State.GUIDED)):
        yield from _by_hand()
    if plan.waves.unplaced:
        named = ", ".join(plan.waves.unplaced[:_MOST_NAMED])
        yield f"\nnote: in the last waves, because {plan.waves.why_unplaced}: {named}"
    yield from (f"\nnote: {visible(said)}" for said in plan.told)


def _states(plan: Plan) -> str:
    """How many accounts there are of each state, where there are more than one screen shows."""
    if len(plan.accounts) <= _MOST_NAMED:
        return ""
    counts = [(len(plan.ready()), "ready"), *((len(plan.of(state)), name) for state, name in _HEADINGS.items())]
    return f"; {', '.join(f'{count:,} {name}' for count, name in counts if count)}"


def _waits(plan: Plan) -> str:
    sleeping = sum(any(step.phase is Phase.HOLD for step in one.steps) for one in plan.ready())
    if not sleeping:
        return ""
    return (
        f"; the keys of {several(sleeping, 'account')} sleep {several(plan.wait_days, 'day')} before they are deleted"
    )


def _waves(plan: Plan, *, calls: bool) -> Iterator[str]:
    planned = {one.account: one for one in plan.accounts}
    for wave in plan.waves.waves:
        yield f"  wave {wave.number}, {visible(wave.name)}: {several(len(wave.accounts), 'account')}"
        for account in wave.accounts:
            one = planned[account]
            yield f"    {_named(one)}: {_held(one)}"
            yield from (f"      {visible(reason)}" for reason in one.reasons)
            if calls:
                yield from (f"      {visible(step.id)}{_call(step)}" for step in one.steps)


def _group(heading: str, accounts: tuple[Planned, ...], *, reasons: bool) -> Iterator[str]:
    if not accounts:
        return
    yield f"\n{heading}: {several(len(accounts), 'account')}"
    if not reasons:
        named = ", ".join(one.account for one in accounts[:_MOST_NAMED])
        yield f"  {named}{', …' if len(accounts) > _MOST_NAMED else ''}"
        return
    for one in accounts:
        yield f"  {_named(one)}{f': {in_words(one.seen)}' if one.seen is not None else ''}"
        yield from (f"    {visible(reason)}" for reason in one.reasons)


def _by_hand() -> Iterator[str]:
    guide = root_keys_by_hand()
    yield f"\n{guide.title} ({guide.source}):"
    yield from (f"  {number}. {step}" for number, step in enumerate(guide.steps, 1))


def _named(one: Planned) -> str:
    return f"{one.account} {visible(one.name)}".rstrip()


def _held(one: Planned) -> str:
    return in_words(one.seen) if one.seen is not None else "nobody looked"


def _call(step: Step) -> str:
    """The exact call, with whose credentials it is made."""
    parameters = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in step.parameters.items())
    whose = f"in a session of {step.through}" if step.through else "with your own credentials"
    return f" → {' '.join(filter(None, (step.call, parameters)))}, {whose}"


def outcome_text(done: Outcome) -> str:
    """What a run came to."""
    before = f", {done.before:,} of them before this run" if done.before and done.removed else ""
    lines = [f"nothing left: {several(len(done.removed), 'account')}{before}"]
    if done.waiting:
        first = format_instant(min(done.waiting.values()))
        lines.append(
            f"keys asleep: {several(len(done.waiting), 'account')}; run the same command again from {first} on"
        )
    if done.untouched:
        lines.append(f"not begun: {several(len(done.untouched), 'account')}")
    if done.begun:
        named = f"{', '.join(sorted(done.begun)[:_MOST_NAMED])}{', …' if len(done.begun) > _MOST_NAMED else ''}"
        lines.append(f"begun, and not ended: {several(len(done.begun), 'account')}: {named}")
    lines += [f"passed over: {account}: {why}" for account, why in sorted(done.gone.items())]
    lines += [f"surprise: {visible(str(each))}" for each in sorted(done.surprises)]
    if done.surprises:
        advice = AGAIN if all(each.kind in OF_AWS for each in done.surprises) else ANEW
        lines.append(f"stopped there: {advice}")
    return "\n".join(lines)


def looked_text(looked: Iterable[Looked]) -> str:
    """What a later look showed: each account in which not nothing is left, then the counts."""
    accounts = list(looked)
    lines = [f"{one.account}: {one.left}: {visible(one.detail)}" for one in accounts if one.left.value != "nothing"]
    clean = sum(one.left.value == "nothing" for one in accounts)
    return "\n".join([*lines, f"nothing left in {clean} of {several(len(accounts), 'account')}"])
