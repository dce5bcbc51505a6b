"""A policy document as JSON values, as short as AWS takes it: one value alone is no list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.facts.iam_document import Condition, IamDocument, Principals, Statement

JsonValue: TypeAlias = "str | list[JsonValue] | dict[str, JsonValue]"
JsonObject: TypeAlias = "dict[str, JsonValue]"


def as_json(document: IamDocument) -> str:
    """The document without a blank that is not needed: what AWS counts when it is saved by API."""
    return json.dumps(as_object(document), ensure_ascii=False, separators=(",", ":"))


def as_object(document: IamDocument) -> JsonObject:
    """The document as JSON values."""
    return {"Version": document.version, "Statement": _short([_statement(one) for one in document.statements])}


def _statement(one: Statement) -> JsonObject:
    made: JsonObject = {"Sid": one.sid} if one.sid else {}
    made["Effect"] = one.effect
    if one.principals is not None:
        made["Principal"] = _principals(one.principals)
    lists = (
        ("Action", one.actions),
        ("NotAction", one.not_actions),
        ("Resource", one.resources),
        ("NotResource", one.not_resources),
    )
    made |= {name: _short(values) for name, values in lists if values is not None}
    if one.conditions:
        made["Condition"] = _conditions(one.conditions)
    return made


def _principals(found: Principals) -> JsonValue:
    if found.all() == ("*",) and found.aws:
        return "*"
    kinds = (("AWS", found.aws), ("Service", found.service), ("Federated", found.federated))
    return {name: _short(values) for name, values in (*kinds, ("CanonicalUser", found.canonical)) if values}


def _conditions(found: Iterable[Condition]) -> JsonObject:
    made: dict[str, JsonValue] = {}
    for one in found:
        keys = made.setdefault(one.operator, {})
        if isinstance(keys, dict):
            keys[one.key] = _short(one.values)
    return made


def _short(values: Iterable[JsonValue]) -> JsonValue:
    listed = list(values)
    return listed[0] if len(listed) == 1 else listed
