"""The plan of a change of guardrails for people: every call in its wave, the proof, what was foretold; and each run."""

from __future__ import annotations

import json as text_json
from typing import TYPE_CHECKING, Final

from rootwarden.attachment.applying import State
from rootwarden.attachment.calls import parameters, permissions_policy
from rootwarden.guardrails.proof import Verdict
from rootwarden.report.words import several

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.attachment.applying import Run
    from rootwarden.attachment.plan import Plan, Proven, Step
    from rootwarden.attachment.verifying import Verified

_NAMED: Final = 6
# What comes of a guardrail in some accounts, the worst first.
_PROVEN: Final = {
    Verdict.OPEN: "open in {}",
    Verdict.BARS: "barring too much in {}",
    Verdict.UNKNOWN: "not known of {}",
    Verdict.HOLDS: "holding in {}",
    Verdict.NOT_BOUND: "binding nothing in {}",
}


def text(plan: Plan) -> str:
    """Everything that would be done, and why it may be."""
    return "\n".join(_lines(plan))


def calls(plan: Plan, done: Mapping[str, None], ids: Mapping[str, str]) -> str:
    """The calls that are left, as they will be made.

    Args:
        plan: The plan.
        done: Names of the steps that were made.
        ids: Of policies by name, where they are known.
    """
    lines = []
    for wave in plan.waves:
        left = [step for step in wave.steps if step.name not in done]
        if left:
            lines.append(f"wave {wave.number}: {wave.name}")
            lines += [f"  {_call(step, plan, ids)}" for step in left]
    return "\n".join(lines) or "nothing is left to do"


def told(run: Run, plan: Plan) -> str:
    """What a run did, and what is next."""
    lines = [*run.notes, *(f"applied: {name}" for name in run.waves)]
    if run.state is State.WATCHING:
        lines.append(f"now look what is denied in {_accounts(run.watching)}; then run it again with --trail")
    elif run.state is State.FINISHED:
        lines.append(f"the plan is carried out: {plan.operation} {', '.join(one.name for one in plan.policies)}")
    else:
        lines.append("everything is as it was before the plan")
    return "\n".join([*lines, *_proof(run.proof)])


def verified(found: Verified) -> str:
    """What a look at a plan that was carried out showed."""
    lines = [found.state]
    for one in found.standing:
        where = ", ".join(one.targets) or "nothing"
        lines.append(f"as the journal says: `{one.policy}` ({one.id}), sha256 {one.sha256[:16]}…, attached to {where}")
    lines += [f"differs: {one}" for one in found.differing]
    lines += [f"not known: {one}" for one in found.undecided]
    return "\n".join([*lines, *_proof(found.proof)])


def _lines(plan: Plan) -> Iterator[str]:
    yield f"{plan.operation} in the organization {plan.organization}, as of {plan.made_at}"
    for one in plan.policies:
        state = f"{one.id}, new document" if one.before else one.id or "to be made"
        kind = one.kind if one.guardrail in {"", one.name} else f"{one.kind}, guardrail {one.guardrail}"
        yield f"policy `{one.name}` ({kind}, {state}), {len(one.document)} characters, sha256 {one.sha256[:16]}…"
    for wave in plan.waves:
        bound = f" ({_accounts(wave.accounts)})" if wave.accounts else ""
        yield f"wave {wave.number}: {wave.name}{bound}"
        yield from (f"  {_call(step, plan, {})}" for step in wave.steps)
    yield from _proof(plan.proof)
    yield from _foretold(plan)
    yield from (f"note: {one}" for one in plan.notes)
    yield "least permissions, in the management account:"
    yield text_json.dumps(permissions_policy(plan), indent=1)


def _proof(proof: Iterable[Proven]) -> Iterator[str]:
    return (
        f"proof of `{one.guardrail}`: today {_counted(one.before)}; afterwards {_counted(one.after)}" for one in proof
    )


def _foretold(plan: Plan) -> Iterator[str]:
    if plan.replay is not None:
        found = plan.replay
        yield (
            f"replay of {found.first} to {found.last}: at least {found.at_least} calls would have been denied, "
            f"at most {found.at_most}"
        )
        most = sorted(found.calls.items(), key=lambda each: (-each[1], each[0]))
        yield from (f"  {calls} times {group}" for group, calls in most[:_NAMED])
        if most[_NAMED:]:
            yield f"  and {sum(calls for _, calls in most[_NAMED:])} of {len(most) - _NAMED} other kinds"
    if plan.waived is not None:
        yield f"not replayed: {plan.waived.reason}"
    if plan.proof_waived is not None:
        yield f"planned in spite of the proof: {plan.proof_waived.reason}"


def _call(step: Step, plan: Plan, ids: Mapping[str, str]) -> str:
    made = parameters(step, plan, ids)
    shown = " ".join(f"{name}={_short(str(value))}" for name, value in made.items())
    return f"{step.name} {step.call.value} {shown}{' (temporary)' if step.temporary else ''}"


def _short(value: str) -> str:
    return f"'{value}'" if " " in value or '"' in value else value


def _counted(verdicts: Mapping[str, int]) -> str:
    found = [words.format(several(verdicts[one], "account")) for one, words in _PROVEN.items() if verdicts.get(one)]
    return ", ".join(found) or "no accounts"


def _accounts(accounts: tuple[str, ...]) -> str:
    if len(accounts) <= _NAMED:
        return f"{'account' if len(accounts) == 1 else 'accounts'} {', '.join(accounts)}"
    return f"{len(accounts)} accounts, {', '.join(accounts[:_NAMED])}, …"
