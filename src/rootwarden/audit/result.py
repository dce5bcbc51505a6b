"""What an audit says: the value every report format and the exit code are made from.

Reports read these types and nothing else. Everything is frozen and in a fixed order, so the same evidence gives
the same bytes.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from rootwarden.facts.fact import Source
from rootwarden.rules.outcome import Missing, Witness
from rootwarden.rules.rule_file import ParameterDefault
from rootwarden.rules.verdict import Severity, Verdict

# How the name of all things of a kind ends, where they could not be told apart: `user/*` of all users of an account.
ALL: Final = "/*"
# What reports call all accounts together, where an account would stand.
FLEET: Final = "fleet"


class Position(StrEnum):
    """Where an account stands in an organization."""

    MANAGEMENT = "management"
    MEMBER = "member"
    STANDALONE = "standalone"
    UNKNOWN = "unknown"


class Need(StrEnum):
    """Does this account need root credentials at all? (SEC01-BP02, implementation step 3.)"""

    REQUIRED = "required"
    NOT_NEEDED = "not_needed"
    REMOVED = "removed"
    UNKNOWN = "unknown"


class Reach(StrEnum):
    """How much of an account was readable."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One call that gave no answer.

    Attributes:
        call: `iam:GetAccountSummary`.
        reason: What happened, in the words a reader understands.
        permission: The IAM action that was missing; empty when the failure was of another kind.
        kind: One of `denied`, `throttled`, `timed_out`, `failed`, `malformed`, `not_collected`.
    """

    call: str
    reason: str
    permission: str = ""
    kind: str = "failed"


class AuditedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account of the audit, reachable or not.

    Attributes:
        id: Twelve digits.
        name: As in the organization, empty when not known.
        email: The root user's address, empty when not known.
        partition: `aws`, `aws-us-gov`, `aws-cn`, …
        position: Where it stands in the organization.
        organizational_unit: Path of names from the root down, `/Root/Workloads/Prod`; empty when not known.
        owner: Who answers for it, by configuration (tag or organizational unit); empty when not configured.
        need: Whether it needs root credentials at all.
        need_reason: Why, in one sentence.
        reach: How much could be read.
        refusals: Every call that gave no answer.
        report_generated_at: When AWS made the credential report, or `None`.
        root_last_used_at: Latest of password and keys, or `None` when never or not known.
        root_last_used: The same in words: an instant, `never`, or `unknown: reason`.
    """

    id: str
    name: str = ""
    email: str = ""
    partition: str = "aws"
    position: Position = Position.UNKNOWN
    organizational_unit: str = ""
    owner: str = ""
    need: Need = Need.UNKNOWN
    need_reason: str = ""
    reach: Reach = Reach.FULL
    refusals: tuple[Refusal, ...] = ()
    report_generated_at: datetime | None = None
    root_last_used_at: datetime | None = None
    root_last_used: str = ""


class SkippedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is not ACTIVE, and so was not asked."""

    id: str
    name: str = ""
    state: str = ""


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """The unexpired exception a fail stands under."""

    reason: str
    owner: str
    ticket: str
    until: date


class ParameterOverride(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter that has another value for this account than the run's.

    Attributes:
        name: Of the parameter.
        value: What it was judged with.
        usual: What holds elsewhere.
        place: Whom it was set for: `/Root/Workloads/Sandbox`, `account 111122223333`, `every account`.
    """

    name: str
    value: ParameterDefault
    usual: ParameterDefault
    place: str

    @property
    def in_words(self) -> str:
        """`judged with window = 30 (set for /Root/Sandbox; 1 elsewhere)`."""
        return f"judged with {self.name} = {_shown(self.value)} (set for {self.place}; {_shown(self.usual)} elsewhere)"


def _subject(resource: str) -> str:
    """What an ARN names in its account, with the region where it has one; empty for the root user."""
    *_, region, _account, name = ("", "", *resource.split(":", 5))
    return "" if name == "root" else f"{region} {name}".strip()


def _shown(value: ParameterDefault) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says about one resource: the root user, or what else the rule is about.

    Attributes:
        rule: Rule id.
        account: Twelve digits; empty for what is about all accounts at once.
        resource: ARN of what was judged, `fleet` for all accounts; its name ends in `/*` for all of a kind at once.
        verdict: The verdict; a fail under an exception is still a fail.
        severity: How bad a fail is.
        reason: One sentence for a person.
        witness: The facts that decided it.
        missing: For unknown: the facts that would decide it.
        notes: What the reader must know beside it: deductions, disagreements between sources, stale reports.
        controls: `cis-5.0:1.4`, `nist-800-53-r5:AC-6`, …
        evidence: Every source the verdict stands on.
        suppressed_by: The exception, or `None`.
        owner: Who answers for it.
        overrides: Parameters that were chosen for this account; in words they are among the notes.
    """

    rule: str
    account: str
    resource: str
    verdict: Verdict
    severity: Severity
    reason: str
    witness: tuple[Witness, ...] = ()
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    evidence: tuple[Source, ...] = ()
    suppressed_by: Suppression | None = None
    owner: str = ""
    overrides: tuple[ParameterOverride, ...] = ()

    @property
    def user(self) -> str:
        """What it is about when that is not root: `user/alice`, `us-east-1 trail/audit`, `user/*` for all users."""
        return _subject(self.resource)


class RemedyStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step, in order: what to do, and exactly where to click or what to type.

    `console` and `command` are empty where there is no such way.
    """

    text: str
    console: str = ""
    command: str = ""


class RuleCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader needs to know of a rule that took part."""

    id: str
    title: str
    severity: Severity
    why: str
    misses: str
    check: str
    remedy: tuple[RemedyStep, ...] = ()
    controls: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


class ExceptionUse(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the exceptions file and what became of it.

    Attributes:
        state: `in_force`, `expired`, `not_yet`, `too_long`, `undecided` or `unmatched`.
        matched: How many fails it covers, or would cover were it in force.
        units: Organizational units it is about; none for all.
        when: Condition of the rule language it is about, or empty.
        approver: Who approved it, or empty.
        since: First day it holds, or `None`.
    """

    rule: str
    accounts: tuple[str, ...]
    reason: str
    owner: str
    ticket: str
    until: date
    state: str
    matched: int
    units: tuple[str, ...] = ()
    when: str = ""
    approver: str = ""
    since: date | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict that differs from the earlier run: `kind` is `new`, `fixed` or `newly_unknown`."""

    kind: str
    rule: str
    account: str
    before: str
    after: str
    resource: str = ""

    @property
    def user(self) -> str:
        """What it is about when that is not root, as in `Finding`."""
        return _subject(self.resource)


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """One key figure (mission S5.5).

    Attributes:
        id: `root-mfa-share`, `root-sign-ins`, `active-root-keys`, `mean-time-to-alert`, …
        title: For people.
        value: As text: `37 of 40 (92.5 %)`, or `unknown`.
        target: As text.
        met: Whether the target is met; `None` when that cannot be said.
        note: What limits the figure: unreadable accounts, what is not collected.
    """

    id: str
    title: str
    value: str
    target: str
    met: bool | None
    note: str = ""


class OrganizationSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The organization the accounts belong to, as far as it was readable."""

    id: str = ""
    management_account: str = ""
    root_credentials_management: str = ""
    root_sessions: str = ""


class AuditResult(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer. Accounts are ordered management account first, then by id; findings by account, severity, rule.

    Attributes:
        as_of: The instant everything is judged at, aware UTC.
        input: What was audited, for people: `organization o-example`, `evidence folder NAME`.
        benchmark: `cis-5.0`, or empty.
        fail_on: Severity from which a fail sets the exit code.
        interrupted: True when Ctrl-C cut the run short.
    """

    as_of: datetime
    input: str
    accounts: tuple[AuditedAccount, ...]
    skipped: tuple[SkippedAccount, ...]
    findings: tuple[Finding, ...]
    rules: tuple[RuleCard, ...]
    organization: OrganizationSummary | None = None
    exceptions: tuple[ExceptionUse, ...] = ()
    changes: tuple[Change, ...] | None = None
    changes_since: str = ""
    indicators: tuple[Indicator, ...] = ()
    warnings: tuple[str, ...] = ()
    benchmark: str = ""
    fail_on: Severity = Severity.HIGH
    interrupted: bool = False

    def counts(self) -> dict[Verdict, int]:
        """Number of findings by verdict, every verdict present."""
        totals = dict.fromkeys(Verdict, 0)
        for finding in self.findings:
            totals[finding.verdict] += 1
        return totals
