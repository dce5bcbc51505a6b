from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rootwarden.errors import InputError
from rootwarden.transparency.canonical import canonical

CANONICAL: list[tuple[Any, str]] = [
    ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
    ({"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}, ""),
    ('\x0f\n"\\/\u20ac\x7f', '"\\u000f\\n\\"\\\\/\u20ac\x7f"'),
    (({"b": (1, 2), "a": ()},), '[{"a":[],"b":[1,2]}]'),
    (-5, "-5"),
    ({}, "{}"),
]


@pytest.mark.parametrize(("value", "text"), CANONICAL)
def test_canonical_spelling(value: Any, text: str) -> None:
    if text:
        assert canonical(value) == text.encode()
    else:  # RFC 8785, 3.2.3: the order of its own example
        assert list(msgspec.json.decode(canonical(value), type=dict).values()) == [2, 4, 6, 7, 1, 5, 3]


@pytest.mark.parametrize("value", [1.5, 1.0, 1 << 53, -(1 << 53), "\ud800", [[1.5]], b"bytes", {1, 2}])
def test_what_has_no_canonical_spelling_is_refused(value: Any) -> None:
    with pytest.raises(InputError):
        canonical(value)


def test_nesting_is_bounded() -> None:
    value: Any = 1
    for _ in range(100):
        value = [value]
    with pytest.raises(InputError, match="nests"):
        canonical(value)
