"""What is recorded so that it is told once: sinks that stop and begin again, hazards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.core.refusal import require
from rootwarden.breakglass.core.state import SinkStanding

if TYPE_CHECKING:
    from rootwarden.breakglass.core.entry import HazardNoticed, SinkChanged
    from rootwarden.breakglass.core.state import State


def apply_sink(state: State, entry: SinkChanged) -> None:
    """How it stands now."""
    state.sinks[entry.sink] = SinkStanding(works=entry.works, since=entry.at)


def check_hazard(state: State, entry: HazardNoticed) -> None:
    """P2: each hazard is told once for each limit it passes, by whichever instance comes first."""
    require(bool(entry.hazard and entry.words), "P2", "a hazard has a name, and words")
    require(entry.hazard not in state.hazards, "P2", f"`{entry.hazard}` was noticed already")


def apply_hazard(state: State, entry: HazardNoticed) -> None:
    """It is not noticed again."""
    state.hazards.add(entry.hazard)
