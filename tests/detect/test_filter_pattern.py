from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.detect.errors import PatternError
from rootwarden.detect.filter_parser import DEEPEST_NESTING, LONGEST_PATTERN, read_filter_pattern
from rootwarden.detect.samples import Use, for_account
from rootwarden.packs.samples import root_samples

CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "cases" / "filter-patterns.toml").read_text(encoding="utf-8")
)["case"]
EVENTS = for_account(root_samples(), account="111122223333", partition="aws", home_region="us-east-1")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_pattern_catches_what_the_case_says(case: dict[str, Any]) -> None:
    if case.get("unread"):
        with pytest.raises(PatternError):
            read_filter_pattern(case["pattern"])
        return
    pattern = read_filter_pattern(case["pattern"])
    answers = {event.sample.id: pattern.matches(event.event, event.text) for event in EVENTS}
    required = [event.sample.id for event in EVENTS if event.sample.use is Use.REQUIRED]
    others = [event.sample.id for event in EVENTS if event.sample.use is Use.OTHER]
    assert {name for name in required if answers[name] is False} == set(case.get("misses", []))
    assert {name for name in required if answers[name] is None} == set(case.get("unsure", []))
    assert {name for name in others if answers[name]} == set(case.get("also", []))


SIMPLE = [
    ("{ $.n = 5 }", True),
    ("{ $.n = 5.0 }", True),
    ("{ $.n = 5e0 }", True),
    ("{ $.n != 6 }", True),
    ("{ $.n > 4 && $.n >= 5 && $.n < 6 && $.n <= 5 }", True),
    ("{ $.n > 5 }", False),
    ('{ $.n = "5" }', None),
    ("{ $.text = 5 }", False),
    ("{ $.five = 5 }", True),
    ("{ $.five = 5.0 }", None),
    ("{ $.five > 4 }", None),
    ("{ $.text > 4 }", False),
    ("{ $.none IS NULL }", True),
    ("{ $.none EXISTS }", True),
    ("{ $.none = 5 }", False),
    ("{ $.gone IS NULL }", False),
    ("{ $.gone NOT EXISTS }", True),
    ("{ $.gone = x }", False),
    ("{ $.yes IS TRUE }", True),
    ("{ $.yes IS FALSE }", False),
    ("{ $.list[1] = b }", True),
    ("{ $.list[7] = b }", False),
    ("{ $.list[*] = b }", True),
    ("{ $.list = b }", False),
    ('{ $.["odd.name"] = x* }', True),
    ("{ $.text = he*wo*ld }", True),
    ("{ $.text = *lo }", False),
    ("{ $.text = %wor% }", True),
    ("{ $.text != %wor% }", False),
    (r'{ $.star = "a\*b" }', True),
    (r'{ $.text = "hello\*world" }', False),
    ("{ $.address = 192.0.2.* }", True),
    ("hello -goodbye", True),
    ("hello -world", False),
    ("?absent ?world", True),
    ("?absent ?gone", False),
    ("%wor[a-z]d%", True),
]


@pytest.mark.parametrize(("pattern", "expected"), SIMPLE)
def test_operator(pattern: str, expected: bool | None) -> None:
    event: dict[str, Any] = {
        "n": 5, "five": "5", "text": "hello world", "none": None, "yes": True, "list": ["a", "b"], "odd.name": "xyz",
        "star": "a*b", "address": "192.0.2.71",
    }  # fmt: skip
    assert read_filter_pattern(pattern).matches(event, msgspec.json.encode(event).decode()) is expected


def test_nesting_and_length_are_bounded() -> None:
    deep = DEEPEST_NESTING
    read_filter_pattern("{" + "(" * deep + "$.a = 1" + ")" * deep + "}")
    for text in ("{" + "(" * (deep + 1) + "$.a = 1" + ")" * (deep + 1) + "}", "{" * LONGEST_PATTERN + "}"):
        with pytest.raises(PatternError):
            read_filter_pattern(text)


PIECES = st.sampled_from(
    ["{", "}", "(", ")", "$", "$.a", ".b", "[0]", "[*]", '["k"]', "=", "!=", "<", "&&", "||", "NOT", "EXISTS", "IS",
     "NULL", '"x*"', "%x+%", "%(%", "5", "-5e3", "abc", "?", "-", "\\", '"', "'", " ", "\n", "é", "\x00"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=30).map(" ".join), st.lists(PIECES).map("".join)))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused_by_our_error(text: str) -> None:
    try:
        pattern = read_filter_pattern(text)
    except PatternError:
        return
    for event in EVENTS:
        assert pattern.matches(event.event, event.text) in (True, False, None)


WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)


@given(WORDS, WORDS)
def test_equal_and_unequal_are_opposites_on_texts(value: str, operand: str) -> None:
    event: dict[str, Any] = {"a": value}
    equal = read_filter_pattern(f'{{ $.a = "{operand}" }}').matches(event, "")
    unequal = read_filter_pattern(f'{{ $.a != "{operand}" }}').matches(event, "")
    assert equal is (value == operand)
    assert unequal is not equal
