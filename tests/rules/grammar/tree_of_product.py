"""The product's tree in the shape `second_parser.py` builds, so that the two can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.rules import syntax

if TYPE_CHECKING:
    from tests.rules.grammar.second_parser import Tree

QUANTIFIERS = {
    syntax.Quantifier.SOME: ("atleast", 1),
    syntax.Quantifier.EVERY: ("every",),
    syntax.Quantifier.NO: ("atmost", 0),
}


def tree_of(rule: syntax.Rule) -> Tree:
    """The neutral tree of a parsed rule."""
    where = None if rule.where is None else condition(rule.where)
    return ("rule", rule.entity, where, rule.negated, condition(rule.check))


def condition(node: syntax.Condition) -> Tree:
    match node:
        case syntax.Or(conditions):
            return ("or", *map(condition, conditions))
        case syntax.And(conditions):
            return ("and", *map(condition, conditions))
        case syntax.Not(inner):
            return ("not", condition(inner))
        case _:
            return _about(node)


def _about(node: syntax.Test | syntax.Within | syntax.Comparison | syntax.Membership) -> Tree:
    match node:
        case syntax.Test(subject):
            return ("test", _subject(subject))
        case syntax.Within(subject, inner):
            return ("within", _subject(subject), None, condition(inner))
        case syntax.Comparison(subject, operator, _, one):
            return ("compare", _subject(subject), operator.value, operand(one))
        case syntax.Membership(subject, operator, _, operands):
            return ("member", _subject(subject), operator.value, tuple(map(operand, operands)))


def _subject(subject: syntax.Subject) -> Tree:
    call = subject.call
    applied = (call.function.value, tuple(map(operand, call.arguments))) if call else None
    return (QUANTIFIERS[subject.quantifier] if subject.quantifier else None, subject.path.parts, applied)


def operand(node: syntax.Operand) -> Tree:
    match node:
        case syntax.Path(parts):
            return ("path", parts)
        case syntax.Address(text):
            return ("address", text)
        case syntax.MinusName(name):
            return ("minus", name)
        case syntax.Literal(bool() as value):
            return ("truth", value)
        case syntax.Literal(str() as value):
            return ("string", value)
        case syntax.Literal(value):
            return ("number", value)
