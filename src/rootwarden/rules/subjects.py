"""What the left of a test gives: the attribute, and its type or that of the function asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.rules.diagnostic import Code
from rootwarden.rules.naming import FUNCTIONS, article
from rootwarden.rules.operands import check_arguments
from rootwarden.rules.syntax import Function

if TYPE_CHECKING:
    from rootwarden.rules.naming import Names
    from rootwarden.rules.schema import Attribute, AttributeType
    from rootwarden.rules.syntax import Call, Subject


def typed(names: Names, subject: Subject, scope: str) -> tuple[Attribute, AttributeType] | None:
    """What a test is about, where that can be asked at all.

    Args:
        names: Where it is looked up, and mistakes are recorded.
        subject: A property, or a function of one.
        scope: Where it was written.

    Returns:
        The attribute and the type of what it, or the function, gives; `None`, with a mistake recorded, where there is
        none.
    """
    attribute = names.resolve(subject.path, scope)
    if attribute is None:
        return None
    if subject.call is None:
        return attribute, attribute.type
    return _called(names, attribute, subject.call)


def _called(names: Names, attribute: Attribute, call: Call) -> tuple[Attribute, AttributeType] | None:
    askable, gives = FUNCTIONS[call.function]
    if attribute.type not in askable:
        kinds = " or ".join(sorted(kind.value for kind in askable))
        message = f"`{call.function.value}` is for {kinds} attributes; `{attribute.path}` is {article(attribute.type)}"
        names.mistake(Code.WRONG_OPERATOR, message, call.span)
        return None
    if call.function in {Function.IS_LATER_THAN, Function.IS_EARLIER_THAN}:
        names.reads_clock = True
    return (attribute, gives) if check_arguments(names, call) else None
