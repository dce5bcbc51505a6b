"""Who may read what, and what a view says: section 7 of the protocol."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rootwarden.breakglass.broker import people_views, views
from rootwarden.breakglass.broker.seeing import Unseen
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.request import digest_of
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.rehearsal.play import ACCOUNT, DEVICE, GROUP, Play

if TYPE_CHECKING:
    import msgspec

EVERYBODY = ("ada", "ben", "ida", "rita", "rob", "anna", "omar", "sven", "carl", "cleo", "cora", "dan")
EVERYTHING = {"ada", "ben", "ida", "dan"}


@pytest.fixture
def play() -> Play:
    play = Play()
    play.guard()
    play.file("request", overrides_duties=True)
    return play


def may_see(play: Play, view: str, name: str) -> set[str]:
    look = getattr(views, view)
    seen = set()
    for who in EVERYBODY:
        try:
            look(play.state, who, name, play.now)
        except Unseen:
            continue
        seen.add(who)
    return seen


def test_a_request_is_seen_by_its_requester_by_approvers_and_by_who_reads_everything(play: Play) -> None:
    # `rob` is an approver, and enrolled the seed: nobody asks him.
    assert may_see(play, "request_of", "request") == EVERYTHING | {"rita", "anna", "omar", "sven"}


def test_what_is_not_seen_and_what_is_not_there_are_told_alike(play: Play) -> None:
    with pytest.raises(Unseen) as unseen:
        views.request_of(play.state, "carl", "request", play.now)
    with pytest.raises(Unseen) as missing:
        views.request_of(State(), "carl", "request", play.now)
    assert str(unseen.value) == str(missing.value)
    assert unseen.value.step == missing.value.step


def test_an_emergency_is_seen_by_custodians_too() -> None:
    play = Play()
    play.guard()
    filed = play.state.requests["enrolment"]
    assert not views.requests_of(play.state, "carl", play.now).others
    assert views.request_of(play.state, "rob", "enrolment", play.now).digest == filed.digest


def test_a_view_of_a_request_says_what_is_granted_and_who_is_still_needed(play: Play) -> None:
    seen = views.request_of(play.state, "anna", "request", play.now)
    assert seen.digest == digest_of(seen.request)
    assert (seen.account_name, seen.position) == ("Management", "management")
    assert seen.task_title == "Switch MFA Delete of a bucket on or off"
    assert [(need.group, need.could) for need in seen.still_needed] == [
        ("security", ("anna", "ben", "sven")),
        ("operations", ("omar", "sven")),
    ]
    assert seen.may == ("approve", "deny", "report")


def test_who_agreed_is_needed_no_more(play: Play) -> None:
    play.approve("request", "sven")
    seen = views.request_of(play.state, "rita", "request", play.now)
    assert seen.approvals == ("sven",)
    assert len(seen.still_needed) == 1, "one person is one approval, in two groups all the same (BG-3)"
    assert seen.may == ("report", "withdraw")
    play.approve("request", "anna")
    assert views.request_of(play.state, "rita", "request", play.now).still_needed == ()
    assert "open" in views.request_of(play.state, "rita", "request", play.now).may


def test_a_request_that_is_over_offers_nothing(play: Play) -> None:
    later = play.now + timedelta(hours=5)
    seen = views.request_of(play.state, "anna", "request", later)
    assert (seen.stage, seen.may, seen.still_needed) == ("expired", (), ())


def test_leases_are_seen_by_who_may_revoke_them_and_then_by_who_may_check_in(play: Play) -> None:
    play.approve("request", "anna")
    play.approve("request", "omar")
    play.open("request", "lease")
    assert may_see(play, "lease_of", "lease") == EVERYTHING | {"rita", "rob", "anna", "omar", "sven"}
    play.wait(minutes=1)
    play.say(log.LeaseEnded, "rita", lease="lease", why="returned")
    assert may_see(play, "lease_of", "lease") == set(EVERYBODY)
    seen = views.lease_of(play.state, "carl", "lease", play.now)
    assert seen.may == ("check-in",)
    assert "check-in" not in views.lease_of(play.state, "rita", "lease", play.now).may
    assert {duty.shown for duty in seen.duties} == {"open"}


def test_only_the_recipient_is_offered_a_code_and_not_while_custodians_are_waited_for(play: Play) -> None:
    play.approve("request", "anna")
    play.approve("request", "omar")
    play.open("request", "lease")
    assert not _is_offered_a_code(play, "rita")
    lease = views.lease_of(play.state, "rita", "lease", play.now)
    assert (lease.ready, "ask-again" in lease.may) == (0, True)
    assert "ask-again" not in views.lease_of(play.state, "anna", "lease", play.now).may
    play.say(
        log.OpeningBegun,
        opening="opening",
        group=GROUP,
        epoch=1,
        purpose="lease",
        reference="lease",
        fingerprint="ab" * 32,
    )
    assert not _is_offered_a_code(play, "rita")
    assert views.lease_of(play.state, "rita", "lease", play.now).opening == "opening"
    assert may_see(play, "opening_of", "opening") == EVERYTHING | {"rita", "carl", "cleo", "cora"}
    seen = views.opening_of(play.state, "carl", "opening", play.now)
    assert (seen.missing, seen.could_give, seen.may) == (2, ("carl", "cleo", "cora"), ("give-share",))
    assert views.opening_of(play.state, "rita", "opening", play.now).may == ()
    for name in ("carl", "cleo"):
        play.say(log.ShareGiven, name, opening="opening", fingerprint="ab" * 32, digest="ab" * 32)
    play.say(log.OpeningEnded, opening="opening", outcome="opened")
    assert {who for who in EVERYBODY if _is_offered_a_code(play, who)} == {"rita"}
    assert views.lease_of(play.state, "rita", "lease", play.now).ready == 1
    play.wait(minutes=5)
    assert not _is_offered_a_code(play, "rita"), "what was opened waits for five minutes"


def _is_offered_a_code(play: Play, who: str) -> bool:
    return any("get-code" in one.may for one in views.leases_of(play.state, who, play.now) if one.id == "lease")


def test_no_view_holds_a_code_a_seed_or_a_nonce(play: Play) -> None:
    fields = {name for kind in _views() for name in kind.__struct_fields__}
    assert not fields & {"code", "codes_text", "seed", "password", "secret", "nonce", "authenticator"}


def _views() -> list[type[msgspec.Struct]]:
    kinds: list[type[msgspec.Struct]] = [views.RequestView, views.LeaseView, views.OpeningView, views.DutyView]
    return [*kinds, people_views.PersonView, people_views.ProposalView, people_views.Waiting]


@pytest.mark.parametrize("who", EVERYBODY)
def test_people_and_proposals_are_read_by_auditors_and_administrators(play: Play, who: str) -> None:
    people = {one.id for one in people_views.people_of(play.state, who, play.now)}
    assert people == (set(EVERYBODY) if who in EVERYTHING else {who})


def test_what_waits_for_somebody(play: Play) -> None:
    anna = people_views.waiting_for(play.state, "anna", play.now)
    assert [one.request.id for one in anna.to_approve] == ["request"]
    assert [one.id for one in anna.to_check_in] == ["enrolment"]
    rita = people_views.waiting_for(play.state, "rita", play.now)
    assert [one.request.id for one in rita.requests] == ["request"]
    assert (rita.to_approve, rita.log) == ((), "rehearsal")
    assert rita.requests[0].request.account == ACCOUNT
    assert rita.requests[0].request.device == DEVICE


def test_a_suspended_person_sees_nothing_of_their_roles(play: Play) -> None:
    play.say(log.PersonSuspended, "ada", person="anna", reason="left")
    assert "anna" not in may_see(play, "request_of", "request")
    play.say(log.PersonSuspended, "ada", person="ben", reason="left")
    assert "ben" not in may_see(play, "request_of", "request")
