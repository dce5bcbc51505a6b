"""Two parsers, one language: the product's and a Lark grammar made from the page admit the same texts as one tree."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.grammar.second_parser import NotARuleError, second_parse
from tests.rules.grammar.sentences import near_miss, nested, sentence
from tests.rules.grammar.tree_of_product import tree_of

from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.format import format_sentence
from rootwarden.rules.parser import parse
from rootwarden.rules.printer import print_rule

if TYPE_CHECKING:
    from random import Random

    from tests.rules.grammar.second_parser import Tree

RANDOMS = st.randoms(use_true_random=False)
SIZES = (10, 40, 200)


def first(text: str) -> Tree | None:
    """What the product's parser makes of it; None when it refuses."""
    try:
        return tree_of(parse(text))
    except RuleSyntaxError:
        return None


def second(text: str) -> Tree | None:
    """What the other parser makes of it."""
    try:
        return second_parse(text)
    except NotARuleError:
        return None


def agree(text: str) -> Tree | None:
    one, other = first(text), second(text)
    assert one == other, text
    return one


@given(source=RANDOMS, fuel=st.sampled_from(SIZES))
@settings(max_examples=300, deadline=None)
def test_every_sentence_of_the_page_is_a_rule_to_both(source: Random, fuel: int) -> None:
    assert agree(sentence(source, fuel=fuel)) is not None


@given(source=RANDOMS)
@settings(max_examples=300, deadline=None)
def test_what_is_nearly_a_sentence_is_taken_or_refused_by_both(source: Random) -> None:
    agree(near_miss(source))


@pytest.mark.parametrize("seed", range(4))
def test_many_sentences(seed: int) -> None:
    source = random.Random(seed)
    for number in range(500):
        assert agree(sentence(source, fuel=SIZES[number % 3])) is not None
        agree(near_miss(source))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_very_many_sentences(seed: int) -> None:
    source = random.Random(seed)
    for number in range(10_000):
        assert agree(sentence(source, fuel=SIZES[number % 3])) is not None
        agree(near_miss(source))


def comments(text: str) -> list[str]:
    """Every comment, none of what only looks like one inside a string."""
    pieces = re.findall(r'"(?:[^"\\]|\\.)*"|“[^”]*”|#[^\n]*', text, re.DOTALL)
    return sorted(one.strip() for one in pieces if one.startswith("#"))


def is_kept_by_printing_and_form(text: str) -> None:
    tree, formed, printed = second_parse(text), format_sentence(text), print_rule(parse(text))
    assert second_parse(formed) == tree, text
    assert second_parse(printed) == tree, text
    assert format_sentence(formed) == formed, text
    assert comments(formed) == comments(text)


@pytest.mark.parametrize("seed", range(4))
def test_printing_and_form_keep_any_sentence(seed: int) -> None:
    source = random.Random(seed)
    for number in range(150):
        is_kept_by_printing_and_form(sentence(source, fuel=SIZES[number % 3]))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_printing_and_form_keep_very_many_sentences(seed: int) -> None:
    source = random.Random(seed)
    for number in range(3_000):
        is_kept_by_printing_and_form(sentence(source, fuel=SIZES[number % 3]))


@pytest.mark.parametrize(("levels", "admitted"), [(31, True), (32, True), (33, False), (40, False)])
@pytest.mark.parametrize("seed", range(20))
def test_nesting_ends_at_the_same_level(levels: int, admitted: bool, seed: int) -> None:
    assert (agree(nested(random.Random(seed), levels)) is not None) is admitted


# What the page leaves to a reading of its own, settled here: text, and whether it is a rule.
LEXICAL = [
    ("A # to the end\n should have B", True),
    ("A # a return does not end a line\r should have B", False),
    ("A\u00a0should\u2028have\u3000B", True),
    ("A\ufeffshould have B", False),
    ("A should have\u200bB", False),
    ("A should ha\u017fe B", False),
    ('A should have B li\u212ae "x"', False),
    ("A should have B eq \u0661", False),
    ("Ä should have B", False),
    ("A should have B eq - x", True),
    ("A should have B eq -\n# and\nx", True),
    ("A should have B eq - 5", False),
    ("A should have B eq --5", False),
    ("A should have B eq -x . y", False),
    ("A should have B eq 5and C", False),
    ('A should have B eq "x"and C', True),
    ("A should have(B)and(C)", True),
    ("A should nothave B", False),
    ("A should have true", False),
    ("A should have B . true", True),
    ("A should have B eq x . true", True),
    ("A should have B eq true . x", False),
    ("A should have len len ( )", True),
    ("A should have len ( )", False),
    ("A should have atleast one one", True),
    ("A should have atmost", True),
    ("A should have atmost one", False),
    ("A should have exactly eq 1 and exactly . exactly", True),
    ("A should have to to to overlaps ( 1, 2 )", True),
    ("A should have overlaps overlaps ( 1 )", True),
    ("A should have B len ( ) to C overlaps ( 1, 2 )", False),
    ("A should have B len ( ) with [ C ]", False),
    ("A should have B len ( ) where C with [ D ]", False),
    ("A should have B where C", False),
    ("A should have B where C with [ D ] with [ E ]", False),
    ("A should have B where ( C with [ D ] ) with [ E ]", True),
    ("A should have B where C where D with [ E ]", False),
    ("A where B where C with [ D ] should have E", True),
    ("A should have B within last last days", True),
    ("A should have B within last 5", False),
    ("A should have B older than 5 months", False),
    ("A should have B never never", False),
    ("A should have never never", True),
    ("A should have B between 1 and 2 and C", True),
    ("A should have exactly 5 % B", False),
    ("A should have atleast 5% B", True),
    ("A should have atleast five B", False),
    ('A should have B allows ( "a", "b", "c" )', False),
    ("A should have B allows ( ) for root", False),
    ("A should have B catches ( )", False),
    ("A should have B overlaps ( )", False),
    ("A should have B in ( )", True),
    ("A should have B in ( 1, )", False),
    ("A should have B with ( C )", False),
    ("A should have B eq 1.2.3.4 / 8", False),
    ("A should have B eq 1.2.3", False),
    ("A should have B eq 1.2.3.4/9999", False),
    ("A should have B eq 1111.2.3.4", False),
    ("A should have B eq 1.2.3.4.5", False),
    ("A should have B eq 1.2.3.4x", False),
    ("A should have B eq 1.", False),
    ("A should have B eq .5", False),
    ('A should have B in ( "a”, “b" )', True),
    ('A should have B eq “a"', False),
    ("A should have B eq 'a'", False),
    ("A should have B == 1", False),
    ("A should have B > = 1", False),
    ("A.B should have C", False),
    ("", False),
]


@pytest.mark.parametrize(("text", "admitted"), LEXICAL)
def test_what_is_a_word_is_one_to_both(text: str, admitted: bool) -> None:
    assert (agree(text) is not None) is admitted


LIMITS = [
    ("A should have B in ( " + ", ".join("1" * 1000) + " )", True),
    ("A should have B in ( " + ", ".join("1" * 1001) + " )", False),
    ("A should have B eq -" + "9" * 18, True),
    ("A should have B eq " + "9" * 19, False),
    ("A should have B eq 0." + "1" * 17, True),
    ("A should have B eq -0." + "1" * 18, False),
    ("A should have " + "( " * 32 + "B in ( 1 )" + " )" * 32, True),
    ("A should have " + "not " * 33 + "B", False),
    ("A should have B" + " " * (16_384 - 15), True),
    ("A should have B" + " " * (16_384 - 14), False),
    ("A should have B eq “" + "é" * 8_181 + "”", False),
    ("A where " + "( " * 20 + "B" + " )" * 20 + " should have " + "( " * 20 + "B" + " )" * 20, True),
]


@pytest.mark.parametrize(("text", "admitted"), LIMITS, ids=range(len(LIMITS)))
def test_both_have_the_same_limits(text: str, admitted: bool) -> None:
    assert (agree(text) is not None) is admitted
