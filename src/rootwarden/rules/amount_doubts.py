"""Counts and shares that hold of every list, or of none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.rules.diagnostic import Code, Diagnostic, Level
from rootwarden.rules.syntax import Bound, Count, Share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.syntax import Test, Within

_WHOLE = 100  # percent


def amount_doubts(condition: Within | Test, *, is_list: bool) -> Iterator[Diagnostic]:
    """What is doubtful about the count or share before a list.

    Args:
        condition: The test.
        is_list: Whether it is about a list; a record counts as one element.
    """
    quantifier = condition.subject.quantifier
    if not isinstance(quantifier, Count | Share):
        return
    words = quantifier.value
    message, code = "", Code.NEVER_FALSE
    match quantifier:
        case Count(Bound.AT_LEAST, 0):
            message = f"this is never false: every list has `{words}` elements"
        case Share(Bound.AT_LEAST, percent) if percent == 0:
            message = f"this is never false: every share is `{words}`"
        case Share(Bound.AT_MOST, percent) if percent == _WHOLE:
            message = f"this is never false: every share is `{words}`"
        case Count(Bound.AT_LEAST | Bound.EXACTLY, number) if number > 1 and not is_list:
            message, code = f"this is never true: a record counts as one element, never as `{number}`", Code.NEVER_TRUE
        case Count(Bound.AT_MOST, number) if number > 0 and not is_list:
            message = "this is never false: a record counts as one element"
    if message:
        yield Diagnostic(code=code, level=Level.WARNING, message=message, span=quantifier.span)
