"""A position in the tokens of a rule, the mistakes found so far, and how one is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from rootwarden.rules.diagnostic import Code, Diagnostic, printable
from rootwarden.rules.tokens import MAXIMUM_MISTAKES, Kind
from rootwarden.rules.words import RESERVED

if TYPE_CHECKING:
    from rootwarden.rules.diagnostic import Choice, Edit, Span
    from rootwarden.rules.tokens import Token

MAXIMUM_DEPTH: Final = 32


class Stopped(Exception):  # noqa: N818 - control flow of the parser, never seen outside
    """The mistake is recorded and the test it is in cannot be read on."""


class Exhausted(Stopped):
    """Nothing after it can be trusted: it nests too deep, or is wrong in too many places."""


class Cursor:
    """A position in a list of tokens, how deep we are, and the mistakes so far."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.diagnostics: list[Diagnostic] = []
        # For each mistake, where the test begins that it is in.
        self.begun: list[int] = []
        self.test_start = 0
        # Where the token before each mistake ends: what ends there was perhaps not meant to; -1 at the end of the rule.
        self.cut: list[int] = []
        # Where the last mistake stopped us: at one token only one is reported.
        self.stopped_at = -1
        # In a test that begins where a mistake stopped us, or at the first token behind one: if it fails there too, the
        # mistake reached that far.
        self.quiet = False
        self.quiet_at = -1
        # Which of the mistakes say that a bracket has no partner.
        self.about_brackets: list[Diagnostic] = []
        # In the `where` of the rule, which ends at `should`.
        self.scoped = False
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
            self._mistake(Code.NESTED_TOO_DEEP, f"a rule nests at most {MAXIMUM_DEPTH} levels", token.span)
            raise Exhausted

    # --- mistakes

    def _mistake(
        self,
        code: Code,
        message: str,
        span: Span,
        *,
        label: str = "",
        help_: str = "",
        edits: tuple[Edit, ...] = (),
        choices: tuple[Choice, ...] = (),
    ) -> None:
        made = Diagnostic(code=code, message=message, span=span, label=label, help=help_, edits=edits, choices=choices)
        self.diagnostics.append(made)
        self.begun.append(self.test_start)

    def _stop(
        self,
        code: Code,
        message: str,
        span: Span,
        *,
        label: str = "",
        help_: str = "",
        edits: tuple[Edit, ...] = (),
        choices: tuple[Choice, ...] = (),
    ) -> NoReturn:
        if self.position > self.stopped_at and self.position != self.quiet_at and not self.quiet:
            self._mistake(code, message, span, label=label, help_=help_, edits=edits, choices=choices)
        ends = self.position == 0 or self._now.kind is Kind.END
        self.cut.append(-1 if ends else self.tokens[self.position - 1].span.end)
        self.stopped_at = self.position
        if len(self.diagnostics) >= MAXIMUM_MISTAKES:
            raise Exhausted
        raise Stopped

    def _expected(
        self, what: str, *, help_: str = "", edits: tuple[Edit, ...] = (), choices: tuple[Choice, ...] = ()
    ) -> NoReturn:
        token = self._now
        ends = token.kind is Kind.END
        code = Code.ENDS_TOO_EARLY if ends else Code.UNEXPECTED_TOKEN
        message = f"the rule ends where {_plain(what)} should follow" if ends else f"unexpected {token.shown()}"
        self._stop(code, message, token.span, label=f"expected {what}", help_=help_, edits=edits, choices=choices)


def _plain(what: str) -> str:
    """`a property` out of `a property: …`."""
    return printable(what.partition(":")[0])
