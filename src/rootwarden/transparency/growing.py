"""A Merkle tree that grows by one leaf at a time: it knows every root it had, and proves in logarithmic time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.transparency.merkle import leaf_hash, node_hash, split_of, tree_hash

if TYPE_CHECKING:
    from collections.abc import Iterable


class GrowingTree:
    """All hashes of whole subtrees of a log, and every root it ever had (RFC 9162, section 2.1).

    Args:
        entries: What the log holds already.
    """

    def __init__(self, entries: Iterable[bytes] = ()) -> None:
        # By height, the roots of the whole subtrees of that height, from the left.
        self._levels: list[list[bytes]] = [[]]
        self._roots: list[bytes] = [tree_hash(())]
        for entry in entries:
            self.append(entry)

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self._levels[0])

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
        grown, height = leaf_hash(entry), 0
        self._levels[0].append(grown)
        while len(self._levels[height]) % 2 == 0:
            grown = node_hash(*self._levels[height][-2:])
            height += 1
            if height == len(self._levels):
                self._levels.append([])
            self._levels[height].append(grown)
        self._roots.append(root)
        return root

    def root_with(self, entry: bytes) -> bytes:
        """The root the tree would have with one more entry."""
        root = leaf_hash(entry)
        for level in self._levels:
            # A subtree without a neighbour stands to the left of everything after it.
            if len(level) % 2:
                root = node_hash(level[-1], root)
        return root

    def root_at(self, size: int) -> bytes | None:
        """The root after the first `size` entries; `None` when there are not so many."""
        return self._roots[size] if 0 <= size <= self.size else None

    def holds(self, index: int, entry: bytes) -> bool:
        """Whether an entry is the one at a place."""
        return 0 <= index < self.size and self._levels[0][index] == leaf_hash(entry)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The inclusion path of an entry (2.1.3.1), in the tree as it is or as it was with `size` entries."""
        first, last = 0, self.size if size is None else size
        path: list[bytes] = []
        while last - first > 1:
            split = first + split_of(last - first)
            if index < split:
                path.append(self._hash(split, last))
                last = split
            else:
                path.append(self._hash(first, split))
                first = split
        return path[::-1]

    def consistency(self, first: int, size: int | None = None) -> list[bytes]:
        """The consistency path (2.1.4.1) from an earlier size, at least 1, to the tree as it is, or as it was."""
        begin, last, whole = 0, self.size if size is None else size, True
        path: list[bytes] = []
        while begin + first < last:
            split = begin + split_of(last - begin)
            if begin + first <= split:
                path.append(self._hash(split, last))
                last = split
            else:
                path.append(self._hash(begin, split))
                first, begin, whole = first - (split - begin), split, False
        if not whole:
            path.append(self._hash(begin, last))
        return path[::-1]

    def _hash(self, first: int, last: int) -> bytes:
        """The root of the subtree over some entries, as the proofs cut the tree."""
        size = last - first
        height = size.bit_length() - 1
        if size == 1 << height:
            return self._levels[height][first >> height]
        split = first + split_of(size)
        return node_hash(self._hash(first, split), self._hash(split, last))
