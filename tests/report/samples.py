"""Audit results as reports get to see them: made by hand, every verdict and every hostile string on purpose."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

from rootwarden.audit.result import (
    AuditedAccount,
    AuditResult,
    Change,
    ExceptionUse,
    Finding,
    Indicator,
    Need,
    OrganizationSummary,
    Position,
    Reach,
    Refusal,
    RemedyStep,
    RuleCard,
    SkippedAccount,
    Suppression,
)
from rootwarden.facts.fact import Source
from rootwarden.rules.outcome import Missing, Witness
from rootwarden.rules.verdict import Severity, Verdict

AS_OF = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MANAGEMENT = "111122223333"
CONSOLE = "Account name (top right) \u203a Security credentials \u203a {}"
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.invalid","click")',
    "right\u202eto\u200fleft",
    "two\nlines\r\nand\ta tab",
    "]]> &amp; \x00\x07\x1b[31mred\x1b[0m",
    "x" * 3000,
    "🔐 clef Schlüssel 鍵",
    "",
    "[bold red]markup[/] {{ 7 * 7 }} {% raw %}",
    "  +1+1",
    "lone \udc80 surrogate",
)

_RULES: tuple[tuple[str, str, Severity], ...] = (
    ("root-mfa", "Root has MFA", Severity.CRITICAL),
    ("root-access-key", "Root has no access key", Severity.CRITICAL),
    ("root-signing-certificate", "Root has no signing certificate", Severity.HIGH),
    ("root-hardware-mfa", "Root's MFA is hardware", Severity.HIGH),
    ("root-usage", "Root was not used lately", Severity.HIGH),
    ("root-credentials-present", "Members have no root credentials", Severity.HIGH),
    ("root-central-management", "Root credentials are managed centrally", Severity.HIGH),
    ("root-sessions", "Privileged root sessions are on", Severity.MEDIUM),
    ("root-usage-alarm", "Somebody is told when root is used", Severity.HIGH),
    ("root-deny-guardrail", "A policy denies root in members", Severity.HIGH),
    ("root-sign-in-policy", "Sign-in as root is fenced", Severity.MEDIUM),
    ("root-email", "The root address belongs to the company", Severity.MEDIUM),
    ("root-contact-primary", "Somebody is the primary contact", Severity.MEDIUM),
    ("root-contact-security", "Somebody is the security contact", Severity.MEDIUM),
    ("root-contact-distinct", "The contacts are not one person", Severity.LOW),
    ("root-mfa-backup", "Root has a second device", Severity.LOW),
    ("root-password-age", "The root password is changed on schedule", Severity.LOW),
)

_REMEDIES: dict[str, tuple[RemedyStep, ...]] = {
    "root-mfa": (
        RemedyStep(
            text="Decide whether the account needs root credentials at all; a member account does not",
            command="rootwarden audit --org --rule root-credentials-present",
        ),
        RemedyStep(
            text="Sign in as root and register a passkey or security key, then a second one kept elsewhere",
            console=CONSOLE.format("Multi-factor authentication (MFA) \u203a Assign MFA device"),
        ),
    ),
    "root-access-key": (
        RemedyStep(
            text="Find out who uses the key, and give that use a role",
            command="aws iam get-access-key-last-used --access-key-id AKIAFAKEFAKEFAKEFAKE",
        ),
        RemedyStep(
            text="Deactivate the key and wait a week: a key that is missed can be switched on again",
            command="aws iam update-access-key --access-key-id AKIAFAKEFAKEFAKEFAKE --status Inactive",
        ),
        RemedyStep(
            text="Delete the key",
            console=CONSOLE.format("Access keys \u203a Actions \u203a Delete"),
            command="aws iam delete-access-key --access-key-id AKIAFAKEFAKEFAKEFAKE",
        ),
    ),
}


def rule_card(identifier: str, title: str, severity: Severity) -> RuleCard:
    return RuleCard(
        id=identifier,
        title=title,
        severity=severity,
        why=f"Whoever holds root holds the account. {title}, or an attacker has one step less to take.",
        misses="It says nothing about who could reset the password by e-mail.",
        check="RootUser where Exists should have MFAActive eq true",
        remedy=_REMEDIES.get(
            identifier, (RemedyStep(text="Put it right, then audit again", console="IAM \u203a Account settings"),)
        ),
        controls=("cis-5.0:1.4", "aws-well-architected:SEC01-BP02", "nist-800-53-r5:IA-2(1)"),
        references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html",),
    )


RULES = tuple(rule_card(*row) for row in _RULES)
_CARDS = {card.id: card for card in RULES}


def seen(call: str, minutes_ago: int = 5, *, region: str = "") -> Source:
    return Source(call=call, region=region, observed_at=AS_OF - timedelta(minutes=minutes_ago))


SUMMARY = seen("iam:GetAccountSummary", 4)
REPORT = seen("iam:GetCredentialReport", 95)
OWNERS = {MANAGEMENT: "cloud-platform", "222233334444": "payments", "333344445555": "data"}
EXCEPTION = Suppression(
    reason="mainframe cannot use a role before June",
    owner="payments@example.com",
    ticket="SEC-42",
    until=date(2026, 6, 30),
)


def finding(rule: str, account: str, verdict: Verdict, reason: str = "", **more: object) -> Finding:
    """A finding with the evidence its verdict needs; `more` replaces any field of it."""
    base = Finding(
        rule=rule,
        account=account,
        resource=f"arn:aws:iam::{account}:root",
        verdict=verdict,
        severity=_CARDS[rule].severity,
        reason=reason or f"{rule} says {verdict}",
        controls=("cis-5.0:1.4", "nist-800-53-r5:IA-2(1)"),
        evidence=(SUMMARY, REPORT),
        owner=OWNERS.get(account, ""),
    )
    return msgspec.structs.replace(base, **more)


def _denied(rule: str, account: str, owner: str = "") -> Finding:
    return finding(
        rule,
        account,
        Verdict.UNKNOWN,
        "MFA on root is not known: iam:GetAccountSummary denied",
        missing=(
            Missing(
                attribute="RootUser.MFAActive",
                reason="iam:GetAccountSummary denied",
                permission="iam:GetAccountSummary",
            ),
        ),
        evidence=(Source(call="iam:GetAccountSummary"),),
        owner=owner,
    )


def _accounts() -> tuple[AuditedAccount, ...]:
    return (
        AuditedAccount(
            id=MANAGEMENT,
            name="example-management",
            email="aws-root@example.com",
            position=Position.MANAGEMENT,
            organizational_unit="/Root",
            owner="cloud-platform",
            need=Need.REQUIRED,
            need_reason="the management account keeps its root user: nobody above it could reset it",
            report_generated_at=AS_OF - timedelta(minutes=95),
            root_last_used_at=AS_OF - timedelta(days=400),
            root_last_used="2025-01-26T09:30:00Z",
        ),
        AuditedAccount(
            id="222233334444",
            name="payments-prod",
            email="aws+payments@example.com",
            position=Position.MEMBER,
            organizational_unit="/Root/Workloads/Prod",
            owner="payments",
            need=Need.NOT_NEEDED,
            need_reason="a member account: central root management can take its credentials away",
            report_generated_at=AS_OF - timedelta(minutes=95),
            root_last_used="never",
        ),
        AuditedAccount(
            id="333344445555",
            name="data-lake",
            position=Position.MEMBER,
            organizational_unit="/Root/Workloads/Prod",
            owner="data",
            need=Need.REMOVED,
            need_reason="it has no root credentials: recovery goes through the management account",
            root_last_used="never",
        ),
        AuditedAccount(
            id="444455556666",
            name="acquired-2019",
            position=Position.MEMBER,
            need=Need.UNKNOWN,
            need_reason="whether root has a password is not known: iam:GetAccountSummary denied",
            reach=Reach.PARTIAL,
            refusals=(
                Refusal(
                    call="iam:GetAccountSummary",
                    reason="the role may not read it",
                    permission="iam:GetAccountSummary",
                    kind="denied",
                ),
            ),
            root_last_used="unknown: iam:GetCredentialReport denied",
        ),
    )


def _findings() -> tuple[Finding, ...]:
    return (
        finding("root-mfa", MANAGEMENT, Verdict.PASS, "root has MFA"),
        finding("root-access-key", MANAGEMENT, Verdict.PASS, "root has no access key"),
        finding(
            "root-hardware-mfa",
            MANAGEMENT,
            Verdict.FAIL,
            "root's MFA is a virtual device",
            witness=(
                Witness(attribute="MFADevice[0].Kind", value="virtual", sources=(seen("iam:ListVirtualMFADevices"),)),
            ),
            notes=("the summary and the report disagree: the summary is fresher",),
        ),
        finding("root-central-management", MANAGEMENT, Verdict.PASS, "central root management is on"),
        finding(
            "root-mfa",
            "222233334444",
            Verdict.FAIL,
            "root has no MFA device: its password alone opens it",
            witness=(Witness(attribute="RootUser.MFAActive", value="false", sources=(SUMMARY,)),),
        ),
        finding(
            "root-access-key",
            "222233334444",
            Verdict.FAIL,
            "root has one active access key",
            witness=(Witness(attribute="AccessKey[0].Active", value="true", sources=(SUMMARY, REPORT)),),
            suppressed_by=EXCEPTION,
            owner="payments",
        ),
        finding("root-hardware-mfa", "222233334444", Verdict.FAIL, "root has no MFA"),
        finding("root-central-management", "222233334444", Verdict.NOT_APPLICABLE, "not the management account"),
        finding("root-mfa", "333344445555", Verdict.NOT_APPLICABLE, "root has no password"),
        finding("root-access-key", "333344445555", Verdict.PASS, "root has no access key"),
        finding("root-hardware-mfa", "333344445555", Verdict.NOT_APPLICABLE, "root has no password"),
        finding("root-central-management", "333344445555", Verdict.NOT_APPLICABLE, "not the management account"),
        _denied("root-mfa", "444455556666"),
        _denied("root-access-key", "444455556666"),
        _denied("root-hardware-mfa", "444455556666"),
        finding("root-central-management", "444455556666", Verdict.NOT_APPLICABLE, "not the management account"),
    )


def _exceptions() -> tuple[ExceptionUse, ...]:
    def use(rule: str, state: str, until: date, matched: int) -> ExceptionUse:
        return ExceptionUse(
            rule=rule,
            accounts=("222233334444",),
            reason=EXCEPTION.reason,
            owner=EXCEPTION.owner,
            ticket=EXCEPTION.ticket,
            until=until,
            state=state,
            matched=matched,
        )

    return (
        use("root-access-key", "in_force", EXCEPTION.until, 1),
        use("root-mfa", "expired", date(2026, 1, 31), 1),
        use("root-email", "unmatched", date(2026, 12, 31), 0),
    )


INDICATORS = (
    Indicator(
        id="root-mfa-share",
        title="Accounts with root MFA",
        value="2 of 4 (50.0 %)",
        target="100 %",
        met=False,
        note="1 account could not be read and counts as not covered",
    ),
    Indicator(id="root-sign-ins", title="Root sign-ins in 30 days", value="0", target="0", met=True),
    Indicator(
        id="mean-time-to-alert",
        title="Mean time to alert",
        value="unknown",
        target="under 5 min",
        met=None,
        note="no alert drill is recorded",
    ),
    Indicator(id="active-root-keys", title="Active root access keys", value="at least 1", target="0", met=False),
)


def rich() -> AuditResult:
    """Four accounts, four rules, every verdict, every kind of exception."""
    ids = {"root-mfa", "root-access-key", "root-hardware-mfa", "root-central-management"}
    return AuditResult(
        as_of=AS_OF,
        input="organization o-exampleorgid",
        accounts=_accounts(),
        skipped=(SkippedAccount(id="555566667777", name="old-sandbox", state="SUSPENDED"),),
        findings=_findings(),
        rules=tuple(card for card in RULES if card.id in ids),
        organization=OrganizationSummary(
            id="o-exampleorgid",
            management_account=MANAGEMENT,
            root_credentials_management="on",
            root_sessions="unknown: iam:ListOrganizationsFeatures denied",
        ),
        exceptions=_exceptions(),
        changes=(
            Change(kind="new", rule="root-mfa", account="222233334444", before="pass", after="fail"),
            Change(kind="fixed", rule="root-access-key", account=MANAGEMENT, before="fail", after="pass"),
            Change(kind="newly_unknown", rule="root-mfa", account="444455556666", before="pass", after="unknown"),
        ),
        changes_since="2026-02-02T09:30:00Z",
        indicators=INDICATORS,
        warnings=("the exception for `root-mfa` expired on 2026-01-31",),
        benchmark="cis-5.0",
    )


def empty() -> AuditResult:
    """Nothing at all: no account, no rule."""
    return AuditResult(
        as_of=AS_OF, input="evidence folder `empty`", accounts=(), skipped=(), findings=(), rules=(), changes=()
    )


def interrupted() -> AuditResult:
    """Ctrl-C after the management account."""
    whole = rich()
    return AuditResult(
        as_of=whole.as_of,
        input=whole.input,
        accounts=whole.accounts[:1],
        skipped=(),
        findings=tuple(each for each in whole.findings if each.account == MANAGEMENT),
        rules=whole.rules,
        interrupted=True,
    )


def hostile() -> AuditResult:
    """An account for each hostile string, which stands in every field that takes free text."""
    accounts, findings, skipped, exceptions, indicators = [], [], [], [], []
    for number, text in enumerate(HOSTILE):
        account = f"{900000000000 + number}"
        accounts.append(
            AuditedAccount(
                id=account,
                name=text,
                email=text,
                organizational_unit=text,
                owner=text,
                need_reason=text,
                root_last_used=text,
                refusals=(Refusal(call=text, reason=text, permission=text),),
            )
        )
        skipped.append(SkippedAccount(id=account, name=text, state=text))
        exceptions.append(
            ExceptionUse(
                rule="root-mfa",
                accounts=(text,),
                reason=text,
                owner=text,
                ticket=text,
                until=AS_OF.date(),
                state="in_force",
                matched=1,
            )
        )
        indicators.append(Indicator(id=f"i{number}", title=text, value=text, target=text, met=None, note=text))
        suppression = Suppression(reason=text, owner=text, ticket=text, until=EXCEPTION.until)
        common: dict[str, object] = {
            "witness": (Witness(attribute=text, value=text, sources=(SUMMARY,)),),
            "missing": (Missing(attribute=text, reason=text, permission=text),),
            "notes": (text,),
            "owner": text,
        }
        findings += [
            finding("root-mfa", account, Verdict.FAIL, reason=text, **common),
            finding("root-access-key", account, Verdict.FAIL, text, suppressed_by=suppression, **common),
            finding("root-hardware-mfa", account, Verdict.UNKNOWN, text, **common),
        ]
    return AuditResult(
        as_of=AS_OF,
        input=HOSTILE[0] + HOSTILE[-1],
        accounts=tuple(accounts),
        skipped=tuple(skipped),
        findings=tuple(findings),
        rules=RULES,
        exceptions=tuple(exceptions),
        indicators=tuple(indicators),
        warnings=HOSTILE,
    )


def _fleet_verdict(number: int, rule: str) -> Verdict:
    if rule in {"root-central-management", "root-sessions"}:
        return Verdict.PASS if number == 0 else Verdict.NOT_APPLICABLE
    if number % 59 == 17:
        return Verdict.UNKNOWN
    draw = (number * 37 + len(rule) * 101) % 100
    if draw < 12:
        return Verdict.FAIL
    return Verdict.UNKNOWN if draw < 14 else Verdict.PASS


def fleet(size: int) -> AuditResult:
    """`size` accounts under all seventeen rules, verdicts strewn by arithmetic, not by chance."""
    accounts = tuple(
        AuditedAccount(
            id=f"{100000000000 + number * 7919:012d}",
            name=f"workload-{number:04d}" if number else "example-management",
            position=Position.MEMBER if number else Position.MANAGEMENT,
            organizational_unit="/Root/Workloads/Prod" if number else "/Root",
            owner=("payments", "data", "cloud-platform")[number % 3],
            need=Need.NOT_NEEDED if number else Need.REQUIRED,
            need_reason="a member account: central root management can take its credentials away"
            if number
            else "the management account keeps its root user",
            reach=Reach.PARTIAL if number % 59 == 17 else Reach.FULL,
            report_generated_at=AS_OF - timedelta(minutes=95),
            root_last_used="never",
        )
        for number in range(size)
    )
    findings = []
    for number, account in enumerate(accounts):
        for card in RULES:
            verdict = _fleet_verdict(number, card.id)
            if verdict is Verdict.UNKNOWN:
                findings.append(_denied(card.id, account.id, owner=account.owner))
                continue
            witness = (Witness(attribute="RootUser.MFAActive", value="false", sources=(SUMMARY,)),)
            findings.append(
                finding(
                    card.id,
                    account.id,
                    verdict,
                    owner=account.owner,
                    witness=witness if verdict is Verdict.FAIL else (),
                )
            )
    return AuditResult(
        as_of=AS_OF,
        input="organization o-exampleorgid",
        accounts=accounts,
        skipped=(SkippedAccount(id="555566667777", name="old-sandbox", state="SUSPENDED"),),
        findings=tuple(findings),
        rules=RULES,
        organization=OrganizationSummary(
            id="o-exampleorgid",
            management_account=accounts[0].id if accounts else "",
            root_credentials_management="on",
            root_sessions="off",
        ),
        exceptions=_exceptions(),
        indicators=INDICATORS,
    )
