"""Policy statements as the rule language has them, made ready for the question what they allow and deny.

A statement is a record: `Effect`, `Action` or `NotAction` and `Resource` or `NotResource` (lists of records with one
field `value`), `Conditions` (`Condition` is the operator, `Name` the key, `Value` a list), and in policies of resources
`Principal`. Any of it may be absent, unknown or not what it should be; what cannot be read may be anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.guardrails.clauses import ALL, Doubt, actions, resources, unread
from rootwarden.guardrails.grants import Grant
from rootwarden.guardrails.root_conditions import Condition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rootwarden.guardrails.clauses import Clause
    from rootwarden.rules.logic import Record

Values: TypeAlias = tuple[str | Unknown, ...]
_NOT_COLLECTED: Final = Unknown("not collected")
_LONGEST_WORDS: Final = 160
_MOST_WORDS: Final = 20
_EITHER: Final = ("Allow", "Deny")


def read_grants(statements: Sequence[object]) -> tuple[Grant, ...]:
    """The statements of one policy, in their order; never raises."""
    return tuple(_grant(one.value if isinstance(one, Known) else one) for one in statements)


def in_words(statement: object) -> str:
    """A statement as text, as far as it can be read: `Allow iam:*, s3:Get* on *`."""
    if isinstance(statement, Known):
        statement = statement.value
    if not isinstance(statement, Mapping):
        return "unreadable"
    words = f"{_effect(statement)[0] or 'unknown'} {_listed(statement, 'Action')}"
    if not _is_about_itself(statement):
        words += f" on {_listed(statement, 'Resource')}"
    words += " under conditions" if _conditions(statement)[0] else ""
    return words if len(words) <= _LONGEST_WORDS else f"{words[: _LONGEST_WORDS - 1]}…"


def _listed(record: Record, name: str) -> str:
    for spelled, before in ((name, ""), (f"Not{name}", "all but ")):
        values = _values(record, spelled)
        if isinstance(values, tuple):
            return before + ", ".join("unknown" if isinstance(one, Unknown) else one for one in values[:_MOST_WORDS])
    return "unknown"


def _grant(statement: object) -> Grant:
    if isinstance(statement, Mapping):
        return _read(statement)
    fact = statement if isinstance(statement, Unknown) else _malformed("the statement is none")
    nothing = unread("", fact)
    return Grant(effect="", actions=nothing, resources=nothing, doubts=(Doubt("", fact),))


def _read(record: Record) -> Grant:
    effect, effect_doubts = _effect(record)
    conditions, condition_doubts = _conditions(record)
    return Grant(
        effect=effect,
        actions=_clause(record, "Action", actions),
        resources=ALL if _is_about_itself(record) else _clause(record, "Resource", resources),
        conditions=conditions,
        doubts=(*effect_doubts, *condition_doubts, *_principal_doubts(record)),
    )


def _effect(record: Record) -> tuple[str, tuple[Doubt, ...]]:
    fact = record.get("Effect", _NOT_COLLECTED)
    if isinstance(fact, Known) and isinstance(fact.value, str) and fact.value in _EITHER:
        return fact.value, ()
    return "", (Doubt("Effect", fact if isinstance(fact, Unknown) else _malformed("it is neither Allow nor Deny")),)


def _is_about_itself(record: Record) -> bool:
    """A trust policy has principals and cannot have resources: it is about its own role."""
    return "Principal" in record and "Resource" not in record and "NotResource" not in record


def _clause(record: Record, name: str, read: Callable[..., Clause]) -> Clause:
    """`Action` or `NotAction`; a statement has one of them."""
    plain, opposite = _values(record, name), _values(record, f"Not{name}")
    if isinstance(plain, tuple) and opposite is None:
        return read(plain, name)
    if isinstance(opposite, tuple) and plain is None:
        return read(opposite, f"Not{name}", opposite=True)
    for spelled, values in ((name, plain), (f"Not{name}", opposite)):
        if isinstance(values, Unknown):
            return unread(spelled, values)
    if name not in record and f"Not{name}" not in record:
        return unread(name, _NOT_COLLECTED)
    number = "neither" if plain is None else "both"
    return unread(name, _malformed(f"of `{name}` and `Not{name}` the statement has {number}"))


def _values(record: Record, name: str) -> Values | Unknown | None:
    """The texts of a list of values; `None` when there are none."""
    fact = record.get(name)
    if fact is None or isinstance(fact, Absent):
        return None
    if isinstance(fact, Unknown):
        return fact
    if isinstance(fact.value, str):  # a trust policy's actions are one text
        return tuple(one.strip() for one in fact.value.split(","))
    if not isinstance(fact.value, tuple | list):
        return _malformed(f"`{name}` is no list")
    return tuple(_text(one) for one in fact.value) or None


def _text(element: object) -> str | Unknown:
    """An element: a plain text, or a record with one field `value`."""
    if isinstance(element, Known):
        element = element.value
    if isinstance(element, Mapping):
        inner = element.get("value", _NOT_COLLECTED)
        element = inner.value if isinstance(inner, Known) else inner
    if isinstance(element, bool):
        return "true" if element else "false"
    if isinstance(element, str | int | float):
        return str(element)
    return element if isinstance(element, Unknown) else _malformed("it is no text")


def _conditions(record: Record) -> tuple[tuple[Condition, ...], tuple[Doubt, ...]]:
    fact = record.get("Conditions", _NOT_COLLECTED)
    if isinstance(fact, Absent):
        return (), ()
    if isinstance(fact, Unknown):
        return (), (Doubt("Conditions", fact),)
    if not isinstance(fact.value, tuple | list):
        return (), (Doubt("Conditions", _malformed("`Conditions` is no list")),)
    conditions: list[Condition] = []
    doubts: list[Doubt] = []
    for index, element in enumerate(fact.value):
        place = f"Conditions[{index}]"
        one = _condition(element.value if isinstance(element, Known) else element, place)
        if isinstance(one, Condition):
            conditions.append(one)
        else:
            doubts.append(Doubt(place, one))
    return tuple(conditions), tuple(doubts)


def _condition(element: object, place: str) -> Condition | Unknown:
    if not isinstance(element, Mapping):
        return element if isinstance(element, Unknown) else _malformed("the condition is none")
    operator, key = _field(element, "Condition"), _field(element, "Name")
    values = _values(element, "Value")
    for part in (operator, key, values):
        if isinstance(part, Unknown):
            return part
    if not isinstance(operator, str) or not isinstance(key, str) or not isinstance(values, tuple):
        return _malformed("the condition has no operator, key or value")
    return Condition(operator=operator, key=key, values=values, place=place)


def _field(record: Record, name: str) -> str | Unknown | None:
    fact = record.get(name, _NOT_COLLECTED)
    if isinstance(fact, Known):
        return fact.value if isinstance(fact.value, str) else None
    return fact if isinstance(fact, Unknown) else None


def _principal_doubts(record: Record) -> tuple[Doubt, ...]:
    """Whom the statement is about: everybody, or it depends on who asks."""
    for name in ("NotPrincipal", "Principal"):
        named = _principals(record, name)
        if isinstance(named, Unknown):
            return (Doubt(name, named),)
        if named is not None and not (name == "Principal" and "*" in named):
            unread = (Doubt(f"{name}[{at}]", one) for at, one in enumerate(named) if isinstance(one, Unknown))
            return tuple(unread) or (Doubt(name, Unknown(_WHO_ASKS, Why.NOT_SUPPORTED)),)
    # The policy of a user, group or role has no principals; where there should be some, none is a mistake.
    lacking = "Principal" in record and _principals(record, "Principal") is None
    return (Doubt("Principal", _malformed("the statement names no principal")),) if lacking else ()


def _principals(record: Record, name: str) -> Values | Unknown | None:
    """A list of values, or a record of lists by kind, of which `AWS` can hold everybody."""
    fact = record.get(name)
    if not isinstance(fact, Known) or not isinstance(fact.value, Mapping):
        return _values(record, name)
    everybody = _values(fact.value, "AWS")
    if isinstance(everybody, tuple) and "*" in everybody:
        return everybody
    listed = [_values(fact.value, kind) for kind in fact.value]
    return next((one for one in listed if isinstance(one, Unknown)), _WHO_ELSE)


def _malformed(reason: str) -> Unknown:
    return Unknown(reason, Why.MALFORMED)


_WHO_ELSE: Final[Values] = ("somebody",)
_WHO_ASKS: Final = "the statement is not about everybody, so it depends on who asks"
