"""Reads a rule by the EBNF of the page itself and says which parts of the grammar it made use of.

Backtracks through the productions as they stand, so it is slow and fit for short rules only. What it reports are the
*parts* of the grammar: each alternative of a choice, each optional piece taken and left out, each repetition.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from tests.rules.grammar.sentences import FUNCTIONS, RESERVED, UNITS
from tests.rules.grammar.specification import (
    LEXICAL,
    Choice,
    Name,
    Optional,
    Repeated,
    Sequence,
    Word,
    productions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rules.grammar.specification import (
        Expression,
    )

Part: TypeAlias = tuple[str, ...]
Parts: TypeAlias = frozenset[Part]
STRING: Final = r'"(?:[^"\\]|\\.)*"|“[^”]*”'
ADDRESS: Final = r"[0-9]+(?:\.[0-9]+){3}(?:/[0-9]+)?"
NUMBER: Final = r"-?[0-9]+(?:\.[0-9]+)?"
NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN: Final = re.compile(rf"{STRING}|{ADDRESS}|{NUMBER}|{NAME}|[!<>]=|\S", re.DOTALL)
_SHAPES: Final = {"STRING": STRING, "ADDRESS": ADDRESS, "NUMBER": NUMBER, "NAME": NAME}


def parts_used(rule: str) -> Parts:
    """The parts of the grammar a rule uses in some reading of it; empty when the page does not admit it."""
    tokens = _TOKEN.findall(rule)
    reader = _Reader(tokens)
    return next((parts for end, parts in reader.read(Name("rule"), 0, ("",)) if end == len(tokens)), frozenset())


def all_parts() -> Parts:
    """Every part the grammar has."""
    found: set[Part] = {("FUNCTION", one) for one in FUNCTIONS} | {("UNIT", one) for one in UNITS}
    for name, expression in productions().items():
        found.update(_parts_of(expression, (name,)))
    return frozenset(found)


def _parts_of(expression: Expression, place: Part) -> Iterator[Part]:
    match expression:
        case Choice(alternatives):
            for number, one in enumerate(alternatives):
                yield (*place, f"choice {number}")
                yield from _parts_of(one, (*place, f"choice {number}"))
        case Sequence(parts):
            for number, one in enumerate(parts):
                yield from _parts_of(one, (*place, str(number)))
        case Optional(inner) | Repeated(inner):
            yield from ((*place, "with"), (*place, "without"))
            yield from _parts_of(inner, (*place, "with"))


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def read(self, expression: Expression, start: int, place: Part) -> Iterator[tuple[int, Parts]]:
        """Every end an expression can have from `start`, and the parts used on the way there."""
        match expression:
            case Word(text):
                if self.tokens[start : start + 1] and self.tokens[start].lower() == text.lower():
                    yield start + 1, frozenset()
            case Name(production):
                yield from self.production(production, start)
            case Sequence(parts):
                yield from self.sequence(parts, start, place, 0)
            case Choice(alternatives):
                for number, one in enumerate(alternatives):
                    here = (*place, f"choice {number}")
                    yield from ((end, used | {here}) for end, used in self.read(one, start, here))
            case Optional(inner) | Repeated(inner):
                yield from self.perhaps(inner, start, place, again=isinstance(expression, Repeated))

    def perhaps(self, inner: Expression, start: int, place: Part, *, again: bool) -> Iterator[tuple[int, Parts]]:
        here = (*place, "with")
        for middle, used in self.read(inner, start, here):
            rest = self.perhaps(inner, middle, place, again=True) if again else iter([(middle, frozenset[Part]())])
            yield from ((end, used | more | {here}) for end, more in rest)
        yield start, frozenset(((*place, "without"),))

    def sequence(
        self, parts: tuple[Expression, ...], start: int, place: Part, number: int
    ) -> Iterator[tuple[int, Parts]]:
        if number == len(parts):
            yield start, frozenset()
            return
        for middle, used in self.read(parts[number], start, (*place, str(number))):
            for end, more in self.sequence(parts, middle, place, number + 1):
                yield end, used | more

    def production(self, name: str, start: int) -> Iterator[tuple[int, Parts]]:
        if name not in LEXICAL:
            yield from self.read(productions()[name], start, (name,))
        elif start < len(self.tokens):
            token = self.tokens[start]
            if name in {"FUNCTION", "UNIT"}:
                words = FUNCTIONS if name == "FUNCTION" else UNITS
                canonical = next((one for one in words if one.lower() == token.lower()), None)
                if canonical:
                    yield start + 1, frozenset(((name, canonical),))
            elif re.fullmatch(_SHAPES[name], token, re.DOTALL) and not (name == "NAME" and self.reserved(start)):
                yield start + 1, frozenset()

    def reserved(self, start: int) -> bool:
        return self.tokens[start].lower() in RESERVED and self.tokens[start - 1 : start] != ["."]
