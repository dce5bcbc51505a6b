"""A plan carried out: nothing is left, and everything that is not our own doing stops it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from tests.credentials.rig import KEY, left

from rootwarden.credentials.apply import Applying, Outcome
from rootwarden.credentials.plan import State
from rootwarden.errors import StoreError
from rootwarden.report.credentials import outcome_text
from rootwarden.rollout.entry import Kind
from rootwarden.rollout.reading import read_journal, verify
from rootwarden.rollout.surprise import Surprise, SurpriseKind
from rootwarden.simulator.knobs import AllowTask, Deny, Drop, Fail, Leave, Throttle, UseRootKey
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.parts import deny_root_policy, fido_device, root_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.credentials.rig import Rig

    from rootwarden.aws.identity import Identity
    from rootwarden.credentials.compare import Now
    from rootwarden.credentials.plan import Step
    from rootwarden.simulator.identities import RootUser

# Each seventh member holds the same (`rig.fill`): an active key, everything, an inactive key and a certificate.
KEY_HOLDER, ALL_HOLDER = "000011110003", "000011110004"


def with_hold(rig: Rig) -> str:
    """A policy that puts root's keys to sleep, in the organization but attached to nothing."""
    organization = rig.simulator.world.organization
    assert organization is not None
    policy = deny_root_policy("p-rootsleeps", "RootSleeps", action="*", exempt_assumed_root=True)
    organization.policies[policy.policy_id] = policy
    return policy.policy_id


def attached_to(rig: Rig, account: str) -> list[str]:
    organization = rig.simulator.world.organization
    assert organization is not None
    return organization.attachments.get(account, [])


def test_nothing_is_left_and_the_journal_says_so(rig: Rig) -> None:
    plan = rig.plan()
    assert len(plan.ready()) == len(left(rig.simulator.world)) == 12
    done = rig.apply(plan)
    assert (done.surprises, done.gone, done.waiting, done.untouched) == ([], {}, {}, [])
    assert sorted(done.removed) == sorted(one.account for one in plan.ready())
    assert left(rig.simulator.world) == []
    found = verify(rig.folder / "journal.jsonl", [KEY.public_key()])
    assert (found.holds, found.unsettled, found.signed) == (True, (), found.entries)
    assert rig.plan("again").of(State.READY) == ()


def test_every_change_stands_between_intent_and_outcome(rig: Rig) -> None:
    rig.apply(rig.plan())
    changes = {"iam:DeleteAccessKey", "iam:DeleteLoginProfile", "iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice"}
    made = {
        call: sum(count for (_, name), count in rig.simulator.calls.snapshot().items() if name == call)
        for call in changes
    }
    entries = read_journal(rig.folder / "journal.jsonl").entries
    for call, count in made.items():
        kinds = [entry.kind for entry in entries if entry.call == call]
        assert kinds.count(Kind.INTENT) == kinds.count(Kind.OUTCOME) == count > 0


def test_a_second_run_changes_nothing(rig: Rig) -> None:
    plan = rig.plan()
    first = rig.apply(plan)
    rig.simulator.calls.reset()
    again = rig.apply(plan)
    assert sorted(again.removed) == sorted(first.removed)
    assert rig.simulator.calls.snapshot() == {}


def test_waves_one_at_a_time(rig: Rig) -> None:
    plan = rig.plan(canaries=(ALL_HOLDER,), cap=3)
    first = rig.apply(plan, through=1)
    assert first.removed == [ALL_HOLDER]
    assert len(first.untouched) == 11
    rig.apply(plan)
    assert left(rig.simulator.world) == []


def test_keys_sleep_under_a_policy_before_they_are_deleted(rig: Rig) -> None:
    hold = with_hold(rig)
    plan = rig.plan(hold=hold, wait_days=14)
    first = rig.apply(plan)
    assert sorted(first.waiting) == [KEY_HOLDER, ALL_HOLDER, "000011110010", "000011110011"]
    assert hold in attached_to(rig, KEY_HOLDER)
    assert left(rig.simulator.world) == sorted(first.waiting)
    rig.sleep(13)
    assert sorted(rig.apply(plan).waiting) == sorted(first.waiting)
    rig.sleep(1)
    last = rig.apply(plan)
    assert (last.surprises, last.waiting) == ([], {})
    assert left(rig.simulator.world) == []
    assert hold not in attached_to(rig, KEY_HOLDER)


def test_keys_that_are_deactivated_first(rig: Rig) -> None:
    rig.simulator.knobs.add(AllowTask(call="iam:UpdateAccessKey"))
    plan = rig.plan(hold="deactivate", wait_days=7)
    assert any("does not allow iam:UpdateAccessKey" in said for said in plan.told)
    rig.apply(plan)
    assert not rig.simulator.world.account(KEY_HOLDER).root.keys[0].active
    rig.sleep(7)
    rig.apply(plan)
    assert left(rig.simulator.world) == []


def test_a_refused_deactivation_stops_before_anything_is_deleted(rig: Rig) -> None:
    plan = rig.plan(hold="deactivate", wait_days=7, canaries=(KEY_HOLDER,))
    done = rig.apply(plan)
    assert [(each.target, each.kind) for each in done.surprises] == [(KEY_HOLDER, SurpriseKind.REFUSED)]
    assert len(left(rig.simulator.world)) == 12


def uses_the_key(root: RootUser) -> None:
    root.keys[0].last_used = NOW


def signs_in(root: RootUser) -> None:
    root.password_last_used = NOW


def makes_a_key(root: RootUser) -> None:
    root.keys.append(root_key("000000000000", created=NOW))


def adds_a_device(root: RootUser) -> None:
    root.devices.append(fido_device(ALL_HOLDER, "somebody"))


def deletes_the_key(root: RootUser) -> None:
    root.keys.clear()


def deactivates_the_key(root: RootUser) -> None:
    root.keys[0].active = False


@pytest.mark.parametrize(
    ("happens", "kind", "said"),
    [
        (uses_the_key, SurpriseKind.USED, "was used on"),
        (signs_in, SurpriseKind.USED, "the password was used on"),
        (makes_a_key, SurpriseKind.CHANGED, "what the plan did not see: key AKIAROOT000000000000"),
        (adds_a_device, SurpriseKind.CHANGED, "what the plan did not see: device"),
        (deletes_the_key, SurpriseKind.CHANGED, "somebody else did what was planned: delete key"),
        (deactivates_the_key, SurpriseKind.CHANGED, "somebody deactivated the key"),
    ],
)
def test_what_happens_after_the_plan_stops_it(
    rig: Rig, happens: Callable[[RootUser], None], kind: SurpriseKind, said: str
) -> None:
    plan = rig.plan(canaries=(ALL_HOLDER,))
    happens(rig.simulator.world.account(ALL_HOLDER).root)
    done = rig.apply(plan)
    assert [(each.target, each.kind) for each in done.surprises] == [(ALL_HOLDER, kind)]
    assert said in done.surprises[0].detail
    assert len(left(rig.simulator.world)) == 12
    last = read_journal(rig.folder / "journal.jsonl").entries[-2:]
    assert [entry.kind for entry in last] == [Kind.SURPRISE, Kind.SIGNED]
    assert last[1].parameters["why"] == "stop"


def test_a_key_used_while_it_should_sleep_stops_it(rig: Rig) -> None:
    plan = rig.plan(hold=with_hold(rig), wait_days=14, canaries=(KEY_HOLDER,))
    rig.apply(plan)
    rig.sleep(14)
    rig.simulator.knobs.add(UseRootKey(account=KEY_HOLDER, call="sts:AssumeRoot", after=1))
    done = rig.apply(plan)
    assert [(each.target, each.kind) for each in done.surprises] == [(KEY_HOLDER, SurpriseKind.USED)]
    assert KEY_HOLDER in left(rig.simulator.world)


def test_a_hold_that_somebody_detached_stops_it(rig: Rig) -> None:
    plan = rig.plan(hold=with_hold(rig), wait_days=14, canaries=(KEY_HOLDER,))
    rig.apply(plan)
    rig.sleep(14)
    attached_to(rig, KEY_HOLDER).clear()
    done = rig.apply(plan)
    assert "somebody took back what was done: attach p-rootsleeps" in done.surprises[0].detail


def test_a_waived_credential_goes_though_it_is_used(rig: Rig) -> None:
    uses_the_key(rig.simulator.world.account(KEY_HOLDER).root)
    plan = rig.plan(waived={KEY_HOLDER: "ticket 17: the owner knows"})
    rig.simulator.knobs.add(UseRootKey(account=KEY_HOLDER, call="sts:AssumeRoot", after=1))
    assert rig.apply(plan).surprises == []
    assert left(rig.simulator.world) == []


def leaves(rig: Rig) -> None:
    """After the canary, whose two sessions are the first."""
    rig.simulator.calls.reset()
    rig.simulator.knobs.add(Leave(account=KEY_HOLDER, call="sts:AssumeRoot", after=2))


def is_closed(rig: Rig) -> None:
    rig.simulator.world.account(KEY_HOLDER).state = "SUSPENDED"


@pytest.mark.parametrize(
    ("happens", "why"),
    [(leaves, "it is not in the organization any more"), (is_closed, "the account is SUSPENDED")],
)
def test_an_account_out_of_reach_is_told_and_passed_over(rig: Rig, happens: Callable[[Rig], None], why: str) -> None:
    plan = rig.plan(canaries=("000011110002",))
    happens(rig)
    done = rig.apply(plan, workers=1)
    assert (done.surprises, done.gone) == ([], {KEY_HOLDER: why})
    assert left(rig.simulator.world) == [KEY_HOLDER]
    entries = read_journal(rig.folder / "journal.jsonl").entries
    notes = [entry.detail for entry in entries if entry.kind is Kind.NOTE and entry.target]
    assert notes == [f"passed over: {why}"]


def test_throttling_slows_down_and_breaks_nothing(rig: Rig) -> None:
    plan = rig.plan()
    rig.simulator.knobs.add(Throttle(every=3, call="iam:Delete*"), Throttle(every=4, call="sts:AssumeRoot"))
    assert rig.apply(plan).surprises == []
    assert left(rig.simulator.world) == []
    assert rig.door.throttled() > 0


def test_a_look_that_is_refused_changes_nothing(rig: Rig) -> None:
    plan = rig.plan(canaries=(KEY_HOLDER,))
    rig.simulator.knobs.add(Deny(account=KEY_HOLDER, call="iam:ListSigningCertificates"))
    done = rig.apply(plan)
    assert [each.kind for each in done.surprises] == [SurpriseKind.UNREADABLE]
    assert len(left(rig.simulator.world)) == 12


def test_no_answer_to_a_change_leaves_its_intent_for_a_look(rig: Rig) -> None:
    plan = rig.plan(canaries=(KEY_HOLDER,))
    rig.simulator.knobs.add(Fail(account=KEY_HOLDER, call="iam:DeleteAccessKey"))
    done = rig.apply(plan)
    assert [each.kind for each in done.surprises] == [SurpriseKind.UNREADABLE]
    assert len(verify(rig.folder / "journal.jsonl", [KEY.public_key()]).unsettled) == 1
    rig.simulator.knobs.reset()
    assert rig.apply(plan).surprises == []
    assert left(rig.simulator.world) == []


def test_a_connection_that_closes_after_a_change_does_not_make_it_twice(rig: Rig) -> None:
    plan = rig.plan(canaries=(KEY_HOLDER,))
    rig.simulator.knobs.add(Drop(account=KEY_HOLDER, call="iam:DeleteAccessKey"))
    rig.simulator.calls.reset()
    done = rig.apply(plan)
    assert [(each.kind, "did not answer" in each.detail) for each in done.surprises] == [
        (SurpriseKind.UNREADABLE, True)
    ]
    assert rig.simulator.calls.snapshot()[KEY_HOLDER, "iam:DeleteAccessKey"] == 1
    rig.simulator.knobs.reset()
    assert rig.apply(plan).surprises == []


def test_an_account_that_was_begun_is_not_called_untouched_when_another_stops_it(rig: Rig) -> None:
    """Its password is gone, and nothing else yet, when another account meets a surprise."""
    plan = rig.plan()
    stop = threading.Event()
    members = rig.members()
    make = members.step

    def stops_after(step: Step, session: Identity | None) -> None:
        make(step, session)
        if session is not None and session.account == ALL_HOLDER:
            stop.set()

    members.step = stops_after  # type: ignore[method-assign]  # another account meets its surprise in this moment
    with rig.journal(plan) as journal:
        done = Applying(plan=plan, journal=journal, members=members, clock=rig.clock, stop=stop, workers=1).run()
    assert done.begun == [ALL_HOLDER]
    assert ALL_HOLDER not in done.untouched
    assert f"begun, and not ended: 1 account: {ALL_HOLDER}" in outcome_text(done)


def test_an_account_that_is_refused_in_the_middle_is_told_as_begun(rig: Rig) -> None:
    plan = rig.plan(canaries=(ALL_HOLDER,))
    rig.simulator.knobs.add(Deny(account=ALL_HOLDER, call="iam:DeactivateMFADevice"))
    done = rig.apply(plan)
    assert (done.begun, [each.kind for each in done.surprises]) == ([ALL_HOLDER], [SurpriseKind.REFUSED])
    rig.simulator.knobs.reset()
    again = rig.apply(plan)
    assert (again.begun, again.surprises) == ([], [])


def test_what_nobody_expected_stops_the_others_at_once(rig: Rig) -> None:
    plan = rig.plan()
    stop = threading.Event()
    members = rig.members()

    def broken(account: str, session: Identity, *, attached: bool) -> Now:
        raise ZeroDivisionError

    members.look = broken  # type: ignore[method-assign]  # stands for a bug of ours
    with rig.journal(plan) as journal:
        running = Applying(plan=plan, journal=journal, members=members, clock=rig.clock, stop=stop, workers=1)
        with pytest.raises(ZeroDivisionError):
            running.run()
        opened = {entry.target for entry in journal.entries if entry.kind is Kind.SEEN}
    assert opened == set()
    assert len(rig.sessions) == 1


@pytest.mark.parametrize(
    ("surprise", "advice", "never"),
    [
        (SurpriseKind.CHANGED, "plan again, with a new journal", "run the same command again"),
        (SurpriseKind.UNREADABLE, "run the same command again", "plan again"),
        (SurpriseKind.REFUSED, "run the same command again", "plan again"),
    ],
)
def test_whoever_stops_is_told_what_to_do(surprise: SurpriseKind, advice: str, never: str) -> None:
    done = Outcome(surprises=[Surprise(target=KEY_HOLDER, kind=surprise, detail="something")])
    assert advice in outcome_text(done)
    assert never not in outcome_text(done)


def test_two_operators_on_one_machine(rig: Rig) -> None:
    plan = rig.plan()
    with rig.journal(plan), pytest.raises(StoreError, match="user/operator, process"):
        rig.apply(plan)


def test_two_operators_on_different_machines(rig: Rig) -> None:
    plan = rig.plan(canaries=(ALL_HOLDER,))
    rig.apply(plan, "mine.jsonl", through=1)
    theirs = rig.apply(plan, "theirs.jsonl")
    assert {each.kind for each in theirs.surprises} == {SurpriseKind.CHANGED}
    assert len(left(rig.simulator.world)) == 11


def test_two_operators_at_the_same_time(rig: Rig) -> None:
    """Neither does what the other did: whoever finds that somebody was faster stops, and says so."""
    plan = rig.plan()
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda name: rig.apply(plan, name, workers=2), ("mine.jsonl", "theirs.jsonl")))
    met = [each for one in done for each in one.surprises]
    assert met
    assert {each.kind for each in met} == {SurpriseKind.CHANGED}
    made = []
    for name in ("mine.jsonl", "theirs.jsonl"):
        assert verify(rig.folder / name, [KEY.public_key()]).unsettled == ()
        entries = read_journal(rig.folder / name).entries
        made += [(entry.target, entry.step) for entry in entries if entry.result == "done"]
    assert len(made) == len(set(made))
