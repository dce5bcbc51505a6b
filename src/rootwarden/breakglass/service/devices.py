"""Offline: what two people's devices are asked to sign, and what they signed (section 2 of the protocol).

People sign the head as it is. While no machine outside can be reached this anchors it, for broker and vault; at a start
it says that the log here is the one they know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.core.anchor import Attestation, attestation_message
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.standing import person_of, signed_by
from rootwarden.breakglass.sinks.compare import Held
from rootwarden.breakglass.sinks.devices import DevicesSink
from rootwarden.transparency.head import Head, to_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.core.authenticator import Authenticator
    from rootwarden.breakglass.sinks.sink import Receipt

NAME: Final = "devices"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What people's devices sign.

    Attributes:
        head: The head as it is now.
        message: What an Ed25519 key signs; a passkey signs its SHA-256.
        signed: Who has signed it already.
    """

    head: Head
    message: bytes
    signed: tuple[str, ...]


class Devices:
    """Asks for signatures over the head, and takes them.

    Args:
        broker: Has the log.
        head_at: The signed head over so many entries, if there is one.
        clock: Now.
    """

    def __init__(self, broker: Broker, head_at: Callable[[int], Head | None], clock: Callable[[], datetime]) -> None:
        self._broker, self._head_at = broker, head_at
        # What was here at the start was not vouched for by anybody yet: an older head says nothing about the newest.
        self._least = broker.state().size
        self._checked: dict[tuple[int, str, Attestation], str] = {}
        self.sink = DevicesSink(NAME, verify=self._verify, clock=clock)

    def asked(self, person: str = "") -> Asked:
        """What is to be signed now; it changes with every entry, also with that of who signs in to sign.

        Args:
            person: Who would sign: what somebody else signed already comes first.

        Raises:
            Refused: There is no log yet, or people's devices do not anchor it (V2).
        """
        newest = self._head()
        begun = self.sink.waiting_for(person) if person else None
        return self._asked(newest if begun is None or begun.size < self._least else begun)

    def hand_in(self, person: str, size: int, authenticator: Authenticator) -> Asked:
        """Take somebody's signature over a head.

        Args:
            person: Who signed.
            size: Of the head they were asked to sign.
            authenticator: The signature over `Asked.message`.

        Returns:
            The head that was signed, with everybody who signed it.

        Raises:
            Refused: There is no such head, or people's devices do not anchor this log (V2).
            SinkError: The signature does not count.
        """
        head = self._head(size)
        self.sink.hand_in(head, Attestation(person=person, authenticator=authenticator))
        return self._asked(head)

    def receipt(self) -> Receipt | None:
        """The newest head two people signed, if there is one, and this log may be anchored so."""
        return self.sink.signed() if self._broker.state().settings.offline_anchor else None

    def answers(self) -> tuple[Held, ...]:
        """What two people say the log is, for `sinks.compare`."""
        receipt = self.receipt()
        return (Held(sink=NAME, heads=(receipt.head,)),) if receipt is not None else ()

    def _asked(self, head: Head) -> Asked:
        message = attestation_message(head, log=self._broker.state().log)
        return Asked(head=head, message=message, signed=self.sink.people(head))

    def _head(self, size: int | None = None) -> Head:
        state = self._broker.state()
        require(bool(state.size), "G1", "there is no log yet")
        require(state.settings.offline_anchor, "V2", "people's devices do not anchor this log", hint=_SETTING)
        wanted = state.size if size is None else size
        head = self._head_at(wanted) if self._least <= wanted <= state.size else None
        if head is None:
            raise Refused("V2", f"there is no head over {wanted} entries to sign", hint="sign the newest")
        return head

    def _verify(self, head: Head, attestation: Attestation) -> None:
        """Whether it counts: made by a key of the person, over a head of this log, and the key still is theirs.

        A passkey's counter goes on after it, so a signature that counted is not checked a second time.
        """
        state = self._broker.state()
        root = state.tree.root_at(head.size)
        require(root is not None and to_text(root) == head.root, "V2", "the head is not of the log here")
        made = (head.size, head.root, attestation)
        if made not in self._checked:
            message = attestation_message(head, log=state.log)
            signed = signed_by(state, attestation.person, message, attestation.authenticator, state.newest_at)
            self._checked[made] = signed.key.id
        require(self._checked[made] in person_of(state, attestation.person).keys, "G5", "the key was taken away")


_SETTING: Final = "two administrators can allow it: `offline_anchor`"
