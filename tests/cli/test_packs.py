"""Packs as the callers of the commands choose them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.cli.test_rule_writing import run, written

from rootwarden import packs
from rootwarden.cli.rule_choice import chosen_rules
from rootwarden.errors import UsageError
from rootwarden.facts.inventory import Part

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.audit.rulebook import Rulebook


def book(*names: str, rules: tuple[str, ...] = (), benchmark: str = "") -> Rulebook:
    return chosen_rules(wanted=rules, benchmark=benchmark, packs=names)


def ids(chosen: Rulebook) -> set[str]:
    return {rule.rule.id for rule in chosen.rules}


def test_the_root_pack_is_meant_when_none_is_named() -> None:
    assert ids(book()) == ids(book("root")) == {rule.id for rule in packs.root_pack()}


def test_packs_add_up_and_ask_only_for_what_they_read() -> None:
    together = book("password-policy", "logging")
    assert ids(together) == {rule.id for name in ("password-policy", "logging") for rule in packs.pack(name)}
    assert "iam:GetAccountPasswordPolicy" in together.needs
    assert "cloudtrail:GetTrailStatus" in together.watched
    assert together.parts == {Part.PASSWORD_POLICY, Part.MONITORING}
    assert "iam:GetAccountPasswordPolicy" not in book().needs
    assert ids(book("all")) == {rule.id for rule in packs.every_rule()}


@pytest.mark.parametrize("version", ["1.2", "1.4", "3.0", "5.0", "6.0"])
def test_a_benchmark_chooses_across_the_chosen_packs(version: str) -> None:
    expected = {
        rule.id
        for rule in packs.every_rule()
        if any(control.startswith(f"cis-{version}:") for control in rule.controls)
    }
    assert ids(book("all", benchmark=version)) == expected
    assert {name.split("-")[0] for name in expected} >= {"root", "iam", "password", "trail"}


def test_a_benchmark_may_choose_another_meaning() -> None:
    texts = {
        version: next(
            rule.compiled.text for rule in book("iam", rules=("iam-user-unused-key",), benchmark=version).rules
        )
        for version in ("1.3", "1.4")
    }
    assert "90 days" in texts["1.3"]
    assert "45 days" in texts["1.4"]


def test_a_rule_of_another_pack_is_named_with_its_pack() -> None:
    with pytest.raises(UsageError) as refused:
        book(rules=("iam-user-mfa",))
    assert refused.value.hint == "add `--pack iam`"
    assert ids(book("iam", rules=("iam-user-mfa",))) == {"iam-user-mfa"}


def test_a_pack_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError) as refused:
        book("rot")
    assert all(name in refused.value.hint for name in (*packs.names(), "all"))


def test_rules_are_listed_by_pack() -> None:
    listed = json.loads(run("list", "--pack", "logging", "--format", "json").stdout)["rules"]
    assert [one["id"] for one in listed] == [rule.id for rule in packs.pack("logging")]
    assert {one["pack"] for one in listed} == {"logging"}
    every = run("list").stdout.splitlines()
    assert len(every) == len(packs.every_rule())
    assert [line.split()[1] for line in every] == [rule.id for rule in packs.every_rule()]
    assert isinstance(run("list", "--pack", "rot").exception, UsageError)


def test_the_cases_of_one_pack_are_run() -> None:
    result = run("test", "--pack", "password-policy")
    assert result.exit_code == 0
    assert result.stdout == f"{sum(len(rule.cases) for rule in packs.pack('password-policy'))} cases, 0 wrong\n"


def test_files_and_packs_exclude_each_other(tmp_path: Path) -> None:
    file = written(tmp_path, "RootUser should have Exists")
    assert isinstance(run("test", "--pack", "iam", file).exception, UsageError)


def test_every_rule_can_be_shown_by_its_id() -> None:
    shown = run("show", "trail-validation").stdout
    assert shown.startswith("trail-validation (low): Every trail proves its log files")
    result = run("show", "trail-validatoin")
    assert isinstance(result.exception, UsageError)
    assert result.exception.hint == "did you mean `trail-validation`?"


def test_options_named_after_a_parameter_set_it_in_one_rule_only() -> None:
    for option in ("window", "minimum_account_age"):
        having = [rule.id for rule in packs.every_rule() if any(one.name == option for one in rule.parameters)]
        assert having == ["root-usage"]
