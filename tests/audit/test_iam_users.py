"""A rule of one's own about IAM users: each finding is about its own user, in every format and between two runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from rootwarden.audit.assess import assess
from rootwarden.audit.result import ALL, Finding
from rootwarden.audit.rulebook import rulebook
from rootwarden.audit.since import changes_since
from rootwarden.audit.terms import Terms
from rootwarden.collect.offline import collect_credential_report
from rootwarden.facts.inventory import Part
from rootwarden.packs import schema
from rootwarden.report import asff, junit, machine, ocsf, page, terminal
from rootwarden.report.digest import rule_tallies
from rootwarden.rules.rule_file import load_rule_file
from rootwarden.rules.verdict import Severity, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.audit.result import AuditResult

ACCOUNT = "111122223333"
AS_OF = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULE = "IAMUser where Password . Enabled should have MFAActive"
HEADER = "user,arn,user_creation_time,password_enabled,mfa_active"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def arn(user: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{user}"


@pytest.fixture
def result(tmp_path: Path) -> AuditResult:
    rows = [
        f"<root_account>,{ROOT},2020-01-01T00:00:00Z,not_supported,true",
        f"alice,{arn('staff/alice')},2020-01-01T00:00:00Z,true,false",
        f"bob,{arn('bob')},2020-01-01T00:00:00Z,true,false",
        f"carol,{arn('carol')},2020-01-01T00:00:00Z,true,true",
    ]
    report = tmp_path / "report.csv"
    report.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    rule = load_rule_file(RULE, file="users.rule")
    collected = collect_credential_report(report, as_of=AS_OF, parts=frozenset({Part.USERS}))
    return assess(collected, Terms(rulebook=rulebook([rule], schema())))


def test_each_finding_names_its_own_user(result: AuditResult) -> None:
    assert {each.resource: each.verdict for each in result.findings if each.resource != ROOT} == {
        arn("staff/alice"): Verdict.FAIL,
        arn("bob"): Verdict.FAIL,
        arn("carol"): Verdict.PASS,
    }
    assert {each.user for each in result.findings} == {"", "user/staff/alice", "user/bob", "user/carol"}


def test_nothing_is_new_when_nothing_changed(result: AuditResult) -> None:
    assert changes_since(result.findings, result.findings) == ()


def test_what_changed_names_the_user(result: AuditResult) -> None:
    before = [msgspec.structs.replace(each, verdict=Verdict.PASS) for each in result.findings if each.user]
    changes = changes_since(before, [each for each in result.findings if each.user])
    assert [(each.kind, each.resource) for each in changes] == [("new", arn("staff/alice")), ("new", arn("bob"))]
    told = msgspec.structs.replace(result, changes=changes)
    assert "user/staff/alice (pass → fail)" in terminal.render(told, width=140)
    assert json.loads(machine.render(told))["changes"]["items"][1]["resource"] == arn("bob")
    assert "user/bob" in page.render(told).partition('id="changes"')[2]


def judged(resource: str, verdict: Verdict) -> Finding:
    return Finding(
        rule="users", account=ACCOUNT, resource=resource, verdict=verdict, severity=Severity.HIGH, reason="because"
    )


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (("bob", Verdict.FAIL), ("alice", Verdict.FAIL), [("new", "none")]),
        (("*", Verdict.UNKNOWN), ("alice", Verdict.FAIL), [("new", "unknown")]),
        (("*", Verdict.UNKNOWN), ("alice", Verdict.PASS), []),
        (("alice", Verdict.PASS), ("*", Verdict.UNKNOWN), [("newly_unknown", "pass")]),
        (("*", Verdict.UNKNOWN), ("*", Verdict.UNKNOWN), []),
        (("alice", Verdict.FAIL), ("alice", Verdict.PASS), [("fixed", "fail")]),
    ],
)
def test_users_that_could_not_be_read_stand_for_all(
    before: tuple[str, Verdict], after: tuple[str, Verdict], kinds: list[tuple[str, str]]
) -> None:
    changes = changes_since([judged(arn(before[0]), before[1])], [judged(arn(after[0]), after[1])])
    assert arn("*").endswith(ALL)
    assert [(each.kind, each.before) for each in changes] == kinds


def test_ids_are_unique_and_those_of_root_name_no_user(result: AuditResult) -> None:
    sent = json.loads(asff.render(result))
    ids = [each["Id"] for each in sent]
    rule = result.rules[0].id
    assert len(set(ids)) == len(ids) == len(result.findings)
    assert f"rootwarden/{ACCOUNT}/{rule}" in ids
    assert f"rootwarden/{ACCOUNT}/{rule}/user/staff/alice" in ids
    uids = [each["finding_info"]["uid"] for each in json.loads(ocsf.render(result))]
    assert len(set(uids)) == len(uids)
    assert {f"rootwarden:{rule}:{ACCOUNT}", f"rootwarden:{rule}:{ACCOUNT}:user/bob"} <= set(uids)
    names = [line for line in junit.render(result).splitlines() if "<testcase" in line]
    assert len(set(names)) == len(names)


def test_ids_too_long_for_security_hub_stay_unique(result: AuditResult) -> None:
    long = [judged(arn("x" * 600 + name), Verdict.FAIL) for name in ("a", "b")]
    ids = [each["Id"] for each in json.loads(asff.render(msgspec.structs.replace(result, findings=tuple(long))))]
    assert len(set(ids)) == 2
    assert max(map(len, ids)) <= 512


def test_people_are_told_who_and_accounts_are_counted_once(result: AuditResult) -> None:
    assert rule_tallies(result)[0].failing == (ACCOUNT,)
    assert "user/staff/alice: " in terminal.render(result, width=140)
    told = page.render(result)
    assert "user/staff/alice: " in told
    # Carol passes and comes last; the account's cell still shows the fails.
    assert "<td class=f><i>fail</i>" in told
