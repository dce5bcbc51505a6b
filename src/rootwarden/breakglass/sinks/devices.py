"""No machine outside is reachable: people's own devices sign the head, and keep it.

What a device signs is `core.anchor.attestation_message`; whether it is a key of that person, and counts now, is said by
the function that is passed in, when the signature comes and again before it is used.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar, Final

from rootwarden.breakglass.core.anchor import DEVICES
from rootwarden.breakglass.sinks.sink import Receipt, SinkKind
from rootwarden.errors import RootwardenError, SinkError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.core.anchor import Attestation
    from rootwarden.breakglass.sinks.lane import Allowance
    from rootwarden.transparency.head import Head

MOST_KEPT: Final = 64


class DevicesSink:
    """Two people's devices.

    Args:
        name: What people call it.
        verify: Raises when an attestation of a head is not by a key of the person it names, or does not count now.
        clock: Now.
    """

    kind: ClassVar[SinkKind] = SinkKind.DEVICES
    tells: ClassVar[bool] = False
    takes_entries: ClassVar[bool] = False

    def __init__(
        self, name: str, *, verify: Callable[[Head, Attestation], None], clock: Callable[[], datetime]
    ) -> None:
        self.name = name
        self._verify = verify
        self._clock = clock
        self._lock = threading.Lock()
        # By size and root, the head and who signed it; what is of an old head goes when there is no room.
        self._given: dict[tuple[int, str], tuple[Head, dict[str, Attestation]]] = {}

    def hand_in(self, head: Head, attestation: Attestation) -> None:
        """Take an attestation of a head.

        Raises:
            SinkError: It does not count.
        """
        try:
            self._verify(head, attestation)
        except RootwardenError as error:
            raise SinkError(f"the attestation does not count: {error.message}", hint=error.hint) from error
        with self._lock:
            self._given.setdefault((head.size, head.root), (head, {}))[1][attestation.person] = attestation
            while len(self._given) > MOST_KEPT:
                del self._given[min(self._given)]

    def offer(self, head: Head, entries: Sequence[bytes], within: Allowance) -> Receipt:
        """Whether enough people signed this head."""
        del entries, within  # nothing is sent, so nothing takes time
        receipt = self._receipt(head)
        if receipt is None:
            raise SinkError(
                f"{len(self.people(head))} of {DEVICES} people have signed the head over {head.size} entries",
                hint="ask another person to sign it on their device",
            )
        return receipt

    def people(self, head: Head) -> tuple[str, ...]:
        """Whose signature over a head counts, sorted."""
        return tuple(sorted(self._counting(head)))

    def waiting_for(self, person: str) -> Head | None:
        """The newest head that somebody else signed, this person did not, and one more signature is wanted for."""
        with self._lock:
            heads = sorted((head for head, _ in self._given.values()), key=lambda head: -head.size)
        signed = ((head, self._counting(head)) for head in heads)
        return next((head for head, by in signed if by and person not in by and len(by) < DEVICES), None)

    def signed(self) -> Receipt | None:
        """The receipt for the newest head that enough people signed; `None` when there is none."""
        with self._lock:
            heads = sorted((head for head, _ in self._given.values()), key=lambda head: -head.size)
        return next((receipt for head in heads if (receipt := self._receipt(head)) is not None), None)

    def newest(self, within: Allowance) -> tuple[Head, ...]:
        """Nobody can ask a device that is in somebody's pocket."""
        del within
        raise SinkError(f"`{self.name}` cannot be asked", hint="people compare the head on their devices")

    def _counting(self, head: Head) -> dict[str, Attestation]:
        with self._lock:
            _, given = self._given.get((head.size, head.root), (head, {}))
            given = dict(given)
        return {person: each for person, each in given.items() if self._counts(head, each)}

    def _receipt(self, head: Head) -> Receipt | None:
        given = self._counting(head)
        people = sorted(given)
        if len(people) < DEVICES:
            return None
        return Receipt(
            sink=self.name,
            kind=self.kind,
            head=head,
            accepted_at=self._clock(),
            reference=", ".join(people),
            verifiable=True,
            attestations=tuple(given[person] for person in people),
        )

    def _counts(self, head: Head, attestation: Attestation) -> bool:
        try:
            self._verify(head, attestation)
        except RootwardenError:
            return False
        return True
