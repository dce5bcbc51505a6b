"""The log here as sinks need it: its bytes, every root it had, and proofs between any two sizes in O(log n) hashes."""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from rootwarden.transparency.merkle import leaf_hash, node_hash, tree_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Readable(Protocol):
    """Where the log is kept."""

    def size(self) -> int:
        """How many entries are durable."""
        ...

    def read(self, start: int = 0) -> Iterable[bytes]:
        """Their bytes, from a place on."""
        ...


class FollowedLog:
    """A log that is kept somewhere, read on as far as somebody asks.

    Args:
        name: Its name.
        kept: Where it is.
    """

    def __init__(self, name: str, kept: Readable) -> None:
        self._name = name
        self._kept = kept
        self._lock = threading.Lock()
        # Hashes of whole subtrees: of 2^k leaves each in the k-th list.
        self._levels: list[list[bytes]] = [[]]

    @property
    def name(self) -> str:
        """Name of the log."""
        return self._name

    @property
    def size(self) -> int:
        """How many entries are durable."""
        return self._kept.size()

    def entries(self, first: int, until: int) -> Sequence[bytes]:
        """The bytes of entries, from 0, without the last."""
        return list(islice(self._kept.read(first), max(until - first, 0)))

    def root_at(self, size: int) -> bytes | None:
        """The root after so many entries; `None` when there are fewer."""
        with self._lock:
            return self._hash(0, size) if 0 <= size <= self._read_to(size) else None

    def consistency(self, first: int, size: int) -> Sequence[bytes]:
        """The consistency path from one size, at least 1, to another (RFC 9162, section 2.1.4.1)."""
        with self._lock:
            self._read_to(size)
            return self._path(first, 0, size, whole=True)

    def _read_to(self, size: int) -> int:
        """Take in what is new, if it is needed; how many leaves there are then."""
        leaves = self._levels[0]
        if size > len(leaves):
            for entry in self._kept.read(len(leaves)):
                self._take(leaf_hash(entry))
        return len(leaves)

    def _take(self, leaf: bytes) -> None:
        node, level = leaf, 0
        self._levels[0].append(leaf)
        while len(self._levels[level]) % 2 == 0:
            node = node_hash(self._levels[level][-2], node)
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node)

    def _hash(self, start: int, end: int) -> bytes:
        """The root over a range of leaves that begins where a subtree does."""
        count = end - start
        if count == 0:
            return tree_hash(())
        level = count.bit_length() - 1
        if count == 1 << level:
            return self._levels[level][start >> level]
        middle = start + (1 << level)
        return node_hash(self._hash(start, middle), self._hash(middle, end))

    def _path(self, first: int, start: int, end: int, *, whole: bool) -> list[bytes]:
        count = end - start
        if first == count:
            return [] if whole else [self._hash(start, end)]
        split = 1 << ((count - 1).bit_length() - 1)
        middle = start + split
        if first <= split:
            return [*self._path(first, start, middle, whole=whole), self._hash(middle, end)]
        return [*self._path(first - split, middle, end, whole=False), self._hash(start, middle)]
