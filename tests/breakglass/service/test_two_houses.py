"""Two houses on one PostgreSQL: of two who want one lease one gets it; who was paused finds the log moved on (L3)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.breakglass.service.plain import Plain
from tests.breakglass.store.logs import head_over

from rootwarden.breakglass.core.state import Phase
from rootwarden.breakglass.core.step import replay
from rootwarden.breakglass.rehearsal.play import CHECKPOINT, Play
from rootwarden.breakglass.store.log_store import LogStore
from rootwarden.breakglass.store.trouble import LogMoved
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgresql import Cluster

ROUNDS = 4


@pytest.fixture
def houses(tmp_path: Path, postgresql: Cluster) -> Iterator[tuple[Plain, Plain]]:
    """Two houses, each with a folder and a sink of its own, over the log of a play."""
    play, url = Play(at=datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)), postgresql.database()
    play.guard()
    with LogStore(url) as store:
        store.append(0, play.entries, head_over(play.entries))
    made = tuple(opened(tmp_path / name, url, play) for name in ("one", "other"))
    try:
        made[0].troupe.attest()
        yield made[0], made[1]
    finally:
        for each in made:
            each.house.close()


def opened(folder: Path, url: str, play: Play) -> Plain:
    folder.mkdir()
    key = folder / "checkpoint.pem"
    key.touch(mode=0o600)
    key.write_bytes(CHECKPOINT.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "stick.jsonl").touch()
    plain = Plain(folder, database=url)
    plain.troupe.players = play.players
    assert plain.house.broker.sealed == ""
    return plain


def approved(one: Plain, other: Plain) -> str:
    """A request that was filed here, and approved here and there."""
    request, phrase = one.troupe.file(overrides_duties=True)
    one.troupe.approve(request, phrase, "anna")
    other.troupe.approve(request, phrase, "omar")
    return request


def open_leases(plain: Plain) -> list[str]:
    return [name for name, lease in plain.house.broker.state().leases.items() if lease.phase is Phase.OPEN]


def check_alike(one: Plain, other: Plain) -> None:
    """Both know the same, and it is what the log adds up to."""
    roots = {plain.house.broker.state().tree.root for plain in (one, other)}
    assert roots == {replay(one.house.store.read()).tree.root}


@pytest.mark.parametrize("same", [True, False], ids=["one request", "a request each"])
def test_of_two_that_race_for_one_lease_exactly_one_gets_it(houses: tuple[Plain, Plain], *, same: bool) -> None:
    one, other = houses
    for _ in range(ROUNDS):
        first = approved(one, other)
        wanted = {one: first, other: first if same else approved(other, one)}
        gate, won = threading.Barrier(2), list[Plain]()

        def race(plain: Plain, request: str, gate: threading.Barrier = gate, won: list[Plain] = won) -> None:
            gate.wait(30)
            try:
                plain.troupe.acting.open("rita", request)
            except RootwardenError:
                return
            won.append(plain)

        threads = [threading.Thread(target=race, args=pair) for pair in wanted.items()]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
        assert len(won) == 1
        (lease,) = open_leases(one)
        assert open_leases(other) == [lease]
        check_alike(one, other)
        other.troupe.acting.end("rita", lease)


def test_an_instance_that_was_paused_before_it_wrote_does_not_write_any_more(houses: tuple[Plain, Plain]) -> None:
    one, other = houses
    request = approved(one, other)
    reached, resumed, outcome = threading.Event(), threading.Event(), list[Exception]()
    append = one.house.store.append

    def paused(*given: Any, **more: Any) -> None:
        reached.set()
        assert resumed.wait(60)
        append(*given, **more)

    def late() -> None:
        try:
            one.troupe.acting.open("rita", request)
        except RootwardenError as error:
            outcome.append(error)

    vars(one.house.store)["append"] = paused
    thread = threading.Thread(target=late)
    thread.start()
    assert reached.wait(60)
    other.troupe.acting.open("rita", request)
    vars(one.house.store)["append"] = append
    resumed.set()
    thread.join(60)
    assert [type(error) for error in outcome] == [LogMoved]
    assert open_leases(one) == open_leases(other) != []
    check_alike(one, other)
    one.troupe.acting.end("rita", open_leases(one)[0])
    assert open_leases(other) == []
