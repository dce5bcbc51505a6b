"""Checks of the tests that begin with a word of their own: `never`, `within last`, `between`, `overlaps`, …"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rootwarden.rules import corrections, operands
from rootwarden.rules.diagnostic import Code, quoted
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.subjects import typed
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
    from rootwarden.rules.naming import Names
    from rootwarden.rules.schema import Attribute
    from rootwarden.rules.syntax import Leaf, Operand, Subject

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


def check_phrase(names: Names, leaf: Leaf, scope: str) -> None:
    """Check one such test.

    Args:
        names: Where mistakes and what is read are recorded.
        leaf: The test.
        scope: Where its properties are looked up.
    """
    match leaf:
        case Never(subject):
            _left(names, subject, scope, "never", _DATES)
        case Elapsed():
            _elapsed(names, leaf, scope)
        case Between():
            _between(names, leaf, scope)
        case RangeOverlap():
            _range_overlap(names, leaf, scope)
        case AddressOverlap():
            _address_overlap(names, leaf, scope)
        case Catches():
            _catches(names, leaf, scope)
        case PolicyTest():
            _policy_test(names, leaf, scope)


def _left(
    names: Names, subject: Subject, scope: str, word: str, kinds: frozenset[AttributeType]
) -> tuple[Attribute, AttributeType] | None:
    """What stands on the left and its type, if `word` can be asked of it."""
    found = typed(names, subject, scope)
    if found is None:
        return None
    attribute, kind = found
    if kind not in kinds:
        names.wrong_operator(attribute, kind, word, subject.span)
        return None
    if subject.quantifier is not None:
        names.quantified(subject)
        return None
    return found


def _elapsed(names: Names, elapsed: Elapsed, scope: str) -> None:
    _left(names, elapsed.subject, scope, elapsed.age.value, _DATES)
    names.reads_clock = True
    match elapsed.amount:
        case Path(parts=(name, *_)):
            message = f"there is no parameter `{name}`"
            names.mistake(
                Code.UNKNOWN_PARAMETER, message, elapsed.amount.span, help_="parameters are set in the rule's file"
            )
        case Literal(value=bool() | str(), span=span):
            names.mistake(Code.WRONG_OPERAND, f"`{elapsed.age.value}` takes a number of {elapsed.unit}", span)
        case Literal(value=int() | float() as number, span=span) if number < 0:
            message = f"`{number}` {elapsed.unit} is no stretch of time: the number is not negative"
            help_, edits = (
                f"write `{elapsed.age.value} {-number} …`",
                corrections.value(names.text, span, str(-number)),
            )
            names.mistake(Code.WRONG_WAY_ROUND, message, span, help_=help_, edits=edits)


def _between(names: Names, between: Between, scope: str) -> None:
    left = _left(names, between.subject, scope, "between", _NUMBERS)
    if left is not None:
        attribute, kind = left
        _bounds(names, (between.low, between.high), attribute, kind, scope)


def _range_overlap(names: Names, overlap: RangeOverlap, scope: str) -> None:
    left = _left(names, overlap.subject, scope, "overlaps", frozenset({AttributeType.NUMBER}))
    last = names.resolve(overlap.last, scope)
    if last is not None and last.type is not AttributeType.NUMBER:
        names.wrong_operator(last, last.type, "overlaps", overlap.last.span)
    if left is not None:
        attribute, kind = left
        _bounds(names, (overlap.low, overlap.high), attribute, kind, scope)


def _bounds(
    names: Names, bounds: tuple[Operand, Operand], attribute: Attribute, kind: AttributeType, scope: str
) -> None:
    """Two bounds of the type on the left, the lower one first."""
    operator = Operator.GREATER_OR_EQUAL
    for one in bounds:
        operands.check_operand(names, one, attribute=attribute, kind=kind, operator=operator, scope=scope)
    match bounds:
        case (Literal(value=bool()), _) | (_, Literal(value=bool())):
            return
        case (Literal(value=int() | float() as low), Literal(value=int() | float() as high)) if low > high:
            message = f"nothing lies between `{low}` and `{high}`: the lower bound comes first"
            first, last = bounds[0].span, bounds[1].span
            edits = corrections.exchanged(names.text, first, last)
            help_ = f"write `{high}` before `{low}`"
            names.mistake(Code.WRONG_WAY_ROUND, message, first.to(last), help_=help_, edits=edits)


def _address_overlap(names: Names, overlap: AddressOverlap, scope: str) -> None:
    subject = overlap.subject
    found = typed(names, subject, scope)
    if found is not None and found[1] is AttributeType.NUMBER:
        name = found[0].path.rpartition(".")[2]
        message = f"`{name}` is a number, and one number is no range"
        help_ = f"name both ends: `{name} to … overlaps ( first, last )`"
        names.mistake(Code.WRONG_OPERATOR, message, subject.span, help_=help_)
        return
    left = _left(names, subject, scope, "overlaps", frozenset({AttributeType.IP}))
    if left is None:
        return
    attribute, kind = left
    for one in overlap.operands:
        operands.check_operand(names, one, attribute=attribute, kind=kind, operator=Operator.EQUAL, scope=scope)


def _catches(names: Names, catches: Catches, scope: str) -> None:
    _left(names, catches.subject, scope, "catches", frozenset({AttributeType.STRING}))
    known = names.schema.sample_sets
    for one in catches.sets:
        name = str(one.value)
        if name not in known:
            meant = closest(name, known)
            listed = ", ".join(f'`"{each}"`' for each in sorted(known)) or "none"
            help_ = f'did you mean `"{meant}"`?' if meant else f"the sets are {listed}"
            message = f"there is no set of sample events {quoted(name)}"
            edits = corrections.value(names.text, one.span, f'"{meant}"') if meant else ()
            names.mistake(Code.UNKNOWN_SAMPLE_SET, message, one.span, help_=help_, edits=edits)


def _policy_test(names: Names, test: PolicyTest, scope: str) -> None:
    attribute = names.resolve(test.subject.path, scope)
    if attribute is not None:
        _statements(names, test, attribute, scope)
    if test.for_root and test.verb is not Verb.DENIES:
        message = "`for root` is asked of `denies` only"
        help_ = "nothing has to be allowed to the root user; write it without `for root`"
        names.mistake(Code.WRONG_TEST, message, test.verb_span, help_=help_)
    _permission(names, test.action, _ACTION, "an action", '`"iam:CreateAccessKey"`, `"s3:*"` or `"*"`')
    if test.resource is not None:
        _permission(names, test.resource, _RESOURCE, "a resource", '`"arn:aws:s3:::logs/*"` or `"*"`')


def _statements(names: Names, test: PolicyTest, attribute: Attribute, scope: str) -> None:
    """The left is a list of policy statements; of those, everything is read."""
    path = f"{scope}.{test.subject.path.dotted}" if scope else test.subject.path.dotted
    children = names.schema.children(names.entity, path)
    if not attribute.is_list or not {"Effect", "Action"} <= set(children) or test.subject.call is not None:
        message = f"`{attribute.path}` is no list of policy statements"
        help_ = "ask it of a list whose elements have `Effect` and `Action`, such as `Statements`"
        names.mistake(Code.WRONG_OPERATOR, message, test.subject.span, help_=help_)
        return
    if test.subject.quantifier is not None:
        names.quantified(test.subject)
    for name in _OF_STATEMENTS:
        if name in children:
            below = names.schema.children(names.entity, f"{path}.{name}")
            names.reads |= {f"{path}.{name}", *(f"{path}.{name}.{one}" for one in below)}


def _permission(names: Names, literal: Literal, form: re.Pattern[str], what: str, examples: str) -> None:
    if form.fullmatch(str(literal.value)) is None:
        message = f"{quoted(str(literal.value))} is not {what}"
        names.mistake(Code.BAD_PERMISSION, message, literal.span, help_=f"write {examples}")
