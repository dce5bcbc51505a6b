"""Following the log: new entries lead to a signed head, and go on from the newest head that was ever seen (V1, V2)."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from rootwarden.breakglass.vault.state import TrustedHead
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.transparency.head import head_is_signed
from rootwarden.transparency.merkle import leaf_hash, node_hash, tree_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.breakglass.vault.authority import Authority
    from rootwarden.breakglass.vault.messages import LogPart
    from rootwarden.breakglass.vault.state import StateFolder
    from rootwarden.transparency.head import Head


class Edge(NamedTuple):
    """A Merkle tree by what it takes to let it grow: the roots of its whole subtrees, largest first.

    Attributes:
        size: How many leaves it has.
        peaks: Size and root of each whole subtree (RFC 9162, section 2.1).
    """

    size: int = 0
    peaks: tuple[tuple[int, bytes], ...] = ()

    def with_entry(self, entry: bytes) -> Edge:
        """The tree with one more entry."""
        peaks, size, root = list(self.peaks), 1, leaf_hash(entry)
        while peaks and peaks[-1][0] == size:
            _, left = peaks.pop()
            size, root = size * 2, node_hash(left, root)
        return Edge(self.size + 1, (*peaks, (size, root)))

    @property
    def root(self) -> str:
        """Its root, in Base64."""
        if not self.peaks:
            return b64encode(tree_hash(())).decode()
        root = self.peaks[-1][1]
        for _, peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return b64encode(root).decode()


class Follower:
    """The log as far as it was replayed, held against the newest head that was ever seen.

    Args:
        authority: Who replays the entries.
        folder: Where the newest head is kept.
        keys: The checkpoint keys of the log, as they were told at the console. One that two administrators put in its
            place is learned from the log itself, and kept with the newest head.
    """

    def __init__(self, authority: Authority, folder: StateFolder, keys: Sequence[Ed25519PublicKey]) -> None:
        self._authority = authority
        self._folder = folder
        self._edge = Edge()
        # How many entries a head was shown over; those after were heard only.
        self._proven = 0
        # What is wrong with them when they are not those that were seen, until a new epoch says that they go on.
        self._forked: VaultError | None = None
        self._trusted = folder.trusted()
        self._keys = (*keys, *([public_key(self._trusted.key)] if self._trusted.key else []))

    @property
    def size(self) -> int:
        """How many entries were replayed."""
        return self._edge.size

    @property
    def trusted(self) -> int:
        """The size of the newest head ever seen."""
        return self._trusted.size

    def take(self, part: LogPart) -> None:
        """Replay new entries.

        Raises:
            VaultError: They do not follow, do not lead to the head, fork from what was seen, or the head is not signed.
            Refused: An entry is not allowed, or the head is not anchored.
        """
        self._check_follows(part.since)
        edge, forked = self._grown(part.entries)
        if (part.head.size, part.head.root) != (edge.size, edge.root):
            raise VaultError("the entries do not lead to the head", step="V2")
        if not head_is_signed(part.head, self._keys):
            part = self._with_a_new_key(part)
        # A quorum decides which log goes on: then its epoch is higher than that of any log that was ever seen.
        if forked and max(self._authority.epoch, self._authority.epoch_in(part.entries)) <= self._trusted.epoch:
            raise forked
        self._authority.advance(part.entries, part.head, part.receipts)
        self._edge, self._proven, self._forked = edge, edge.size, None
        key = self._learned(part.head)
        if edge.size > self._trusted.size or self._authority.epoch > self._trusted.epoch or key != self._trusted.key:
            newest = TrustedHead(size=edge.size, root=edge.root, epoch=self._authority.epoch, key=key)
            self._folder.remember(newest)
            self._trusted = newest

    def hear(self, since: int, entries: Sequence[bytes]) -> None:
        """Replay entries whose head comes later; until then nothing is done on them.

        Whether those that fork from what was seen go on, is said by the entry of a new epoch, which may come later.

        Raises:
            VaultError: They do not follow.
            Refused: An entry is not allowed.
        """
        self._check_follows(since)
        edge, forked = self._grown(entries)
        self._authority.hear(entries)
        self._edge, self._forked = edge, forked

    def check_newest(self) -> None:
        """Whether everything was replayed that was ever seen, under a head, and what was replayed is remembered.

        Raises:
            VaultError: The log that was given is shorter than one seen before, its head did not come, or is not on the
                disk.
        """
        if self._edge.size > self._proven:
            raise VaultError("the head over the newest entries did not come", hint="send it", step="V2")
        if self._edge.size > self._trusted.size or self._authority.epoch > self._trusted.epoch:
            raise VaultError("the newest head is not on the disk", hint="send it again", step="V1")
        if self._edge.size < self._trusted.size:
            raise VaultError(
                f"the vault has seen a log of {self._trusted.size} entries, and was given {self._edge.size}",
                hint="give it the whole log; an old one goes on only with a new epoch, which a quorum begins",
                step="V1",
            )

    def _with_a_new_key(self, part: LogPart) -> LogPart:
        """Replay entries whose head may be signed with a key they bring: two administrators of a log that was proven.

        Raises:
            VaultError: They bring none, or the head is not signed with it.
            Refused: An entry is not allowed.
        """
        unknown = VaultError(
            "the head is not signed with a checkpoint key of this log",
            hint="a new one is learned while the vault runs; else start it with the new `--checkpoint-key`",
            step="V2",
        )
        proven = 0 < self._proven == self._edge.size == self._trusted.size
        if not proven or not any(_SECONDED in entry for entry in part.entries):
            raise unknown
        self.hear(part.since, part.entries)
        if not head_is_signed(part.head, [public_key(self._authority.checkpoint_key)]):
            raise unknown
        return msgspec.structs.replace(part, since=self._edge.size, entries=[])

    def _learned(self, head: Head) -> str:
        """The key that two administrators put into the log, once a head bears it: the one before signs no more."""
        named = self._authority.checkpoint_key
        if not named or public_key(named) in self._keys:
            return self._trusted.key
        if head_is_signed(head, [public_key(named)]):
            self._keys = (public_key(named),)
        else:
            # The broker may still sign with the one before, until it has the new one.
            self._keys = (*self._keys, public_key(named))
        return named

    def _check_follows(self, since: int) -> None:
        if since != self._edge.size:
            raise VaultError(
                f"the vault knows {self._edge.size} entries, and was given those after {since}",
                hint=f"send those after {self._edge.size}",
                step="V1",
            )

    def _grown(self, entries: Sequence[bytes]) -> tuple[Edge, VaultError | None]:
        """The tree with more entries, and what is wrong when it is another than was seen."""
        edge, forked = self._edge, self._forked
        for entry in entries:
            edge = edge.with_entry(entry)
            if edge.size == self._trusted.size and edge.root != self._trusted.root:
                forked = VaultError(
                    f"the first {edge.size} entries are not those the vault has seen: the log was forked or rewritten",
                    hint="bring the whole log back; another one goes on only with a new epoch, which a quorum begins",
                    step="V1",
                )
        return edge, forked


def public_key(pem: str) -> Ed25519PublicKey:
    """A checkpoint key from its PEM.

    Raises:
        VaultError: It is no Ed25519 key.
    """
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise VaultError("the checkpoint key of the log cannot be read", step="V2") from error
    if not isinstance(key, Ed25519PublicKey):
        raise VaultError("the checkpoint key of the log is no Ed25519 key", step="V2")
    return key


# Canonical JSON has one spelling, so an entry of this kind cannot be without these bytes.
_SECONDED: Final = b'"kind":"change-seconded"'
