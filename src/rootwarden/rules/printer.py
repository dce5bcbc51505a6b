"""A tree back to text, in one canonical spelling: parsing it again gives the same tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rootwarden.rules.syntax import (
    Address,
    And,
    Comparison,
    Literal,
    Membership,
    MinusName,
    Not,
    Or,
    Path,
    Test,
    Within,
)

if TYPE_CHECKING:
    from rootwarden.rules.syntax import (
        Condition,
        Operand,
        Rule,
        Subject,
    )

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


def _primary(condition: Within | Comparison | Membership | Test) -> str:
    match condition:
        case Within(subject, inner):
            return f"{print_subject(subject)} with [ {print_condition(inner)} ]"
        case Comparison(subject, operator, _, operand):
            return f"{print_subject(subject)} {operator.value} {print_operand(operand)}"
        case Membership(subject, operator, _, operands):
            return f"{print_subject(subject)} {operator.value} {_list(operands)}"
        case Test(subject):
            return print_subject(subject)


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


def _list(operands: tuple[Operand, ...]) -> str:
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
