"""Names and types: does every property exist, and can every test be asked of it?

All mistakes of a rule are found in one go; a name that is wrong is reported once and nothing is said about what was
done with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules import corrections, operands, phrases, suggest
from rootwarden.rules.diagnostic import Code, Diagnostic, RuleSyntaxError, Span
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

    from rootwarden.rules.diagnostic import Choice, Edit
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
# What may stand alone.
BARE: Final = {AttributeType.BOOLEAN, AttributeType.STRING, AttributeType.LIST, AttributeType.RECORD}
_LENGTH: Final = frozenset({"length", "len", "count", "size"})
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
        found = suggest.entity_named(schema, rule.entity)
        edits = corrections.replaced(rule.entity_span, found.instead) if found.instead else ()
        message = f"there is no entity `{rule.entity}`"
        checker.mistake(Code.UNKNOWN_ENTITY, message, rule.entity_span, help_=found.help, edits=edits)
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
        self.test = Span(0, 0)  # the test being checked, whole

    def mistake(
        self,
        code: Code,
        message: str,
        span: Span,
        *,
        label: str = "",
        help_: str = "",
        edits: tuple[Edit, ...] = (),
        choices: tuple[Choice, ...] = (),
    ) -> None:
        """Record one mistake."""
        self.diagnostics.append(
            Diagnostic(code=code, message=message, span=span, label=label, help=help_, edits=edits, choices=choices)
        )

    def condition(self, condition: Condition, scope: str) -> None:
        """Check a condition about the attributes below `scope`."""
        self.test = condition.span
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

    def resolve(
        self, path: Path, scope: str, *, unknown: Callable[[str, Span], suggest.Suggestion] | None = None
    ) -> Attribute | None:
        """The attribute a property names; `None`, with one mistake recorded, when it names none.

        Args:
            path: As written.
            scope: Where it was written.
            unknown: Makes another suggestion than the usual one from the first name that is wrong, and its place.
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
                found = (
                    unknown(part, span) if unknown else suggest.attribute_named(self.schema, self.entity, walked, part)
                )
                self._no_attribute(found, part, walked, scope, Span(path.span.start, span.end))
                return None
            walked = f"{walked}.{part}" if walked else part
        self.reads.add(walked)
        return attribute

    def _no_attribute(self, found: suggest.Suggestion, name: str, holder: str, scope: str, wrong: Span) -> None:
        """A name that is wrong; `wrong` reaches from the first name of its path to it."""
        span = Span(wrong.end - len(name), wrong.end)
        here, there = self._place(scope), self._place(holder)
        holder = f"{self.entity}.{holder}" if holder else self.entity
        edits = corrections.replaced(span, found.instead) if found.instead else ()
        lines, choices = [found.help], []
        for one in found.elsewhere:
            choice = corrections.elsewhere(
                self.text, self.schema, one, entity=here[0], scope=here[1], wrong=wrong, test=self.test
            )
            choice = choice if here[0] == there[0] else None  # a reference lies between
            lines.append(f"  {choice.title if choice else suggest.reach(self.schema, there[0], one)}")
            choices += [choice] if choice else []
        if len(choices) == 1 and len(found.elsewhere) == 1:
            edits = choices.pop().edits
        message, label = f"`{holder}` has no attribute `{name}`", f"not an attribute of `{holder}`"
        self.mistake(
            Code.UNKNOWN_ATTRIBUTE,
            message,
            span,
            label=label,
            help_="\n".join(lines),
            edits=edits,
            choices=tuple(choices),
        )

    def _place(self, path: str) -> tuple[str, str]:
        """The entity that describes what is at a path, and the path below it."""
        return self.schema.place(self.entity, path) or (self.entity, path)

    def _cannot_enter(self, attribute: Attribute, path: Path, part: str, span: Span) -> None:
        """A dot after something that is no record."""
        name = attribute.path.rpartition(".")[2]
        if attribute.is_list:
            at = path.spans.index(span)
            rest = " . ".join(path.parts[at:])
            message = f"`{name}` is a list: a dot cannot choose an element"
            help_ = f"write `{name} with [ {rest} … ]`"
            asked = self.text[self.test.start : self.test.end].startswith(path.parts[0])
            edits = corrections.entered(self.text, path.spans[at - 1], span, self.test) if asked else ()
            self.mistake(Code.LIST_CROSSED, message, span, help_=help_, edits=edits)
        else:
            before = path.spans[path.spans.index(span) - 1]
            help_, edits = "", ()
            if part.lower() in _LENGTH and attribute.type is AttributeType.STRING and path.spans[-1] == span:
                help_, edits = "write `len ( )`", corrections.replaced(Span(before.end, span.end), " len ( )")
            message = f"`{name}` is a {attribute.type}: there is no `{part}` below it"
            self.mistake(Code.NOTHING_BELOW, message, span, help_=help_, edits=edits)

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
            edits = corrections.inserted(subject.span.end, " gt 0")
            message = "a number is not a condition"
            self.mistake(Code.WRONG_TEST, message, subject.span, help_="compare it: `… gt 0`", edits=edits)
        elif kind not in BARE:
            date = kind is AttributeType.DATE
            help_ = "`neq 0` asks whether it ever happened" if date else "compare it with a value"
            edits = corrections.inserted(subject.span.end, " neq 0") if date else ()
            message = f"`{attribute.path}` is {_article(kind)}: alone it is not a condition"
            self.mistake(Code.WRONG_TEST, message, subject.span, help_=help_, edits=edits)
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
            edits = () if holds_records else corrections.other_operator(kind, operator, span, values)
            self.wrong_operator(attribute, kind, operator.value, span, edits=edits)
            return
        if subject.quantifier not in (_BEFORE_HAS if operator is Operator.HAS else {None}):
            self.quantified(subject)
        for value in values:
            operands.check_operand(self, value, attribute=attribute, kind=kind, operator=operator, scope=scope)

    def wrong_operator(
        self, attribute: Attribute, kind: AttributeType, word: str, span: Span, *, edits: tuple[Edit, ...] = ()
    ) -> None:
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
        label = f"`{attribute.path}` is {_article(kind)}"
        self.mistake(Code.WRONG_OPERATOR, message, span, label=label, help_=help_, edits=edits)

    def quantified(self, subject: Subject) -> None:
        """Record that a quantifier stands where it says nothing."""
        word = subject.quantifier.value if subject.quantifier else ""
        message = f"`{word}` needs a list and `with [ … ]`"
        help_ = f"leave out `{word}`, or say what of its elements"
        edits: tuple[Edit, ...] = ()
        before = Span(subject.span.start, subject.path.span.start)
        if subject.quantifier is Quantifier.NO:
            help_, edits = "write `not`, or say what of its elements", corrections.replaced(before, "not ")
        elif subject.quantifier is Quantifier.SOME:
            edits = corrections.replaced(before, "")
        self.mistake(Code.WRONG_TEST, message, subject.span, help_=help_, edits=edits)

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
