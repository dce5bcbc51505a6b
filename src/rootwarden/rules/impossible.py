"""Conditions no facts can satisfy, in the forms people write by mistake; what is not recognized counts as possible."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from rootwarden.rules.diagnostic import Code, Diagnostic, Edit, Level
from rootwarden.rules.plain import plain
from rootwarden.rules.printer import print_condition, print_operand
from rootwarden.rules.syntax import (
    And,
    Bound,
    Comparison,
    Condition,
    Count,
    Literal,
    Membership,
    Not,
    Operator,
    Or,
    Quantifier,
    Within,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rootwarden.rules.syntax import Operand, Share, Subject

_OPPOSITE: Final = {
    Operator.EQUAL: Operator.NOT_EQUAL,
    Operator.IN: Operator.NOT_IN,
    Operator.LIKE: Operator.NOT_LIKE,
}
_POSITIVE: Final = {negative: positive for positive, negative in _OPPOSITE.items()}
_LOWER: Final = {Operator.GREATER: False, Operator.GREATER_OR_EQUAL: True}
_UPPER: Final = {Operator.LESS: False, Operator.LESS_OR_EQUAL: True}


class _Claim(msgspec.Struct, frozen=True):
    """A leaf, and whether it must be true or false."""

    condition: Condition
    holds: bool


def impossible(condition: Condition) -> str:
    """Why a condition can never be true, as a clause; empty when it may be."""
    return _impossible(plain(condition), holds=True)


def _impossible(condition: Condition, *, holds: bool) -> str:
    match condition:
        case Not(inner):
            return _impossible(inner, holds=not holds)
        case And(conditions) | Or(conditions) if isinstance(condition, And) is not holds:
            reasons = [_impossible(one, holds=holds) for one in conditions]
            return reasons[0] if all(reasons) else ""
        case And() | Or():
            return _clash(list(_claims(condition, holds=holds)))
    return ""


def _claims(condition: Condition, *, holds: bool) -> Iterator[_Claim]:
    """What must all be so for the condition to be."""
    match condition:
        case Not(inner):
            yield from _claims(inner, holds=not holds)
        case And(conditions) | Or(conditions) if isinstance(condition, And) is holds:
            for one in conditions:
                yield from _claims(one, holds=holds)
        case Comparison() | Membership() if condition.operator in _POSITIVE:
            positive = replace(condition, operator=_POSITIVE[condition.operator])
            yield _Claim(positive, not holds)
        case _:
            yield _Claim(condition, holds)


def _clash(claims: Sequence[_Claim]) -> str:
    said: dict[str, _Claim] = {}
    for claim in claims:
        text = print_condition(claim.condition)
        before = said.setdefault(text, claim)
        if before.holds is not claim.holds:
            return f"`{text}` cannot be both true and false"
        inner = _impossible(claim.condition, holds=claim.holds)
        if inner:
            return inner
    true = [claim.condition for claim in said.values() if claim.holds]
    for position, one in enumerate(true):
        for other in true[position + 1 :]:
            if _exclude(one, other):
                return f"`{print_condition(one)}` and `{print_condition(other)}` exclude each other"
    return _amounts_clash(list(said.values()))


def _amounts_clash(claims: Sequence[_Claim]) -> str:
    """Two claims on how many elements of a list satisfy the same condition, of which no number satisfies both."""
    before: dict[str, list[tuple[float, float, str]]] = {}
    for claim in claims:
        within = claim.condition
        allowed = _allowed(within.subject.quantifier, holds=claim.holds) if isinstance(within, Within) else None
        if not isinstance(within, Within) or allowed is None:
            continue
        least, most = allowed
        text = print_condition(within) if claim.holds else f"not {print_condition(within)}"
        others = before.setdefault(print_condition(replace(within, subject=_unquantified(within.subject))), [])
        for low, high, other in others:
            if least > high or low > most:
                return f"`{other}` and `{text}` exclude each other"
        others.append((least, most, text))
    return ""


def _allowed(quantifier: Quantifier | Count | Share | None, *, holds: bool) -> tuple[float, float] | None:
    """Between which numbers the elements that satisfy a condition must be, or `None` when that is no range."""
    match quantifier:
        case None | Quantifier.SOME:
            least, most = 1.0, inf
        case Quantifier.NO:
            least, most = 0.0, 0.0
        case Count(bound, number):
            least, most = (0.0 if bound is Bound.AT_MOST else number), (inf if bound is Bound.AT_LEAST else number)
        case _:
            return None
    if holds:
        return least, most
    if least == 0:
        return most + 1, inf
    return (0.0, least - 1) if most == inf else None


def _unquantified(subject: Subject) -> Subject:
    return replace(subject, quantifier=None)


def _exclude(one: Condition, other: Condition) -> bool:
    """Whether two tests of the same property can never be true together."""
    if not isinstance(one, Comparison | Membership) or not isinstance(other, Comparison | Membership):
        return False
    if _asked(one) != _asked(other):
        return False
    for first, second in ((one, other), (other, one)):
        values = _values(first)
        if values is not None and all(_refuses(second, value) for value in values):
            return True
    return _apart(one, other) or _apart(other, one)


def _asked(condition: Comparison | Membership) -> tuple[object, ...]:
    subject = condition.subject
    call = subject.call
    arguments = tuple(print_operand(one) for one in call.arguments) if call else ()
    return subject.path.parts, subject.quantifier, call.function if call else None, arguments


def _values(condition: Comparison | Membership) -> list[Literal] | None:
    """The only values a property can have for the test to be true, or `None` when there are others."""
    operands: tuple[Operand, ...]
    if condition.operator is Operator.EQUAL and isinstance(condition, Comparison):
        operands = (condition.operand,)
    elif condition.operator is Operator.IN and isinstance(condition, Membership):
        operands = condition.operands
    else:
        return None
    literals = [one for one in operands if isinstance(one, Literal)]
    return literals if len(literals) == len(operands) else None


def _refuses(condition: Comparison | Membership, literal: Literal) -> bool:
    """Whether the test is false of this value; addresses with several spellings are left alone."""
    allowed = _values(condition)
    if allowed is not None:
        if isinstance(literal.value, str) and any(mark in literal.value for mark in "./:"):
            return False
        return all(one.value != literal.value for one in allowed)
    bound = _number(condition)
    value = literal.value
    if bound is None or isinstance(value, str | bool):
        return False
    return not {
        Operator.GREATER: value > bound,
        Operator.GREATER_OR_EQUAL: value >= bound,
        Operator.LESS: value < bound,
        Operator.LESS_OR_EQUAL: value <= bound,
    }.get(condition.operator, True)


def _apart(lower: Comparison | Membership, upper: Comparison | Membership) -> bool:
    """A lower bound above an upper one."""
    least, most = _number(lower), _number(upper)
    if lower.operator not in _LOWER or upper.operator not in _UPPER or least is None or most is None:
        return False
    return least > most or (least == most and not (_LOWER[lower.operator] and _UPPER[upper.operator]))


def _number(condition: Comparison | Membership) -> float | None:
    if not isinstance(condition, Comparison) or not isinstance(condition.operand, Literal):
        return None
    value = condition.operand.value
    return None if isinstance(value, str | bool) else value


def port_bounds(conjunction: And) -> Iterator[Diagnostic]:
    """`FromPort gte 22 and ToPort lte 22`: only ranges inside the bounds, where those that touch them were meant."""
    tests = [one for one in conjunction.conditions if isinstance(one, Comparison) and one.subject.call is None]
    for first in tests:
        *holder, name = first.subject.path.parts
        if not name.endswith("FromPort") or first.operator is not Operator.GREATER_OR_EQUAL:
            continue
        wanted = (*holder, name.removesuffix("FromPort") + "ToPort")
        for last in tests:
            least, most = _number(first), _number(last)
            if last.subject.path.parts != wanted or last.operator is not Operator.LESS_OR_EQUAL:
                continue
            if least is not None and most is not None and least <= most:
                yield _swapped(first, last)


def _swapped(first: Comparison, last: Comparison) -> Diagnostic:
    low, high = print_operand(first.operand), print_operand(last.operand)
    return Diagnostic(
        code=Code.PORTS_SWAPPED,
        level=Level.WARNING,
        message="a wider range of ports, such as all of them, escapes this",
        span=first.span,
        help=f"a range touches the ports when `FromPort lte {high} and ToPort gte {low}`",
        edits=(
            Edit(first.operator_span, Operator.LESS_OR_EQUAL.value),
            Edit(first.operand.span, high),
            Edit(last.operator_span, Operator.GREATER_OR_EQUAL.value),
            Edit(last.operand.span, low),
        ),
    )
