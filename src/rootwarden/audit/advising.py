"""What to switch on in AWS first, for one organization: states decided by rules and proofs, then an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from rootwarden import packs
from rootwarden.advice.advice import State
from rootwarden.advice.order import Placed, ordered
from rootwarden.advice.scenario import Cell, outcome, possible
from rootwarden.audit.assess import assess
from rootwarden.audit.guardrail_proof import Wanted, prove_all
from rootwarden.audit.native_standing import Native, seen
from rootwarden.audit.rulebook import rulebook
from rootwarden.facts.fact import Absent, value_or_none
from rootwarden.facts.instant import Instant
from rootwarden.guardrails.content.values import examples
from rootwarden.guardrails.proof import Verdict as ProofVerdict
from rootwarden.rules.rule_file import PostureRule
from rootwarden.rules.verdict import Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.advice.advice import Advice
    from rootwarden.advice.scenario import Scenario
    from rootwarden.audit.judge import Judge
    from rootwarden.audit.native_standing import Seen
    from rootwarden.audit.result import Finding
    from rootwarden.audit.rulebook import Rulebook
    from rootwarden.audit.terms import Terms
    from rootwarden.collect.collected import Collected
    from rootwarden.guardrails.content.guardrail import Guardrail
    from rootwarden.guardrails.proof import Group, GuardrailProof
    from rootwarden.guardrails.standing import Landscape

# What a sentence of an advice is called among the rules of the run.
_OWN: Final = "advice-"
_IDLE: Final = "what it comes after does not apply"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one advice stands.

    Attributes:
        advice: Its id.
        state: In one word.
        said: Why, in one clause.
        done: How many accounts it is done for.
        not_done: For how many it is not.
        unknown: Of how many nobody knows.
        accounts: Accounts it is not done for, in order.
        permission: The permission that would settle most of what is unknown, or empty.
    """

    advice: str
    state: State
    said: str
    done: int = 0
    not_done: int = 0
    unknown: int = 0
    accounts: tuple[str, ...] = ()
    permission: str = ""


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of a scenario in this organization: the cells that may hold, more than one where nobody knows.

    Attributes:
        scenario: Its id.
        native: By AWS alone.
        both: With Rootwarden beside it.
        native_at_best: By AWS alone, once all that is advised here is done.
        both_at_best: The same with Rootwarden beside it.
    """

    scenario: str
    native: tuple[Cell, ...]
    both: tuple[Cell, ...]
    native_at_best: Cell
    both_at_best: Cell


class Advised(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer.

    Attributes:
        as_of: The instant it was judged at.
        source: What was looked at, for people.
        organization: `o-…`; empty where there is none, or none is known.
        accounts: How many were looked at.
        skipped: Accounts that are not active, with their state.
        standings: Every advice, in order of id.
        placed: What is not done or not known, in the order to do it.
        today: Every scenario, in order of id.
        alone: The accounts are in no organization.
        warnings: For people.
        interrupted: Ctrl-C ended it early.
    """

    as_of: Instant
    source: str
    organization: str
    accounts: int
    skipped: tuple[tuple[str, str], ...]
    standings: tuple[Standing, ...]
    placed: tuple[Placed, ...]
    today: tuple[Today, ...]
    alone: bool = False
    warnings: tuple[str, ...] = ()
    interrupted: bool = False

    def state(self, advice: str) -> State:
        """How an advice stands."""
        return next(one.state for one in self.standings if one.advice == advice)


def advice_book(advice: Iterable[Advice]) -> Rulebook:
    """The rules that decide advice: the shipped ones it names, and its own sentences."""
    named = {rule for one in advice for rule in one.decided.rules}
    shipped = [rule for rule in packs.every_rule() if rule.id in named]
    own = [
        PostureRule(id=f"{_OWN}{one.id}", title=one.title, severity=Severity.MEDIUM, check=one.decided.check)
        for one in advice
        if one.decided.check
    ]
    return rulebook((*shipped, *own), packs.schema())


def advise(collected: Collected, terms: Terms, judge: Judge, landscape: Landscape) -> Advised:
    """Decide every advice, order what is to do, and say what comes of each scenario today.

    Args:
        collected: What was looked at.
        terms: How it was judged: the rules of `advice_book`.
        judge: Who judged accounts as they were read.
        landscape: The accounts with the policies above them.
    """
    result = assess(collected, terms, judge)
    findings: dict[str, list[Finding]] = {}
    for each in result.findings:
        findings.setdefault(each.rule, []).append(each)
    every = packs.advice()
    proofs = _proofs(every, landscape)
    native = Native(collected.organization, {one.facts.id: one.services for one in collected.accounts})
    standings = tuple(_standing(one, findings, proofs, native) for one in every)
    alone = isinstance(collected.organization.id, Absent)
    standings = _alone(every, standings) if alone else _waiting(every, standings)
    states = {one.advice: one.state for one in standings}
    scenarios = [one for one in packs.scenarios() if one.only.fits(alone=alone)]
    return Advised(
        as_of=result.as_of,
        source=result.input,
        organization=value_or_none(collected.organization.id) or "",
        accounts=len(result.accounts),
        skipped=tuple((one.id, one.state) for one in result.skipped),
        standings=standings,
        placed=ordered(
            every,
            states,
            scenarios,
            accounts={one.advice: one.not_done + one.unknown for one in standings},
            urgent=_urgent(every, standings, native),
        ),
        today=tuple(_today(one, states) for one in scenarios),
        alone=alone,
        warnings=result.warnings,
        interrupted=result.interrupted,
    )


def _urgent(every: Iterable[Advice], standings: tuple[Standing, ...], native: Native) -> frozenset[str]:
    """What is a way in that is known to be open."""
    return frozenset(
        one.id
        for one, standing in zip(every, standings, strict=True)
        if one.urgent
        and standing.state is State.NOT_DONE
        and (not one.urgent_in_management or native.alone or native.manager in standing.accounts)
    )


def _today(scenario: Scenario, states: Mapping[str, State]) -> Today:
    on = {one for one, state in states.items() if state is State.DONE}
    perhaps = {one for one, state in states.items() if state is State.UNKNOWN}
    best = {one for one, state in states.items() if state is not State.NOT_APPLICABLE}
    return Today(
        scenario=scenario.id,
        native=possible(scenario.native, on, perhaps),
        both=possible(scenario.beside, on, perhaps),
        native_at_best=outcome(scenario.native, best),
        both_at_best=outcome(scenario.beside, best),
    )


def _proofs(advice: Iterable[Advice], landscape: Landscape) -> dict[str, GuardrailProof]:
    named = {guardrail for one in advice for guardrail in one.decided.guardrails}
    wanted = [_wanted(one) for one in packs.guardrails() if one.id in named]
    return {one.id: one for one in prove_all(landscape, wanted).guardrails}


def _wanted(one: Guardrail) -> Wanted:
    """What is asked of a guardrail; of one made with values of your own, only what it denies whatever they are.

    What yours has to leave open, nobody can say who does not know them.
    """
    if any(each.needed for each in one.parameters):
        one = structs.replace(one, asks=tuple(each for each in one.asks if each.ask.denied))
    return Wanted(one, examples(one))


def _standing(
    one: Advice, findings: Mapping[str, list[Finding]], proofs: Mapping[str, GuardrailProof], native: Native
) -> Standing:
    decided = one.decided
    if decided.guardrails:
        return _of_proofs(one, [proofs[name] for name in decided.guardrails])
    if decided.service:
        return _of_services(one, seen(decided.service, native))
    rules = decided.rules or ((f"{_OWN}{one.id}",) if decided.check else ())
    if not rules:
        said = f"Rootwarden does not ask for it; see for yourself: {decided.look}"
        return Standing(advice=one.id, state=State.UNKNOWN, said=said)
    return _of_findings(one, [each for rule in rules for each in findings.get(rule, ())])


def _alone(every: Iterable[Advice], standings: tuple[Standing, ...]) -> tuple[Standing, ...]:
    """In no organization, nothing applies that comes after what does not."""
    states = {one.advice: one.state for one in standings}
    after = {one.id: one.after for one in every}
    applies = {one.id: one.decided.applies for one in every}

    def idle(name: str) -> bool:
        return states[name] is State.NOT_APPLICABLE or any(map(idle, after[name]))

    return tuple(
        Standing(advice=one.advice, state=State.NOT_APPLICABLE, said=applies[one.advice] or _IDLE)
        if any(map(idle, after[one.advice]))
        else one
        for one in standings
    )


def _waiting(every: Iterable[Advice], standings: tuple[Standing, ...]) -> tuple[Standing, ...]:
    """What nothing was there to judge for, because what it comes after is not done, is not done either."""
    found = {one.advice: one for one in standings}
    made = list(standings)
    for index, (one, standing) in enumerate(zip(every, standings, strict=True)):
        before = [found[each] for each in one.after if found[each].state in (State.NOT_DONE, State.UNKNOWN)]
        if standing.state is State.NOT_APPLICABLE and not one.decided.applies and before:
            state = min((each.state for each in before), key=list(State).index)
            made[index] = Standing(advice=one.id, state=state, said=f"it waits for {before[0].advice}")
    return tuple(made)


def _of_findings(one: Advice, found: list[Finding]) -> Standing:
    of = {verdict: [each for each in found if each.verdict is verdict] for verdict in Verdict}
    failed, unknown, passed = of[Verdict.FAIL], of[Verdict.UNKNOWN], of[Verdict.PASS]
    state = _state(failed=bool(failed), unknown=bool(unknown) or not found, passed=bool(passed))
    missing = [each.permission for finding in unknown for each in finding.missing if each.permission]
    open_ = {each.account for each in failed}
    unsure = {each.account for each in unknown} - open_
    return Standing(
        advice=one.id,
        state=state,
        said=_why(one, state, (failed or unknown or passed or found)[:1]),
        done=len({each.account for each in passed} - open_ - unsure),
        not_done=len(open_),
        unknown=len(unsure),
        accounts=tuple(sorted(open_)),
        permission=max(sorted(set(missing)), key=missing.count, default=""),
    )


def _state(*, failed: bool, unknown: bool, passed: bool) -> State:
    """A fail decides whatever is unknown beside it; nothing is done while something is unknown."""
    if failed:
        return State.NOT_DONE
    if unknown:
        return State.UNKNOWN
    return State.DONE if passed else State.NOT_APPLICABLE


def _why(one: Advice, state: State, first: list[Finding]) -> str:
    if state is State.NOT_APPLICABLE:
        return one.decided.applies or "no account it would concern was looked at"
    if not first:
        return "nothing was looked at that would tell"
    if state is State.UNKNOWN or one.decided.rules:
        return first[0].reason
    return "it is so" if state is State.DONE else one.decided.fails


def _of_services(one: Advice, found: tuple[Seen, ...]) -> Standing:
    failed, unknown, passed = ([each for each in found if each.on is on] for on in (False, None, True))
    if not found:
        return Standing(advice=one.id, state=State.NOT_APPLICABLE, said=one.decided.applies)
    state = _state(failed=bool(failed), unknown=bool(unknown), passed=bool(passed))
    said = (failed or unknown or passed)[0].said
    open_ = {each.account for each in failed}
    unsure = {each.account for each in unknown} - open_
    missing = [each.permission for each in unknown if each.permission]
    return Standing(
        advice=one.id,
        state=state,
        said=f"{said}; see for yourself: {one.decided.look}" if state is State.UNKNOWN else said,
        done=len({each.account for each in passed} - open_ - unsure),
        not_done=len(open_),
        unknown=len(unsure),
        accounts=tuple(sorted(open_)),
        permission=max(sorted(set(missing)), key=missing.count, default=""),
    )


def _of_proofs(one: Advice, proofs: list[GuardrailProof]) -> Standing:
    def count(verdict: ProofVerdict) -> int:
        return max(proof.count(verdict) for proof in proofs)

    groups = [group for proof in proofs for group in proof.groups]
    wrong = [group for group in groups if group.verdict in (ProofVerdict.OPEN, ProofVerdict.BARS)]
    unknown = [group for group in groups if group.verdict is ProofVerdict.UNKNOWN]
    accounts = tuple(sorted({account for group in wrong for account in group.accounts}))
    holds = count(ProofVerdict.HOLDS)
    state = _state(failed=bool(wrong), unknown=bool(unknown) or not groups, passed=bool(holds))
    return Standing(
        advice=one.id,
        state=state,
        said=_proof_said(one, state, count(ProofVerdict.OPEN), count(ProofVerdict.BARS), unknown[:1]),
        done=min(proof.count(ProofVerdict.HOLDS) for proof in proofs),
        not_done=len(accounts),
        unknown=count(ProofVerdict.UNKNOWN),
        accounts=accounts,
        permission="organizations:DescribePolicy" if state is State.UNKNOWN else "",
    )


def _proof_said(one: Advice, state: State, open_: int, bars: int, unknown: list[Group]) -> str:
    if state is State.NOT_APPLICABLE:
        return one.decided.applies
    if state is State.DONE:
        return "every policy that can bind holds"
    if state is State.UNKNOWN:
        note = unknown[0].note if unknown else ""
        return note or "what is attached is not known whole"
    parts = [f"does not hold in {_accounts(open_)}"] if open_ else []
    parts += [f"bars too much in {_accounts(bars)}"] if bars else []
    return ", ".join(parts)


def _accounts(count: int) -> str:
    return f"{count:,} account{'' if count == 1 else 's'}"
