"""The witness itself: checks, remembers, then signs, in this order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.witness.judge import Judgement, judge
from rootwarden.breakglass.witness.memory import Evidence
from rootwarden.breakglass.witness.messages import (
    Conflict,
    Cosigned,
    Newer,
    ProofWanted,
    Refused,
    Seen,
)
from rootwarden.errors import InputError, StoreError
from rootwarden.transparency.head import cosign, head_is_signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from rootwarden.breakglass.witness.memory import Memory, Remembered
    from rootwarden.breakglass.witness.messages import (
        Answer,
        Offer,
    )
    from rootwarden.transparency.head import Cosignature, Head

NOT_FOUND: Final = 404
NOT_SIGNED: Final = 403
NOT_NOW: Final = 503


class Witness:
    """Answers offers, one at a time.

    Args:
        memory: What it saw before.
        name: Its own name, which stands in what it signs.
        key: Its own key, which no log and no administrator of a log has.
        clock: Now; stands in what it signs.
    """

    def __init__(self, memory: Memory, *, name: str, key: Ed25519PrivateKey, clock: Callable[[], datetime]) -> None:
        self._memory = memory
        self._name = name
        self._key = key
        self._clock = clock
        self._lock = threading.Lock()

    def offer(self, offer: Offer) -> Answer:
        """Check a head, remember it, sign it."""
        with self._lock:
            try:
                remembered = self._memory.read(offer.log)
                return self._answer(remembered, offer) if remembered is not None else _not_watched(offer.log)
            except StoreError:
                return Refused(reason="the memory of the witness cannot be used", code=NOT_NOW)

    def seen(self, log: str) -> Answer:
        """What is remembered of a log."""
        with self._lock:
            try:
                remembered = self._memory.read(log)
                forks = self._memory.forks(log)
            except StoreError:
                return Refused(reason="the memory of the witness cannot be used", code=NOT_NOW)
        if remembered is None:
            return _not_watched(log)
        return Seen(log=log, head=remembered.head, cosignature=remembered.cosignature, forks=forks)

    def _answer(self, remembered: Remembered, offer: Offer) -> Answer:
        if not _signed(remembered, offer.head):
            return Refused(reason="the head is not signed with a key of this log", code=NOT_SIGNED)
        seen = remembered.head
        judgement = judge(seen, offer)
        if judgement is Judgement.GROWN:
            return self._remembered(remembered, offer)
        if seen is None or judgement is Judgement.PROOF_WANTED:
            return ProofWanted(size=seen.size if seen is not None else 0)
        # Signed anew, with the time it is now: a log that does not grow learns the time from the same head.
        if judgement is Judgement.SAME:
            return Cosigned(cosignature=self._signed_now(offer, seen))
        if judgement is Judgement.OLDER:
            return Newer(head=seen, cosignature=self._signed_now(offer, seen))
        return self._conflict(judgement, seen, offer)

    def _remembered(self, remembered: Remembered, offer: Offer) -> Cosigned:
        signed = self._signed_now(offer, offer.head)
        self._memory.write(msgspec.structs.replace(remembered, head=offer.head, cosignature=signed))
        return Cosigned(cosignature=signed)

    def _signed_now(self, offer: Offer, head: Head) -> Cosignature:
        return cosign(self._key, witness=self._name, log=offer.log, head=head, at=self._clock(), nonce=offer.nonce)

    def _conflict(self, judgement: Judgement, seen: Head, offer: Offer) -> Conflict:
        reason = "fork" if judgement is Judgement.FORK else "unproven"
        self._memory.keep(Evidence(log=offer.log, reason=reason, seen=seen, offered=offer.head))
        return Conflict(reason=reason, seen=seen, offered=offer.head)


def _not_watched(log: str) -> Refused:
    return Refused(reason=f"the log `{log}` is not registered here", code=NOT_FOUND)


def _signed(remembered: Remembered, head: Head) -> bool:
    try:
        return head_is_signed(head, remembered.public_keys())
    except InputError:
        return False  # what has no canonical spelling was never signed
