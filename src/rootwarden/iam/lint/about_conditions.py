"""Conditions: keys there are, values that can be, operators that fit the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.actions import ConditionKey
from rootwarden.iam.lint.about_actions import is_everything
from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import quoted
from rootwarden.iam.lint.operators import Family
from rootwarden.iam.lint.values import can_be_read, possible
from rootwarden.iam.wildcards import matches

if TYPE_CHECKING:
    from rootwarden.iam.lint.context import Context
    from rootwarden.iam.lint.knowledge import GlobalKey
    from rootwarden.iam.lint.statement import Test, Text, View

_LONGEST: Final = 256
# Types of keys a family can compare; what is not listed compares texts of any kind.
_FITS: Final = {
    Family.NUMERIC: frozenset({"Numeric", "Date"}),
    Family.DATE: frozenset({"Date", "Numeric"}),
    Family.IP: frozenset({"IPAddress"}),
}
_EXAMPLES: Final = {
    Family.NUMERIC: "a number",
    Family.DATE: "a date, such as `2026-04-01T00:00:00Z`, or seconds since 1970",
    Family.BOOL: "`true` or `false`",
    Family.NULL: "`true` (the key is missing) or `false` (it is there)",
    Family.IP: "an address or a range, such as `192.0.2.0/24`",
    Family.ARN: "an ARN with six parts",
    Family.BINARY: "base64",
}


def check_conditions(view: View, context: Context) -> None:
    """Note what is wrong with the condition of a statement."""
    for test in view.tests:
        key = _key(test, context)
        if key is not None:
            _fit(test, key, context)
        if isinstance(key, ConditionKey):
            _of_action(view, test, key, context)
        _values(test, context)


def _key(test: Test, context: Context) -> GlobalKey | ConditionKey | None:
    """The key by what is known of it; that there is none is a finding."""
    written, knowledge = test.key.text, context.knowledge
    prefix = written.lower().partition(":")[0]
    general = knowledge.global_key(written) if len(written) < _LONGEST else None
    if general is not None and not general.instead:
        return general
    if general is not None:
        context.found.add(
            Code.UNKNOWN_KEY,
            test.key.place,
            f"there is no key {quoted(written)}, so no request has it",
            general.instead,
        )
        return None
    if "." in prefix:
        return None  # an identity provider's: only it knows
    service = knowledge.catalogue.service(knowledge.home(written))
    if not context.may(len(service.keys) if service is not None else 1):
        return None
    found = knowledge.service_key(written) if len(written) < _LONGEST else None
    if found is None:
        near = knowledge.nearest_key(written) if context.suggests() else ""
        hint = f"did you mean `{near}`?" if near else f"none in the catalogue {knowledge.catalogue.edition}"
        said = f"there is no key {quoted(written)}, so no request has it"
        context.found.add(Code.UNKNOWN_KEY, test.key.place, said, hint)
    return found


def _fit(test: Test, key: GlobalKey | ConditionKey, context: Context) -> None:
    """Whether operator and key go together."""
    operator = test.operator
    if operator.family is Family.NULL:
        return
    if (operator.every or operator.some) and not key.many:
        said = f"`{key.name}` has one value, `For{'All' if operator.every else 'Any'}…` is for keys with many"
        context.found.add(Code.SET_OPERATOR_SINGLE, test.key.place, said, f"write `{operator.name}`")
    elif key.many and not (operator.every or operator.some):
        said = f"`{key.name}` may have many values, and {quoted(operator.name)} does not say which of them counts"
        hint = f"write `ForAnyValue:{operator.name}` or, where every value must fit, `ForAllValues:{operator.name}`"
        context.found.add(Code.NO_SET_OPERATOR, test.key.place, said, hint)
    if key.type not in _FITS.get(operator.family, frozenset({key.type})):
        said = f"`{key.name}` is of type {key.type}, which {quoted(operator.name)} does not compare"
        context.found.add(Code.OPERATOR_MISFIT, test.key.place, said, f"use an operator for {key.type}")


def _values(test: Test, context: Context) -> None:
    key = context.knowledge.global_key(test.key.text) if len(test.key.text) < _LONGEST else None
    for value in test.values:
        if not can_be_read(test.operator, value):
            said = f"{quoted(value.text)} is nothing {quoted(test.operator.name)} compares with"
            context.found.add(Code.UNREADABLE_VALUE, value.place, said, f"give {_EXAMPLES[test.operator.family]}")
        elif _has_wildcard(test, value):
            family = "Arn" if value.text.startswith("arn:") else "String"
            always = "always holds" if test.operator.negated else "never matches"
            said = f"`{test.operator.name}` takes the wildcard in {quoted(value.text)} for a character and so {always}"
            like = f"{family}{'Not' if test.operator.negated else ''}Like"
            context.found.add(Code.WILDCARD_COMPARED, value.place, said, f"write `{like}`")
        elif key is not None and not key.instead and not possible(test.operator, key, value):
            said = f"`{key.name}` is never {quoted(value.text)}"
            context.found.add(Code.IMPOSSIBLE_VALUE, value.place, said, _can_be(key))


def _has_wildcard(test: Test, value: Text) -> bool:
    """A text compared letter by letter that holds a star or question mark not written as `${*}` or `${?}`."""
    exact = test.operator.family is Family.STRING and not test.operator.pattern
    plain = value.text.replace("${*}", "").replace("${?}", "")
    return exact and ("*" in plain or "?" in plain)


def _can_be(key: GlobalKey) -> str:
    ways = key.values or key.pattern
    return f"it is {', '.join(f'`{one}`' for one in ways)}" if ways else ""


def _of_action(view: View, test: Test, known: ConditionKey, context: Context) -> None:
    """Note a key of a service that requests for none of the actions have."""
    if view.actions is None or view.actions.negated or any(is_everything(one.text) for one in view.actions.texts):
        return
    for text in view.actions.texts:
        meaning = context.meaning(text)
        if meaning is None or not meaning.actions or not context.may(len(meaning.keys)):
            return
        if any(matches(pattern, test.name) for pattern in meaning.keys):
            return
    said = f"by the reference, requests for these actions do not have `{known.name}`"
    hint = f"the catalogue is {context.knowledge.catalogue.edition}"
    context.found.add(Code.KEY_NOT_OF_ACTION, test.key.place, said, hint)
