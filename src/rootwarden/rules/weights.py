"""Whether a sum of weights is negative when some of them are open: the arithmetic of shares, in whole numbers.

An element is out (weight 0), in and satisfied, or in and not; unknown scopes and conditions leave it several of these.
The sum is decided when its sign is the same for every choice. Undecided, only elements count whose own choice can turn
the sign while the others stay; which those are depends on the kind of element alone, so there are four to ask about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rootwarden.rules.logic import Judgement, Observation, Truth


class Weights(msgspec.Struct, frozen=True):
    """What an element in scope weighs; one is positive or 0, the other negative or 0."""

    satisfied: int
    not_satisfied: int

    def judge(self, judged: Sequence[tuple[Judgement, Judgement]], *, endless: bool = False) -> Judgement:
        """Whether the sum over elements, each its scope and its condition, is not negative, and on what that rests.

        Args:
            judged: The elements.
            endless: One of them stands for any number of elements: there is no telling how far the sum may go.
        """
        options = [self._options(scope[0], condition[0]) for scope, condition in judged]
        lowest, highest = sum(map(min, options)), sum(map(max, options))
        if endless and not (lowest >= 0 <= min(self.satisfied, self.not_satisfied)):
            # With enough more elements of either weight every open one can be the one that turns the sign.
            return None, tuple(seen for one in judged for seen in _open(one))
        upward = self.satisfied > self.not_satisfied
        if lowest >= 0:
            return True, self._supports(judged, helpful=upward)
        if highest < 0:
            return False, self._supports(judged, helpful=not upward)
        turning = self._turning(options)
        pairs = zip(judged, options, strict=True)
        return None, tuple(seen for one, option in pairs if option in turning for seen in _open(one))

    def _options(self, scope: Truth, condition: Truth) -> tuple[int, ...]:
        """Every weight an element may turn out to have."""
        if scope is False:
            return (0,)
        inside = {True: (self.satisfied,), False: (self.not_satisfied,), None: (self.satisfied, self.not_satisfied)}
        return inside[condition] if scope else (0, *inside[condition])

    def _supports(self, judged: Iterable[tuple[Judgement, Judgement]], *, helpful: bool) -> tuple[Observation, ...]:
        """Facts that hold the sum on its side: of elements whose condition is `helpful`, then of those out of scope."""
        inside: list[Observation] = []
        outside: list[Observation] = []
        gained = self.satisfied if helpful else self.not_satisfied
        for (scope, scope_seen), (condition, condition_seen) in judged:
            found = outside if scope is False else inside
            if scope is False or (scope and condition is helpful and gained):
                found += scope_seen
            if condition is helpful:
                found += condition_seen
        return (*inside, *outside)

    def _turning(self, options: Sequence[tuple[int, ...]]) -> set[tuple[int, ...]]:
        """The kinds of open element that can turn the sign by themselves, the others somehow chosen."""
        kinds: dict[tuple[int, ...], int] = {}
        for one in options:
            if min(one) != max(one):
                kinds[one] = kinds.get(one, 0) + 1
        fixed = sum(one[0] for one in options if min(one) == max(one))
        return {kind for kind in kinds if len(kinds) == 1 or self._turns(kind, kinds, fixed)}

    def _turns(self, kind: tuple[int, ...], kinds: Mapping[tuple[int, ...], int], fixed: int) -> bool:
        """Whether the others can reach a sum that leaves the sign to one element of this kind.

        For every number of others that take the negative weight, those that take the positive one range over all
        numbers between two bounds, so one division tells whether the sum can lie where it must.
        """
        up, down = max(self.satisfied, self.not_satisfied), min(self.satisfied, self.not_satisfied)
        if up == 0:
            return True
        others = {**kinds, kind: kinds[kind] - 1}
        either = others.get((self.satisfied, self.not_satisfied), 0)
        rising, falling = others.get((0, up), 0), others.get((0, down), 0)
        free = others.get((0, self.satisfied, self.not_satisfied), 0)
        for fallen in range(either + falling + free + 1):
            forced = max(0, fallen - falling - free)
            fewest = either - min(either, fallen)
            most = either - forced + rising + free - max(0, fallen - forced - falling)
            here = fixed + fallen * down
            first, last = -((here + max(kind)) // up), (-min(kind) - 1 - here) // up
            if max(fewest, first) <= min(most, last):
                return True
        return False


def _open(judged: tuple[Judgement, Judgement]) -> Iterator[Observation]:
    """The unknown facts of an element."""
    for truth, seen in judged:
        if truth is None:
            yield from seen
