"""What time brings: requests expire, windows end, heads are anchored.

Run often; each run finds its own work. What is due follows from the log, so a broker that was killed goes on where it
was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.leasing import WINDOW
from rootwarden.breakglass.core.returning import open_duties
from rootwarden.breakglass.core.settings import OPENING_LIVES
from rootwarden.breakglass.core.state import Phase, Stage
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.broker.releases import Releases


class Chores:
    """What the broker does by itself.

    Args:
        broker: Writes the log.
        releases: Anchors heads, publishes check-outs.
        trouble: Hears what went wrong; a chore that fails does not stop the others.
    """

    def __init__(
        self,
        broker: Broker,
        releases: Releases,
        *,
        trouble: Callable[[RootwardenError], None],
    ) -> None:
        self._broker, self._releases, self._trouble = broker, releases, trouble

    def run(self, tell: Callable[[], None] = lambda: None) -> int:
        """Do everything that is due.

        Args:
            tell: Tells people, before the head is anchored; where that has a thread of its own, nothing.

        Returns:
            How many entries were written; none while the broker is sealed.
        """
        if self._broker.sealed:
            return 0
        before = self._broker.state().size
        for chore in (
            self._expire,
            self._end,
            self._close,
            self._releases.retry,
            self._end_openings,
            tell,
            self._anchor,
        ):
            try:
                chore()
            except RootwardenError as error:
                self._trouble(error)
        return self._broker.state().size - before

    def _expire(self) -> None:
        state, now = self._broker.state(), self._broker.now()
        over = (Stage.EXPIRED, Stage.VOID)
        for name, filed in list(state.requests.items()):
            if filed.stage is Stage.FILED and state.stage_of(filed, now) in over:
                self._broker.say(log.RequestExpired(at=now, actor=log.SYSTEM, request=name))

    def _end(self) -> None:
        now = self._broker.now()
        for name, lease in list(self._broker.state().leases.items()):
            if lease.phase is Phase.OPEN and now >= lease.until:
                self._broker.say(log.LeaseEnded(at=now, actor=log.SYSTEM, lease=name, why=WINDOW))
                self._releases.publish(name)

    def _close(self) -> None:
        for name, lease in list(self._broker.state().leases.items()):
            if lease.phase is Phase.DUTIES and not open_duties(lease):
                self._broker.say(log.LeaseClosed(at=self._broker.now(), actor=log.SYSTEM, lease=name))

    def _end_openings(self) -> None:
        now = self._broker.now()
        for name, opening in list(self._broker.state().openings.items()):
            if not opening.outcome and now >= opening.at + OPENING_LIVES:
                ended = log.OpeningEnded(
                    at=now, actor=log.SYSTEM, opening=name, outcome="expired", reason="too few gave a share"
                )
                self._broker.say(ended)

    def _anchor(self) -> None:
        if self._broker.state().size:
            self._releases.anchor()
