"""BG-11: a drill is the real path, marked, with an outcome and a due date; partial drills prove what they can."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.drilling import ANSWERED, KINDS, LEASED, TOLD
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import DrillPlan
from rootwarden.breakglass.drills.calendar import Done, Outcome, Standing, due, lines
from rootwarden.breakglass.rehearsal.play import ACCOUNT, BEGAN, DEVICE, Play, management, time_step
from rootwarden.fleet.exchange import Drill, parse_lines

NONCE = "lusab-babad"
PLAN = DrillPlan(kind="mail", every_days=90, since=BEGAN)


@pytest.fixture
def play() -> Play:
    made = Play()
    made.guard()
    return made


def begin(play: Play, kind: str) -> None:
    digest = hashlib.sha256(NONCE.encode()).hexdigest() if kind in ANSWERED else ""
    play.say(log.DrillBegun, "dan", drill="d", account=ACCOUNT, drill_kind=kind, nonce_digest=digest)


def finish(play: Play, kind: str, outcome: str = "passed", **fields: Any) -> None:
    given = {"drill": "d", "account": ACCOUNT, "drill_kind": kind, "due": play.now, "outcome": outcome}
    play.say(log.DrillDone, "dan", **{**given, "evidence": "seen by two people", **fields})


def test_every_kind_proves_itself_in_one_way() -> None:
    assert not LEASED & ANSWERED
    assert not (LEASED | ANSWERED) & TOLD
    assert {"full-path", "code-only", "password-only", "mail", "phone", "alternate-contacts"} <= KINDS
    assert {"custody-quorum", "restore", "dns-less-start"} <= KINDS


@pytest.mark.parametrize("typed", [NONCE, f" {NONCE.upper()} "])
def test_what_was_sent_to_the_mailbox_must_come_back(play: Play, typed: str) -> None:
    begin(play, "mail")
    with pytest.raises(Refused, match="S2"):
        finish(play, "mail", answer="something else")
    finish(play, "mail", answer=typed)
    assert play.state.drills["d"].outcome == "passed"


def test_a_drill_that_failed_needs_no_proof_and_ends_once(play: Play) -> None:
    begin(play, "phone")
    finish(play, "phone", "failed")
    with pytest.raises(Refused, match="S1"):
        finish(play, "phone", answer=NONCE)


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_what_people_tell_of_needs_words(play: Play, kind: str) -> None:
    begin(play, kind)
    with pytest.raises(Refused, match="S1"):
        finish(play, kind, evidence=" ")
    finish(play, kind)


def test_a_drill_of_the_full_path_is_a_real_lease_marked_as_one(play: Play) -> None:
    begin(play, "full-path")
    play.wait(minutes=5)
    play.file("request", drill="full-path", overrides_duties=True)
    for approver in ("anna", "omar"):
        play.approve("request", approver)
    play.open()
    with pytest.raises(Refused, match="S3"):
        finish(play, "full-path", lease="lease")
    play.say(log.CodeReleased, "rita", lease="lease", device=DEVICE, step=time_step(play.now))
    with pytest.raises(Refused, match="S3"):
        finish(play, "full-path", lease="enrolment")
    finish(play, "full-path", lease="lease")


def test_a_drill_of_another_account_or_kind_is_none(play: Play) -> None:
    with pytest.raises(Refused, match="S1"):
        play.say(log.DrillBegun, "dan", drill="d", account="999988887777", drill_kind="restore")
    with pytest.raises(Refused, match="S1"):
        play.say(log.DrillBegun, "dan", drill="d", account=ACCOUNT, drill_kind="juggling")
    with pytest.raises(Refused, match="S2"):
        play.say(log.DrillBegun, "dan", drill="d", account=ACCOUNT, drill_kind="mail")


def test_plans_are_part_of_the_account(play: Play) -> None:
    planned = msgspec.structs.replace(management(), drills=(PLAN,))
    play.change(changes.SetAccount(account=planned))
    assert play.state.accounts[ACCOUNT].account.drills == (PLAN,)


def done(days: int, outcome: Outcome = Outcome.PASSED) -> Done:
    at = BEGAN + timedelta(days=days)
    return Done(id=f"d{days}", account=ACCOUNT, kind="mail", due=at, done=at, outcome=outcome, evidence="e")


@pytest.mark.parametrize(
    ("ended", "day", "standing", "next_due"),
    [
        ((), 0, Standing.DONE, 90),
        ((), 76, Standing.SOON, 90),
        ((), 90, Standing.OVERDUE, 90),
        ((done(80),), 90, Standing.DONE, 170),
        ((done(80, Outcome.FAILED),), 90, Standing.OVERDUE, 90),
        ((done(80, Outcome.ABORTED), done(85)), 90, Standing.DONE, 175),
    ],
)
def test_a_drill_is_due_again_only_after_it_passed(
    ended: tuple[Done, ...], day: int, standing: Standing, next_due: int
) -> None:
    account = msgspec.structs.replace(management(), drills=(PLAN,))
    (found,) = due([account], ended, now=BEGAN + timedelta(days=day))
    assert (found.standing, found.due) == (standing, BEGAN + timedelta(days=next_due))
    assert found.last == (ended[-1] if ended else None)


def test_the_key_figures_read_what_is_written() -> None:
    account = msgspec.structs.replace(management(), drills=(PLAN,))
    ended = (done(80),)
    written = lines(due([account], ended, now=BEGAN + timedelta(days=90)), ended)
    read = parse_lines(written, Drill, file="drills.jsonl")
    assert [(one.kind, one.due, one.done) for one in read] == [
        ("mail", date(2026, 5, 21), date(2026, 5, 21)),
        ("mail", date(2026, 8, 19), None),
    ]
