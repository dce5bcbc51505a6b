from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.vault.served import NOBODY
from tests.breakglass.vault.world import CHECKPOINT

from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.client import RefusedByVault, answer_of
from rootwarden.breakglass.vault.following import Edge
from rootwarden.transparency.growing import GrowingTree
from rootwarden.transparency.head import sign_head, to_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.breakglass.vault.world import World

    from rootwarden.breakglass.vault.messages import LogPart


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_an_edge_grows_as_the_whole_tree_does(entries: list[bytes]) -> None:
    edge, tree = Edge(), GrowingTree()
    assert edge.root == to_text(tree.root)
    for entry in entries:
        edge = edge.with_entry(entry)
        assert (edge.size, edge.root) == (tree.size + 1, to_text(tree.append(entry)))


def advance(world: World, part: LogPart) -> said.Advanced:
    return answer_of(world.socket, said.Advance(log=part), said.Advanced)


def refused(world: World, part: LogPart, why: str, step: str) -> None:
    with pytest.raises(RefusedByVault, match=why) as caught:
        advance(world, part)
    assert caught.value.step == step


def changed(part: LogPart, **change: Any) -> LogPart:
    return msgspec.structs.replace(part, **change)


def test_what_does_not_follow_is_refused_and_changes_nothing(world: World) -> None:
    world.write("a", "1", 1)
    advance(world, world.part())
    world.write("a", "2", 2)
    whole = world.part()
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    now = datetime.now(UTC)
    forged = sign_head(other, size=world.tree.size, root=world.tree.root, at=now)
    refused(world, changed(whole, since=0), "knows 1 entries, and was given those after 0", "V1")
    refused(world, changed(whole, since=2), "knows 1 entries", "V1")
    refused(world, changed(whole, entries=[]), "do not lead to the head", "V2")
    refused(world, changed(whole, entries=[*whole.entries, b"{}"]), "do not lead to the head", "V2")
    refused(world, changed(whole, entries=[b"{}"]), "do not lead to the head", "V2")
    refused(world, changed(whole, head=forged), "not signed with a checkpoint key", "V2")
    later = msgspec.structs.replace(whole.head, time="2026-03-02T12:00:00Z")
    refused(world, changed(whole, head=later), "not signed with a checkpoint key", "V2")
    refused(world, changed(whole, receipts=[]), "is not anchored", "V2")
    stands = answer_of(world.socket, said.Status(), said.Stands)
    assert (stands.size, stands.trusted) == (1, 1)
    assert advance(world, whole).size == 2


def test_a_long_log_is_heard_in_pieces_and_nothing_is_done_before_its_head_came(world: World) -> None:
    world.found()
    world.restart()
    part = world.part()
    half = len(part.entries) // 2
    said_no = pytest.raises(RefusedByVault, match="was given those after 1")
    with said_no:
        answer_of(world.socket, said.Hear(since=1, entries=part.entries[half:]), said.Advanced)
    for since, until in ((0, half), (half, len(part.entries))):
        piece = said.Hear(since=since, entries=part.entries[since:until])
        assert answer_of(world.socket, piece, said.Advanced).size == until
    opening = said.BeginOpening(opening="o", group="g", epoch=1, envelope=b"", account_keys={})
    with pytest.raises(RefusedByVault, match="did not come") as caught:
        answer_of(world.socket, opening, said.Begun)
    assert caught.value.step == "V2"
    assert advance(world, changed(part, since=len(part.entries), entries=[])).size == len(part.entries)
    with pytest.raises(RefusedByVault, match="the log has no `epoch-sealed`"):
        answer_of(world.socket, opening, said.Begun)


def test_a_fork_that_is_heard_in_pieces_is_refused_with_its_head_and_nothing_is_done_on_it(world: World) -> None:
    for number in range(5):
        world.write("a", str(number), number)
    advance(world, world.part())
    world.restart()
    forked = [*world.entries[:2], b'{"content":7,"kind":"a","name":"2"}', *world.entries[3:]]
    answer_of(world.socket, said.Hear(since=0, entries=forked[:4]), said.Advanced)
    answer_of(world.socket, said.Hear(since=4, entries=forked[4:]), said.Advanced)
    with pytest.raises(RefusedByVault, match="did not come"):
        answer_of(world.socket, said.SealEpoch(group="seeds", epoch=1), said.SealedEpoch)
    refused(world, part_of(forked, 5), "forked or rewritten", "V1")
    longer = [*forked, b'{"content":7,"kind":"a","name":"9"}']
    refused(world, part_of(longer, 5), "forked or rewritten", "V1")
    world.restart()
    assert advance(world, part_of(world.entries)).size == 5


def test_a_fork_that_is_heard_goes_on_when_its_last_piece_begins_a_new_epoch(world: World) -> None:
    world.found()
    old = list(world.entries)
    for number in range(3):
        world.write("a", str(number), number)
    advance(world, world.part())
    world.restart()
    other = [*old, *[b'{"content":0,"kind":"b","name":"%d"}' % number for number in range(5)]]
    answer_of(world.socket, said.Hear(since=0, entries=other), said.Advanced)
    goes_on = [*other, begun(2)]
    assert advance(world, part_of(goes_on, len(other))).size == len(goes_on)
    assert answer_of(world.socket, said.SealEpoch(group="seeds", epoch=1), said.SealedEpoch).digest


def test_an_entry_the_log_does_not_allow_is_not_taken_in(world: World) -> None:
    world.write("nonsense", "1", 1)
    refused(world, world.part(), "makes no sense", "G3")
    assert answer_of(world.socket, said.Status(), said.Stands).trusted == 0


def test_a_forked_log_is_refused_after_a_restart(world: World) -> None:
    for number in range(5):
        world.write("a", str(number), number)
    advance(world, world.part())
    world.restart()
    forked = list(world.entries)
    forked[2] = b'{"content":7,"kind":"a","name":"2"}'
    tree = GrowingTree(forked)
    head = sign_head(CHECKPOINT, size=tree.size, root=tree.root, at=datetime.now(UTC))
    part = said.LogPart(since=0, entries=forked, head=head, receipts=[b"anchored"])
    refused(world, part, "forked or rewritten", "V1")
    # A longer one on the same fork is no better.
    tree.append(b"{}")
    head = sign_head(CHECKPOINT, size=tree.size, root=tree.root, at=datetime.now(UTC))
    refused(world, changed(part, entries=[*forked, b"{}"], head=head), "forked or rewritten", "V1")
    assert advance(world, world.part()).size == 5


def test_an_old_backup_of_the_log_opens_nothing(world: World) -> None:
    """The vault takes a shorter log in, and does nothing on it until it has seen all that it saw before."""
    world.found()
    whole = list(world.entries)
    for number in range(3):
        world.write("a", str(number), number)
    advance(world, world.part())
    world.restart()
    old = GrowingTree(whole)
    head = sign_head(CHECKPOINT, size=old.size, root=old.root, at=datetime.now(UTC))
    part = said.LogPart(since=0, entries=whole, head=head, receipts=[b"anchored"])
    assert advance(world, part).size == len(whole)
    request = said.SealEpoch(group="seeds", epoch=1)
    with pytest.raises(RefusedByVault, match=f"has seen a log of {len(whole) + 3} entries") as caught:
        answer_of(world.socket, request, said.SealedEpoch)
    assert caught.value.step == "V1"
    world.known = len(whole)
    assert advance(world, world.part()).size == len(whole) + 3


def part_of(entries: list[bytes], since: int = 0) -> LogPart:
    tree = GrowingTree(entries)
    head = sign_head(CHECKPOINT, size=tree.size, root=tree.root, at=datetime.now(UTC))
    return said.LogPart(since=since, entries=entries[since:], head=head, receipts=[b"anchored"])


def begun(epoch: int) -> bytes:
    return b'{"content":null,"kind":"epoch-begun","name":"%d"}' % epoch


@pytest.mark.parametrize("grown", [1, 6])
def test_an_old_backup_goes_on_with_a_new_epoch_and_only_once(world: World, grown: int) -> None:
    """Shorter than what was seen, or longer and another: a higher epoch, which a quorum began, is taken."""
    world.found()
    old = list(world.entries)
    for number in range(4):
        world.write("a", str(number), number)
    advance(world, world.part())
    world.restart()
    other = [*old, *[b'{"content":0,"kind":"b","name":"%d"}' % number for number in range(grown - 1)]]
    goes_on = [*other, begun(2)]
    assert advance(world, part_of(goes_on)).size == len(goes_on)
    assert answer_of(world.socket, said.SealEpoch(group="seeds", epoch=1), said.SealedEpoch).digest
    kept = json.loads((world.state / "trusted-head.json").read_bytes())
    assert (kept["size"], kept["epoch"]) == (len(goes_on), 2)
    later = [*goes_on, b'{"content":0,"kind":"c","name":"1"}']
    advance(world, part_of(later, len(goes_on)))
    world.restart()
    # Back to the log before that, to the same epoch begun once more, and to another one of the same number.
    refused(world, part_of([*world.entries, *[b"{}"] * 9]), "forked or rewritten", "V1")
    refused(world, part_of([*old, begun(2), *[b"{}"] * 9]), "forked or rewritten", "V1")
    world.restart()
    advance(world, part_of(goes_on))
    with pytest.raises(RefusedByVault, match=f"has seen a log of {len(later)} entries"):
        answer_of(world.socket, said.SealEpoch(group="seeds", epoch=1), said.SealedEpoch)


def test_the_newest_head_is_on_the_disk_before_the_answer(world: World) -> None:
    for number in range(3):
        world.write("a", str(number), number)
        advance(world, world.part())
        kept = json.loads((world.state / "trusted-head.json").read_bytes())
        assert kept == {"size": number + 1, "root": to_text(world.tree.root), "epoch": 1, "key": ""}


@pytest.mark.parametrize("name", ["identity.txt", "trusted-head.json", "steps.jsonl"])
def test_a_vault_that_saw_a_log_does_not_begin_anew(world: World, name: str) -> None:
    """Taking a file away is no way to make it forget the newest head."""
    world.write("a", "1", 1)
    advance(world, world.part())
    world.end()
    (world.state / name).unlink()
    with pytest.raises(AssertionError, match=f"`{name}` is missing"):
        world.restart()


@pytest.mark.parametrize("there", [["trusted-head.json"], ["trusted-head.json", "steps.jsonl", "identity.txt.new"]])
def test_a_first_start_that_was_cut_off_begins_again(world: World, there: list[str]) -> None:
    world.end()
    kept = {"trusted-head.json": b'{"size":0,"root":""}', "steps.jsonl": b"", "identity.txt.new": b"AGE-SECR"}
    for name in ("identity.txt", "trusted-head.json", "steps.jsonl"):
        (world.state / name).unlink()
    for name in there:
        _make(world.state / name, kept[name])
    world.restart()
    assert answer_of(world.socket, said.Status(), said.Stands).recipient.startswith("age1")
    assert not (world.state / "identity.txt.new").exists()


def test_a_disk_that_does_not_take_the_head_stops_releases(world: World) -> None:
    """BG-4: a failing disk is a typed refusal; when it works again, so does the vault, without surgery."""
    world.found()
    blocking = world.state / "trusted-head.json.new"
    blocking.mkdir()
    (blocking / "x").touch()
    world.write("a", "1", 1)
    with pytest.raises(RefusedByVault, match="cannot be kept") as caught:
        advance(world, world.part())
    assert caught.value.step == "V1"
    with pytest.raises(RefusedByVault, match="is not on the disk"):
        answer_of(world.socket, said.SealEpoch(group="seeds", epoch=1), said.SealedEpoch)
    (blocking / "x").unlink()
    blocking.rmdir()
    world.known = world.tree.size
    assert world.answer(said.SealEpoch(group="seeds", epoch=1), said.SealedEpoch).digest


@pytest.mark.parametrize("content", [b"", b"{", b'{"size":-1,"root":""}', b'{"size":0,"root":"","x":1}', b"\xff"])
def test_a_damaged_trusted_head_is_not_taken_for_none(world: World, content: bytes) -> None:
    world.end()
    _write(world.state / "trusted-head.json", content)
    with pytest.raises(AssertionError, match="is damaged"):
        world.restart()


def _make(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(descriptor, content)
    if os.geteuid() == 0:
        os.fchown(descriptor, NOBODY, NOBODY)
    os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.write(descriptor, content)
    os.close(descriptor)
