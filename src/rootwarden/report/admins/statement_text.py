"""A statement as JSON, in the order and spelling policies are usually written in.

Everything that was written is there, but a list of one is told as the one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.report.encoding import to_json

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import Principals, Statement
    from rootwarden.report.encoding import JsonObject, JsonValue

_WHOM = {"aws": "AWS", "service": "Service", "federated": "Federated", "canonical": "CanonicalUser"}


def as_json(statement: Statement) -> str:
    """The statement as indented JSON, without a newline at the end."""
    parts: dict[str, JsonValue] = {"Sid": statement.sid or None, "Effect": statement.effect}
    parts["Principal"] = _whom(statement.principals)
    parts["NotPrincipal"] = _whom(statement.not_principals)
    parts["Action"] = _one_or_many(statement.actions)
    parts["NotAction"] = _one_or_many(statement.not_actions)
    parts["Resource"] = _one_or_many(statement.resources)
    parts["NotResource"] = _one_or_many(statement.not_resources)
    parts["Condition"] = _conditions(statement)
    return to_json({name: value for name, value in parts.items() if value is not None}, indent=2)


def _one_or_many(values: tuple[str, ...] | None) -> JsonValue:
    if values is None:
        return None
    return values[0] if len(values) == 1 else list(values)


def _whom(named: Principals | None) -> JsonValue:
    if named is None:
        return None
    found: JsonObject = {
        _WHOM[kind]: _one_or_many(values) for kind, values in msgspec.structs.asdict(named).items() if values
    }
    return "*" if found == {"AWS": "*"} else found


def _conditions(statement: Statement) -> JsonValue:
    made: JsonObject = {}
    for one in statement.conditions:
        keys = made.setdefault(one.operator, {})
        if isinstance(keys, dict):
            keys[one.key] = _one_or_many(one.values)
    return made or None
