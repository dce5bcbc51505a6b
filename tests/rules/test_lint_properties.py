"""What lint says is never so is never so, and its parentheses and quantifiers change no verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.test_properties import NUMBER_TESTS, QUANTIFIERS, RECORDS, RULES

from rootwarden.rules.corrections import apply
from rootwarden.rules.diagnostic import Code
from rootwarden.rules.format import format_sentence
from rootwarden.rules.impossible import impossible
from rootwarden.rules.lint import lint
from rootwarden.rules.parser import parse
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.rules.schema import Schema

SIZE_TESTS = st.one_of(
    st.builds("{}Size {}".format, st.sampled_from(["", "not ", "not not "]), NUMBER_TESTS),
    st.builds("{}{}Parts with [ Flag ]".format, st.sampled_from(["", "not "]), QUANTIFIERS),
    st.builds("{}{}Parts where Other with [ Flag ]".format, st.sampled_from(["", "not "]), QUANTIFIERS),
)
CROWDED = st.recursive(
    SIZE_TESTS,
    lambda inner: st.builds("( {} {} {} )".format, inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=5,
)
KEPT = {Code.AND_OR_MIXED, Code.IMPLICIT_ONE, Code.KEYWORD_CASE}


def verdict(rule: str, schema: Schema, record: dict[str, Any]) -> Verdict:
    return compile_rule(rule, schema).evaluate(record, as_of=DEFAULT_AS_OF).verdict


@settings(max_examples=300, deadline=None)
@given(condition=CROWDED, record=RECORDS)
def test_the_impossible_never_happens(condition: str, record: dict[str, Any], schema: Schema) -> None:
    rule = f"Thing should have {condition}"
    if impossible(parse(rule).check):
        assert verdict(rule, schema, record) is not Verdict.PASS
    if impossible(parse(f"Thing should have not ( {condition} )").check):
        assert verdict(rule, schema, record) is not Verdict.FAIL


@given(rule=RULES, record=RECORDS)
@settings(deadline=None)
def test_neither_form_nor_harmless_edits_change_a_verdict(rule: str, record: dict[str, Any], schema: Schema) -> None:
    edited = apply(rule, [one for one in lint(rule, schema) if one.code in KEPT])

    assert verdict(edited, schema, record) is verdict(rule, schema, record)
    assert verdict(format_sentence(rule), schema, record) is verdict(rule, schema, record)
