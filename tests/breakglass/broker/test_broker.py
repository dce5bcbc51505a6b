from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.broker.broker import Broker
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.step import replay
from rootwarden.breakglass.rehearsal.cast import cast
from rootwarden.breakglass.rehearsal.memory import MemoryKeeper
from rootwarden.breakglass.rehearsal.play import ACCOUNT, CHECKPOINT, DEVICE, GROUP, Play
from rootwarden.errors import StoreError
from rootwarden.transparency.head import sign_head

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.broker.broker import Draft, Written


class House:
    """A broker over the log of a play."""

    def __init__(self, *, passkeys: bool = False) -> None:
        self.play = Play(players=cast(passkeys=passkeys))
        self.play.guard()
        self.keeper = MemoryKeeper()
        self.keeper.entries = list(self.play.entries)
        tree = self.play.state.tree
        self.keeper.heads = [sign_head(CHECKPOINT, size=tree.size, root=tree.root, at=self.play.now)]
        self.now = self.play.now
        self.broker = Broker(self.keeper, CHECKPOINT, now=self.clock, host=lambda: ("boot", 0))

    def clock(self) -> datetime:
        return self.now

    def prepare(self, name: str, wish: wishes.AnyWish) -> Draft:
        return self.broker.prepare(name, wish)

    def sign(self, name: str, draft: Draft) -> Written:
        return self.broker.submit(name, draft.id, self.play.players[name].answer(draft.message))

    def do(self, name: str, wish: wishes.AnyWish) -> Written:
        return self.sign(name, self.prepare(name, wish))


FILE = wishes.File(
    account=ACCOUNT,
    task="s3-mfa-delete",
    ticket="OPS-1",
    reason="r",
    code_to="rita",
    device=DEVICE,
    overrides_duties=True,
)


def give_shares(house: House, lease: str) -> None:
    """Two custodians open the record of a lease."""
    usual: dict[str, Any] = {"at": house.now, "actor": log.SYSTEM, "opening": "opening"}
    begun: dict[str, Any] = {
        "group": GROUP,
        "epoch": 1,
        "purpose": "lease",
        "reference": lease,
        "fingerprint": "ab" * 32,
    }
    house.broker.say(log.OpeningBegun(**usual, **begun))
    for name in ("carl", "cleo"):
        house.do(name, wishes.GiveShare(opening="opening", fingerprint="ab" * 32, peeled=("AAAA",)))
    house.broker.say(log.OpeningEnded(**usual, outcome="opened"))


def request_of(house: House) -> tuple[str, str]:
    draft = house.prepare("rita", FILE)
    written = house.sign("rita", draft)
    assert isinstance(written.entry, log.RequestFiled)
    return written.entry.request.id, draft.phrase


def test_what_people_wish_for_is_drafted_signed_and_written() -> None:
    house = House(passkeys=True)
    name, phrase = request_of(house)
    for approver in ("anna", "omar"):
        house.do(approver, wishes.Approve(request=name, phrase=phrase))
    state = house.broker.state()
    until = state.requests[name].request.until
    house.broker.say(
        log.LeaseOpened(at=house.now, actor="rita", lease="lease", request=name, until=until, fence=state.size)
    )
    with pytest.raises(Refused, match="O1: the custodians have not given"):
        house.prepare("rita", wishes.GetCode(lease="lease"))
    give_shares(house, "lease")
    written = house.do("rita", wishes.GetCode(lease="lease"))
    with pytest.raises(Refused, match="O1: the custodians opened for the codes"):
        house.prepare("rita", wishes.GetCode(lease="lease"))
    assert isinstance(written.entry, log.CodeReleased)
    assert replay(house.keeper.entries).tree.root == house.broker.state().tree.root
    assert house.keeper.heads[-1].size == len(house.keeper.entries)


def test_nobody_is_asked_to_sign_what_would_be_refused() -> None:
    house = House()
    name, _ = request_of(house)
    with pytest.raises(Refused, match="A6"):
        house.prepare("anna", wishes.Approve(request=name, phrase="wrong-words"))
    with pytest.raises(Refused, match="A2"):
        house.prepare("rob", wishes.Approve(request=name, phrase="wrong-words"))


def a_lease(house: House) -> None:
    name, phrase = request_of(house)
    for approver in ("anna", "omar"):
        house.do(approver, wishes.Approve(request=name, phrase=phrase))
    state = house.broker.state()
    until = state.requests[name].request.until
    house.broker.say(
        log.LeaseOpened(at=house.now, actor="rita", lease="lease", request=name, until=until, fence=state.size)
    )


def test_a_release_its_check_out_and_the_end_of_its_draft_are_one_append() -> None:
    house = House()
    a_lease(house)
    give_shares(house, "lease")
    draft = house.prepare("rita", wishes.GetCode(lease="lease"))
    before, heads = len(house.keeper.entries), len(house.keeper.heads)
    written = house.sign("rita", draft)
    code, published = (log.from_bytes(each) for each in house.keeper.entries[before:])
    assert written.position == before
    assert isinstance(code, log.CodeReleased)
    assert isinstance(published, log.CheckoutPublished)
    assert published.released_at == code.at
    assert [head.size for head in house.keeper.heads[heads:]] == [before + 2]
    assert draft.id not in house.keeper.drafts


def test_a_release_that_cannot_be_written_publishes_nothing_and_its_draft_is_gone() -> None:
    house = House()
    a_lease(house)
    give_shares(house, "lease")
    draft = house.prepare("rita", wishes.GetCode(lease="lease"))
    before = list(house.keeper.entries)
    house.keeper.refuses = StoreError("the disk is full")
    with pytest.raises(StoreError):
        house.sign("rita", draft)
    house.keeper.refuses = None
    assert house.keeper.entries == before
    assert not house.broker.state().leases["lease"].steps
    with pytest.raises(Refused, match="no such draft"):
        house.sign("rita", draft)
    house.do("rita", wishes.GetCode(lease="lease"))


def test_what_others_wrote_is_seen_at_the_next_look() -> None:
    house = House()
    other = Broker(house.keeper, CHECKPOINT, now=house.clock, host=lambda: ("boot", 0))
    request_of(house)
    assert other.replayed.size < house.broker.replayed.size
    assert other.state().tree.root == house.broker.state().tree.root
    position = other.say(log.AttemptRefused(at=house.now, actor=log.SYSTEM, attempted="x", step="R2"))
    assert house.broker.say(log.AttemptRefused(at=house.now, actor=log.SYSTEM, attempted="y", step="R2")) > position


def test_a_signature_is_tried_once() -> None:
    house = House()
    draft = house.prepare("rita", FILE)
    with pytest.raises(Refused, match="G5"):
        house.broker.submit("rita", draft.id, house.play.players["rob"].answer(draft.message))
    with pytest.raises(Refused, match="no such draft"):
        house.sign("rita", draft)


def test_a_draft_is_of_one_person_and_expires() -> None:
    house = House()
    draft = house.prepare("rita", FILE)
    with pytest.raises(Refused, match="no such draft"):
        house.broker.submit("anna", draft.id, house.play.players["anna"].answer(draft.message))
    house.now += timedelta(minutes=3)
    with pytest.raises(Refused, match="no such draft"):
        house.sign("rita", draft)


def test_what_cannot_be_written_did_not_happen() -> None:
    house = House()
    draft = house.prepare("rita", FILE)
    size = house.broker.state().size
    house.keeper.refuses = StoreError("the disk is full")
    with pytest.raises(StoreError):
        house.sign("rita", draft)
    house.keeper.refuses = None
    assert house.broker.state().size == size
    assert not any(
        filed.request.account == ACCOUNT for name, filed in house.broker.state().requests.items() if name != "enrolment"
    )
    request_of(house)


def test_two_sign_one_entry_one_after_the_other() -> None:
    house = House()
    draft = house.prepare("ada", wishes.AttestClock(instant=house.now, source="a wrist watch"))
    assert house.sign("ada", draft).position is None
    assert house.sign("ada", draft).position is None, "one person is one signature"
    house.now += timedelta(minutes=2)
    house.broker.say(log.SignedIn(at=house.now, actor="dan", method="passkey"))
    written = house.sign("dan", draft)
    assert written.position is not None
    assert isinstance(written.entry, log.ClockAttested)
    assert [one.person for one in written.entry.signers] == ["ada", "dan"]


def test_a_clock_behind_the_log_writes_nothing() -> None:
    house = House()
    house.now -= timedelta(hours=1)
    with pytest.raises(Refused, match="V5"):
        house.prepare("rita", FILE)


def test_a_sealed_broker_takes_a_new_epoch_only() -> None:
    house = House()
    house.broker.sealed = "its log is shorter than the witness saw"
    with pytest.raises(Refused, match="sealed"):
        house.prepare("rita", FILE)
    draft = house.prepare("ada", wishes.BeginEpoch(reason="restored from the backup of Monday"))
    for name in ("ada", "ben"):
        assert house.sign(name, draft).position is None
    written = house.sign("carl", draft)
    assert written.position is not None
    assert house.broker.state().epoch == 2
    assert house.broker.state().last_steps[ACCOUNT, DEVICE][0] > house.now.timestamp() // 30


def test_an_edited_row_is_refused_by_the_replay() -> None:
    house = House()
    document = msgspec.json.decode(house.keeper.entries[0])
    document["settings"]["quorums"]["default"]["codes"] = 9
    from rootwarden.transparency.canonical import canonical

    house.keeper.entries[0] = canonical(document)
    with pytest.raises(Refused, match="G5"):
        Broker(house.keeper, CHECKPOINT, now=house.clock, host=lambda: ("boot", 0))
