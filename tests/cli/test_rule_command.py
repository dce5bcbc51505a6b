"""`rootwarden rule …` as its callers see it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from rootwarden.cli.rule import app
from rootwarden.errors import RootwardenError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

RULE = "IAMUser where RootUser eq True should not have AccessKey with [ Active eq True ]"
IDLE = 'IAMUser should not have Password . LastUsedTime isLaterThan ( -1, "days" )'


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def evaluated(folder: Path, given: object, *options: str, rule: str = RULE) -> Result:
    (folder / "a.rule").write_text(rule, encoding="utf-8")
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    return run("eval", folder / "a.rule", "--fixture", folder / "given.json", *options)


def user(active: Any) -> dict[str, Any]:
    return {"IAMUser": [{"RootUser": True, "AccessKey": [{"Active": active}]}]}


@pytest.mark.parametrize(
    ("given", "verdict", "code"),
    [
        (user(True), "fail", 1),
        (user(False), "pass", 0),
        (user({"$unknown": "iam:ListAccessKeys denied"}), "unknown", 3),
        ({"IAMUser": [{"RootUser": False}]}, "not_applicable", 0),
        ({}, "not_applicable", 0),
    ],
)
def test_eval_says_the_verdict_and_exits_by_it(tmp_path: Path, given: object, verdict: str, code: int) -> None:
    text = evaluated(tmp_path, given)
    document = json.loads(evaluated(tmp_path, given, "--format", "json").stdout)

    assert text.exit_code == code
    assert text.stdout.splitlines()[-1] == f"overall: {verdict}"
    assert document["schema"] == "rootwarden.rule-eval/1"
    assert document["verdict"] == verdict


def test_two_values_are_said_on_every_line(tmp_path: Path) -> None:
    given = user({"$unknown": "iam:ListAccessKeys denied"})
    text = evaluated(tmp_path, given, "--two-valued")
    document = json.loads(evaluated(tmp_path, given, "--two-valued", "--format", "json").stdout)
    usual = json.loads(evaluated(tmp_path, given, "--format", "json").stdout)

    assert text.exit_code == 0
    assert all(line.endswith(" [two-valued: unknown read as absent]") for line in text.stdout.splitlines())
    assert "overall: pass" in text.stdout.splitlines()[-1]
    assert document["two_valued"] is True
    assert [one["two_valued"] for one in document["verdicts"]] == [True]
    assert document["verdicts"][0]["notes"] == ["unknown, read as absent: iam:ListAccessKeys denied"]
    assert "two_valued" not in usual


def test_eval_json_has_every_resource(tmp_path: Path) -> None:
    given = {"IAMUser": [*user(True)["IAMUser"], *user({"$unknown": "iam:ListAccessKeys denied"})["IAMUser"]]}
    document = json.loads(evaluated(tmp_path, given, "--format", "json").stdout)
    failed, unknown = document["verdicts"]

    assert failed["witness"][0] == {"attribute": "AccessKey[0].Active", "value": "true", "sources": []}
    assert (unknown["resource"], unknown["verdict"]) == ("IAMUser[1]", "unknown")
    assert unknown["missing"] == [
        {"attribute": "AccessKey[0].Active", "reason": "iam:ListAccessKeys denied", "permission": "iam:ListAccessKeys"}
    ]


def test_bare_rules_count_as_high(tmp_path: Path) -> None:
    assert evaluated(tmp_path, user(True), "--fail-on", "critical").exit_code == 0
    assert evaluated(tmp_path, user({"$unknown": "x"}), "--fail-on", "critical").exit_code == 0
    assert evaluated(tmp_path, user(True), "--fail-on", "high").exit_code == 1


def test_as_of_is_an_argument_never_the_clock(tmp_path: Path) -> None:
    given = {"IAMUser": [{"Password": {"LastUsedTime": "2026-03-02T11:00:00Z"}}]}

    assert evaluated(tmp_path, given, rule=IDLE).exit_code == 1
    assert "judged at 2026-03-02T12:00:00Z" in evaluated(tmp_path, given, rule=IDLE).stderr
    later = evaluated(tmp_path, given, "--as-of", "2026-03-09", rule=IDLE)
    assert (later.exit_code, later.stderr) == (0, "")
    assert isinstance(evaluated(tmp_path, given, "--as-of", "soon", rule=IDLE).exception, UsageError)


def test_check_finds_every_mistake_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "good.rule").write_text(RULE, encoding="utf-8")
    (tmp_path / "bad.rule").write_text('IAMUser where RootUser eq "true" should have MFActve', encoding="utf-8")
    (tmp_path / "worse.toml").write_text('id = "x"\nchek = "y"', encoding="utf-8")
    files = [tmp_path / name for name in ("good.rule", "bad.rule", "worse.toml")]
    result = run("check", *files)

    assert result.exit_code == 1
    assert result.stdout.startswith(f"{files[0]}: ok\n")
    for words in ("R0205", "R0203", f"{files[1]}:1:27", "R0401", f"{files[2]}:2:1", "unknown key `chek`", "help:"):
        assert words in result.stdout
    assert run("check", files[0]).exit_code == 0


def test_syntax_only_leaves_names_alone(tmp_path: Path) -> None:
    file = tmp_path / "unknown.rule"
    file.write_text("Martian should have Antennae gt 2", encoding="utf-8")

    assert run("check", "--syntax-only", file).exit_code == 0
    assert run("check", file).exit_code == 1


@pytest.mark.parametrize("command", ["check", "lint"])
def test_unreadable_files_are_said_and_set_the_exit_code(tmp_path: Path, command: str) -> None:
    (tmp_path / "binary.rule").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "good.rule").write_text(RULE, encoding="utf-8")
    for file in (tmp_path / "missing.rule", tmp_path / "binary.rule"):
        alone, beside = run(command, file), run(command, file, tmp_path / "good.rule")
        assert (alone.exit_code, beside.exit_code) == (2, 3)
        assert f"error: `{file}`" in alone.stderr
        assert "hint: " in alone.stderr


def test_the_shipped_pack_passes_its_cases() -> None:
    result = run("test")

    assert result.exit_code == 0
    assert result.stdout.endswith(" 0 wrong\n")


def test_a_wrong_case_is_named(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(
        'id = "w"\ntitle = "t"\nseverity = "low"\nwhy = "w"\nmisses = "m"\ncheck = "IAMUser should have MFAActive"\n'
        '[[case]]\nname = "off"\nexpect = "pass"\ngiven = \'{"IAMUser": [{"MFAActive": false}]}\'\n',
        encoding="utf-8",
    )
    result = run("test", file)

    assert result.exit_code == 1
    assert "w: `off`: expected pass, got fail" in result.stdout


def test_nothing_to_test_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "a.rule").write_text(RULE, encoding="utf-8")

    assert isinstance(run("test", tmp_path / "a.rule").exception, RootwardenError)


def test_a_rule_file_can_be_shown_without_empty_headings(tmp_path: Path) -> None:
    (tmp_path / "no-key.rule").write_text(RULE, encoding="utf-8")
    shown = run("show", tmp_path / "no-key.rule").stdout.splitlines()

    assert shown[0] == f"no-key (high): {RULE}"
    assert [line for line in shown if line[:1].isupper()] == ["Check", "Answered by"]


def test_list_and_show() -> None:
    listed = json.loads(run("list", "--format", "json").stdout)
    shown = json.loads(run("show", "root-mfa", "--format", "json").stdout)

    assert "root-mfa" in [one["id"] for one in listed["rules"]]
    assert "root-mfa" in run("list").stdout
    assert shown["check"].startswith("RootUser where Exists")
    assert "iam:GetAccountSummary" in shown["calls"]
    assert "Misses" in run("show", "root-mfa").stdout
    error = run("show", "root-mfas").exception
    assert isinstance(error, UsageError)
    assert error.hint == "did you mean `root-mfa`?"


@pytest.mark.parametrize(("benchmark", "verdict"), [("CIS-5.0.1", "pass"), ("4.0", "fail"), ("cis-4.0.1", "fail")])
def test_eval_knows_a_benchmark_by_its_other_names(tmp_path: Path, benchmark: str, verdict: str) -> None:
    (tmp_path / "given.json").write_text(
        json.dumps({"RootUser": [{"Exists": True, "MFAActive": False, "Password": {"Enabled": False}}]}),
        encoding="utf-8",
    )
    rule = files("rootwarden.packs") / "root" / "root-mfa.toml"
    options = ("--fixture", tmp_path / "given.json", "--format", "json", "--benchmark")
    assert json.loads(run("eval", rule, *options, benchmark).stdout)["verdict"] == verdict
    assert isinstance(run("eval", rule, *options, "cis-9.9").exception, UsageError)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("check",), 1, "nothing"),
        (("lint",), 1, "nothing"),
        (("fmt", "--check"), 1, "b.rule: would be formatted"),
        (("test",), 1, "expected pass, got fail"),
    ],
)
def test_a_folder_stands_for_the_rule_files_in_it(
    tmp_path: Path, command: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "notes.md").write_text("no rule", encoding="utf-8")
    (tmp_path / "below" / "a.toml").write_text(
        f'id = "a"\ntitle = "t"\nseverity = "low"\nwhy = "w"\nmisses = "m"\ncheck = "{RULE}"\n'
        '[[case]]\nname = "c"\nexpect = "pass"\n'
        """given = '{"IAMUser": [{"RootUser": true, "AccessKey": [{"Active": true}]}]}'\n""",
        encoding="utf-8",
    )
    wrong = "" if command == ("test",) or command[0] == "fmt" else " and nothing"
    (tmp_path / "b.rule").write_text(f"RootUser should have Exists{wrong} and MFAActive=true", encoding="utf-8")
    result = run(*command, tmp_path)

    assert result.exit_code == code
    assert said in result.stdout


def test_a_folder_without_rules_is_wrong_usage(tmp_path: Path) -> None:
    assert isinstance(run("check", tmp_path).exception, UsageError)
