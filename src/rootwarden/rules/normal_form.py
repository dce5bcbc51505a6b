"""One form for sentences that mean the same: if two forms are equal, no facts can tell the sentences apart.

Uses only laws that hold with three truth values: what shorter forms stand for, double negation, De Morgan, order and
repetition of `and` and `or`, `every` as the negation of a negated `with`, `atmost` as the negation of `atleast`, `neq`
as the negation of `eq`, and that a length is a whole number. Two sentences with different forms may still mean the
same; nothing is claimed about those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from rootwarden.rules.plain import plain_rule
from rootwarden.rules.printer import print_condition
from rootwarden.rules.syntax import (
    And,
    Bound,
    Comparison,
    Count,
    Function,
    Literal,
    Membership,
    Not,
    Operator,
    Or,
    Quantifier,
    Share,
    Within,
)

if TYPE_CHECKING:
    from rootwarden.rules.syntax import Condition, Leaf, Rule

_POSITIVE: Final = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_LIKE: Operator.LIKE,
}


def normal_form(rule: Rule) -> str:
    """The form of a sentence; equal forms give the same verdict for every resource and instant."""
    rule = plain_rule(rule)
    scope = _form(rule.where, negated=False) if rule.where is not None else ""
    return f"{rule.entity} where {scope} should have {_form(rule.check, negated=rule.negated)}"


def _form(condition: Condition, *, negated: bool) -> str:
    match condition:
        case Not(inner):
            return _form(inner, negated=not negated)
        case And(conditions) | Or(conditions):
            joins_all = isinstance(condition, And) is not negated
            return _joined(" and " if joins_all else " or ", [_form(one, negated=negated) for one in conditions])
        case Within():
            return _within(condition, negated=negated)
        case _:
            positive, opposite = _positive(condition)
            return _signed(print_condition(positive), negated=negated is not opposite)


def _within(within: Within, *, negated: bool) -> str:
    quantifier, path = within.subject.quantifier, within.subject.path.dotted
    every = quantifier is Quantifier.EVERY
    held = f"{path} with [ {_form(within.condition, negated=every)} ]"
    match quantifier:
        case Count(Bound.AT_MOST, number):
            return _signed(_at_least(number + 1, held), negated=not negated)
        case Count(Bound.AT_LEAST, number):
            return _signed(_at_least(number, held), negated=negated)
        case Count(Bound.EXACTLY, number):
            return _signed(f"exactly {number} {held}", negated=negated)
        case Share():
            scope = "" if within.where is None else _form(within.where, negated=False)
            return _signed(f"{quantifier.value} of {scope} {held}", negated=negated)
    return _signed(held, negated=negated is not (every or quantifier is Quantifier.NO))


def _at_least(number: float, held: str) -> str:
    return held if number == 1 else f"atleast {number} {held}"


def _joined(word: str, forms: list[str]) -> str:
    different = sorted(set(forms))
    return different[0] if len(different) == 1 else f"( {word.join(different)} )"


def _signed(text: str, *, negated: bool) -> str:
    return f"not {text}" if negated else text


def _positive(leaf: Leaf) -> tuple[Condition, bool]:
    """A leaf without negative words, and whether it is to be negated."""
    subject, negated = leaf.subject, False
    if subject.quantifier is Quantifier.NO:
        negated = True
    leaf = replace(leaf, subject=replace(subject, quantifier=None))
    if not isinstance(leaf, Comparison | Membership):
        return leaf, negated
    if leaf.operator in _POSITIVE:
        leaf, negated = replace(leaf, operator=_POSITIVE[leaf.operator]), not negated
    if isinstance(leaf, Comparison):
        return _whole(leaf, negated=negated)
    return leaf, negated


def _whole(leaf: Comparison, *, negated: bool) -> tuple[Condition, bool]:
    """Comparisons of a length with a whole number, all as `gte`."""
    call, operand = leaf.subject.call, leaf.operand
    if call is None or call.function is not Function.LENGTH or not isinstance(operand, Literal):
        return leaf, negated
    bound = operand.value
    if not isinstance(bound, int) or isinstance(bound, bool):
        return leaf, negated
    match leaf.operator:
        case Operator.GREATER:
            least, opposite = bound + 1, False
        case Operator.LESS:
            least, opposite = bound, True
        case Operator.LESS_OR_EQUAL:
            least, opposite = bound + 1, True
        case Operator.EQUAL if bound == 0:
            least, opposite = 1, True
        case _:
            return leaf, negated
    made = replace(leaf, operator=Operator.GREATER_OR_EQUAL, operand=replace(operand, value=least))
    return made, negated is not opposite
