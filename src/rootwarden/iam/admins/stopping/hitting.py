"""The smallest set that has something of each of several sets: what to take away so that none of them is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

T = TypeVar("T")
# Branches looked at before a set that is only small is taken.
_MOST_BRANCHES: Final = 5_000


def smallest(cores: Sequence[Collection[T]], order: Callable[[T], tuple[int, str]]) -> tuple[frozenset[T], bool]:
    """Choose.

    Args:
        cores: None of them empty.
        order: What an element costs; of sets of one size the cheaper is taken, then the one that sorts first.

    Returns:
        The set, and whether it is certain that none is smaller.
    """
    chosen: set[T] = set()
    certain = True
    for part in _apart(_least(cores)):
        chooser = _Chooser(part, order)
        chooser.branch(frozenset())
        chosen |= chooser.best
        certain = certain and chooser.left >= 0
    return frozenset(chosen), certain


def _least(cores: Iterable[Collection[T]]) -> list[frozenset[T]]:
    """The cores without those that have something of each choice anyway: another one is inside them."""
    kept: list[frozenset[T]] = []
    for core in sorted(set(map(frozenset, cores)), key=len):
        if not any(one <= core for one in kept):
            kept.append(core)
    return kept


def _apart(cores: Iterable[frozenset[T]]) -> list[list[frozenset[T]]]:
    """The cores in groups that have nothing in common: each is a question of its own."""
    groups: list[tuple[set[T], list[frozenset[T]]]] = []
    for core in cores:
        elements, members = set(core), [core]
        apart = []
        for group in groups:
            if group[0].isdisjoint(core):
                apart.append(group)
            else:
                elements |= group[0]
                members += group[1]
        groups = [*apart, (elements, members)]
    return [members for _, members in groups]


class _Chooser(Generic[T]):
    def __init__(self, cores: Sequence[Collection[T]], order: Callable[[T], tuple[int, str]]) -> None:
        self._order = order
        self._cores = sorted((sorted(one, key=order) for one in cores), key=len)
        self.left = _MOST_BRANCHES
        self.best: frozenset[T] = self._greedy()

    def branch(self, chosen: frozenset[T]) -> None:
        """Try every element of the first set that has none chosen."""
        self.left -= 1
        if self.left < 0 or len(chosen) > len(self.best):
            return
        core = next((one for one in self._cores if chosen.isdisjoint(one)), None)
        if core is None:
            self.best = min(self.best, chosen, key=self._cost)
        elif len(chosen) < len(self.best):
            for one in core:
                self.branch(chosen | {one})

    def _cost(self, chosen: frozenset[T]) -> tuple[int, list[tuple[int, str]]]:
        return len(chosen), sorted(map(self._order, chosen))

    def _greedy(self) -> frozenset[T]:
        """The element that most sets have, again and again."""
        chosen: set[T] = set()
        open_ = list(self._cores)
        while open_:
            counts: dict[T, int] = {}
            for core in open_:
                for one in core:
                    counts[one] = counts.get(one, 0) + 1
            chosen.add(min(counts, key=lambda one: (-counts[one], self._order(one))))
            open_ = [one for one in open_ if chosen.isdisjoint(one)]
        return frozenset(chosen)
