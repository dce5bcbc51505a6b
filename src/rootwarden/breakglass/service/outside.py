"""Everything outside that holds heads, as the log and the settings name it by now."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from rootwarden.breakglass.codes.clock_source import read_clocks
from rootwarden.breakglass.service.anchors import BrokersLog, PanelAnchors
from rootwarden.breakglass.service.sinks import log_keys, sinks_of
from rootwarden.breakglass.sinks.panel import Panel, Policy
from rootwarden.breakglass.sinks.sink import SinkKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rootwarden.breakglass.broker.anchoring import Anchored
    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.codes.clock import Reading
    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.service.clock import TrustedClock
    from rootwarden.breakglass.service.devices import Devices
    from rootwarden.breakglass.service.remembered import Remembered
    from rootwarden.breakglass.service.settings import SinkSettings
    from rootwarden.breakglass.sinks.compare import Answer
    from rootwarden.breakglass.sinks.panel import Health
    from rootwarden.breakglass.sinks.sink import Sink
    from rootwarden.transparency.head import Head


class Outside:
    """The sinks of a broker; made anew when the settings in the log changed, or an epoch began.

    Args:
        broker: Has the log.
        declared: Where sinks are.
        database: The database's file, if it is one.
        devices: What people's devices signed.
        remembered: What each sink took last.
        clock: Learns the time of witnesses.
        nonce: What witnesses are to sign beside a head.
        reading: Reads this machine's clocks.
    """

    def __init__(
        self,
        broker: Broker,
        declared: Sequence[SinkSettings],
        database: Path | None,
        *,
        devices: Devices,
        remembered: Remembered,
        clock: TrustedClock,
        nonce: Callable[[], str],
        reading: Callable[[], Reading] = read_clocks,
    ) -> None:
        self._broker, self._declared, self._database = broker, tuple(declared), database
        self._devices, self._remembered, self._clock, self._reading = devices, remembered, clock, reading
        self._nonce = nonce
        self._lock = threading.Lock()
        self._made: _Made | None = None

    def anchor(self, head: Head) -> Anchored:
        """Have a head held outside.

        Raises:
            SinkError: Too few sinks took it, and no two people's devices signed it.
            UsageError: A sink cannot be made of the settings.
        """
        known = self._broker.replayed
        return self._at(known if known.size >= head.size else self._broker.state()).anchors.anchor(head)

    def held(self) -> tuple[Answer, ...]:
        """What every sink that can be asked says it holds."""
        return self._now().panel.held()

    def tellers(self) -> int:
        """How many sinks can be asked what they hold."""
        return sum(sink.tells for sink in self._now().sinks)

    def health(self) -> tuple[Health, ...]:
        """How each sink is."""
        return self._now().panel.health()

    def _now(self) -> _Made:
        return self._at(self._broker.state())

    def _at(self, state: State) -> _Made:
        with self._lock:
            made_at = (state.settings_index, state.epoch_index)
            if self._made is None or self._made.made_at != made_at:
                self._made = self._make(state, made_at)
            return self._made

    def _make(self, state: State, made_at: tuple[int, int]) -> _Made:
        log, now = BrokersLog(self._broker), self._clock.now
        made = sinks_of(self._declared, state=state, log=log, database=self._database, clock=now, nonce=self._nonce)
        offline = state.settings.offline_anchor
        sinks = (*made, *([self._devices.sink] if offline else []))
        panel = Panel(
            sinks,
            _policy(state, sinks),
            log,
            clock=now,
            accepted=self._remembered.accepted(sinks, since=state.epoch_index, keys=log_keys(state)),
            remember=self._remembered.take,
        )
        receipt = self._devices.receipt if offline else None
        anchors = PanelAnchors(panel, self._clock, offline=receipt, reading=self._reading)
        return _Made(sinks, panel, anchors, made_at)


class _Made(NamedTuple):
    sinks: tuple[Sink, ...]
    panel: Panel
    anchors: PanelAnchors
    made_at: tuple[int, int]


def _policy(state: State, sinks: Sequence[Sink]) -> Policy:
    """The vault asks for a signature where the log names witnesses (V2): the first sink is not enough then."""
    signing = any(sink.kind in (SinkKind.WITNESS, SinkKind.DEVICES) for sink in sinks)
    return Policy(needed=state.settings.anchors, proven=bool(state.settings.witnesses) and signing)
