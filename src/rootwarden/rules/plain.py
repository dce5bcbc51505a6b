"""Shorter ways of saying something, spelled out: what each of them means in the words that have always been there.

Only laws that hold with three truth values are used, so both spellings give the same answer for all facts. The places
of what is made are those of what it stands for, so that mistakes and clauses still point at what the user wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from rootwarden.rules.syntax import (
    Age,
    And,
    Between,
    Bound,
    Call,
    Comparison,
    Count,
    Elapsed,
    Function,
    Literal,
    MinusName,
    Never,
    Not,
    Operator,
    Or,
    Quantifier,
    RangeOverlap,
    Share,
    Subject,
    Test,
    Within,
)

if TYPE_CHECKING:
    from rootwarden.rules.diagnostic import Span
    from rootwarden.rules.syntax import Condition, Operand, Path, Rule

_WHOLE: Final = 100  # percent
_FUNCTIONS: Final = {Age.WITHIN_LAST: Function.IS_LATER_THAN, Age.OLDER_THAN: Function.IS_EARLIER_THAN}
_LENGTHS: Final = {
    Bound.AT_LEAST: Operator.GREATER_OR_EQUAL,
    Bound.AT_MOST: Operator.LESS_OR_EQUAL,
    Bound.EXACTLY: Operator.EQUAL,
}


def plain_rule(rule: Rule) -> Rule:
    """The rule with everything spelled out that can be."""
    return replace(rule, where=None if rule.where is None else plain(rule.where), check=plain(rule.check))


def plain(condition: Condition) -> Condition:
    """The condition with everything in it spelled out that can be."""
    spelled = spelled_out(condition)
    if spelled is not None:
        return plain(spelled)
    match condition:
        case And(conditions) | Or(conditions):
            return replace(condition, conditions=tuple(plain(one) for one in conditions))
        case Not(inner):
            return replace(condition, condition=plain(inner))
        case Within(_, inner, _, where):
            return replace(condition, condition=plain(inner), where=None if where is None else plain(where))
    return condition


def spelled_out(condition: Condition) -> Condition | None:
    """What a shorter form stands for, one step; `None` when it is no shorter form."""
    made: Condition | None = None
    match condition:
        case Within():
            made = _within(condition)
        case Test(Subject(quantifier=Count(bound, number), call=None), span):
            made = _length(condition.subject, _LENGTHS[bound], number, span)
        case Never(subject, span):
            made = Comparison(subject, Operator.EQUAL, span, Literal(0, span), span)
        case Elapsed():
            made = _elapsed(condition)
        case Between(subject, low, high, span):
            made = _both((subject, subject), (low, high), (Operator.GREATER_OR_EQUAL, Operator.LESS_OR_EQUAL), span)
        case RangeOverlap(subject, last, low, high, span):
            until = Subject(last, last.span)
            made = _both((subject, until), (high, low), (Operator.LESS_OR_EQUAL, Operator.GREATER_OR_EQUAL), span)
    return made


def quantified(quantifier: Quantifier | Count | Share | None) -> Quantifier | Count | Share | None:
    """`atleast one`, `every` or `no` for a count or share that is one of them; others stay."""
    match quantifier:
        case Count(Bound.AT_LEAST, 1):
            return Quantifier.SOME
        case Count(Bound.AT_MOST | Bound.EXACTLY, 0):
            return Quantifier.NO
        case Share(Bound.AT_LEAST, percent) if percent == _WHOLE:
            return Quantifier.EVERY
        case Share(Bound.AT_MOST, percent) if percent == 0:
            return Quantifier.NO
    return quantifier


def _within(within: Within) -> Within | None:
    subject, where = within.subject, within.where
    quantifier = quantified(subject.quantifier)
    if quantifier is not subject.quantifier:
        return replace(within, subject=replace(subject, quantifier=quantifier))
    # A share is taken of the elements that are in the scope, so the scope stays.
    if where is None or isinstance(quantifier, Share):
        return None
    inner, span = within.condition, where.span.to(within.condition.span)
    if quantifier is Quantifier.EVERY:
        return replace(within, where=None, condition=Or((Not(where, where.span), inner), span))
    return replace(within, where=None, condition=And((where, inner), span))


def _length(subject: Subject, operator: Operator, number: float, span: Span) -> Comparison:
    """`atleast 2 L` as `L len ( ) gte 2`."""
    counted = replace(subject, quantifier=None, call=Call(Function.LENGTH, (), subject.span))
    return Comparison(counted, operator, span, Literal(number, span), span)


def _elapsed(elapsed: Elapsed) -> Test:
    subject, span = elapsed.subject, elapsed.span
    ago = _negative(elapsed.amount)
    call = Call(_FUNCTIONS[elapsed.age], (ago, Literal(elapsed.unit, span)), span)
    return Test(replace(subject, call=call), span)


def _negative(amount: Literal | Path) -> Literal | MinusName:
    if isinstance(amount, Literal):
        value = amount.value
        number = value if isinstance(value, int | float) else 0
        return replace(amount, value=-number or 0)
    return MinusName(amount.parts[0], amount.span)


def _both(
    subjects: tuple[Subject, Subject],
    operands: tuple[Operand, Operand],
    operators: tuple[Operator, Operator],
    span: Span,
) -> And:
    """Two comparisons joined by `and`."""
    tests = tuple(
        Comparison(subject, operator, span, operand, span)
        for subject, operand, operator in zip(subjects, operands, operators, strict=True)
    )
    return And(tests, span)
