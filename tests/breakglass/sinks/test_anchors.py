"""The panel as broker and vault see it: what it gives the vault is what `check_anchored` (V2) believes."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.logs import AT, LOG_KEY, WITNESS_KEY, Log, entry, now, pem
from tests.breakglass.servers import TOKEN, witness_server
from tests.breakglass.sinks.doubles import ToldSink

from rootwarden.breakglass.core.anchor import check_anchored
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import Settings, WitnessKey
from rootwarden.breakglass.rehearsal.memory import MemoryKeeper
from rootwarden.breakglass.sinks.anchors import PanelAnchors
from rootwarden.breakglass.sinks.following import FollowedLog
from rootwarden.breakglass.sinks.panel import NotAnchoredError, Panel, Policy
from rootwarden.breakglass.sinks.sink import SinkKind
from rootwarden.breakglass.sinks.witness import WitnessSink
from rootwarden.breakglass.witness.client import WitnessClient
from rootwarden.breakglass.witness.memory import Memory
from rootwarden.errors import SinkError, UsageError
from rootwarden.transparency.growing import GrowingTree
from rootwarden.transparency.merkle import consistency_path, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLIC = WITNESS_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
WITNESSES = (WitnessKey(name="second", key=base64.b64encode(PUBLIC).decode()),)
STATE: Any = SimpleNamespace(settings=Settings(quorums={}, witnesses=WITNESSES), log="main")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with Memory(tmp_path / "witness") as memory:
        memory.register("main", [pem(LOG_KEY)])
        with witness_server(memory) as served:
            yield served


def witness_at(address: str, log: Log) -> WitnessSink:
    client = WitnessClient("second", address, token=TOKEN)
    keys = [LOG_KEY.public_key()]
    return WitnessSink("second", client, key=WITNESS_KEY.public_key(), log=log, log_keys=keys, clock=now)


def test_a_proof_is_waited_for_though_a_quicker_sink_has_it(address: str) -> None:
    log, quick = Log(4), ToldSink("quick")
    panel = Panel([quick, witness_at(address, log)], Policy(proven=True), log, clock=now)
    anchored = PanelAnchors(panel).anchor(log.head())
    assert anchored.head == log.head()
    assert "second" in [each.sink for each in anchored.held]
    check_anchored(STATE, anchored.head, anchored.proofs, AT)
    with pytest.raises(Refused):
        check_anchored(STATE, log.head(3), anchored.proofs, AT)


def test_a_head_another_instance_overtook_is_shown_with_the_later_one(address: str) -> None:
    log = Log(9)
    Panel([witness_at(address, log)], Policy(), log, clock=now).anchor(log.head())
    anchored = PanelAnchors(Panel([witness_at(address, log)], Policy(proven=True), log, clock=now)).anchor(log.head(5))
    assert anchored.head == log.head(9)
    check_anchored(STATE, anchored.head, anchored.proofs, AT)


def test_without_a_proof_it_is_not_anchored() -> None:
    log, quick, witness = Log(4), ToldSink("quick"), ToldSink("witness", SinkKind.WITNESS)
    witness.trouble = SinkError("down")
    panel = Panel([quick, witness], Policy(proven=True), log, clock=now)
    with pytest.raises(NotAnchoredError, match="none gave a signature"):
        panel.anchor(log.head())
    with pytest.raises(UsageError, match="no sink gives one"):
        Panel([quick], Policy(proven=True), log, clock=now)


def test_proofs_of_a_file_are_none() -> None:
    log = Log(4)
    anchored = PanelAnchors(Panel([ToldSink("file")], Policy(), log, clock=now)).anchor(log.head())
    assert anchored.proofs == ()
    assert [(each.sink, each.kind) for each in anchored.held] == [("file", "file")]


def kept(size: int) -> MemoryKeeper:
    keeper = MemoryKeeper()
    keeper.append(0, [entry(number) for number in range(size)], Log(1).head())
    return keeper


@given(st.integers(0, 70), st.data())
def test_the_followed_log_has_the_roots_and_proofs_of_its_tree(size: int, data: st.DataObject) -> None:
    """Whatever was asked before, in any order."""
    keeper = kept(size)
    log = FollowedLog("main", keeper)
    lines = keeper.entries
    tree = GrowingTree(lines)
    for until in data.draw(st.lists(st.integers(0, size), max_size=5)):
        assert log.root_at(until) == tree.root_at(until)
        if until:
            first = data.draw(st.integers(1, until))
            leaves = [leaf_hash(each) for each in lines[:until]]
            assert log.consistency(first, until) == consistency_path(leaves, first)
            assert log.entries(first, until) == lines[first:until]
    assert log.root_at(size + 1) is None
    assert log.root_at(-1) is None
    keeper.append(size, [b"{}"], Log(1).head())
    assert log.size == size + 1
    assert log.root_at(size + 1) == GrowingTree(keeper.entries).root
