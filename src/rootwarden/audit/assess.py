"""Judge every account by every rule, and put the answer together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rootwarden.audit.indicators import key_indicators
from rootwarden.audit.judge import Judge
from rootwarden.audit.ledger import ExceptionLedger
from rootwarden.audit.need import credential_need
from rootwarden.audit.result import (
    AuditedAccount,
    AuditResult,
    OrganizationSummary,
    Position,
    Reach,
    Refusal,
    SkippedAccount,
)
from rootwarden.collect.collected import in_words
from rootwarden.facts.fact import Absent, Known, Unknown, value_or_none
from rootwarden.facts.instant import format_instant
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rootwarden.audit.judge import Judged
    from rootwarden.audit.result import (
        Finding,
    )
    from rootwarden.audit.terms import Terms
    from rootwarden.collect.collected import Collected, CollectedAccount
    from rootwarden.facts.fact import Fact


def assess(collected: Collected, terms: Terms, judge: Judge | None = None) -> AuditResult:
    """Make the whole answer from what was collected.

    Args:
        collected: What was seen.
        terms: How to judge.
        judge: Who digested accounts as they were collected; whom it did not see is judged now.
    """
    judge = judge or Judge(terms)
    for each in collected.accounts:
        if each.facts.id not in judge:
            judge.digest(each, collected.organization, collected.as_of)
    owners = {each.facts.id: terms.settings.owner.of(each.facts) for each in collected.accounts}
    ledger = ExceptionLedger(terms.exceptions, collected.as_of)
    findings = tuple(_marked(collected, judge, ledger))
    facts = [each.facts for each in collected.accounts]
    return AuditResult(
        as_of=collected.as_of,
        input=collected.described,
        organization=_organization(collected),
        accounts=tuple(_audited(each, owners[each.facts.id]) for each in collected.accounts),
        skipped=tuple(SkippedAccount(id=each.id, name=each.name, state=each.state) for each in collected.skipped),
        findings=findings,
        rules=terms.rulebook.cards(),
        exceptions=ledger.uses(),
        indicators=key_indicators(facts, collected.as_of),
        warnings=(*_too_early(collected), *collected.warnings, *in_words(collected.unreadable), *ledger.warnings()),
        benchmark=terms.rulebook.benchmark,
        fail_on=terms.fail_on,
        interrupted=collected.interrupted,
    )


def _too_early(collected: Collected) -> tuple[str, ...]:
    """A warning when the instant to judge at lies before what was seen: dates after it look like the future."""
    made = [each.facts.report_generated_at for each in collected.accounts]
    newest = max((fact.value for fact in made if isinstance(fact, Known)), default=collected.as_of)
    if newest - collected.as_of < timedelta(days=1):
        return ()
    judged, seen = format_instant(collected.as_of), format_instant(newest)
    return (f"judged at {judged}, but a credential report is of {seen}: later dates look like the future",)


def _marked(collected: Collected, judge: Judge, ledger: ExceptionLedger) -> Iterator[Finding]:
    """Every finding in order, fails that stand under an exception marked; what is about no one account comes first."""
    units = {each.facts.id: value_or_none(each.facts.unit_path) or "" for each in collected.accounts}
    whole: dict[str, list[Judged]] = {}
    for each in judge.over_all(collected.accounts, collected.organization, collected.as_of):
        whole.setdefault(each.finding.account, []).append(each)
    for account in ("", *units):
        for each in (*whole.get(account, ()), *judge.of_account(account)):
            yield ledger.mark(each.finding, each.record, units.get(account, ""))


def exit_code(result: AuditResult, *, unreadable: bool) -> int:
    """0 clean, 1 a fail that counts, 3 an undecided rule that counts or unreadable input, 130 interrupted.

    Args:
        result: The answer.
        unreadable: Part of the input could not be read.
    """
    if result.interrupted:
        return 130
    counting = [finding for finding in result.findings if finding.severity.at_least(result.fail_on)]
    if any(finding.verdict is Verdict.FAIL and finding.suppressed_by is None for finding in counting):
        return 1
    return 3 if unreadable or any(finding.verdict is Verdict.UNKNOWN for finding in counting) else 0


def _audited(collected: CollectedAccount, owner: str) -> AuditedAccount:
    account = collected.facts
    need, why = credential_need(account)
    placed = account.position
    return AuditedAccount(
        id=account.id,
        name=value_or_none(account.name) or "",
        email=value_or_none(account.email) or "",
        partition=account.partition,
        position=Position(placed.value) if isinstance(placed, Known) else Position.UNKNOWN,
        organizational_unit=value_or_none(account.unit_path) or "",
        owner=owner,
        need=need,
        need_reason=why,
        reach=Reach.NONE if not collected.answered else Reach.PARTIAL if collected.refusals else Reach.FULL,
        refusals=tuple(_refusal(each) for each in collected.refusals),
        report_generated_at=value_or_none(account.report_generated_at),
        root_last_used_at=value_or_none(account.root.last_used),
        root_last_used=_last_used(account.root.last_used),
    )


def _refusal(fact: Unknown) -> Refusal:
    call = fact.sources[0].call if fact.sources else ""
    return Refusal(call=call, reason=fact.reason, permission=fact.permission, kind=str(fact.why))


def _last_used(fact: Fact[datetime]) -> str:
    if isinstance(fact, Known):
        return format_instant(fact.value)
    return "never" if isinstance(fact, Absent) else f"unknown: {fact.reason}"


def _organization(collected: Collected) -> OrganizationSummary | None:
    organization = collected.organization
    if not isinstance(organization.id, Known):
        return None
    return OrganizationSummary(
        id=organization.id.value,
        management_account=value_or_none(organization.management_account) or "",
        root_credentials_management=_switch(organization.root_credentials_management),
        root_sessions=_switch(organization.root_sessions),
    )


def _switch(fact: Fact[bool]) -> str:
    if isinstance(fact, Known):
        return "on" if fact.value else "off"
    return f"unknown: {fact.reason}" if isinstance(fact, Unknown) else "off"
