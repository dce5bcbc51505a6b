"""The panel as broker and vault see it: what it gives the vault is what `check_anchored` (V2) believes."""

from __future__ import annotations

import base64
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.breakglass.logs import AT, LOG_KEY, WITNESS_KEY, Log, now, pem
from tests.breakglass.servers import TOKEN, witness_server
from tests.breakglass.sinks.doubles import ToldSink

from rootwarden.breakglass.codes.clock import Reading
from rootwarden.breakglass.core.anchor import check_anchored
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import Settings, WitnessKey
from rootwarden.breakglass.service.anchors import PanelAnchors
from rootwarden.breakglass.service.clock import TrustedClock
from rootwarden.breakglass.sinks.panel import NotAnchoredError, Panel, Policy
from rootwarden.breakglass.sinks.sink import SinkKind
from rootwarden.breakglass.sinks.witness import WitnessSink
from rootwarden.breakglass.witness.client import WitnessClient
from rootwarden.breakglass.witness.memory import Memory
from rootwarden.errors import SinkError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.breakglass.codes.clock import Reference

PUBLIC = WITNESS_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
WITNESSES = (WitnessKey(name="second", key=base64.b64encode(PUBLIC).decode()),)
STATE: Any = SimpleNamespace(settings=Settings(quorums={}, witnesses=WITNESSES), log="main")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with Memory(tmp_path / "witness") as memory:
        memory.register("main", [pem(LOG_KEY)])
        with witness_server(memory) as served:
            yield served


class Clock(TrustedClock):
    """Where what a witness says about the time goes."""

    def __init__(self) -> None:
        super().__init__(lambda: STATE)
        self.learned: list[Reference] = []

    def learn(self, reference: Reference) -> None:
        """Keep it."""
        self.learned.append(reference)


def anchors(panel: Panel) -> PanelAnchors:
    return PanelAnchors(panel, Clock())


@pytest.mark.parametrize("into_the_second", [0.0, 0.4, 0.999999])
def test_the_time_of_a_witness_is_learned_wherever_in_a_second_it_is_asked(
    address: str, into_the_second: float
) -> None:
    log, clock = Log(4), Clock()
    reading = Reading(wall=AT + timedelta(seconds=into_the_second), steady=7.0, boot="boot")
    panel = Panel([witness_at(address, log)], Policy(proven=True), log, clock=now)
    PanelAnchors(panel, clock, reading=lambda: reading).anchor(log.head())
    (learned,) = clock.learned
    assert (learned.names, learned.instant, learned.at) == (("second",), AT, reading)
    assert learned.uncertainty == 2.0, "instant and receipt are each cut to the second"


def test_a_receipt_of_before_tells_no_time(address: str) -> None:
    log, clock = Log(4), Clock()
    reading = Reading(wall=AT + timedelta(seconds=1), steady=7.0, boot="boot")
    panel = Panel([witness_at(address, log)], Policy(proven=True), log, clock=now)
    PanelAnchors(panel, clock, reading=lambda: reading).anchor(log.head())
    assert clock.learned == []


def witness_at(address: str, log: Log) -> WitnessSink:
    client = WitnessClient("second", address, token=TOKEN)
    keys = [LOG_KEY.public_key()]
    return WitnessSink("second", client, key=WITNESS_KEY.public_key(), log=log, log_keys=keys, clock=now)


def test_a_proof_is_waited_for_though_a_quicker_sink_has_it(address: str) -> None:
    log, quick = Log(4), ToldSink("quick")
    panel = Panel([quick, witness_at(address, log)], Policy(proven=True), log, clock=now)
    anchored = anchors(panel).anchor(log.head())
    assert anchored.head == log.head()
    assert "second" in [each.sink for each in anchored.held]
    check_anchored(STATE, anchored.head, anchored.proofs, AT)
    with pytest.raises(Refused):
        check_anchored(STATE, log.head(3), anchored.proofs, AT)


def test_a_head_another_instance_overtook_is_shown_with_the_later_one(address: str) -> None:
    log = Log(9)
    Panel([witness_at(address, log)], Policy(), log, clock=now).anchor(log.head())
    anchored = anchors(Panel([witness_at(address, log)], Policy(proven=True), log, clock=now)).anchor(log.head(5))
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
    anchored = anchors(Panel([ToldSink("file")], Policy(), log, clock=now)).anchor(log.head())
    assert anchored.proofs == ()
    assert [(each.sink, each.kind) for each in anchored.held] == [("file", "file")]
