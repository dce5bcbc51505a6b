"""What may stand at a place of a rule that need not be finished: the grammar as a walk over the words before it.

The parser gives up where a rule is wrong; here everything that makes sense is kept and the rest is stepped over, since
somebody is still writing. docs/rule-language.md has the grammar this follows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules.diagnostic import Span
from rootwarden.rules.tokens import Kind, Tokenizer
from rootwarden.rules.words import COMPARISONS, FUNCTIONS, RESERVED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.rules.tokens import Token


class Expected(StrEnum):
    """What the grammar wants next."""

    ENTITY = "an entity"
    SCOPE = "`where` or `should`"
    HAVE = "`have` or `not have`"
    JUST_HAVE = "`have`"
    CONDITION = "a condition"
    AMOUNT = "how many"
    SUBJECT = "a property after a quantifier"
    MEMBER = "a property after a dot"
    TAIL = "what to ask of a property"
    CALLED = "what to ask of a function's result"
    NOT_OPERATOR = "`in` or `like`"
    BRACKET = "`(`"
    SQUARE = "`[`"
    VALUE = "a value"
    VALUES = "one of several values"
    ARGUMENT = "an argument of a function"
    LAST = "`last`"
    THAN = "`than`"
    DURATION = "how long"
    UNIT = "a unit of time"
    ANOTHER = "the other bound"
    ROOT = "`root`"
    DONE = "`and`, `or` or the end"
    NOTHING = "nothing, inside a comment"


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """What may stand at a place.

    Attributes:
        expected: What the grammar wants.
        entity: What the rule is about, or empty.
        scope: Dotted path of the list or record whose brackets are round the place, or empty.
        path: Dotted path of the property in question, from the entity on: the one before a dot, an operator, a value.
        operator: The word before a value, bracket or unit, in lower case.
        function: The function whose argument or result is in question, by its word in lower case.
        position: Which value inside round brackets, from 0.
        closers: What can end here: `)`, `]`, `with` after an inner `where`, `should`.
        quantifier: The word of the quantifier before the property, in lower case, or empty.
        word: What of the next word is written already; a string with its opening quote.
        span: Where that word stands, as far as it goes.
    """

    expected: Expected
    entity: str = ""
    scope: str = ""
    path: str = ""
    operator: str = ""
    function: str = ""
    position: int = 0
    closers: tuple[str, ...] = ()
    quantifier: str = ""
    word: str = ""
    span: Span


def expectation(text: str, offset: int) -> Expectation:
    """What may stand at a place, given what is before it.

    Args:
        text: The sentence, finished or not.
        offset: The place, between two characters.
    """
    before = text[:offset]
    tokens = Tokenizer(before).tokens[:-1]
    word, start = "", offset
    if _in_comment(before, tokens):
        return Expectation(expected=Expected.NOTHING, span=Span(offset, offset))
    if tokens and tokens[-1].span.end == offset and _unfinished(tokens[-1], before):
        start = tokens[-1].span.start
        word = before[start:]
        tokens = tokens[:-1]
    walk = _Walk()
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        walk.step(token, following)
    return walk.expectation(word, Span(start, _word_end(text, start, offset)))


def _in_comment(before: str, tokens: Sequence[Token]) -> bool:
    """Whether the place is behind a `#` of its line."""
    end = tokens[-1].span.end if tokens else 0
    return "#" in before[max(end, before.rfind("\n") + 1) :]


def _unfinished(token: Token, before: str) -> bool:
    """Whether the last word may go on: a name, a number, or a string that is not closed."""
    if token.kind is Kind.STRING:
        written = before[token.span.start :]
        return len(written) == 1 or written[-1] not in "\"”'" or (len(written) > 1 and written[-2:] == '\\"')
    return token.kind in {Kind.NAME, Kind.NUMBER}


def _word_end(text: str, start: int, offset: int) -> int:
    """Where the word at the place ends: behind the rest of a name, or behind the closing quote in its line."""
    if text[start : start + 1] in {'"', "“"} and start < offset:
        rest = text[offset:].partition("\n")[0]
        closing = min((at for at in (rest.find('"'), rest.find("”")) if at >= 0), default=-1)
        return offset + closing + 1
    end = offset
    while text[end : end + 1].isidentifier() or text[end : end + 1].isdigit():
        end += 1
    return end


class _Frame(msgspec.Struct, frozen=True):
    """An open bracket, or an inner `where` that waits for its `with`; what was in force outside."""

    closer: str
    scope: str
    path: str


_OPENS_VALUES: Final = frozenset({"in", "notin", "has", "overlaps", "catches", "allows", "denies"})
_STARTS: Final[dict[str, Expected]] = {
    "within": Expected.LAST,
    "older": Expected.THAN,
    "between": Expected.VALUE,
    "to": Expected.SUBJECT,
    "never": Expected.DONE,
    "not": Expected.NOT_OPERATOR,
    "with": Expected.SQUARE,
    "contain": Expected.SQUARE,
}
_QUANTIFIERS: Final = frozenset({"every", "no", "any"})
_AMOUNTS: Final = frozenset({"atleast", "atmost", "exactly"})
_VALUE_KINDS: Final = frozenset({Kind.STRING, Kind.NUMBER, Kind.ADDRESS})


class _Walk:
    """Where the words so far lead. Each method takes one token in the state its name says."""

    def __init__(self) -> None:
        self.expected = Expected.ENTITY
        self.entity = ""
        self.scope = ""
        self.path = ""
        self.operator = ""
        self.function = ""
        self.position = 0
        self.depth = 0  # of round brackets inside a list of values
        self.quantifier = ""
        self.scoped = False  # inside the `where` of the rule
        self.frames: list[_Frame] = []

    def expectation(self, word: str, span: Span) -> Expectation:
        """What was found."""
        closers = []
        for frame in reversed(self.frames):
            closers.append(frame.closer)
            if frame.closer != "with":
                break
        else:
            closers += ["should"] if self.scoped else []
        return Expectation(
            expected=self.expected,
            entity=self.entity,
            scope=self.scope,
            path=self.path,
            operator=self.operator,
            function=self.function,
            position=self.position,
            closers=tuple(closers),
            quantifier=self.quantifier,
            word=word,
            span=span,
        )

    def step(self, token: Token, following: Token | None) -> None:
        """Take one token; what makes no sense changes nothing."""
        symbol = token.text if token.kind is Kind.SYMBOL else ""
        match self.expected:
            case Expected.ENTITY | Expected.SCOPE | Expected.HAVE | Expected.JUST_HAVE:
                self._frame_word(token, token.word)
            case Expected.CONDITION:
                self._condition(token, symbol, following)
            case Expected.AMOUNT | Expected.SUBJECT | Expected.MEMBER:
                self._subject(token)
            case Expected.VALUES | Expected.ARGUMENT:
                self._values(token, symbol)
            case Expected.BRACKET | Expected.SQUARE:
                self._bracket(symbol)
            case Expected.VALUE:
                self._value(token)
            case _:
                self._between_tests(token, symbol, following)

    def _frame_word(self, token: Token, word: str) -> None:
        """Outside the conditions of the rule."""
        if self.expected is Expected.ENTITY and token.kind is Kind.NAME:
            self.entity, self.expected = token.text, Expected.SCOPE
        elif word == "where" and self.expected is Expected.SCOPE:
            self.scoped, self.expected = True, Expected.CONDITION
        elif word == "should" and self.expected is Expected.SCOPE:
            self.scoped, self.expected = False, Expected.HAVE
        elif word == "not" and self.expected is Expected.HAVE:
            self.expected = Expected.JUST_HAVE
        elif word == "have":
            self.expected = Expected.CONDITION

    def _condition(self, token: Token, symbol: str, following: Token | None) -> None:
        if symbol == "(":
            self._open(")", self.scope)
        elif symbol in {")", "]"}:
            self._close(symbol)
        elif token.word in _AMOUNTS and _is_amount(token.word, following):
            self.quantifier, self.expected = token.word, Expected.AMOUNT
        elif token.word in _QUANTIFIERS:
            self.quantifier, self.expected = token.word, Expected.SUBJECT
        elif token.kind is Kind.NAME and token.word not in RESERVED:
            self.quantifier = ""
            self._property(token.text)

    def _subject(self, token: Token) -> None:
        if self.expected is Expected.MEMBER:
            if token.kind is Kind.NAME:
                self.path, self.expected = _below(self.path, token.text), Expected.TAIL
        elif token.word == "one" or token.kind is Kind.NUMBER:
            self.expected = Expected.SUBJECT
        elif token.kind is Kind.NAME and token.word not in RESERVED:
            self._property(token.text)

    def _property(self, name: str) -> None:
        self.path, self.expected = _below(self.scope, name), Expected.TAIL
        self.function = ""
        self.operator = "to" if self.operator == "to" else ""

    def _between_tests(self, token: Token, symbol: str, following: Token | None) -> None:
        """After a property, a function or a whole test, and on the way through the longer operators."""
        word = token.word
        if self._on_the_way(token, word):
            return
        if symbol == "." and self.expected is Expected.TAIL:
            self.expected = Expected.MEMBER
        elif symbol in {")", "]"}:
            self._close(symbol)
        elif word in {"and", "or"}:
            self.quantifier, self.expected = "", Expected.CONDITION
        elif word == "should" and not any(frame.closer != "with" for frame in self.frames):
            self.frames, self.scope = [], ""
            self.scoped, self.expected, self.quantifier = False, Expected.HAVE, ""
        elif word in {"with", "contain"} and self.frames and self.frames[-1].closer == "with":
            frame = self.frames.pop()
            self.scope, self.path, self.expected = frame.scope, frame.path, Expected.SQUARE
        elif word == "for" and self.operator == "denies" and self.expected is Expected.DONE:
            self.expected = Expected.ROOT
        elif self.expected in {Expected.TAIL, Expected.CALLED}:
            self._tail(token, word, following)

    def _on_the_way(self, token: Token, word: str) -> bool:
        """`within last 90 days`, `between 0 and 9`, `not in`, `for root`: the words after the first."""
        expected = self.expected
        if (expected, word) in {(Expected.LAST, "last"), (Expected.THAN, "than")}:
            self.expected = Expected.DURATION
        elif expected is Expected.DURATION and (token.kind is Kind.NUMBER or word):
            self.expected = Expected.UNIT
        elif (expected is Expected.UNIT and word) or (expected, word) == (Expected.ROOT, "root"):
            self.expected = Expected.DONE
        elif (expected, word) == (Expected.ANOTHER, "and"):
            self.expected, self.operator = Expected.VALUE, "and"
        elif expected is Expected.NOT_OPERATOR and word in {"in", "like"}:
            self.operator, self.expected = f"not{word}", Expected.BRACKET if word == "in" else Expected.VALUE
        else:
            return False
        return True

    def _tail(self, token: Token, word: str, following: Token | None) -> None:
        """What is asked of a property or of a function's result."""
        calls = following is None or following.text == "("
        if self.operator == "to" and word != "overlaps":
            return
        if word in FUNCTIONS and calls and self.expected is Expected.TAIL:
            self.function, self.expected = word, Expected.BRACKET
        elif token.text in COMPARISONS or word in COMPARISONS:
            self.operator, self.expected = COMPARISONS[word or token.text].value, Expected.VALUE
        elif word in _OPENS_VALUES:
            self.operator, self.expected = word, Expected.BRACKET
        elif word in _STARTS:
            self.operator, self.expected = word, _STARTS[word]
        elif word == "where":
            self.frames.append(_Frame("with", self.scope, self.path))
            self.scope, self.expected, self.quantifier = self.path, Expected.CONDITION, ""

    def _bracket(self, symbol: str) -> None:
        if self.expected is Expected.SQUARE:
            if symbol in {"[", "("}:
                self._open("]" if symbol == "[" else ")", self.path)
        elif symbol == "(":
            called = self.function and not self.operator
            self.position, self.depth = 0, 0
            self.expected = Expected.ARGUMENT if called else Expected.VALUES

    def _values(self, token: Token, symbol: str) -> None:
        """Inside the round brackets of a function or of a set operator."""
        if symbol == ",":
            self.position += 1
        elif symbol == "(":
            self.depth += 1
        elif symbol == ")" and self.depth:
            self.depth -= 1
        elif symbol == ")":
            self.expected = Expected.CALLED if self.expected is Expected.ARGUMENT else Expected.DONE
        elif token.word == "should":  # a bracket that was never closed
            self.expected = Expected.DONE
            self._between_tests(token, symbol, None)

    def _value(self, token: Token) -> None:
        if token.kind in _VALUE_KINDS or token.kind is Kind.NAME:
            self.expected = Expected.ANOTHER if self.operator == "between" else Expected.DONE

    def _open(self, closer: str, scope: str) -> None:
        self.frames.append(_Frame(closer, self.scope, self.path))
        self.scope, self.expected, self.quantifier = scope, Expected.CONDITION, ""

    def _close(self, symbol: str) -> None:
        """Back to what was in force before the bracket that this one closes, if one does."""
        if not any(frame.closer == symbol for frame in self.frames):
            return
        frame = self.frames.pop()
        while frame.closer != symbol:
            frame = self.frames.pop()
        self.scope, self.path, self.expected = frame.scope, frame.path, Expected.DONE


def _is_amount(word: str, following: Token | None) -> bool:
    """`atmost` and `exactly` are quantifiers only before a number or `one`; otherwise a property has that name."""
    if word == "atleast" or following is None:
        return True
    return following.kind is Kind.NUMBER or following.word == "one"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
