"""Any text and any value gives findings, in time, and never an exception."""

from __future__ import annotations

import json
import random
import string
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.iam.lint.policies import documents

from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import MOST, Kind
from rootwarden.iam.lint.lint import LARGEST, lint_text, lint_value
from rootwarden.packs.policies import policy_knowledge

KNOWLEDGE = policy_knowledge()
ELEMENTS = st.sampled_from(
    [
        *("Version", "Statement", "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal"),
        *("NotPrincipal", "Condition", "AWS", "Service", "StringLike", "Null", "ForAllValues:Bool", "aws:PrincipalArn"),
        "x",
    ]
)
WORDS = st.sampled_from(
    [
        "Allow",
        "Deny",
        "*",
        "iam:*",
        "s3:Get*",
        "arn:aws:s3:::a",
        "arn:::::",
        ":",
        "${aws:username}",
        "${",
        "true",
        "\ud800",
    ]
) | st.text(max_size=8)
SCALARS = WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=2)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ELEMENTS | st.integers(), inner, max_size=6),
    max_leaves=30,
)


@settings(deadline=None)
@given(VALUES, st.sampled_from(Kind))
def test_any_value_gets_findings(value: Any, kind: Kind) -> None:
    for one in lint_value(value, kind, KNOWLEDGE):
        assert one.message
        assert one.message.isprintable()


@settings(deadline=None)
@given(st.dictionaries(ELEMENTS, VALUES, max_size=8), st.sampled_from(Kind))
def test_any_statement_gets_findings(statement: dict[str, Any], kind: Kind) -> None:
    for one in lint_value({"Version": "2012-10-17", "Statement": statement}, kind, KNOWLEDGE):
        assert one.message


@settings(deadline=None)
@given(documents(), st.randoms(use_true_random=False))
def test_a_text_cut_and_mixed_anywhere_gets_findings_inside_it(document: Any, draw: random.Random) -> None:
    text = json.dumps(document)
    start, end = sorted(draw.randrange(len(text)) for _ in range(2))
    broken = text[:start] + draw.choice(["", '"', "{", "]", ",", "\\", "\x00", "1e", "\ud800"]) + text[end:]
    for one in lint_text(broken, Kind.IDENTITY, KNOWLEDGE):
        assert one.span is not None
        assert 0 <= one.span.start <= one.span.end <= len(broken)


def test_a_value_that_holds_itself_is_too_deep() -> None:
    value: dict[str, Any] = {"Version": "2012-10-17"}
    value["Statement"] = [value]
    assert [one.code for one in lint_value(value, Kind.IDENTITY, KNOWLEDGE)] == [Code.TOO_DEEP]


def test_numbers_python_does_not_spell_out_are_numbers() -> None:
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": 10**5_000, "Resource": "*"}}
    assert [one.code for one in lint_value(document, Kind.IDENTITY, KNOWLEDGE)] == [Code.WRONG_TYPE]


def _words(length: int, count: int, *, seed: int = 1, letters: str = string.ascii_letters + "*?") -> list[str]:
    draw = random.Random(seed)
    return ["".join(draw.choice(letters) for _ in range(length)) for _ in range(count)]


def _statement(**elements: Any) -> str:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"} | elements
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _statements(count: int, **elements: Any) -> str:
    made = [
        {"Effect": "Deny", "Action": ["s3:*", f"ec2:{word}"], "Resource": f"arn:aws:s3:::{word}"} | elements
        for word in _words(4, count)
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": made})


HOSTILE = {
    "patterns": lambda: _statement(Action=[f"ec2:{one}" for one in _words(5, 16_000)]),
    "unknown actions": lambda: _statement(Action=[f"ec2:De{one}" for one in _words(8, 13_000, letters="abc")]),
    "resources": lambda: _statement(
        Action=["ec2:*", "s3:*"], Resource=[f"arn:aws:ec2:*:*:{one}" for one in _words(12, 6_500)]
    ),
    "stars": lambda: _statement(Action=["ec2:" + "*a" * 60_000, "ec2:" + "*b" * 60_000]),
    "stars in resources": lambda: _statement(Resource=[f"arn:aws:s3:::{'*a' * 500}{number}" for number in range(200)]),
    "statements": lambda: _statements(1_900),
    "statements with conditions": lambda: _statements(1_200, Condition={"StringLike": {"s3:prefix": "a"}}),
    "keys": lambda: _statement(Condition={"StringLike": {f"s3:x{number}": "a" for number in range(12_000)}}),
    "values": lambda: _statement(Condition={"ArnLike": {"aws:PrincipalArn": ["*:*a" * 30] * 2_000}}),
    "digits": lambda: _statement(Condition={"NumericEquals": {"s3:max-keys": ["1" * 200_000]}}),
    "operators": lambda: _statement(Condition={f"String{number}": {"aws:x": "a"} for number in range(7_000)}),
    "variables": lambda: _statement(Resource="${" * 100_000),
    "unknown variables": lambda: _statement(Resource=[f"arn:aws:s3:::${{s3:x{number}}}" for number in range(8_000)]),
    "principals": lambda: _statement(Principal={"AWS": _words(12, 13_000), "Service": "a." * 20_000}),
    "members": lambda: "{" + ",".join(f'"a{number}": 1' for number in range(20_000)) + "}",
    "depth": lambda: "[" * 200_000,
    "blanks": lambda: " " * 200_000,
    "backslashes": lambda: '"' + "\\" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_largest_texts_take_no_more_than_a_few_seconds(name: str) -> None:
    text = HOSTILE[name]()
    assert len(text) <= LARGEST
    taken = []
    for _ in range(2):  # the better of two: other processes may be in the way
        began = time.process_time()
        found = lint_text(text, Kind.RESOURCE, KNOWLEDGE)
        taken.append(time.process_time() - began)
        if taken[-1] < 1:
            break
    assert min(taken) < 5
    assert 0 < len(found) <= MOST + 1


def test_a_text_that_is_too_large_is_not_read() -> None:
    found = lint_text(" " * (LARGEST + 1), Kind.IDENTITY, KNOWLEDGE)
    assert [one.code for one in found] == [Code.TOO_LARGE]
