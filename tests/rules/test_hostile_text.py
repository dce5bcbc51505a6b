"""Whatever the text: a rule, or `RuleSyntaxError` in bounded time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.facts.fact import Known
from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.rules.schema import Schema

WORDS = st.sampled_from(
    [
        *("Thing", "should", "not", "have", "where", "and", "or", "with", "contain", "every", "no", "any", "atleast"),
        *("one", "Flag", "Name", "Parts", "Box", ".", "[", "]", "(", ")", ",", "eq", "=", "!=", "like", "in", "has"),
        *("len", "isLaterThan", '"days"', "-1", "-", "1.5", "10.0.0.0/8", "true", '"', "“", "”", "'", "\\", "#", "\n"),
        *("é", "\x00", "\ud800", "==", "&&", "999.1.1.1/99", "1x", "isPublic", "notin", "x" * 200),
    ]
)


def survives(text: str, schema: Schema) -> None:
    error = refusal(text, schema)
    if error is not None:
        assert error.diagnostics
        assert error.rendered()
        for one in error.diagnostics:
            assert 0 <= one.span.start <= one.span.end <= max(len(text), 1)


def refusal(text: str, schema: Schema) -> RuleSyntaxError | None:
    try:
        compile_rule(text, schema)
    except RuleSyntaxError as error:
        return error
    return None


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text(schema: Schema, text: str) -> None:
    survives(text, schema)


@given(st.lists(WORDS, max_size=40))
@settings(max_examples=1500, deadline=None)
def test_any_words(schema: Schema, words: list[str]) -> None:
    survives(" ".join(words), schema)
    survives("Thing should have " + "".join(words), schema)


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_pattern(schema: Schema, pattern: str) -> None:
    escaped = pattern.replace("\\", "").replace('"', '\\"')
    survives(f'Thing should have Name like "{escaped}"', schema)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 16_000,
        "Thing should have " + "not " * 4_000,
        "Thing should have " + "( " * 8_000,
        "Thing should have Parts with [" * 500,
        '"”' * 8_000,
        '"\\"”' * 4_000,
        "“" * 5_000,
        "1" * 16_000 + "é",
        "a" * 16_000 + "é",
        "-" * 16_000,
        "1.1.1." * 2_700,
        "Thing should have Flag" + " and Flag" * 1_800,
        'Thing should have Name like "' + "(" * 4_000 + '"',
        'Thing should have Name like "' + "(a{1,1000}){1,1000}" + '"',
        'Thing should have Name like "' + "((a{100}){100}){100}" + '"',
    ],
)
def test_worst_texts_take_no_time(schema: Schema, text: str) -> None:
    started = time.process_time()
    survives(text, schema)

    assert time.process_time() - started < 2


def test_deepest_rule_evaluates(schema: Schema) -> None:
    deep = compile_rule("Thing should have " + "not ( " * 16 + "Flag" + " )" * 16, schema)

    assert deep.evaluate({"Flag": Known(True)}, as_of=DEFAULT_AS_OF).verdict is Verdict.PASS
