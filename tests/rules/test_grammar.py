"""Two parsers, one language: the product's and a Lark grammar made from the page admit the same texts as one tree."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.grammar.second_parser import NotARuleError, second_parse
from tests.rules.grammar.sentences import near_miss, nested, sentence
from tests.rules.grammar.tree_of_product import tree_of

from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.parser import parse

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


@pytest.mark.parametrize(("levels", "admitted"), [(31, True), (32, True), (33, False), (40, False)])
@pytest.mark.parametrize("seed", range(20))
def test_nesting_ends_at_the_same_level(levels: int, admitted: bool, seed: int) -> None:
    assert (agree(nested(random.Random(seed), levels)) is not None) is admitted
