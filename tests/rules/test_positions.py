"""Places as editors count them: there and back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.rules.positions import Lines, Position

TEXTS = st.text(st.sampled_from(["a", " ", "\n", "\r", "ä", "\U0001f600", "\U00010000", "\ud800"]), max_size=30)


@pytest.mark.parametrize(
    ("text", "offset", "line", "column"),
    [
        ("", 0, 0, 0),
        ("ab\ncd", 3, 1, 0),
        ("ab\r\ncd", 5, 1, 1),
        ("ab\rcd", 3, 1, 0),
        ("\U0001f600b", 1, 0, 2),
        ("ä\n\U0001f600b", 3, 1, 2),
        ("ab", 99, 0, 2),
        ("ab", -1, 0, 0),
    ],
)
def test_where_a_character_is(text: str, offset: int, line: int, column: int) -> None:
    assert Lines(text).position(offset) == Position(line, column)


@pytest.mark.parametrize(
    ("position", "offset"),
    [
        (Position(0, 0), 0),
        (Position(0, 1), 0),  # inside the pair of surrogates
        (Position(0, 2), 1),
        (Position(0, 99), 2),
        (Position(1, 1), 4),
        (Position(9, 0), 5),
        (Position(-1, 0), 0),
        (Position(0, -5), 0),
    ],
)
def test_what_is_at_a_place(position: Position, offset: int) -> None:
    assert Lines("\U0001f600b\ncd").offset(position) == offset


@given(TEXTS)
def test_there_and_back(text: str) -> None:
    lines = Lines(text)
    for offset in range(len(text) + 1):
        inside_a_line_end = text[offset - 1 : offset + 1] == "\r\n"
        if not inside_a_line_end:
            assert lines.offset(lines.position(offset)) == offset


@given(TEXTS)
def test_a_column_is_as_long_as_the_text_before_it(text: str) -> None:
    lines = Lines(text)
    for offset in range(len(text) + 1):
        position = lines.position(offset)
        before = re.split(r"\r\n|\n|\r", text[:offset] + ("\n" if text[offset - 1 : offset + 1] == "\r\n" else ""))
        assert position.line in {len(before) - 1, len(before) - 2}
        assert lines.column(offset) <= position.column <= 2 * lines.column(offset)
