from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.identity.instants import KEYS

from rootwarden.breakglass.identity.seal import LONGEST, Seal


class Note(msgspec.Struct, frozen=True):
    text: str


class Other(msgspec.Struct, frozen=True):
    number: int


SEAL = Seal(KEYS, "test")
SEALED = SEAL.close(Note("a"))


@given(st.text(max_size=100))
def test_what_was_sealed_comes_back(text: str) -> None:
    sealed = SEAL.close(Note(text))
    assert SEAL.open(sealed, Note) == Note(text)
    assert sealed.isascii()
    assert not set(sealed) & set(' ;,"\\=')


def test_an_older_key_is_still_believed_and_a_dropped_one_is_not() -> None:
    assert Seal((bytes(32), *KEYS), "test").open(SEALED, Note) == Note("a")
    assert Seal((KEYS[1],), "test").open(SEALED, Note) is None


def test_the_newest_key_seals() -> None:
    assert Seal((KEYS[0],), "test").open(SEALED, Note) == Note("a")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nothing", ""),
        ("a dot", "."),
        ("no signature", SEALED.rpartition(".")[0]),
        ("no content", "." + SEALED.rpartition(".")[2]),
        ("another content", SEAL.close(Note("b")).rpartition(".")[0] + "." + SEALED.rpartition(".")[2]),
        ("letters beyond ASCII", SEALED + "\u00e9"),
        ("too long, though it was sealed here", SEAL.close(Note("a" * LONGEST))),
        ("another purpose", Seal(KEYS, "other").close(Note("a"))),
        ("another kind of record", SEAL.close(Other(1))),
    ],
)
def test_what_was_not_sealed_here_for_this_is_nothing(name: str, text: str) -> None:
    assert SEAL.open(text, Note) is None, name


def test_no_letter_can_change() -> None:
    for place, letter in enumerate(SEALED):
        for other in "AB-":
            changed = SEALED[:place] + other + SEALED[place + 1 :]
            assert letter == other or SEAL.open(changed, Note) is None, place


@given(st.text(max_size=200))
def test_no_text_opens(text: str) -> None:
    assert SEAL.open(text, Note) is None
