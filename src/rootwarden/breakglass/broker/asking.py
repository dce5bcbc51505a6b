"""How the broker asks the vault: with everything it does not know yet, under a head that is held outside (BG-4)."""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import msgspec

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.vault import messages as vault_says
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.errors import SinkError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.breakglass.broker.anchoring import Anchored, Anchors
    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.custody.keys import Secret
    from rootwarden.breakglass.vault.client import Answered

# Bytes of entries that the vault is told at once: it replays them in seconds, and they fit into a frame in Base64.
MOST_TOLD: Final = 4 << 20
A = TypeVar("A", bound=vault_says.Answer)


class VaultDoor(Protocol):
    """The way to the vault: its socket."""

    def ask(self, request: vault_says.Request, secret: Secret | None = None) -> Answered:
        """One question, one answer, and what stands beside it.

        Raises:
            VaultError: The vault said no, or does not answer.
        """
        ...


class Asking:
    """Asks the vault.

    Args:
        broker: Writes the log.
        vault: The way to the vault.
        anchors: The sinks.
    """

    def __init__(self, broker: Broker, vault: VaultDoor, anchors: Anchors) -> None:
        self._broker, self._vault, self._anchors = broker, vault, anchors
        # How many entries the vault has taken in, as far as we know; below zero: it is to be asked.
        self._told = -1
        self._telling = threading.RLock()
        self._anchored: Anchored | None = None

    def anchor(self) -> Anchored:
        """Have the newest head held outside, and tell the vault.

        Raises:
            SinkError: Too few sinks took it.
            VaultError: The vault did not take it.
        """
        head = self._broker.keeper.newest_head()
        if head is None:
            raise Refused("G1", "there is no log yet")
        if self._anchored is None or self._anchored.head.size != head.size:
            self._anchored = self._anchors.anchor(head)
        return self._anchored

    def _anchored_now(self) -> Anchored:
        """The newest head, as held outside at this moment when the vault is yet to hear of it.

        What a witness signs tells the vault the time too (V5): a signature that waited here is as much too old.
        """
        known, anchored = self._anchored, self.anchor()
        if anchored is known and anchored.head.size != self._told:
            anchored = self._anchored = self._anchors.anchor(anchored.head)
        return anchored

    def _ask(self, request: vault_says.Request, kind: type[A], secret: Secret | None = None) -> A:
        answered = self._asked(request, secret)
        answered.secret.wipe()
        if not isinstance(answered.answer, kind):
            raise VaultError(f"the vault answered `{type(answered.answer).__name__}`, not `{kind.__name__}`")
        return answered.answer

    def _asked(self, request: vault_says.Request, secret: Secret | None = None) -> Answered:
        """Ask with everything the vault does not know yet, under a head that is held outside (BG-4)."""
        anchored, known = self._anchored_now(), self._told
        try:
            return self._told_and_asked(anchored, request, secret)
        except VaultError as error:
            # A vault that was started anew knows no entries. What went beside the request is wiped, and not sent again.
            if secret is None and known >= 0 and error.step == "V1":
                return self._asked(request)
            if anchored.head.size < self._broker.state().size:
                # Offline, two people signed an earlier head; what the vault was asked about may lie after it.
                raise SinkError("the newest entries are not held outside yet", hint=_SIGN) from error
            raise

    def _told_and_asked(self, anchored: Anchored, request: vault_says.Request, secret: Secret | None) -> Answered:
        # Two at once would tell the vault the same entries twice: one of them would be refused, with a share lost.
        with self._telling:
            try:
                part = self._part(anchored)
                answered = self._vault.ask(msgspec.structs.replace(request, log=part), secret)
            except VaultError:
                self._told = -1
                raise
            self._told = max(self._told, anchored.head.size)
            return answered

    def _part(self, anchored: Anchored) -> vault_says.LogPart | None:
        if self._told < 0:
            # The vault may have started anew, or taken the entries in before it said no.
            status = self._vault.ask(vault_says.Status()).answer
            told = status.size if isinstance(status, vault_says.Stands) else 0
            here = self._broker.state().size
            if told > here:
                raise VaultError(f"the vault knows {told} entries, and the log here has {here}", hint=_ANEW, step="V1")
            self._told = told
        if self._told >= anchored.head.size:
            return None
        read = islice(self._broker.keeper.read(self._told), anchored.head.size - self._told)
        entries: list[bytes] = []
        for piece in _pieces(read):
            if entries:
                self._vault.ask(vault_says.Hear(since=self._told, entries=entries)).secret.wipe()
                self._told += len(entries)
            entries = piece
        receipts = [msgspec.json.encode(proof) for proof in anchored.proofs]
        return vault_says.LogPart(since=self._told, entries=entries, head=anchored.head, receipts=receipts)

    def _blob(self, digest: str) -> bytes:
        blob = self._broker.keeper.blob(digest)
        if blob is None:
            raise Refused("V3", "a sealed record the log names is not in the database", hint=_RESTORE)
        return blob

    def _system(self, kind: type[log.Entry], **fields: Any) -> log.Entry:
        return kind(at=self._broker.now(), actor=log.SYSTEM, **fields)


def _pieces(entries: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Entries in pieces that the vault takes at once, in size and in time."""
    piece, size = list[bytes](), 0
    for entry in entries:
        if piece and size + len(entry) > MOST_TOLD:
            yield piece
            piece, size = [], 0
        piece.append(entry)
        size += len(entry)
    yield piece


_ANEW: Final = "bring the whole log back; after a new epoch, start the vault anew"
_SIGN: Final = "is a sink reachable again? else two people sign the head on their devices"
_RESTORE: Final = "restore it from a backup, or open the sealed export with the custodians"
