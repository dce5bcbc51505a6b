"""Counts and shares of elements, with three truth values.

An element whose condition is unknown may count or not; an `Unlisted` one stands for any number of such elements. The
answer is decided when it is the same however the unknown elements turn out, and then rests only on facts that make it
so: for a lower bound on what holds it up, for an upper one on what keeps it down and on how long the list is.
Undecided, it names the unknown facts that can still turn it.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from rootwarden.facts.fact import Unknown, Unlisted
from rootwarden.rules.logic import Observation, ask, elements, noted
from rootwarden.rules.syntax import Bound
from rootwarden.rules.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from rootwarden.facts.fact import Fact
    from rootwarden.rules.logic import Judgement, Node, Reading, Record, Truth

_WHOLE: Final = 100  # percent


def counted(reading: Reading, inner: Node, bound: Bound, number: int) -> Node:
    """At least, at most or exactly `number` elements satisfy `inner`.

    Args:
        reading: The list (a record is a list of one; an absent one has no elements).
        inner: What is asked of each element.
        bound: Which side of the number.
        number: Whole and not negative.
    """
    least = 0 if bound is Bound.AT_MOST else number
    most = None if bound is Bound.AT_LEAST else number

    def node(record: Record, place: str, now: float) -> Judgement:
        fact = reading.read(record)
        there = elements(reading, fact, place)
        if isinstance(there, Unknown):
            return None, (Observation(place, reading, there),)
        judged = [ask(one, where, reading, inner, now) for one, where in there]
        holding = sum(truth is True for truth, _ in judged)
        possible = holding + sum(truth is None for truth, _ in judged) if not endless(there) else inf
        too_many = most is not None and holding > most
        if too_many:
            return False, _resting(reading, fact, place, _of(judged, True), bounded=False)
        if possible < least:
            failing = _of(judged, False) if len(judged) >= least else ()
            return False, _resting(reading, fact, place, failing, bounded=True)
        if holding < least or (most is not None and possible > most):
            return None, _of(judged, None)
        seen = _of(judged, True) if least else ()
        if most is not None and len(judged) > most:
            seen = (*seen, *_of(judged, False))
        return True, _resting(reading, fact, place, seen, bounded=most is not None)

    return node


def endless(there: Iterable[tuple[object, str]]) -> bool:
    """Whether the list may have any number of elements more than are in it."""
    return any(isinstance(one, Unlisted) for one, _ in there)


def _of(judged: Iterable[Judgement], wanted: Truth) -> tuple[Observation, ...]:
    return tuple(seen for truth, rests_on in judged if truth is wanted for seen in rests_on)


def _resting(
    reading: Reading, fact: Fact[object], place: str, seen: tuple[Observation, ...], *, bounded: bool
) -> tuple[Observation, ...]:
    """What was seen of the elements and the list itself, whose length decides too where the answer is `bounded`."""
    return (*seen, Observation(place, reading, fact, context=bool(seen) and not bounded))


def shared(reading: Reading, scope: Node | None, inner: Node, bound: Bound, percent: Decimal) -> Node:
    """At least or at most `percent` of the elements in scope satisfy `inner`; of none, every share does.

    Each element weighs so that the share is reached when the sum is not negative: with `percent` = p, one that
    satisfies weighs 100 - p and one that does not -p, for `atmost` the other way round. The arithmetic is exact.

    Args:
        reading: The list (a record is a list of one; an absent one has no elements).
        scope: Which elements the share is taken of; all when `None`.
        inner: What is asked of each of them.
        bound: At least or at most.
        percent: Between 0 and 100.
    """
    part, whole = percent.as_integer_ratio()
    sign = -1 if bound is Bound.AT_MOST else 1
    weights = Weights(satisfied=sign * (_WHOLE * whole - part), not_satisfied=-sign * part)
    everything: Node = scope if scope is not None else lambda *_: (True, ())

    def tally(judged: Sequence[tuple[Judgement, Judgement]]) -> str:
        """How many satisfy it, of how many: what nobody sees from the facts of each."""
        inside = [(within, condition) for (within, _), (condition, _) in judged if within is not False]
        holding, undecided = inside.count((True, True)), sum(None in each for each in inside)
        named = f"`{reading.name}`{' in scope' if scope is not None else ''}"
        return f"{holding} of {len(inside)} {named} satisfy it{f', {undecided} more may' if undecided else ''}"

    def node(record: Record, place: str, now: float) -> Judgement:
        fact = reading.read(record)
        there = elements(reading, fact, place)
        if isinstance(there, Unknown):
            return None, (Observation(place, reading, there),)
        judged = [
            (ask(one, where, reading, everything, now), ask(one, where, reading, inner, now)) for one, where in there
        ]
        truth, seen = weights.judge(judged, endless=endless(there))
        if truth is None:
            return None, seen
        return truth, _resting(reading, noted(fact, tally(judged)), place, seen, bounded=True)

    return node
