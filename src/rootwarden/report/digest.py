"""What people are told first, worked out once for the terminal and the page: totals, groups, next steps.

Everything here counts or groups what the result says; nothing is decided again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.audit.result import FLEET, Need, RuleCard
from rootwarden.facts.credential_report import EXPORT_AGAIN, LOOK_AGAIN
from rootwarden.report.words import Standing, account_id, several, standing
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.audit.result import AuditResult, Finding
    from rootwarden.rules.verdict import Severity

MOST_STEPS: Final = 5
MOST_NAMED: Final = 3
_HOUR: Final = 60  # minutes


class RuleTally(msgspec.Struct, frozen=True, kw_only=True):
    """One rule and how its findings stand."""

    card: RuleCard
    counts: Mapping[Standing, int]
    failing: tuple[str, ...]


class UnknownGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts whose verdicts wait for the same thing.

    Attributes:
        reason: Why, once for all of them.
        permission: The IAM action that would settle it, or empty.
        accounts: Their ids, in the order of the result.
        rules: The rules that wait.
        verdicts: How many findings that makes.
    """

    reason: str
    permission: str
    accounts: tuple[str, ...]
    rules: tuple[str, ...]
    verdicts: int

    @property
    def said(self) -> str:
        """The reason, with the permission added where the reason does not already name it."""
        if not self.permission or self.permission in self.reason:
            return self.reason
        return f"{self.reason} ({self.permission})"


class NeedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts with the same answer to "does it need root credentials at all?"."""

    need: Need
    reason: str
    accounts: tuple[str, ...]


def tally(findings: Iterable[Finding]) -> dict[Standing, int]:
    """Number of findings by standing, every standing present, worst first."""
    counts = Counter(standing(finding) for finding in findings)
    return {each: counts[each] for each in Standing}


def findings_by_account(result: AuditResult) -> dict[str, tuple[Finding, ...]]:
    """The findings of each audited account in the result's order; an account without any has an empty tuple.

    What is about all accounts at once comes first, under `fleet`.
    """
    grouped: dict[str, list[Finding]] = {each: [] for each in (FLEET, *(account.id for account in result.accounts))}
    for finding in result.findings:
        grouped.setdefault(account_id(finding), []).append(finding)
    return {account: tuple(findings) for account, findings in grouped.items() if findings or account != FLEET}


def rule_tallies(result: AuditResult) -> tuple[RuleTally, ...]:
    """Each rule with its counts, in the order of the rules."""
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in result.findings:
        by_rule[finding.rule].append(finding)
    return tuple(
        RuleTally(
            card=card,
            counts=tally(by_rule[card.id]),
            failing=tuple(
                dict.fromkeys(account_id(each) for each in by_rule[card.id] if standing(each) is Standing.FAIL)
            ),
        )
        for card in result.rules
    )


def unknown_groups(result: AuditResult) -> tuple[UnknownGroup, ...]:
    """Unknown verdicts by what they wait for, the widest group first.

    A finding that waits for two things is in two groups. The account's own id inside a reason does not part groups.
    """
    waiting: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in result.findings:
        if finding.verdict is Verdict.UNKNOWN:
            for key in unknown_keys(finding):
                waiting[key].append(finding)
    groups = [
        UnknownGroup(
            reason=reason,
            permission=permission,
            accounts=tuple(dict.fromkeys(account_id(finding) for finding in findings)),
            rules=tuple(dict.fromkeys(finding.rule for finding in findings)),
            verdicts=len(findings),
        )
        for (permission, reason), findings in waiting.items()
    ]
    return tuple(sorted(groups, key=lambda group: (-len(group.accounts), -group.verdicts, group.said)))


def unknown_keys(finding: Finding) -> tuple[tuple[str, str], ...]:
    """The (permission, reason) pairs an unknown finding waits for, each once."""
    pairs = [(each.permission, each.reason) for each in finding.missing] or [("", finding.reason)]
    own = finding.account
    return tuple(dict.fromkeys((each, reason.replace(own, "…") if own else reason) for each, reason in pairs))


def report_ages(result: AuditResult) -> str:
    """How old the credential reports are, in one sentence; empty when none tells when it was made.

    A fix made after that does not show in them: AWS makes a new report at most every four hours.
    """
    made = [each.report_generated_at for each in result.accounts if each.report_generated_at is not None]
    if not made:
        return ""
    newest, oldest = (_age(result.as_of, instant) for instant in (max(made), min(made)))
    span = newest if newest == oldest else f"{newest} to {oldest}"
    return f"credential reports are {span} old; AWS makes a new one at most every 4 hours"


def _age(now: datetime, made: datetime) -> str:
    minutes = max(0, int((now - made).total_seconds() // 60))
    if minutes < _HOUR:
        return f"{minutes} min"
    return f"{minutes // _HOUR} h" if minutes < _HOUR * 48 else f"{minutes // (_HOUR * 24)} days"


def need_groups(result: AuditResult) -> tuple[NeedGroup, ...]:
    """Accounts by need and reason, in the order in which the answers first appear."""
    grouped: dict[tuple[Need, str], list[str]] = defaultdict(list)
    for account in result.accounts:
        grouped[account.need, account.need_reason].append(account.id)
    return tuple(
        NeedGroup(need=need, reason=reason, accounts=tuple(accounts)) for (need, reason), accounts in grouped.items()
    )


def next_steps(result: AuditResult) -> tuple[str, ...]:
    """What to do now, most pressing first; never empty."""
    steps = [*_interruption(result), *_repairs(result), *_permissions(result), *_expiries(result)]
    if steps:
        return tuple(steps)
    if not result.findings:
        return ("nothing was judged: there was no account to judge",)
    return ("nothing is open: audit again with --since to see what changes",)


def _interruption(result: AuditResult) -> list[str]:
    return (
        ["the run was interrupted: run it again for the accounts that are missing here"] if result.interrupted else []
    )


def _repairs(result: AuditResult) -> list[str]:
    open_rules = [each for each in rule_tallies(result) if each.failing]
    open_rules.sort(key=lambda each: (each.card.severity.rank, -len(each.failing)))
    steps = [_repair(each) for each in open_rules[:MOST_STEPS]]
    if left := len(open_rules) - MOST_STEPS:
        steps += [f"then {several(left, 'more rule')} with open fails"] if left > 0 else []
    return steps


def _repair(each: RuleTally) -> str:
    """Which rule, where, and where its steps are: the first step out of its order would mislead."""
    shown = ", ".join(each.failing[:MOST_NAMED])
    more = f" and {len(each.failing) - MOST_NAMED:,} more" if len(each.failing) > MOST_NAMED else ""
    fails = "fails" if len(each.failing) == 1 else "fail"
    accounts = several(len(each.failing), "account")
    name = each.card.id
    see = f"; see `rootwarden rule show {name}`" if _is_shipped(name) else ""
    return f"{name} ({each.card.severity.value}): {accounts} {fails} ({shown}{more}){see}"


def _is_shipped(identifier: str) -> bool:
    """Whether `rule show` knows it by its id; a rule of the user's own is where the user put it."""
    from rootwarden.packs import every_rule

    return any(rule.id == identifier for rule in every_rule())


def _permissions(result: AuditResult) -> list[str]:
    """What would settle unknowns, the ones that keep the worst rules open first."""
    severity = {card.id: card.severity.rank for card in result.rules}
    groups = sorted(
        unknown_groups(result),
        key=lambda group: (min((severity.get(rule, 9) for rule in group.rules), default=9), -group.verdicts),
    )
    needed = [group for group in groups if group.permission]
    steps = [
        f"allow {group.permission} in {several(len(group.accounts), 'account')}:"
        f" {several(group.verdicts, 'verdict')} waiting for it"
        for group in needed[:MOST_STEPS]
    ]
    if len(needed) > MOST_STEPS:
        rest = ", ".join(dict.fromkeys(group.permission for group in needed[MOST_STEPS:]))
        steps.append(f"then allow {rest}")
    if steps:
        steps.append("`rootwarden permissions` prints the policy to attach")
    return steps + _reports(groups) + _declarations(groups)


def _reports(groups: list[UnknownGroup]) -> list[str]:
    """Credential reports that are too old, where no permission stands in the way of a newer one."""
    steps = {
        LOOK_AGAIN: "look again in four hours: AWS makes a credential report no oftener",
        EXPORT_AGAIN: "export the credential report again (docs/evidence-folder.md)",
    }
    found = []
    for advice, step in steps.items():
        waiting = [group for group in groups if advice in group.reason]
        if waiting:
            accounts = several(len({account for group in waiting for account in group.accounts}), "account")
            verdicts = several(sum(group.verdicts for group in waiting), "verdict")
            found.append(f"{step}, in {accounts}: {verdicts} waiting for it")
    return found


def _declarations(groups: list[UnknownGroup]) -> list[str]:
    """Facts that only a declaration can settle."""
    waiting = sum(group.verdicts for group in groups if "declare" in group.reason)
    if not waiting:
        return []
    verdicts = several(waiting, "verdict")
    return [f"declare what no API tells: {verdicts} waiting for it (docs/evidence-folder.md, `declarations.json`)"]


def _expiries(result: AuditResult) -> list[str]:
    expired = [each for each in result.exceptions if each.state == "expired"]
    return [f"renew or remove {several(len(expired), 'expired exception')}"] if expired else []


def blocking(result: AuditResult) -> Mapping[Severity, int]:
    """Open fails at or above `fail_on`, by severity: what the exit code comes from."""
    counts: Counter[Severity] = Counter()
    for finding in result.findings:
        if standing(finding) is Standing.FAIL and finding.severity.at_least(result.fail_on):
            counts[finding.severity] += 1
    return dict(counts)
