"""Whether this is a place to release from (BG-14): judged at the start, and by the waivers in the log ever since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.placement.judge import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.placement.declared import Declarations
    from rootwarden.breakglass.placement.judge import Placement
    from rootwarden.breakglass.placement.place import Clue


class Placing:
    """The placement of a broker.

    Args:
        clues: What this machine says about where it stands.
        declared: What the broker depends on.
        state: The replay of the log: its waivers, and the accounts it guards, which are protected whatever is declared.
        now: The clock.
    """

    def __init__(
        self,
        clues: Sequence[Clue],
        declared: Declarations,
        state: Callable[[], State],
        now: Callable[[], datetime],
    ) -> None:
        self._clues, self._declared, self._state, self._now = tuple(clues), declared, state, now
        # What was judged last, and of which accounts and waivers: it is asked before every release.
        self._last: tuple[frozenset[str], frozenset[str], Placement] | None = None

    def judged(self) -> Placement:
        """The placement as it stands."""
        state, last = self._state(), self._last
        accounts, waivers = frozenset(state.accounts), state.waived(self._now())
        if last is not None and last[:2] == (accounts, waivers):
            return last[2]
        protected = tuple(sorted({*self._declared.protected, *accounts}))
        declared = msgspec.structs.replace(self._declared, protected=protected)
        placement = judge(self._clues, declared, waivers=waivers)
        self._last = accounts, waivers, placement
        return placement

    def why_not(self) -> str:
        """Why nothing may be released here (P1); nothing when it may."""
        return "; ".join(f"{one.words} (waiver `{one.waiver}`)" for one in self.judged().blocking)
