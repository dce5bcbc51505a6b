"""A witness as a sink: what it signs can be checked by anybody, the vault among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rootwarden.breakglass.sinks.sink import Receipt, SinkConflictError, SinkKind, is_of_log
from rootwarden.breakglass.witness.messages import (
    Conflict,
    Cosigned,
    Newer,
    Offer,
    ProofWanted,
    Refused,
    Seen,
    from_text,
)
from rootwarden.errors import InputError, SinkError
from rootwarden.transparency.head import is_cosigned, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.sinks.lane import Allowance
    from rootwarden.breakglass.sinks.sink import LocalLog
    from rootwarden.breakglass.witness.client import WitnessClient
    from rootwarden.breakglass.witness.messages import Answer
    from rootwarden.transparency.head import Cosignature, Head


class WitnessSink:
    """A witness.

    Args:
        name: What people call it, and the name it signs with.
        client: The way there.
        key: Its public key.
        log: The log here.
        log_keys: Public keys of the log's heads, so that a head it shows can be believed.
        clock: Now.
        nonce: What the witness is to sign beside the head: whoever gave it knows that what bears it is no old one.
    """

    kind: ClassVar[SinkKind] = SinkKind.WITNESS
    tells: ClassVar[bool] = True
    takes_entries: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        client: WitnessClient,
        *,
        key: Ed25519PublicKey,
        log: LocalLog,
        log_keys: Sequence[Ed25519PublicKey],
        clock: Callable[[], datetime],
        nonce: Callable[[], str] = lambda: "",
    ) -> None:
        self._nonce = nonce
        self.name = name
        self._client = client
        self._key = key
        self._log = log
        self._log_keys = tuple(log_keys)
        self._clock = clock
        self._last = 0

    def offer(self, head: Head, entries: Sequence[bytes], within: Allowance) -> Receipt:
        """Have the head cosigned; the proof begins where the witness says."""
        del entries
        nonce = self._nonce()
        answer = self._offered(head, min(self._last, head.size), nonce, within)
        if isinstance(answer, ProofWanted):
            self._last = answer.size
            answer = self._offered(head, answer.size, nonce, within)
        match answer:
            case Cosigned(cosignature=cosignature):
                return self._receipt(cosignature, head, nonce)
            case Newer(head=held, cosignature=cosignature):
                self._check_held(held)
                return self._receipt(cosignature, held, nonce)
            case Conflict(seen=held, reason=reason):
                self._check_held(held)
                raise SinkError(f"`{self.name}` says `{reason}`, and shows a head that is in the log here")
            case Refused(reason=reason):
                raise SinkError(f"`{self.name}` refused: {reason[:200]}", hint="is the log registered there?")
            case _:
                raise SinkError(f"`{self.name}` did not answer what it was asked")

    def newest(self, within: Allowance) -> tuple[Head, ...]:
        """The newest head it remembers."""
        answer = self._client.seen(self._log.name, seconds=within.left())
        if isinstance(answer, Seen):
            return (answer.head,) if answer.head is not None else ()
        reason = answer.reason[:200] if isinstance(answer, Refused) else "not what it was asked"
        raise SinkError(f"`{self.name}` answered: {reason}", hint="is the log registered there?")

    def _offered(self, head: Head, first: int, nonce: str, within: Allowance) -> Answer:
        if first > head.size:
            raise SinkError(f"`{self.name}` wants a proof from {first}, past the head", hint="is it the right witness?")
        path = self._log.consistency(first, head.size) if 0 < first < head.size else ()
        proof = tuple(to_text(each) for each in path)
        offer = Offer(log=self._log.name, head=head, first=first, proof=proof, nonce=nonce)
        return self._client.offer(offer, seconds=within.left())

    def _receipt(self, cosignature: Cosignature, head: Head, nonce: str) -> Receipt:
        """What the witness signed, if it did sign this head.

        Raises:
            SinkError: It did not.
        """
        said = (cosignature.witness, cosignature.log, cosignature.size, cosignature.root)
        if said != (self.name, self._log.name, head.size, head.root) or not _holds(cosignature, self._key):
            hint = "is its public key the one that was configured?"
            raise SinkError(f"`{self.name}` gave a cosignature that does not verify", hint=hint)
        if cosignature.nonce != nonce:
            raise SinkError(f"`{self.name}` gave an old cosignature", hint="is its version the one of the broker?")
        self._last = head.size
        return Receipt(
            sink=self.name,
            kind=self.kind,
            head=head,
            accepted_at=self._clock(),
            reference=cosignature.signature,
            verifiable=True,
            cosignature=cosignature,
        )

    def _check_held(self, held: Head) -> None:
        """Whether the head the witness shows is of the log here.

        Raises:
            SinkConflictError: It is signed by the log, and is not in the log here.
            SinkError: It is not signed by the log, and proves nothing.
        """
        if not is_of_log(held, self._log_keys):
            raise SinkError(
                f"`{self.name}` shows a head that is not signed by the log", hint="is it the right witness?"
            )
        if self._log.root_at(held.size) != from_text(held.root):
            here = (
                f"the log here has {self._log.size}" if held.size > self._log.size else "the log here has another root"
            )
            raise SinkConflictError(f"`{self.name}` saw a head over {held.size} entries, and {here}", held=held)


def _holds(cosignature: Cosignature, key: Ed25519PublicKey) -> bool:
    try:
        return is_cosigned(cosignature, key)
    except InputError:
        return False
