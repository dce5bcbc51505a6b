"""Merkle trees as of Certificate Transparency: RFC 9162, section 2.1, with SHA-256."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry of the log."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two hashes below."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """The root of a tree of leaf hashes (RFC 9162 2.1.1); of an empty one the hash of nothing."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = split_of(len(leaves))
    return node_hash(tree_hash(leaves[:split]), tree_hash(leaves[split:]))


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from a leaf to the root (RFC 9162 2.1.3.1).

    Args:
        leaves: All leaf hashes, at least one.
        index: Which leaf, from 0.
    """
    if len(leaves) == 1:
        return []
    split = split_of(len(leaves))
    if index < split:
        return [*inclusion_path(leaves[:split], index), tree_hash(leaves[split:])]
    return [*inclusion_path(leaves[split:], index - split), tree_hash(leaves[:split])]


def is_included(leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a leaf is in the tree with this root (RFC 9162 2.1.3.2).

    Args:
        leaf: Its hash.
        index: Where it stands, from 0.
        size: How many leaves the tree has.
        path: The inclusion path.
        root: The root of the tree.
    """
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(step, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, step)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def consistency_path(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """The hashes that show that a tree only grew (RFC 9162 2.1.4.1).

    Args:
        leaves: All leaf hashes of the later tree.
        first: The size of the earlier tree, from 1 to that of the later one.
    """
    return _subproof(first, leaves, whole=True)


def is_consistent(*, first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the later tree holds the earlier one, unchanged, as its beginning (RFC 9162 2.1.4.2).

    Args:
        first: Size of the earlier tree; the empty one is the beginning of every tree.
        first_root: Its root.
        second: Size of the later tree.
        second_root: Its root.
        path: The consistency path.
    """
    if first == second:
        return not path and first_root == second_root
    if not 0 <= first < second:
        return False
    if first == 0:
        return not path and first_root == tree_hash(())
    # A whole subtree at the beginning needs no hash of its own: the verifier has it.
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    return bool(steps) and _climb(first - 1, second - 1, steps) == (first_root, second_root)


def _climb(here: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The roots of the earlier and the later tree that the steps lead to, if they end at the top."""
    while here & 1:
        here, last = here >> 1, last >> 1
    earlier = later = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if here & 1 or here == last:
            earlier, later = node_hash(step, earlier), node_hash(step, later)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            later = node_hash(later, step)
        here, last = here >> 1, last >> 1
    return (earlier, later) if last == 0 else None


def _subproof(first: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if first == len(leaves):
        return [] if whole else [tree_hash(leaves)]
    split = split_of(len(leaves))
    if first <= split:
        return [*_subproof(first, leaves[:split], whole=whole), tree_hash(leaves[split:])]
    return [*_subproof(first - split, leaves[split:], whole=False), tree_hash(leaves[:split])]


def split_of(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << ((size - 1).bit_length() - 1)
