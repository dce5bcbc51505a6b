"""`rootwarden rule check` and `lint`: formats, edits and exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from rootwarden.cli.rule import app
from rootwarden.rules.rule_file import load_rule_file

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

PLAIN = 'IAMUser where RootUser == "true" should have MFActve'
GOOD = "IAMUser where RootUser eq true should have MFAActive"
NOT_PLAIN = f"{PLAIN} and Martian"
TOML = """id = "x" # bytes around stay:  \t
title = "x"
severity = "low"
why = "check = 'no'"
check = "{}"
misses = "x"
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def written(folder: Path, text: str, name: str = "a.rule") -> Path:
    (folder / name).write_bytes(text.encode())
    return folder / name


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_fix_makes_the_plain_edits_and_says_which(tmp_path: Path, mark: str) -> None:
    bare = written(tmp_path, f"{mark}# why\r\n{PLAIN}\r\n")
    toml = written(tmp_path, TOML.format(PLAIN.replace('"', "\\u0022")), "a.toml")
    result = run("check", "--fix", bare, toml)

    assert (result.exit_code, result.stdout) == (0, f"{bare}: ok\n{toml}: ok\n")
    assert result.stderr.count("put right") == 6
    assert (
        f"{bare}: put right: `IAMUser` has no attribute `MFActve` (R0203: did you mean `MFAActive`?)" in result.stderr
    )
    assert bare.read_bytes().decode() == f"{mark}# why\r\n{GOOD}\r\n"
    assert toml.read_text(encoding="utf-8") == TOML.format(GOOD)


def test_fix_leaves_a_file_alone_that_it_cannot_put_right(tmp_path: Path) -> None:
    bare, toml = written(tmp_path, NOT_PLAIN), written(tmp_path, 'id = "x"\nchek = "y"\n', "a.toml")
    result = run("check", "--fix", bare, toml)

    assert result.exit_code == 1
    assert "put right" not in result.stderr
    assert bare.read_text(encoding="utf-8") == NOT_PLAIN
    assert toml.read_text(encoding="utf-8") == 'id = "x"\nchek = "y"\n'


def test_fix_takes_each_sentence_by_itself(tmp_path: Path) -> None:
    text = (
        TOML.format("RootUser should have Exsts") + '[[variant]]\nbenchmarks = ["cis-5.0"]\ncheck = "RootUser should"\n'
    )
    file = written(tmp_path, text, "a.toml")

    assert run("check", "--fix", file).exit_code == 1
    assert load_rule_file(file.read_text(encoding="utf-8"), parsed=False).check == "RootUser should have Exists"


def test_lint_fix_leaves_mistakes_alone(tmp_path: Path) -> None:
    file = written(tmp_path, "RootUser WHERE Exsts should have MFAActive")
    result = run("lint", "--fix", file)

    assert result.exit_code == 1
    assert file.read_text(encoding="utf-8") == "RootUser where Exsts should have MFAActive\n"
    assert "R0203" in result.stdout


@pytest.mark.parametrize("command", ["check", "lint"])
def test_every_format_says_the_same(tmp_path: Path, command: str) -> None:
    file = written(tmp_path, PLAIN)
    codes = ["R0106", "R0205", "R0203"]
    shown = {
        name: run(command, "--format", name, file, tmp_path / "none") for name in ("text", "json", "sarif", "github")
    }
    document, log = json.loads(shown["json"].stdout), json.loads(shown["sarif"].stdout)

    assert {name: one.exit_code for name, one in shown.items()} == dict.fromkeys(shown, 1)
    assert [one["code"] for one in document["diagnostics"]] == codes
    assert [one["ruleId"] for one in log["runs"][0]["results"]] == codes
    assert shown["text"].stdout.count("error[") == len(codes)
    assert shown["github"].stdout.count("title=R") == len(codes)
    assert document["unread"][0]["file"] == str(tmp_path / "none")
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False
    assert "cannot be read" in shown["text"].stderr
    assert "cannot be read" in shown["github"].stdout


def test_machine_formats_of_a_good_file(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    document = json.loads(run("check", "--format", "json", file).stdout)
    log = json.loads(run("check", "--format", "sarif", file).stdout)
    github = run("check", "--format", "github", file)

    assert (document["files"], document["diagnostics"]) == ([str(file)], [])
    assert log["runs"][0]["results"] == []
    assert (github.exit_code, github.stdout) == (0, "")


def test_json_tells_what_was_put_right(tmp_path: Path) -> None:
    document = json.loads(run("check", "--fix", "--format", "json", written(tmp_path, PLAIN)).stdout)

    assert [one["code"] for one in document["fixed"]] == ["R0106", "R0205", "R0203"]
    assert document["summary"] == {"error": 0, "warning": 0, "note": 0}
