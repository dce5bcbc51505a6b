"""Structs as Athena and CloudTrail Lake print them in CSV: `{type=Root, sessioncontext={…}, username=null}`.

The text has no quotes and no escapes, so a value with `, name=` in it cannot be told from two values: what is read is
what the text most simply says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Value

DEEPEST: Final = 16
_KEY: Final = re.compile(r"\s*+(\w+)=")
_IN_STRUCT: Final = re.compile(r"[^,}]*+(?:,(?!\s*\w+=)[^,}]*+)*+")
_IN_LIST: Final = re.compile(r"[^,\]]*+")
_BETWEEN: Final = re.compile(r"\s*+,?\s*+")


class HiveTextError(ValueError):
    """The text is no struct."""


def read_struct(text: str) -> dict[str, Value]:
    """Read one struct; names as the text spells them, values as texts, `null` as `None`.

    Raises:
        HiveTextError: When it is none, or nested deeper than any CloudTrail column.
    """
    value, end = _value(text, len(text) - len(text.lstrip()), 0, _IN_STRUCT)
    if not isinstance(value, dict) or text[end:].strip():
        raise HiveTextError("no struct")
    return value


def _value(text: str, at: int, depth: int, plain: re.Pattern[str]) -> tuple[Value, int]:
    if depth > DEEPEST:
        raise HiveTextError("too deep")
    sign = text[at : at + 1]
    if sign == "{":
        return _struct(text, at + 1, depth + 1)
    if sign == "[":
        return _list(text, at + 1, depth + 1)
    found = plain.match(text, at)
    end = found.end() if found else at
    word = text[at:end].strip()
    return (None if word == "null" else word), end


def _struct(text: str, at: int, depth: int) -> tuple[Value, int]:
    fields: dict[str, Value] = {}
    while True:
        if text[at : at + 1] == "}":
            return fields, at + 1
        key = _KEY.match(text, at)
        if key is None:
            raise HiveTextError(f"no name at {at}")
        fields[key[1]], at = _value(text, key.end(), depth, _IN_STRUCT)
        at = _past(text, at, "}")


def _list(text: str, at: int, depth: int) -> tuple[Value, int]:
    items: list[Value] = []
    while True:
        if text[at : at + 1] == "]":
            return items, at + 1
        item, at = _value(text, at, depth, _IN_LIST)
        items.append(item)
        at = _past(text, at, "]")


def _past(text: str, at: int, end: str) -> int:
    """Past the comma between two parts; at the bracket that ends them."""
    found = _BETWEEN.match(text, at)
    behind = found.end() if found else at
    if behind >= len(text) or (text[at:behind].strip() != "," and text[behind] != end):
        raise HiveTextError(f"nothing ends at {at}")
    return behind
