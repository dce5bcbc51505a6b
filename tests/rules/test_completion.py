"""Completion and hover: what is offered at a place is what the grammar and the schema allow there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.packs import every_rule, vocabulary
from rootwarden.packs import schema as shipped
from rootwarden.rules.completion import MAXIMUM_ITEMS, completion
from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.expectation import Expected, expectation
from rootwarden.rules.hover import hover
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.tokens import Kind, Tokenizer
from rootwarden.rules.words import COMPARISONS, FUNCTIONS, RESERVED, TAILS

if TYPE_CHECKING:
    from rootwarden.rules.schema import Schema

SENTENCES = [
    *dict.fromkeys(
        sentence for rule in every_rule() for sentence in (rule.check, *(variant.check for variant in rule.variants))
    ),
    'Thing where Flag and not Other should not have every Parts with [ Flag ] or Name in ( "a", Kind )',
    "Thing should have atleast 2 Parts where Flag and Used never with [ Inner with [ Size gt 1 ] and Name ]",
    "Thing should have atmost 5% Parts with [ Flag ] and exactly one Parts with [ Name ] and atleast one Labels",
    "Thing should have Used within last 3 days and Made older than 2 weeks and Size between 1 and Limit",
    'Thing should have ( Size to Limit overlaps ( 1, 2 ) and Range overlaps ( 10.0.0.0/8 ) ) or Name notlike "x"',
    'Thing should have Name notin ( "a" ) and Box . Size eq Limit and Box . And eq "x" and Used gt Made',
    "Thing should have Box with [ Size eq 1 ]",
    'Thing should have Used isLaterThan ( -1, "days" ) eq true and Range isPrivate ( ) and Size divisibleby ( 2 )',
    'CloudTrail should have LogGroup . MetricFilters with [ FilterPattern catches ( "root-usage" ) ]',
    'IAMPolicy should not have Permissions . Statements denies ( "*" ) for root',
    "Fleet should have every Accounts where Name with [ Name ]",
]
TEXTS = st.lists(
    st.sampled_from(
        [
            *(
                "Thing",
                "IAMUser",
                "AWS",
                "where",
                "should",
                "not",
                "have",
                "and",
                "or",
                "with",
                "[",
                "]",
                "(",
                ")",
                ",",
            ),
            *("every", "atleast", "one", "2", "%", "Parts", "Flag", "Name", "Box", ".", "Size", "eq", "in", "between"),
            *("within", "last", "days", "len", "isLaterThan", '"days"', '"', "“", "#", "\n", "never", "to", "overlaps"),
            *("denies", "for", "root", "-", "true", "é", "contain", "Used", "Labels", "has", "like", "\x00", "1x"),
        ]
    ),
    max_size=30,
)


def labels(text: str, schema: Schema) -> list[str]:
    made = completion(text, len(text), schema, vocabulary(), parameters=PARAMETERS)
    return [one.label for one in made.items]


PARAMETERS = tuple(dict.fromkeys(one.name for rule in every_rule() for one in rule.parameters))


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (
            "CloudWatchLogGroup should have MetricFilters with [ FilterPattern catches ( ",
            '"kms-key-disabled-or-deleted"',
        ),
        ('CloudWatchLogGroup should have MetricFilters with [ FilterPattern catches ( "root', '"root-usage"'),
        ("ServiceControlPolicy should have Statements denies ( ", '"iam:CreateAccessKey"'),
        ('ServiceControlPolicy should have Statements denies ( "iam:*", ', '"*"'),
    ],
)
def test_tests_by_meaning_offer_their_own_values_and_no_attributes(text: str, offered: str) -> None:
    found = labels(text, shipped())

    assert offered in found
    assert all(one.startswith('"') for one in found)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_word_of_a_rule_is_offered_where_it_stands(sentence: str, schema: Schema) -> None:
    for token in Tokenizer(sentence).tokens:
        if token.kind is not Kind.NAME:
            continue
        for known in (0, 1):
            offered = labels(sentence[: token.span.start + known], schema)
            found = {one.lower() for one in offered} | {
                word for one in offered for word in one.lower().lstrip("-").split()
            }
            assert token.text.lower() in found, (sentence[: token.span.start + known], offered[:20])


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_word_of_a_rule_has_a_hover(sentence: str, schema: Schema) -> None:
    for token in Tokenizer(sentence).tokens:
        if token.kind is Kind.NAME and token.text not in PARAMETERS:
            for offset in (token.span.start, token.span.end):
                found = hover(sentence, offset, schema, vocabulary())
                assert found is not None, (sentence, token.text)
                assert found.span == token.span


@pytest.mark.parametrize(
    "start",
    [
        "Thing should have ",
        "Thing should have Flag ",
        "Thing should have Name ",
        "Thing should have Size ",
        "Thing should have Used ",
        "Thing should have Range ",
        "Thing should have Labels ",
        "Thing should have Parts ",
        "Thing should have Box ",
        "Thing should have Box . ",
        "Thing should have every ",
        "Thing should have Name len ( ) ",
        "Thing should have Kind eq ",
        "Thing should have Flag eq ",
        "Thing should have Parts with [ ",
        "Thing should have Parts with [ Name ",
        "Thing should have Used within last 2 ",
        "Thing should have Used isLaterThan ( -1, ",
        "Thing should have Size to ",
    ],
)
def test_what_is_offered_leads_to_a_rule(start: str, schema: Schema) -> None:
    """Each item can be gone on with: one of a few usual endings makes a rule of it."""
    endings = [
        "",
        '"x"',
        "1",
        "true",
        " eq true",
        " eq 1",
        ' eq "x"',
        " gt 0",
        ' has ( "x" )',
        "2 Parts",
        "50% Parts with [ Flag ]",
    ]
    endings += [
        " with [ Flag ]",
        ' "x" )',
        ' "x", "y" )',
        "Flag",
        "Flag )",
        "Flag ]",
        ' eq "x" ]',
        " ]",
        ") ]",
        "1 days",
        "1 and 2",
    ]
    endings += [
        "Limit overlaps ( 1, 2 )",
        " overlaps ( 1, 2 )",
        "10.0.0.0/8",
        "10.0.0.0/8 )",
        "1 )",
        "true )",
        " )",
        " ) eq 1",
    ]
    endings += [
        " neq 0",
        "Size gt 1",
        "Inner with [ Size ] ]",
        "Flag with [ Flag ]",
        " eq 10.0.0.0/8",
        "Parts with [ Flag ]",
        '"x" ]',
    ]
    endings += [
        '"x" ) ]',
        " never",
        " and Flag",
        "Name )",
        "( Flag )",
        "Inner with [ Size gt 1 ] ]",
        "Flag ) ]",
        " . Size overlaps ( 1, 2 )",
        "1 Inner with [ Size gt 1 ] ]",
        " len ( ) gt 1",
        " ] ",
        "1 days",
        " neq 0 ]",
        " gt 1 ]",
    ]
    made = completion(start, len(start), schema, vocabulary())

    assert made.items
    for item in made.items:
        begun = start[: made.span.start] + item.insert
        assert any(is_rule(begun + ending, schema) for ending in endings), begun


def is_rule(text: str, schema: Schema) -> bool:
    try:
        compile_rule(text, schema)
    except RuleSyntaxError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "expected", "scope", "path", "word"),
    [
        ("", Expected.ENTITY, "", "", ""),
        ("Thing where Parts with [ Inner with [ Size ] and Us", Expected.CONDITION, "Parts", "Parts.Inner", "Us"),
        ("Thing where Parts with [ Flag ] ", Expected.DONE, "", "Parts", ""),
        ("Thing should have Parts where Flag w", Expected.TAIL, "Parts", "Parts.Flag", "w"),
        ("Thing should have Parts where Flag with [ Na", Expected.CONDITION, "Parts", "Parts", "Na"),
        ('Thing should have Name eq "ab', Expected.VALUE, "", "Name", '"ab'),
        ("Thing should have Name eq “ab", Expected.VALUE, "", "Name", "“ab"),
        ('Thing should have Name eq "a\\"', Expected.VALUE, "", "Name", '"a\\"'),
        ("Thing should have Flag # wha", Expected.NOTHING, "", "", ""),
        ("Thing should have Flag # what\nand ", Expected.CONDITION, "", "Flag", ""),
        ("Thing should have Name in ( ", Expected.VALUES, "", "Name", ""),
        ("Thing should have Name in ( should have ", Expected.CONDITION, "", "Name", ""),
    ],
)
def test_what_is_expected(text: str, expected: Expected, scope: str, path: str, word: str) -> None:
    there = expectation(text, len(text))

    assert (there.expected, there.scope, there.path, there.word) == (expected, scope, path, word)


def test_the_rest_of_the_word_is_replaced_too() -> None:
    text = 'Thing should have Kind eq "smxx" and Flag'
    there = expectation(text, text.index("xx"))

    assert text[there.span.start : there.span.end] == '"smxx"'
    assert text[slice(*_span(expectation(text, text.index("lag") + 1)))] == "Flag"


def _span(there: object) -> tuple[int, int]:
    span = getattr(there, "span")  # noqa: B009 - the type is private to the test
    return span.start, span.end


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_any_words_are_survived(schema: Schema, words: list[str]) -> None:
    for text in (" ".join(words), "Thing should have " + "".join(words)):
        for offset in {0, len(text) // 2, len(text)}:
            made = completion(text, offset, schema, vocabulary())
            assert 0 <= made.span.start <= offset <= made.span.end <= len(text)
            assert len(made.items) <= MAXIMUM_ITEMS
            hover(text, offset, schema, vocabulary())


def test_every_word_of_the_language_is_explained() -> None:
    words = {*RESERVED, *FUNCTIONS, *TAILS, *(word for word in COMPARISONS if word.isalpha())}

    assert words - set(vocabulary()) == set()
