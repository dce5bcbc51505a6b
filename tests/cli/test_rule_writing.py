"""`rootwarden rule fmt` and `lint` as their callers see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from rootwarden import packs
from rootwarden.cli.rule import app
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

DOUBTFUL = "RootUser WHERE Exists should have MFAActive or Exists and AccessKeysPresent eq false"
GOOD = "RootUser where Exists should have MFAActive or ( Exists and AccessKeysPresent eq false )\n"
TOML = """id = "x" # bytes around stay:  \t
title = "x"
severity = "low"
why = "check = 'no'"
check = "{}"
misses = "x"
[[variant]]
benchmarks = ["cis-5.0"]
check = '''
RootUser should have   MFAActive
'''
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def written(folder: Path, text: str, name: str = "a.rule") -> Path:
    (folder / name).write_bytes(text.encode())
    return folder / name


def test_fmt_writes_only_what_differs(tmp_path: Path) -> None:
    bare = written(tmp_path, "\ufeff" + DOUBTFUL.replace(" should", "\r\n# why\r\nshould"))
    file = written(tmp_path, TOML.format(DOUBTFUL), "a.toml")
    checked = run("fmt", "--check", bare, file)

    assert (checked.exit_code, checked.stdout.count("would be formatted")) == (1, 2)
    assert file.read_text(encoding="utf-8") == TOML.format(DOUBTFUL)
    done = run("fmt", bare, file)
    assert (done.exit_code, done.stdout) == (0, f"{bare}: formatted\n{file}: formatted\n")
    assert bare.read_bytes().decode() == "\ufeff" + GOOD.replace(" should", "\r\n# why\r\nshould").replace(
        ")\n", ")\r\n"
    )
    assert file.read_text(encoding="utf-8") == TOML.format(GOOD.strip()).replace("have   MFA", "have MFA")
    assert (run("fmt", "--check", bare, file).exit_code, run("fmt", bare, file).stdout) == (0, "")


def test_fmt_plain_spells_out_what_it_can_and_names_the_rest(tmp_path: Path) -> None:
    kept = "atmost 1 AccessKey with [ Active ]"
    file = written(tmp_path, f"RootUser should have LastUsedTime never # quiet\n and atleast 2 AccessKey and {kept}")
    done = run("fmt", "--plain", file)

    assert (done.exit_code, done.stdout) == (0, f"{file}: formatted\n")
    assert done.stderr == f"note: `{file}`: there is no plain form of `{kept}`\n"
    assert file.read_text(encoding="utf-8").splitlines() == [
        "# quiet",
        "RootUser should have LastUsedTime eq 0",
        "    and AccessKey len ( ) gte 2",
        f"    and {kept}",
    ]
    assert run("fmt", "--check", file).exit_code == 0


def test_fmt_goes_on_after_a_file_that_is_no_rule(tmp_path: Path) -> None:
    bad, good = written(tmp_path, "RootUser should"), written(tmp_path, DOUBTFUL, "b.rule")
    result = run("fmt", bad, tmp_path / "none", good)

    assert result.exit_code == 1
    assert "R0101" in result.stderr
    assert "cannot be read" in result.stderr
    assert good.read_text(encoding="utf-8") == GOOD
    assert bad.read_text(encoding="utf-8") == "RootUser should"


def test_lint_points_into_the_file_and_repairs_it(tmp_path: Path) -> None:
    file = written(tmp_path, TOML.format(DOUBTFUL), "a.toml")
    result = run("lint", file)

    assert result.exit_code == 1
    for words in ("warning[R1001]", "warning[R1005]", f"{file}:5:19", "= help: write `where`"):
        assert words in result.stdout
    document = json.loads(run("lint", "--format", "json", file).stdout)
    assert document["schema"] == "rootwarden.diagnostics/1"
    assert [(one["code"], one["region"]["line"], one["plain"]) for one in document["diagnostics"]] == [
        ("R1005", 5, True),
        ("R1001", 5, True),
    ]
    repaired = run("lint", "--fix", file)
    assert (repaired.exit_code, repaired.stdout) == (0, "")
    assert repaired.stderr.count("put right") == 2
    assert file.read_text(encoding="utf-8") == TOML.format(GOOD.strip())


def test_a_note_does_not_set_the_exit_code(tmp_path: Path) -> None:
    result = run("lint", written(tmp_path, "IAMUser should have MFAActive"))

    assert result.exit_code == 0
    assert "note[R1004]" in result.stdout


def test_lint_shows_mistakes_too(tmp_path: Path) -> None:
    result = run("lint", written(tmp_path, "RootUser should have MFActive"), written(tmp_path, "x", "b.rule"))

    assert result.exit_code == 1
    assert "error[R0203]" in result.stdout
    assert "R0101" in result.stdout


def test_schema_names_every_entity() -> None:
    lines = run("schema").stdout.splitlines()

    assert [line.split()[0] for line in lines] == list(packs.schema().names)
    assert "VPC                        not collected: a virtual private cloud" in lines


def test_schema_shows_the_attributes_of_one_entity() -> None:
    shown = run("schema", "CloudTrail").stdout

    assert "\nLogGroup  reference CloudWatchLogGroup, may be absent\n" in shown
    assert "\nLoggingEnabled  boolean\n  it records now\n  from cloudtrail:GetTrailStatus\n" in shown
    assert "not collected; it would come from cloudtrail:ListTags" in shown


def test_schema_as_json_has_the_keys_of_the_schema() -> None:
    document = json.loads(run("schema", "IAMPasswordPolicy", "--format", "json").stdout)

    (entity,) = document["entities"]
    age = next(one for one in entity["attribute"] if one["path"] == "MaxPasswordAge")
    assert document["schema"] == "rootwarden.rule-schema/1"
    assert (entity["list"], entity["single"]) == ("IAMPasswordPolicies", True)
    assert (age["type"], age["unit"], age["absent"], age["fed_by"]) == (
        "number",
        "days",
        True,
        ["iam:GetAccountPasswordPolicy"],
    )


def test_schema_of_nothing_says_what_was_meant() -> None:
    result = run("schema", "IAMUsers")

    assert isinstance(result.exception, UsageError)
    assert result.exception.hint == "did you mean `IAMUser`?"
