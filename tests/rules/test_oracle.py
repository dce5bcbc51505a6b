"""Random rules asked of random facts: the product answers as the oracle does, and the laws of the language hold."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from tests.rules.changed_facts import hidden, learned
from tests.rules.grammar.second_parser import second_parse
from tests.rules.grammar.tree_of_product import tree_of
from tests.rules.oracle import Oracle
from tests.rules.typed_rules import TypedRules

from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.format import format_sentence
from rootwarden.rules.parser import parse
from rootwarden.rules.plain import plain_rule
from rootwarden.rules.printer import print_rule
from rootwarden.rules.rule import MAXIMUM_WITNESSES, compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.rules.outcome import Outcome
    from rootwarden.rules.schema import Schema

NOW = int(DEFAULT_AS_OF.timestamp())


def drawn(schema: Schema, seed: int) -> TypedRules:
    """Half of the rules are about `Thing`, which has every type; the others about any entity, often about ports."""
    source = random.Random(seed)
    entity = "Thing" if seed % 2 else source.choice((*schema.names, *["SecurityGroup", "NetworkACL"] * 5))
    return TypedRules(schema, entity, source, NOW)


def suited(schema: Schema, seed: int) -> TypedRules:
    """As `drawn`, of an entity that has strings and something to put `with [ … ]` after."""
    given = drawn(schema, seed)
    return given if given.has_strings_and_records() else TypedRules(schema, "Thing", given.random, NOW)


def judged(rule: str, fixture: str, schema: Schema) -> Outcome:
    (resource,) = load_fixture(fixture, schema)
    return compile_rule(rule, schema).evaluate(resource.record, as_of=DEFAULT_AS_OF)


def answer(rule: str, fixture: str, schema: Schema) -> str:
    return judged(rule, fixture, schema).verdict.value


def says_what_the_oracle_says(schema: Schema, seed: int) -> None:
    given = drawn(schema, seed)
    rule, fixture = given.rule(), given.fixture()
    (resource,) = json.loads(fixture)[given.entity]

    expected = Oracle(schema, given.entity, NOW).verdict(second_parse(rule), resource)

    assert answer(rule, fixture, schema) == expected, (rule, fixture)


def two_valued_it_says_what_the_oracle_says(schema: Schema, seed: int) -> None:
    given = drawn(schema, seed)
    rule, fixture = given.rule(), given.fixture()
    (resource,) = json.loads(fixture)[given.entity]
    (read,) = load_fixture(fixture, schema)

    verdict = compile_rule(rule, schema, two_valued=True).evaluate(read.record, as_of=DEFAULT_AS_OF).verdict

    assert verdict != "unknown"
    assert verdict == Oracle(schema, given.entity, NOW, two_valued=True).verdict(second_parse(rule), resource), (
        rule,
        fixture,
    )


def negation_is_the_opposite(schema: Schema, seed: int) -> None:
    """Laws 1, 3 and 4, one of them a draw."""
    given = suited(schema, seed)
    one, other = given.condition("", 1), given.condition("", 1)
    name, operator, opposite, operand = given.opposites()
    left, right = given.random.choice(
        (
            (f"should have {name} {opposite} {operand}", f"should have not {name} {operator} {operand}"),
            (f"should not have {one}", f"should have not ( {one} )"),
            (f"should have not ( {one} and {other} )", f"should have not ( {one} ) or not ( {other} )"),
            (f"should have not ( {one} or {other} )", f"should have not ( {one} ) and not ( {other} )"),
        )
    )
    mean_the_same(left, right, given, schema)


def mean_the_same(left: str, right: str, given: TypedRules, schema: Schema) -> None:
    fixture = given.fixture()
    first, second = (answer(f"{given.entity} {side}", fixture, schema) for side in (left, right))
    assert first == second, (left, right, fixture)


def none_is_every_not(schema: Schema, seed: int) -> None:
    """Law 2, and what the other quantifiers, counts and shares have to do with each other; one of them a draw."""
    given = suited(schema, seed)
    name, attribute = given.holder()
    inner, scope = given.condition(attribute.path, 1), given.condition(attribute.path, 0)
    number = given.random.choice((0, 1, 2))
    left, right = given.random.choice(
        (
            ("no {list} with [ {inner} ]", "every {list} with [ not ( {inner} ) ]"),
            ("atleast one {list} with [ {inner} ]", "not no {list} with [ {inner} ]"),
            ("atleast {more} {list} with [ {inner} ]", "not atmost {number} {list} with [ {inner} ]"),
            ("atleast 100% {list} with [ {inner} ]", "every {list} with [ {inner} ]"),
            ("atmost 0% {list} with [ {inner} ]", "no {list} with [ {inner} ]"),
            ("every {list} where {scope} with [ {inner} ]", "every {list} with [ not {scope} or {inner} ]"),
            ("atleast 100% {list} where {scope} with [ {inner} ]", "every {list} where {scope} with [ {inner} ]"),
            ("exactly {number} {list} where {scope} with [ {inner} ]", "exactly {number} {list} with [ {both} ]"),
        )
    )
    named = {
        "list": name,
        "inner": inner,
        "scope": f"( {scope} )",
        "both": f"( {scope} ) and {inner}",
        "number": number,
        "more": number + 1,
    }
    mean_the_same(f"should have {left.format(**named)}", f"should have {right.format(**named)}", given, schema)


def learning_never_flips(schema: Schema, seed: int) -> None:
    given = drawn(schema, seed)
    rule, before = given.rule(), given.fixture()
    decided = answer(rule, before, schema)
    if decided != "unknown":
        after = learned(given, before)
        assert answer(rule, after, schema) == decided, (rule, before, after)


def a_decided_verdict_rests_on_its_witness(schema: Schema, seed: int) -> None:
    """All other facts may be unknown: how many elements a list has stays, what is in them does not."""
    given = drawn(schema, seed)
    rule, fixture = given.rule(), given.fixture()
    outcome = judged(rule, fixture, schema)
    if outcome.verdict != "unknown" and len(outcome.witness) < MAXIMUM_WITNESSES:
        bare = hidden(given, fixture, but=[one.attribute for one in outcome.witness])
        assert judged(rule, bare, schema).verdict == outcome.verdict, (rule, fixture, bare)


def an_open_verdict_waits_for_what_is_missing(schema: Schema, seed: int) -> None:
    """Whatever else is found out, it stays open."""
    given = drawn(schema, seed)
    rule, fixture = given.rule(), given.fixture()
    outcome = judged(rule, fixture, schema)
    if outcome.verdict == "unknown":
        known = learned(given, fixture, but=[one.attribute for one in outcome.missing], chance=1)
        assert judged(rule, known, schema).verdict == "unknown", (rule, fixture, known)


def printing_and_form_keep_the_tree(schema: Schema, seed: int) -> None:
    rule = drawn(schema, seed).rule()
    tree = parse(rule)
    formed = format_sentence(rule)

    assert tree_of(parse(print_rule(tree))) == tree_of(tree) == tree_of(parse(formed)), rule
    assert print_rule(parse(print_rule(tree))) == print_rule(tree)
    assert format_sentence(formed) == formed


def spelled_out_it_means_the_same(schema: Schema, seed: int) -> None:
    """The plain form, by the oracle, which has its own reading of the shorter forms."""
    given = drawn(schema, seed)
    rule, fixture = given.rule(), given.fixture()
    (resource,) = json.loads(fixture)[given.entity]
    plain = print_rule(plain_rule(parse(rule)))
    oracle = Oracle(schema, given.entity, NOW)

    compile_rule(plain, schema)
    assert oracle.verdict(second_parse(plain), resource) == oracle.verdict(second_parse(rule), resource), rule
    assert print_rule(plain_rule(parse(plain))) == plain


CHECKS = (
    says_what_the_oracle_says,
    two_valued_it_says_what_the_oracle_says,
    negation_is_the_opposite,
    none_is_every_not,
    learning_never_flips,
    a_decided_verdict_rests_on_its_witness,
    an_open_verdict_waits_for_what_is_missing,
    printing_and_form_keep_the_tree,
    spelled_out_it_means_the_same,
)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("part", range(4))
def test_of_random_rules_and_facts(check: Callable[[Schema, int], None], part: int, schema: Schema) -> None:
    for seed in range(part * 500, (part + 1) * 500):
        check(schema, seed)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("part", range(10))
def test_of_many_random_rules_and_facts(check: Callable[[Schema, int], None], part: int, schema: Schema) -> None:
    for seed in range(10_000 + part * 10_000, 20_000 + part * 10_000):
        check(schema, seed)


def test_every_verdict_is_drawn_often(schema: Schema) -> None:
    """The draw is no use if nearly all of it is undecided."""
    seen = [answer(given.rule(), given.fixture(), schema) for given in (drawn(schema, seed) for seed in range(400))]

    assert {one: seen.count(one) > 20 for one in sorted(set(seen))} == dict.fromkeys(
        ("fail", "not_applicable", "pass", "unknown"), True
    )
