"""A position in the tokens of a rule, the mistakes found so far, and how one is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from rootwarden.rules.diagnostic import Code, Diagnostic, printable
from rootwarden.rules.tokens import Kind
from rootwarden.rules.words import RESERVED

if TYPE_CHECKING:
    from rootwarden.rules.diagnostic import Span
    from rootwarden.rules.tokens import Token

MAXIMUM_DEPTH: Final = 32


class Stopped(Exception):  # noqa: N818 - control flow of the parser, never seen outside
    """The mistake is recorded and nothing after it can be trusted."""


class Cursor:
    """A position in a list of tokens, how deep we are, and the mistakes so far."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.diagnostics: list[Diagnostic] = []
        # Words that are keywords only where they stand.
        self.soft_words: list[Token] = []

    # --- tokens

    @property
    def _now(self) -> Token:
        return self.tokens[self.position]

    def _next(self) -> Token:
        token = self.tokens[self.position]
        if token.kind is not Kind.END:
            self.position += 1
        return token

    def _take(self, word: str) -> bool:
        """Step over a keyword in any letter case, if it is the next token."""
        if self._now.word != word:
            return False
        if word not in RESERVED:
            self.soft_words.append(self._now)
        self.position += 1
        return True

    def _next_word(self) -> Token:
        """Step over a word that is a keyword here."""
        self.soft_words.append(self._now)
        return self._next()

    def _take_symbol(self, symbol: str) -> bool:
        if not self._is_symbol(symbol):
            return False
        self.position += 1
        return True

    def _is_symbol(self, symbol: str) -> bool:
        return self._now.kind is Kind.SYMBOL and self._now.text == symbol

    def _is_name(self) -> bool:
        """Whether the next token can be a name: of an entity, a property, a parameter."""
        return self._now.kind is Kind.NAME and self._now.word not in RESERVED

    def _name(self, what: str) -> Token:
        if not self._is_name():
            self._expected(what)
        return self._next()

    def _deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            self._stop(Code.NESTED_TOO_DEEP, f"a rule nests at most {MAXIMUM_DEPTH} levels", token.span)

    # --- mistakes

    def _mistake(self, code: Code, message: str, span: Span, *, label: str = "", help_: str = "") -> None:
        self.diagnostics.append(Diagnostic(code=code, message=message, span=span, label=label, help=help_))

    def _stop(self, code: Code, message: str, span: Span, *, label: str = "", help_: str = "") -> NoReturn:
        self._mistake(code, message, span, label=label, help_=help_)
        raise Stopped

    def _expected(self, what: str, *, help_: str = "") -> NoReturn:
        token = self._now
        if token.kind is Kind.END:
            self._stop(
                Code.ENDS_TOO_EARLY,
                f"the rule ends where {_plain(what)} should follow",
                token.span,
                label=f"expected {what}",
            )
        self._stop(
            Code.UNEXPECTED_TOKEN, f"unexpected {token.shown()}", token.span, label=f"expected {what}", help_=help_
        )


def _plain(what: str) -> str:
    """`a property` out of `a property: …`."""
    return printable(what.partition(":")[0])
