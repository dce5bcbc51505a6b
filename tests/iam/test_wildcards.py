"""Patterns against an exhaustive look at every short text."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.iam.wildcards import arns_overlap, covers, matches, overlap

TEXTS = ["".join(letters) for length in range(6) for letters in product("ab", repeat=length)]
PATTERNS = st.text("ab*?", max_size=6)


def fits(pattern: str) -> set[str]:
    """Every text of up to five letters that fits, by the regular expressions of the standard library."""
    expression = re.compile("".join({"*": ".*", "?": "."}.get(one, one) for one in pattern))
    return {text for text in TEXTS if expression.fullmatch(text)}


@given(PATTERNS)
def test_a_pattern_matches_what_it_means(pattern: str) -> None:
    assert {text for text in TEXTS if matches(pattern, text)} == fits(pattern)


@given(PATTERNS, PATTERNS)
def test_what_is_covered_fits_the_wider_pattern(pattern: str, other: str) -> None:
    if covers(pattern, other):
        assert fits(other) <= fits(pattern)


# Five letters are enough: of two patterns that meet, a shortest common text has a letter for each of theirs.
@given(st.text("ab*?", max_size=3), st.text("ab*?", max_size=3))
def test_patterns_meet_when_a_text_fits_both(pattern: str, other: str) -> None:
    assert overlap(pattern, other) == bool(fits(pattern) & fits(other))
    assert overlap(pattern, other) == overlap(other, pattern)


@pytest.mark.parametrize(
    ("pattern", "other", "expected"),
    [
        ("*", "anything", True),
        ("iam:*", "iam:Create*", True),
        ("iam:Create*", "iam:*", False),
        ("?", "*", False),
        ("*", "*", True),
        ("?*", "a*", True),
        ("a*c", "abc", True),
    ],
)
def test_covers(pattern: str, other: str, expected: bool) -> None:
    assert covers(pattern, other) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("arn:*:iam::*:role/*", "arn:aws:iam::*:role/a", True),
        ("arn:*:iam::*:role/*", "arn:aws:sts::*:assumed-role/a/*", False),
        ("arn:aws:s3:::*", "arn:aws:s3:::bucket/a:b:c", True),
        ("arn:aws:s3:::bucket", "arn:aws:s3:*:*:x", False),
        ("arn:aws:*", "arn:aws:s3:::x", True),
        ("*", "arn:aws:s3:::x", True),
    ],
)
def test_arns_meet_part_by_part(one: str, other: str, expected: bool) -> None:
    assert arns_overlap(one, other) is expected
    assert arns_overlap(other, one) is expected


def test_long_patterns_take_no_time_to_speak_of() -> None:
    assert not matches("*a" * 1_000 + "b", "a" * 2_000)
    assert overlap("*a" * 1_000, "a*" * 1_000)
    assert not overlap("*a" * 1_000, "b" * 2_000)
