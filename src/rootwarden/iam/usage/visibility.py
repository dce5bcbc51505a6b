"""What a log can show of an action, and so what its silence is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.actions import Access

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.actions import Action, ActionCatalogue
    from rootwarden.iam.usage.names import NamesFile, Operations

# Sets of many principals are the same: those of everything, and the smallest.
_KEPT: Final = 4096


class Visibility:
    """Sets of actions, one bit each in the order of `actions`.

    Args:
        catalogue: Every action.
        files: What logs do not show.
        operations: Actions some operation of an AWS client needs.

    Attributes:
        actions: Every action, in order.
        number: Position by full name in lower case.
        called: Actions with a call that can be recorded.
        never: Actions that no log shows.
        data: Data events.
        excludable: Actions whose events a trail can leave out, service by service.
        reads: Actions whose events are read-only.
        services: Actions of each service.
    """

    def __init__(self, catalogue: ActionCatalogue, files: Iterable[NamesFile], operations: Operations) -> None:
        self.actions: tuple[Action, ...] = catalogue.expand("*")
        self.number = {action.full.lower(): number for number, action in enumerate(self.actions)}
        self._sets: dict[int, tuple[str, ...]] = {}
        self._names = tuple(action.full for action in self.actions)
        called = (f"{service}:{name}" for service, names in operations.actions.items() for name in names)
        self.called = self.mask(called)
        self.never = self.data = self.excludable = 0
        for hidden in (one for file in files for one in file.hidden):
            mask = self.mask(action.full for pattern in hidden.actions for action in catalogue.expand(pattern))
            self.never |= mask if hidden.why else 0
            self.data |= mask if hidden.data else 0
            self.excludable |= mask if hidden.excludable else 0
        reading = {Access.READ, Access.LIST}
        self.reads = self.mask(one.full for one in self.actions if reading & set(one.access))
        self.services: dict[str, int] = {}
        for number, action in enumerate(self.actions):
            self.services[action.service] = self.services.get(action.service, 0) | 1 << number

    def mask(self, actions: Iterable[str]) -> int:
        """The bits of some actions; one that is not in the catalogue has none."""
        numbers = (self.number.get(action.lower()) for action in actions)
        return sum(1 << number for number in {one for one in numbers if one is not None})

    def of_services(self, prefixes: Iterable[str]) -> int:
        """The bits of whole services."""
        mask = 0
        for prefix in prefixes:
            mask |= self.services.get(prefix, 0)
        return mask

    def names(self, mask: int) -> tuple[str, ...]:
        """The actions of a set, in order."""
        found = self._sets.get(mask)
        if found is None:
            bits = bin(mask)[:1:-1]
            found = tuple(action for action, bit in zip(self._names, bits, strict=False) if bit == "1")
            if len(self._sets) < _KEPT:
                self._sets[mask] = found
        return found
