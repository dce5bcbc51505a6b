"""How the parser goes on after a mistake: where the next test begins, which words were meant, which brackets are open.

One mistake should give one diagnostic, two in different tests two. So a test that cannot be read is given up as a
whole, up to the next `and`, `or`, `should` or the bracket that closes what is round it. Of brackets that do not match
only the first is reported: what is wrong with the others depends on where it belongs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.rules import corrections
from rootwarden.rules.cursor import Exhausted, Stopped
from rootwarden.rules.diagnostic import Span
from rootwarden.rules.syntax import And
from rootwarden.rules.tails import Tails
from rootwarden.rules.tokens import Kind
from rootwarden.rules.words import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from rootwarden.rules.diagnostic import Edit
    from rootwarden.rules.syntax import Condition
    from rootwarden.rules.tokens import Token

_CLOSERS: Final = frozenset({")", "]"})
_OPENERS: Final = frozenset({"(", "["})
_CONNECTIVES: Final = frozenset({"and", "or"})
# What people write for the words of a rule, beside misspelling them.
_MEANT: Final = {"must": "should", "shall": "should", "if": "where", "when": "where", "has": "have", "be": "have"}


class Recovery(Tails):
    """What the grammar of conditions needs to go on after a mistake."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.in_scope = False  # of an inner `where`
        self.closers: list[str] = []  # the brackets that must close, the innermost last
        self.clean = True  # a test has been read since the last mistake

    def recovered(self, read: Callable[[], Condition]) -> Condition:
        """What `read` gives, or after a mistake in it nothing, standing before what follows the test."""
        start = self.position
        before = self.depth, self.in_scope, len(self.closers)
        mistakes = len(self.cut)
        self.test_start = self.tokens[start].span.start
        outside, self.quiet = self.quiet, self.quiet or self.stopped_at == start
        self.quiet_at = start if self.stopped_at >= 0 and self.stopped_at == start - 1 else -1
        try:
            made = read()
        except Exhausted:
            raise
        except Stopped:
            self.clean = False
            self.depth, self.in_scope, open_ = before
            del self.closers[open_:]
            self._skip_test(start)
            return nothing(self.tokens[start].span)
        finally:
            self.quiet = outside
        self.clean |= len(self.cut) == mistakes
        return made

    def _noted(self, complain: Callable[[], NoReturn]) -> None:
        """Record a mistake and stay where we are."""
        try:
            complain()
        except Exhausted:
            raise
        except Stopped:
            self.clean = False

    def _note_bracket(self, complain: Callable[[], NoReturn]) -> None:
        """Record that a bracket has no partner."""
        before = len(self.diagnostics)
        self._noted(complain)
        self.about_brackets += self.diagnostics[before:]

    def _skip_test(self, start: int) -> None:
        """Step over the rest of a test that began at `start`, its brackets included."""
        inside, between = 0, False
        for token in self.tokens[start : self.position]:
            inside = max(0, inside + _turn(token))
            between = token.word == "between" or (between and token.word != "and")
        while self._now.kind is not Kind.END and not (self.scoped and self._is_frame_word()):
            turn = _turn(self._now)
            if inside == 0 and (turn < 0 or (self._now.word in _CONNECTIVES and not between)):
                return
            between = self._now.word == "between" or (between and self._now.word != "and")
            inside += turn
            self.position += 1

    def _is_frame_word(self) -> bool:
        """Whether the scope of the rule must have ended before this word."""
        after_dot = self.position > 0 and self.tokens[self.position - 1].text == "."
        return not after_dot and (self._now.word == "have" or self._is_should())

    def _is_should(self) -> bool:
        """Whether this is the `should` of the rule: `have` or `not` stands behind it, or there is no other."""
        if self._now.word != "should":
            return False
        rest = self.tokens[self.position + 1 :]
        return rest[0].word in {"have", "not"} or not any(one.word == "should" for one in rest)

    def _is_closer(self) -> bool:
        return self._now.kind is Kind.SYMBOL and self._now.text in _CLOSERS

    def _condition_ends(self) -> bool:
        """Whether what stands here can end the condition we are in."""
        if self._now.kind is Kind.END or (self.scoped and self._is_frame_word()):
            return True
        return bool(self.closers) and self._is_closer()

    def _closed(self, closing: str, complain: Callable[[], NoReturn]) -> Span:
        """Step over a closing bracket, or what stands there instead; its place."""
        place = self._now.span
        if self._take_symbol(closing):
            return place
        if self.clean:
            self._note_bracket(complain)
        if self._is_closer() and self._now.text not in self.closers[:-1]:
            self.position += 1
        return place

    def _after_last(self, text: str) -> tuple[Edit, ...]:
        """The edit that writes `text` behind the token before this one."""
        return corrections.inserted(self.tokens[self.position - 1].span.end if self.position else 0, text)

    def _word_ahead(self, count: int) -> str:
        """The keyword so many tokens ahead, or empty."""
        return self.tokens[min(self.position + count, len(self.tokens) - 1)].word

    def _meant(self, *words: str) -> str:
        """The one of these keywords that was probably meant by the next token; empty when none was."""
        word = self._now.word
        if not word or word in words:
            return ""
        meant = _MEANT.get(word, "")
        return meant if meant in words else closest(word, words)


def unmatched(tokens: Sequence[Token]) -> Span | None:
    """The first bracket without a partner, or `None` when every one has its own."""
    waiting: list[Token] = []
    for token in tokens:
        if _turn(token) > 0:
            waiting.append(token)
        elif _turn(token) < 0:
            if not waiting:
                return token.span
            opener = waiting.pop()
            if (opener.text == "(") is not (token.text == ")"):
                return opener.span
    return waiting[0].span if waiting else None


def nothing(span: Span) -> And:
    """What a test that could not be read becomes: a conjunction of nothing, of which nobody can say anything wrong."""
    return And((), Span(span.start, span.start))


def _turn(token: Token) -> int:
    """1 for an opening bracket, -1 for a closing one, else 0."""
    if token.kind is not Kind.SYMBOL:
        return 0
    return 1 if token.text in _OPENERS else -1 if token.text in _CLOSERS else 0
