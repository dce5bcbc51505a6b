"""Names and types: does every property exist, and can every test be asked of it?

All mistakes of a rule are found in one go; a name that is wrong is reported once and nothing is said about what was
done with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules import operands, phrases, suggest
from rootwarden.rules.diagnostic import Code, Diagnostic, RuleSyntaxError
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.syntax import (
    And,
    Comparison,
    Count,
    Function,
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
    from collections.abc import Callable

    from rootwarden.rules.diagnostic import Span
    from rootwarden.rules.schema import Attribute, Schema
    from rootwarden.rules.syntax import Call, Condition, Operand, Path, Subject

_EQUALITY: Final = frozenset({Operator.EQUAL, Operator.NOT_EQUAL, Operator.IN, Operator.NOT_IN})
_ORDER: Final = frozenset({Operator.GREATER, Operator.GREATER_OR_EQUAL, Operator.LESS, Operator.LESS_OR_EQUAL})
OPERATORS: Final = {
    AttributeType.BOOLEAN: _EQUALITY,
    AttributeType.STRING: _EQUALITY | {Operator.LIKE, Operator.NOT_LIKE},
    AttributeType.NUMBER: _EQUALITY | _ORDER,
    AttributeType.DATE: _EQUALITY | _ORDER,
    AttributeType.IP: _EQUALITY,
    AttributeType.LIST: frozenset({Operator.HAS}),
    AttributeType.RECORD: frozenset[Operator](),
}
# What each function is asked of, and what it gives.
FUNCTIONS: Final = {
    Function.LENGTH: ({AttributeType.LIST, AttributeType.STRING, AttributeType.RECORD}, AttributeType.NUMBER),
    Function.NUMBER_OF_HOSTS: ({AttributeType.IP}, AttributeType.NUMBER),
    Function.IS_PRIVATE: ({AttributeType.IP}, AttributeType.BOOLEAN),
    Function.IS_PUBLIC: ({AttributeType.IP}, AttributeType.BOOLEAN),
    Function.DIVISIBLE_BY: ({AttributeType.NUMBER}, AttributeType.BOOLEAN),
    Function.IS_LATER_THAN: ({AttributeType.DATE}, AttributeType.BOOLEAN),
    Function.IS_EARLIER_THAN: ({AttributeType.DATE}, AttributeType.BOOLEAN),
}
WHOLE: Final = 100  # percent
_BEFORE_HAS: Final = {None, Quantifier.SOME, Quantifier.NO}
_BARE: Final = {AttributeType.BOOLEAN, AttributeType.STRING, AttributeType.LIST, AttributeType.RECORD}
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
    checker = Checker(schema, rule.entity, text)
    if not schema.has_entity(rule.entity):
        help_ = suggest.entity_help(schema, rule.entity)
        checker.mistake(Code.UNKNOWN_ENTITY, f"there is no entity `{rule.entity}`", rule.entity_span, help_=help_)
    else:
        if rule.where is not None:
            checker.condition(rule.where, "")
        checker.condition(rule.check, "")
    if checker.diagnostics:
        raise RuleSyntaxError(checker.diagnostics, text)
    return Checked(rule, frozenset(checker.reads), checker.reads_clock)


def join(scope: str, path: Path) -> str:
    """The dotted path below the entity of a property written inside `scope`."""
    return f"{scope}.{path.dotted}" if scope else path.dotted


class Checker:
    """Walks one rule, collects its mistakes and what it reads."""

    def __init__(self, schema: Schema, entity: str, text: str) -> None:
        self.schema = schema
        self.entity = entity
        self.text = text
        self.diagnostics: list[Diagnostic] = []
        self.reads: set[str] = set()
        self.reads_clock = False

    def mistake(self, code: Code, message: str, span: Span, *, label: str = "", help_: str = "") -> None:
        """Record one mistake."""
        self.diagnostics.append(Diagnostic(code=code, message=message, span=span, label=label, help=help_))

    def condition(self, condition: Condition, scope: str) -> None:
        """Check a condition about the attributes below `scope`."""
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
                phrases.check_phrase(self, condition, scope)

    def resolve(self, path: Path, scope: str, *, unknown: Callable[[str], str] | None = None) -> Attribute | None:
        """The attribute a property names; `None`, with one mistake recorded, when it names none.

        Args:
            path: As written.
            scope: Where it was written.
            unknown: Makes the help text from the first name that is wrong, instead of the usual suggestion.
        """
        walked = scope
        attribute = None
        for part, span in zip(path.parts, path.spans, strict=True):
            if attribute is not None and not attribute.is_record:
                self._cannot_enter(attribute, path, part, span)
                return None
            if attribute is not None and attribute.to:
                self.reads.add(attribute.path)
            attribute = self.schema.children(self.entity, walked).get(part)
            if attribute is None:
                help_ = unknown(part) if unknown else suggest.attribute_help(self.schema, self.entity, walked, part)
                holder = f"{self.entity}.{walked}" if walked else self.entity
                message = f"`{holder}` has no attribute `{part}`"
                self.mistake(
                    Code.UNKNOWN_ATTRIBUTE, message, span, label=f"not an attribute of `{holder}`", help_=help_
                )
                return None
            walked = f"{walked}.{part}" if walked else part
        self.reads.add(walked)
        return attribute

    def _cannot_enter(self, attribute: Attribute, path: Path, part: str, span: Span) -> None:
        """A dot after something that is no record."""
        name = attribute.path.rpartition(".")[2]
        if attribute.is_list:
            rest = " . ".join(path.parts[path.spans.index(span) :])
            message = f"`{name}` is a list: a dot cannot choose an element"
            help_ = f"write `{name} with [ {rest} … ]`"
            self.mistake(Code.LIST_CROSSED, message, span, help_=help_)
        else:
            self.mistake(Code.NOTHING_BELOW, f"`{name}` is a {attribute.type}: there is no `{part}` below it", span)

    def _within(self, within: Within, scope: str) -> None:
        attribute = self.resolve(within.subject.path, scope)
        self._amount(within.subject)
        if attribute is None:
            return
        below = join(scope, within.subject.path)
        if attribute.type not in _HOLDERS:
            message = f"`{attribute.path}` is a {attribute.type}: `with` is for lists and records"
            self.mistake(Code.WRONG_TEST, message, within.subject.span)
        elif not self.schema.children(self.entity, below):
            message = f"the elements of `{attribute.path}` have no attributes"
            self.mistake(Code.WRONG_TEST, message, within.subject.span, help_='ask `has ( "value" )` or `len ( )`')
        else:
            for one in (within.where, within.condition):
                if one is not None:
                    self.condition(one, below)

    def _amount(self, subject: Subject) -> None:
        """The number of a count is whole and not negative, that of a share between 0 and 100."""
        match subject.quantifier:
            case Count(_, number, span) if not isinstance(number, int) or number < 0:
                message = f"`{number}` elements cannot be counted: the number is whole and not negative"
                self.mistake(Code.BAD_AMOUNT, message, span)
            case Share(_, percent, span) if not 0 <= percent <= WHOLE:
                message = f"`{percent:f}%` is no share: it lies between 0% and 100%"
                self.mistake(Code.BAD_AMOUNT, message, span)

    def _bare(self, subject: Subject, scope: str) -> None:
        """A property or a function alone."""
        result = self.typed(subject, scope)
        if result is None:
            return
        attribute, kind = result
        self._amount(subject)
        if subject.call is not None and kind is AttributeType.NUMBER:
            self.mistake(Code.WRONG_TEST, "a number is not a condition", subject.span, help_="compare it: `… gt 0`")
        elif kind not in _BARE:
            help_ = "`neq 0` asks whether it ever happened" if kind is AttributeType.DATE else "compare it with a value"
            message = f"`{attribute.path}` is {_article(kind)}: alone it is not a condition"
            self.mistake(Code.WRONG_TEST, message, subject.span, help_=help_)
        elif subject.quantifier is not None and (kind not in _HOLDERS or _asks_of_elements(subject)):
            self.quantified(subject)

    def _operation(
        self, subject: Subject, operator: Operator, span: Span, values: tuple[Operand, ...], scope: str
    ) -> None:
        """A comparison or a set operator."""
        result = self.typed(subject, scope)
        if result is None:
            return
        attribute, kind = result
        holds_records = bool(self.schema.children(self.entity, join(scope, subject.path)))
        if operator not in OPERATORS[kind] or (kind is AttributeType.LIST and holds_records):
            self.wrong_operator(attribute, kind, operator.value, span)
            return
        if subject.quantifier not in (_BEFORE_HAS if operator is Operator.HAS else {None}):
            self.quantified(subject)
        for value in values:
            operands.check_operand(self, value, attribute=attribute, kind=kind, operator=operator, scope=scope)

    def wrong_operator(self, attribute: Attribute, kind: AttributeType, word: str, span: Span) -> None:
        """Record that `word` is no question for this type, and what is."""
        message = f"`{word}` cannot be asked of {_article(kind)}"
        if kind is AttributeType.RECORD:
            names = ", ".join(f"`{name}`" for name in list(self.schema.children(self.entity, attribute.path))[:5])
            help_ = f"`{attribute.path}` holds {names}" if names else ""
        elif kind is AttributeType.LIST:
            has_children = bool(self.schema.children(self.entity, attribute.path))
            help_ = "ask its elements: `with [ … ]`, or its length: `len ( )`" if has_children else 'ask `has ( "…" )`'
        else:
            help_ = "here one can ask " + ", ".join(f"`{one.value}`" for one in Operator if one in OPERATORS[kind])
        self.mistake(Code.WRONG_OPERATOR, message, span, label=f"`{attribute.path}` is {_article(kind)}", help_=help_)

    def quantified(self, subject: Subject) -> None:
        """Record that a quantifier stands where it says nothing."""
        word = subject.quantifier.value if subject.quantifier else ""
        message = f"`{word}` needs a list and `with [ … ]`"
        self.mistake(Code.WRONG_TEST, message, subject.span, help_=f"leave out `{word}`, or say what of its elements")

    def typed(self, subject: Subject, scope: str) -> tuple[Attribute, AttributeType] | None:
        """The attribute a subject is about and the type of what it gives."""
        attribute = self.resolve(subject.path, scope)
        if attribute is None:
            return None
        if subject.call is None:
            return attribute, attribute.type
        return self._called(attribute, subject.call)

    def _called(self, attribute: Attribute, call: Call) -> tuple[Attribute, AttributeType] | None:
        askable, gives = FUNCTIONS[call.function]
        if attribute.type not in askable:
            kinds = " or ".join(sorted(kind.value for kind in askable))
            message = (
                f"`{call.function.value}` is for {kinds} attributes; `{attribute.path}` is {_article(attribute.type)}"
            )
            self.mistake(Code.WRONG_OPERATOR, message, call.span)
            return None
        if call.function in {Function.IS_LATER_THAN, Function.IS_EARLIER_THAN}:
            self.reads_clock = True
        return (attribute, gives) if operands.check_arguments(self, call) else None


def _asks_of_elements(subject: Subject) -> bool:
    """Whether a quantifier says nothing without a condition on the elements."""
    return subject.quantifier is Quantifier.EVERY or isinstance(subject.quantifier, Share)


def _article(kind: AttributeType) -> str:
    return {AttributeType.IP: "an IP address or range"}.get(kind, f"a {kind}")
