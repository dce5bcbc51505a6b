"""Tests by meaning keep the laws the others keep: learning never flips, witnesses suffice, what is missing is named.

What `allows`, `denies` and `catches` mean has oracles of its own in `tests/guardrails` and `tests/detect`.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from tests.rules.changed_facts import hidden, learned
from tests.rules.grammar.second_parser import second_parse
from tests.rules.grammar.tree_of_product import tree_of
from tests.rules.meaning_rules import ENTITIES, MeaningRules
from tests.rules.test_oracle import NOW, judged

from rootwarden.rules.format import format_sentence
from rootwarden.rules.parser import parse
from rootwarden.rules.rule import MAXIMUM_WITNESSES

if TYPE_CHECKING:
    from rootwarden.rules.schema import Schema


def keeps_the_laws(seed: int, schema: Schema) -> str:
    """Check one pair of rule and facts; its verdict."""
    source = random.Random(seed)
    given = MeaningRules(schema, source.choice(sorted(ENTITIES)), source, NOW)
    rule, fixture = given.rule(), given.fixture()
    outcome = judged(rule, fixture, schema)
    assert tree_of(parse(format_sentence(rule))) == second_parse(rule)
    if outcome.verdict == "unknown":
        missing = [one.attribute for one in outcome.missing]
        other = learned(given, fixture, but=missing, chance=1, whole=True)
    else:
        other = learned(given, fixture)
    assert judged(rule, other, schema).verdict == outcome.verdict, (rule, fixture, other)
    if outcome.verdict != "unknown" and len(outcome.witness) < MAXIMUM_WITNESSES:
        bare = hidden(given, fixture, but=[one.attribute for one in outcome.witness], whole=True)
        assert judged(rule, bare, schema).verdict == outcome.verdict, (rule, fixture, bare)
    return outcome.verdict.value


@pytest.mark.parametrize("part", range(2))
def test_of_random_policies_and_patterns(part: int, schema: Schema) -> None:
    seen = {keeps_the_laws(seed, schema) for seed in range(part * 500, (part + 1) * 500)}

    assert seen == {"fail", "not_applicable", "pass", "unknown"}


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(5))
def test_of_many_random_policies_and_patterns(part: int, schema: Schema) -> None:
    for seed in range(10_000 + part * 5_000, 15_000 + part * 5_000):
        keeps_the_laws(seed, schema)
