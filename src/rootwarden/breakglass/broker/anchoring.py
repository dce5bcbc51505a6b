"""What the broker needs of the sinks: to hold a head before anything is released, and to say so."""

from __future__ import annotations

from typing import Protocol

import msgspec

from rootwarden.breakglass.core.anchor import Proof
from rootwarden.facts.instant import Instant
from rootwarden.transparency.head import Head


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A sink that holds a head: what the code page shows.

    Attributes:
        sink: Its name.
        kind: What it is.
        accepted_at: When it took it.
        reference: What it calls it.
    """

    sink: str
    kind: str
    accepted_at: Instant
    reference: str


class Anchored(msgspec.Struct, frozen=True, kw_only=True):
    """A head that enough sinks hold, and the signatures that show it."""

    head: Head
    held: tuple[Held, ...]
    proofs: tuple[Proof, ...]


class Anchors(Protocol):
    """Gives heads to sinks."""

    def anchor(self, head: Head) -> Anchored:
        """Wait until enough sinks hold a head, for a bounded time.

        Raises:
            SinkError: Too few did.
        """
        ...
