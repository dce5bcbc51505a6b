"""Text to tokens. Each token knows its place; what cannot be a token becomes a diagnostic and is stepped over."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules import corrections
from rootwarden.rules.diagnostic import Code, Diagnostic, Span, quoted
from rootwarden.rules.printer import print_string

if TYPE_CHECKING:
    from rootwarden.rules.diagnostic import Edit

MAXIMUM_DIGITS: Final = 18
# After so many mistakes the text is no rule, and reading on costs more than it tells.
MAXIMUM_MISTAKES: Final = 20
NEVER_CLOSED: Final = "the string is never closed"


class Kind(StrEnum):
    """Kinds of token, in the words error messages use."""

    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    ADDRESS = "address"
    SYMBOL = "symbol"
    END = "end of the rule"


class Token(msgspec.Struct, frozen=True, gc=False):
    r"""A word of the language.

    Attributes:
        kind: Its kind.
        text: As written; for strings what stands between the quotes, `\"` undone.
        span: Its place.
    """

    kind: Kind
    text: str
    span: Span

    @property
    def word(self) -> str:
        """The keyword this may be: letter case does not matter; empty when not a name."""
        return self.text.lower() if self.kind is Kind.NAME else ""

    def shown(self) -> str:
        """As error messages name it."""
        if self.kind is Kind.END:
            return "the end of the rule"
        return quoted(f'"{self.text}"' if self.kind is Kind.STRING else self.text)


_TOKEN: Final = re.compile(
    r"""
      (?P<blank>    (?: \s | \#[^\n]* )+ )
    | (?P<address>  [0-9]{1,3} (?: \.[0-9]{1,3} ){3} (?: /[0-9]{1,3} )? (?! [\w./] ) )
    | (?P<number>   -? [0-9]+ (?: \.[0-9]+ )? (?! \w ) )
    | (?P<misshapen>-? [0-9]+ \w+ )
    | (?P<name>     [A-Za-z_][A-Za-z0-9_]* )
    | (?P<straight> " (?: [^"\\] | \\. )* " )
    | (?P<curly>    “ [^”]* ” )
    | (?P<foreign>  == | && | \|\| | <> | ! (?! = ) | [≠≥≤] )
    | (?P<single>   ' [^'\n]* ' )
    | (?P<slashed>  / [^/\s] [^/\n]* / i? (?! [\w/] ) )
    | (?P<open>     ["“] )
    | (?P<symbol>   != | >= | <= | [=<>()\[\],.%-] )
    """,
    re.VERBOSE | re.DOTALL,
)
# Letters of other alphabets in one go, anything else one by one.
_UNREADABLE: Final = re.compile(r"[^\x00-\x7f]+|.", re.DOTALL)
# What people write by habit from other languages, and the word here.
_FOREIGN: Final = {
    "==": "eq",
    "&&": "and",
    "||": "or",
    "<>": "neq",
    "!": "not",
    "≠": "neq",
    "≥": "gte",
    "≤": "lte",
}
# A number with a unit behind it, which only a blank keeps from being right.
_WITH_UNIT: Final = re.compile(r"(-?[0-9]+)((?:second|minute|hour|day|week)s?)", re.IGNORECASE)


class Tokenizer:
    """Reads one text once; `tokens` ends with an END token, `diagnostics` holds what could not be read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.diagnostics: list[Diagnostic] = []
        position = 0
        while position < len(text) and len(self.diagnostics) < MAXIMUM_MISTAKES:
            position = self._step(position)
        self.tokens.append(Token(Kind.END, "", Span(len(text), len(text))))

    def _step(self, position: int) -> int:
        """Read one token at `position` and say where the next begins."""
        match = _TOKEN.match(self.text, position)
        if match is None:
            end = position + len(_UNREADABLE.findall(self.text, position, position + 80)[0])
            what = quoted(self.text[position:end])
            span = Span(position, end)
            # At the end of a sentence people put a stop.
            stop = self.text[position:end] in {";", "!"} and not self.text[end:].strip()
            edits = corrections.replaced(span, "") if stop else ()
            help_ = "leave it out" if edits else ""
            self._mistake(Code.UNEXPECTED_CHARACTER, f"unexpected character {what}", span, help_, edits)
            return end
        kind = match.lastgroup or ""
        if kind == "blank":
            return match.end()
        text, span = match.group(), Span(*match.span())
        if kind == "open":
            return self._unterminated(text, span)
        if kind in {"misshapen", "foreign", "single", "slashed"}:
            self._tolerated(kind, text, span)
        elif kind in {"straight", "curly"}:
            inner = text[1:-1]
            self._add(Kind.STRING, inner.replace('\\"', '"') if kind == "straight" else inner, span)
        else:
            if kind == "number" and len(text) - text.count("-") - text.count(".") > MAXIMUM_DIGITS:
                self._mistake(Code.LITERAL_TOO_LONG, f"a number has at most {MAXIMUM_DIGITS} digits", span)
                text = "0"
            self._add(Kind(kind), text, span)
        return match.end()

    def _tolerated(self, kind: str, text: str, span: Span) -> None:
        """Report what is wrong but plain in meaning, and go on as if it were right."""
        if kind == "misshapen":
            help_ = "leave a blank between a number and a word" if text.isascii() else ""
            duration = bool(self.tokens) and self.tokens[-1].word in {"last", "than"}
            unit = _WITH_UNIT.fullmatch(text) if duration else None
            edits = corrections.replaced(span, f"{unit[1]} {unit[2]}") if unit else ()
            self._mistake(Code.MALFORMED_NUMBER, f"{quoted(text)} is not a number", span, help_, edits)
            self._add(Kind.NUMBER, "0", span)
        elif kind in {"single", "slashed"}:
            message = f"{'strings' if kind == 'single' else 'patterns'} stand in double quotes"
            inner = text[1:-1] if text[-1] == text[0] else f"(?i){text[1:-2]}"
            edits = corrections.replaced(span, print_string(inner))
            self._mistake(Code.FOREIGN_OPERATOR, message, span, f"write {quoted(edits[0].text)}", edits)
            self._add(Kind.STRING, inner, span)
        else:
            instead = _FOREIGN[text]
            message = f"{quoted(text)} is not an operator here"
            edits = corrections.word(self.text, span, instead)
            self._mistake(Code.FOREIGN_OPERATOR, message, span, f"write `{instead}`", edits)
            self._add(Kind.NAME, instead, span)

    def _unterminated(self, quote: str, span: Span) -> int:
        """A string whose closing quote is missing, or is of the other kind."""
        closing, other = ('"', "”") if quote == '"' else ("”", '"')
        wrong = self.text.find(other, span.end)
        if wrong >= 0:
            inner, whole = self.text[span.end : wrong], Span(span.start, wrong + 1)
            edits = corrections.replaced(whole, print_string(inner))
            message = f"the string opens with `{quote}` and closes with `{other}`"
            self._mistake(Code.UNTERMINATED_STRING, message, whole, f"write {quoted(edits[0].text)}", edits)
            self._add(Kind.STRING, inner, whole)
            return wrong + 1
        inner, whole = self.text[span.end :], Span(span.start, len(self.text))
        # Where one word is left, the quote belongs behind it; a longer rest holds more than the string.
        is_word = re.fullmatch(r"[^\s()\[\]\\]+\s*", inner)
        edits = corrections.inserted(span.end + len(inner.rstrip()), closing) if is_word else ()
        self._mistake(Code.UNTERMINATED_STRING, NEVER_CLOSED, whole, f"close it with `{closing}`", edits)
        self._add(Kind.STRING, inner, whole)
        return len(self.text)

    def _add(self, kind: Kind, text: str, span: Span) -> None:
        self.tokens.append(Token(kind, text, span))

    def _mistake(self, code: Code, message: str, span: Span, help_: str = "", edits: tuple[Edit, ...] = ()) -> None:
        self.diagnostics.append(Diagnostic(code=code, message=message, span=span, help=help_, edits=edits))
