"""Changes of the tests that begin with a word of their own: `never`, `within last`, `between`, `overlaps`, …"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from rootwarden.rules.printer import print_condition
from rootwarden.rules.quantities import moved, number
from rootwarden.rules.syntax import (
    Age,
    Between,
    Catches,
    Condition,
    Elapsed,
    Literal,
    Not,
    PolicyTest,
    RangeOverlap,
    Verb,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.syntax import Leaf

# Key, what is changed in words, the changed test.
PhraseChange: TypeAlias = tuple[str, str, Condition]


def phrase_changes(leaf: Leaf) -> Iterator[PhraseChange]:
    """Every change of one such test: its bounds and durations one more and one less, its words, its opposite."""
    text = print_condition(leaf)
    opposite = Not(leaf, leaf.span)
    yield "negate", f"`{text}` becomes `{print_condition(opposite)}`", opposite
    match leaf:
        case Elapsed():
            yield from _elapsed(leaf, text)
        case Between(low=low, high=high) | RangeOverlap(low=low, high=high):
            for key, words, (first, last) in moved((low, high), text):
                if _in_order(number(first), number(last)):
                    yield key, words, replace(leaf, low=first, high=last)
        case Catches(sets=sets) if len(sets) > 1:
            for index, one in enumerate(sets):
                kept = replace(leaf, sets=(*sets[:index], *sets[index + 1 :]))
                yield f"{index}:drop", f"dropped `{one.value}` of `{text}`", kept
        case PolicyTest(verb=Verb.DENIES):
            words = f"`{text}` becomes" + (" one without `for root`" if leaf.for_root else " one `for root`")
            yield "root", words, replace(leaf, for_root=not leaf.for_root)


def _elapsed(elapsed: Elapsed, text: str) -> Iterator[PhraseChange]:
    other = Age.OLDER_THAN if elapsed.age is Age.WITHIN_LAST else Age.WITHIN_LAST
    yield "age", f"`{elapsed.age.value}` becomes `{other.value}` in `{text}`", replace(elapsed, age=other)
    for key, words, (amount,) in moved((elapsed.amount,), text):
        if isinstance(amount, Literal) and (number(amount) or 0) >= 0:
            yield key, words, replace(elapsed, amount=amount)


def _in_order(low: float | None, high: float | None) -> bool:
    return low is None or high is None or low <= high
