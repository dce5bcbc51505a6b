"""Where the sentences of a rule file stand, and how to change one without touching a byte around it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.rules.rule_file import is_toml

if TYPE_CHECKING:
    from collections.abc import Callable

# A `check` key with its string, or anything such a key could seem to stand in.
_STRING: Final = r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
_SCAN: Final = re.compile(
    rf"^[ \t]*check[ \t]*=[ \t]*(?P<value>{_STRING})|{_STRING}|\#[^\n]*", re.DOTALL | re.MULTILINE
)


class Place(msgspec.Struct, frozen=True):
    """A sentence in a file.

    Attributes:
        sentence: What the rule language reads.
        start: Where its string begins, quotes included; for a bare sentence the file itself.
        end: Where that ends.
        quote: The quotes it stands in, or empty.
        offset: Where the sentence begins in the file, or -1 when it is not there letter by letter.
    """

    sentence: str
    start: int
    end: int
    quote: str
    offset: int


def sentences(text: str) -> tuple[Place, ...]:
    """The sentences of a rule file (the check and those of its variants), or the bare sentence it is.

    Args:
        text: The content of a file that `load_rule_file` reads.
    """
    if not is_toml(text):
        return (Place(text, 0, len(text), "", 0),)
    found = []
    for match in _SCAN.finditer(text):
        value = match.group("value")
        if value is not None:
            found.append(_place(value, match.start("value")))
    return tuple(found)


def rewritten(text: str, change: Callable[[str], str]) -> str:
    """The file with every sentence changed; where a sentence stays as it is, so do its bytes.

    Raises:
        InputError: A sentence holds characters that cannot be written back.
        RuleSyntaxError: `change` refuses a sentence.
    """
    line_end = "\r\n" if 0 < text.count("\n") == text.count("\r\n") else "\n"
    for place in reversed(sentences(text)):
        new = change(place.sentence)
        if place.quote:
            if new.strip() != place.sentence.strip():
                text = text[: place.start] + _written(new.strip(), place, line_end) + text[place.end :]
        else:
            text = new.rstrip("\r\n").replace("\r\n", "\n").replace("\n", line_end) + line_end
    return text


def _place(value: str, start: int) -> Place:
    quote = value[:3] if value[:3] in {'"""', "'''"} else value[:1]
    sentence = str(tomllib.loads(f"value = {value}")["value"])
    inner = value.find(sentence) if sentence else -1
    return Place(sentence, start, start + len(value), quote, start + inner if inner >= 0 else -1)


def _written(sentence: str, place: Place, line_end: str) -> str:
    """The sentence as a TOML string, in the quotes it had if they can hold it."""
    candidates = [_quoted(sentence, place), *(f"{quote}\n{sentence}\n{quote}" for quote in ("'''", '"""'))]
    escaped = sentence.replace("\\", "\\\\").replace('"""', '""\\"')
    candidates.append(f'"""\n{escaped}\n"""')
    for candidate in candidates:
        try:
            if str(tomllib.loads(f"value = {candidate}")["value"]).strip() == sentence:
                return candidate.replace("\n", line_end)
        except tomllib.TOMLDecodeError:
            continue
    raise InputError("a sentence holds a character that TOML has no place for", hint="remove control characters")


def _quoted(sentence: str, place: Place) -> str:
    line = "\n" if len(place.quote) == 3 else ""  # noqa: PLR2004 - three quotes hold lines
    return f"{place.quote}{line}{sentence}{line}{place.quote}"
