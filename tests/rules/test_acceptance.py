"""One rule at least for every production, every operator and function on every type, and every kind of operand."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.rules.grammar.recognizer import all_parts, parts_used
from tests.rules.grammar.second_parser import second_parse
from tests.rules.grammar.specification import PAGE
from tests.rules.grammar.tree_of_product import tree_of

from rootwarden.rules.format import format_sentence
from rootwarden.rules.parser import parse
from rootwarden.rules.printer import print_rule
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.schema import AttributeType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rules.grammar.second_parser import Tree

    from rootwarden.rules.schema import Schema

DATA = tomllib.loads((Path(__file__).parent / "acceptance.toml").read_text(encoding="utf-8"))
RULES: list[str] = [rule for group in DATA["rules"].values() for rule in group]
PARAMETERS = {name: tuple(value) if isinstance(value, list) else value for name, value in DATA["parameters"].items()}
ORDERS = {"eq", "neq", "gt", "gte", "lt", "lte"}
# The shorter forms and tests by meaning, with the types the page says they are asked of.
SHORT = {
    ("date", "never"),
    ("date", "lately"),
    ("date", "longago"),
    ("number", "between"),
    ("number", "touches"),
    ("ip", "overlaps"),
    ("string", "catches"),
    ("list of records", "grants"),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_checks_prints_and_formats_to_the_same_tree(rule: str, schema: Schema) -> None:
    tree = tree_of(parse(rule))

    compile_rule(rule, schema, parameters=PARAMETERS)

    assert tree == second_parse(rule)
    assert tree_of(parse(print_rule(parse(rule)))) == tree
    assert tree_of(parse(format_sentence(rule))) == tree
    assert format_sentence(format_sentence(rule)) == format_sentence(rule)


def test_every_part_of_the_grammar_is_used() -> None:
    used = {rule: parts_used(rule) for rule in RULES}

    assert [rule for rule in RULES if not used[rule]] == []
    assert all_parts() - frozenset[tuple[str, ...]]().union(*used.values()) == frozenset()


# --- what the rules ask of what


class Questions:
    """What a rule asks: pairs of type and operator or function, and the kinds of operand beside them."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.pairs: set[tuple[str, str]] = set()
        self.operands: set[tuple[str, str, str]] = set()

    def rule(self, tree: Tree) -> None:
        _, entity, where, _, check = tree
        for condition in filter(None, (where, check)):
            self.condition(condition, entity, "")

    def condition(self, tree: Tree, entity: str, place: str) -> None:
        kind, *rest = tree
        if kind in {"and", "or", "not"}:
            for one in rest:
                self.condition(one, entity, place)
            return
        quantifier, path, call = rest[0]
        below = ".".join((place, *path)) if place else ".".join(path)
        type_ = self.type_at(entity, below)
        if quantifier:
            self.pairs.add((type_, "quantifiers"))
        for inner in filter(None, rest[1:] if kind == "within" else ()):
            self.condition(inner, entity, below)
        if call:
            self.pairs.add((type_, call[0]))
        else:
            self.asked(type_, kind, rest[1:])

    def asked(self, type_: str, kind: str, rest: list[Any]) -> None:
        self.pairs.add((type_, {"test": "alone", "within": "with"}.get(kind, rest[0] if kind in WORDED else kind)))
        operands: Iterator[Tree] = iter(())
        if kind in WORDED:
            operands = iter((rest[1],) if kind == "compare" else rest[1])
        for operand, _ in operands:
            self.operands.add((type_, rest[0], operand))

    def type_at(self, entity: str, below: str) -> str:
        attribute = self.schema.attribute(entity, below)
        assert attribute is not None, below
        if attribute.type is AttributeType.LIST:
            return "list of records" if self.schema.children(entity, below) else "list of values"
        return attribute.type.value


WORDED = ("compare", "member")


@pytest.fixture(scope="module")
def questions(schema: Schema) -> Questions:
    found = Questions(schema)
    for rule in RULES:
        found.rule(second_parse(rule))
    return found


def promised() -> set[tuple[str, str]]:
    """What the table of types on the page says can be asked of each type."""
    table = PAGE.read_text(encoding="utf-8").split("| type | asked by |", 1)[1].split("\n\n", 1)[0]
    pairs = set()
    for name, asked in re.findall(r"^\| ([a-z ]+) \| (.*) \|$", table, re.MULTILINE):
        words = {word for span in re.findall(r"`([^`]*)`", asked) for word in re.findall(r"[A-Za-z]+", span)}
        words |= {word for word in ("alone", "quantifiers") if word in asked}
        if "as a number" in asked:
            words |= {*ORDERS, "in", "notin"}
        pairs |= {(name, word) for word in words - {"n", "unit"}}
    return pairs


def test_everything_the_page_promises_of_a_type_is_asked(questions: Questions) -> None:
    assert len(promised()) > 40
    assert (promised() | SHORT) - questions.pairs == set()


def test_every_comparison_is_made_with_a_value_and_with_a_property(questions: Questions) -> None:
    literal = {"boolean": "truth", "string": "string", "number": "number", "date": "number", "ip": "address"}
    comparable = {pair for pair in promised() if pair[0] in literal and pair[1] in {*ORDERS, "in", "notin"}}
    wanted = {(*pair, literal[pair[0]]) for pair in comparable} | {(*pair, "path") for pair in comparable}
    wanted |= {("ip", operator, "string") for operator in ("eq", "neq", "in", "notin")}
    wanted |= {("string", "like", "string"), ("string", "notlike", "string"), ("list of values", "has", "string")}

    assert wanted - questions.operands == set()
