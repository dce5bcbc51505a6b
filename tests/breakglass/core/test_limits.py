"""Checks that no triple and no vector reaches: limits of what two administrators decide, and single conditions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.breakglass.core.situations import SITUATIONS
from tests.breakglass.core.test_hostile import propose, refused
from tests.breakglass.core.wellmade import WELL_MADE, joint, plain, signed
from tests.breakglass.core.world import POLICY, World, ended, next_group

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.settings import Device, Quorum, Slot, WitnessKey
from rootwarden.breakglass.core.state import Stage
from rootwarden.breakglass.core.step import check
from rootwarden.breakglass.rehearsal.cast import Player
from rootwarden.breakglass.rehearsal.play import ACCOUNT, DEVICE, DIGEST, GROUP, MEMBER, ROLE, management
from rootwarden.simulator.passkey import Flag, Passkey

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.breakglass.core.public_key import PublicKey


SLOTS: Final = (Slot(count=2),)
QUORUMS: Final[dict[str, Quorum]] = {
    "a request that never expires": Quorum(slots=SLOTS, request_minutes=24 * 60 + 1),
    "a window of nothing": Quorum(slots=SLOTS, window_minutes=0),
    "eleven codes": Quorum(slots=SLOTS, codes=11),
    "no codes": Quorum(slots=SLOTS, codes=0),
    "more codes an opening than a lease": Quorum(slots=SLOTS, codes_per_opening=4),
    "no veto": Quorum(slots=SLOTS, veto_minutes=0),
}
ACCOUNTS: Final[dict[str, dict[str, Any]]] = {
    "an id of eleven digits": {"id": "00001111222"},
    "a position there is not": {"position": "leaf"},
    "a quorum there is not": {"quorum": "none"},
    "nine devices": {"devices": tuple(Device(id=f"d{number}") for number in range(9))},
    "two devices of one id": {"devices": (Device(id="d"), Device(id="d"))},
    "a device of no kind": {"devices": (Device(id="d", kind="seed"),)},
    "a source that is no network": {"sources": ("198.51.100.7/24",)},
}
GROUPS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "one custodian twice": lambda: {"custodians": next_group().custodians[:1] * 2},
    "a threshold of one": lambda: {"threshold": 1},
    "a threshold above their number": lambda: {"threshold": 3},
    "something else": lambda: {"holds": "keys"},
    "no account": lambda: {"accounts": ()},
    "an account nobody knows": lambda: {"accounts": (ACCOUNT, "222233334444")},
    "somebody who is no custodian": lambda: {
        "custodians": (
            *next_group().custodians,
            msgspec.structs.replace(next_group().custodians[0], person="dan", recipient="x"),
        )
    },
    "a recipient that is not theirs": lambda: {
        "custodians": tuple(
            msgspec.structs.replace(one, recipient=f"{one.recipient}x") for one in next_group().custodians
        )
    },
}


@pytest.mark.parametrize("name", QUORUMS)
def test_a_quorum_keeps_to_its_limits(name: str) -> None:
    world = World(founded_only=True)
    settings = msgspec.structs.replace(world.state.settings, quorums={"default": QUORUMS[name]})
    refused("C7", world, propose(world, changes.SetSettings(settings=settings)))


@pytest.mark.parametrize("name", ACCOUNTS)
def test_an_account_keeps_to_its_limits(name: str) -> None:
    world = World(founded_only=True)
    check(world.state, propose(world, changes.SetAccount(account=management())))
    account = msgspec.structs.replace(management(), **ACCOUNTS[name])
    refused("C7", world, propose(world, changes.SetAccount(account=account)))


@pytest.mark.parametrize("name", GROUPS)
def test_a_custody_group_keeps_to_its_limits(name: str) -> None:
    world = World()
    check(world.state, propose(world, changes.SetGroup(group=next_group())))
    group = msgspec.structs.replace(next_group(), **GROUPS[name]())
    refused("C7", world, propose(world, changes.SetGroup(group=group)))


def test_a_custody_group_changes_epoch_by_epoch() -> None:
    world = SITUATIONS["next-custody"]()
    third = msgspec.structs.replace(next_group(), epoch=3)
    refused("C3", world, propose(world, changes.SetGroup(group=third)))
    world = World()
    refused("C3", world, propose(world, changes.SetGroup(group=third)))
    other = msgspec.structs.replace(next_group(), holds="root-password")
    refused("C7", world, propose(world, changes.SetGroup(group=other)))
    twin = msgspec.structs.replace(next_group(), id="twin", epoch=1)
    refused("C7", world, propose(world, changes.SetGroup(group=twin)))


def test_settings_keep_the_quorums_that_accounts_need() -> None:
    world = World()
    quorums = {"other": world.state.settings.quorums["default"]}
    settings = msgspec.structs.replace(world.state.settings, quorums=quorums)
    refused("C7", world, propose(world, changes.SetSettings(settings=settings)))


def test_two_witnesses_have_two_names() -> None:
    world = World(founded_only=True)
    keys = [Player(world.players[name].person).key.key for name in ("uma", "dan")]
    settings = msgspec.structs.replace(
        world.state.settings, witnesses=tuple(WitnessKey(name="witness", key=key) for key in keys)
    )
    refused("C7", world, propose(world, changes.SetSettings(settings=settings)))


def test_an_id_is_of_one_request_and_a_name_of_one_lease() -> None:
    world = SITUATIONS["closed"]()
    again = world.request("request", "rita")
    refused("F1", world, signed(world, log.RequestFiled, "rita", request=again))
    world.visit("next")
    world.approve("next", "anna")
    world.approve("next", "omar")
    refused("L3", world, msgspec.structs.replace(WELL_MADE["lease-opened/next"](world, "rita"), lease="lease"))
    check(world.state, WELL_MADE["lease-opened/next"](world, "rita"))


def test_two_leases_on_one_account_are_not_open_at_once() -> None:
    world = SITUATIONS["open-lease"]()
    world.visit("next", overrides_duties=True)
    world.approve("next", "anna")
    world.approve("next", "omar")
    refused("L3", world, WELL_MADE["lease-opened/next"](world, "rita"))


def test_the_frozen_approve_nothing() -> None:
    """`sven`, a requester for once, is reported; his key may be in other hands."""
    world = SITUATIONS["filed"]()
    check(world.state, WELL_MADE["approval-given"](world, "sven"))
    standing = world.state.people["sven"]
    world.state.people["sven"] = msgspec.structs.replace(standing, frozen="another")
    refused("A3", world, WELL_MADE["approval-given"](world, "sven"))


@pytest.mark.parametrize("bound", [True, False])
def test_a_synced_passkey_approves_only_where_the_settings_say_so(*, bound: bool) -> None:
    """A3."""
    world = SITUATIONS["guarded"]()
    synced = Player(world.players["anna"].person, Passkey(flags=Flag.PRESENT | Flag.VERIFIED | Flag.MAY_BE_BACKED_UP))
    key = msgspec.structs.replace(synced.key, device_bound=False)
    offered = WELL_MADE["key-offered"](world, "anna")
    assert isinstance(offered, log.KeyOffered)
    world.add(synced.sign(msgspec.structs.replace(offered, key=key), world.state))
    world.change(changes.AdmitKey(person="anna", key=key.id))
    quorum = msgspec.structs.replace(world.state.settings.quorums["default"], device_bound_approvals=bound)
    world.change(
        changes.SetSettings(settings=msgspec.structs.replace(world.state.settings, quorums={"default": quorum}))
    )
    world.wait(minutes=61)
    world.visit()
    entry = WELL_MADE["approval-given"](world, "anna")
    assert isinstance(entry, log.ApprovalGiven)
    entry = synced.sign(entry, world.state)
    if bound:
        refused("A3", world, entry)
    else:
        check(world.state, entry)


def test_words_that_are_asked_for_are_there() -> None:
    world = SITUATIONS["filed"]()
    refused("A1", world, signed(world, log.RequestDenied, "anna", request="request", reason=" "))
    far = plain(
        world, log.NoticeRecorded, "system", request="", about=10_000, person="anna", channel="m", delivered=True
    )
    refused("A1", world, far)
    nobody = plain(world, log.NoticeRecorded, "system", request="request", person="zoe", channel="m", delivered=True)
    refused("G6", world, nobody)
    clock = {"instant": world.now, "read_at": world.now, "source": "", "boot": "b", "monotonic_us": 1}
    refused("V5", world, joint(world, log.ClockAttested, "dan", "ada", **clock))
    for off in (timedelta(minutes=31), -timedelta(seconds=1)):
        read = {"instant": world.now - off, "read_at": world.now - off, "source": "a watch"}
        refused("V5", world, joint(world, log.ClockAttested, "dan", "ada", **{**clock, **read}))


SESSION: Final = {
    "purpose": Purpose.TASK_SESSION, "account": MEMBER, "code_to": "", "device": "", "task_policy": POLICY, "role": ROLE
}  # fmt: skip
SEALING: Final = {"purpose": Purpose.ENROLMENT, "code_to": "", "device": "second"}
REQUESTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "a window that is over": ("F3", {"start": timedelta(minutes=-40), "until": timedelta(minutes=-1)}),
    "a window after the request has expired": ("F3", {"start": timedelta(hours=3), "until": timedelta(hours=3.5)}),
    "a window that ends before it begins": ("F3", {"until": timedelta(minutes=-1)}),
    "nobody receives anything": ("F3", {"code_to": "", "device": ""}),
    "a device and no recipient of codes": ("F3", {"code_to": "", "password_to": "pia"}),
    "no reason": ("F3", {"reason": ""}),
    "no task": ("F3", {"task": ""}),
    "no phrase": ("F3", {"phrase_digest": ""}),
    "a password of an account without one": ("F2", {"password_to": "pia"}),
    "a task session of the management account": ("F5", SESSION | {"account": ACCOUNT}),
    "a task session for no task": ("F3", SESSION | {"task_policy": ""}),
    "a role nobody named": ("F3", SESSION | {"role": "arn:aws:iam::000011112222:role/other"}),
    "an enrolment of a device there is not": ("F2", SEALING | {"device": "third"}),
    "an enrolment of a device in a drawer": ("F2", SEALING | {"device": "drawer"}),
    "an export of what is not held": ("F2", SEALING | {"purpose": Purpose.EXPORT, "device": "second"}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_makes_sense(name: str) -> None:
    step, changed = REQUESTS[name]
    world = World()
    if name == "a password of an account without one":
        del world.state.accounts[ACCOUNT].records[""]
    fields = {field: world.now + value if isinstance(value, timedelta) else value for field, value in changed.items()}
    check(world.state, signed(world, log.RequestFiled, "rita", request=world.request("new", "rita")))
    refused(step, world, signed(world, log.RequestFiled, "rita", request=world.request("new", "rita", **fields)))


EVIDENCE: Final[dict[str, dict[str, Any]]] = {
    "without a digest": {"evidence": ""},
    "from tomorrow": {"observed_at": timedelta(days=1)},
    "older than a root event": {"last_root_event": timedelta(hours=1)},
    "without a report": {"report": " "},
}


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_is_looked_at_whole(name: str) -> None:
    """D1."""
    world = SITUATIONS["duties"]()
    fields = {
        field: world.now + value if isinstance(value, timedelta) else value for field, value in EVIDENCE[name].items()
    }
    refused("D1", world, signed(world, log.CheckedIn, "dan", **world.check_in_fields("lease") | fields))


def test_older_evidence_does_not_take_the_place_of_newer() -> None:
    """D1."""
    world = SITUATIONS["duties"]()
    world.wait(minutes=1)
    older = world.check_in_fields("lease")
    world.check_in("lease")
    refused("D1", world, signed(world, log.CheckedIn, "dan", **older))


ACCEPTED: Final[dict[str, tuple[dict[str, Any], tuple[str, str]]]] = {
    "without words": ({"reason": " "}, ("ada", "anna")),
    "a duty that is met": ({"duty": "phone"}, ("ada", "anna")),
    "by who was there": ({}, ("ada", "rita")),
    "a duty there is not": ({"duty": "tidiness"}, ("ada", "anna")),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_difference_is_accepted_by_two_who_were_not_there_in_words(name: str) -> None:
    """D3."""
    changed, (one, other) = ACCEPTED[name]
    world = SITUATIONS["one-differs"]()
    fields = {"lease": "lease", "duty": "mail", "evidence": DIGEST, "reason": "ours"} | changed
    refused("D3", world, joint(world, log.DutyAccepted, one, other, **fields))


def test_unknown_is_not_accepted() -> None:
    """D3: could not look is no difference to live with."""
    world = SITUATIONS["one-is-unknown"]()
    refused("D3", world, WELL_MADE["duty-accepted/approver"](world, "anna"))


RECORDS: Final[dict[str, dict[str, Any]]] = {
    "another account": {"account": "111122223333"},
    "a group there is not": {"group": "none"},
    "an epoch there is not": {"epoch": 2},
    "a version left out": {"version": 2},
    "no digest": {"digest": "ab"},
    "a group of another kind": {"group": "passwords"},
    "a password in the place of a seed": {"holds": "root-password"},
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_sealed_where_it_belongs(name: str) -> None:
    """N1."""
    world = SITUATIONS["enrolment"]()
    good = WELL_MADE["record-sealed"](world, "rita")
    assert isinstance(good, log.RecordSealed)
    bare = {field: getattr(good, field) for field in good.__struct_fields__} | RECORDS[name]
    fields = {field: bare[field] for field in bare if field not in {"at", "actor", "nonce", "authenticator"}}
    refused("N1", world, signed(world, log.RecordSealed, "rita", **fields))


OPENINGS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "no fingerprint": ("O1", {"fingerprint": ""}),
    "no purpose": ("O1", {"purpose": "curiosity"}),
    "a name there was": ("O1", {"opening": "opening"}),
    "a group there is not": ("O2", {"group": "none"}),
}


@pytest.mark.parametrize("name", OPENINGS)
def test_an_opening_says_what_it_is_for(name: str) -> None:
    step, changed = OPENINGS[name]
    world = SITUATIONS["opening"]()
    refused(step, world, msgspec.structs.replace(WELL_MADE["opening-begun/lease"](world, "system"), **changed))


def test_an_opening_ends_as_it_may() -> None:
    world = SITUATIONS["opening-with-enough"]()
    refused("O1", world, plain(world, log.OpeningEnded, "system", opening="opening", outcome="forgotten"))
    world.wait(minutes=59)
    check(world.state, WELL_MADE["opening-ended/opened"](world, "system"))
    world.wait(minutes=2)
    with pytest.raises(Exception, match=r"O4|O1"):
        check(world.state, WELL_MADE["opening-ended/opened"](world, "system"))


def test_a_lease_that_ends_says_how() -> None:
    world = SITUATIONS["open-lease"]()
    refused("R1", world, plain(world, log.LeaseEnded, "rita", lease="lease", why="boredom"))


def test_a_checkout_says_what_is() -> None:
    world = SITUATIONS["open-lease"]()
    good = WELL_MADE["checkout-published"](world, "system")
    check(world.state, good)
    refused("R1", world, msgspec.structs.replace(good, task="other"))


def test_a_suspended_person_is_not_suspended_and_two_administrators_stay() -> None:
    world = World(founded_only=True)
    world.say(log.LeaverSuspended, person="uma", reason="left")
    refused("C4", world, plain(world, log.LeaverSuspended, "system", person="uma", reason="left"))
    refused("G6", world, plain(world, log.LeaverSuspended, "system", person="nobody", reason="left"))
    world.say(log.LeaverSuspended, person="ida", reason="left")
    refused("C4", world, plain(world, log.LeaverSuspended, "system", person="ben", reason="left"))
    ben = msgspec.structs.replace(world.players["ben"].person, roles=())
    refused("C4", world, propose(world, changes.SetPerson(person=ben)))
    key = world.players["ben"].key.id
    refused("C4", world, propose(world, changes.RevokeKey(person="ben", key=key, reason="old")))
    refused("C4", world, propose(world, changes.RestorePerson(person="rita", reason="x")))
    refused("C5", world, propose(world, changes.RevokeKey(person="ben", key="none", reason="old")))


def test_a_weak_key_is_not_offered_and_nobody_offers_for_another() -> None:
    world = World(founded_only=True)
    offered = WELL_MADE["key-offered"](world, "uma")
    assert isinstance(offered, log.KeyOffered)
    player = Player(world.players["uma"].person, Passkey())
    odd: PublicKey = msgspec.structs.replace(player.key, origins=("http://elsewhere.example",))
    with pytest.raises(Exception, match=r"G5|C5"):
        check(world.state, player.sign(msgspec.structs.replace(offered, key=odd), world.state))
    other = msgspec.structs.replace(offered, key=player.key, person="rita")
    refused("C5", world, player.sign(other, world.state))


def test_a_second_export_and_a_fourth_session_do_not_leave() -> None:
    """R6."""
    refused("R6", (world := SITUATIONS["exported"]()), WELL_MADE["export-released"](world, "rita"))
    world = SITUATIONS["task-session"]()
    for _ in range(3):
        world.add(WELL_MADE["task-session-released"](world, "rita"))
    refused("R6", world, WELL_MADE["task-session-released"](world, "rita"))
    world = SITUATIONS["export"]()
    refused("R3", world, signed(world, log.ExportReleased, "rita", lease="lease", digest="ab"))


@pytest.mark.parametrize(
    ("device", "purpose", "void"),
    [(DEVICE, Purpose.EXPORT, True), ("", Purpose.EXPORT, False), (DEVICE, Purpose.VISIT, False)],
    ids=["seeds", "password", "no-export"],
)
def test_a_seed_sealed_since_voids_an_export_that_approvers_agreed_to(
    device: str, purpose: Purpose, void: bool
) -> None:
    """L2: an export holds every seed there is, so what was approved is a list; a digest and a head stand for it."""
    world = World()
    code_to = "rita" if purpose is Purpose.VISIT else ""
    world.granted("late", purpose=purpose, code_to=code_to, device=device, overrides_duties=True)
    world.granted("enrolling", purpose=Purpose.ENROLMENT, code_to="", device="second")
    world.open("enrolling", "lease")
    fields = {"account": ACCOUNT, "holds": "totp-seed", "device": "second", "group": GROUP, "epoch": 1, "version": 1}
    world.say(log.RecordSealed, "rita", **fields, fingerprint="12", digest=DIGEST, lease="lease")
    ended(world)
    stage = world.state.stage_of(world.state.requests["late"], world.now)
    assert stage is (Stage.VOID if void else Stage.FILED)
    if void:
        until = world.state.requests["late"].request.until
        fields = {"lease": "late", "request": "late", "until": until, "fence": world.state.size}
        refused("L2", world, plain(world, log.LeaseOpened, "rita", **fields))
    else:
        world.open("late", "late")


def test_enrolment_codes_keep_to_the_clock() -> None:
    """R4, R5."""
    world = SITUATIONS["enrolment-sealed"]()
    now = world.step_now()
    for step in (now - 3, now + 3):
        refused("R5", world, signed(world, log.EnrolmentServed, "rita", lease="lease", device="second", step=step))
    world.state.last_steps[ACCOUNT, "second"] = (now, "before")
    refused("R4", world, signed(world, log.EnrolmentServed, "rita", lease="lease", device="second", step=now))


def test_an_epoch_of_custody_has_an_envelope() -> None:
    world = SITUATIONS["next-custody-opened"]()
    good = WELL_MADE["epoch-sealed"](world, "system")
    refused("O2", world, msgspec.structs.replace(good, digest="ab"))
    assert isinstance(good, log.EpochSealed)
    short = tuple(msgspec.structs.replace(one, digest="ab") for one in good.records)
    refused("O2", world, msgspec.structs.replace(good, records=short))
    world.add(good)
    refused("O2", world, good)
    assert world.state.groups[GROUP].before is None


def test_an_epoch_is_sealed_once_with_the_keys_of_its_accounts() -> None:
    world = SITUATIONS["next-custody-opened"]()
    good = WELL_MADE["epoch-sealed"](world, "system")
    foreign = (log.WrappedKey(account=MEMBER, digest=DIGEST),)
    refused("O2", world, msgspec.structs.replace(good, account_keys=foreign))
    empty = msgspec.structs.replace(next_group(), id="empty", accounts=(MEMBER,), epoch=1)
    world.change(changes.SetGroup(group=empty))
    first = plain(world, log.EpochSealed, "system", group="empty", epoch=1, digest=DIGEST)
    world.add(first)
    refused("O2", world, first)


def test_a_password_leaves_a_visit_and_nothing_else() -> None:
    """R1, R3: what filing forbids is forbidden here again, by a state no entry leads to."""
    world = SITUATIONS["open-lease"]()
    lease = world.state.leases["lease"]
    check(world.state, WELL_MADE["password-released"](world, "pia"))
    lease.request = msgspec.structs.replace(lease.request, purpose=Purpose.EXPORT)
    refused("R1", world, WELL_MADE["password-released"](world, "pia"))
    lease.request = msgspec.structs.replace(lease.request, purpose=Purpose.VISIT)
    del world.state.accounts[ACCOUNT].records[""]
    refused("R3", world, WELL_MADE["password-released"](world, "pia"))


def test_nobody_has_a_role_twice() -> None:
    world = World(founded_only=True)
    person = msgspec.structs.replace(world.players["uma"].person, roles=(Role.APPROVER, Role.APPROVER))
    refused("C4", world, propose(world, changes.SetPerson(person=person)))


def test_a_checkpoint_key_is_ed25519_and_nobody_has_nine_keys() -> None:
    """C5, C7."""
    world = World(founded_only=True)
    curve = generate_private_key(SECP256R1()).public_key()
    pem = curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    refused("C7", world, propose(world, changes.SetCheckpointKey(key=pem, reason="x")))
    player = Player(world.players["uma"].person, Passkey())
    offered = WELL_MADE["key-offered"](world, "uma")
    assert isinstance(offered, log.KeyOffered)
    world.add(player.sign(msgspec.structs.replace(offered, key=player.key), world.state))
    check(world.state, propose(world, changes.AdmitKey(person="uma", key=player.key.id)))
    held = next(iter(world.state.people["uma"].keys.values()))
    full = {f"key-{number}": held for number in range(8)}
    world.state.people["uma"] = msgspec.structs.replace(world.state.people["uma"], keys=full)
    refused("C5", world, propose(world, changes.AdmitKey(person="uma", key=player.key.id)))
