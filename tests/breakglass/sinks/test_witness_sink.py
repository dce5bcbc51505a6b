"""A real witness behind the sink: what it gives can be checked by anybody with its public key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.breakglass.logs import LOG_KEY, OTHER_KEY, WITNESS_KEY, Log, now, pem
from tests.breakglass.servers import TOKEN, http, saying, tcp_server, witness_server

from rootwarden.breakglass.sinks.lane import Allowance
from rootwarden.breakglass.sinks.sink import SinkConflictError
from rootwarden.breakglass.sinks.witness import WitnessSink
from rootwarden.breakglass.witness.client import WitnessClient
from rootwarden.breakglass.witness.memory import Memory
from rootwarden.breakglass.witness.messages import Conflict, Cosigned, Newer, ProofWanted, Refused, Seen
from rootwarden.errors import SinkError
from rootwarden.transparency.head import cosign, is_cosigned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.breakglass.witness.messages import Answer


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with Memory(tmp_path / "witness") as memory:
        memory.register("main", [pem(LOG_KEY)])
        with witness_server(memory) as served:
            yield served


def sink_at(address: str, log: Log) -> WitnessSink:
    client = WitnessClient("second", address, token=TOKEN)
    keys = [LOG_KEY.public_key()]
    return WitnessSink("second", client, key=WITNESS_KEY.public_key(), log=log, log_keys=keys, clock=now)


def within() -> Allowance:
    return Allowance(10)


def test_heads_are_cosigned_and_proofs_begin_where_they_must(address: str) -> None:
    log = Log(3)
    sink = sink_at(address, log)
    for _ in range(3):
        receipt = sink.offer(log.grow(4), (), within())
        assert receipt.cosignature is not None
        assert is_cosigned(receipt.cosignature, WITNESS_KEY.public_key())
        assert (receipt.size, receipt.root, receipt.verifiable) == (log.size, log.head().root, True)
    fresh = sink_at(address, log)  # a new process knows nothing of what was taken
    assert fresh.newest(within()) == (log.head(),)
    assert fresh.offer(log.grow(), (), within()).size == log.size


def test_a_head_that_another_instance_overtook_is_covered_by_the_later_one(address: str) -> None:
    log = Log(9)
    sink_at(address, log).offer(log.head(9), (), within())
    receipt = sink_at(address, log).offer(log.head(5), (), within())
    assert receipt.head == log.head(9)


@pytest.mark.parametrize(("size", "words"), [(4, "the log here has 4"), (8, "another root"), (11, "another root")])
def test_a_log_that_was_forked_or_set_back_is_a_conflict(address: str, size: int, words: str) -> None:
    log = Log(8)
    sink_at(address, log).offer(log.head(), (), within())
    other = log.set_back(size) if size < 8 else log.forked_at(3, size)
    with pytest.raises(SinkConflictError, match=words) as raised:
        sink_at(address, other).offer(other.head(), (), within())
    assert raised.value.held == log.head()


def lying(answer: Answer, log: Log) -> SinkError:
    with tcp_server(saying(http(msgspec.json.encode(answer)))) as port:
        sink = sink_at(f"http://127.0.0.1:{port}", log)
        with pytest.raises(SinkError) as raised:
            sink.offer(log.head(), (), within())
    return raised.value


def test_a_witness_that_lies_makes_no_receipt_and_no_conflict() -> None:
    log = Log(8)
    forged = Log(12, key=OTHER_KEY).head()
    good = cosign(WITNESS_KEY, witness="second", log="main", head=log.head(), at=now())
    signed_by_another = cosign(OTHER_KEY, witness="second", log="main", head=log.head(), at=now())
    lies: list[Answer] = [
        Cosigned(cosignature=signed_by_another),
        Cosigned(cosignature=cosign(WITNESS_KEY, witness="third", log="main", head=log.head(), at=now())),
        Cosigned(cosignature=cosign(WITNESS_KEY, witness="second", log="other", head=log.head(), at=now())),
        Cosigned(cosignature=cosign(WITNESS_KEY, witness="second", log="main", head=log.head(7), at=now())),
        Cosigned(cosignature=msgspec.structs.replace(good, size=1 << 60)),
        Newer(head=forged, cosignature=cosign(WITNESS_KEY, witness="second", log="main", head=forged, at=now())),
        Conflict(reason="fork", seen=forged, offered=log.head()),
        Conflict(reason="unproven", seen=log.head(3), offered=log.head()),
        ProofWanted(size=5),
        ProofWanted(size=99),
        Seen(log="main"),
        Refused(reason="no"),
    ]
    for lie in lies:
        error = lying(lie, log)
        assert "`second`" in error.message
        assert not isinstance(error, SinkConflictError), lie


def test_a_witness_that_does_not_know_the_log_cannot_be_asked(address: str) -> None:
    log = Log(3, name="unheard-of")
    with pytest.raises(SinkError, match="not registered"):
        sink_at(address, log).newest(within())
    with pytest.raises(SinkError, match="not registered"):
        sink_at(address, log).offer(log.head(), (), within())
