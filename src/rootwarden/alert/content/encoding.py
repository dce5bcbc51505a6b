"""JSON of whatever text records brought."""

from __future__ import annotations

from typing import Any

import msgspec


def to_json(document: object) -> bytes:
    """`document` as JSON; a lone surrogate, which UTF-8 cannot carry, in letters."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return msgspec.json.encode(_all_well_formed(msgspec.to_builtins(document)))


def well_formed(text: str) -> str:
    r"""`text` as UTF-8 can carry it: a lone surrogate becomes `\udc80`."""
    return text.encode("utf-8", "backslashreplace").decode()


def _all_well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {well_formed(str(name)): _all_well_formed(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_all_well_formed(each) for each in value]
    return value
