"""Shorter ways to say something mean their plain form, and survive printing as they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.test_properties import CONDITIONS, RECORDS, RULES, bare

from rootwarden.rules.parser import parse
from rootwarden.rules.plain import plain_rule
from rootwarden.rules.printer import print_rule
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.spelling import spell_out

if TYPE_CHECKING:
    from rootwarden.rules.schema import Schema

PAIRS = [
    ("Used within last 90 days", 'Used isLaterThan ( -90, "days" )'),
    ("Used Within LAST 1 Hour", 'Used isLaterThan ( -1, "hours" )'),
    ("Used older than 90 days", 'Used isEarlierThan ( -90, "days" )'),
    ("Used older than 0 seconds", 'Used isEarlierThan ( 0, "seconds" )'),
    ("Used never", "Used eq 0"),
    ("not Used never", "not Used eq 0"),
    ("Size between 0 and 3", "( Size gte 0 and Size lte 3 )"),
    ("Name len ( ) between 1 and Limit", "( Name len ( ) gte 1 and Name len ( ) lte Limit )"),
    ("Size to Limit overlaps ( 1, 2 )", "( Size lte 2 and Limit gte 1 )"),
    ("Size to Limit overlaps ( Limit, Size )", "( Size lte Size and Limit gte Limit )"),
    ("atleast 1 Parts with [ Flag ]", "atleast one Parts with [ Flag ]"),
    ("atmost 0 Parts with [ Flag ]", "no Parts with [ Flag ]"),
    ("exactly 0 Parts with [ Flag ]", "no Parts with [ Flag ]"),
    ("atleast 100% Parts with [ Flag ]", "every Parts with [ Flag ]"),
    ("atmost 0% Parts with [ Flag ]", "no Parts with [ Flag ]"),
    ("every Parts where Flag with [ Used never ]", "every Parts with [ ( not Flag or Used eq 0 ) ]"),
    ("Parts where Flag or Used never with [ Flag ]", "Parts with [ ( ( Flag or Used eq 0 ) and Flag ) ]"),
    (
        "no Parts where ( Inner with [ Size eq 1 ] ) with [ Flag ]",
        "no Parts with [ ( Inner with [ Size eq 1 ] and Flag ) ]",
    ),
    ("atleast 2 Parts where Flag with [ Used never ]", "atleast 2 Parts with [ ( Flag and Used eq 0 ) ]"),
    ("atleast 100% Parts where Flag with [ Other ]", "every Parts with [ ( not Flag or Other ) ]"),
    ("atmost 2 Labels", "Labels len ( ) lte 2"),
    ("exactly one Parts", "Parts len ( ) eq 1"),
]


def without_brackets(text: str) -> Any:
    """The tree, so that spare parentheses do not count."""
    return bare(parse(text))


@pytest.mark.parametrize(("short", "spelled"), PAIRS)
def test_the_plain_form(short: str, spelled: str, schema: Schema) -> None:
    rule = f"Thing where {short} should have {short}"

    assert bare(plain_rule(parse(rule))) == without_brackets(f"Thing where {spelled} should have {spelled}")
    assert compile_rule(rule, schema).entity == "Thing"


@pytest.mark.parametrize(("short", "spelled"), PAIRS)
@given(record=RECORDS)
@settings(max_examples=40, deadline=None)
def test_both_say_the_same(short: str, spelled: str, record: dict[str, Any], schema: Schema) -> None:
    one, other = (compile_rule(f"Thing should have {each}", schema) for each in (short, spelled))

    assert one.evaluate(record, as_of=DEFAULT_AS_OF) == other.evaluate(record, as_of=DEFAULT_AS_OF)


@given(condition=CONDITIONS, record=RECORDS)
@settings(max_examples=200, deadline=None)
def test_the_plain_form_of_anything_says_the_same(condition: str, record: dict[str, Any], schema: Schema) -> None:
    rule = f"Thing should have {condition}"
    spelled = print_rule(plain_rule(parse(rule)))

    assert compile_rule(rule, schema).evaluate(record, as_of=DEFAULT_AS_OF) == compile_rule(spelled, schema).evaluate(
        record, as_of=DEFAULT_AS_OF
    )
    assert plain_rule(parse(spelled)) == parse(spelled)


@pytest.mark.parametrize(
    "written",
    [
        "every Parts where Flag with [ Other ]",
        "every Parts where not Flag with [ Other ]",
        "every Parts where ( Flag and Other ) with [ Other ]",
        "every Parts where ( not Inner with [ Size eq 1 ] ) with [ Other ]",
        "atmost 1 Parts where Inner with [ Size eq 1 ]",
        "atleast 12.50% Parts with [ Flag ]",
        "Used within last window days and Used older than 1 weeks",
        "FromPort to ToPort overlaps ( 20, 21 )",
        'Range overlaps ( 10.0.0.0/8, "fd00::/8" )',
        'Name catches ( "root-usage", "iam-policy-changes" )',
        'Statements allows ( "s3:*", "arn:aws:s3:::logs/*" ) and Permissions . Statements denies ( "*" ) for root',
    ],
)
def test_what_is_written_is_printed(written: str) -> None:
    assert print_rule(parse(f"Thing should have {written}")) == f"Thing should have {written}"


@pytest.mark.parametrize(
    "written",
    [
        "never never",
        "to to to overlaps ( last, than )",
        "within within last within days",
        "older . older older than days days",
        "atmost never and exactly eq 1 and one",
        "atmost one one with [ one ]",
        "exactly one exactly",
        "between between between and between",
        "overlaps overlaps ( overlaps )",
        'catches catches ( "x" ) and allows allows ( "*" ) and denies denies ( "*" ) for root',
        "for and root and last and than and percent and days and hour",
        "every where_ where within with [ Flag ]",
    ],
)
def test_words_of_the_shorter_forms_may_be_names(written: str) -> None:
    rule = parse(f"Thing should have {written}")

    assert bare(parse(print_rule(rule))) == bare(rule)
    assert print_rule(rule) == f"Thing should have {written}".replace("atmost one", "atmost 1").replace(
        "exactly one", "exactly 1"
    ).replace("older . older", "older . older")


def test_durations_and_bounds_may_be_parameters(schema: Schema) -> None:
    rule = compile_rule(
        "Thing should have Used within last window days and Size between low and high",
        schema,
        parameters={"window": 7, "low": -1, "high": 2},
    )

    assert rule.text == "Thing should have Used within last 7 days and Size between -1 and 2"
    assert rule.reads_clock


@pytest.mark.parametrize(
    "tests", [("Never never", "Never eq 0"), ("to to to overlaps ( 1, 2 )", "( to lte 2 and to gte 1 )")]
)
@given(record=RECORDS, values=st.tuples(st.integers(0, 3), st.integers(0, 3)))
@settings(max_examples=5, deadline=None)
def test_names_that_are_words_are_read(
    tests: tuple[str, str], record: dict[str, Any], values: tuple[int, int], schema: Schema
) -> None:
    from rootwarden.facts.fact import Known

    facts = {**record, "Never": Known(values[0]), "to": Known(values[1])}
    one, other = (compile_rule(f"Thing should have {each}", schema) for each in tests)

    assert one.evaluate(facts, as_of=DEFAULT_AS_OF) == other.evaluate(facts, as_of=DEFAULT_AS_OF)


@given(rule=RULES)
@settings(max_examples=200, deadline=None)
def test_the_text_spelled_out_is_the_plain_tree(rule: str) -> None:
    spelled = spell_out(rule)

    assert print_rule(parse(spelled.text)) == print_rule(parse(print_rule(plain_rule(parse(rule)))))
    assert spell_out(spelled.text) == spelled


def test_comments_stay_and_what_has_no_plain_form_is_named() -> None:
    spelled = spell_out(
        "Thing should have # first\n"
        "  not Size between 1 # second\n and 3 # third\n"
        "  or every Parts where Flag # fourth\n with [ Used never ]\n"
        "  or atleast 2 Parts with [ Used never ] # last"
    )

    assert spelled.text.splitlines() == [
        "# first",
        "# second",
        "# third",
        "Thing should have not ( Size gte 1 and Size lte 3 )",
        "# fourth",
        "    or every Parts with [ not Flag or Used eq 0 ]",
        "# last",
        "    or atleast 2 Parts with [ Used eq 0 ]",
    ]
    assert spelled.kept == ("atleast 2 Parts with [ Used eq 0 ]",)


def test_a_plain_form_too_deep_for_a_rule_is_not_written() -> None:
    deep = "Thing should have " + "( not " * 15 + "every Parts where Flag or Other with [ Flag or Other ]" + " )" * 15

    assert spell_out(deep).kept == (deep,)
