"""Our reader of JSON against the standard library's, and the places it gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.iam.lint.json_reader import NotJsonError, read_json
from rootwarden.iam.lint.nodes import Shape, TooDeepError

if TYPE_CHECKING:
    from rootwarden.iam.lint.nodes import Node

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)


def value(node: Node) -> Any:
    """What a node stands for."""
    match node.shape:
        case Shape.OBJECT:
            return {one.name: value(one.value) for one in node.members}
        case Shape.LIST:
            return [value(one) for one in node.items]
        case Shape.NULL:
            return None
        case Shape.TRUTH:
            return node.text == "true"
        case Shape.NUMBER:
            return json.loads(node.text)
        case _:
            return node.text


def nodes(node: Node) -> list[Node]:
    inside = [*node.items, *(one.value for one in node.members)]
    return [node, *(deeper for one in inside for deeper in nodes(one))]


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
def test_it_reads_what_the_standard_library_writes(given_value: Any, indent: int | None, plain: bool) -> None:
    text = json.dumps(given_value, indent=indent, ensure_ascii=plain)
    node = read_json(text)
    assert value(node) == given_value
    for one in nodes(node):
        assert one.span is not None
        assert json.loads(text[one.span.start : one.span.end]) == value(one)


@given(st.text('{}[]",:0123456789.-+eEtrufalsn\\ \t\n\x00', max_size=30))
def test_it_refuses_what_the_standard_library_refuses(text: str) -> None:
    try:
        expected: Any = json.loads(text, parse_constant=pytest.fail)
    except ValueError:
        with pytest.raises(NotJsonError):
            read_json(text)
    else:
        assert value(read_json(text)) == expected


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("", "a value is expected", 0),
        ('{"a": 1,}', "a name in double quotes is expected", 8),
        ("{'a': 1}", "a name in double quotes is expected", 1),
        ('{"a" 1}', "`:` is expected", 5),
        ('{"a": 1 "b": 2}', "`,` or `}` is expected", 8),
        ("[1 2]", "`,` or `]` is expected", 3),
        ("[1,]", "a value is expected", 3),
        ("{} {}", "something stands behind the document", 3),
        ('"a', "unterminated string starting", 0),
        ('"a\nb"', "invalid control character", 2),
        ("[NaN]", "a value is expected", 1),
        ("01", "something stands behind the document", 1),
        ("// policy\n{}", "a value is expected", 0),
    ],
)
def test_what_was_expected_and_where(text: str, message: str, at: int) -> None:
    with pytest.raises(NotJsonError) as caught:
        read_json(text)
    assert (caught.value.message, caught.value.at) == (message, at)


@pytest.mark.parametrize("text", ["[" * 50, '{"a":' * 50, "[" * 100_000])
def test_what_nests_too_deep_is_not_read(text: str) -> None:
    with pytest.raises(TooDeepError):
        read_json(text)


def test_both_of_two_equal_names_are_kept() -> None:
    node = read_json('{"a": 1, "\\u0061": 2}')
    assert [(one.name, one.value.text) for one in node.members] == [("a", "1"), ("a", "2")]
    assert node.get("a") == node.members[1].value
