"""A tree as lines: a rule that fits stands on one, a longer one is broken before `and`, `or` and `should`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.rules.printer import print_condition, print_head, print_operand, print_rule, print_subject
from rootwarden.rules.syntax import And, Membership, Not, Or, Within

if TYPE_CHECKING:
    from rootwarden.rules.syntax import Condition, Operand, Rule

WIDTH: Final = 100
_STEP: Final = 4


def flat(rule: Rule) -> list[str]:
    """The rule on one line."""
    return [print_rule(rule)]


def broken(rule: Rule) -> list[str]:
    """The rule on as many lines as it takes: entity and scope, then what should be."""
    should = f"should {'not ' if rule.negated else ''}have "
    if rule.where is None:
        return _lines(rule.check, f"{rule.entity} {should}", 0)
    return _lines(rule.where, f"{rule.entity} where ", 0) + _lines(rule.check, should, 0)


def fits(rule: Rule) -> bool:
    """Whether one line is enough."""
    return len(print_rule(rule)) <= WIDTH


def _lines(condition: Condition, prefix: str, indent: int) -> list[str]:
    """A condition after `prefix` (a word such as `and `), the first line `indent` columns in."""
    line = " " * indent + prefix + print_condition(condition)
    if len(line) <= WIDTH:
        return [line]
    match condition:
        case And(conditions) | Or(conditions):
            return _joined(conditions, "and " if isinstance(condition, And) else "or ", prefix, indent)
        case Not(inner):
            return _part(inner, f"{prefix}not ", indent)
        case Within(_, inner):
            return [*_head(condition, prefix, indent), *_bracketed(inner, "", "]", indent)[1:]]
        case Membership(subject, operator, _, operands) if operands:
            opening = " " * indent + f"{prefix}{print_subject(subject)} {operator.value} ("
            return [opening, *_filled(operands, indent + _STEP), " " * indent + ")"]
    return [line]


def _head(within: Within, prefix: str, indent: int) -> list[str]:
    """A list and what narrows it, up to the opening bracket."""
    margin = " " * indent
    line = f"{margin}{prefix}{print_head(within)} ["
    if within.where is None or len(line) <= WIDTH:
        return [line]
    scope = _bracketed(within.where, f"{prefix}{print_subject(within.subject)} where (", ") with [", indent)
    return [line for line in scope if line]


def _joined(conditions: tuple[Condition, ...], word: str, prefix: str, indent: int) -> list[str]:
    lines = _part(conditions[0], prefix, indent)
    for one in conditions[1:]:
        lines += _part(one, word, indent + _STEP if prefix else indent)
    return lines


def _part(condition: Condition, prefix: str, indent: int) -> list[str]:
    """A condition inside another one: `and` and `or` get parentheses."""
    if not isinstance(condition, And | Or):
        return _lines(condition, prefix, indent)
    line = " " * indent + f"{prefix}( {print_condition(condition)} )"
    return [line] if len(line) <= WIDTH else _bracketed(condition, f"{prefix}(", ")", indent)


def _bracketed(condition: Condition, opening: str, closing: str, indent: int) -> list[str]:
    margin = " " * indent
    return [margin + opening, *_lines(condition, "", indent + _STEP), margin + closing]


def _filled(operands: tuple[Operand, ...], indent: int) -> list[str]:
    """Values, as many on a line as fit."""
    lines: list[str] = []
    line = ""
    for position, operand in enumerate(operands):
        word = print_operand(operand) + ("," if position < len(operands) - 1 else "")
        if line and indent + len(line) + 1 + len(word) > WIDTH:
            lines.append(" " * indent + line)
            line = ""
        line = f"{line} {word}" if line else word
    return [*lines, " " * indent + line]
