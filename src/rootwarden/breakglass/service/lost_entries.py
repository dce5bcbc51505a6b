"""Brings entries back that a sink holds and the database lost, so that a restored copy is whole again and not sealed.

Nothing is believed for lying in the sink: every entry is replayed with all its signatures, and together they have to
lead to a head that this log signed.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from rootwarden.breakglass.core.entry import from_bytes
from rootwarden.breakglass.core.step import replay, step
from rootwarden.breakglass.store.log_store import MOST_AT_ONCE
from rootwarden.errors import UsageError
from rootwarden.transparency.growing import GrowingTree
from rootwarden.transparency.head import head_is_signed, sign_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.store.log_store import LogStore
    from rootwarden.transparency.head import Head


def bring_back(store: LogStore, checkpoint: Ed25519PrivateKey, entries: Sequence[bytes], heads: Sequence[Head]) -> int:
    """Append what a sink holds beyond the database, once all of it leads to a head of this log.

    Args:
        store: The database; the service does not run meanwhile.
        checkpoint: The key of the log, for heads over parts of what is brought back.
        entries: Those of the sink, from the first on.
        heads: Those of the sink.

    Returns:
        How many entries were brought back.

    Raises:
        UsageError: The sink holds no more, or another log, or no head of this log is over what it holds.
        Refused: An entry is not allowed.
        StoreError: The database cannot.
    """
    own = list(store.read())
    if entries[: len(own)] != own:
        raise UsageError("the sink holds another log, or less of it", hint="nothing was brought back")
    state = replay(own)
    newest = max((head for head in heads if len(own) < head.size <= len(entries)), key=_size, default=None)
    if newest is None:
        raise UsageError(f"the sink holds no head over more than the {len(own)} entries that are here", hint=_LOOK)
    lost = list(entries[len(own) : newest.size])
    for content in lost:
        step(state, from_bytes(content))
    if base64.b64encode(state.tree.root).decode() != newest.root or not head_is_signed(newest, _keys(state)):
        raise UsageError("what the sink holds does not lead to a head of this log", hint="nothing was brought back")
    _check_key(state, checkpoint)
    tree = GrowingTree()
    for content in own:
        tree.append(content)
    for batch in (lost[first : first + MOST_AT_ONCE] for first in range(0, len(lost), MOST_AT_ONCE)):
        before = tree.size
        for content in batch:
            tree.append(content)
        head = sign_head(checkpoint, size=tree.size, root=tree.root, at=from_bytes(batch[-1]).at)
        store.append(before, batch, newest if tree.size == newest.size else head)
    return len(lost)


def _size(head: Head) -> int:
    return head.size


def _keys(state: State) -> Iterator[Ed25519PublicKey]:
    for pem in (state.checkpoint_key, *state.former_checkpoint_keys):
        key = load_pem_public_key(pem.encode())
        if isinstance(key, Ed25519PublicKey):
            yield key


def _check_key(state: State, checkpoint: Ed25519PrivateKey) -> None:
    own = checkpoint.public_key().public_bytes_raw()
    if own not in [key.public_bytes_raw() for key in _keys(state)]:
        raise UsageError("the checkpoint key here is none of this log", hint="put the right one there")


_LOOK: Final = "is it the file the broker wrote to? another sink may hold more"
