"""`rootwarden iam usage` as a process, on files."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.collect.looks import command
from tests.iam.usage.story import AWAY, HOME, allow, assume, call, deny, document, dump, session, user

from rootwarden.iam.usage import result
from rootwarden.report.usage import machine

if TYPE_CHECKING:
    from tests.collect.looks import Run

DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = DOCS / "reports" / "usage-1.schema.json"


def trail(folder: Path, account: str, records: list[dict[str, Any]], name: str = "one") -> Path:
    place = folder / "AWSLogs" / account / "CloudTrail" / "eu-west-1" / "2026" / "03" / "02"
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{account}_CloudTrail_eu-west-1_20260302T1205Z_{name}.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return path


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Ana goes through `deploy` into `admin` of another account; `admin` holds more than it uses."""
    first, second = session("deploy", "ASIA1"), session("admin", "ASIA2", AWAY)
    trail(
        tmp_path / "trail",
        HOME,
        [
            assume(user("ana"), "deploy", "ASIA1", HOME),
            assume(first, "admin", "ASIA2", AWAY),
            call("lambda:UpdateFunctionCode20150331v2", first),
            call("ec2:DescribeInstances", first),
            call("s3:ListBuckets", user("ana")),
            call("iam:CreateUser", user("ana"), errorCode="AccessDenied"),
        ],
    )
    trail(tmp_path / "trail", AWAY, [call("ec2:StopInstances", second), call("ec2:DescribeInstances", second)])
    home = dump(
        HOME,
        {"ana": [allow("s3:ListAllMyBuckets", "sts:AssumeRole", "iam:CreateUser")]},
        {"deploy": [allow("lambda:*", "sts:AssumeRole", "ec2:Describe*"), deny("lambda:UpdateFunctionCode")]},
    )
    (tmp_path / "home.json").write_text(json.dumps(home))
    (tmp_path / "away.json").write_text(
        json.dumps(dump(AWAY, roles={"admin": [allow("ec2:StopInstances", "ec2:CreateVpc", "iam:AttachRolePolicy")]}))
    )
    return tmp_path


def usage(folder: Path, *arguments: str | Path) -> Run:
    dumps = ("--authorization-details", "home.json", "--authorization-details", "away.json")
    return command("iam", "usage", "trail", *dumps, *arguments, cwd=folder)


def principals(run: Run) -> dict[str, dict[str, Any]]:
    return {one["arn"].rpartition("/")[2]: one for one in run.document["principals"]}


def test_the_story_as_json(world: Path) -> None:
    run = usage(world, "--format", "json")
    jsonschema.validate(run.document, json.loads(SCHEMA.read_text("utf-8")))
    assert run.code == 0
    found = principals(run)
    assert set(found) == {"ana", "deploy", "admin"}
    assert {"ec2:CreateVpc", "iam:AttachRolePolicy"} <= set(found["admin"]["unused"])
    assert found["admin"]["escalation"] == ["iam:AttachRolePolicy"]
    assert found["admin"]["chains"] == [
        {
            "path": [found["ana"]["arn"], found["deploy"]["arn"]],
            "actions": ["ec2:DescribeInstances", "ec2:StopInstances"],
        }
    ]
    assert found["admin"]["no_longer_granted"] == [{"action": "ec2:DescribeInstances", "resource": "*", "blocking": []}]
    assert found["deploy"]["no_longer_granted"][0]["action"] == "lambda:UpdateFunctionCode"
    assert [(one["action"], one["use"]) for one in found["ana"]["used"]] == [
        ("iam:CreateUser", "denied"),
        ("s3:ListAllMyBuckets", "done"),
        ("sts:AssumeRole", "done"),
    ]
    assert found["ana"]["reached"] == [found["deploy"]["arn"], found["admin"]["arn"]]


def test_the_schema_is_published() -> None:
    assert SCHEMA.read_text("utf-8") == machine.json_schema()


def test_every_field_is_documented() -> None:
    page = (DOCS / "iam-usage.md").read_text("utf-8")
    for kind in (
        result.PrincipalUsage,
        result.UsedAction,
        result.AccountCoverage,
        result.Chain,
        result.NoLongerGranted,
    ):
        for field in kind.__struct_fields__:
            assert f"`{field}`" in page, field
    for why in result.Why:
        assert f"`{why.value}`" in page, why


def test_a_person_reads_it(world: Path) -> None:
    out = usage(world).out
    assert "unused and on a way up: iam:AttachRolePolicy" in out
    assert "tried, always refused: iam:CreateUser" in out
    assert "used, not granted any more: lambda:UpdateFunctionCode" in out
    assert f"through arn:aws:iam::{HOME}:user/ana → arn:aws:iam::{HOME}:role/deploy" in " ".join(out.split())


def test_the_sums_add_up(world: Path) -> None:
    """What is used and not granted is in no part of what is granted."""
    out, found = usage(world).out, principals(usage(world, "--format", "json"))
    lines = re.findall(
        r"([\d,]+) granted: ([\d,]+) used \+ ([\d,]+) tried in vain \+ ([\d,]+) unused \+ ([\d,]+) not", out
    )
    assert len(lines) == len(found)
    for line in lines:
        granted, *parts = (int(number.replace(",", "")) for number in line)
        assert granted == sum(parts)
    assert ("3", "2", "1", "0", "0") in lines
    assert "not granted now, and counted in none of these: 1 used, 0 tried in vain" in out
    now = {one["action"]: one["granted"] for one in found["admin"]["used"]}
    assert now == {"ec2:DescribeInstances": False, "ec2:StopInstances": True}
    (used,) = [line for line in out.splitlines() if "used: " in line and "StopInstances" in line]
    assert "DescribeInstances" not in used


def test_a_table(world: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(usage(world, "--format", "csv").out)))
    standing = {(row["principal"].rpartition("/")[2], row["action"]): row for row in rows}
    assert standing["admin", "iam:AttachRolePolicy"]["escalation"] == "yes"
    assert standing["admin", "ec2:DescribeInstances"]["granted_now"] == "no"
    assert standing["deploy", "lambda:InvokeFunction"]["standing"] == "cannot_be_judged"
    assert standing["ana", "sts:AssumeRole"]["resources"] == f"arn:aws:iam::{HOME}:role/deploy"


def test_minimal_policies(world: Path) -> None:
    (one,) = usage(world, "--format", "policy", "--principal", "ana").document["principals"]
    assert one["policies"] == [
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": ["*"]},
                {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": [f"arn:aws:iam::{HOME}:role/deploy"]},
            ],
        }
    ]
    assert one["checked"]["allows"] == 2
    assert one["never_succeeded"] == ["iam:CreateUser"]
    wide = usage(world, "--format", "policy", "--principal", "ana", "--resources", "any").document["principals"][0]
    assert [each["Resource"] for each in wide["policies"][0]["Statement"]] == [["*"]]


def test_terraform(world: Path) -> None:
    out = usage(world, "--format", "terraform", "--principal", f"arn:aws:iam::{AWAY}:*").out
    assert 'resource "aws_iam_policy" "admin_used" {' in out
    assert out.count("{") == out.count("}")


def test_a_broken_file_is_told_and_nothing_of_its_account_is_called_unused(world: Path) -> None:
    broken = trail(world / "trail", AWAY, [call("ec2:StopInstances", user("x", AWAY))], "two")
    broken.write_bytes(broken.read_bytes()[:-20])
    run = usage(world, "--format", "json")
    assert run.code == 3
    found = principals(run)
    assert found["admin"]["unused"] == []
    assert {one["why"] for one in found["admin"]["unjudged"]} == {"unread"}
    assert found["deploy"]["unused"]


def test_without_users_and_roles_what_is_granted_is_not_known(world: Path) -> None:
    run = command("iam", "usage", "trail", "--format", "json", cwd=world)
    assert run.code == 0
    assert "what is granted is not known" in run.err
    assert {one["granted"] for one in run.document["principals"]} == {None}
    assert all(one["unused"] == [] for one in run.document["principals"])


def test_guardrails_of_an_organization_count(world: Path) -> None:
    evidence = world / "evidence"
    (evidence / "policies").mkdir(parents=True)
    account = evidence / "accounts" / AWAY
    account.mkdir(parents=True)
    (account / "authorization-details.json").write_text((world / "away.json").read_text())
    barred = document({"Effect": "Allow", "Action": "*", "Resource": "*"}, deny("iam:*"))
    policy = {
        "Policy": {
            "PolicySummary": {"Id": "p-1", "Name": "no-iam", "Type": "SERVICE_CONTROL_POLICY"},
            "Content": json.dumps(barred),
        }
    }
    tree = {"id": "r-1", "name": "Root", "children": [], "accounts": [HOME, AWAY]}
    listed = [
        {"Id": each, "Arn": f"arn:aws:organizations::{HOME}:account/o-1/{each}", "State": "ACTIVE"}
        for each in (HOME, AWAY)
    ]
    for name, content in {
        "organization.json": {"Organization": {"Id": "o-1234567890", "MasterAccountId": HOME, "FeatureSet": "ALL"}},
        "accounts.json": {"Accounts": listed},
        "policies/p-1.json": policy,
        "targets.json": {"roots": [tree], "attachments": {"r-1": ["p-1"], AWAY: ["p-1"]}},
    }.items():
        (evidence / name).write_text(json.dumps(content))
    run = command("iam", "usage", "trail", "--evidence", "evidence", "--format", "json", cwd=world)
    admin = principals(run)["admin"]
    assert admin["escalation"] == []
    assert "ec2:CreateVpc" in admin["unused"]
    assert "iam:AttachRolePolicy" not in admin["unused"]


def test_last_accessed_data_decides(world: Path) -> None:
    answer = {
        "JobStatus": "COMPLETED",
        "JobCreationDate": "2026-03-10T00:00:00Z",
        "ServicesLastAccessed": [{"ServiceName": "AWS Lambda", "ServiceNamespace": "lambda"}],
    }
    (world / "last.json").write_text(json.dumps(answer))
    arn = f"arn:aws:iam::{HOME}:role/deploy"
    run = usage(world, "--format", "json", "--last-accessed", f"{arn}=last.json")
    assert "lambda:InvokeFunction" in principals(run)["deploy"]["unused"]


def test_a_window(world: Path) -> None:
    run = usage(world, "--format", "json", "--from", "2026-03-03")
    assert run.code == 0
    assert {one["arn"]: one["used"] for one in run.document["principals"]} == {
        one["arn"]: [] for one in run.document["principals"]
    }
    assert {why["why"] for one in run.document["principals"] for why in one["unjudged"]} == {"no_log"}


WRONG = {
    "no such trail": (("iam", "usage", "nowhere"), "there is no `nowhere`"),
    "no such service": (("iam", "usage", "trail", "--data-events", "S4"), "there is no service `S4`"),
    "nobody fits": (("iam", "usage", "trail", "--principal", "nobody"), "no principal fits"),
    "the same account twice": (
        ("iam", "usage", "trail", "--authorization-details", "home.json", "--authorization-details", "home.json"),
        "was given already",
    ),
    "no dump": (("iam", "usage", "trail", "--authorization-details", "trail"), "cannot be read"),
    "two sources": (
        ("iam", "usage", "trail", "--authorization-details", "home.json", "--evidence", "."),
        "users and roles are given twice",
    ),
    "no answer about last use": (("iam", "usage", "trail", "--last-accessed", "home.json"), "is no answer about"),
    "a window that is none": (("iam", "usage", "trail", "--from", "2026-03-03", "--to", "2026-03-02"), "is not before"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage_is_said(world: Path, name: str) -> None:
    arguments, said = WRONG[name]
    run = command(*arguments, cwd=world)
    assert (run.code, run.out) == (2, "")
    assert said in run.err
    assert "Traceback" not in run.err
