"""The edits that put a mistake right. A mistake gets one only where what was meant is plain; the text decides where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rootwarden.rules.diagnostic import Choice, Edit, Span, printable
from rootwarden.rules.schema_types import AttributeType
from rootwarden.rules.syntax import Operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rootwarden.rules.diagnostic import Diagnostic
    from rootwarden.rules.schema import Attribute, Schema
    from rootwarden.rules.syntax import Operand

# A value as it is written; where a parameter was filled in, the text has a name instead.
_WRITTEN: Final = re.compile(r'["“].*|-?[0-9].*|true|false', re.IGNORECASE | re.DOTALL)
_SHOWN: Final = 100


def apply(text: str, findings: Iterable[Diagnostic]) -> str:
    """The text after the edits of the findings; of two findings that touch the same place the first counts."""
    taken: list[Edit] = []
    for finding in findings:
        if all(_apart(one, other) for one in finding.edits for other in taken):
            taken += finding.edits
    return edited(text, taken)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not touch each other."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def replaced(span: Span, text: str) -> tuple[Edit, ...]:
    """One edit that puts `text` in the place of `span`."""
    return (Edit(span, text),)


def inserted(place: int, text: str) -> tuple[Edit, ...]:
    """One edit that puts `text` before the character at `place`."""
    return (Edit(Span(place, place), text),)


def word(text: str, span: Span, instead: str) -> tuple[Edit, ...]:
    """A word in the place of `span`, with a blank to each side that something else touches."""
    before = text[span.start - 1 : span.start]
    after = text[span.end : span.end + 1]
    left = " " if before and not before.isspace() and before not in "([" else ""
    right = " " if after and not after.isspace() and after not in ")]" else ""
    return replaced(span, f"{left}{instead}{right}")


def value(text: str, span: Span, instead: str) -> tuple[Edit, ...]:
    """Another value, if there is a value at `span` and not the name of a parameter."""
    return replaced(span, instead) if _WRITTEN.fullmatch(text[span.start : span.end]) else ()


def exchanged(text: str, first: Span, last: Span) -> tuple[Edit, ...]:
    """Two values in each other's place, if both are written there."""
    written = text[first.start : first.end], text[last.start : last.end]
    if not all(_WRITTEN.fullmatch(one) for one in written):
        return ()
    return (Edit(first, written[1]), Edit(last, written[0]))


def removed(text: str, span: Span) -> tuple[Edit, ...]:
    """Take out a word and the blanks behind it."""
    end = span.end
    while text[end : end + 1].isspace():
        end += 1
    return replaced(Span(span.start, end), "")


def entered(text: str, before: Span, after: Span, test: Span) -> tuple[Edit, ...]:
    """`AccessKey . Active eq true` as `AccessKey with [ Active eq true ]`.

    Args:
        text: The rule.
        before: The name of the list.
        after: The name behind the dot.
        test: The whole test, which ends where the brackets must close.
    """
    if not before.end <= after.start < test.end or "#" in text[before.end : after.start]:
        return ()
    return (Edit(Span(before.end, after.start), " with [ "), *inserted(test.end, " ]"))


def other_operator(kind: AttributeType, operator: Operator, span: Span, values: Sequence[Operand]) -> tuple[Edit, ...]:
    """`Labels eq "x"` as `Labels has ( "x" )`, `Name has ( "x" )` as `Name in ( "x" )`; nothing for other mix-ups.

    Args:
        kind: Of the property that is asked.
        operator: What was asked.
        span: Where it stands.
        values: What stands on its right.
    """
    if kind is not AttributeType.LIST:
        return replaced(span, "in") if operator is Operator.HAS and kind is not AttributeType.RECORD else ()
    if operator is Operator.IN:
        return replaced(span, "has")
    if operator is not Operator.EQUAL:
        return ()
    place = values[0].span
    return (*replaced(span, "has ("), *inserted(place.start, " "), *inserted(place.end, " )"))


def elsewhere(
    text: str, schema: Schema, attribute: Attribute, *, entity: str, scope: str, wrong: Span, test: Span
) -> Choice | None:
    """The same test asked of an attribute of this name in another place; `None` where it cannot be reached from here.

    Args:
        text: The rule.
        schema: What there is.
        attribute: The attribute that was probably meant.
        entity: What the rule is about.
        scope: Where the test stands: dotted path of the list or record round it, or empty.
        wrong: What was written, from the first name to the wrong one.
        test: The whole test.
    """
    if scope and not attribute.path.startswith(f"{scope}."):
        return None
    opening, closing = way(schema, entity, attribute.path, scope)
    if not closing:
        return Choice(opening, replaced(wrong, opening))
    if wrong.start != test.start or wrong.end > test.end:
        return None
    rest = " ".join(text[wrong.end : test.end].split())
    title = printable(f"{opening} {rest}".rstrip() + closing)
    shown = title if len(title) <= _SHOWN else f"{opening} …{closing}"
    return Choice(shown, (*replaced(wrong, opening), *inserted(test.end, closing)))


def way(schema: Schema, entity: str, path: str, scope: str = "") -> tuple[str, str]:
    """How a rule gets from `scope` to a path: `AccessKey with [ Active` and what closes it, ` ]`."""
    walked, text, joint, closing = scope, "", "", ""
    for part in path.removeprefix(f"{scope}." if scope else "").split("."):
        walked = f"{walked}.{part}" if walked else part
        text += joint + part
        here = schema.attribute(entity, walked)
        enters = here is not None and here.is_list and walked != path
        joint = " with [ " if enters else " . "
        closing += " ]" if enters else ""
    return text, closing


def _apart(one: Edit, other: Edit) -> bool:
    return one.span.end < other.span.start or other.span.end < one.span.start
