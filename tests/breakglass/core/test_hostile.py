"""What attackers of section 8 of the protocol might try, one attempt a test."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.breakglass.core.situations import SITUATIONS, filed
from tests.breakglass.core.wellmade import WELL_MADE, plain, signed
from tests.breakglass.core.world import PASSWORDS, World, next_group, spare

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.custody import group_in
from rootwarden.breakglass.core.duty import Shown
from rootwarden.breakglass.core.leasing import opens_at, still_missing
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.returning import open_duties
from rootwarden.breakglass.core.settings import Quorum, Slot, WitnessKey
from rootwarden.breakglass.core.step import check, precheck
from rootwarden.breakglass.rehearsal.play import ACCOUNT, DEVICE, DIGEST, GROUP, management
from rootwarden.transparency.canonical import canonical


def refused(step: str, world: World, entry: log.Entry) -> None:
    with pytest.raises(Refused) as said:
        check(world.state, entry)
    assert said.value.step == step, said.value


def propose(world: World, change: changes.Change) -> log.Entry:
    return signed(world, log.ChangeProposed, "ada", proposal="new", change=change)


def test_entries_are_spelled_as_rfc_8785_has_it() -> None:
    """The encoder that is used for speed agrees with the careful one on everything that was ever written here."""
    for situation in ("one-is-accepted", "epoch-begun", "unsettled", "task-session"):
        for content in SITUATIONS[situation]().entries:
            entry = log.from_bytes(content)
            assert canonical(msgspec.to_builtins(entry)) == content
    odd = '\u0000\u001f"\\/\u007f\u2028é\U0001f511\ufb33'
    entry = log.SinkChanged(at=World(founded_only=True).now, actor="system", sink="s", works=False, reason=odd)
    assert canonical(msgspec.to_builtins(entry)) == log.to_bytes(entry)


BOUNDS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "words": ("request-denied", {"reason": "x" * 4001}),
    "half a surrogate pair": ("request-denied", {"reason": "\ud800"}),
    "a name of blanks": ("request-denied", {"request": "   "}),
    "a name with a line break at its end": ("request-denied", {"request": "request\n"}),
    "a name in Cyrillic letters": ("person-suspended", {"person": "аda"}),  # noqa: RUF001 - that is the point
    "an actor who is empty": ("sink-changed", {"actor": ""}),
    "a negative step": ("code-released", {"step": -1}),
    "a step after the calendar": ("code-released", {"step": 1 << 52}),
    "a number JSON does not keep": ("opening-begun/lease", {"epoch": 1 << 60}),
    "too many findings": ("checked-in", {"findings": ("x",) * 33}),
    "a nonce without end": ("request-denied", {"nonce": "n" * 200}),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_every_field_is_bounded_for_who_writes_as_for_who_reads(name: str) -> None:
    """The broker cannot write what the vault would not read."""
    kind, changed = BOUNDS[name]
    world = SITUATIONS["duties" if kind == "checked-in" else "filed"]()
    entry = msgspec.structs.replace(WELL_MADE[kind](world, "anna" if "denied" in kind else "system"), **changed)
    refused("G3", world, entry)
    with pytest.raises(Refused, match="G3"):
        precheck(world.state, entry)


_LIMITS: Final = {
    "string": {"maxLength", "pattern", "enum", "format", "const"},
    "array": {"maxItems"},
    "integer": {"maximum", "exclusiveMaximum"},
}


def test_no_text_of_an_entry_is_without_a_bound() -> None:
    """By reflection: every string, list and number an entry can hold has a limit."""
    unbounded, seen = [], 0
    for name, one in msgspec.json.schema(log.AnyEntry)["$defs"].items():
        for field, kind in one.get("properties", {}).items():
            parts = [*kind.get("anyOf", [kind]), kind.get("items", {})]
            limited = [part for part in parts if part.get("type") in _LIMITS]
            seen += len(limited)
            unbounded += [f"{name}.{field}" for part in limited if not _LIMITS[part["type"]] & set(part)]
    assert seen > 200
    assert unbounded == []


@pytest.mark.parametrize("alias", ["ADA", "\uff41da", "Ada\u202e", " ada", "system", "\u0000"])
def test_one_human_is_one_name(alias: str) -> None:
    """BG-3: names that look alike, or are seen as nothing, are refused."""
    world = World(founded_only=True)
    person = msgspec.structs.replace(world.players["uma"].person, aliases=(alias,))
    refused("C4", world, propose(world, changes.SetPerson(person=person)))


def test_an_approval_is_not_back_when_its_approver_is() -> None:
    """BG-3: what somebody agreed to is gone with their rights, also when these come back before the lease opens."""
    world = SITUATIONS["filed"]()
    world.approve("request", "anna")
    world.approve("request", "omar")
    world.say(log.PersonSuspended, "ada", person="omar", reason="his key is lost")
    world.change(changes.RestorePerson(person="omar", reason="found"), by=("ada", "ida"))
    world.wait(minutes=0)
    assert still_missing(world.state, world.state.requests["request"], world.now + timedelta(hours=2)) == (
        "operations",
    )


def test_who_brings_a_seed_after_approving_does_not_count() -> None:
    """BG-3: `omar`, made a requester, enrolled a device between his approval and the opening of the lease."""
    world = SITUATIONS["approved"]()
    filed = world.state.requests["request"]
    assert still_missing(world.state, filed, world.now) == ()
    world.state.accounts[ACCOUNT].records[DEVICE].enroller = "omar"
    assert still_missing(world.state, filed, world.now) == ("operations",)


def test_a_shorter_wait_is_waited_for_itself() -> None:
    """Two administrators cannot shorten `settle_minutes` and then add whom they like within the hour."""
    world = World(founded_only=True)
    slow = msgspec.structs.replace(world.state.settings, settle_minutes=24 * 60)
    world.change(changes.SetSettings(settings=slow))
    world.change(changes.SetSettings(settings=msgspec.structs.replace(slow, settle_minutes=60)))
    began = world.now
    player = spare("mallory")
    world.change(changes.SetPerson(person=msgspec.structs.replace(player.person, roles=(Role.APPROVER,))))
    assert world.state.people["mallory"].roles_from[Role.APPROVER] == began + timedelta(days=1)
    world.wait(days=2)
    world.change(
        changes.SetPerson(person=msgspec.structs.replace(player.person, id="late", roles=(Role.APPROVER,), name="L"))
    )
    assert world.state.people["late"].roles_from[Role.APPROVER] == world.now + timedelta(hours=1)


def test_another_name_is_another_person_until_it_settles() -> None:
    world = SITUATIONS["approved"]()
    renamed = msgspec.structs.replace(world.players["omar"].person, name="Anna")
    world.change(changes.SetPerson(person=renamed))
    assert still_missing(world.state, world.state.requests["request"], world.now) == ("operations",)
    assert world.state.people["omar"].roles_from[Role.APPROVER] == world.now + timedelta(hours=1)


def test_of_two_proposals_for_one_person_one_holds() -> None:
    world = World(founded_only=True)
    uma = world.players["uma"].person
    for name, roles in (("first", (Role.APPROVER,)), ("second", ())):
        change = changes.SetPerson(person=msgspec.structs.replace(uma, roles=roles))
        world.say(log.ChangeProposed, "ada", proposal=name, change=change)
    digests = {name: world.state.proposals[name].digest for name in ("first", "second")}
    world.say(log.ChangeSeconded, "ben", proposal="second", digest=digests["second"])
    refused("C3", world, signed(world, log.ChangeSeconded, "ben", proposal="first", digest=digests["first"]))


@pytest.mark.parametrize("way", ["roles", "groups", "key"])
def test_a_quorum_is_not_taken_apart(way: str) -> None:
    """C6: nobody takes the last approver of a slot away, role by role or key by key."""
    world = World()
    for who in ("rob", "sven"):
        world.say(log.PersonSuspended, "ida", person=who, reason="on leave")
    omar = world.players["omar"]
    taken: dict[str, changes.Change] = {
        "roles": changes.SetPerson(person=msgspec.structs.replace(omar.person, roles=())),
        "groups": changes.SetPerson(person=msgspec.structs.replace(omar.person, groups=())),
        "key": changes.RevokeKey(person="omar", key=omar.key.id, reason="old"),
    }
    refused("C6", world, propose(world, taken[way]))


def test_a_revoked_key_is_nobodys_ever_again() -> None:
    world = World(founded_only=True)
    old = world.players["uma"].key
    world.change(changes.RevokeKey(person="uma", key=old.id, reason="stolen"))
    for who in ("uma", "rita"):
        entry = log.KeyOffered(
            at=world.now, actor=who, nonce=world.nonce(), person=who, key=old, authenticator=spare(who).answer(b"")
        )
        refused("C5", world, world.players["uma"].sign(entry, world.state))


def test_a_waiver_that_is_over_makes_an_account_cold() -> None:
    world = World()
    until = world.now + timedelta(minutes=30)
    account = msgspec.structs.replace(world.state.accounts[ACCOUNT].account, warm_minutes=20)
    refused("C7", world, propose(world, changes.SetAccount(account=account)))
    world.change(changes.Waive(waiver=f"warm:{ACCOUNT}", reason="for the migration", until=until))
    world.change(changes.SetAccount(account=account))
    assert world.state.warm_minutes(ACCOUNT, world.now) == 20
    assert world.state.warm_minutes(ACCOUNT, until) == 0


def test_a_device_that_left_the_account_gives_no_codes() -> None:
    world = SITUATIONS["open-lease"]()
    check(world.state, WELL_MADE["code-released"](world, "rita"))
    world.change(changes.SetAccount(account=msgspec.structs.replace(management(), devices=())))
    refused("R3", world, WELL_MADE["code-released"](world, "rita"))


def test_what_was_accepted_is_open_again_when_the_evidence_shows_something_else() -> None:
    """BG-9."""
    world = SITUATIONS["one-is-accepted"]()
    lease = world.state.leases["lease"]
    assert open_duties(lease) == ()
    world.check_in("lease", mail=Shown.DIFFERS)
    assert open_duties(lease) == (), "the very same difference"
    world.wait(minutes=1)
    fields = world.check_in_fields("lease", mail=Shown.DIFFERS)
    other = tuple(msgspec.structs.replace(one, why="a third address") for one in fields["findings"])
    world.say(log.CheckedIn, "dan", **fields | {"findings": other, "evidence": "cd" * 32})
    assert [str(duty) for duty in open_duties(lease)] == ["mail"]
    refused("D3", world, WELL_MADE["duty-accepted/approver"](world, "anna"))


def test_a_group_keeps_the_accounts_whose_records_it_holds() -> None:
    world = World()
    empty = msgspec.structs.replace(next_group(), accounts=("111122223333",))
    refused("C7", world, propose(world, changes.SetGroup(group=empty)))


def test_seed_and_password_have_no_custodian_in_common_not_even_the_last_ones() -> None:
    """A custodian who leaves the seed's group holds it until it is wrapped anew."""
    world = SITUATIONS["next-custody"]()
    group = world.state.groups[PASSWORDS].group
    cora = world.state.groups[GROUP].before
    assert cora is not None
    joined = msgspec.structs.replace(group, epoch=2, custodians=(*group.custodians, cora.group.custodians[2]))
    refused("C7", world, propose(world, changes.SetGroup(group=joined)))


def test_a_new_epoch_of_custody_names_every_record_anew() -> None:
    world = SITUATIONS["next-custody-opened"]()
    good = WELL_MADE["epoch-sealed"](world, "system")
    assert isinstance(good, log.EpochSealed)
    for records in ((), good.records * 2, (msgspec.structs.replace(good.records[0], device="second"),)):
        refused("O2", world, msgspec.structs.replace(good, records=records))
    world.add(good)
    record = world.state.accounts[ACCOUNT].records[DEVICE]
    assert (record.epoch, record.digest, record.proven) == (2, "cd" * 32, True)
    with pytest.raises(Refused, match="O2"):
        group_in(world.state, GROUP, 1)


def test_custodians_are_not_asked_for_more_than_a_lease_needs() -> None:
    """BG-8: a lease that releases a code opens no password."""
    world = World()
    world.granted()
    world.open()
    check(world.state, WELL_MADE["opening-begun/lease"](world, "system"))
    refused("O1", world, WELL_MADE["opening-begun/password"](world, "system"))


@pytest.mark.parametrize("purpose", [Purpose.ENROLMENT, Purpose.EXPORT, Purpose.TASK_SESSION])
def test_nothing_is_hidden_in_a_request_for_something_else(purpose: Purpose) -> None:
    world = World()
    request = world.request("new", "rita", purpose=purpose, code_to="", device="", password_to="pia")
    refused("F3", world, signed(world, log.RequestFiled, "rita", request=request))


def test_a_recovery_is_one_however_it_is_spelled() -> None:
    """BG-17: the duty to delete the password again does not hang on letter case, nor can it be dodged by an ARN."""
    from rootwarden.breakglass.core.leasing import duties_of

    world = World()
    for spelled in ("IAMCreateRootUserPassword", "iamcreaterootuserpassword"):
        request = world.request(purpose=Purpose.TASK_SESSION, task_policy=spelled)
        assert "password-removed" in duties_of(request)
    request = world.request(purpose=Purpose.TASK_SESSION, task_policy="arn:aws:iam::aws:policy/root-task/X")
    refused("G3", world, signed(world, log.RequestFiled, "rita", request=request))


def test_an_emergency_is_not_told_to_its_own_people_only() -> None:
    """BG-10: a notice to who asks, or receives, is none; a custodian in its place is another person."""
    world = SITUATIONS["emergency-nobody-was-told-of"]()
    filed = world.state.requests["request"]
    assert still_missing(world.state, filed, world.now) == ("custodian",)
    world.say(log.NoticeRecorded, request="request", person="pia", channel="mail", delivered=True)
    assert still_missing(world.state, filed, world.now) == ("custodian",)
    del filed.approvals["ben"]
    world.approve("request", "sven")
    assert still_missing(world.state, filed, world.now) == ("custodian",), "one person is not both"
    world.approve("request", "ben")
    assert still_missing(world.state, filed, world.now) == ()


def test_a_notice_that_comes_late_takes_nothing_of_the_veto_away() -> None:
    """L6: the veto runs from the first delivery; who is told a minute before its end has all of it still."""
    world = filed(emergency=True)
    world.approve("request", "ben")
    until = world.state.requests["request"].request.until
    opened = {"request": "request", "lease": "lease", "until": until}
    told = {"request": "request", "channel": "mail"}
    world.say(log.NoticeRecorded, person="anna", delivered=False, **told)
    world.wait(minutes=14)
    world.say(log.NoticeRecorded, person="anna", delivered=True, **told)
    first = world.state.newest_at
    world.wait(minutes=5)
    # Nor does a second one prolong it, or one more that fails.
    world.say(log.NoticeRecorded, person="anna", delivered=True, **told)
    world.say(log.NoticeRecorded, person="omar", delivered=True, **told)
    world.say(log.NoticeRecorded, person="anna", delivered=False, **told)
    refused("L6", world, plain(world, log.LeaseOpened, "rita", fence=world.state.size, **opened))
    filed_at = world.state.requests["request"]
    assert opens_at(world.state, filed_at, world.now) == first + timedelta(minutes=15)
    world.wait(minutes=10)
    world.say(log.LeaseOpened, "rita", fence=world.state.size, **opened)


def test_a_late_notice_does_not_hold_up_whom_a_custodian_agreed_with() -> None:
    world = SITUATIONS["emergency-with-a-custodian"]()
    filed_at = world.state.requests["request"]
    before = opens_at(world.state, filed_at, world.now)
    world.say(log.NoticeRecorded, request="request", person="anna", channel="mail", delivered=True)
    assert opens_at(world.state, filed_at, world.now) == before <= world.now
    assert still_missing(world.state, filed_at, world.now) == ()


def test_who_could_not_be_told_stays_known_until_something_reached_them() -> None:
    world = filed()
    for delivered in (False, False, True, False):
        world.say(log.NoticeRecorded, about=3, person="anna", channel="", delivered=delivered)
        world.say(log.NoticeRecorded, about=3, person="omar", channel="", delivered=False)
        world.wait(minutes=1)
    assert world.state.told[3] == {"anna": True, "omar": False}
    (key, untold), *more = world.state.untold.items()
    assert (key, untold.attempts, more) == ((3, "omar"), 4, [])
    assert untold.last == world.state.newest_at == untold.first + timedelta(minutes=3)


def test_another_checkpoint_key_takes_two_administrators() -> None:
    world = World(founded_only=True)
    old = world.state.checkpoint_key
    new = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    pem = new.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    refused("C7", world, propose(world, changes.SetCheckpointKey(key="no key", reason="x")))
    world.change(changes.SetCheckpointKey(key=pem, reason="the host was replaced"))
    assert (world.state.checkpoint_key, world.state.former_checkpoint_keys) == (pem, (old,))
    refused("C7", world, propose(world, changes.SetCheckpointKey(key=old, reason="back")))


BAD_SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "no quorum": {"quorums": {}},
    "a quorum of one": {"quorums": {"default": Quorum(slots=(Slot(count=1),))}},
    "a slot for nobody": {"quorums": {"default": Quorum(slots=(Slot(count=2), Slot(count=0)))}},
    "a wait of a minute": {"settle_minutes": 1},
    "no anchor": {"anchors": 0},
    "a witness without a key": {"witnesses": (WitnessKey(name="w", key="AAAA"),)},
    "a veto longer than the request lives": {
        "quorums": {"default": Quorum(slots=(Slot(count=2),), emergency=("ben",), veto_minutes=120)}
    },
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_settings_keep_to_their_limits(name: str) -> None:
    world = World(founded_only=True)
    settings = msgspec.structs.replace(world.state.settings, **BAD_SETTINGS[name])
    refused("C7", world, propose(world, changes.SetSettings(settings=settings)))


def test_a_witness_does_not_count_twice() -> None:
    from rootwarden.breakglass.rehearsal.cast import Player

    world = World(founded_only=True)
    key = Player(world.players["uma"].person).key.key
    two = tuple(WitnessKey(name=name, key=key) for name in ("one", "two"))
    settings = msgspec.structs.replace(world.state.settings, witnesses=two)
    refused("C7", world, propose(world, changes.SetSettings(settings=settings)))
    check(
        world.state, propose(world, changes.SetSettings(settings=msgspec.structs.replace(settings, witnesses=two[:1])))
    )


def test_offered_keys_do_not_pile_up() -> None:
    from tests.breakglass.core.world import STRANGERS

    from rootwarden.breakglass.rehearsal.cast import UNSIGNED, Player
    from rootwarden.simulator.passkey import Passkey

    world = World(founded_only=True)
    for _ in range(10):
        player = Player(STRANGERS["zoe"].person, Passkey())
        entry = log.KeyOffered(
            at=world.now, actor="uma", nonce=world.nonce(), person="uma", key=player.key, authenticator=UNSIGNED
        )
        world.add(player.sign(entry, world.state))
    assert len(world.state.offered) == 8


def test_a_share_for_one_opening_is_not_one_for_another() -> None:
    world = SITUATIONS["opening"]()
    world.say(
        log.OpeningBegun, opening="other", group=GROUP, epoch=1, purpose="lease", reference="lease", fingerprint="ef"
    )
    share = WELL_MADE["share-given"](world, "carl")
    refused("G5", world, msgspec.structs.replace(share, opening="other", fingerprint="ef"))
    world.add(share)
    assert world.state.openings["other"].shares == {}
    assert world.state.openings["opening"].shares == {"carl": DIGEST}
