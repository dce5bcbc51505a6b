"""A tree back to text, in one canonical spelling: parsing it again gives the same tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rootwarden.rules.syntax import (
    Address,
    AddressOverlap,
    And,
    Between,
    Catches,
    Comparison,
    Elapsed,
    Literal,
    Membership,
    MinusName,
    Not,
    Or,
    Path,
    PolicyTest,
    RangeOverlap,
    Test,
    Within,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.rules.syntax import Condition, Leaf, Operand, Rule, Subject

_STRAIGHT: Final = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL)


def print_rule(rule: Rule) -> str:
    """One line: keywords in lower case, word operators, blanks round dots and inside brackets, straight quotes."""
    where = f" where {print_condition(rule.where)}" if rule.where is not None else ""
    negation = "not " if rule.negated else ""
    return f"{rule.entity}{where} should {negation}have {print_condition(rule.check)}"


def print_condition(condition: Condition) -> str:
    """A condition with the parentheses it needs, and those that tell `and` inside `or` apart for people."""
    match condition:
        case Or(conditions):
            return " or ".join(grouped(one, Or, And) for one in conditions)
        case And(conditions):
            return " and ".join(grouped(one, Or, And) for one in conditions)
        case Not(inner):
            return f"not {grouped(inner, Or, And)}"
        case _:
            return _primary(condition)


def _primary(condition: Within | Leaf) -> str:
    if isinstance(condition, Within):
        return f"{print_head(condition)} [ {print_condition(condition.condition)} ]"
    subject = print_subject(condition.subject)
    match condition:
        case Comparison(_, operator, _, operand):
            return f"{subject} {operator.value} {print_operand(operand)}"
        case Membership(_, operator, _, operands):
            return f"{subject} {operator.value} {_list(operands)}"
        case Test():
            return subject
        case _:
            return f"{subject} {_spoken(condition)}"


def _spoken(leaf: Leaf) -> str:
    """The tests that begin with a word of their own, without their subject."""
    text = "never"
    match leaf:
        case Elapsed(_, age, amount, unit):
            text = f"{age.value} {print_operand(amount)} {unit}"
        case Between(_, low, high):
            text = f"between {print_operand(low)} and {print_operand(high)}"
        case RangeOverlap(_, last, low, high):
            text = f"to {print_path(last)} overlaps {_list((low, high))}"
        case AddressOverlap(_, operands):
            text = f"overlaps {_list(operands)}"
        case Catches(_, sets):
            text = f"catches {_list(sets)}"
        case PolicyTest(_, verb, _, action, resource, for_root):
            asked = (action,) if resource is None else (action, resource)
            text = f"{verb.value} {_list(asked)}{' for root' if for_root else ''}"
    return text


def print_head(within: Within) -> str:
    """What stands before the brackets: `every Accounts where Managed with`."""
    where = f" where {print_scope(within.where)}" if within.where is not None else ""
    return f"{print_subject(within.subject)}{where} with"


def print_scope(condition: Condition) -> str:
    """The scope of a list: in parentheses when it joins conditions or has a `with` of its own."""
    text = print_condition(condition)
    inner = condition
    while isinstance(inner, Not):
        inner = inner.condition
    joins = isinstance(condition, And | Or) or isinstance(inner, Within)
    return f"( {text} )" if joins else text


def print_path(path: Path) -> str:
    """`Password . LastUsedTime`."""
    return " . ".join(path.parts)


def grouped(condition: Condition, *weaker: type[Condition]) -> str:
    """A condition as part of another: in parentheses when it is one of the `weaker` kinds."""
    text = print_condition(condition)
    return f"( {text} )" if isinstance(condition, weaker) else text


def print_subject(subject: Subject) -> str:
    """`every AccessKey`, `Name len ( )`."""
    quantifier = f"{subject.quantifier.value} " if subject.quantifier else ""
    call = f" {subject.call.function.value} {_list(subject.call.arguments)}" if subject.call else ""
    return f"{quantifier}{print_path(subject.path)}{call}"


def _list(operands: Sequence[Operand]) -> str:
    inner = ", ".join(print_operand(one) for one in operands)
    return f"( {inner} )" if inner else "( )"


def print_operand(operand: Operand) -> str:
    """A value, property, address or negative parameter."""
    match operand:
        case Path():
            return print_path(operand)
        case Address(text):
            return text
        case MinusName(name):
            return f"-{name}"
        case Literal(value):
            return _literal(value)


def _literal(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return print_string(value)
    text = repr(value)
    if "e" not in text:
        return text
    from decimal import Decimal

    return format(Decimal(text), "f")


def print_string(value: str) -> str:
    """Straight quotes; curly ones where a lone backslash would swallow the closing quote."""
    escaped = value.replace('"', '\\"')
    if _STRAIGHT.fullmatch(escaped) and escaped.replace('\\"', '"') == value:
        return f'"{escaped}"'
    return f"“{value}”"
