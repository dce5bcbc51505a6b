"""The sinks as the broker needs them, and the log as the sinks need it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.broker.anchoring import Anchored, Held
from rootwarden.breakglass.codes.clock import Kind, Reference
from rootwarden.breakglass.codes.clock_source import read_clocks
from rootwarden.breakglass.core.anchor import Witnessed
from rootwarden.breakglass.sinks.panel import NotAnchoredError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.codes.clock import Reading
    from rootwarden.breakglass.core.anchor import Proof
    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.service.clock import TrustedClock
    from rootwarden.breakglass.sinks.panel import Panel
    from rootwarden.breakglass.sinks.sink import Receipt
    from rootwarden.transparency.head import Head

# Neither the time in a cosignature nor that of a receipt has a fraction: each may be so much older than it reads.
_GRAIN: Final = 1.0


class BrokersLog:
    """The broker's log, for sinks."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    @property
    def name(self) -> str:
        """Name of the log."""
        return self._broker.replayed.log or self._broker.state().log

    @property
    def size(self) -> int:
        """How many entries are durable."""
        return self._broker.keeper.size()

    def entries(self, first: int, until: int) -> Sequence[bytes]:
        """The bytes of entries, from 0, without the last."""
        return list(islice(self._broker.keeper.read(first), until - first))

    def root_at(self, size: int) -> bytes | None:
        """The root after so many entries."""
        return self._of(size).tree.root_at(size)

    def consistency(self, first: int, size: int) -> Sequence[bytes]:
        """The consistency path from one size to another."""
        return self._of(size).tree.consistency(first, size)

    def _of(self, size: int) -> State:
        """A replay that goes so far, if there is one: what was replayed once needs no new look at the database."""
        known = self._broker.replayed
        return known if known.size >= size else self._broker.state()


class PanelAnchors:
    """Anchors heads with a panel of sinks; what a witness signs also tells the clock.

    Args:
        panel: The sinks.
        clock: Learns the time of witnesses.
        offline: The newest head two people's devices signed, for when too few sinks can be reached.
        reading: Reads this machine's clocks.
    """

    def __init__(
        self,
        panel: Panel,
        clock: TrustedClock,
        *,
        offline: Callable[[], Receipt | None] | None = None,
        reading: Callable[[], Reading] = read_clocks,
    ) -> None:
        self._panel, self._clock, self._offline, self._reading = panel, clock, offline, reading

    def anchor(self, head: Head) -> Anchored:
        """Wait until enough sinks hold a head.

        Returns:
            That head, or a later one of this log that a witness has signed meanwhile; offline an earlier one too, which
            covers what two people saw before they signed: the vault gives nothing that stands after it.

        Raises:
            SinkError: Too few did in time, or one holds another history.
        """
        before = self._reading()
        try:
            anchored = self._panel.anchor(head)
        except NotAnchoredError:
            signed = self._offline() if self._offline is not None else None
            if signed is None:
                raise
            return Anchored(head=signed.head, held=(_held(signed),), proofs=signed.attestations)
        after = self._reading()
        proofs: list[Proof] = []
        for receipt in anchored.receipts:
            if receipt.head == anchored.head:
                proofs.extend(receipt.attestations)
            if receipt.cosignature is None:
                continue
            if receipt.head == anchored.head:
                proofs.append(Witnessed(cosignature=receipt.cosignature))
            self._learn(receipt, before, after)
        held = tuple(_held(receipt) for receipt in anchored.receipts)
        return Anchored(head=anchored.head, held=held, proofs=tuple(proofs))

    def _learn(self, receipt: Receipt, before: Reading, after: Reading) -> None:
        uncertainty = after.steady - before.steady + 2 * _GRAIN
        begun = before.wall.replace(microsecond=0)
        if receipt.cosignature is None or uncertainty > _MOST_UNCERTAIN or receipt.accepted_at < begun:
            return
        reference = Reference(
            kind=Kind.WITNESS,
            names=(receipt.sink,),
            instant=receipt.cosignature.time,
            uncertainty=uncertainty,
            at=before,
        )
        self._clock.learn(reference)


def _held(receipt: Receipt) -> Held:
    return Held(
        sink=receipt.sink, kind=receipt.kind.value, accepted_at=receipt.accepted_at, reference=receipt.reference
    )


_MOST_UNCERTAIN: Final = 4.0
