r"""How the JSON of a record is written: RFC 8259 leaves blanks, the order of keys, and `\u0052oot` for `Root` free."""

from __future__ import annotations

import json
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from random import Random

    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.detect.filter_pattern import Value

_ESCAPED_SHARE: Final = 0.4


class Spelling(Enum):
    """`PLAIN`: as CloudTrail writes it. `PRETTY`: with line breaks and blanks. `ORDERED`: keys in another order.

    `ESCAPED`: letters of strings as escapes, in upper and lower case. `TEXT`: booleans as text.
    """

    PLAIN = auto()
    PRETTY = auto()
    ORDERED = auto()
    ESCAPED = auto()
    TEXT = auto()


def some_spelling(random: Random) -> Spelling:
    """Mostly the plain one."""
    return random.choices(list(Spelling), weights=(70, 8, 8, 8, 6))[0]


def spell(record: Record, spelling: Spelling, random: Random) -> bytes:
    """Write a record."""
    match spelling:
        case Spelling.PLAIN:
            return msgspec.json.encode(record)
        case Spelling.PRETTY:
            indent = random.choice((" ", "    ", "\t"))
            # Alone in its lines a record is still one JSON value between commas.
            return b"\r\n\t" + json.dumps(record, indent=indent, separators=(" ,", " :  ")).encode() + b"\n "
        case Spelling.ORDERED:
            return json.dumps(_shuffled(record, random), separators=(", ", ": ")).encode()
        case Spelling.ESCAPED:
            return _escaped(record, random).encode()
        case Spelling.TEXT:
            return msgspec.json.encode(_texts(record))


def _shuffled(value: Value, random: Random) -> Value:
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: _shuffled(value[key], random) for key in keys}
    return [_shuffled(each, random) for each in value] if isinstance(value, list) else value


def _texts(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else value


def _escaped(value: Value, random: Random) -> str:
    if isinstance(value, dict):
        pairs = (f"{_escaped(key, random)}:{_escaped(each, random)}" for key, each in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_escaped(each, random) for each in value) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    return '"' + "".join(_letter(each, random) for each in value) + '"'


def _letter(letter: str, random: Random) -> str:
    if ord(letter) < 0x10000 and random.random() < _ESCAPED_SHARE:  # noqa: PLR2004 - one escape holds no more
        return random.choice((r"\u{:04x}", r"\u{:04X}")).format(ord(letter))
    return "\\/" if letter == "/" and random.random() < _ESCAPED_SHARE else json.dumps(letter)[1:-1]
