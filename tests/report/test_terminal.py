from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import msgspec
import pytest
from rich.cells import cell_len
from tests.report import samples

from rootwarden.report import page
from rootwarden.report.terminal import render
from rootwarden.rules.outcome import Missing
from rootwarden.rules.verdict import Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.audit.result import AuditResult, Finding


@pytest.mark.parametrize("name", ["rich", "empty", "interrupted"])
@pytest.mark.parametrize("width", [80, 140])
def test_golden(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"terminal-{name}-{width}.txt", render(getattr(samples, name)(), width=width))


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("result", [samples.rich(), samples.hostile(), samples.fleet(300)], ids=["rich", "bad", "many"])
def test_no_line_is_wider_than_asked(result: AuditResult, width: int) -> None:
    lines = render(result, width=width).splitlines()
    assert len(lines) > 20
    assert max(cell_len(line) for line in lines) <= width


def test_plain_text_holds_no_control_character_and_no_reordering_mark() -> None:
    text = render(samples.hostile(), width=80)
    assert {letter for letter in text if unicodedata.category(letter) in {"Cc", "Cs", "Cf"}} == {"\n"}
    assert "\\u202e" in text
    assert "\\u001b" in text


def test_color_changes_nothing_that_is_said() -> None:
    plain, colored = (render(samples.rich(), width=100, color=color) for color in (False, True))
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored).split() == plain.split()


def test_markup_in_a_name_is_shown_not_obeyed() -> None:
    assert "[bold red]markup[/]" in render(samples.hostile(), width=140)


def test_management_account_comes_first() -> None:
    text = render(samples.rich(), width=140)
    findings = text[text.index("Open findings") :]
    assert findings.index(samples.MANAGEMENT) < findings.index("222233334444")


def test_every_open_finding_is_named_with_reason_and_owner() -> None:
    text = render(samples.rich(), width=140)
    assert "✗ fail            critical  root-mfa                  root has no MFA device" in text
    assert "‖ fail, excepted  critical  root-access-key" in text
    assert "excepted until 2026-06-30 (SEC-42)" in text
    assert "222233334444 payments-prod  member account  owner: payments" in text
    assert "? unknown         critical  3 rules" in text
    assert "root-mfa, root-access-key, root-hardware-mfa: iam:GetAccountSummary denied" in text


def test_missing_permission_is_named_when_the_reason_does_not() -> None:
    waiting = Missing(attribute="RootUser.MFAActive", reason="not readable", permission="iam:GetAccountSummary")
    finding = samples.finding("root-mfa", samples.MANAGEMENT, Verdict.UNKNOWN, "cannot tell", missing=(waiting,))
    text = render(msgspec.structs.replace(samples.rich(), findings=(finding,)), width=140)
    assert "cannot tell; missing: iam:GetAccountSummary" in text
    assert "1 account: not readable (iam:GetAccountSummary)" in text


def waiting(rule: str, reason: str, permission: str = "", **more: object) -> Finding:
    missing = (Missing(attribute=f"{rule}.Fact", reason=reason, permission=permission),)
    return samples.finding(
        rule, "444455556666", Verdict.UNKNOWN, f"`Fact` is unknown: {reason}", missing=missing, **more
    )


def opened(*findings: Finding, width: int = 140) -> str:
    text = render(msgspec.structs.replace(samples.rich(), findings=findings), width=width)
    return text.partition("Open findings")[2].partition("Could not look")[0]


@pytest.mark.parametrize("width", [80, 140])
def test_one_cause_in_an_account_is_told_once(width: int) -> None:
    denied = "sts:AssumeRole was refused (AccessDenied)"
    text = opened(
        waiting("root-email", denied, "sts:AssumeRole"),
        waiting("root-mfa", denied, "sts:AssumeRole"),
        samples.finding("root-access-key", "444455556666", Verdict.FAIL, "root has a key"),
        waiting("root-hardware-mfa", "not declared"),
        waiting("root-usage", denied, "sts:AssumeRole"),
        width=width,
    )
    assert text.count("sts:AssumeRole") == 1
    flat = " ".join(text.split())
    assert f"? unknown critical 3 rules root-email, root-mfa, root-usage: {denied}" in flat
    assert "? unknown high root-hardware-mfa `Fact` is unknown: not declared" in flat
    assert "✗ fail critical root-access-key root has a key" in flat


def test_what_says_more_than_the_cause_stands_alone() -> None:
    two = (Missing(attribute="A", reason="denied"), Missing(attribute="B", reason="not declared"))
    text = opened(
        waiting("root-mfa", "denied"),
        waiting("root-email", "denied", notes=("the report is old",)),
        waiting("root-usage", "denied", owner="somebody else"),
        samples.finding("root-sessions", "444455556666", Verdict.UNKNOWN, "two causes", missing=two),
    )
    assert "rules" not in text
    for said in ("root-mfa", "the report is old", "somebody else", "two causes"):
        assert said in text


def test_a_permission_the_cause_does_not_name_is_named_once() -> None:
    text = opened(*(waiting(rule, "not readable", "iam:GetAccountSummary") for rule in ("root-mfa", "root-usage")))
    assert text.count("root-mfa, root-usage: not readable; missing: iam:GetAccountSummary") == 1


def test_an_unknown_many_accounts_share_is_told_once() -> None:
    result = samples.fleet(1000)
    text = render(result, width=140)
    unknown = {each.account for each in result.findings if each.verdict is Verdict.UNKNOWN}
    assert f"? {len(unknown)} accounts: iam:GetAccountSummary denied" in text
    assert text.count("iam:GetAccountSummary denied") == 1


def test_a_thousand_accounts_stay_readable_and_say_what_is_cut() -> None:
    text = render(samples.fleet(1000), width=140)
    assert len(text.splitlines()) < 450
    assert "more accounts with less severe findings; --format csv lists all" in text


def test_the_worst_account_is_shown_although_it_is_the_last() -> None:
    result = samples.fleet(200)
    calm = tuple(
        msgspec.structs.replace(each, severity=Severity.LOW) for each in result.findings if each.rule != "root-mfa"
    )
    worst = samples.finding("root-mfa", result.accounts[-1].id, Verdict.FAIL, "the worst of all")
    assert "the worst of all" in render(msgspec.structs.replace(result, findings=(*calm, worst)), width=140)


def test_an_interrupted_run_says_so_first_and_last() -> None:
    text = render(samples.interrupted(), width=80)
    assert text.index("! interrupted") < text.index("✗ fail")
    assert "1. the run was interrupted" in text


def test_nothing_audited_is_not_nothing_wrong() -> None:
    text = render(samples.empty(), width=80)
    assert "Root users of 0 accounts" in text
    assert "nothing was judged" in text
    assert "nothing is open" not in text


@pytest.mark.parametrize(
    ("input_", "said"),
    [
        ("organization o-exampleorgid, 4 accounts", "organization o-exampleorgid · as of"),
        ("evidence folder march, 4 accounts", "evidence folder march · as of"),
        ("4 accounts", "as of"),
        ("organization o-exampleorgid, 9 accounts", "organization o-exampleorgid, 9 accounts · as of"),
    ],
)
def test_the_head_says_each_thing_once(input_: str, said: str) -> None:
    result = msgspec.structs.replace(samples.rich(), input=input_)
    head = render(result, width=140).partition("\n\n")[0]
    assert head.splitlines()[1].startswith(said)
    assert head.count("4 accounts") == 1
    assert head.count("o-exampleorgid") == 1
    top = page.render(result).partition("</header>")[0]
    assert top.count("4 accounts") == 1
    assert top.count("o-exampleorgid") == 1


@pytest.mark.parametrize("name", ["rich", "empty", "interrupted"])
def test_plurals_are_words(name: str) -> None:
    result = getattr(samples, name)()
    assert not re.search(r"\w\(e?s\)", render(result, width=140) + page.render(result).partition("</style>")[2])


def test_all_kinds_of_exception_and_change_are_shown() -> None:
    text = render(samples.rich(), width=140)
    for part in ("‖ in force: root-access-key", "! expired: root-mfa", "! matches nothing: root-email"):
        assert part in text
    for part in ("new fail: 2222", "fixed: 1111", "newly unknown: 4444", "SUSPENDED: 1 account: 555566667777"):
        assert part in text


def test_the_head_names_root_only_where_all_rules_are_about_root() -> None:
    result = samples.fleet(3)
    about_root = [
        msgspec.structs.replace(rule, check="RootUser where Exists should have MFAActive") for rule in result.rules
    ]
    about_users = msgspec.structs.replace(about_root[0], check="IAMUser should have MFAActive")
    assert "Root users of 3 accounts" in render(msgspec.structs.replace(result, rules=tuple(about_root)), width=80)
    mixed = render(msgspec.structs.replace(result, rules=(*about_root, about_users)), width=80)
    assert mixed.startswith("3 accounts\n")
