"""BG-5: a client goes on only from the log it saw before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rootwarden.errors import UsageError
from rootwarden.transparency.growing import GrowingTree
from rootwarden.web.kept_head import ForkError, KeptHead, SeenHead

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TREE = GrowingTree(str(number).encode() for number in range(20))
OTHER = GrowingTree(f"other {number}".encode() for number in range(20))


def head(size: int, *, tree: GrowingTree = TREE, log: str = "log", epoch: int = 1) -> SeenHead:
    return SeenHead(log=log, size=size, root=(tree.root_at(size) or b"").hex(), epoch=epoch)


def prove(first: int, second: int) -> Sequence[str]:
    return [one.hex() for one in TREE.consistency(first, second)]


@pytest.fixture
def kept(tmp_path: Path) -> KeptHead:
    return KeptHead(tmp_path / "head.json")


def test_the_first_head_is_kept_and_one_that_continues_it(kept: KeptHead) -> None:
    for size in (3, 3, 8, 20):
        kept.check(head(size), prove)
        assert kept.read() == head(size)


def test_an_older_head_of_the_same_log_is_believed_and_not_kept(kept: KeptHead) -> None:
    kept.check(head(20), prove)
    kept.check(head(7), prove)
    assert kept.read() == head(20)


@pytest.mark.parametrize("size", [3, 8, 9, 20])
def test_another_history_is_refused_and_what_was_seen_stays(kept: KeptHead, size: int) -> None:
    kept.check(head(8), prove)
    with pytest.raises(ForkError, match="do not continue them"):
        kept.check(head(size, tree=OTHER), prove)
    assert kept.read() == head(8)


@pytest.mark.parametrize("path", [[], ["00" * 32], ["no hexadecimal"], ["ab"]])
def test_a_proof_that_proves_nothing_is_refused(kept: KeptHead, path: list[str]) -> None:
    kept.check(head(7), prove)
    with pytest.raises(ForkError):
        kept.check(head(20), lambda _first, _second: path)


def test_a_log_that_is_suddenly_empty_or_called_otherwise_is_refused(kept: KeptHead) -> None:
    kept.check(head(7), prove)
    with pytest.raises(ForkError):
        kept.check(head(0), prove)
    with pytest.raises(ForkError, match="`other`, and `log` was seen before"):
        kept.check(head(20, log="other"), prove)


def test_a_new_epoch_is_accepted_knowingly(kept: KeptHead) -> None:
    kept.check(head(8), prove)
    with pytest.raises(UsageError, match="no new epoch"):
        kept.accept(head(5, tree=OTHER))
    kept.accept(head(5, tree=OTHER, epoch=2))
    assert kept.read() == head(5, tree=OTHER, epoch=2)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"log":"log"}', b"\xff" * 10, b" " * 5000])
def test_a_damaged_file_is_not_taken_for_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "head.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="holds no head"):
        KeptHead(path).check(head(8), prove)
    assert path.read_bytes() == content


def test_the_file_is_its_owners_alone(kept: KeptHead, tmp_path: Path) -> None:
    kept.check(head(8), prove)
    assert (tmp_path / "head.json").stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["head.json"]
