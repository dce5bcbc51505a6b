"""Checks of the tests that begin with a word of their own: `never`, `within last`, `between`, `overlaps`, …"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rootwarden.rules import corrections, operands
from rootwarden.rules.diagnostic import Code, quoted
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.syntax import (
    AddressOverlap,
    Between,
    Catches,
    Elapsed,
    Literal,
    Never,
    Operator,
    Path,
    PolicyTest,
    RangeOverlap,
    Verb,
)
from rootwarden.rules.words import closest

if TYPE_CHECKING:
    from rootwarden.rules.schema import Attribute
    from rootwarden.rules.syntax import Leaf, Operand, Subject
    from rootwarden.rules.typecheck import Checker

_DATES: Final = frozenset({AttributeType.DATE})
_NUMBERS: Final = frozenset({AttributeType.NUMBER, AttributeType.DATE})
# Actions and their patterns; a service is named or `*`, parts of one cannot be left open.
_ACTION: Final = re.compile(r"\*|\*:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE: Final = re.compile(r"\*|arn:\S+")
_OF_STATEMENTS: Final = (
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Conditions",
    "Principal",
    "NotPrincipal",
)


def check_phrase(checker: Checker, leaf: Leaf, scope: str) -> None:
    """Check one such test.

    Args:
        checker: Where mistakes and what is read are recorded.
        leaf: The test.
        scope: Where its properties are looked up.
    """
    match leaf:
        case Never(subject):
            _left(checker, subject, scope, "never", _DATES)
        case Elapsed():
            _elapsed(checker, leaf, scope)
        case Between():
            _between(checker, leaf, scope)
        case RangeOverlap():
            _range_overlap(checker, leaf, scope)
        case AddressOverlap():
            _address_overlap(checker, leaf, scope)
        case Catches():
            _catches(checker, leaf, scope)
        case PolicyTest():
            _policy_test(checker, leaf, scope)


def _left(
    checker: Checker, subject: Subject, scope: str, word: str, kinds: frozenset[AttributeType]
) -> tuple[Attribute, AttributeType] | None:
    """What stands on the left and its type, if `word` can be asked of it."""
    typed = checker.typed(subject, scope)
    if typed is None:
        return None
    attribute, kind = typed
    if kind not in kinds:
        checker.wrong_operator(attribute, kind, word, subject.span)
        return None
    if subject.quantifier is not None:
        checker.quantified(subject)
        return None
    return typed


def _elapsed(checker: Checker, elapsed: Elapsed, scope: str) -> None:
    _left(checker, elapsed.subject, scope, elapsed.age.value, _DATES)
    checker.reads_clock = True
    match elapsed.amount:
        case Path(parts=(name, *_)):
            message = f"there is no parameter `{name}`"
            checker.mistake(
                Code.UNKNOWN_PARAMETER, message, elapsed.amount.span, help_="parameters are set in the rule's file"
            )
        case Literal(value=bool() | str(), span=span):
            checker.mistake(Code.WRONG_OPERAND, f"`{elapsed.age.value}` takes a number of {elapsed.unit}", span)
        case Literal(value=int() | float() as number, span=span) if number < 0:
            message = f"`{number}` {elapsed.unit} is no stretch of time: the number is not negative"
            help_, edits = (
                f"write `{elapsed.age.value} {-number} …`",
                corrections.value(checker.text, span, str(-number)),
            )
            checker.mistake(Code.WRONG_WAY_ROUND, message, span, help_=help_, edits=edits)


def _between(checker: Checker, between: Between, scope: str) -> None:
    left = _left(checker, between.subject, scope, "between", _NUMBERS)
    if left is not None:
        attribute, kind = left
        _bounds(checker, (between.low, between.high), attribute, kind, scope)


def _range_overlap(checker: Checker, overlap: RangeOverlap, scope: str) -> None:
    left = _left(checker, overlap.subject, scope, "overlaps", frozenset({AttributeType.NUMBER}))
    last = checker.resolve(overlap.last, scope)
    if last is not None and last.type is not AttributeType.NUMBER:
        checker.wrong_operator(last, last.type, "overlaps", overlap.last.span)
    if left is not None:
        attribute, kind = left
        _bounds(checker, (overlap.low, overlap.high), attribute, kind, scope)


def _bounds(
    checker: Checker, bounds: tuple[Operand, Operand], attribute: Attribute, kind: AttributeType, scope: str
) -> None:
    """Two bounds of the type on the left, the lower one first."""
    operator = Operator.GREATER_OR_EQUAL
    for one in bounds:
        operands.check_operand(checker, one, attribute=attribute, kind=kind, operator=operator, scope=scope)
    match bounds:
        case (Literal(value=bool()), _) | (_, Literal(value=bool())):
            return
        case (Literal(value=int() | float() as low), Literal(value=int() | float() as high)) if low > high:
            message = f"nothing lies between `{low}` and `{high}`: the lower bound comes first"
            first, last = bounds[0].span, bounds[1].span
            edits = corrections.exchanged(checker.text, first, last)
            help_ = f"write `{high}` before `{low}`"
            checker.mistake(Code.WRONG_WAY_ROUND, message, first.to(last), help_=help_, edits=edits)


def _address_overlap(checker: Checker, overlap: AddressOverlap, scope: str) -> None:
    subject = overlap.subject
    typed = checker.typed(subject, scope)
    if typed is not None and typed[1] is AttributeType.NUMBER:
        name = typed[0].path.rpartition(".")[2]
        message = f"`{name}` is a number, and one number is no range"
        help_ = f"name both ends: `{name} to … overlaps ( first, last )`"
        checker.mistake(Code.WRONG_OPERATOR, message, subject.span, help_=help_)
        return
    left = _left(checker, subject, scope, "overlaps", frozenset({AttributeType.IP}))
    if left is None:
        return
    attribute, kind = left
    for one in overlap.operands:
        operands.check_operand(checker, one, attribute=attribute, kind=kind, operator=Operator.EQUAL, scope=scope)


def _catches(checker: Checker, catches: Catches, scope: str) -> None:
    _left(checker, catches.subject, scope, "catches", frozenset({AttributeType.STRING}))
    known = checker.schema.sample_sets
    for one in catches.sets:
        name = str(one.value)
        if name not in known:
            meant = closest(name, known)
            listed = ", ".join(f'`"{each}"`' for each in sorted(known)) or "none"
            help_ = f'did you mean `"{meant}"`?' if meant else f"the sets are {listed}"
            message = f"there is no set of sample events {quoted(name)}"
            edits = corrections.value(checker.text, one.span, f'"{meant}"') if meant else ()
            checker.mistake(Code.UNKNOWN_SAMPLE_SET, message, one.span, help_=help_, edits=edits)


def _policy_test(checker: Checker, test: PolicyTest, scope: str) -> None:
    attribute = checker.resolve(test.subject.path, scope)
    if attribute is not None:
        _statements(checker, test, attribute, scope)
    if test.for_root and test.verb is not Verb.DENIES:
        message = "`for root` is asked of `denies` only"
        help_ = "nothing has to be allowed to the root user; write it without `for root`"
        checker.mistake(Code.WRONG_TEST, message, test.verb_span, help_=help_)
    _permission(checker, test.action, _ACTION, "an action", '`"iam:CreateAccessKey"`, `"s3:*"` or `"*"`')
    if test.resource is not None:
        _permission(checker, test.resource, _RESOURCE, "a resource", '`"arn:aws:s3:::logs/*"` or `"*"`')


def _statements(checker: Checker, test: PolicyTest, attribute: Attribute, scope: str) -> None:
    """The left is a list of policy statements; of those, everything is read."""
    path = f"{scope}.{test.subject.path.dotted}" if scope else test.subject.path.dotted
    children = checker.schema.children(checker.entity, path)
    if not attribute.is_list or not {"Effect", "Action"} <= set(children) or test.subject.call is not None:
        message = f"`{attribute.path}` is no list of policy statements"
        help_ = "ask it of a list whose elements have `Effect` and `Action`, such as `Statements`"
        checker.mistake(Code.WRONG_OPERATOR, message, test.subject.span, help_=help_)
        return
    if test.subject.quantifier is not None:
        checker.quantified(test.subject)
    for name in _OF_STATEMENTS:
        if name in children:
            below = checker.schema.children(checker.entity, f"{path}.{name}")
            checker.reads |= {f"{path}.{name}", *(f"{path}.{name}.{one}" for one in below)}


def _permission(checker: Checker, literal: Literal, form: re.Pattern[str], what: str, examples: str) -> None:
    if form.fullmatch(str(literal.value)) is None:
        message = f"{quoted(str(literal.value))} is not {what}"
        checker.mistake(Code.BAD_PERMISSION, message, literal.span, help_=f"write {examples}")
