"""The values in a rule: do they fit the attribute, is the pattern sound, is the address a range, is the unit known?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.rules import corrections, instants, suggest
from rootwarden.rules.diagnostic import Code, Span, quoted
from rootwarden.rules.patterns import PatternError, searcher
from rootwarden.rules.schema import AttributeType
from rootwarden.rules.syntax import Address, Function, Literal, MinusName, Operator, Path
from rootwarden.rules.words import closest

if TYPE_CHECKING:
    from rootwarden.rules.diagnostic import Edit
    from rootwarden.rules.naming import Names
    from rootwarden.rules.schema import Attribute
    from rootwarden.rules.syntax import Call, Operand

_NUMERIC: Final = {AttributeType.NUMBER, AttributeType.DATE}
_EXPECTED: Final = {
    AttributeType.BOOLEAN: "`true` or `false`",
    AttributeType.STRING: "a string in double quotes",
    AttributeType.NUMBER: "a number",
    AttributeType.DATE: "epoch seconds, `0` for never",
    AttributeType.IP: "an address or range such as `10.0.0.0/8`",
}


def check_operand(
    names: Names, operand: Operand, *, attribute: Attribute, kind: AttributeType, operator: Operator, scope: str
) -> None:
    """Check one value against what stands on its left.

    Args:
        names: Where mistakes are recorded.
        operand: The value as written.
        attribute: The attribute on the left.
        kind: The type of what is on the left: the attribute's, or its function's.
        operator: What is asked.
        scope: Where a property on the right is looked up.
    """
    match operand:
        case MinusName(name, span):
            message = f"there is no parameter `{name}`"
            names.mistake(Code.UNKNOWN_PARAMETER, message, span, help_="parameters are set in the rule's file")
        case Path() if kind is AttributeType.BOOLEAN and attribute.type is not kind:
            names.mistake(Code.WRONG_OPERAND, "a function is compared with `true` or `false`", operand.span)
        case Path():
            _check_property(names, operand, kind=kind, operator=operator, scope=scope)
        case Address(text, span):
            if kind is AttributeType.IP:
                _check_address(names, text, span)
            else:
                fits = kind in {AttributeType.STRING, AttributeType.LIST}
                help_ = "put it in double quotes" if fits else ""
                edits = corrections.value(names.text, span, f'"{text}"') if fits else ()
                _wrong(names, (attribute, kind), f"`{text}`", span, help_=help_, edits=edits)
        case Literal():
            _check_literal(names, operand, attribute=attribute, kind=kind, operator=operator)


def check_arguments(names: Names, call: Call) -> bool:
    """Check a function's arguments; false, with a mistake recorded, when they are wrong."""
    before = len(names.diagnostics)
    if call.function in {Function.IS_LATER_THAN, Function.IS_EARLIER_THAN}:
        _check_time(names, call)
    elif call.function is Function.DIVISIBLE_BY:
        numbers = [one for one in call.arguments if _number(one)]
        if len(call.arguments) != 1 or len(numbers) != 1:
            _wrong_arguments(names, call, "takes one number that is not 0", "write `divisibleby ( 2 )`")
    elif call.arguments:
        right = f"{call.function.value} ( )"
        edits = corrections.replaced(call.span, right)
        _wrong_arguments(names, call, "takes nothing in its parentheses", f"write `{right}`", edits=edits)
    return len(names.diagnostics) == before


def _check_property(names: Names, path: Path, *, kind: AttributeType, operator: Operator, scope: str) -> None:
    """A property on the right-hand side."""

    def suggestion(name: str, _: Span) -> suggest.Suggestion:
        if len(path.parts) == 1 and kind is AttributeType.STRING:
            return suggest.Suggestion(f'a string stands in double quotes: `"{name}"`', f'"{name}"')
        return suggest.attribute_named(names.schema, names.entity, scope, name)

    other = names.resolve(path, scope, unknown=suggestion)
    if other is None:
        return
    if operator in {Operator.LIKE, Operator.NOT_LIKE, Operator.HAS}:
        names.mistake(Code.WRONG_OPERAND, f"`{operator.value}` takes strings, not a property", path.span)
    elif other.type is not kind and not {other.type, kind} <= _NUMERIC:
        message = f"`{other.path}` is a {other.type}, compared with a {kind}"
        names.mistake(Code.WRONG_OPERAND, message, path.span)


def _check_literal(
    names: Names, literal: Literal, *, attribute: Attribute, kind: AttributeType, operator: Operator
) -> None:
    value, span = literal.value, literal.span
    if kind is AttributeType.LIST:
        return
    if kind is AttributeType.IP and isinstance(value, str):
        _check_address(names, value, span)
    elif not _fits(value, kind):
        help_, instead = _other_type(value, kind, names.text[span.start : span.end])
        edits = corrections.value(names.text, span, instead) if instead else ()
        _wrong(names, (attribute, kind), _shown(value), span, help_=help_, edits=edits)
    elif operator in {Operator.LIKE, Operator.NOT_LIKE}:
        _check_pattern(names, str(value), span)
    elif kind is AttributeType.STRING and attribute.values and attribute.type is kind and value not in attribute.values:
        meant = closest(str(value), attribute.values)
        known = ", ".join(f'`"{one}"`' for one in attribute.values)
        help_ = f'did you mean `"{meant}"`?' if meant else f"it is one of {known}"
        message = f"`{attribute.path}` is never {_shown(value)}"
        edits = corrections.value(names.text, span, f'"{meant}"') if meant else ()
        names.mistake(Code.NEVER_THAT_VALUE, message, span, help_=help_, edits=edits)


def _check_pattern(names: Names, pattern: str, span: Span) -> None:
    """A regular expression: its mistake is shown inside the string."""
    try:
        searcher(pattern)
    except PatternError as error:
        place = span
        if names.text[span.start : span.start + 1] in {'"', "“"}:
            escapes = pattern[: error.offset].count('"') if names.text[span.start] == '"' else 0
            start = min(span.start + 1 + error.offset + escapes, span.end - 1)
            place = Span(start, max(start + 1, min(start + error.length, span.end - 1)))
        help_ = "patterns are RE2 syntax; a literal dot, bracket or star needs a backslash"
        names.mistake(Code.BAD_PATTERN, f"the pattern cannot be used: {quoted(error.reason)[1:-1]}", place, help_=help_)


def _check_address(names: Names, text: str, span: Span) -> None:
    from rootwarden.rules import addresses

    if addresses.network(text) is not None:
        return
    meant = addresses.without_host_bits(text)
    if meant:
        message = f"{quoted(text)} has bits set outside its prefix"
        quote = '"' if names.text[span.start : span.start + 1] in {'"', "“"} or ":" in meant else ""
        edits = corrections.value(names.text, span, f"{quote}{meant}{quote}")
        names.mistake(Code.BAD_ADDRESS, message, span, help_=f"did you mean `{meant}`?", edits=edits)
    else:
        names.mistake(Code.BAD_ADDRESS, f"{quoted(text)} is no IP address or range", span)


def _check_time(names: Names, call: Call) -> None:
    """`isLaterThan ( -1, "days" )`: a number, then a unit."""
    name = call.function.value
    right = f'write `{name} ( -1, "days" )`'
    match call.arguments:
        case (Literal(value=str(unit)), Literal(value=int() | float() as number)) if not isinstance(number, bool):
            help_ = f'write `{name} ( {number}, "{quoted(unit)[1:-1]}" )`'
            right_way = instants.seconds_in(unit) is not None and "(" in names.text[call.span.start : call.span.end]
            edits = corrections.replaced(call.span, f'{name} ( {number}, "{unit}" )') if right_way else ()
            _wrong_arguments(names, call, "takes the number first, then the unit", help_, edits=edits)
        case (Literal(value=int() | float() as number), Literal(value=str(unit), span=span)) if not isinstance(
            number, bool
        ):
            if instants.is_calendar_unit(unit):
                message = f"{quoted(unit)} have no fixed length, so the bound would move"
                names.mistake(Code.WRONG_ARGUMENT, message, span, help_="write it in days or weeks")
            elif instants.seconds_in(unit) is None:
                _unknown_unit(names, unit, span)
        case (Path(parts=(parameter,), spans=(span,)), _) | (MinusName(parameter, span), _):
            message = f"there is no parameter `{parameter}`"
            names.mistake(Code.UNKNOWN_PARAMETER, message, span, help_="parameters are set in the rule's file")
        case _:
            _wrong_arguments(names, call, "takes a number and a unit", right)


def _unknown_unit(names: Names, unit: str, span: Span) -> None:
    units = ", ".join(f'"{one}"' for one in instants.UNITS)
    meant = closest(unit, instants.UNITS)
    help_ = f'did you mean `"{meant}"`?' if meant else f"units are {units}"
    edits = corrections.value(names.text, span, f'"{meant}"') if meant else ()
    names.mistake(Code.WRONG_ARGUMENT, f"there is no unit {quoted(unit)}", span, help_=help_, edits=edits)


def _wrong_arguments(names: Names, call: Call, what: str, help_: str, *, edits: tuple[Edit, ...] = ()) -> None:
    names.mistake(Code.WRONG_ARGUMENT, f"`{call.function.value}` {what}", call.span, help_=help_, edits=edits)


def _wrong(
    names: Names,
    left: tuple[Attribute, AttributeType],
    shown: str,
    span: Span,
    *,
    help_: str,
    edits: tuple[Edit, ...] = (),
) -> None:
    attribute, kind = left
    what = f"`{attribute.path}`" if attribute.type is kind else "what stands on the left"
    message = f"{what} is a {kind}, compared with {shown}"
    label = f"expected {_EXPECTED.get(kind, kind.value)}"
    names.mistake(Code.WRONG_OPERAND, message, span, label=label, help_=help_, edits=edits)


def _number(operand: Operand) -> bool:
    match operand:
        case Literal(value=bool()):
            return False
        case Literal(value=int() | float() as number):
            return number != 0
    return False


def _fits(value: str | float | bool, kind: AttributeType) -> bool:
    if kind in _NUMERIC:
        return isinstance(value, int | float) and not isinstance(value, bool)
    wanted = {AttributeType.BOOLEAN: bool, AttributeType.STRING: str}.get(kind)
    return wanted is not None and isinstance(value, wanted)


def _other_type(value: str | float | bool, kind: AttributeType, written: str) -> tuple[str, str]:
    """Help for a value of another type, and what to write instead where that is plain."""
    if isinstance(value, str):
        plain = kind is not AttributeType.STRING and _plausible(value, kind)
        return ("remove the quotes", value.lower()) if plain else ("", "")
    if kind is AttributeType.STRING and not isinstance(value, bool):
        return "put it in double quotes", f'"{written}"'
    if kind is AttributeType.BOOLEAN and value in {0, 1}:
        instead = "true" if value == 1 else "false"
        return f"write `{instead}`", instead
    return "", ""


def _plausible(value: str, kind: AttributeType) -> bool:
    """Whether the string would fit without its quotes."""
    if kind is AttributeType.BOOLEAN:
        return value.lower() in {"true", "false"}
    return value.lstrip("-").replace(".", "", 1).isdecimal()


def _shown(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return quoted(f'"{value}"') if isinstance(value, str) else f"`{value}`"
