"""Custody that changes, sinks that fail, emergencies: at the real house."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pyotp
import pytest

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import Custodian
from rootwarden.breakglass.custody import age
from rootwarden.breakglass.rehearsal.troupe import ACCOUNT, DEVICE, GROUP, SEED
from rootwarden.errors import RootwardenError, SinkError

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.breakglass.rehearsal.stage import Stage
    from rootwarden.breakglass.rehearsal.troupe import Troupe


@pytest.fixture
def ready(troupe: Troupe) -> Troupe:
    """The cast, with a device in custody and nothing open."""
    troupe.guard()
    troupe.enrol()
    (enrolment,) = troupe.broker.state().leases
    troupe.check_in(enrolment)
    troupe.broker.say(log.LeaseClosed(at=troupe.broker.now(), actor=log.SYSTEM, lease=enrolment))
    return troupe


def approved(troupe: Troupe) -> str:
    request, phrase = troupe.file()
    troupe.approve(request, phrase)
    return request


def test_a_custodian_who_leaves_means_a_new_epoch_and_every_record_encrypted_anew(ready: Troupe) -> None:
    state = ready.broker.state()
    old = state.accounts[ACCOUNT].records[DEVICE]
    before = (old.epoch, old.version, old.digest)
    identity = age.Identity.fresh()
    sven = msgspec.structs.replace(ready.players["sven"].person, age_recipient=identity.recipient)
    ready.change(changes.SetPerson(person=sven))
    group = state.groups[GROUP].group
    kept = tuple(one for one in group.custodians if one.person != "cora")
    custodians = (*kept, Custodian(person="sven", recipient=identity.recipient))
    ready.change(changes.SetGroup(group=msgspec.structs.replace(group, custodians=custodians, epoch=2)))
    (opening,) = [name for name, one in state.openings.items() if one.purpose == "rewrap"]
    ready.give_shares(opening, ("cora", "carl"))
    record = state.accounts[ACCOUNT].records[DEVICE]
    assert (record.epoch, record.version) == (2, before[1] + 1)
    assert record.digest != before[2]
    ready.identities = {**ready.identities, "sven": identity}
    lease = ready.open(approved(ready), custodians=("sven", "cleo"))
    shown, code = ready.code(lease)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)


def test_who_is_no_custodian_any_more_gives_nothing(ready: Troupe) -> None:
    ready.change(changes.SetPerson(person=msgspec.structs.replace(ready.players["cora"].person, roles=())))
    acted = ready.acting.open("rita", approved(ready))
    assert acted.trouble is None
    (opening,) = [name for name, one in ready.broker.state().openings.items() if not one.outcome]
    with pytest.raises(Refused):
        ready.give_shares(opening, ("cora",))


def test_bg_4_no_sink_no_code_and_with_the_sink_the_same_code(on_stage: Stage, ready: Troupe, tmp_path: Path) -> None:
    lease = ready.open(approved(ready))
    sink = tmp_path / "heads.jsonl"
    sink.rename(tmp_path / "kept.jsonl")
    sink.mkdir()
    with pytest.raises(SinkError) as refused:
        ready.code(lease)
    assert "other-mount" in f"{refused.value.message} {refused.value.hint}"
    sink.rmdir()
    (tmp_path / "kept.jsonl").rename(sink)
    shown, code = ready.see(lease)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)
    assert on_stage.house.health()[0].error == ""


def test_bg_4_a_vault_that_is_gone_is_a_refusal_and_not_a_hang(on_stage: Stage, ready: Troupe) -> None:
    lease = ready.open(approved(ready))
    on_stage.vault.terminate()
    on_stage.vault.wait(timeout=20)
    with pytest.raises(RootwardenError, match="vault"):
        ready.code(lease)


def test_bg_10_an_emergency_waits_for_its_veto_and_tells_everybody(troupe: Troupe) -> None:
    settings = troupe.broker.state().settings
    quorum = msgspec.structs.replace(settings.quorums["default"], emergency=("rita", "anna"), veto_minutes=15)
    troupe.change(changes.SetSettings(settings=msgspec.structs.replace(settings, quorums={"default": quorum})))
    troupe.guard()
    troupe.enrol()
    request, phrase = troupe.file(emergency=True, overrides_duties=True)
    troupe.approve(request, phrase, "anna")
    with pytest.raises(Refused, match="L6"):
        troupe.open(request)
    troupe.pass_time(15 * 60)
    with pytest.raises(Refused, match="L6: still needed: custodian"):
        troupe.open(request)
    troupe.approve(request, phrase, "carl")
    lease = troupe.open(request)
    published = [
        entry
        for entry in map(log.from_bytes, troupe.broker.keeper.read(0))
        if isinstance(entry, log.CheckoutPublished) and entry.lease == lease
    ]
    assert published[0].emergency
    assert Role.CUSTODIAN in troupe.players["carl"].person.roles
