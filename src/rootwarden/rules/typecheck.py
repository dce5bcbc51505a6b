"""Names and types: does every property exist, and can every test be asked of it?

All mistakes of a rule are found in one go; a name that is wrong is reported once and nothing is said about what was
done with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules import corrections, operands, phrases, suggest
from rootwarden.rules.diagnostic import Code, RuleSyntaxError
from rootwarden.rules.naming import BARE, OPERATORS, Names, article, join
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.subjects import typed
from rootwarden.rules.syntax import (
    And,
    Comparison,
    Count,
    Membership,
    Not,
    Operator,
    Or,
    Quantifier,
    Rule,
    Share,
    Test,
    Within,
)

if TYPE_CHECKING:
    from rootwarden.rules.diagnostic import Span
    from rootwarden.rules.schema import Schema
    from rootwarden.rules.syntax import Condition, Operand, Subject

_WHOLE: Final = 100  # percent
_BEFORE_HAS: Final = {None, Quantifier.SOME, Quantifier.NO}
_HOLDERS: Final = {AttributeType.LIST, AttributeType.RECORD}


class Checked(msgspec.Struct, frozen=True):
    """A rule whose names and types are right.

    Attributes:
        rule: The rule.
        reads: Dotted path of every attribute it reads.
        reads_clock: Whether its answer depends on the as-of instant.
    """

    rule: Rule
    reads: frozenset[str]
    reads_clock: bool


def check(rule: Rule, schema: Schema, text: str) -> Checked:
    """Check a rule against a schema.

    Args:
        rule: The rule, parameters already filled in.
        schema: The entities and attributes it may name.
        text: What it was parsed from, to show mistakes in.

    Raises:
        RuleSyntaxError: With every mistake found.
    """
    names = Names(schema, rule.entity, text)
    if not schema.has_entity(rule.entity):
        found = suggest.entity_named(schema, rule.entity)
        edits = corrections.replaced(rule.entity_span, found.instead) if found.instead else ()
        message = f"there is no entity `{rule.entity}`"
        names.mistake(Code.UNKNOWN_ENTITY, message, rule.entity_span, help_=found.help, edits=edits)
    else:
        conditions = _Conditions(names)
        if rule.where is not None:
            conditions.condition(rule.where, "")
        conditions.condition(rule.check, "")
    if names.diagnostics:
        raise RuleSyntaxError(names.diagnostics, text)
    return Checked(rule, frozenset(names.reads), names.reads_clock)


class _Conditions:
    """Walks the conditions of one rule."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def condition(self, condition: Condition, scope: str) -> None:
        """Check a condition about the attributes below `scope`."""
        self._names.test = condition.span
        match condition:
            case And(conditions) | Or(conditions):
                for one in conditions:
                    self.condition(one, scope)
            case Not(inner):
                self.condition(inner, scope)
            case Within():
                self._within(condition, scope)
            case Test(subject):
                self._bare(subject, scope)
            case Comparison(subject, operator, span, operand):
                self._operation(subject, operator, span, (operand,), scope)
            case Membership(subject, operator, span, values):
                self._operation(subject, operator, span, values, scope)
            case _:
                phrases.check_phrase(self._names, condition, scope)

    def _within(self, within: Within, scope: str) -> None:
        attribute = self._names.resolve(within.subject.path, scope)
        self._amount(within.subject)
        if attribute is None:
            return
        below = join(scope, within.subject.path)
        if attribute.type not in _HOLDERS:
            message = f"`{attribute.path}` is a {attribute.type}: `with` is for lists and records"
            self._names.mistake(Code.WRONG_TEST, message, within.subject.span)
        elif not self._names.schema.children(self._names.entity, below):
            message = f"the elements of `{attribute.path}` have no attributes"
            self._names.mistake(
                Code.WRONG_TEST, message, within.subject.span, help_='ask `has ( "value" )` or `len ( )`'
            )
        else:
            for one in (within.where, within.condition):
                if one is not None:
                    self.condition(one, below)

    def _amount(self, subject: Subject) -> None:
        """The number of a count is whole and not negative, that of a share between 0 and 100."""
        match subject.quantifier:
            case Count(_, number, span) if not isinstance(number, int) or number < 0:
                message = f"`{number}` elements cannot be counted: the number is whole and not negative"
                self._names.mistake(Code.BAD_AMOUNT, message, span)
            case Share(_, percent, span) if not 0 <= percent <= _WHOLE:
                message = f"`{percent:f}%` is no share: it lies between 0% and 100%"
                self._names.mistake(Code.BAD_AMOUNT, message, span)

    def _bare(self, subject: Subject, scope: str) -> None:
        """A property or a function alone."""
        result = typed(self._names, subject, scope)
        if result is None:
            return
        attribute, kind = result
        self._amount(subject)
        if subject.call is not None and kind is AttributeType.NUMBER:
            edits = corrections.inserted(subject.span.end, " gt 0")
            message = "a number is not a condition"
            self._names.mistake(Code.WRONG_TEST, message, subject.span, help_="compare it: `… gt 0`", edits=edits)
        elif kind not in BARE:
            date = kind is AttributeType.DATE
            help_ = "`neq 0` asks whether it ever happened" if date else "compare it with a value"
            edits = corrections.inserted(subject.span.end, " neq 0") if date else ()
            message = f"`{attribute.path}` is {article(kind)}: alone it is not a condition"
            self._names.mistake(Code.WRONG_TEST, message, subject.span, help_=help_, edits=edits)
        elif subject.quantifier is not None and (kind not in _HOLDERS or _asks_of_elements(subject)):
            self._names.quantified(subject)

    def _operation(
        self, subject: Subject, operator: Operator, span: Span, values: tuple[Operand, ...], scope: str
    ) -> None:
        """A comparison or a set operator."""
        result = typed(self._names, subject, scope)
        if result is None:
            return
        attribute, kind = result
        holds_records = bool(self._names.schema.children(self._names.entity, join(scope, subject.path)))
        if operator not in OPERATORS[kind] or (kind is AttributeType.LIST and holds_records):
            edits = () if holds_records else corrections.other_operator(kind, operator, span, values)
            self._names.wrong_operator(attribute, kind, operator.value, span, edits=edits)
            return
        if subject.quantifier not in (_BEFORE_HAS if operator is Operator.HAS else {None}):
            self._names.quantified(subject)
        for value in values:
            operands.check_operand(self._names, value, attribute=attribute, kind=kind, operator=operator, scope=scope)


def _asks_of_elements(subject: Subject) -> bool:
    """Whether a quantifier says nothing without a condition on the elements."""
    return subject.quantifier is Quantifier.EVERY or isinstance(subject.quantifier, Share)
