"""What each sink took last, kept beside the log: to be shown, and to know a sink again that lost what it held.

A receipt row gives nobody a right. One that is missing makes the comparison at the next start weaker by that sink; one
that somebody made up can only seal the broker.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.sinks.sink import Receipt, is_of_log
from rootwarden.breakglass.store import receipts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from sqlalchemy.orm import Session

    from rootwarden.breakglass.sinks.sink import Sink
    from rootwarden.breakglass.store.log_store import LogStore


class Remembered:
    """The newest receipt of each sink.

    Args:
        store: The database.
    """

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._waiting: dict[str, Receipt] = {}

    def take(self, receipt: Receipt) -> None:
        """Hear of a receipt, from any thread; it is written with the next `flush`, so that no release waits for it."""
        with self._lock:
            self._waiting[receipt.sink] = receipt

    def flush(self) -> None:
        """Write what was heard of.

        Raises:
            StoreError: The database cannot; nothing is lost, and it is tried again.
        """
        with self._lock:
            waiting = dict(self._waiting)
        if not waiting:
            return
        rows = [_row(each) for each in waiting.values()]

        def keep(session: Session) -> None:
            for row in rows:
                receipts.keep(session, row)

        self._store.database.write(keep)
        with self._lock:
            for name, receipt in waiting.items():
                if self._waiting.get(name) is receipt:
                    del self._waiting[name]

    def accepted(self, sinks: Sequence[Sink], *, since: int, keys: Sequence[Ed25519PublicKey]) -> dict[str, Receipt]:
        """The newest receipt of each of these sinks.

        Args:
            sinks: Those there are; a receipt of another kind of sink of the same name is none of its.
            since: Place of the entry that began the epoch: what a sink took before it is of another time, and a sink
                may have been given a new place since.
            keys: The log's.

        Raises:
            StoreError: The database does not answer.
        """
        kinds = {each.name: each.kind for each in sinks}
        known = (_receipt(row) for row in self._store.database.read(receipts.newest))
        return {
            each.sink: each
            for each in known
            if each is not None
            and kinds.get(each.sink) is each.kind
            and each.size > since
            and is_of_log(each.head, keys)
        }


def _row(receipt: Receipt) -> receipts.Receipt:
    document = msgspec.json.encode(receipt)
    return receipts.Receipt(size=receipt.size, sink=receipt.sink, document=document, accepted_at=receipt.accepted_at)


def _receipt(row: receipts.Receipt) -> Receipt | None:
    try:
        return msgspec.json.decode(row.document, type=Receipt)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
