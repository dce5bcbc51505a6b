"""A Merkle tree that grows by one leaf at a time and knows its root after every one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.transparency.merkle import consistency_path, inclusion_path, leaf_hash, node_hash, tree_hash

if TYPE_CHECKING:
    from collections.abc import Iterable


class GrowingTree:
    """All leaf hashes of a log, and every root it ever had; appending takes O(log n) hashes.

    Args:
        entries: What the log holds already.
    """

    def __init__(self, entries: Iterable[bytes] = ()) -> None:
        self._leaves: list[bytes] = []
        self._roots: list[bytes] = [tree_hash(())]
        # Roots of the whole subtrees the leaves make, largest first, each with how many leaves it has.
        self._peaks: list[tuple[int, bytes]] = []
        for entry in entries:
            self.append(entry)

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self._leaves)

    @property
    def root(self) -> bytes:
        """The root over all of them."""
        return self._roots[-1]

    def append(self, entry: bytes) -> bytes:
        """Take one more entry.

        Returns:
            The root with it.
        """
        root = self.root_with(entry)
        leaf = leaf_hash(entry)
        self._leaves.append(leaf)
        self._peaks = _grown(self._peaks, leaf)
        self._roots.append(root)
        return root

    def root_with(self, entry: bytes) -> bytes:
        """The root the tree would have with one more entry."""
        peaks = _grown(self._peaks, leaf_hash(entry))
        root = peaks[-1][1]
        for _, peak in reversed(peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def root_at(self, size: int) -> bytes | None:
        """The root after the first `size` entries; `None` when there are not so many."""
        return self._roots[size] if 0 <= size <= self.size else None

    def inclusion(self, index: int) -> list[bytes]:
        """The inclusion path of an entry in the tree as it is."""
        return inclusion_path(self._leaves, index)

    def consistency(self, first: int, second: int | None = None) -> list[bytes]:
        """The consistency path from an earlier size, at least 1, to a later one; to the tree as it is by default."""
        return consistency_path(self._leaves[:second], first)


def _grown(peaks: list[tuple[int, bytes]], leaf: bytes) -> list[tuple[int, bytes]]:
    grown, size, root = list(peaks), 1, leaf
    while grown and grown[-1][0] == size:
        _, left = grown.pop()
        size, root = size * 2, node_hash(left, root)
    return [*grown, (size, root)]
