"""Was the log here set back? Asked at the start, and again and again: what it finds seals the broker, or lets it go on.

At the start somebody outside must vouch for the log: not looked is not fine. A broker that runs, and whose log somebody
vouched for, goes on while nobody can be asked; only what a sink holds against it seals it then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.service.sinks import log_keys
from rootwarden.breakglass.sinks.compare import compare

if TYPE_CHECKING:
    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.service.devices import Devices
    from rootwarden.breakglass.service.outside import Outside


class Rollback:
    """Compares the log with heads kept elsewhere, and seals the broker.

    Args:
        broker: Is sealed.
        outside: The sinks.
        devices: What people's devices signed.
    """

    def __init__(self, broker: Broker, outside: Outside, devices: Devices) -> None:
        self._broker, self._outside, self._devices = broker, outside, devices
        state = broker.state()
        self._vouched = not state.size
        self._epoch = state.epoch
        if state.size:
            broker.sealed = "the log was not compared yet with heads kept elsewhere"

    def check(self) -> str:
        """Compare.

        Returns:
            Why the broker is sealed; nothing when it is not.

        Raises:
            UsageError: A sink cannot be made of the settings.
        """
        if not self._broker.state().size:
            return ""
        # What sinks hold was in the log before it was given to them: so they are asked first, and the log is read then.
        people, answers = self._devices.answers(), self._outside.held()
        state = self._broker.state()
        found = compare(
            [*answers, *people],
            size=state.size,
            root_at=state.tree.root_at,
            keys=log_keys(state),
            needed=1 if people else min(state.settings.anchors, max(1, self._outside.tellers())),
        )
        # Three people signed which log goes on (E1): they vouch for it as no sink can.
        self._vouched |= state.epoch > self._epoch
        self._epoch = state.epoch
        accused = any(each.accuses for each in found.findings)
        self._vouched = not accused and (self._vouched or not found.sealed)
        self._broker.sealed = "" if self._vouched else found.reason
        return self._broker.sealed
