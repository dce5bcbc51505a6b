"""Situations a log can be in, each played from the beginning."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from tests.breakglass.core.world import PASSWORDS, World, ended, next_group, spare

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.change import change_digest
from rootwarden.breakglass.core.duty import Shown
from rootwarden.breakglass.core.people import Person, Role
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.rehearsal.cast import Player
from rootwarden.breakglass.rehearsal.play import ACCOUNT, DEVICE, DIGEST, GROUP

if TYPE_CHECKING:
    from collections.abc import Callable


def waiver(world: World) -> changes.Waive:
    """A change that is always possible."""
    return changes.Waive(waiver="placement:rack", reason="for now", until=world.now + timedelta(days=30))


def founded() -> World:
    return World(founded_only=True)


def guarded() -> World:
    return World()


def proposed() -> World:
    world = World()
    world.say(log.ChangeProposed, "ada", proposal="proposal", change=waiver(world))
    return world


def proposal_is_old() -> World:
    world = proposed()
    world.wait(hours=25)
    return world


def filed(**fields: Any) -> World:
    world = World()
    world.visit(**fields)
    return world


def approved_once() -> World:
    world = filed()
    world.approve("request", "anna")
    return world


def approved(**fields: Any) -> World:
    world = filed(**fields)
    world.approve("request", "anna")
    world.approve("request", "omar")
    return world


def before_the_window() -> World:
    world = World()
    start = world.now + timedelta(minutes=30)
    world.visit(start=start, until=start + timedelta(minutes=30))
    world.approve("request", "anna")
    world.approve("request", "omar")
    return world


def denied() -> World:
    world = approved_once()
    world.say(log.RequestDenied, "omar", request="request", reason="not tonight")
    return world


def withdrawn() -> World:
    world = approved_once()
    world.say(log.RequestWithdrawn, "rita", request="request")
    return world


def reported() -> World:
    world = approved_once()
    world.say(log.RequestReported, "omar", request="request", reason="nobody called me")
    return world


def expired() -> World:
    world = approved()
    world.wait(minutes=61)
    return world


def expiry_is_recorded() -> World:
    world = expired()
    world.say(log.RequestExpired, request="request")
    return world


def void() -> World:
    world = approved()
    world.change(changes.SetSettings(settings=world.state.settings))
    return world


def approver_is_suspended() -> World:
    world = approved()
    world.say(log.PersonSuspended, "ada", person="omar", reason="his key is lost")
    return world


def open_lease() -> World:
    world = approved()
    world.open()
    return world


def codes_are_spent() -> World:
    world = open_lease()
    for _ in range(3):
        world.say(log.CodeReleased, "rita", lease="lease", device=DEVICE, step=world.step_now())
        world.wait(minutes=1)
    world.say(log.PasswordReleased, "pia", lease="lease")
    return world


def window_is_over() -> World:
    world = open_lease()
    world.wait(minutes=61)
    return world


def requester_is_frozen() -> World:
    world = open_lease()
    world.visit("another")
    world.say(log.RequestReported, "dan", request="another", reason="what is this")
    return world


def recipient_is_suspended() -> World:
    world = open_lease()
    world.say(log.PersonSuspended, "ada", person="pia", reason="she is ill")
    return world


def duties() -> World:
    world = open_lease()
    ended(world)
    world.wait(minutes=1)
    return world


def all_is_met() -> World:
    world = duties()
    world.check_in("lease")
    return world


def one_differs() -> World:
    world = duties()
    world.check_in("lease", mail=Shown.DIFFERS)
    return world


def one_is_accepted() -> World:
    world = one_differs()
    fields = {"lease": "lease", "duty": "mail", "evidence": DIGEST, "reason": "the new address is ours"}
    world.together(log.DutyAccepted, "ada", "anna", **fields)
    return world


def one_is_unknown() -> World:
    world = duties()
    world.check_in("lease", mail=Shown.UNKNOWN)
    return world


def closed() -> World:
    world = all_is_met()
    world.say(log.LeaseClosed, lease="lease")
    return world


def owing(**fields: Any) -> World:
    """The next request meets duties of the last lease."""
    world = open_lease()
    ended(world)
    world.visit("next", **fields)
    for approver in ("anna", "omar"):
        world.approve("next", approver)
    return world


def owing_and_overridden() -> World:
    return owing(overrides_duties=True)


def emergency(*, told: bool = True) -> World:
    world = filed(emergency=True)
    if told:
        world.say(log.NoticeRecorded, request="request", person="anna", channel="mail", delivered=True)
    world.approve("request", "ben")
    return world


def emergency_after_the_veto() -> World:
    world = emergency()
    world.wait(minutes=16)
    return world


def emergency_nobody_was_told_of() -> World:
    world = emergency(told=False)
    world.say(log.NoticeRecorded, request="request", person="rita", channel="mail", delivered=True)
    world.wait(minutes=16)
    return world


def emergency_with_a_custodian() -> World:
    world = emergency_nobody_was_told_of()
    world.approve("request", "carl")
    return world


def enrolment() -> World:
    world = World()
    world.granted("enrolling", "rita", purpose=Purpose.ENROLMENT, code_to="", device="second")
    world.open("enrolling", "lease", "rita")
    return world


def enrolment_sealed() -> World:
    world = enrolment()
    fields = {"account": ACCOUNT, "holds": "totp-seed", "device": "second", "group": GROUP, "epoch": 1, "version": 1}
    world.say(log.RecordSealed, "rita", **fields, fingerprint="12", digest=DIGEST, lease="lease")
    return world


def enrolment_served() -> World:
    world = enrolment_sealed()
    world.say(log.EnrolmentServed, "rita", lease="lease", device="second", step=world.step_now())
    world.wait(minutes=2)
    return world


def enrolment_proven() -> World:
    world = enrolment_served()
    fields = {"lease": "lease", "device": "second", "evidence": "signed in", "source_destroyed": True}
    world.say(log.EnrolmentProven, "rita", **fields)
    return world


def opening() -> World:
    world = open_lease()
    fields: dict[str, Any] = {
        "group": GROUP,
        "epoch": 1,
        "purpose": "lease",
        "reference": "lease",
        "fingerprint": "ab cd",
    }
    world.say(log.OpeningBegun, opening="opening", **fields)
    return world


def opening_with_a_share() -> World:
    world = opening()
    world.say(log.ShareGiven, "carl", opening="opening", fingerprint="ab cd", digest=DIGEST)
    return world


def opening_with_enough() -> World:
    world = opening_with_a_share()
    world.say(log.ShareGiven, "cleo", opening="opening", fingerprint="ab cd", digest=DIGEST)
    return world


def opened() -> World:
    world = opening_with_enough()
    world.say(log.OpeningEnded, opening="opening", outcome="opened")
    return world


def custodian_is_suspended() -> World:
    world = opening_with_enough()
    world.say(log.PersonSuspended, "ada", person="carl", reason="he left")
    return world


def opening_is_old() -> World:
    world = World()
    until = world.now + timedelta(minutes=60)
    world.visit(start=until - timedelta(minutes=60), until=until)
    world.approve("request", "anna")
    world.approve("request", "omar")
    world.open()
    fields: dict[str, Any] = {
        "group": GROUP,
        "epoch": 1,
        "purpose": "lease",
        "reference": "lease",
        "fingerprint": "ab cd",
    }
    world.say(log.OpeningBegun, opening="opening", **fields)
    world.wait(minutes=60)
    return world


def next_custody() -> World:
    world = World()
    world.change(changes.SetGroup(group=next_group()))
    return world


def next_custody_opened() -> World:
    world = next_custody()
    fields: dict[str, Any] = {
        "group": GROUP,
        "epoch": 1,
        "purpose": "rewrap",
        "reference": GROUP,
        "fingerprint": "ab cd",
    }
    world.say(log.OpeningBegun, opening="opening", **fields)
    for name in ("carl", "cora"):
        world.say(log.ShareGiven, name, opening="opening", fingerprint="ab cd", digest=DIGEST)
    world.say(log.OpeningEnded, opening="opening", outcome="opened")
    return world


def password_opening() -> World:
    world = open_lease()
    fields: dict[str, Any] = {
        "group": PASSWORDS,
        "epoch": 1,
        "purpose": "lease",
        "reference": "lease",
        "fingerprint": "ab cd",
    }
    world.say(log.OpeningBegun, opening="opening", **fields)
    return world


def task_session() -> World:
    world = World()
    world.task_session()
    world.open()
    return world


def export() -> World:
    world = World()
    world.granted(purpose=Purpose.EXPORT, code_to="")
    world.open()
    return world


def exported() -> World:
    world = export()
    world.say(log.ExportReleased, "rita", lease="lease", digest=DIGEST)
    return world


def drill() -> World:
    world = World()
    sent = hashlib.sha256(b"lusab").hexdigest()
    world.say(log.DrillBegun, "dan", drill="drill", account=ACCOUNT, drill_kind="mail", nonce_digest=sent)
    return world


def drill_is_done() -> World:
    world = drill()
    fields = {"drill": "drill", "account": ACCOUNT, "drill_kind": "mail", "due": world.now, "outcome": "failed"}
    world.say(log.DrillDone, "dan", **fields, evidence="it did not come")
    return world


def epoch_begun() -> World:
    world = opening_with_enough()
    world.visit("another")
    world.say(log.ChangeProposed, "ada", proposal="proposal", change=waiver(world))
    seen = {"head_size": world.state.size, "head_root": world.state.tree.root.hex()}
    world.together(log.EpochBegun, "ada", "ben", "carl", epoch=2, reason="restored", **seen)
    return world


def unsettled() -> World:
    """`nils` is an approver, and his key was admitted, a moment ago."""
    world = World()
    nils = Player(Person(id="nils", name="Nils", roles=(Role.APPROVER,), groups=("operations",)))
    world.change(changes.SetPerson(person=nils.person))
    _offer(world, nils)
    world.change(changes.AdmitKey(person="nils", key=nils.key.id))
    world.players["nils"] = nils
    world.visit()
    return world


def settled() -> World:
    world = unsettled()
    world.say(log.RequestWithdrawn, "rita", request="request")
    world.wait(minutes=61)
    world.visit("request-2")
    return world


def key_is_revoked() -> World:
    """The key `omar` approved with is taken from him."""
    world = approved()
    world.change(changes.RevokeKey(person="omar", key=world.players["omar"].key.id, reason="lost"))
    return world


def _offer(world: World, player: Player) -> None:
    entry = log.KeyOffered(
        at=world.now,
        actor=player.id,
        nonce=world.nonce(),
        person=player.id,
        key=player.key,
        authenticator=spare("nobody").answer(b""),
    )
    world.add(player.sign(entry, world.state))


def seconded() -> World:
    world = proposed()
    change = world.state.proposals["proposal"].change
    world.say(log.ChangeSeconded, "ben", proposal="proposal", digest=change_digest("proposal", change))
    return world


SITUATIONS: Final[dict[str, Callable[[], World]]] = {
    one.__name__.replace("_", "-"): one
    for one in (
        founded,
        guarded,
        proposed,
        proposal_is_old,
        seconded,
        filed,
        approved_once,
        approved,
        before_the_window,
        denied,
        withdrawn,
        reported,
        expired,
        expiry_is_recorded,
        void,
        approver_is_suspended,
        key_is_revoked,
        unsettled,
        settled,
        open_lease,
        codes_are_spent,
        window_is_over,
        requester_is_frozen,
        recipient_is_suspended,
        duties,
        all_is_met,
        one_differs,
        one_is_accepted,
        one_is_unknown,
        closed,
        owing,
        owing_and_overridden,
        emergency,
        emergency_after_the_veto,
        emergency_nobody_was_told_of,
        emergency_with_a_custodian,
        enrolment,
        enrolment_sealed,
        enrolment_served,
        enrolment_proven,
        opening,
        opening_with_a_share,
        opening_with_enough,
        opened,
        custodian_is_suspended,
        opening_is_old,
        password_opening,
        next_custody,
        next_custody_opened,
        task_session,
        export,
        exported,
        drill,
        drill_is_done,
        epoch_begun,
    )
}
