"""Parameters filled in: `-window` becomes `-1` before the rule is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from rootwarden.rules.syntax import (
    AddressOverlap,
    And,
    Between,
    Comparison,
    Elapsed,
    Literal,
    Membership,
    MinusName,
    Not,
    Or,
    Path,
    RangeOverlap,
    Within,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.rules.syntax import Call, Condition, Leaf, Operand, Rule, Subject

Scalar: TypeAlias = str | int | float | bool
ParameterValue: TypeAlias = Scalar | tuple[Scalar, ...]


def fill(rule: Rule, values: Mapping[str, ParameterValue]) -> Rule:
    """Replace every operand that names a parameter by the parameter's value.

    A parameter with several values is spread out where a list of values stands. Places in the text stay as they are,
    so that mistakes still point at the name.
    """
    if not values:
        return rule
    where = _condition(rule.where, values) if rule.where is not None else None
    return replace(rule, where=where, check=_condition(rule.check, values))


def _condition(condition: Condition, values: Mapping[str, ParameterValue]) -> Condition:
    match condition:
        case And(conditions) | Or(conditions):
            return replace(condition, conditions=tuple(_condition(one, values) for one in conditions))
        case Not(inner):
            return replace(condition, condition=_condition(inner, values))
        case Within(subject, inner, _, scope):
            where = None if scope is None else _condition(scope, values)
            return replace(
                condition, subject=_subject(subject, values), condition=_condition(inner, values), where=where
            )
        case _:
            return _leaf(replace(condition, subject=_subject(condition.subject, values)), values)


def _leaf(leaf: Leaf, values: Mapping[str, ParameterValue]) -> Leaf:
    match leaf:
        case Comparison(operand=operand):
            return replace(leaf, operand=_single(operand, values))
        case Membership(operands=operands) | AddressOverlap(operands=operands):
            return replace(leaf, operands=_spread(operands, values))
        case Between(low=low, high=high) | RangeOverlap(low=low, high=high):
            return replace(leaf, low=_single(low, values), high=_single(high, values))
        case Elapsed(amount=amount):
            filled = _single(amount, values)
            return replace(leaf, amount=filled) if isinstance(filled, Literal) else leaf
        case _:
            return leaf


def _single(operand: Operand, values: Mapping[str, ParameterValue]) -> Operand:
    """The value of a parameter where one value stands; one that has several stays a name, which then is none."""
    filled = _operand(operand, values)
    return filled[0] if len(filled) == 1 else operand


def _subject(subject: Subject, values: Mapping[str, ParameterValue]) -> Subject:
    if subject.call is None:
        return subject
    call: Call = subject.call
    return replace(subject, call=replace(call, arguments=_spread(call.arguments, values)))


def _spread(operands: tuple[Operand, ...], values: Mapping[str, ParameterValue]) -> tuple[Operand, ...]:
    return tuple(filled for operand in operands for filled in _operand(operand, values))


def _operand(operand: Operand, values: Mapping[str, ParameterValue]) -> tuple[Operand, ...]:
    match operand:
        case Path(parts=(name,), spans=(span,)) if name in values:
            value = values[name]
            return tuple(Literal(one, span) for one in (value if isinstance(value, tuple) else (value,)))
        case MinusName(name, span) if name in values:
            value = values[name]
            if isinstance(value, int | float) and not isinstance(value, bool):
                return (Literal(-value, span),)
    return (operand,)
