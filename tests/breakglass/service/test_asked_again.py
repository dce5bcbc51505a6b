"""Custodians are asked again: for the next code, and for what came to nothing; at the real house, with its vault."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import pyotp
import pytest

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.broker.notices import notices_of
from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.settings import MOST_OPENINGS, Custodian, Device
from rootwarden.breakglass.custody import age
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.nesting import peel
from rootwarden.breakglass.rehearsal.troupe import ACCOUNT, SEED
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.errors import RootwardenError, SinkError

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.breakglass.rehearsal.stage import Stage
    from rootwarden.breakglass.rehearsal.troupe import Troupe

E = TypeVar("E", bound=log.Entry)
SPARE = "spare"
SPARE_SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def ready(troupe: Troupe) -> Troupe:
    """The cast, with a device in custody, nothing open, and one code an opening, as the default has it."""
    settings = troupe.broker.state().settings
    quorum = msgspec.structs.replace(settings.quorums["default"], codes_per_opening=1)
    troupe.change(changes.SetSettings(settings=msgspec.structs.replace(settings, quorums={"default": quorum})))
    troupe.guard()
    troupe.enrol()
    close(troupe, *troupe.broker.state().leases)
    return troupe


def close(troupe: Troupe, *leases: str) -> None:
    for lease in leases:
        troupe.check_in(lease)
        troupe.broker.say(log.LeaseClosed(at=troupe.broker.now(), actor=log.SYSTEM, lease=lease))


def a_lease(troupe: Troupe, **fields: Any) -> str:
    """An open lease whose custodians were asked, and have not given."""
    request, phrase = troupe.file(**fields)
    troupe.approve(request, phrase)
    acted = troupe.acting.open("rita", request)
    assert acted.trouble is None
    assert isinstance(acted.entry, log.LeaseOpened)
    return acted.entry.lease


def opening_of(troupe: Troupe, lease: str) -> str:
    """The opening that is under way for a lease."""
    (found,) = [
        name for name, one in troupe.broker.state().openings.items() if one.reference == lease and not one.outcome
    ]
    return found


def peeled_by(troupe: Troupe, opening: str, name: str) -> wishes.GiveShare:
    work = troupe.releases.layers(opening, name)
    peeled = peel(work.layers, troupe.identities[name], work.recipient)
    texts = tuple(base64.b64encode(one).decode() for one in peeled)
    fingerprint = troupe.broker.state().openings[opening].fingerprint
    return wishes.GiveShare(opening=opening, fingerprint=fingerprint, peeled=texts)


def entries(troupe: Troupe, kind: type[E]) -> list[E]:
    return [entry for entry in map(log.from_bytes, troupe.broker.keeper.read(0)) if isinstance(entry, kind)]


def test_a_second_code_of_a_cold_account_is_a_second_consent_of_its_custodians(ready: Troupe) -> None:
    lease = a_lease(ready)
    ready.give_shares(opening_of(ready, lease))
    with pytest.raises(Refused, match="O5: what the custodians opened is still there"):
        ready.releases.ask_again("rita", lease)
    earlier, _ = ready.code(lease)
    ready.wait_for_next(lease)
    with pytest.raises(Refused, match="O1: the custodians opened for the codes that were given") as refused:
        ready.broker.prepare("rita", wishes.GetCode(lease=lease))
    assert f"ask-again {lease}" in refused.value.hint
    for other, why in (("anna", "`anna` may not write"), ("rob", "by who has the lease")):
        with pytest.raises(Refused, match=f"G6: .*{why}"):
            ready.releases.ask_again(other, lease)
    (opening,) = ready.releases.ask_again("rita", lease)
    with pytest.raises(Refused, match="O5: custodians are at work"):
        ready.releases.ask_again("rita", lease)
    with pytest.raises(Refused, match="O1: the custodians opened for the codes that were given"):
        ready.broker.prepare("rita", wishes.GetCode(lease=lease))
    ready.give_shares(opening, ("cleo", "cora"))
    shown, second = ready.code(lease)
    assert second == pyotp.TOTP(SEED).at(shown.step * 30)
    assert shown.step > earlier.step
    assert shown.codes_left == 1


def test_custodians_are_told_that_they_are_asked_again_and_by_whom(ready: Troupe) -> None:
    lease = a_lease(ready)
    ready.give_shares(opening_of(ready, lease))
    ready.code(lease)
    ready.releases.ask_again("rita", lease)
    entry = entries(ready, log.OpeningBegun)[-1]
    assert entry.actor == "rita"
    told = notices_of(ready.broker.state(), entry)
    assert [notice.person for notice in told] == ["carl", "cleo", "cora"]
    assert all("asked for again, by rita" in notice.subject and notice.urgent for notice in told)


def test_nobody_signs_for_a_code_whose_keys_waited_too_long(ready: Troupe) -> None:
    lease = a_lease(ready)
    ready.give_shares(opening_of(ready, lease))
    ready.pass_time(5 * 60)
    with pytest.raises(Refused, match="O1: what the custodians opened waited for five minutes"):
        ready.broker.prepare("rita", wishes.GetCode(lease=lease))
    assert ready.broker.state().lease(lease).steps == []
    (opening,) = ready.releases.ask_again("rita", lease)
    ready.give_shares(opening)
    shown, code = ready.code(lease)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)


def test_nobody_signs_for_a_code_whose_keys_went_with_the_vault(on_stage: Stage, ready: Troupe) -> None:
    lease = a_lease(ready)
    ready.give_shares(opening_of(ready, lease))
    ready.releases.check_keys(lease, "totp-seed")
    on_stage.restart_vault()
    with pytest.raises(Refused, match="O1: the vault does not have what the custodians opened"):
        ready.releases.check_keys(lease, "totp-seed")
    (opening,) = ready.releases.ask_again("rita", lease)
    ready.give_shares(opening)
    shown, code = ready.code(lease)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)


def test_a_vault_that_starts_anew_loses_the_opening_and_not_the_lease(on_stage: Stage, ready: Troupe) -> None:
    lease = a_lease(ready)
    lost = opening_of(ready, lease)
    ready.give_shares(lost, ("carl",))
    on_stage.restart_vault()
    with pytest.raises(RootwardenError, match="is not under way here"):
        ready.give_shares(lost, ("cleo",))
    (opening,) = ready.releases.ask_again("rita", lease)
    ended = entries(ready, log.OpeningEnded)[-1]
    assert (ended.opening, ended.outcome) == (lost, "failed")
    assert [notice.person for notice in notices_of(ready.broker.state(), ended)] == ["rita"]
    ready.give_shares(opening)
    shown, code = ready.code(lease)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)


def test_a_share_that_was_given_while_the_sink_failed_is_handed_in_later(
    on_stage: Stage, ready: Troupe, tmp_path: Path
) -> None:
    lease = a_lease(ready)
    opening = opening_of(ready, lease)
    ready.give_shares(opening, ("carl",))
    wish = peeled_by(ready, opening, "cleo")
    draft = ready.broker.prepare("cleo", wish)
    sink = tmp_path / "heads.jsonl"
    sink.rename(tmp_path / "kept.jsonl")
    sink.mkdir()
    acted = ready.acting.sign("cleo", draft.id, ready.players["cleo"].answer(draft.message))
    assert isinstance(acted.trouble, SinkError)
    assert ready.broker.state().openings[opening].outcome == ""
    on_stage.house.chores.run()
    assert ready.broker.state().openings[opening].outcome == ""
    sink.rmdir()
    (tmp_path / "kept.jsonl").rename(sink)
    on_stage.house.chores.run()
    assert ready.broker.state().openings[opening].outcome == "opened"
    shown, code = ready.code(lease)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)


def test_a_share_that_is_in_the_log_alone_is_handed_in_after_a_crash(on_stage: Stage, ready: Troupe) -> None:
    lease = a_lease(ready)
    opening = opening_of(ready, lease)
    for name in ("carl", "cleo"):
        draft = ready.broker.prepare(name, peeled_by(ready, opening, name))
        ready.broker.submit(name, draft.id, ready.players[name].answer(draft.message))
        on_stage.reopen()
        on_stage.house.chores.run()
        assert on_stage.house.troubles == []
    assert ready.broker.state().openings[opening].outcome == "opened"
    shown, code = ready.code(lease)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)


def test_a_share_that_is_lost_is_said_in_the_log_and_given_again(on_stage: Stage, ready: Troupe) -> None:
    lease = a_lease(ready)
    opening = opening_of(ready, lease)
    draft = ready.broker.prepare("carl", peeled_by(ready, opening, "carl"))
    ready.broker.submit("carl", draft.id, ready.players["carl"].answer(draft.message))
    ready.broker.keeper.burn_draft(f"share of carl to {opening}")
    on_stage.house.chores.run()
    (refused,) = entries(ready, log.ShareRefused)
    assert (refused.custodian, refused.reason) == ("carl", "it was lost on its way to the vault")
    assert [notice.person for notice in notices_of(ready.broker.state(), refused)] == ["carl"]
    ready.give_shares(opening)
    assert ready.broker.state().openings[opening].outcome == "opened"


def test_a_wrong_share_is_named_and_its_custodian_may_give_again(ready: Troupe) -> None:
    lease = a_lease(ready)
    opening = opening_of(ready, lease)
    right = peeled_by(ready, opening, "carl")
    wrong = msgspec.structs.replace(right, peeled=tuple(reversed(right.peeled)))
    with pytest.raises(VaultError, match="the share of `carl` does not hold the layer"):
        ready.do("carl", wrong)
    assert dict(ready.broker.state().openings[opening].shares) == {}
    ready.give_shares(opening)
    assert ready.broker.state().openings[opening].outcome == "opened"


def test_two_who_peel_at_once_both_come_in(ready: Troupe) -> None:
    lease = a_lease(ready)
    opening = opening_of(ready, lease)
    first, second = peeled_by(ready, opening, "carl"), peeled_by(ready, opening, "cleo")
    ready.do("carl", first)
    with pytest.raises(VaultError, match=r"has 2 parts, not 1"):
        ready.do("cleo", second)
    ready.do("cleo", peeled_by(ready, opening, "cleo"))
    assert ready.broker.state().openings[opening].outcome == "opened"


def test_an_export_whose_keys_waited_too_long_is_asked_for_again_and_holds_every_seed(ready: Troupe) -> None:
    account = ready.broker.state().accounts[ACCOUNT].account
    devices = (*account.devices, Device(id=SPARE))
    ready.change(changes.SetAccount(account=msgspec.structs.replace(account, devices=devices)))
    close(ready, enrol_spare(ready))
    lease = a_lease(ready, purpose=Purpose.EXPORT, task="s3-mfa-delete", code_to="")
    ready.give_shares(opening_of(ready, lease))
    ready.pass_time(5 * 60)
    with pytest.raises(VaultError, match="no keys of"):
        ready.releases.make_export("rita", lease)
    (opening,) = ready.releases.ask_again("rita", lease)
    ready.give_shares(opening)
    digest = ready.releases.make_export("rita", lease)
    ready.do("rita", wishes.GetExport(lease=lease, digest=digest))
    export = msgspec.json.decode(ready.releases.export("rita", lease))
    assert SPARE.encode() in msgspec.json.encode(export)
    with pytest.raises(Refused, match="O5: nothing of this lease needs the totp-seed any more"):
        ready.releases.ask_again("rita", lease)


def enrol_spare(troupe: Troupe) -> str:
    fields: dict[str, Any] = {"purpose": Purpose.ENROLMENT, "task": "root-mfa-devices", "code_to": "", "device": SPARE}
    request, phrase = troupe.file("rob", **fields)
    troupe.approve(request, phrase)
    lease = troupe.open(request, "rob")
    secret = Secret(bytearray(SPARE_SEED.encode()), "seed")
    troupe.do("rob", troupe.releases.seal_record("rob", lease, SPARE, "text", secret))
    troupe.do("rob", wishes.ServeEnrolment(lease=lease, device=SPARE))
    proof = wishes.ProveEnrolment(lease=lease, device=SPARE, evidence="signed in", source_destroyed=True)
    troupe.do("rob", proof)
    troupe.acting.end("rob", lease)
    return lease


def end(troupe: Troupe, opening: str) -> None:
    at = troupe.broker.now()
    troupe.broker.say(log.OpeningEnded(at=at, actor=log.SYSTEM, opening=opening, outcome="failed", reason="lost"))


def test_who_has_the_lease_gives_no_share_to_it_and_an_approver_may(ready: Troupe) -> None:
    """Decision 0030: a threshold of two is two people beside the requester; an approver who holds a key is one."""
    for name, roles in (("cora", ("requester", "custodian")), ("anna", ("approver", "custodian"))):
        person = ready.players[name].person
        recipient = person.age_recipient or ready.identities["cora"].recipient
        changed = msgspec.structs.replace(person, roles=roles, age_recipient=recipient)
        if name == "anna":
            identity = age.Identity.fresh()
            ready.identities["anna"] = identity
            changed = msgspec.structs.replace(changed, age_recipient=identity.recipient)
        ready.change(changes.SetPerson(person=changed))
    ready.pass_time(2 * 3600)
    ready.attest()
    group = ready.broker.state().groups["management"].group
    custodians = (*group.custodians, Custodian(person="anna", recipient=ready.identities["anna"].recipient))
    ready.change(changes.SetGroup(group=msgspec.structs.replace(group, custodians=custodians, epoch=2)))
    ready.give_shares(opening_of(ready, "management"))
    request, phrase = ready.file("cora", code_to="cora")
    ready.approve(request, phrase)
    acted = ready.acting.open("cora", request)
    assert isinstance(acted.entry, log.LeaseOpened)
    opening = opening_of(ready, acted.entry.lease)
    wish = peeled_by(ready, opening, "cora")
    with pytest.raises(Refused, match="O2: who has the lease gives no share to it"):
        ready.do("cora", wish)
    ready.give_shares(opening, ("anna", "carl"))
    assert ready.broker.state().openings[opening].outcome == "opened"


def test_custodians_are_not_asked_without_end(ready: Troupe) -> None:
    lease = a_lease(ready)
    state = ready.broker.state()
    for _ in range(MOST_OPENINGS - 1):
        opening = opening_of(ready, lease)
        end(ready, opening)
        begun = msgspec.structs.replace(
            entries(ready, log.OpeningBegun)[-1], opening=f"{opening}x", at=ready.broker.now(), actor="rita"
        )
        ready.broker.say(begun)
    assert len([one for one in state.openings.values() if one.reference == lease]) == MOST_OPENINGS
    end(ready, opening_of(ready, lease))
    with pytest.raises(Refused, match="O5: custodians were asked too often"):
        ready.releases.ask_again("rita", lease)


def test_a_new_epoch_of_a_group_is_asked_for_again_by_an_administrator(on_stage: Stage, ready: Troupe) -> None:
    group = ready.broker.state().groups["management"].group
    kept = tuple(one for one in group.custodians if one.person != "cora")
    ready.change(changes.SetGroup(group=msgspec.structs.replace(group, custodians=kept, epoch=2)))
    lost = opening_of(ready, "management")
    ready.give_shares(lost, ("carl",))
    with pytest.raises(Refused, match="O5: custodians are at work"):
        ready.releases.ask_group_again("ada", "management")
    on_stage.restart_vault()
    with pytest.raises(Refused, match="G6: administrators ask for a new epoch"):
        ready.releases.ask_group_again("rita", "management")
    opening = ready.releases.ask_group_again("ada", "management")
    ready.give_shares(opening)
    assert ready.broker.state().groups["management"].digest
    lease = a_lease(ready)
    ready.give_shares(opening_of(ready, lease))
    shown, code = ready.code(lease)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)


def test_a_warm_account_asks_its_custodians_once(on_stage: Stage, ready: Troupe) -> None:
    until = ready.broker.now() + timedelta(days=30)
    ready.change(changes.Waive(waiver=f"warm:{ACCOUNT}", reason="nights", until=until))
    account = msgspec.structs.replace(ready.broker.state().accounts[ACCOUNT].account, warm_minutes=120)
    ready.change(changes.SetAccount(account=account))
    lease = a_lease(ready)
    with pytest.raises(Refused, match="O1: the vault does not have"):
        ready.releases.check_keys(lease, "totp-seed")
    ready.give_shares(opening_of(ready, lease))
    for _ in range(3):
        shown, code = ready.code(lease)
        assert code == pyotp.TOTP(SEED).at(shown.step * 30)
    ready.acting.end("rita", lease)
    close(ready, lease)
    again = a_lease(ready)
    assert [one for one in ready.broker.state().openings.values() if one.reference == again] == []
    with pytest.raises(Refused, match="O5: the account is warm"):
        ready.releases.ask_again("rita", again)
    shown, code = ready.code(again)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)
    on_stage.restart_vault()
    (opening,) = ready.releases.ask_again("rita", again)
    ready.give_shares(opening)
    shown, code = ready.code(again)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)
