"""Text that every reader takes: JSON and UTF-8 without surprises, for the formats made for programs."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | JsonObject | None"
JsonObject: TypeAlias = dict[str, JsonValue]


def to_json(document: object, *, indent: int = 0) -> str:
    """`document` as JSON text with keys in their order; a lone surrogate, which UTF-8 cannot carry, in letters."""
    try:
        compact = msgspec.json.encode(document)
    except UnicodeEncodeError:
        compact = msgspec.json.encode(_well_formed(msgspec.to_builtins(document)))
    return (msgspec.json.format(compact, indent=indent) if indent else compact).decode()


def _well_formed(value: object) -> object:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {name: _well_formed(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_well_formed(each) for each in value]
    return value


def well_formed(text: str) -> str:
    r"""`text` as UTF-8 can carry it: a lone surrogate, as in names of unknown encoding, becomes `\udc80`."""
    return text.encode("utf-8", "backslashreplace").decode()
