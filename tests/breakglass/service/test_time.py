"""V5: who tells broker and vault the time, also in silence; and an old signature of a witness tells it to nobody."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pyotp
import pytest
from tests.breakglass.logs import WITNESS_KEY, pem
from tests.breakglass.servers import TOKEN, witness_server
from tests.breakglass.service.plain import Plain
from tests.breakglass.service.test_offline import WITNESSES

from rootwarden.alert.secret import SecretSource
from rootwarden.breakglass.codes.clock import Reading
from rootwarden.breakglass.core.anchor import Witnessed
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.rehearsal.stage import ON_STAGE, stage
from rootwarden.breakglass.rehearsal.troupe import SEED
from rootwarden.breakglass.service.clock import TrustedClock
from rootwarden.breakglass.service.house import House
from rootwarden.breakglass.service.key_files import private_key
from rootwarden.breakglass.service.settings import WitnessSinkSettings
from rootwarden.breakglass.service.vault_process import learning
from rootwarden.breakglass.vault.nonces import LIVES, Nonces
from rootwarden.breakglass.witness.memory import Memory
from rootwarden.errors import SinkError, UsageError
from rootwarden.transparency.head import Head, cosign, is_cosigned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.breakglass.rehearsal.shifted import Shifted

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEAD = Head(size=1, root="A" * 43 + "=", time="2026-03-02T12:00:00Z", signature="")
# An attested time carries for half a day.
LONG = 14 * 3600.0
HOSTS = ("https://one.example.com", "https://two.example.org")


class Machine:
    """A vault's machine: true time, and clocks that somebody may have put elsewhere."""

    def __init__(self) -> None:
        self.true, self.put = 0.0, 0.0
        self.start()

    def start(self) -> None:
        """The vault's process starts anew; what it knew of the time is gone."""
        self.nonces = Nonces(lambda: self.true)
        self.clock = TrustedClock(State, reading=self.reading)
        self.learn = learning(self.clock, self.nonces, self.reading)

    def reading(self) -> Reading:
        wall = NOON + timedelta(seconds=self.true + self.put)
        return Reading(wall=wall, steady=1000.0 + self.true, boot="boot")

    def signed(self, nonce: str) -> Witnessed:
        at = NOON + timedelta(seconds=self.true)
        return Witnessed(cosignature=cosign(WITNESS_KEY, witness="second", log="l", head=HEAD, at=at, nonce=nonce))


def test_a_witness_that_signed_the_vaults_word_tells_it_the_time() -> None:
    machine = Machine()
    word = machine.nonces.fresh()
    machine.true += 0.4
    signed = machine.signed(word)
    machine.true += 0.4
    machine.learn([signed])
    assert machine.clock.check() <= 2


@pytest.mark.parametrize("seconds", [2.0, 60.0, 7200.0])
def test_an_old_signature_does_not_vouch_for_a_clock_that_was_put_back(seconds: float) -> None:
    machine = Machine()
    old = machine.signed(machine.nonces.fresh())
    machine.learn([old])
    machine.clock.check()
    machine.true += seconds
    machine.put = -seconds
    machine.start()
    machine.nonces.fresh()
    machine.learn([old])
    with pytest.raises(Refused, match="V5: no time source can be reached"):
        machine.clock.check()


def test_a_word_is_good_for_seconds_and_only_where_it_was_given_out() -> None:
    machine = Machine()
    word = machine.nonces.fresh()
    for bad in ("", "00" * 16, word.upper()):
        machine.learn([machine.signed(bad)])
    late = machine.signed(word)
    machine.true += LIVES + 0.1
    machine.learn([late])
    with pytest.raises(Refused, match="V5"):
        machine.clock.check()


def test_a_word_cannot_be_put_into_a_signature_afterwards() -> None:
    machine = Machine()
    statement = machine.signed("00" * 16).cosignature
    assert is_cosigned(statement, WITNESS_KEY.public_key())
    for other in ("", machine.nonces.fresh()):
        assert not is_cosigned(msgspec.structs.replace(statement, nonce=other), WITNESS_KEY.public_key())


@contextmanager
def witnessed(folder: Path, monkeypatch: pytest.MonkeyPatch, clocks: list[Shifted]) -> Iterator[WitnessSinkSettings]:
    monkeypatch.setenv("WITNESS_TOKEN", TOKEN.reveal())
    with Memory(folder / "witness") as memory:
        memory.register("rehearsal", [pem(private_key(folder / "checkpoint.pem"))])
        with witness_server(memory, clock=lambda: clocks[0].read().wall) as address:
            yield WitnessSinkSettings(name="second", url=address, token=SecretSource(env="WITNESS_TOKEN"))


def test_long_after_an_attestation_the_witness_tells_broker_and_vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks: list[Shifted] = []
    with witnessed(tmp_path, monkeypatch, clocks) as sink, stage(tmp_path, sink=(sink,)) as on:
        clocks.append(on.clocks)
        on.troupe.found(witnesses=WITNESSES)
        on.troupe.guard()
        on.troupe.enrol()
        (enrolment,) = on.troupe.broker.state().leases
        on.clocks.wait(LONG)
        with pytest.raises(Refused, match=r"V5: the time of `second` is 14.0 h old"):
            on.house.clock.check()
        on.house.look_after()
        on.house.clock.check()
        on.restart_vault()
        on.troupe.check_in(enrolment)
        on.house.chores.run()
        request, phrase = on.troupe.file()
        on.troupe.approve(request, phrase)
        shown, code = on.troupe.code(on.troupe.open(request))
        assert code == pyotp.TOTP(SEED).at(shown.step * 30)


def test_in_silence_the_same_head_is_offered_again_and_tells_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks: list[Shifted] = []
    with witnessed(tmp_path, monkeypatch, clocks) as sink:
        plain = Plain(tmp_path, sink=(sink,))
        clocks.append(plain.clocks)
        try:
            plain.troupe.found(witnesses=WITNESSES)
            for _ in range(3):
                plain.later(31)
            size = plain.house.broker.state().size
            plain.clocks.wait(LONG)
            with pytest.raises(Refused, match="V5"):
                plain.house.clock.check()
            (before,) = [one.accepted_at for one in plain.house.health() if one.sink == "second"]
            for _ in range(4):
                plain.later(31)
                assert plain.house.clock.check() <= 3
            (after,) = [one.accepted_at for one in plain.house.health() if one.sink == "second"]
            assert before is not None
            assert after is not None
            assert (after - before).total_seconds() > LONG
            assert plain.house.broker.state().size == size
        finally:
            plain.house.close()


def hosts(clocks: Shifted, *, ahead: dict[str, float] | None = None, silent: tuple[str, ...] = ()) -> httpx.Client:
    """Hosts that answer with their time, without a network."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host in silent:
            raise httpx.ConnectError("nobody there", request=request)
        at = clocks.read().wall + timedelta(seconds=(ahead or {}).get(request.url.host, 0.0))
        return httpx.Response(200, headers={"date": format_datetime(at, usegmt=True)})

    return httpx.Client(transport=httpx.MockTransport(answer))


def with_hosts(plain: Plain, **said: Any) -> House:
    plain.house.close()
    settings = msgspec.structs.replace(plain.settings, time_hosts=HOSTS)
    client = hosts(plain.clocks, **said)
    plain.house = House(settings, plain.folder, reading=plain.clocks.read, clues=ON_STAGE, time_client=client)
    plain.troupe.move_to(plain.house.broker, plain.house.releases)
    return plain.house


def test_two_hosts_tell_the_time_where_no_witness_does(plain: Plain) -> None:
    plain.clocks.wait(LONG)
    house = with_hosts(plain)
    with pytest.raises(Refused, match="V5"):
        house.clock.check()
    house.look_after()
    assert house.clock.check() <= 3
    plain.clocks.wait(61)
    house.look_after()
    assert house.clock.check() <= 3
    assert house.troubles == []


def test_one_host_alone_is_not_believed_and_it_is_told(plain: Plain) -> None:
    plain.clocks.wait(LONG)
    house = with_hosts(plain, silent=("two.example.org",))
    house.look_after()
    with pytest.raises(Refused, match="V5"):
        house.clock.check()
    assert "1 of 2 time hosts answered, and 2 are needed" in [str(each) for each in house.troubles][-1]
    assert any(isinstance(each, SinkError) for each in house.troubles)


def test_hosts_that_are_apart_stop_releases(plain: Plain) -> None:
    house = with_hosts(plain, ahead={"two.example.org": 600.0})
    house.look_after()
    with pytest.raises(Refused, match="V5: time sources are"):
        house.clock.check()


def test_one_declared_host_is_refused_at_the_start(plain: Plain) -> None:
    settings = msgspec.structs.replace(plain.settings, time_hosts=HOSTS[:1])
    with pytest.raises(UsageError, match="one host is no time source"):
        House(settings, plain.folder, reading=plain.clocks.read, clues=ON_STAGE)
