"""BG-5: no machine outside can be reached, and two people's devices sign the head; the vault believes them (V2)."""

from __future__ import annotations

import base64
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pyotp
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.breakglass.logs import WITNESS_KEY, pem
from tests.breakglass.servers import TOKEN, witness_server
from tests.breakglass.service.plain import Plain

from rootwarden.alert.secret import SecretSource
from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import Quorum, Settings, Slot, WitnessKey
from rootwarden.breakglass.custody.nesting import peel
from rootwarden.breakglass.rehearsal.stage import stage
from rootwarden.breakglass.rehearsal.troupe import SEED
from rootwarden.breakglass.service.key_files import private_key
from rootwarden.breakglass.service.settings import WitnessSinkSettings
from rootwarden.breakglass.witness.memory import Memory
from rootwarden.errors import SinkError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.breakglass.rehearsal.shifted import Shifted
    from rootwarden.breakglass.rehearsal.stage import Stage

PUBLIC = WITNESS_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
WITNESSES = (WitnessKey(name="second", key=base64.b64encode(PUBLIC).decode()),)


def attest(on: Stage, *people: str) -> None:
    """People sign the head as it is now, each on a device of their own."""
    asked = on.house.devices.asked()
    for name in people:
        authenticator = on.troupe.players[name].answer(asked.message)
        asked = on.house.devices.hand_in(name, asked.head.size, authenticator)
    assert set(people) <= set(asked.signed)


@contextmanager
def alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A house with an enrolled device whose witness is reached no more."""
    monkeypatch.setenv("WITNESS_TOKEN", TOKEN.reveal())
    checkpoint = private_key(folder / "checkpoint.pem")
    with Memory(folder / "witness") as memory, ExitStack() as while_reached:
        memory.register("rehearsal", [pem(checkpoint)])
        shifted: list[Shifted] = []
        address = while_reached.enter_context(witness_server(memory, clock=lambda: shifted[0].read().wall))
        sink = WitnessSinkSettings(name="second", url=address, token=SecretSource(env="WITNESS_TOKEN"))
        with stage(folder, sink=(sink,)) as on:
            shifted.append(on.clocks)
            on.troupe.found(witnesses=WITNESSES)
            on.troupe.guard()
            on.troupe.enrol()
            (enrolment,) = on.troupe.broker.state().leases
            on.troupe.check_in(enrolment)
            on.house.chores.run()
            while_reached.close()
            yield on


def give_share(on: Stage, opening: str, name: str) -> None:
    """A custodian's share: signed, its head signed by two people, then handed in."""
    work = on.house.releases.layers(opening, name)
    peeled = peel(work.layers, on.troupe.identities[name], work.recipient)
    texts = tuple(base64.b64encode(one).decode() for one in peeled)
    fingerprint = on.house.broker.state().openings[opening].fingerprint
    wish = wishes.GiveShare(opening=opening, fingerprint=fingerprint, peeled=texts)
    draft = on.house.broker.prepare(name, wish)
    acted = on.troupe.acting.sign(name, draft.id, on.troupe.players[name].answer(draft.message))
    assert isinstance(acted.trouble, SinkError), "the vault is told of it once two people have signed"
    attest(on, "ada", "dan")
    assert isinstance(acted.entry, log.ShareGiven)
    on.house.releases.give_share(acted.entry, peeled)


def test_a_visit_with_no_machine_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with alone(tmp_path, monkeypatch) as on:
        troupe, house = on.troupe, on.house
        request, phrase = troupe.file()
        troupe.approve(request, phrase)
        acted = troupe.acting.open("rita", request)
        assert isinstance(acted.trouble, SinkError)
        assert isinstance(acted.entry, log.LeaseOpened)
        lease = acted.entry.lease
        attest(on, "ada")
        with pytest.raises(SinkError):
            house.releases.begin_opening(lease)
        attest(on, "dan")
        opening = house.releases.begin_opening(lease)
        attest(on, "ada", "dan")
        for name in ("carl", "cleo"):
            give_share(on, opening, name)
        on.clocks.wait(60)  # the enrolment had the steps until then
        troupe.do("rita", wishes.GetCode(lease=lease))
        with pytest.raises(SinkError, match="not held outside"):
            troupe.see(lease)
        attest(on, "ada", "dan")
        shown, code = troupe.see(lease)
        assert code == pyotp.TOTP(SEED).at(shown.step * 30)
        assert [(held.sink, held.kind, held.reference) for held in shown.held] == [("devices", "devices", "ada, dan")]
        check_start_offline(on)


def check_start_offline(on: Stage) -> None:
    """A start that nobody can be asked at: sealed until two people say that this is the log they know."""
    before = on.house.devices.asked()
    house = on.reopen()
    assert "0 of 1 sinks vouch" in house.broker.sealed
    attest(on, "ada")
    assert house.compare(), "one is not two"
    attest(on, "ada", "ada")
    assert house.compare(), "twice one is not two"
    with pytest.raises(Refused, match="V2"):
        house.devices.hand_in("dan", before.head.size - 1, on.troupe.players["dan"].answer(before.message))
    attest(on, "dan")
    assert house.compare() == ""


def test_signatures_that_do_not_count(plain: Plain) -> None:
    house, players = plain.house, plain.troupe.players
    asked = house.devices.asked()
    for person, signer, message in (
        ("dan", "ada", asked.message),
        ("ada", "ada", asked.message + b" "),
        ("mallory", "ada", asked.message),
    ):
        with pytest.raises(SinkError, match="does not count"):
            house.devices.hand_in(person, asked.head.size, players[signer].answer(message))
    for name in ("carl", "dan"):
        house.devices.hand_in(name, asked.head.size, players[name].answer(asked.message))
    assert house.devices.receipt() is not None
    plain.troupe.do("ada", wishes.Suspend(person="carl", reason="left"))
    assert house.devices.receipt() is None, "who is suspended vouches for nothing"
    # Their signature was over the head before that, and so is everybody's: the newest is to be signed anew.
    assert house.devices.asked().signed == ()


def test_an_older_signature_counts_though_its_key_was_used_since(plain: Plain) -> None:
    """A passkey's counter goes on; what it signed before stays signed."""
    house, players = plain.house, plain.troupe.players
    asked = house.devices.asked()
    for name in ("ada", "dan"):
        house.devices.hand_in(name, asked.head.size, players[name].answer(asked.message))
    plain.troupe.do("ada", wishes.Suspend(person="carl", reason="left"))
    receipt = house.devices.receipt()
    assert receipt is not None
    assert receipt.head == asked.head


def test_where_the_settings_do_not_allow_it_nobody_is_asked(tmp_path: Path) -> None:
    made = Plain(tmp_path)
    try:
        quorum = Quorum(slots=(Slot(count=1, group="security"), Slot(count=1, group="operations")))
        made.troupe.found(Settings(quorums={"default": quorum}, settle_minutes=60, offline_anchor=False))
        with pytest.raises(Refused, match="people's devices do not anchor this log"):
            made.house.devices.asked()
        assert [one.sink for one in made.house.health()] == ["stick"]
    finally:
        made.house.close()
