"""What somebody who has the broker, its checkpoint key and its database does not get out of the vault."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.breakglass.vault.test_on_a_real_log import KEYS, URI, group, house

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.settings import Custodian as Custody
from rootwarden.breakglass.custody.hierarchy import Group as Kept
from rootwarden.breakglass.custody.hierarchy import enrol_account, found
from rootwarden.breakglass.custody.nesting import Custodian, made_by, read_envelope
from rootwarden.breakglass.custody.sealed import Kind
from rootwarden.breakglass.custody.spelling import digest
from rootwarden.breakglass.rehearsal.play import ACCOUNT, DEVICE, GROUP, Play, management, time_step
from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.state import StateFolder
from rootwarden.breakglass.vault.troubles import VaultError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.breakglass.vault.test_on_a_real_log import House

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
__all__ = ["house"]


def kept(epoch: int, *names: str) -> Kept:
    custodians = [Custodian(name=name, recipient=KEYS[name].recipient) for name in names]
    return Kept(name=GROUP, keeps=Kind.TOTP_SEED, epoch=epoch, accounts=[ACCOUNT], custodians=custodians, threshold=2)


def forged(house: House, epoch: int, *names: str) -> said.SealedEpoch:
    """An envelope as the vault would make it, for its own recipient, whose epoch key the broker keeps for itself."""
    stands, _ = house.ask(said.Status())
    envelope, epoch_key = found(kept(epoch, *names), [stands.recipient])
    _, blob = enrol_account(epoch_key, group=GROUP, epoch=epoch, account=ACCOUNT)
    return said.SealedEpoch(envelope=envelope, digest=digest(envelope), account_keys={ACCOUNT: blob})


def test_bg_1_an_envelope_the_broker_made_is_not_opened(house: House) -> None:
    """`epoch-sealed` bears no signature: else every seed sealed later could be read by who knows its epoch key."""
    house.seal_epoch()
    house.play.change(changes.SetGroup(group=group(2, "carl", "cleo", "cora")))
    house.open("o-1", GROUP, "cleo", "carl", purpose="rewrap")
    house.take(forged(house, 2, "carl", "cleo", "cora"), 2)
    house.play.file("enrolment", "rob", purpose=Purpose.ENROLMENT, task="root-mfa-devices", code_to="", device=DEVICE)
    house.lease("enrolment", "rob")
    with pytest.raises(VaultError, match="was not made by this vault") as caught:
        house.open("o-2", "enrolment", "cora", "carl", epoch=2)
    assert caught.value.step == "V3"


def test_bg_1_a_first_envelope_of_the_broker_is_not_opened(house: House) -> None:
    play = house.play
    play.change(changes.SetAccount(account=management()))
    for name in ("carl", "cleo", "cora"):
        person = msgspec.structs.replace(play.players[name].person, age_recipient=KEYS[name].recipient)
        play.change(changes.SetPerson(person=person))
    play.change(changes.SetGroup(group=group(1, "carl", "cleo", "cora")))
    house.take(forged(house, 1, "carl", "cleo", "cora"), 1)
    play.wait(minutes=61)
    play.file("enrolment", "rob", purpose=Purpose.ENROLMENT, task="root-mfa-devices", code_to="", device=DEVICE)
    house.lease("enrolment", "rob")
    with pytest.raises(VaultError, match="was not made by this vault"):
        house.open("o-1", "enrolment", "cora", "carl")


def test_an_envelope_bears_the_mark_of_one_vault_and_of_one_envelope(tmp_path: Path) -> None:
    folders = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir(mode=0o700)
        folders.append(StateFolder(tmp_path / name))
        folders[-1].prepare()
    one, two = folders
    try:
        vault = [one.identity().recipient]
        with one.maker() as ours, one.maker() as again, two.maker() as theirs:
            first, second = (read_envelope(found(kept(1, "carl", "cleo", "cora"), vault, ours).envelope) for _ in "12")
            assert made_by(first, again)
            assert not made_by(first, theirs)
            assert not made_by(msgspec.structs.replace(second, maker=first.maker), ours)
            assert not made_by(msgspec.structs.replace(first, threshold=3), ours)
    finally:
        one.close()
        two.close()


def test_what_was_opened_for_a_new_epoch_does_not_stay_warm(house: House) -> None:
    house.seal_epoch()
    house.enrol()
    warm(house, timedelta(days=30))
    house.play.change(changes.SetGroup(group=group(2, "carl", "cora", "sven")))
    house.open("o-2", GROUP, "cleo", "carl", purpose="rewrap")
    with pytest.raises(VaultError, match="for a new epoch serves nothing else"):
        house.ask(said.KeepWarm(opening="o-2", account=ACCOUNT))


def warm(house: House, lasts: timedelta, minutes: int = 45) -> None:
    until = house.play.now + lasts
    house.play.change(changes.Waive(waiver=f"warm:{ACCOUNT}", reason="drills every day", until=until))
    house.play.change(changes.SetAccount(account=msgspec.structs.replace(management(), warm_minutes=minutes)))


def test_a_warm_key_ends_with_its_waiver(house: House) -> None:
    house.seal_epoch()
    record, _ = house.enrol()
    warm(house, timedelta(minutes=10))
    house.visit("visit", "o-2", "cleo", "cora")
    kept_warm, _ = house.ask(said.KeepWarm(opening="o-2", account=ACCOUNT))
    assert kept_warm.seconds <= 600
    house.play.wait(minutes=11)
    with pytest.raises(VaultError, match=f"no keys of account {ACCOUNT}"):
        house.code("visit", "", record)


def test_a_warm_key_ends_when_two_administrators_take_the_waiver_back(house: House) -> None:
    house.seal_epoch()
    record, _ = house.enrol()
    warm(house, timedelta(days=30))
    house.visit("visit", "o-2", "cleo", "cora")
    house.ask(said.KeepWarm(opening="o-2", account=ACCOUNT))
    soon = house.play.now + timedelta(seconds=1)
    house.play.change(changes.Waive(waiver=f"warm:{ACCOUNT}", reason="no drills any more", until=soon))
    house.play.wait(seconds=31)
    with pytest.raises(VaultError, match="is cold"):
        house.code("visit", "", record)
    with pytest.raises(VaultError, match=f"no keys of account {ACCOUNT}"):
        house.code("visit", "", record, logged=False)


def test_l5_who_was_suspended_after_the_release_gets_nothing_from_the_vault_either(house: House) -> None:
    house.seal_epoch()
    record, _ = house.enrol()
    house.visit("visit", "o-2", "cleo", "cora")
    play = house.play
    play.say(log.CodeReleased, "rita", lease="visit", device=DEVICE, step=time_step(play.now))
    play.say(log.PersonSuspended, "ada", person="rita", reason="she left")
    with pytest.raises(Refused, match="frozen or suspended") as caught:
        house.code("visit", "o-2", record, logged=False)
    assert caught.value.step == "L5"


def test_n2_codes_of_an_enrolment_leave_for_its_own_lease_only(house: House) -> None:
    house.seal_epoch()
    play = house.play
    fields = {"purpose": Purpose.ENROLMENT, "task": "root-mfa-devices", "code_to": "", "device": DEVICE}
    for name, opening in (("first", "o-1"), ("second", "o-2")):
        play.file(name, "rob", **fields, **({} if name == "first" else {"overrides_duties": True}))
        house.lease(name, "rob")
        house.open(opening, name, "cora", "carl")
        if name == "second":
            break
        asked = said.SealRecord(opening=opening, lease=name, device=DEVICE, material="text")
        sealed, _ = house.ask(asked, URI.encode())
        shown = {"fingerprint": sealed.fingerprint, "digest": sealed.digest, "version": 1, "lease": name}
        where = {"account": ACCOUNT, "holds": "totp-seed", "device": DEVICE, "group": GROUP, "epoch": 1}
        play.say(log.RecordSealed, "rob", **where, **shown)
        step = time_step(play.now)
        play.say(log.EnrolmentServed, "rob", lease=name, device=DEVICE, step=step)
        play.say(log.LeaseEnded, "rob", lease=name, why="returned")
    codes = said.EnrolmentCodes(opening="o-2", lease="second", device=DEVICE, step=step, record=sealed.record)
    with pytest.raises(Refused, match="no codes of these steps were served") as caught:
        house.ask(codes)
    assert caught.value.step == "N2"


def test_c7_one_key_never_holds_seed_and_password_of_an_account() -> None:
    """Two people with one key are one custodian, whatever they are called."""
    play = Play()
    play.change(changes.SetAccount(account=management()))
    for name, key in {"carl": "carl", "cleo": "cleo", "cora": "cora", "sven": "carl"}.items():
        person = msgspec.structs.replace(play.players[name].person, age_recipient=KEYS[key].recipient)
        play.change(changes.SetPerson(person=person))
    play.change(changes.SetGroup(group=group(1, "carl", "cleo")))
    custodians = (
        Custody(person="cora", recipient=KEYS["cora"].recipient),
        Custody(person="sven", recipient=KEYS["carl"].recipient),
    )
    passwords = msgspec.structs.replace(group(1), id="passwords", holds="root-password", custodians=custodians)
    with pytest.raises(Refused, match="carl would hold seed and password") as caught:
        play.change(changes.SetGroup(group=passwords))
    assert caught.value.step == "C7"
