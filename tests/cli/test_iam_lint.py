"""`rootwarden iam lint` and `iam actions`: formats, kinds, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from typer.testing import CliRunner

from rootwarden.cli.iam import app
from rootwarden.errors import InputError, UsageError
from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import Kind
from rootwarden.packs.policies import lint_pages

if TYPE_CHECKING:
    from typer.testing import Result

SARIF = Path(__file__).parents[1] / "report" / "sarif-2.1.0-used.schema.json"
GOOD = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}}'
BAD = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Deny", "Action": ["iam:*", "nö:😀"], "Resource": "*"},
    {"Effect": "deny", "Action": "s3:NoSuch", "Resource": "*"}
  ]
}
"""
CODES = ["P2003", "P1005", "P2004"]


STRICT = ("--fail-on", "warning")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def written(folder: Path, text: str, name: str = "policy.json") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_every_format_says_the_same(tmp_path: Path) -> None:
    file = written(tmp_path, BAD)
    shown = {
        name: run("lint", *STRICT, "--kind", "identity", "--format", name, file, tmp_path / "none")
        for name in ("text", "json", "sarif", "github")
    }
    document, log = json.loads(shown["json"].stdout), json.loads(shown["sarif"].stdout)

    assert {one.exit_code for one in shown.values()} == {1}
    assert [one["code"] for one in document["findings"]] == CODES
    assert document["summary"] == {"error": 1, "warning": 2, "note": 0}
    assert [one["file"] for one in document["unread"]] == [str(tmp_path / "none")]
    assert [one["ruleId"] for one in log["runs"][0]["results"]] == CODES
    jsonschema.validate(log, json.loads(SARIF.read_text(encoding="utf-8")))
    assert [line.split("title=")[1][:5] for line in shown["github"].stdout.splitlines()[:3]] == CODES
    assert shown["text"].stdout.count("-->") == len(CODES)
    assert "cannot be read" in shown["text"].stderr
    assert "cannot be read" in shown["github"].stdout


def test_places_count_characters_for_people_and_utf16_for_sarif(tmp_path: Path) -> None:
    file = written(tmp_path, '{"Version": "2012-10-17", "Id": "😀", "Statement": []}')
    (found,) = json.loads(run("lint", "--kind", "scp", "--format", "json", file).stdout)["findings"]
    (result,) = json.loads(run("lint", "--kind", "scp", "--format", "sarif", file).stdout)["runs"][0]["results"]

    assert (found["line"], found["column"], found["end_column"]) == (1, 51, 53)
    assert result["locations"][0]["physicalLocation"]["region"]["startColumn"] == 52


def test_a_good_file_a_note_and_nothing_to_read(tmp_path: Path) -> None:
    good = written(tmp_path, GOOD)
    note = written(tmp_path, GOOD.replace('"Version": "2012-10-17", ', ""), "note.json")

    assert (run("lint", "--kind", "identity", good).exit_code, run("lint", "--kind", "scp", good).stdout) == (
        0,
        f"{good}: ok\n",
    )
    noted = run("lint", "--kind", "identity", note)
    assert (noted.exit_code, "note[P4001]" in noted.stdout) == (0, True)
    assert run("lint", "--kind", "identity", good, tmp_path / "none").exit_code == 3
    assert run("lint", "--kind", "identity", tmp_path / "none").exit_code == 2
    assert run("lint", "--kind", "identity", "--format", "github", good).stdout == ""


def test_a_folder_is_its_json_files(tmp_path: Path) -> None:
    (tmp_path / "deep" / ".hidden").mkdir(parents=True)
    for name in ("b.json", "deep/a.json", "deep/.hidden/c.json", "notes.txt"):
        written(tmp_path, GOOD, name)
    document = json.loads(run("lint", "--kind", "boundary", "--format", "json", tmp_path).stdout)

    assert document["files"] == [str(tmp_path / "b.json"), str(tmp_path / "deep" / "a.json")]
    assert (document["kind"], document["findings"]) == ("boundary", [])
    empty = tmp_path / "deep" / ".hidden" / "none"
    empty.mkdir()
    assert isinstance(run("lint", "--kind", "scp", empty).exception, UsageError)


@pytest.mark.parametrize("arguments", [[], ["policy.json"], ["--kind", "scp"], ["--explain", "P9999"]])
def test_wrong_usage_says_what_is_needed(arguments: list[str]) -> None:
    error = run("lint", *arguments).exception
    assert isinstance(error, UsageError)
    assert error.hint


@pytest.mark.parametrize("code", Code)
def test_every_code_is_explained(code: Code) -> None:
    by_number, by_name = run("lint", "--explain", code.lower()), run("lint", "--explain", code.name)
    assert by_number.exit_code == 0
    assert by_number.stdout == by_name.stdout
    assert lint_pages()[code].title in by_number.stdout


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_can_be_asked_for(kind: Kind, tmp_path: Path) -> None:
    file = written(tmp_path, BAD)
    assert run("lint", *STRICT, "--kind", kind, file).exit_code == 1
    assert run("lint", "--kind", kind, file).exit_code == 0


def test_hostile_names_do_not_move_the_cursor(tmp_path: Path) -> None:
    file = written(tmp_path, BAD.replace("s3:NoSuch", "s3:\\u001b[2J\\ud800"))
    shown = run("lint", *STRICT, "--kind", "identity", file)
    assert shown.exit_code == 1
    assert "\x1b" not in shown.stdout
    assert json.loads(run("lint", "--kind", "identity", "--format", "json", file).stdout)["summary"]["warning"] == 2


def test_actions_as_list_table_and_json() -> None:
    listed = run("actions", "iam:*AccessKey*")
    table = run("actions", "sts:AssumeRoot", "--format", "table").stdout.splitlines()
    document = json.loads(run("actions", "iam:PassRole", "--format", "json").stdout)

    assert listed.stdout.splitlines()[0] == "iam:CreateAccessKey"
    assert listed.stderr.startswith("5 actions; catalogue ")
    assert table[0].split() == ["action", "access", "resources", "condition", "keys"]
    assert table[1].split() == ["sts:AssumeRoot", "Write", "root-user", "sts:TaskPolicyArn"]
    assert (document["schema"], document["total"]) == ("rootwarden.actions/1", 1)
    assert document["services"][0]["actions"][0]["name"] == "PassRole"


def test_actions_by_access_level() -> None:
    every = set(run("actions", "iam").stdout.split())
    levels = {
        level: set(run("actions", "iam", "--access", level).stdout.split())
        for level in ("list", "read", "write", "tagging", "permissions")
    }
    assert "iam:PutRolePolicy" in levels["permissions"] & levels["write"]
    assert "iam:ListUsers" in levels["list"] - levels["write"]
    assert set().union(*levels.values()) == every
    assert isinstance(run("actions", "iam", "--access", "admin").exception, UsageError)


def test_an_action_that_is_not_there_and_what_was_meant() -> None:
    error = run("actions", "iam:CreateAccesKey").exception
    assert isinstance(error, UsageError)
    assert error.hint == "did you mean `iam:CreateAccessKey`?"


def test_own_actions_count_for_both_commands(tmp_path: Path) -> None:
    own = written(
        tmp_path, run("actions", "iam:GetUser", "--format", "json").stdout.replace("GetUser", "BrandNew"), "own"
    )
    policy = written(tmp_path, GOOD.replace("CreateUser", "BrandNew"))

    assert run("lint", *STRICT, "--kind", "scp", policy).exit_code == 1
    assert run("lint", *STRICT, "--kind", "scp", policy, "--actions", own).exit_code == 0
    assert "and `own`" in run("actions", "iam:Brand*", "--actions", own).stderr
    assert isinstance(run("lint", "--kind", "scp", policy, "--actions", policy).exception, InputError)
