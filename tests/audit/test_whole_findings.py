"""Findings about more than one user or account: in every report, between two runs, under exceptions."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

import msgspec
import pytest
from tests.audit.test_entities import EVERYTHING, ID
from tests.audit.whole_account import ACCOUNT, MANAGER, ORGANIZATION

from rootwarden.audit.assess import assess
from rootwarden.audit.exceptions import ExceptionEntry, prepare_exceptions
from rootwarden.audit.result import Finding
from rootwarden.audit.rulebook import rulebook
from rootwarden.audit.since import changes_since
from rootwarden.audit.terms import Terms
from rootwarden.collect.collected import Collected, CollectedAccount
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.facts.inventory import Inventory
from rootwarden.facts.organization import Organization
from rootwarden.packs import schema
from rootwarden.report import FORMATS, find, junit, machine, ocsf, page, terminal
from rootwarden.report.words import resource_type
from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.rule_file import load_rule_file
from rootwarden.rules.verdict import Severity, Verdict

if TYPE_CHECKING:
    from rootwarden.audit.result import AuditResult
    from rootwarden.facts.account import Account

AS_OF: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULES: Final = {
    "fleet": "Fleet should have atleast 100% RootUsers with [ MFAActive ]",
    "organization": 'Organization should have FeatureSet eq "CONSOLIDATED_BILLING"',
    "trail": "CloudTrail should have MultiRegionTrailEnabled",
    "group": 'IAMGroup should have Name eq "nobody"',
}


def collected(*accounts: Account, organization: Organization = ORGANIZATION) -> Collected:
    read = tuple(CollectedAccount(facts=each, refusals=(), answered=True) for each in accounts)
    return Collected(as_of=AS_OF, described="a test", organization=organization, accounts=read)


def terms(*names: str) -> Terms:
    rules = [load_rule_file(RULES[name], file=f"{name}.rule") for name in names or RULES]
    return Terms(rulebook=rulebook(rules, schema()))


def other(number: int, **changed: object) -> Account:
    root = msgspec.structs.replace(EVERYTHING.root, arn=f"arn:aws:iam::{number:012d}:root", mfa_active=Known(False))
    return msgspec.structs.replace(EVERYTHING, id=f"{number:012d}", root=root, **changed)


def unread(number: int, reason: str) -> Account:
    account = other(number)
    return msgspec.structs.replace(account, root=msgspec.structs.replace(account.root, mfa_active=Unknown(reason)))


@pytest.fixture
def result() -> AuditResult:
    return assess(collected(ACCOUNT, other(2, inventory=ACCOUNT.inventory)), terms())


def test_the_fleet_is_judged_once_and_the_organization_too(result: AuditResult) -> None:
    found = {each.rule: each for each in result.findings if not each.account}
    assert set(found) == {"fleet", "organization"}
    assert found["fleet"].resource == "fleet"
    assert found["fleet"].verdict is Verdict.FAIL
    assert [each.rule for each in result.findings].count("organization") == 1


@pytest.mark.parametrize(
    ("accounts", "holder"),
    [((ACCOUNT,), ID), ((ACCOUNT, other(2)), ""), ((ACCOUNT, other(int(MANAGER))), MANAGER)],
    ids=["the only account", "no account", "the management account"],
)
def test_whom_the_organization_is_told_of(accounts: tuple[Account, ...], holder: str) -> None:
    (finding,) = assess(collected(*accounts), terms("organization")).findings
    assert finding.account == holder


def test_an_account_nobody_could_read_keeps_a_share_open() -> None:
    (finding,) = assess(collected(ACCOUNT, unread(2, "denied")), terms("fleet")).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert [each.reason for each in finding.missing] == ["denied"]


def test_a_list_nobody_could_read_is_one_unknown_element() -> None:
    rule = load_rule_file("Fleet should have every IAMGroups with [ Users len ( ) gt 0 ]", file="g.rule")
    refused = Inventory(details=Unknown("denied"))
    book = Terms(rulebook=rulebook([rule], schema()))
    (whole,) = assess(collected(ACCOUNT), book).findings
    (open_,) = assess(collected(ACCOUNT, other(2, inventory=refused)), book).findings
    assert (whole.verdict, open_.verdict) == (Verdict.PASS, Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("inventory", "verdict", "reason"),
    [
        (Inventory(details=Unknown("denied", permission="iam:X")), Verdict.UNKNOWN, "denied"),
        (Inventory(), Verdict.UNKNOWN, "no selected rule reads it"),
        (Inventory(details=Absent()), Verdict.NOT_APPLICABLE, "there is no IAMGroup here"),
    ],
)
def test_nothing_to_judge_is_never_silence(inventory: Inventory, verdict: Verdict, reason: str) -> None:
    (finding,) = assess(collected(other(2, inventory=inventory)), terms("group")).findings
    assert (finding.verdict, finding.reason) == (verdict, reason)
    assert finding.resource == "arn:aws:iam::000000000002:IAMGroup/*"


def test_a_standalone_account_has_no_organization_to_judge() -> None:
    alone = collected(ACCOUNT, organization=Organization(id=Absent()))
    (finding,) = assess(alone, terms("organization")).findings
    assert (finding.verdict, finding.account) == (Verdict.NOT_APPLICABLE, ID)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_what_is_about_all_accounts(result: AuditResult, name: str) -> None:
    text = find(name).render(result)
    assert "fleet" in text
    assert "group/staff" in text


def test_reports_count_no_account_that_is_none(result: AuditResult) -> None:
    told = terminal.render(result, width=140)
    assert told.startswith("2 accounts\n")
    assert "all accounts together" in told
    shown = page.render(result)
    assert "<h1>2 accounts</h1>" in shown
    assert 'id="afleet"' in shown
    assert shown.count("Does this account need root credentials at all?") == 2
    assert len(json.loads(machine.render(result))["accounts"]) == 2
    suites = [each.get("name") for each in ET.fromstring(junit.render(result).partition("?>")[2])]  # noqa: S314 - ours
    assert suites[0] == "fleet"
    assert len(suites) == 3
    (first, *_) = json.loads(ocsf.render(result))
    assert "account" not in first["cloud"]


def test_an_unknown_about_all_accounts_is_told_as_it_is() -> None:
    result = assess(collected(unread(2, "nobody may look")), terms("fleet"))
    assert "nobody may look" in terminal.render(result, width=140)


def finding(resource: str, verdict: Verdict) -> Finding:
    return Finding(rule="r", account=ID, resource=resource, verdict=verdict, severity=Severity.HIGH, reason="because")


TRAIL: Final = f"arn:aws:cloudtrail:us-east-1:{ID}:trail/audit"
NO_TRAIL: Final = f"arn:aws:iam::{ID}:CloudTrail/*"


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ((NO_TRAIL, Verdict.NOT_APPLICABLE), (TRAIL, Verdict.FAIL), ["new"]),
        ((NO_TRAIL, Verdict.UNKNOWN), (TRAIL, Verdict.PASS), []),
        ((TRAIL, Verdict.FAIL), (TRAIL, Verdict.PASS), ["fixed"]),
        ((TRAIL, Verdict.PASS), (NO_TRAIL, Verdict.UNKNOWN), ["newly_unknown"]),
        ((TRAIL, Verdict.PASS), (TRAIL.replace("us-east-1", "eu-west-1"), Verdict.FAIL), ["new"]),
    ],
)
def test_what_changed_between_two_runs(
    before: tuple[str, Verdict], after: tuple[str, Verdict], kinds: list[str]
) -> None:
    assert [each.kind for each in changes_since([finding(*before)], [finding(*after)])] == kinds


@pytest.mark.parametrize(
    ("resource", "subject", "kind"),
    [
        (f"arn:aws:iam::{ID}:root", "", "AWS::IAM::RootUser"),
        (f"arn:aws:iam::{ID}:user/a", "user/a", "AWS::IAM::User"),
        (f"arn:aws:iam::{ID}:role/a", "role/a", "AWS::IAM::Role"),
        (TRAIL, "us-east-1 trail/audit", "AWS::CloudTrail::Trail"),
        (f"arn:aws:sns:us-east-1:{ID}:t", "us-east-1 t", "AWS::SNS::Topic"),
        (f"arn:aws:logs:us-east-1:{ID}:log-group:a/b", "us-east-1 log-group:a/b", "AWS::Logs::LogGroup"),
        (f"arn:aws:cloudwatch:us-east-1:{ID}:alarm:a", "us-east-1 alarm:a", "AWS::CloudWatch::Alarm"),
        (f"arn:aws:iam::{ID}:account", "account", "AWS::Account"),
        (NO_TRAIL, "CloudTrail/*", "AWS::Account"),
        ("fleet", "fleet", "Rootwarden::Fleet"),
    ],
)
def test_what_a_finding_is_about(resource: str, subject: str, kind: str) -> None:
    about = finding(resource, Verdict.FAIL)
    assert (about.user, resource_type(about)) == (subject, kind)


def test_an_exception_with_a_condition_asks_the_record_that_failed() -> None:
    entry = ExceptionEntry(
        rule="group", reason="r", owner="o", ticket="t", until=date(2027, 1, 1), when='Name eq "staff"'
    )
    judged = terms("group")
    judged = msgspec.structs.replace(judged, exceptions=prepare_exceptions([entry], judged.rulebook))
    (found,) = assess(collected(ACCOUNT), judged).findings
    assert found.verdict is Verdict.FAIL
    assert found.suppressed_by is not None


def test_a_mistake_in_a_condition_names_the_ticket() -> None:
    entry = ExceptionEntry(
        rule="group", when='Nme like "^x"', reason="r", owner="o", ticket="SEC-9", until=date(2026, 5, 1)
    )

    with pytest.raises(RuleSyntaxError, match="exception SEC-9"):
        prepare_exceptions([entry], terms("group").rulebook)
