"""Every single change of a sentence that a good set of cases should notice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from rootwarden.rules.naming import join
from rootwarden.rules.phrase_changes import phrase_changes
from rootwarden.rules.printer import print_condition
from rootwarden.rules.quantities import amounts, moved, number
from rootwarden.rules.syntax import (
    And,
    Comparison,
    Condition,
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
    from collections.abc import Iterator

    from rootwarden.rules.schema import Schema
    from rootwarden.rules.syntax import Subject

# Each operator's opposite, and for orders also the one that treats the bound itself differently.
_OTHERS: Final = {
    Operator.EQUAL: (Operator.NOT_EQUAL,),
    Operator.NOT_EQUAL: (Operator.EQUAL,),
    Operator.GREATER: (Operator.GREATER_OR_EQUAL, Operator.LESS_OR_EQUAL),
    Operator.GREATER_OR_EQUAL: (Operator.GREATER, Operator.LESS),
    Operator.LESS: (Operator.LESS_OR_EQUAL, Operator.GREATER_OR_EQUAL),
    Operator.LESS_OR_EQUAL: (Operator.LESS, Operator.GREATER),
    Operator.LIKE: (Operator.NOT_LIKE,),
    Operator.NOT_LIKE: (Operator.LIKE,),
    Operator.IN: (Operator.NOT_IN,),
    Operator.NOT_IN: (Operator.IN,),
}
_OTHER_FUNCTION: Final = {
    Function.IS_PRIVATE: Function.IS_PUBLIC,
    Function.IS_PUBLIC: Function.IS_PRIVATE,
    Function.IS_LATER_THAN: Function.IS_EARLIER_THAN,
    Function.IS_EARLIER_THAN: Function.IS_LATER_THAN,
}
_LISTS_ONLY: Final = frozenset({Quantifier.EVERY})

# Key (same for the same change under other parameters), what it is in words, the changed sentence.
Change: TypeAlias = tuple[str, str, Rule]


class _Changed(msgspec.Struct, frozen=True):
    """A changed condition below the place where the change was made."""

    key: str
    words: str
    condition: Condition


def changes(rule: Rule, schema: Schema) -> Iterator[Change]:
    """Every change of a sentence.

    Args:
        rule: The sentence, parameters filled in, names and types right.
        schema: What it was checked against.

    Yields:
        A key, the change in words and the changed sentence, whose names and types are right too.
    """
    changer = _Changer(schema, rule.entity)
    if rule.where is not None:
        yield "where:drop", f"dropped `where {print_condition(rule.where)}`", replace(rule, where=None)
        for one in changer.condition(rule.where, "", "where"):
            yield one.key, f"{one.words}, in the scope", replace(rule, where=one.condition)
    words = ("should not have", "should have") if rule.negated else ("should have", "should not have")
    yield "should", f"`{words[0]}` becomes `{words[1]}`", replace(rule, negated=not rule.negated)
    for one in changer.condition(rule.check, "", "check"):
        yield one.key, f"{one.words}, in the check", replace(rule, check=one.condition)


class _Changer:
    """Changes conditions of one rule; `scope` is where names are looked up, `at` where the condition stands."""

    def __init__(self, schema: Schema, entity: str) -> None:
        self.schema = schema
        self.entity = entity

    def condition(self, condition: Condition, scope: str, at: str) -> Iterator[_Changed]:
        match condition:
            case And() | Or():
                yield from self._connective(condition, scope, at)
            case Not(inner):
                yield _Changed(f"{at}:not", f"dropped `not` before `{print_condition(inner)}`", inner)
                for one in self.condition(inner, scope, f"{at}.0"):
                    yield replace(one, condition=Not(one.condition, condition.span))
            case Within():
                yield from self._within(condition, scope, at)
            case Test():
                yield from self._test(condition, at)
            case Comparison() | Membership():
                yield from self._operation(condition, at)
            case _:
                for key, words, changed in phrase_changes(condition):
                    yield _Changed(f"{at}:{key}", words, changed)

    def _connective(self, condition: And | Or, scope: str, at: str) -> Iterator[_Changed]:
        parts, span = condition.conditions, condition.span
        other: And | Or = Or(parts, span) if isinstance(condition, And) else And(parts, span)
        words = ("and", "or") if isinstance(condition, And) else ("or", "and")
        yield _Changed(f"{at}:join", f"`{words[0]}` becomes `{words[1]}` in `{print_condition(condition)}`", other)
        for index, part in enumerate(parts):
            rest = (*parts[:index], *parts[index + 1 :])
            kept = rest[0] if len(rest) == 1 else replace(condition, conditions=rest)
            yield _Changed(f"{at}.{index}:drop", f"dropped `{print_condition(part)}`", kept)
            for one in self.condition(part, scope, f"{at}.{index}"):
                whole = (*parts[:index], one.condition, *parts[index + 1 :])
                yield replace(one, condition=replace(condition, conditions=whole))

    def _within(self, within: Within, scope: str, at: str) -> Iterator[_Changed]:
        yield from self._quantifier(within, scope, at)
        below = join(scope, within.subject.path)
        if within.where is not None:
            dropped = f"dropped `where {print_condition(within.where)}` of `{print_condition(within)}`"
            yield _Changed(f"{at}:where", dropped, replace(within, where=None))
            for one in self.condition(within.where, below, f"{at}.where"):
                yield replace(one, condition=replace(within, where=one.condition))
        kept = _without_inner(within)
        if kept is not None:
            dropped = f"dropped `[ {print_condition(within.condition)} ]` of `{print_condition(within)}`"
            yield _Changed(f"{at}:inner", dropped, kept)
        for one in self.condition(within.condition, below, f"{at}.0"):
            yield replace(one, condition=replace(within, condition=one.condition))

    def _quantifier(self, within: Within, scope: str, at: str) -> Iterator[_Changed]:
        """Another quantifier, or a count or share moved and turned."""
        subject, text = within.subject, print_condition(within)
        is_list = self._is_list(subject, scope)
        now = subject.quantifier or Quantifier.SOME
        others: list[tuple[str, Quantifier | Count | Share]]
        if isinstance(now, Quantifier):
            # Of a record, `every` and none differ only where the record is absent; that is no list's question.
            all_ = [one for one in Quantifier if is_list or one not in _LISTS_ONLY]
            others = [(one.value, one) for one in all_ if one is not now]
        else:
            others = list(amounts(now))
        for key, other in others:
            changed = replace(within, subject=replace(subject, quantifier=other))
            yield _Changed(f"{at}:{key}", f"`{now.value}` becomes `{other.value}` in `{text}`", changed)

    def _is_list(self, subject: Subject, scope: str) -> bool:
        attribute = self.schema.attribute(self.entity, join(scope, subject.path))
        return attribute is not None and attribute.is_list

    def _test(self, test: Test, at: str) -> Iterator[_Changed]:
        text = print_condition(test)
        for key, words, subject in _function_changes(test.subject, text):
            yield _Changed(f"{at}:{key}", words, replace(test, subject=subject))
        if isinstance(test.subject.quantifier, Count):
            for key, count in amounts(test.subject.quantifier):
                changed = replace(test, subject=replace(test.subject, quantifier=count))
                yield _Changed(f"{at}:{key}", f"`{text}` becomes `{print_condition(changed)}`", changed)
            return
        opposite: Condition = Not(test, test.span)
        if test.subject.quantifier is Quantifier.NO:
            opposite = replace(test, subject=_unquantified(test.subject))
        yield _Changed(f"{at}:negate", f"`{text}` becomes `{print_condition(opposite)}`", opposite)

    def _operation(self, leaf: Comparison | Membership, at: str) -> Iterator[_Changed]:
        text = print_condition(leaf)
        for operator in _OTHERS.get(leaf.operator, ()):
            words = f"`{leaf.operator.value}` becomes `{operator.value}` in `{text}`"
            yield _Changed(f"{at}:{operator.value}", words, replace(leaf, operator=operator))
        if leaf.operator is Operator.HAS:
            no = leaf.subject.quantifier is Quantifier.NO
            changed = replace(leaf, subject=replace(leaf.subject, quantifier=None if no else Quantifier.NO))
            yield _Changed(f"{at}:has", f"`{text}` becomes `{print_condition(changed)}`", changed)
        for key, words, subject in _function_changes(leaf.subject, text):
            yield _Changed(f"{at}:{key}", words, replace(leaf, subject=subject))
        operands = (leaf.operand,) if isinstance(leaf, Comparison) else leaf.operands
        for key, words, other in moved(operands, text):
            bounded = replace(leaf, operand=other[0]) if isinstance(leaf, Comparison) else replace(leaf, operands=other)
            yield _Changed(f"{at}:{key}", words, bounded)


def _function_changes(subject: Subject, text: str) -> Iterator[tuple[str, str, Subject]]:
    """The function turned, or its number moved."""
    call = subject.call
    if call is None:
        return
    other = _OTHER_FUNCTION.get(call.function)
    if other is not None:
        words = f"`{call.function.value}` becomes `{other.value}` in `{text}`"
        yield other.value, words, replace(subject, call=replace(call, function=other))
    for key, words, arguments in moved(call.arguments, text):
        divides_by_zero = call.function is Function.DIVISIBLE_BY and number(arguments[0]) == 0
        if not divides_by_zero:
            yield f"call:{key}", words, replace(subject, call=replace(call, arguments=arguments))


def _without_inner(within: Within) -> Condition | None:
    """The list without what is asked of its elements, or with nothing but its scope; `None` where that says nothing."""
    subject, where, span = within.subject, within.where, within.span
    if subject.quantifier is Quantifier.EVERY or isinstance(subject.quantifier, Share):
        return None
    if where is not None:
        return replace(within, condition=where, where=None)
    if subject.quantifier is Quantifier.NO:
        return Not(Test(_unquantified(subject), span), span)
    kept = subject if isinstance(subject.quantifier, Count) else _unquantified(subject)
    return Test(kept, span)


def _unquantified(subject: Subject) -> Subject:
    return replace(subject, quantifier=None)
