"""What a rule says that its author probably did not mean. No facts are needed; every finding has a page (`pages`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.rules.amount_doubts import amount_doubts
from rootwarden.rules.corrections import apply
from rootwarden.rules.diagnostic import Choice, Code, Diagnostic, Edit, Level, RuleSyntaxError, Span
from rootwarden.rules.impossible import impossible, port_bounds
from rootwarden.rules.lint_collected import not_collected
from rootwarden.rules.lint_names import root_by_name
from rootwarden.rules.lint_words import keyword_case, mixed
from rootwarden.rules.naming import join
from rootwarden.rules.parameters import fill
from rootwarden.rules.parser import MAXIMUM_BYTES, parse, soft_words
from rootwarden.rules.printer import print_path
from rootwarden.rules.schema import ACCOUNT, plural
from rootwarden.rules.syntax import (
    And,
    Bound,
    Comparison,
    Count,
    Function,
    Literal,
    Membership,
    Not,
    Or,
    Quantifier,
    Share,
    Test,
    Within,
)
from rootwarden.rules.tokens import Tokenizer
from rootwarden.rules.typecheck import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rootwarden.rules.parameters import ParameterValue
    from rootwarden.rules.schema import Schema
    from rootwarden.rules.syntax import Condition, Rule, Subject

_ROUNDS: Final = 10


def lint(
    text: str, schema: Schema, *, parameters: Mapping[str, ParameterValue] | None = None
) -> tuple[Diagnostic, ...]:
    """Find everything doubtful about a rule, mistakes of names and types included.

    Args:
        text: The sentence.
        schema: What it may name.
        parameters: Value of each parameter it uses.

    Returns:
        What was found, in order of place.

    Raises:
        RuleSyntaxError: It does not parse.
    """
    rule = fill(parse(text), parameters or {})
    tokens = Tokenizer(text).tokens
    soft = soft_words(text)
    found = [*mixed(tokens, soft), *keyword_case(tokens, soft), *_Walker(schema, rule, text).findings()]
    found += not_collected(rule, schema)
    try:
        check(rule, schema, text)
    except RuleSyntaxError as error:
        explained = {one.span for one in found if one.code is Code.VALUE_CASE}
        found += [one for one in error.diagnostics if one.span not in explained]
    return tuple(sorted(found, key=lambda one: (one.span, one.code)))


def fixed(text: str, schema: Schema, *, parameters: Mapping[str, ParameterValue] | None = None) -> str:
    """The rule with every edit its doubts offer applied; mistakes are left to `rootwarden.rules.mend`.

    Raises:
        RuleSyntaxError: It does not parse.
    """
    for _ in range(_ROUNDS):
        doubts = (one for one in lint(text, schema, parameters=parameters) if one.code.is_doubt)
        edited = apply(text, doubts)
        if edited == text or len(edited.encode("utf-8", errors="replace")) > MAXIMUM_BYTES:
            break
        text = edited
    return text


class _Walker:
    """Walks one rule.

    `negative` in its methods says whether a place is under an odd number of negations; `None` where that cannot be
    told, or does not matter.
    """

    def __init__(self, schema: Schema, rule: Rule, text: str) -> None:
        self.schema = schema
        self.rule = rule
        self.text = text

    def findings(self) -> Iterator[Diagnostic]:
        rule = self.rule
        if rule.where is not None:
            reason = impossible(rule.where)
            if reason:
                message = f"no `{rule.entity}` is ever in scope: {reason}"
                yield _warning(Code.EMPTY_SCOPE, message, rule.where.span, help_="look at what `where` asks for")
            else:
                yield from self._condition(rule.where, "", None)
        yield from self._condition(rule.check, "", rule.negated)
        has_one = not self.schema.has_entity(rule.entity) or self.schema.is_single(rule.entity)
        if not rule.negated and not has_one:
            yield self._nothing_to_judge()

    def _condition(self, condition: Condition, scope: str, negative: bool | None) -> Iterator[Diagnostic]:
        """Findings in a condition; `negative` is `None` in the scope of the rule."""
        yield from _decided(condition)
        match condition:
            case And(conditions) | Or(conditions):
                for one in conditions:
                    guarded = isinstance(condition, And) and _asks_for_elements(one, conditions)
                    yield from self._condition(one, scope, None if guarded else negative)
                if isinstance(condition, And):
                    yield from port_bounds(condition)
            case Not(inner):
                yield from self._condition(inner, scope, None if negative is None else not negative)
            case Within():
                yield from self._within(condition, scope, negative)
            case Comparison() | Membership():
                yield from self._values(condition, scope)
                if not scope and self.rule.entity == "IAMUser":
                    yield from root_by_name(condition)
            case Test():
                yield from amount_doubts(condition, is_list=True)

    def _within(self, within: Within, scope: str, negative: bool | None) -> Iterator[Diagnostic]:
        subject = within.subject
        path = join(scope, subject.path)
        attribute = self.schema.attribute(self.rule.entity, path)
        is_list = attribute is not None and attribute.is_list
        name = print_path(subject.path)
        if is_list and subject.quantifier is Quantifier.EVERY and negative is True:
            yield _warning(
                Code.EVERY_UNDER_NOT,
                f"`every` of an empty `{name}` is true, and under `not` that is a fail",
                subject.span,
                help_=f"ask for elements too: `( every {name} with [ … ] and {name} len ( ) gt 0 )`",
                edits=(_insert(within.span.start, "( "), _insert(within.span.end, f" and {name} len ( ) gt 0 )")),
            )
        if is_list and subject.quantifier is None and negative is False:
            yield _warning(
                Code.IMPLICIT_ONE,
                f"one element of `{name}` is enough to pass",
                subject.span,
                help_=f"write `atleast one {name}` if that is meant, `every {name}` if not",
                edits=(_insert(subject.span.start, "atleast one "),),
                choices=(Choice(f"write `every {name}`", (_insert(subject.span.start, "every "),)),),
            )
        yield from amount_doubts(within, is_list=is_list)
        if within.where is not None:
            yield from self._condition(within.where, path, None)
        yield from self._condition(within.condition, path, _inner(subject, negative))

    def _values(self, condition: Comparison | Membership, scope: str) -> Iterator[Diagnostic]:
        """Strings that are a value of the attribute but for letter case."""
        attribute = self.schema.attribute(self.rule.entity, join(scope, condition.subject.path))
        if attribute is None or condition.subject.call is not None:
            return
        operands = (condition.operand,) if isinstance(condition, Comparison) else condition.operands
        for one in operands:
            if not isinstance(one, Literal) or not isinstance(one.value, str) or one.value in attribute.values:
                continue
            meant = next((value for value in attribute.values if value.lower() == one.value.lower()), "")
            if meant and self.text[one.span.start : one.span.end][:1] in {'"', "“"}:
                yield Diagnostic(
                    code=Code.VALUE_CASE,
                    message=f"`{attribute.path}` is never `{one.value}`: letter case counts",
                    span=one.span,
                    help=f'write `"{meant}"`',
                    edits=(Edit(one.span, f'"{meant}"'),),
                )

    def _nothing_to_judge(self) -> Diagnostic:
        entity = self.rule.entity
        return Diagnostic(
            code=Code.NOTHING_TO_JUDGE,
            level=Level.NOTE,
            message=f"where there is no `{entity}` at all this rule fails nobody",
            span=self.rule.entity_span,
            help=f"if there must be one, ask the account: `{ACCOUNT} should have atleast one {plural(entity)} …`",
        )


def _decided(condition: Condition) -> Iterator[Diagnostic]:
    """`and` that is never true, `or` that is never false."""
    if isinstance(condition, And) and (reason := impossible(condition)):
        yield _warning(Code.NEVER_TRUE, f"this is never true: {reason}", condition.span)
    if isinstance(condition, Or) and (reason := impossible(Not(condition, condition.span))):
        yield _warning(Code.NEVER_FALSE, f"this is never false: its opposite asks that {reason}", condition.span)


def _inner(subject: Subject, negative: bool | None) -> bool | None:
    """Whether what is asked of the elements is negated; `None` for a share, and for any count but `atleast`."""
    if negative is None or isinstance(subject.quantifier, Share):
        return None
    if isinstance(subject.quantifier, Count):
        return negative if subject.quantifier.bound is Bound.AT_LEAST else None
    return not negative if subject.quantifier is Quantifier.NO else negative


def _asks_for_elements(condition: Condition, beside: tuple[Condition, ...]) -> bool:
    """Whether a part of `and` is an `every` whose list a neighbour asks to have elements."""
    if not isinstance(condition, Within) or condition.subject.quantifier is not Quantifier.EVERY:
        return False
    parts = condition.subject.path.parts
    return any(
        isinstance(one, Test | Comparison | Within)
        and one.subject.path.parts == parts
        and (
            (isinstance(one, Test) and one.subject.call is None and one.subject.quantifier is not Quantifier.NO)
            or (one.subject.call is not None and one.subject.call.function is Function.LENGTH)
            or (isinstance(one, Within) and one.subject.quantifier in {None, Quantifier.SOME})
        )
        for one in beside
    )


def _insert(place: int, text: str) -> Edit:
    return Edit(Span(place, place), text)


def _warning(
    code: Code,
    message: str,
    span: Span,
    *,
    help_: str = "",
    edits: tuple[Edit, ...] = (),
    choices: tuple[Choice, ...] = (),
) -> Diagnostic:
    return Diagnostic(
        code=code, level=Level.WARNING, message=message, span=span, help=help_, edits=edits, choices=choices
    )
