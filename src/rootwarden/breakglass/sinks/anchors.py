"""The panel as the broker sees it: a head that is held, by whom, and the signatures the vault checks itself (V2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.broker.anchoring import Anchored, Held
from rootwarden.breakglass.core.anchor import Witnessed

if TYPE_CHECKING:
    from rootwarden.breakglass.core.anchor import Proof
    from rootwarden.breakglass.sinks.panel import Panel
    from rootwarden.breakglass.sinks.sink import Receipt
    from rootwarden.transparency.head import Head


class PanelAnchors:
    """Gives heads to the sinks of a panel.

    Args:
        panel: The sinks. Where the settings name witnesses its policy must be `proven`.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = panel

    def anchor(self, head: Head) -> Anchored:
        """Wait until enough sinks hold a head, for a bounded time.

        Returns:
            That head, or a later one of this log that a witness has signed meanwhile.

        Raises:
            SinkError: Too few did, or one holds another history.
        """
        anchored = self._panel.anchor(head)
        proofs = tuple(
            proof for receipt in anchored.receipts for proof in _proofs(receipt) if receipt.head == anchored.head
        )
        held = tuple(
            Held(sink=each.sink, kind=each.kind, accepted_at=each.accepted_at, reference=each.reference)
            for each in anchored.receipts
        )
        return Anchored(head=anchored.head, held=held, proofs=proofs)


def _proofs(receipt: Receipt) -> tuple[Proof, ...]:
    if receipt.cosignature is not None:
        return (Witnessed(cosignature=receipt.cosignature),)
    return receipt.attestations
