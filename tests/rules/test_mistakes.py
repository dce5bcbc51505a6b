"""Sentences that are no rules: what is said about them, and how it looks."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rootwarden.rules.corrections import edited
from rootwarden.rules.diagnostic import Code, RuleSyntaxError
from rootwarden.rules.mend import mended
from rootwarden.rules.rule import compile_rule

if TYPE_CHECKING:
    from rootwarden.rules.schema import Schema

HERE = Path(__file__).parent
MISTAKES: list[dict[str, Any]] = tomllib.loads((HERE / "mistakes.toml").read_text(encoding="utf-8"))["mistake"]
BEYOND = {  # mistakes whose sentences are too long for the data file, by code
    Code.TEXT_TOO_LONG: "Thing should have Flag" + " " * 16_400,
    Code.NESTED_TOO_DEEP: "Thing should have " + "( " * 33 + "Flag" + " )" * 33,
    Code.TOO_MANY_OPERANDS: "Thing should have Size in (" + ",".join(["1"] * 1001) + ")",
}


def refusal(rule: str, schema: Schema) -> RuleSyntaxError:
    with pytest.raises(RuleSyntaxError) as caught:
        compile_rule(rule, schema)
    return caught.value


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one["rule"][:60] for one in MISTAKES])
def test_every_mistake_is_found_once_and_explained(mistake: dict[str, Any], schema: Schema) -> None:
    error = refusal(mistake["rule"], schema)

    assert [one.code for one in error.diagnostics] == mistake["codes"]
    for words in mistake.get("says", []):
        assert words in error.message
    for diagnostic in error.diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(mistake["rule"])


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one["rule"][:60] for one in MISTAKES])
def test_a_plain_mistake_can_be_put_right_and_no_other_is_touched(mistake: dict[str, Any], schema: Schema) -> None:
    made = mended(mistake["rule"], schema)

    assert made.text == mistake.get("fixed", mistake["rule"])
    assert bool(made.mistakes) is ("fixed" in mistake)


def usable(rule: str, schema: Schema) -> bool:
    try:
        compile_rule(rule, schema)
    except RuleSyntaxError:
        return False
    return True


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one["rule"][:60] for one in MISTAKES])
def test_choices_are_rules_where_the_types_fit(mistake: dict[str, Any], schema: Schema) -> None:
    rule = mistake["rule"]
    offered = [
        edited(rule, one.edits) for diagnostic in refusal(rule, schema).diagnostics for one in diagnostic.choices
    ]

    assert offered == mistake.get("choices", [])
    several = len(mistake["codes"]) > 1
    assert several or not offered or any(usable(one, schema) for one in offered)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one["rule"][:60] for one in MISTAKES])
def test_an_edit_settles_its_mistake(mistake: dict[str, Any], schema: Schema) -> None:
    rule = mistake["rule"]
    for diagnostic in refusal(rule, schema).diagnostics:
        if diagnostic.edits:
            after = edited(rule, diagnostic.edits)
            left = () if after == mistake.get("fixed") else refusal(after, schema).diagnostics
            assert (diagnostic.code, diagnostic.span.start) not in {(one.code, one.span.start) for one in left}


@pytest.mark.parametrize(("code", "rule"), BEYOND.items())
def test_limits(code: Code, rule: str, schema: Schema) -> None:
    assert [one.code for one in refusal(rule, schema).diagnostics] == [code]


def test_just_within_the_limits(schema: Schema) -> None:
    compile_rule("Thing should have " + "( " * 32 + "Flag" + " )" * 32, schema)
    compile_rule("Thing should have " + "not " * 32 + "Flag", schema)
    compile_rule("Thing should have Size in (" + ",".join(["1"] * 1000) + ")", schema)
    compile_rule("Thing should have Flag".ljust(16_384), schema)
    compile_rule(f'Thing should have Name like "{"a" * 4096}"', schema)


def test_patterns_have_a_limit(schema: Schema) -> None:
    error = refusal(f'Thing should have Name like "{"a" * 4097}"', schema)

    assert error.diagnostics[0].code is Code.BAD_PATTERN
    assert "at most 4096 bytes" in error.message


def test_every_code_has_a_mistake_and_a_line_in_the_documentation() -> None:
    shown = {code for one in MISTAKES for code in one["codes"]} | set(BEYOND)
    documentation = (HERE.parents[1] / "docs" / "rule-language.md").read_text(encoding="utf-8")

    assert shown == {code for code in Code if not code.is_doubt} - {Code.NOT_A_RULE_FILE}
    assert [code for code in Code if f"`{code}`" not in documentation] == []


@pytest.mark.parametrize("golden", sorted((HERE / "golden").glob("*.txt")), ids=lambda file: file.stem)
def test_what_the_user_sees(golden: Path, schema: Schema) -> None:
    rule, _, expected = golden.read_text(encoding="utf-8").partition("\n---\n")

    assert refusal(rule, schema).rendered() == expected.rstrip("\n")


def test_nothing_in_a_rule_can_move_the_cursor(schema: Schema) -> None:
    error = refusal('Thing should have Name eq "\x1b[2J\x07\r" \x1b', schema)

    assert all(character.isprintable() or character == "\n" for character in error.message)


def test_a_long_line_is_cut_around_the_mistake(schema: Schema) -> None:
    error = refusal("Thing should have Flag" + " and Flag" * 500 + " and Flog" + " and Flag" * 500, schema)

    assert max(len(line) for line in error.rendered().splitlines()) < 140
    assert "Flog" in error.rendered()
