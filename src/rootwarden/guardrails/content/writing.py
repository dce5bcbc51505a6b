"""A policy document as JSON values, as short as AWS takes it: one value alone is no list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias, cast

import msgspec

from rootwarden.iam.written import document_text

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import IamDocument

JsonValue: TypeAlias = "str | list[JsonValue] | dict[str, JsonValue]"
JsonObject: TypeAlias = "dict[str, JsonValue]"


def as_json(document: IamDocument) -> str:
    """The document without a blank that is not needed: what AWS counts when it is saved by API."""
    return json.dumps(as_object(document), ensure_ascii=False, separators=(",", ":"))


def as_object(document: IamDocument) -> JsonObject:
    """The document as JSON values."""
    written = cast("JsonObject", json.loads(msgspec.json.encode(document_text(document))))
    return {name: _short(value) for name, value in written.items()}


def _short(value: JsonValue) -> JsonValue:
    """Lists of one value without the list, at any depth."""
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list):
        shortened = [_short(each) for each in value]
        return shortened[0] if len(shortened) == 1 else shortened
    return value
