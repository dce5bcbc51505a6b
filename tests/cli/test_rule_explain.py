"""`rootwarden rule explain` as its callers see it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from tests.cli.test_rule_writing import run, written
from tests.collect import looks

from rootwarden.collect.save import EvidenceWriter
from rootwarden.errors import InputError, UsageError
from rootwarden.rules.diagnostic import Code
from rootwarden.simulator import running
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("code", list(Code))
def test_explain_has_a_page_for_every_code(code: Code) -> None:
    result = run("explain", code.value.lower())

    assert result.exit_code == 0
    assert result.stdout.startswith(f"{code.value}: ")
    assert "\nWrong\n" in result.stdout


def test_explain_shows_the_tree(tmp_path: Path) -> None:
    rule = written(tmp_path, "RootUser where Exists should not have AccessKey with [ Active ]")
    keys = [{"Active": False}, {"Active": True}]
    given = {"RootUser": [{"Exists": True, "AccessKey": keys}, {"Exists": {"$unknown": "iam:X denied"}}]}
    facts = written(tmp_path, json.dumps(given), "facts.json")

    first = run("explain", rule, "--fixture", facts, "--resource", 0).stdout.splitlines()
    assert first == [
        "a at 2026-03-02T12:00:00Z",
        "RootUser[0]: fail",
        "         where",
        "true       Exists    # Exists is true",
        "         should not have",
        "true       AccessKey with [ Active ]",
        "false        AccessKey[0]",
        "false          Active    # AccessKey[0].Active is false",
        "true         AccessKey[1]",
        "true           Active    # AccessKey[1].Active is true",
        "  witness: AccessKey[1].Active = true",
        "  witness: Exists = true",
    ]
    second = run("explain", rule, "--fixture", facts, "--resource", "RootUser[1]").stdout
    assert "missing: Exists: iam:X denied (needs iam:X)" in second
    document = json.loads(run("explain", rule, "--fixture", facts, "--format", "json").stdout)
    assert document["schema"] == "rootwarden.rule-explain/1"
    assert [one["outcome"]["verdict"] for one in document["explanations"]] == ["fail", "unknown"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["R9999"], UsageError),
        (["{rule}"], UsageError),
        (["{rule}", "--fixture", "{facts}", "--resource", "7"], UsageError),
        (["{rule}", "--fixture", "{empty}"], InputError),
    ],
)
def test_explain_says_what_it_needs(tmp_path: Path, arguments: list[str], error: type[Exception]) -> None:
    names = {
        "rule": written(tmp_path, "RootUser should have Exists"),
        "facts": written(tmp_path, '{"RootUser": [{"Exists": true}]}', "facts.json"),
        "empty": written(tmp_path, "{}", "empty.json"),
    }

    assert isinstance(run("explain", *(one.format(**names) for one in arguments)).exception, error)


def test_explain_shows_the_fewest_changes(tmp_path: Path) -> None:
    rule = written(tmp_path, "RootUser where Exists should not have AccessKey with [ Active ] or MFAActive eq false")
    facts = {"AccessKey": [{"Active": True}], "MFAActive": False}
    given = {
        "RootUser": [{"Exists": True, **facts}, {"Exists": True, "MFAActive": True}, {"Exists": {"$unknown": "x"}}]
    }
    file = written(tmp_path, json.dumps(given), "facts.json")

    lines = [line for line in run("explain", rule, "--fixture", file, "--fix").stdout.splitlines() if "  fix:" in line]
    assert lines == [
        "  fix: change `AccessKey[0].Active` from true to false",
        "  fix: change `MFAActive` from false to true",
        "  fix: first find out what is missing",
    ]
    document = json.loads(run("explain", rule, "--fixture", file, "--fix", "--format", "json").stdout)
    assert [len(one["fix"]["changes"]) for one in document["explanations"]] == [2, 0, 0]
    assert document["explanations"][0]["fix"]["changes"][1] == {
        "kind": "set",
        "attribute": "MFAActive",
        "before": "false",
        "after": "true",
        "facts": [],
        "fixed": False,
    }


def test_explain_says_when_nothing_helps(tmp_path: Path) -> None:
    rule = written(tmp_path, "RootUser should have MFADevices . Count gt 1 and MFADevices . Count lt 1")
    file = written(tmp_path, '{"RootUser": [{"MFADevices": {"Count": 1}}]}', "facts.json")

    assert "fix: no changes within the bounds make it pass" in run("explain", rule, "--fixture", file, "--fix").stdout


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence of an organization of three accounts, in the third of which the credential report was refused."""
    folder = tmp_path_factory.mktemp("explained") / "evidence"
    with running(make_world("patchwork", 8)) as simulator:
        looks.live(simulator, writer=EvidenceWriter(folder))
    return folder


def test_explain_takes_a_shipped_rule_and_evidence(evidence: Path) -> None:
    account = sorted(path.name for path in (evidence / "accounts").iterdir())[1]
    shown = run("explain", "root-mfa", "--evidence", evidence, "--resource", account)

    assert shown.exit_code == 0
    assert f":iam::{account}:root: " in shown.stdout
    assert "iam:GetAccountSummary at 20" in shown.stdout
    assert shown.stdout.count(":root: ") == 1
    everyone = run("explain", "root-mfa", "--evidence", evidence).stdout
    assert everyone.count(":root: ") == 8


def test_an_account_whose_users_nobody_could_read_is_named(evidence: Path, tmp_path: Path) -> None:
    shutil.copytree(evidence, tmp_path / "evidence")
    account = sorted(path.name for path in (evidence / "accounts").iterdir())[1]
    (tmp_path / "evidence" / "accounts" / account / "credential-report.json").unlink()
    rule = written(tmp_path, "IAMUser should have MFAActive")
    shown = run("explain", rule, "--evidence", tmp_path / "evidence", "--resource", account)

    assert isinstance(shown.exception, UsageError)
    assert f"`IAMUser` of {account} is unknown" in shown.stderr


@pytest.mark.parametrize("extra", [("--fixture", "a.json"), ("--resource", "999999999999")])
def test_explain_refuses_two_sources_and_what_is_not_there(evidence: Path, extra: tuple[str, str]) -> None:
    shown = run("explain", "root-mfa", "--evidence", evidence, *extra)

    assert isinstance(shown.exception, UsageError)
