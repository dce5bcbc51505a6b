"""JSON in one spelling, so that two programs sign the same bytes: RFC 8785 (JSON Canonicalization Scheme).

Numbers other than whole ones up to 2^53 are refused: nothing that is signed here needs them, and their spelling is the
one part of the scheme that is hard to get right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from rootwarden.errors import InputError

Value: TypeAlias = Mapping[str, "Value"] | Sequence["Value"] | str | int | float | bool | None

_LARGEST: Final = 1 << 53
_DEEPEST: Final = 32


def canonical(value: Value) -> bytes:
    """The canonical spelling of a JSON value, in UTF-8.

    Raises:
        InputError: It is no JSON, or holds a fraction, too large a number, half a surrogate pair, or nests too deep.
    """
    try:
        return _text(value, 0).encode()
    except UnicodeEncodeError as error:
        raise InputError("the text holds half a surrogate pair, which has no canonical spelling") from error


def _text(value: Value, depth: int) -> str:
    if depth > _DEEPEST:
        raise InputError(f"the value nests more than {_DEEPEST} deep")
    if isinstance(value, dict):
        # RFC 8785 3.2.3: names are sorted by their UTF-16 code units.
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(name, depth)}:{_text(value[name], depth + 1)}" for name in names) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_text(one, depth + 1) for one in value) + "]"
    if isinstance(value, float) or (isinstance(value, int) and not -_LARGEST < value < _LARGEST):
        raise InputError(f"`{value}` is no whole number below 2^53")
    if value is not None and not isinstance(value, (str, int)):
        raise InputError(f"a {type(value).__name__} has no spelling in JSON")
    return json.dumps(value, ensure_ascii=False)
