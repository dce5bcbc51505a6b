"""Makes `vectors/log.json`: a whole log, and entries that have to be refused after a part of it, each for one reason.

`PYTHONPATH=src python -m tests.breakglass.core.make_vectors` writes it, the same each time: no key or nonce is drawn.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from tests.breakglass.core.vector_beginnings import form, founding
from tests.breakglass.core.vector_maker import Maker
from tests.breakglass.core.wellmade import plain, signed
from tests.breakglass.core.world import PASSWORDS, next_group

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.duty import Shown
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.rehearsal.cast import UNSIGNED, Player
from rootwarden.breakglass.rehearsal.play import ACCOUNT, CHECKPOINT, DEVICE, DIGEST, GROUP, MEMBER, ROLE
from rootwarden.transparency.head import sign_head

if TYPE_CHECKING:
    from rootwarden.breakglass.core.settings import Settings

FILE: Final = Path(__file__).parent / "vectors" / "log.json"
SCHEMA: Final = "rootwarden.breakglass.vectors/1"


def governing(maker: Maker) -> None:
    world = maker.world
    person = world.players["dan"].person
    maker.no(
        "C4",
        "an auditor who is a requester",
        maker.change(changes.SetPerson(person=msgspec.structs.replace(person, roles=("auditor", "requester")))),
    )
    maker.no(
        "C4",
        "an alias that is somebody else, in full-width letters",
        maker.change(changes.SetPerson(person=msgspec.structs.replace(person, aliases=("\uff21\uff24\uff21",)))),
    )
    maker.no("C5", "a key nobody offered", maker.change(changes.AdmitKey(person="dan", key="x")))
    settings: Settings = world.state.settings
    quorum = settings.quorums["default"]
    maker.no(
        "C7",
        "a window of thirteen hours",
        maker.change(
            changes.SetSettings(
                settings=msgspec.structs.replace(
                    settings, quorums={"default": msgspec.structs.replace(quorum, window_minutes=13 * 60)}
                )
            )
        ),
    )
    maker.no(
        "C7",
        "a waiver for two years",
        maker.change(changes.Waive(waiver="placement:rack", reason="for now", until=world.now + timedelta(days=730))),
    )
    change = changes.Waive(waiver="placement:rack", reason="for now", until=world.now + timedelta(days=30))
    world.say(log.ChangeProposed, "ada", proposal="proposal", change=change)
    maker.no(
        "C1",
        "a name a proposal had before",
        signed(world, log.ChangeProposed, "ben", proposal="proposal", change=change),
    )
    maker.no("C2", "seconded by who proposed", maker.made("change-seconded", "ada"))
    maker.no("C2", "seconded for another digest", maker.made("change-seconded", "ben", digest="00" * 32))
    world.wait(hours=24)
    maker.no("C3", "seconded a day later", maker.made("change-seconded", "ben"))
    world.change(changes.SetPerson(person=person))
    rita = Player(world.players["rita"].person)
    offered = log.KeyOffered(
        at=world.now, actor="rita", nonce=world.nonce(), person="rita", key=rita.key, authenticator=UNSIGNED
    )
    world.add(rita.sign(offered, world.state))
    world.change(changes.AdmitKey(person="rita", key=rita.key.id))
    world.furnish()
    maker.no(
        "C6",
        "a quorum that cannot be met",
        maker.change(
            changes.SetSettings(
                settings=msgspec.structs.replace(
                    settings, quorums={"default": msgspec.structs.replace(quorum, slots=quorum.slots * 3)}
                )
            )
        ),
    )
    taken = log.KeyOffered(
        at=world.now, actor="uma", nonce=world.nonce(), person="uma", key=rita.key, authenticator=UNSIGNED
    )
    maker.no("C5", "a key of somebody else", rita.sign(taken, world.state))


def filing(maker: Maker) -> None:
    maker.no(
        "F1",
        "filed for somebody else",
        signed(maker.world, log.RequestFiled, "uma", request=maker.world.request("new", "rita")),
    )
    maker.no("F2", "an account nobody guards", maker.request(account="222233334444"))
    maker.no("F2", "a device that is not proven", maker.request(device="second"))
    maker.no("F3", "no ticket", maker.request(ticket=" "))
    maker.no("F3", "the task `other` without words", maker.request(task="other"))
    maker.no("F3", "a window of two hours", maker.request(until=maker.world.now + timedelta(hours=2)))
    maker.no("F3", "a salt that is no Base64", maker.request(phrase_salt="!!!"))
    maker.no(
        "F3",
        "a password asked for beside a task session",
        maker.request(
            purpose=Purpose.TASK_SESSION,
            account=MEMBER,
            code_to="",
            device="",
            password_to="pia",
            task_policy="IAMAuditRootUserCredentials",
            role=ROLE,
        ),
    )
    maker.no("F3", "the whole internet as a source", maker.request(sources=("0.0.0.0/0",)))
    maker.no("F4", "a code for an approver", maker.request(code_to="anna"))
    maker.no("F4", "code and password for one person", maker.request(password_to="rita"))
    maker.no("F5", "root of a member that needs none", maker.request(account=MEMBER))
    maker.no("F6", "an emergency of somebody who is not on the list", maker.request(requester="uma", emergency=True))
    maker.no("F7", "an export as an emergency", maker.request(purpose=Purpose.EXPORT, code_to="", emergency=True))


def approving(maker: Maker) -> None:
    world = maker.world
    world.visit()
    good = world.approval("request")
    early = log.from_bytes(world.entries[-2])
    assert early is not None
    maker.no("A2", "the requester approves", signed(world, log.ApprovalGiven, "rob", **good))
    maker.no("A3", "a custodian approves what is no emergency", signed(world, log.ApprovalGiven, "carl", **good))
    maker.no("A4", "for another request", signed(world, log.ApprovalGiven, "anna", **good | {"digest": "00" * 32}))
    maker.no(
        "A5", "having seen another log", signed(world, log.ApprovalGiven, "anna", **good | {"head_root": "00" * 32})
    )
    size = world.state.size - 1
    root = world.state.tree.root_at(size)
    before = {"head_size": size, "head_root": root.hex() if root else ""}
    maker.no("A5", "having seen the log before the request", signed(world, log.ApprovalGiven, "anna", **good | before))
    maker.no("A6", "another phrase", signed(world, log.ApprovalGiven, "anna", **good | {"phrase": "babab-babab"}))
    world.approve("request", "anna")
    maker.no("A7", "a second time", signed(world, log.ApprovalGiven, "anna", **world.approval("request")))
    maker.no("L1", "a slot of the quorum is empty", maker.made("lease-opened", "rita"))
    world.approve("request", "omar")
    maker.no(
        "L2",
        "a lease that is longer than its window",
        maker.made("lease-opened", "rita", until=world.now + timedelta(hours=3)),
    )
    maker.no("L3", "the log moved on", maker.made("lease-opened", "rita", fence=world.state.size - 1))
    world.open()
    maker.no(
        "A1", "an approval of what is served", signed(world, log.ApprovalGiven, "sven", **world.approval("request"))
    )


def releasing(maker: Maker) -> None:
    world = maker.world
    fields: dict[str, Any] = {"lease": "lease", "device": DEVICE, "step": world.step_now()}
    hardware = Player(world.players["rita"].person)
    maker.no("R2", "a code for who gets the password", signed(world, log.CodeReleased, "pia", **fields))
    maker.no("R3", "another device", signed(world, log.CodeReleased, "rita", **fields | {"device": "second"}))
    maker.no(
        "R5",
        "a step of an hour ahead",
        signed(world, log.CodeReleased, "rita", **fields | {"step": world.step_now() + 120}),
    )
    maker.no(
        "R7",
        "a hardware key where a passkey is asked for",
        hardware.sign(
            log.CodeReleased(at=world.now, actor="rita", nonce=world.nonce(), authenticator=UNSIGNED, **fields),
            world.state,
        ),
    )
    maker.no(
        "O1",
        "an opening for a lease that is over",
        maker.made("opening-begun/lease", log.SYSTEM, reference="enrolment"),
    )
    maker.no("O2", "an epoch there is not", maker.made("opening-begun/lease", log.SYSTEM, epoch=2))
    begun: dict[str, Any] = {
        "group": GROUP,
        "epoch": 1,
        "purpose": "lease",
        "reference": "lease",
        "fingerprint": "ab cd",
    }
    world.say(log.OpeningBegun, opening="opening", **begun)
    maker.no("O1", "the fingerprint of another opening", maker.made("share-given", "carl", fingerprint="00 00"))
    maker.no("O2", "a custodian of another group", maker.made("share-given", "kim"))
    world.say(log.ShareGiven, "carl", opening="opening", fingerprint="ab cd", digest=DIGEST)
    maker.no("O3", "a share a second time", maker.made("share-given", "carl"))
    maker.no("O1", "opened by one of two", maker.made("opening-ended/opened", log.SYSTEM))
    refused = {"opening": "opening", "reason": "it was lost"}
    maker.no(
        "O3", "a share nobody gave is refused", plain(world, log.ShareRefused, log.SYSTEM, custodian="cleo", **refused)
    )
    world.say(log.ShareRefused, custodian="carl", **refused)
    world.say(log.ShareGiven, "carl", opening="opening", fingerprint="ab cd", digest=DIGEST)
    maker.no("O5", "custodians who are at work are asked again", maker.made("opening-begun/lease", "rita"))
    maker.no("G6", "somebody asks again for another's lease", maker.made("opening-begun/lease", "uma"))
    world.say(log.ShareGiven, "cleo", opening="opening", fingerprint="ab cd", digest=DIGEST)
    world.say(log.OpeningEnded, opening="opening", outcome="opened")
    world.say(log.CodeReleased, "rita", **fields)
    maker.no("R4", "the same step again", signed(world, log.CodeReleased, "rita", **fields))
    passkey = world.players["rita"].passkey
    assert passkey is not None
    now, passkey.counter = passkey.counter, 0
    world.wait(minutes=1)
    maker.no(
        "G5",
        "a passkey whose counter went back",
        signed(world, log.CodeReleased, "rita", **fields | {"step": world.step_now()}),
    )
    passkey.counter = now
    for _ in range(2):
        world.say(log.CodeReleased, "rita", **fields | {"step": world.step_now()})
        world.wait(minutes=1)
    maker.no(
        "O5", "custodians are asked again for a lease that had its codes", maker.made("opening-begun/lease", "rita")
    )
    maker.no("R6", "a fourth code", signed(world, log.CodeReleased, "rita", **fields | {"step": world.step_now()}))
    world.say(log.PasswordReleased, "pia", lease="lease")
    maker.no("R6", "the password a second time", maker.made("password-released", "pia"))
    again: dict[str, Any] = {
        "opening": "late",
        "group": PASSWORDS,
        "epoch": 1,
        "purpose": "lease",
        "reference": "lease",
    }
    world.say(log.OpeningBegun, fingerprint="12", **again)
    world.say(log.LeaseEnded, "rita", lease="lease", why="returned")
    maker.no(
        "R1", "a code after the lease", signed(world, log.CodeReleased, "rita", **fields | {"step": world.step_now()})
    )
    world.wait(minutes=61)
    maker.no(
        "O4",
        "a share for an opening of an hour ago",
        maker.made("share-given", "kim", opening="late", fingerprint="12"),
    )


def returning(maker: Maker) -> None:
    world = maker.world
    world.visit("next")
    world.approve("next", "anna")
    world.approve("next", "omar")
    maker.no("L4", "duties of the last lease are open", maker.made("lease-opened/next", "rita"))
    maker.no(
        "D1",
        "evidence from before the end",
        maker.made("checked-in", "dan", observed_at=world.state.leases["lease"].opened),
    )
    maker.no("D1", "a duty is passed over", maker.made("checked-in", "dan", findings=world.findings("lease")[1:]))
    maker.no("D2", "who was there checks in", maker.made("checked-in", "pia"))
    world.check_in("lease", mail=Shown.DIFFERS)
    maker.no(
        "D3",
        "two approvers accept a difference",
        maker.joint(log.DutyAccepted, "anna", "omar", lease="lease", duty="mail", evidence=DIGEST, reason="known"),
    )
    maker.no("D1", "closed with a duty open", maker.made("lease-closed", log.SYSTEM))
    fields = {"lease": "lease", "duty": "mail", "evidence": DIGEST, "reason": "the new address is ours"}
    world.together(log.DutyAccepted, "ada", "anna", **fields)
    world.say(log.LeaseClosed, lease="lease")
    world.say(log.RequestReported, "omar", request="next", reason="nobody called me")
    maker.no("F1", "the frozen requester files", maker.request())
    world.change(changes.RestorePerson(person="rita", reason="it was she"))


def enrolling(maker: Maker) -> None:
    world = maker.world
    world.granted("enrolling", "rita", purpose=Purpose.ENROLMENT, code_to="", device="second")
    world.open("enrolling", "enrolment-2", "rita")
    here = {"lease": "enrolment-2"}
    maker.no(
        "N1", "another device than was agreed to", maker.made("record-sealed", "rita", device=DEVICE, version=2, **here)
    )
    maker.no("N2", "codes of what is not sealed", maker.made("enrolment-served", "rita", **here))
    world.add(maker.made("record-sealed", "rita", **here))
    maker.no("N3", "proven without codes", maker.made("enrolment-proven", "rita", **here))
    world.add(maker.made("enrolment-served", "rita", **here))
    maker.no("N2", "codes a second time", maker.made("enrolment-served", "rita", **here))
    world.wait(minutes=2)
    world.add(maker.made("enrolment-proven", "rita", **here))
    world.say(log.LeaseEnded, "rita", lease="enrolment-2", why="returned")
    world.settle("enrolment-2")


def sessions(maker: Maker) -> None:
    world = maker.world
    world.task_session("session")
    world.open("session", "session", "rita")
    fields = {"lease": "session", "task_policy": "IAMAuditRootUserCredentials", "role": ROLE, "seconds": 900}
    for step, why, changed in (
        ("T1", "a task session of another lease", {"lease": "lease"}),
        ("T2", "another task policy", {"task_policy": "IAMDeleteRootUserCredentials"}),
        ("T3", "a session of an hour", {"seconds": 3600}),
    ):
        if step == "T1":
            continue
        maker.no(step, why, signed(world, log.TaskSessionReleased, "rita", **fields | changed))
    maker.no(
        "R1",
        "a code of a task session",
        signed(world, log.CodeReleased, "rita", lease="session", device=DEVICE, step=world.step_now()),
    )
    world.say(log.TaskSessionReleased, "rita", **fields)
    world.say(log.LeaseEnded, "rita", lease="session", why="returned")
    world.settle("session")


def emergency(maker: Maker) -> None:
    world = maker.world
    world.visit("emergency", emergency=True)
    world.approve("emergency", "ben")
    opened = {"request": "emergency", "lease": "emergency", "until": world.state.requests["emergency"].request.until}
    maker.no(
        "L6",
        "nobody was told, and no custodian agreed",
        plain(world, log.LeaseOpened, "rita", fence=world.state.size, **opened),
    )
    world.say(log.NoticeRecorded, request="emergency", person="anna", channel="mail", delivered=True)
    maker.no("L6", "within the veto", plain(world, log.LeaseOpened, "rita", fence=world.state.size, **opened))
    world.wait(minutes=15)
    world.say(log.LeaseOpened, "rita", fence=world.state.size, **opened)
    maker.no(
        "T1",
        "a task session of a visit",
        signed(world, log.TaskSessionReleased, "rita", lease="emergency", task_policy="x", role=ROLE, seconds=900),
    )
    world.say(log.PersonSuspended, "ada", person="pia", reason="she is ill")
    maker.no(
        "L5",
        "a code while a recipient is suspended",
        signed(world, log.CodeReleased, "rita", lease="emergency", device=DEVICE, step=world.step_now()),
    )
    maker.no("G6", "the suspended gives back", plain(world, log.LeaseEnded, "pia", lease="emergency", why="returned"))


def drills(maker: Maker) -> None:
    world = maker.world
    fields: dict[str, Any] = {"drill": "drill", "account": ACCOUNT}
    maker.no("S1", "a drill nobody began", maker.made("drill-done", "dan"))
    maker.no("S2", "nothing is sent", plain(world, log.DrillBegun, "dan", **fields, drill_kind="mail"))
    sent = hashlib.sha256(b"lusab").hexdigest()
    world.say(log.DrillBegun, "dan", **fields, drill_kind="mail", nonce_digest=sent)
    maker.no("S2", "something else came back", maker.made("drill-done", "dan", answer="babab"))
    world.add(maker.made("drill-done", "dan"))
    maker.no("S1", "it ended already", maker.made("drill-done", "dan"))
    fields = {"drill": "code", "account": ACCOUNT, "drill_kind": "code-only"}
    world.say(log.DrillBegun, "dan", **fields)
    done = {**fields, "due": world.now, "outcome": "passed", "evidence": "the code was right", "lease": "lease"}
    maker.no("S3", "a lease of before, for something else", plain(world, log.DrillDone, "dan", **done))


def epochs(maker: Maker) -> None:
    world = maker.world
    seen = {"head_size": world.state.size, "head_root": world.state.tree.root.hex()}
    fields = {"epoch": 2, "reason": "restored", **seen}
    low = log.StepFloor(account=ACCOUNT, device=DEVICE, step=1)
    far = log.StepFloor(account=ACCOUNT, device=DEVICE, step=world.step_now() + 100)
    maker.no("E1", "without a custodian", maker.joint(log.EpochBegun, "ada", "ben", "ida", **fields))
    maker.no("E2", "an epoch is left out", maker.joint(log.EpochBegun, "ada", "ben", "carl", **fields | {"epoch": 3}))
    maker.no(
        "E2", "for another log", maker.joint(log.EpochBegun, "ada", "ben", "carl", **fields | {"head_root": "00" * 32})
    )
    maker.no(
        "E3",
        "a floor below a released step",
        maker.joint(log.EpochBegun, "ada", "ben", "carl", **fields, floors=(low,)),
    )
    maker.no("E3", "a floor in the future", maker.joint(log.EpochBegun, "ada", "ben", "carl", **fields, floors=(far,)))
    maker.no(
        "V5",
        "a clock that is a minute off",
        maker.joint(
            log.ClockAttested,
            "ada",
            "dan",
            instant=world.now + timedelta(minutes=1),
            read_at=world.now,
            source="a watch",
            boot="b",
            monotonic_us=1,
        ),
    )
    maker.no("P2", "a hazard without words", maker.made("hazard-noticed", log.SYSTEM, words=""))
    floor = log.StepFloor(account=ACCOUNT, device=DEVICE, step=world.step_now() + 1)
    old = maker.made("person-suspended", "ada")
    world.together(log.EpochBegun, "ada", "ben", "carl", **fields, floors=(floor,))
    maker.no("G5", "signed in the epoch before", old)
    maker.no(
        "R1",
        "a code of a lease of the epoch before",
        signed(world, log.CodeReleased, "rita", lease="emergency", device=DEVICE, step=world.step_now()),
    )
    world.change(changes.SetGroup(group=next_group()))
    maker.no("O2", "a new epoch of custody without an opening of the last", maker.made("epoch-sealed", log.SYSTEM))
    pem = world.state.checkpoint_key
    maker.no("C7", "the checkpoint key it is already", maker.change(changes.SetCheckpointKey(key=pem, reason="old")))


def made() -> dict[str, Any]:
    """The vectors."""
    maker = Maker()
    for part in (
        founding,
        form,
        governing,
        filing,
        approving,
        releasing,
        returning,
        enrolling,
        sessions,
        emergency,
        drills,
        epochs,
    ):
        part(maker)
    world = maker.world
    state = world.state
    head = sign_head(CHECKPOINT, size=state.size, root=state.tree.root, at=world.now)
    return {
        "schema": SCHEMA,
        "checkpoint_key": state.checkpoint_key,
        "entries": [content.decode() for content in world.entries],
        "roots": [root.hex() for size in range(state.size + 1) if (root := state.tree.root_at(size)) is not None],
        "head": msgspec.to_builtins(head),
        "refused": maker.refused,
    }


def text() -> str:
    return json.dumps(made(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
