"""Sentences about the shipped schema: every attribute can be asked, and rules as people write them are checked."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rootwarden import packs
from rootwarden.facts.fact import Absent
from rootwarden.rules.printer import print_rule
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.schema import ACCOUNT, FLEET, AttributeType, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.schema import Attribute

SHIPPED = packs.schema()
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ASKED = {
    AttributeType.BOOLEAN: ("{0}", "{0} eq true", "{0} in ( true, false )"),
    AttributeType.STRING: ("{0}", '{0} neq "a"', '{0} like "(?i)^a"', "{0} len ( ) gt 0"),
    AttributeType.NUMBER: ("{0} gte 1.5", "{0} notin ( 1, 2 )", "{0} divisibleby ( 2 )"),
    AttributeType.DATE: ('{0} isLaterThan ( -1, "days" )', "{0} gt 0", "{0} lte 1700000000", "{0} neq 0"),
    AttributeType.IP: ("{0} eq 10.0.0.0/8", "{0} isPublic ( )", "{0} numhosts ( ) gt 1"),
    AttributeType.LIST: ("{0}", "{0} len ( ) eq 0", "no {0}"),
    AttributeType.RECORD: ("{0}", "{0} len ( ) eq 1"),
}


def questions(entity: str, attribute: Attribute) -> Iterator[str]:
    """Everything that can be asked of an attribute, each as a condition about the entity."""
    asked = ASKED[attribute.type]
    if attribute.is_list and not SHIPPED.children(entity, attribute.path):
        asked = (*asked, '{0} has ( "a", "b" )')
    if attribute.values:
        asked = (f'{{0}} eq "{attribute.values[0]}"',)
    for question in asked:
        yield within(entity, attribute.path, question)


def within(entity: str, path: str, question: str) -> str:
    """A question about what stands at a path, asked inside the lists on the way there."""
    parts = path.split(".")
    opened, here = "", []
    for count, part in enumerate(parts, 1):
        here.append(part)
        holder = SHIPPED.attribute(entity, ".".join(parts[:count]))
        if holder is not None and holder.is_list and count < len(parts):
            opened += f"atleast one {' . '.join(here)} with [ "
            here = []
    return opened + question.format(" . ".join(here)) + " ]" * opened.count("[")


@pytest.mark.parametrize("name", SHIPPED.names[:-2])
def test_every_attribute_of_an_entity_can_be_asked(name: str) -> None:
    for attribute in SHIPPED.entity(name).attribute:
        for question in questions(name, attribute):
            rule = compile_rule(f"{name} should have {question}", SHIPPED)

            assert attribute.path in rule.reads
            assert compile_rule(print_rule(rule.tree), SHIPPED).tree.entity == name
            outcome = rule.evaluate({}, as_of=NOW)
            assert (outcome.verdict, bool(outcome.missing)) == ("unknown", True)


@pytest.mark.parametrize("name", SHIPPED.names[:-2])
def test_the_account_and_the_fleet_lead_to_every_attribute(name: str) -> None:
    listed = plural(name)
    for whole in (ACCOUNT, FLEET):
        attribute = SHIPPED.attribute(whole, listed)
        assert attribute is not None
        for below in SHIPPED.children(whole, listed).values():
            question = within(whole, below.path, ASKED[below.type][-1])
            rule = compile_rule(f"{whole} should not have {question}", SHIPPED)

            assert {listed, below.path} <= rule.reads
            assert rule.evaluate({}, as_of=NOW).verdict == "unknown"
            assert rule.evaluate({listed: Absent()}, as_of=NOW).verdict == "pass"


WRITTEN = tomllib.loads((Path(__file__).parent / "written.toml").read_text(encoding="utf-8"))["sentences"]


@pytest.mark.parametrize("sentence", WRITTEN)
def test_rules_as_people_write_them_are_checked_and_undecided_without_facts(sentence: str) -> None:
    rule = compile_rule(sentence, SHIPPED)

    assert compile_rule(print_rule(rule.tree), SHIPPED).reads == rule.reads
    assert rule.evaluate({}, as_of=NOW).verdict == "unknown"
