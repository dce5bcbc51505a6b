"""The vault on a log the protocol allows: replayed by `core.step`, written by people who sign, opened by custodians."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pyotp
import pytest
from tests.breakglass.custody.people import CANARY

from rootwarden.breakglass.codes.ledger import StepLedger
from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.entries.custody import Resealed
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.settings import Custodian, Group
from rootwarden.breakglass.custody.age import Identity
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.nesting import peel
from rootwarden.breakglass.custody.opening import share_digest
from rootwarden.breakglass.custody.spelling import digest
from rootwarden.breakglass.custody.troubles import ShareError
from rootwarden.breakglass.rehearsal.play import ACCOUNT, CHECKPOINT, DEVICE, GROUP, Play, management, time_step
from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.following import Follower
from rootwarden.breakglass.vault.replayed import ReplayedAuthority
from rootwarden.breakglass.vault.service import Vault, encoded
from rootwarden.breakglass.vault.state import LEDGER, StateFolder
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.transparency.head import sign_head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")

KEYS = {name: Identity.fresh() for name in ("carl", "cleo", "cora", "sven")}
URI = f"otpauth://totp/root-account-mfa-device@{ACCOUNT}?secret={CANARY.decode()}"


def custodians(*names: str) -> tuple[Custodian, ...]:
    return tuple(Custodian(person=name, recipient=KEYS[name].recipient) for name in names)


class House:
    """A play, and a vault that hears all of it; the clock of both is the play's."""

    def __init__(self, folder: StateFolder, ledger: StepLedger) -> None:
        self.play = Play()
        self.known = 0
        authority = ReplayedAuthority()
        folder.prepare()
        self.vault = Vault(
            authority=authority,
            follower=Follower(authority, folder, [CHECKPOINT.public_key()]),
            folder=folder,
            ledger=ledger,
            clock=lambda: self.play.now,
            monotonic=self.seconds,
            hardening=said.Hardening(measures={}),
        )
        self.envelope, self.account_keys = b"", dict[str, bytes]()

    def seconds(self) -> float:
        return self.play.now.timestamp()

    def ask(self, request: said.Request, secret: bytes = b"") -> tuple[Any, str]:
        state = self.play.state
        head = sign_head(CHECKPOINT, size=state.size, root=state.tree.root, at=self.play.now)
        part = said.LogPart(since=self.known, entries=self.play.entries[self.known :], head=head)
        self.known = state.size
        with Secret(bytearray(secret), "material") as beside:
            answer, found = self.vault.handle(msgspec.structs.replace(request, log=part), beside)
        text = bytes(found.content).decode() if found else ""
        return msgspec.json.decode(encoded(answer) or b"null", type=said.AnyAnswer | None), text

    def seal_epoch(self) -> None:
        """Two administrators decide on a group; the vault makes its envelope."""
        self.play.change(changes.SetAccount(account=management()))
        for custodian in custodians(*KEYS):
            person = self.play.players[custodian.person].person
            new = msgspec.structs.replace(person, age_recipient=custodian.recipient)
            self.play.change(changes.SetPerson(person=new))
        self.play.change(changes.SetGroup(group=group(1, "carl", "cleo", "cora")))
        made, _ = self.ask(said.SealEpoch(group=GROUP, epoch=1))
        self.take(made, 1)
        self.play.wait(minutes=61)

    def take(self, made: said.SealedEpoch, epoch: int, records: tuple[Resealed, ...] = ()) -> None:
        self.play.say(log.EpochSealed, group=GROUP, epoch=epoch, digest=made.digest, records=records)
        self.envelope, self.account_keys = made.envelope, made.account_keys

    def open(self, opening: str, reference: str, *names: str, epoch: int = 1, purpose: str = "lease") -> None:
        """Custodians open something, each with their own key and their own signature."""
        begin = said.BeginOpening(
            opening=opening, group=GROUP, epoch=epoch, envelope=self.envelope, account_keys=self.account_keys
        )
        begun, _ = self.ask(begin)
        named: dict[str, Any] = {
            "opening": opening,
            "group": GROUP,
            "epoch": epoch,
            "purpose": purpose,
            "reference": reference,
        }
        self.play.say(log.OpeningBegun, **named, fingerprint=begun.fingerprint)
        for name in names:
            layers, _ = self.ask(said.Layers(opening=opening, custodian=name))
            results = peel(layers.layers, KEYS[name], layers.recipient)
            fields = {"fingerprint": begun.fingerprint, "digest": share_digest(results)}
            self.play.say(log.ShareGiven, name, opening=opening, **fields)
            self.ask(said.GiveShare(opening=opening, custodian=name, results=results))
        self.play.say(log.OpeningEnded, opening=opening, outcome="opened")

    def enrol(self) -> tuple[bytes, str]:
        """Bring the seed of the device, and get its two codes."""
        play = self.play
        play.file("enrolment", "rob", purpose=Purpose.ENROLMENT, task="root-mfa-devices", code_to="", device=DEVICE)
        self.lease("enrolment", "rob")
        self.open("o-1", "enrolment", "cora", "carl")
        asked = said.SealRecord(opening="o-1", lease="enrolment", device=DEVICE, material="text")
        sealed, _ = self.ask(asked, URI.encode())
        fields = {"group": GROUP, "epoch": 1, "version": sealed.version, "lease": "enrolment"}
        shown = {"fingerprint": sealed.fingerprint, "digest": sealed.digest}
        play.say(log.RecordSealed, "rob", account=ACCOUNT, holds="totp-seed", device=DEVICE, **fields, **shown)
        step = time_step(play.now)
        play.say(log.EnrolmentServed, "rob", lease="enrolment", device=DEVICE, step=step)
        codes = said.EnrolmentCodes(opening="o-1", lease="enrolment", device=DEVICE, step=step, record=sealed.record)
        _, text = self.ask(codes)
        play.wait(minutes=2)
        fields = {"evidence": "signed in", "source_destroyed": True}
        play.say(log.EnrolmentProven, "rob", lease="enrolment", device=DEVICE, **fields)
        play.say(log.LeaseEnded, "rob", lease="enrolment", why="returned")
        return sealed.record, text

    def lease(self, name: str, actor: str) -> None:
        for approver in ("anna", "omar"):
            self.play.approve(name, approver)
        self.play.open(name, name, actor)

    def visit(self, name: str, opening: str, *names: str, epoch: int = 1) -> None:
        self.play.file(name, overrides_duties=True)
        self.lease(name, "rita")
        self.open(opening, name, *names, epoch=epoch)

    def code(self, lease: str, opening: str, record: bytes, *, logged: bool = True) -> tuple[said.Code, str]:
        step = time_step(self.play.now)
        if logged:
            self.play.say(log.CodeReleased, "rita", lease=lease, device=DEVICE, step=step)
        request = said.ReleaseCode(opening=opening, lease=lease, device=DEVICE, step=step, record=record)
        answer, text = self.ask(request)
        return answer, text


def group(epoch: int, *names: str) -> Group:
    return Group(
        id=GROUP, holds="totp-seed", accounts=(ACCOUNT,), custodians=custodians(*names), threshold=2, epoch=epoch
    )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    place = tmp_path / "state"
    place.mkdir(mode=0o700)
    folder = StateFolder(place)
    folder.prepare()
    ledger = StepLedger(place / LEDGER)
    made = House(folder, ledger)
    yield made
    made.vault.wipe()
    ledger.close()
    folder.close()


def at(when: float) -> str:
    return pyotp.TOTP(CANARY.decode()).at(int(when))


def test_from_a_founded_log_to_a_code_by_custodians(house: House) -> None:
    house.seal_epoch()
    began = house.play.now.timestamp()
    record, codes = house.enrol()
    assert codes.split() == [at(began), at(began + 30)]
    house.visit("visit", "o-2", "cleo", "cora")
    answer, code = house.code("visit", "o-2", record)
    assert code == at(house.play.now.timestamp())
    assert answer.step == time_step(house.play.now)


def test_what_the_log_does_not_have_does_not_leave(house: House) -> None:
    house.seal_epoch()
    record, _ = house.enrol()
    house.visit("visit", "o-2", "cleo", "cora")
    with pytest.raises(Refused, match="no code of this step was released in the log") as caught:
        house.code("visit", "o-2", record, logged=False)
    assert caught.value.step == "R1"
    # The keys of the enrolment are gone with its two releases.
    with pytest.raises(VaultError, match="no keys of opening `o-1`"):
        house.code("visit", "o-1", record)


def test_what_was_opened_is_gone_when_its_time_is_over(house: House) -> None:
    house.seal_epoch()
    record, _ = house.enrol()
    house.visit("visit", "o-2", "cleo", "cora")
    house.play.wait(minutes=6)
    with pytest.raises(VaultError, match="no keys of opening `o-2`"):
        house.code("visit", "o-2", record)


def test_a_custodian_is_exchanged_and_the_code_still_comes(house: House) -> None:
    house.seal_epoch()
    record, _ = house.enrol()
    house.play.change(changes.SetGroup(group=group(2, "carl", "cora", "sven")))
    house.open("o-2", GROUP, "cleo", "carl", purpose="rewrap")
    made, _ = house.ask(said.Rewrap(opening="o-2", records=[record]))
    (renewed,) = made.records
    now = Resealed(account=ACCOUNT, device=DEVICE, version=2, digest=digest(renewed))
    house.take(made, 2, (now,))
    house.visit("visit", "o-3", "sven", "carl", epoch=2)
    with pytest.raises(VaultError, match="is not the one in the log"):
        house.code("visit", "o-3", record)
    assert house.code("visit", "o-3", renewed, logged=False)[1] == at(house.play.now.timestamp())
    with pytest.raises(VaultError, match="no keys of opening `o-2`"):
        house.ask(said.Rewrap(opening="o-2", records=[record]))


def test_who_was_exchanged_gives_nothing_any_more(house: House) -> None:
    house.seal_epoch()
    record, _ = house.enrol()
    house.play.change(changes.SetGroup(group=group(2, "carl", "cora", "sven")))
    house.open("o-2", GROUP, "cleo", "carl", purpose="rewrap")
    made, _ = house.ask(said.Rewrap(opening="o-2", records=[record]))
    now = Resealed(account=ACCOUNT, device=DEVICE, version=2, digest=digest(made.records[0]))
    house.take(made, 2, (now,))
    with pytest.raises(ShareError, match="`cleo` is not wanted"):
        house.visit("visit", "o-3", "cleo", "carl", epoch=2)


def test_bg_1_an_export_leaves_when_people_agreed_and_the_log_has_its_digest(house: House) -> None:
    house.seal_epoch()
    record, _ = house.enrol()
    fields: dict[str, Any] = {"task": "root-mfa-devices", "code_to": "", "overrides_duties": True}
    house.play.file("export", purpose=Purpose.EXPORT, **fields)
    house.lease("export", "rita")
    house.open("o-2", "export", "cleo", "cora")
    made, _ = house.ask(said.MakeExport(opening="o-2", lease="export", records=[record]))
    with pytest.raises(Refused, match="was not released in the log"):
        house.ask(said.ReleaseExport(lease="export"))
    house.play.say(log.ExportReleased, "rita", lease="export", digest=made.digest)
    released, _ = house.ask(said.ReleaseExport(lease="export"))
    assert digest(released.body) == made.digest
    assert CANARY not in released.body


def test_warm_needs_the_waiver_of_two_administrators(house: House) -> None:
    house.seal_epoch()
    record, _ = house.enrol()
    until = house.play.now + timedelta(days=30)
    house.play.change(changes.Waive(waiver=f"warm:{ACCOUNT}", reason="drills every day", until=until))
    warm = msgspec.structs.replace(management(), warm_minutes=45)
    house.play.change(changes.SetAccount(account=warm))
    house.visit("visit", "o-2", "cleo", "cora")
    kept, _ = house.ask(said.KeepWarm(opening="o-2", account=ACCOUNT))
    assert kept.seconds == 45 * 60
    assert house.code("visit", "", record)[1] == at(house.play.now.timestamp())
    house.play.wait(minutes=44)
    assert house.code("visit", "", record)[1] == at(house.play.now.timestamp())
    house.play.wait(minutes=1)
    with pytest.raises(VaultError, match=f"no keys of account {ACCOUNT}"):
        house.code("visit", "", record)
