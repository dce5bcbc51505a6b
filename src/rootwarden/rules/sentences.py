"""Where the sentences of a rule file stand, and how to change one without touching a byte around it."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.rules.diagnostic import Choice, Edit, Span
from rootwarden.rules.rule_file import is_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rootwarden.rules.diagnostic import Diagnostic

# A `check` key with its string, or anything such a key could seem to stand in.
_STRING: Final = r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
_MANY_LINES: Final = 3  # so many quotes hold lines
_FIRST_LINE_END: Final = re.compile(r"\r?\n")
# One character of a TOML string, or a line end that a backslash takes away.
_PIECE: Final = re.compile(r"\r\n|.", re.DOTALL)
_PIECE_ESCAPED: Final = re.compile(
    r"(?P<nothing>\\[ \t]*\r?\n\s*)|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\.|\r\n|.", re.DOTALL
)
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
        offsets: Then the place of each of its characters in the file, and of its end; else empty.
    """

    sentence: str
    start: int
    end: int
    quote: str
    offset: int
    offsets: tuple[int, ...] = ()

    def span(self, span: Span) -> Span:
        """A stretch of the sentence as a stretch of the file."""
        if self.offset >= 0:
            return span.moved(self.offset)
        last = len(self.offsets) - 1
        return Span(self.offsets[min(span.start, last)], self.offsets[min(span.end, last)])

    def index(self, offset: int) -> int:
        """The character of the sentence that stands at a place of the file, or the nearest before it."""
        if self.offset >= 0:
            return min(max(0, offset - self.offset), len(self.sentence))
        return max(0, bisect_right(self.offsets, offset) - 1)

    def edits(self, edits: Iterable[Edit]) -> tuple[Edit, ...]:
        """Changes of the sentence as changes of the file; none when its quotes cannot hold what they write."""
        made = []
        for edit in edits:
            text = self.written(edit.text)
            if text is None:
                return ()
            made.append(Edit(self.span(edit.span), text))
        return tuple(made)

    def written(self, text: str) -> str | None:
        """A part of a sentence as it stands inside the quotes; `None` when they cannot hold it."""
        if self.quote in {"'", "'''"} and "'" in text:
            return None
        if self.quote in {'"', '"""'}:
            return text.replace("\\", "\\\\").replace('"', '\\"')
        return text

    def diagnostic(self, diagnostic: Diagnostic) -> Diagnostic:
        """A mistake in the sentence as one in the file."""
        choices = tuple(Choice(one.title, self.edits(one.edits)) for one in diagnostic.choices)
        return msgspec.structs.replace(
            diagnostic,
            span=self.span(diagnostic.span),
            edits=self.edits(diagnostic.edits),
            choices=tuple(one for one in choices if one.edits),
        )


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
    end = start + len(value)
    inner = value.find(sentence) if sentence else -1
    if inner >= 0:
        return Place(sentence, start, end, quote, start + inner)
    offsets = _offsets(value[len(quote) : -len(quote)], start + len(quote), quote)
    # A string this module reads otherwise than TOML does is shown as a whole.
    right = len(offsets) == len(sentence) + 1
    return Place(sentence, start, end, quote, -1, offsets if right else (start,) * len(sentence) + (end,))


def _offsets(inner: str, start: int, quote: str) -> tuple[int, ...]:
    """The place of each character that the inside of a TOML string stands for, and of its end."""
    begin = _FIRST_LINE_END.match(inner) if len(quote) == _MANY_LINES else None
    at = begin.end() if begin else 0
    pieces = (_PIECE_ESCAPED if quote[0] == '"' else _PIECE).finditer(inner, at)
    return (*(start + piece.start() for piece in pieces if piece.lastgroup != "nothing"), start + len(inner))


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
    line = "\n" if len(place.quote) == _MANY_LINES else ""
    return f"{place.quote}{line}{sentence}{line}{place.quote}"
