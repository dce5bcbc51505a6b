"""Every mistake in one go, and one diagnostic a mistake: rules with one word wrong, and with two."""

from __future__ import annotations

import gc
import random
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.packs import every_rule
from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.parser import parse, recovered
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.tokens import Tokenizer

if TYPE_CHECKING:
    from rootwarden.rules.diagnostic import Diagnostic
    from rootwarden.rules.schema import Schema

PARAMETERS = {one.name: one.default for rule in every_rule() for one in rule.parameters}
SENTENCES = [
    *dict.fromkeys(
        sentence for rule in every_rule() for sentence in (rule.check, *(variant.check for variant in rule.variants))
    ),
    'Thing where Flag and not Other should not have every Parts with [ Flag ] or Name in ( "a", Kind )',
    "Thing should have atleast 2 Parts where Flag and Used never with [ Inner with [ Size gt 1 ] and Name ]",
    "Thing should have atmost 5% Parts with [ Flag ] and exactly one Parts with [ Name ] and atleast one Labels",
    "Thing should have Used within last 3 days and Made older than 2 weeks and Size between 1 and Limit",
    'Thing should have ( Size to Limit overlaps ( 1, 2 ) and Range overlaps ( 10.0.0.0/8 ) ) or Name notlike "x"',
    'Thing should have Used isLaterThan ( -1, "days" ) eq true and Range isPrivate ( ) and Size divisibleby ( 2 )',
    'IAMPolicy should not have Permissions . Statements denies ( "*" ) for root',
]
OTHERS = [
    *("", "and", "or", "not", "should", "have", "where", "with", "every", "atleast", "one", "(", ")", "[", "]", ","),
    *(".", "eq", "in", "like", "true", '"x"', "5", "10.0.0.0/8", "Xyzzy", "-", "len", "isLaterThan", "never", "within"),
    *("between", "to", "overlaps", "has", "%", "é", "'x'", "==", '"', "1x"),
]
SEED = 20_260_302
# Of so many sentences with one word wrong at most one may give more than two diagnostics: where the wrong word makes
# other sense of what follows, such as `have` in the middle of a scope.
ONE_IN = 1_000
GOOD = ["Flag", "Size gt 1", 'Name in ( "a" )', "Parts with [ Flag ]", "( Flag or Other )", "Used never"]
# A test with one mistake, and the codes that say so.
BAD = [
    ("Size eq", ["R0102"]),
    ("Flog", ["R0203"]),
    ('Size eq "x"', ["R0205"]),
    ("Flag Other", ["R0102"]),
    ('Name in ( "a" "b" )', ["R0102"]),
    ("Parts with [ Flog ]", ["R0203"]),
    ("Parts with [ Size eq ]", ["R0102"]),
    ("Used within 3 days", ["R0102"]),
    ("Name is not 'x'", ["R0102", "R0106"]),
    ("Parts with ( Flag )", ["R0105"]),
    ('Used isLaterThan ( "days", -1 )', ["R0209"]),
    ("Size eq 5x", ["R0107"]),
    ("Range eq 10.0.0.1/8", ["R0302"]),
]


def diagnostics(text: str, schema: Schema) -> tuple[Diagnostic, ...]:
    try:
        compile_rule(text, schema, parameters=PARAMETERS)
    except RuleSyntaxError as error:
        return error.diagnostics
    return ()


def corrupted(sentence: str, at: int, other: str, *, insert: bool) -> str:
    token = Tokenizer(sentence).tokens[at]
    end = token.span.start if insert else token.span.end
    return sentence[: token.span.start] + other + (" " if insert else "") + sentence[end:]


def one_word_wrong(count: int, schema: Schema) -> Counter[int]:
    """How many sentences, of so many with one word wrong, give how many diagnostics."""
    choice = random.Random(SEED)
    seen: Counter[int] = Counter()
    for _ in range(count):
        sentence = choice.choice(SENTENCES)
        at = choice.randrange(len(Tokenizer(sentence).tokens) - 1)
        text = corrupted(sentence, at, choice.choice(OTHERS), insert=choice.random() < 0.5)
        gc.disable()  # a search for garbage goes through what other tests left
        started = time.process_time()
        found = diagnostics(text, schema)
        took = time.process_time() - started
        gc.enable()
        assert took < 1
        assert all(0 <= one.span.start <= one.span.end <= len(text) for one in found), text
        assert len(found) <= 4, text
        seen[len(found)] += 1
    return seen


def test_one_word_wrong_gives_one_or_two_diagnostics(schema: Schema) -> None:
    seen = one_word_wrong(1_000, schema)

    assert sum(count for number, count in seen.items() if number > 2) <= 1_000 / ONE_IN
    assert seen[1] > 0.85 * seen.total()


@pytest.mark.soak
def test_one_word_wrong_gives_one_or_two_diagnostics_in_full(schema: Schema) -> None:
    seen = one_word_wrong(100_000, schema)

    assert sum(count for number, count in seen.items() if number > 2) <= 100_000 / ONE_IN


@pytest.mark.parametrize("first", BAD, ids=[text for text, _ in BAD])
@pytest.mark.parametrize("second", BAD, ids=[text for text, _ in BAD])
@pytest.mark.parametrize("frame", ["Thing where {} and {} should have Flag", "Thing where {} should have {} or Flag"])
def test_two_mistakes_in_different_tests_are_both_found(
    frame: str,
    first: tuple[str, list[str]],
    second: tuple[str, list[str]],
    schema: Schema,
) -> None:
    found = [one.code.value for one in diagnostics(frame.format(first[0], second[0]), schema)]

    assert sorted(found) == sorted([*first[1], *second[1]])


@given(
    st.lists(st.sampled_from(GOOD), min_size=1, max_size=4),
    st.lists(st.sampled_from(BAD), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
@settings(max_examples=300, deadline=None)
def test_as_many_mistakes_as_were_made(
    schema: Schema,
    good: list[str],
    bad: list[tuple[str, list[str]]],
    mix: random.Random,
) -> None:
    tests = [*good, *(text for text, _ in bad)]
    mix.shuffle(tests)
    tests.append("Flag")
    words = [mix.choice([" and ", " or ", "\nand\n"]) for _ in tests]
    text = "Thing should have " + "".join(word + test for word, test in zip(["", *words], tests, strict=False))
    found = [one.code.value for one in diagnostics(text, schema)]

    assert sorted(found) == sorted(code for _, codes in bad for code in codes)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_is_right_is_recovered_whole(sentence: str) -> None:
    made = recovered(sentence)

    assert made.mistakes == ()
    assert made.rule == parse(sentence)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Thing shold have Flag", ["R0102"]),
        ("Thing should hav Flag", ["R0102"]),
        ("Thing should Flag and Flog", ["R0102", "R0203"]),
        ("Thing where Flog should not Flag", ["R0203", "R0102"]),
        ("where Flag should have Size eq", ["R0102", "R0101"]),
        ("5 should have Size eq and Flog", ["R0102", "R0102"]),
        ("Thing where Flog", ["R0203", "R0101"]),
        ("Thing where Flag should", ["R0101"]),
        ("Thing where ( Flag should have Other", ["R0102"]),
        ("Thing should have Parts with [ Flag and ( Name", ["R0101"]),
        ('Thing should have Name eq "a and Flag or Flog eq "b"', ["R0104"]),
        ("Thing should have eq 5 and Flog", ["R0102", "R0203"]),
        ("Thing should have " + "Size eq and " * 100 + "Flag", ["R0102"] * 20),
    ],
)
def test_around_the_conditions(text: str, codes: list[str], schema: Schema) -> None:
    assert [one.code.value for one in diagnostics(text, schema)] == codes
