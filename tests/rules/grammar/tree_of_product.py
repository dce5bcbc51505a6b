"""The product's tree in the shape `second_parser.py` builds, so that the two can be compared."""

from __future__ import annotations

from fractions import Fraction
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
        case syntax.Within(subject, inner, _, where):
            return ("within", _subject(subject), None if where is None else condition(where), condition(inner))
        case _:
            return (*_leaf(node),)


def _leaf(node: syntax.Leaf) -> Tree:
    subject = _subject(node.subject)
    match node:
        case syntax.Test():
            return ("test", subject)
        case syntax.Comparison(_, operator, _, one):
            return ("compare", subject, operator.value, operand(one))
        case syntax.Membership(_, operator, _, operands):
            return ("member", subject, operator.value, tuple(map(operand, operands)))
        case _:
            return _short(node, subject)


def _short(node: syntax.Leaf, subject: Tree) -> Tree:
    """The shorter forms, which have a node of their own."""
    match node:
        case syntax.Elapsed(_, age, amount, unit):
            kind = "lately" if age is syntax.Age.WITHIN_LAST else "longago"
            return (kind, subject, operand(amount), unit)
        case syntax.Between(_, low, high):
            return ("between", subject, operand(low), operand(high))
        case syntax.RangeOverlap(_, last, low, high):
            return ("touches", subject, last.parts, operand(low), operand(high))
        case syntax.AddressOverlap(_, operands):
            return ("overlaps", subject, tuple(map(operand, operands)))
        case _:
            return _meant(node, subject)


def _meant(node: syntax.Leaf, subject: Tree) -> Tree:
    match node:
        case syntax.Catches(_, sets):
            return ("catches", subject, tuple(one.value for one in sets))
        case syntax.PolicyTest(_, verb, _, action, resource, for_root):
            return ("grants", subject, verb.value, action.value, resource.value if resource else None, for_root)
        case _:
            return ("never", subject)


def _subject(subject: syntax.Subject) -> Tree:
    call = subject.call
    applied = (call.function.value, tuple(map(operand, call.arguments))) if call else None
    return (_quantifier(subject.quantifier), subject.path.parts, applied)


def _quantifier(quantifier: syntax.Quantifier | syntax.Count | syntax.Share | None) -> Tree | None:
    match quantifier:
        case None:
            return None
        case syntax.Count(bound, number):
            return (bound.value, number)
        case syntax.Share(bound, percent):
            return (f"{bound.value}%", Fraction(percent))
        case _:
            return QUANTIFIERS[quantifier]


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
