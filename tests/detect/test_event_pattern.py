from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.detect.errors import PatternError
from rootwarden.detect.event_pattern import read_event_pattern

ENVELOPE: dict[str, Any] = {
    "source": "aws.signin",
    "region": "us-east-1",
    "detail": {
        "type": "Root",
        "n": 5,
        "yes": True,
        "none": None,
        "list": ["a", "b"],
        "objects": [{"k": 1}, {"k": 2}],
        "address": "192.0.2.71",
    },
}


def detail(**fields: Any) -> dict[str, Any]:
    return {"detail": fields}


CASES: list[tuple[dict[str, Any], bool | None]] = [
    ({"source": ["aws.signin"]}, True),
    ({"source": ["aws.iam", "aws.signin"]}, True),
    ({"source": ["AWS.signin"]}, False),
    ({"source": [{"prefix": "aws."}]}, True),
    ({"source": [{"prefix": {"equals-ignore-case": "AWS."}}]}, True),
    ({"source": [{"suffix": ".signin"}]}, True),
    ({"source": [{"suffix": ".iam"}]}, False),
    ({"source": [{"wildcard": "aws.*in"}]}, True),
    ({"source": [{"equals-ignore-case": "AWS.SignIn"}]}, True),
    ({"source": [{"anything-but": "aws.iam"}]}, True),
    ({"source": [{"anything-but": ["aws.iam", "aws.signin"]}]}, False),
    ({"source": [{"anything-but": {"prefix": "aws."}}]}, False),
    ({"source": [{"anything-but": {"suffix": [".iam", ".s3"]}}]}, True),
    ({"gone": [{"anything-but": "x"}]}, False),
    ({"gone": [{"exists": False}]}, True),
    ({"gone": {"deeper": [{"exists": False}]}}, True),
    ({"source": [{"exists": False}]}, False),
    ({"source": [{"exists": True}]}, True),
    (detail(type=["Root"]), True),
    (detail(type=["root"]), False),
    (detail(n=[5]), True),
    (detail(n=["5"]), False),
    (detail(yes=[1]), False),
    (detail(yes=[True]), True),
    (detail(none=[None]), True),
    (detail(gone=[None]), False),
    (detail(n=[{"numeric": [">", 0, "<=", 5]}]), True),
    (detail(n=[{"numeric": ["=", 6]}]), False),
    (detail(type=[{"numeric": ["=", 6]}]), False),
    (detail(list=["b"]), True),
    (detail(list=["c"]), False),
    (detail(list=[{"anything-but": "a"}]), None),
    (detail(objects={"k": [2]}), True),
    (detail(objects={"k": [3]}), False),
    (detail(address=[{"cidr": "192.0.2.0/24"}]), True),
    (detail(address=[{"cidr": "198.51.100.0/24"}]), False),
    ({"$or": [{"source": ["aws.iam"]}, {"detail": {"type": ["Root"]}}]}, True),
    ({"$or": [{"source": ["aws.iam"]}, {"region": ["eu-west-1"]}]}, False),
    ({"region": ["eu-west-1"], "$or": [{"source": ["aws.signin"]}, {"source": ["aws.iam"]}]}, False),
    ({"detail": [{"exists": True}]}, None),
    ({}, True),
]


@pytest.mark.parametrize(("pattern", "expected"), CASES, ids=str)
def test_pattern(pattern: dict[str, Any], expected: bool | None) -> None:
    assert read_event_pattern(msgspec.json.encode(pattern).decode()).matches(ENVELOPE) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"source": "aws.iam"}',
        '{"detail": {}}',
        '{"$or": [{}, {"source": ["aws.iam"]}]}',
        '{"source": [["aws.iam"]]}',
        '{"source": [{"like": "aws"}]}',
        '{"source": [{"prefix": 5}]}',
        '{"source": [{"prefix": "a", "suffix": "b"}]}',
        '{"source": [{"numeric": [">"]}]}',
        '{"source": [{"numeric": ["~", 1]}]}',
        '{"source": [{"cidr": "here"}]}',
        '{"source": [{"exists": "yes"}]}',
        '{"source": [{"anything-but": {"exists": true}}]}',
        '{"a":' * 70 + "[1]" + "}" * 70,
        "[" * 60000,
        " " * 70000,
    ],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        read_event_pattern(text)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["source", "detail", "type", "$or", "prefix", "exists", "numeric", "anything-but", "cidr", "wildcard"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
@settings(max_examples=400, deadline=None)
def test_any_json_is_read_or_refused_by_our_error(pattern: Any, value: Any) -> None:
    try:
        read = read_event_pattern(msgspec.json.encode(pattern).decode())
    except PatternError:
        return
    for envelope in (ENVELOPE, {"source": value, "detail": value}):
        assert read.matches(envelope) in (True, False, None)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_by_our_error(text: str) -> None:
    try:
        read_event_pattern(text)
    except PatternError:
        return
