"""Patterns of `*` and `?` as languages: which of them match, together, the texts that one of them stands for.

"Does `s3:*` cover `s3:Get*`", "do two patterns share a text" and "do these three cover that one between them" are one
question: which sets of patterns match some text of the asked pattern *at the same time*? All patterns are read side by
side, one bit a position (the shift-and method of Baeza-Yates and Gonnet, 1992), and every state they can be in together
is visited once.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_MOVES = 400_000
MOST_POSITIONS = 40_000


class Wild(Enum):
    """A place that takes more than one character. In an ARN's first five parts none of them takes a colon."""

    ONE = "?"
    RUN = "*"
    ONE_IN_PART = "? but a colon"
    RUN_IN_PART = "* but a colon"


Step: TypeAlias = str | Wild
_RUNS = (Wild.RUN, Wild.RUN_IN_PART)
_IN_PART = {Wild.ONE: Wild.ONE_IN_PART, Wild.RUN: Wild.RUN_IN_PART}
# Stands for every character that no pattern names.
_ANOTHER = ""


class TooIntricateError(Exception):
    """The patterns can be in more states together than are visited."""


class Budget:
    """How many moves from state to state may still be made, for one question or several."""

    def __init__(self, moves: int = MOST_MOVES) -> None:
        self._left = moves

    def spend(self, moves: int) -> None:
        """Raises `TooIntricateError` when it is used up."""
        self._left -= moves
        if self._left < 0:
            raise TooIntricateError


class Glob(msgspec.Struct, frozen=True):
    """A pattern, step by step: a character, or a `Wild`."""

    steps: tuple[Step, ...]


EVERYTHING = Glob((Wild.RUN,))
# No action and no resource is an empty text.
SOMETHING = Glob((Wild.ONE, Wild.RUN))


def glob(text: str, *, parts: int = 0) -> Glob:
    """Read a pattern.

    Args:
        text: `*` is any run of characters, `?` any one, everything else itself.
        parts: Up to which colon a wildcard does not reach over colons: 5 for an ARN.
    """
    steps: list[Step] = []
    colons = 0
    for character in text:
        colons += character == ":"
        step: Step = {"*": Wild.RUN, "?": Wild.ONE}.get(character, character)
        if isinstance(step, Wild) and colons < parts:
            step = _IN_PART[step]
        if not (steps and step in _RUNS and steps[-1] == step):
            steps.append(step)
    return Glob(tuple(steps))


def literal(text: str) -> Glob:
    """A pattern that is one text: its stars are stars."""
    return Glob(tuple(text))


def matches_together(asked: Glob, patterns: Sequence[Glob], budget: Budget | None = None) -> Iterator[int]:
    """Which patterns match some text of `asked` at the same time.

    Args:
        asked: The texts that are looked at.
        patterns: The patterns.
        budget: What may be spent; left out, that of one question.

    Returns:
        Each set of patterns (bit *i* for pattern *i*) that is exactly the set of those that match some text of `asked`,
        once, in an order that depends on the patterns alone.

    Raises:
        TooIntricateError: There are too many states to visit.
    """
    budget = budget or Budget()
    machine = _Machine((asked, *patterns))
    found: set[int] = set()
    seen = {machine.start}
    waiting = [machine.start]
    while waiting:
        state = waiting.pop()
        if state & machine.ends[0]:
            matched = sum(1 << index for index, end in enumerate(machine.ends[1:]) if state & end)
            if matched not in found:
                found.add(matched)
                yield matched
        budget.spend(machine.cost)
        for after in machine.after(state):
            if after & machine.asked and after not in seen:
                seen.add(after)
                waiting.append(after)


class _Machine:
    """The patterns side by side; a state is the positions they can be at, as bits of one number."""

    def __init__(self, patterns: Sequence[Glob]) -> None:
        self.ends: list[int] = []
        self.runs = 0
        self._named: dict[str, int] = {":": 0}
        self._advance = dict.fromkeys(Wild, 0)
        first = position = 0
        for number, pattern in enumerate(patterns):
            first |= 1 << position
            for step in pattern.steps:
                self._place(step, 1 << position)
                position += 1
            self.ends.append(1 << position)
            position += 1
            if number == 0:
                self.asked = (1 << position) - 1
            if position > MOST_POSITIONS:
                raise TooIntricateError
        self.start = self._closed(first)
        self._moves = [self._move(character) for character in (*self._named, _ANOTHER)]
        # Numbers of some thousand bits take longer.
        self.cost = len(self._moves) * (1 + position // 4096)

    def after(self, state: int) -> Iterator[int]:
        """The states one character leads to; characters without a move of their own are alike."""
        for advance, stay in self._moves:
            yield self._closed(((state & advance) << 1) | (state & stay))

    def _place(self, step: Step, bit: int) -> None:
        if isinstance(step, Wild):
            self._advance[step] |= bit
            self.runs |= bit if step in _RUNS else 0
        else:
            self._named[step] = self._named.get(step, 0) | bit

    def _move(self, character: str) -> tuple[int, int]:
        """(positions that go on, positions that stay) when that character is read."""
        advance = self._named.get(character, 0) | self._advance[Wild.ONE]
        stay = self._advance[Wild.RUN]
        if character != ":":
            advance |= self._advance[Wild.ONE_IN_PART]
            stay |= self._advance[Wild.RUN_IN_PART]
        return advance, stay

    def _closed(self, state: int) -> int:
        """A run may be empty; no two runs stand side by side, so one step further is enough."""
        return state | (state & self.runs) << 1
