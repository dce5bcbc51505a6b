"""`rule test --coverage --mutate` and `rule diff` as their callers see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from rootwarden.cli.rule import app
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

HEAD = 'id = "x"\ntitle = "t"\nseverity = "low"\nwhy = "w"\nmisses = "m"\n'
ON = '[[case]]\nname = "on"\nexpect = "pass"\ngiven = \'{"IAMUser": [{"MFAActive": true}]}\'\n'
OFF = '[[case]]\nname = "off"\nexpect = "fail"\ngiven = \'{"IAMUser": [{"MFAActive": false}]}\'\n'
CHECK = 'check = "IAMUser should have MFAActive"\n'


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def written(folder: Path, text: str, name: str = "x.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_gap_is_named_and_sets_the_exit_code(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + CHECK + ON)

    plain, coverage = run("test", file), run("test", file, "--coverage")

    assert (plain.exit_code, plain.stdout) == (0, "1 case, 0 wrong\n")
    assert coverage.exit_code == 1
    assert coverage.stdout.splitlines()[1:] == [
        "x: never false in the check: `MFAActive`",
        "1 clauses, 1 not seen both true and false",
    ]


def test_a_survivor_is_named_and_sets_the_exit_code(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        HEAD
        + 'check = "IAMUser should have MFAActive and RootUser and RootUser"\n'
        + ON.replace("true", 'true, "RootUser": true'),
    )

    result = run("test", file, "--mutate")

    assert result.exit_code == 1
    assert "x: survives: dropped `MFAActive`, in the check" in result.stdout
    assert "x: left out, means the same: dropped `RootUser`, in the check" in result.stdout
    assert result.stdout.splitlines()[-1].endswith(", 2 left out that mean the same")


def test_with_nothing_missing_it_ends_well(tmp_path: Path) -> None:
    result = run("test", "--coverage", "--mutate", written(tmp_path, HEAD + CHECK + ON + OFF))

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "2 cases, 0 wrong",
        "1 clauses, 0 not seen both true and false",
        "2 mutants, 0 survive",
    ]


def test_a_variant_is_named(tmp_path: Path) -> None:
    variant = '[[variant]]\nbenchmarks = ["cis-5.0"]\ncheck = "IAMUser should have RootUser"\n'
    result = run("test", "--coverage", written(tmp_path, HEAD + CHECK + variant + ON + OFF))

    assert result.stdout.splitlines()[1] == "x (under cis-5.0): never true nor false in the check: `RootUser`"


def test_wrong_cases_come_first(tmp_path: Path) -> None:
    result = run("test", "--coverage", "--mutate", written(tmp_path, HEAD + CHECK + ON.replace("pass", "fail")))

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "1 case, 1 wrong"


def test_the_shipped_pack_has_no_gap() -> None:
    result = run("test", "--coverage", "--mutate")

    assert result.exit_code == 0
    assert " 0 not seen both true and false\n" in result.stdout
    assert result.stdout.endswith(" 0 survive\n")


def test_the_fixture_of_a_difference_can_be_evaluated(tmp_path: Path) -> None:
    one = written(tmp_path, "IAMUser should have AccessKey len ( ) lte 1", "one.rule")
    two = written(tmp_path, "IAMUser should have AccessKey len ( ) lte 0", "two.rule")

    found = run("diff", one, two)
    fixture = written(tmp_path, found.stdout, "fixture.json")

    assert found.exit_code == 0
    assert found.stderr == f"note: `{one}` says pass\nnote: `{two}` says fail\n"
    assert len(json.loads(found.stdout)["IAMUser"][0]["AccessKey"]) == 1
    assert (run("eval", one, "--fixture", fixture).exit_code, run("eval", two, "--fixture", fixture).exit_code) == (
        0,
        1,
    )


def test_no_difference_says_what_was_tried(tmp_path: Path) -> None:
    rule = written(tmp_path, "IAMUser should have MFAActive", "one.rule")
    result = run("diff", rule, rule)

    assert result.exit_code == 0
    assert result.stdout.startswith("none within bounds (3 resources tried: 1 attributes, ")


def test_the_instant_is_an_argument(tmp_path: Path) -> None:
    one = written(tmp_path, 'IAMUser should have Password . LastUsedTime isLaterThan ( -1, "days" )', "one.rule")
    two = written(tmp_path, 'IAMUser should have Password . LastUsedTime isLaterThan ( -1, "hours" )', "two.rule")

    assert "judged at 2026-03-02T12:00:00Z" in run("diff", one, two).stderr
    later = run("diff", one, two, "--as-of", "2027-01-01")
    assert "judged at" not in later.stderr
    assert json.loads(later.stdout)["IAMUser"][0]["Password"]["LastUsedTime"] == "2026-12-31T23:00:00Z"
    assert isinstance(run("diff", one, two, "--as-of", "soon").exception, UsageError)


def test_a_search_without_time_does_not_claim_sameness(tmp_path: Path) -> None:
    from importlib.resources import files

    rule = files("rootwarden.packs").joinpath("root/root-usage.toml")
    result = run("diff", rule, rule, "--time-limit", "0.1")

    assert result.exit_code == 0
    assert result.stdout.startswith("none found before the search ended (")
    assert "--time-limit" in result.stderr


@pytest.mark.parametrize("text", ["RootUser should have Exists", "IAMUser should have MFActive", "IAMUser should"])
def test_rules_that_cannot_be_compared_are_input_errors(tmp_path: Path, text: str) -> None:
    good = written(tmp_path, "IAMUser should have MFAActive", "one.rule")
    error = run("diff", good, written(tmp_path, text, "two.rule")).exception

    assert isinstance(error, InputError)
    assert "two.rule:1:" in error.message or "the other about `RootUser`" in error.message
