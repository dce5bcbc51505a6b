"""The EBNF of docs/rule-language.md, read from the page itself, so that sentences are drawn from what the page says.

ISO 14977 as far as the page uses it: `,` `|` `{ }` `[ ]` `( )`, quoted words, names, comments. Two comments of the page
are rules of their own and are kept: an alternative that is "not after a call", and that a `with` in a `scope` stands in
parentheses. Productions whose right side is prose (STRING, NAME, …) are left to the generator.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

PAGE: Final = Path(__file__).parents[3] / "docs" / "rule-language.md"
LEXICAL: Final = frozenset(("FUNCTION", "UNIT", "STRING", "NUMBER", "ADDRESS", "NAME"))
_SYMBOL: Final = re.compile(r"""\(\*.*?\*\)|"[^"]*"|'[^']*'|[A-Za-z]+|[,|{}()\[\];=]""")
NOT_AFTER_A_CALL: Final = "(* not after a call *)"


class Word(NamedTuple):
    text: str


class Name(NamedTuple):
    production: str


class Sequence(NamedTuple):
    parts: tuple[Expression, ...]
    after_a_call: bool = True


class Choice(NamedTuple):
    alternatives: tuple[Expression, ...]


class Repeated(NamedTuple):
    inner: Expression


class Optional(NamedTuple):
    inner: Expression


Expression: TypeAlias = Word | Name | Sequence | Choice | Repeated | Optional


@cache
def productions() -> dict[str, Expression]:
    """Every production of the page but the lexical ones."""
    text = PAGE.read_text(encoding="utf-8").split("```ebnf\n", 1)[1].split("```", 1)[0]
    made = {}
    for line in re.split(r";[^\n\S]*(?:\(\*[^\n]*\*\))?\n", text):
        name, _, right = (part.strip() for part in line.partition("="))
        if name and name not in LEXICAL:
            made[name] = _Reader(_SYMBOL.findall(right)).whole()
    return made


class _Reader:
    def __init__(self, symbols: list[str]) -> None:
        self.symbols = symbols

    def whole(self) -> Expression:
        made = self.choice()
        assert not self.symbols, self.symbols
        return made

    def choice(self) -> Expression:
        alternatives = [self.sequence()]
        while self.took("|"):
            alternatives.append(self.sequence())
        return alternatives[0] if len(alternatives) == 1 else Choice(tuple(alternatives))

    def sequence(self) -> Expression:
        parts = [self.one()]
        while self.took(","):
            parts.append(self.one())
        return Sequence(tuple(parts), after_a_call=not self.took(NOT_AFTER_A_CALL))

    def one(self) -> Expression:
        symbol = self.symbols.pop(0)
        for opening, closing, kind in (("{", "}", Repeated), ("[", "]", Optional), ("(", ")", None)):
            if symbol == opening:
                inner = self.choice()
                assert self.took(closing), (symbol, self.symbols)
                return kind(inner) if kind else inner
        return Word(symbol[1:-1]) if symbol[0] in "\"'" else Name(symbol)

    def took(self, symbol: str) -> bool:
        if self.symbols[:1] == [symbol]:
            del self.symbols[0]
            return True
        return False
