from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.transparency.growing import GrowingTree
from rootwarden.transparency.merkle import (
    consistency_path,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
    tree_hash,
)

# Roots of the trees of the first one to eight of these, as the test vectors of Certificate Transparency have them.
ENTRIES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(1, 9))
def test_trees_are_those_of_certificate_transparency(size: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES[:size]]
    assert tree_hash(leaves).hex() == ROOTS[size - 1]


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_a_proof_proves_its_own_leaf_and_place_only(entries: list[bytes], data: st.DataObject) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, root = inclusion_path(leaves, index), tree_hash(leaves)
    assert is_included(leaves[index], index=index, size=len(leaves), path=path, root=root)
    assert not is_included(leaf_hash(b"forged entry"), index=index, size=len(leaves), path=path, root=root)
    assert not is_included(leaves[index], index=len(leaves), size=len(leaves), path=path, root=root)
    assert not is_included(leaves[index], index=index, size=len(leaves), path=[*path, root], root=root)
    if path:
        assert not is_included(leaves[index], index=index, size=len(leaves), path=path[:-1], root=root)
        other = data.draw(st.integers(0, len(leaves) - 1).filter(lambda one: leaves[one] != leaves[index]) | st.none())
        if other is not None:
            assert not is_included(leaves[other], index=index, size=len(leaves), path=path, root=root)


ENTRY_LISTS = st.lists(st.binary(max_size=4), min_size=1, max_size=40)


@given(ENTRY_LISTS, st.data())
def test_a_tree_that_only_grew_is_consistent_with_what_it_was(entries: list[bytes], data: st.DataObject) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    first = data.draw(st.integers(1, len(leaves)))
    path = consistency_path(leaves, first)
    before, after, forged = tree_hash(leaves[:first]), tree_hash(leaves), leaf_hash(b"forged")

    def grew(before: bytes, after: bytes, path: list[bytes]) -> bool:
        return is_consistent(first=first, first_root=before, second=len(leaves), second_root=after, path=path)

    assert grew(before, after, path)
    assert not grew(forged, after, path)
    assert not grew(before, forged, path)
    assert not grew(before, after, [*path, forged])
    for number in range(len(path)):
        assert not grew(before, after, path[:number] + path[number + 1 :])


@given(ENTRY_LISTS, st.data())
def test_a_tree_with_another_past_is_not_consistent(entries: list[bytes], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(entries)))
    spoiled = data.draw(st.integers(0, first - 1))
    leaves = [leaf_hash(entry) for entry in entries]
    other = [*leaves[:spoiled], leaf_hash(b"edited afterwards"), *leaves[spoiled + 1 :]]
    assert not is_consistent(
        first=first,
        first_root=tree_hash(leaves[:first]),
        second=len(other),
        second_root=tree_hash(other),
        path=consistency_path(other, first),
    )


def test_the_empty_tree_is_the_beginning_of_every_tree() -> None:
    root = tree_hash([leaf_hash(b"a")])
    assert is_consistent(first=0, first_root=tree_hash(()), second=1, second_root=root, path=())
    assert not is_consistent(first=0, first_root=root, second=1, second_root=root, path=())
    assert not is_consistent(first=2, first_root=root, second=1, second_root=root, path=())
    assert not is_consistent(first=1, first_root=root, second=2, second_root=root, path=())


@given(ENTRY_LISTS)
def test_a_growing_tree_has_every_root_of_the_whole_ones(entries: list[bytes]) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    tree = GrowingTree()
    for size, entry in enumerate(entries, 1):
        foreseen = tree.root_with(entry)
        assert tree.append(entry) == foreseen == tree.root == tree_hash(leaves[:size])
    assert [tree.root_at(size) for size in range(len(entries) + 1)] == [
        tree_hash(leaves[:size]) for size in range(len(entries) + 1)
    ]
    assert tree.root_at(len(entries) + 1) is None
    assert tree.root_at(-1) is None
    for size in range(1, len(entries) + 1):
        index = (size * 7) % size
        assert tree.inclusion(index, size) == inclusion_path(leaves[:size], index)
        first = 1 + (size * 5) % size
        assert tree.consistency(first, size) == consistency_path(leaves[:size], first)
    assert tree.inclusion(0) == inclusion_path(leaves, 0)
    assert tree.consistency(1) == consistency_path(leaves, 1)
