from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.breakglass.core import strict_base64


@given(st.binary(max_size=64))
def test_what_was_encoded_is_decoded(content: bytes) -> None:
    assert strict_base64.decode(strict_base64.encode(content)) == content
    assert strict_base64.decode_url(strict_base64.encode_url(content)) == content


@given(st.binary(max_size=12), st.text(max_size=16))
def test_each_content_has_one_spelling(content: bytes, text: str) -> None:
    assert (strict_base64.decode(text) == content) is (text == strict_base64.encode(content))
    assert (strict_base64.decode_url(text) == content) is (text == strict_base64.encode_url(content))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("spare bits", "AB=="),
        ("no padding", "AA"),
        ("too much padding", "AAAA===="),
        ("a line end", "AAAA\n"),
        ("a space", "AA AA"),
        ("letters of the other alphabet", "__--"),
        ("letters beyond ASCII", "\u00e9AAA"),
        ("full width", "\uff21AAA"),
    ],
)
def test_no_other_spelling_is_taken(name: str, text: str) -> None:
    assert strict_base64.decode(text) is None, name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("spare bits", "AB"),
        ("padding", "AA=="),
        ("one letter", "A"),
        ("letters of the other alphabet", "++//"),
        ("half a surrogate pair", "\ud800AAA"),
    ],
)
def test_no_other_spelling_is_taken_in_urls(name: str, text: str) -> None:
    assert strict_base64.decode_url(text) is None, name
