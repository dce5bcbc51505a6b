"""The cases of `cases/*.toml`: a rule (or several that must agree), facts, the verdict and what it rests on."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rootwarden.rules.cases import overall
from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF

if TYPE_CHECKING:
    from rootwarden.rules.outcome import Outcome
    from rootwarden.rules.schema import Schema

FOLDER = Path(__file__).parent / "cases"


def rows() -> list[Any]:
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        for number, rule in enumerate(table.get("rules") or [table["rule"]]):
            for index, row in enumerate(table["row"]):
                found.append(pytest.param(rule, row, id=f"{file.stem}-{number}-{index}"))
    return found


def judged(rule: str, given: str, schema: Schema) -> list[Outcome]:
    compiled = compile_rule(rule, schema)
    resources = load_fixture(given, schema)
    return [compiled.evaluate(one.record, as_of=DEFAULT_AS_OF) for one in resources if one.entity == compiled.entity]


@pytest.mark.parametrize(("rule", "row"), rows())
def test_verdict_and_what_it_rests_on(rule: str, row: dict[str, Any], schema: Schema) -> None:
    outcomes = judged(rule, row["given"], schema)

    assert overall(one.verdict for one in outcomes) == row["expect"]
    if "witness" in row:
        assert [f"{one.attribute} = {one.value}" for one in outcomes[0].witness] == row["witness"]
    if "missing" in row:
        assert [f"{one.attribute} ({one.permission})" for one in outcomes[0].missing] == row["missing"]
    if "notes" in row:
        assert list(outcomes[0].notes) == row["notes"]


@pytest.mark.parametrize(("rule", "row"), rows())
def test_only_unknown_verdicts_wait_for_facts(rule: str, row: dict[str, Any], schema: Schema) -> None:
    for outcome in judged(rule, row["given"], schema):
        assert bool(outcome.missing) == (outcome.verdict == "unknown")
        assert bool(outcome.witness) != (outcome.verdict == "unknown")
