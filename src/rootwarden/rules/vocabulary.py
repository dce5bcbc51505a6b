"""What each word of the language means, for editors. The texts are `vocabulary.toml` in this folder."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class WordKind(StrEnum):
    """What a word does."""

    STATEMENT = "statement"
    QUANTIFIER = "quantifier"
    OPERATOR = "operator"
    FUNCTION = "function"
    UNIT = "unit"


class Meaning(msgspec.Struct, frozen=True):
    """A word, in lower case, and its meaning in one clause."""

    word: str
    kind: WordKind
    text: str


def read_vocabulary(text: str) -> Mapping[str, Meaning]:
    """The meanings by word.

    Args:
        text: The content of `vocabulary.toml`.
    """
    tables = msgspec.convert(tomllib.loads(text), dict[WordKind, dict[str, str]])
    return {word: Meaning(word, kind, said) for kind, words in tables.items() for word, said in words.items()}
