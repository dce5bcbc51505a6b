"""What goes wrong between a plan and its end, and is not in `test_apply`: each stops, or is told, and loses nothing."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
from tests.credentials.rig import KEY, left
from tests.credentials.test_apply import ALL_HOLDER, KEY_HOLDER, attached_to, with_hold

from rootwarden.credentials.apply import Applying
from rootwarden.credentials.plan import State
from rootwarden.errors import StoreError
from rootwarden.rollout.entry import Kind
from rootwarden.rollout.reading import read_journal, verify
from rootwarden.rollout.surprise import SurpriseKind
from rootwarden.simulator.knobs import Deny, Drop, Leave, Throttle
from rootwarden.simulator.parts import deny_root_policy

if TYPE_CHECKING:
    from tests.credentials.rig import Rig

    from rootwarden.credentials.plan import Plan
    from rootwarden.rollout.entry import Entry

CHANGES = ("iam:Delete", "iam:Deactivate", "organizations:Attach")


def changes(rig: Rig) -> int:
    """How many calls that change something reached AWS."""
    return sum(count for (_, call), count in rig.simulator.calls.snapshot().items() if call.startswith(CHANGES))


def bar(rig: Rig, action: str) -> None:
    """A policy of the organization that denies root without exempting AssumeRoot."""
    organization = rig.simulator.world.organization
    assert organization is not None
    policy = deny_root_policy("p-denyroot00", "DenyRoot", action=action, exempt_assumed_root=False)
    organization.policies[policy.policy_id] = policy
    organization.attachments.setdefault(KEY_HOLDER, []).append(policy.policy_id)


def test_a_policy_that_bars_the_sessions_is_told_before_anything_is_tried(rig: Rig) -> None:
    """By reading: no change is tried, and the account is in no wave."""
    bar(rig, "*")
    rig.simulator.calls.reset()
    plan = rig.plan()
    (blocked,) = [one for one in plan.accounts if one.account == KEY_HOLDER]
    assert blocked.state is State.BLOCKED
    assert "policy `DenyRoot` at account 000011110003, statement `DenyRoot`, denies" in blocked.reasons[0]
    assert changes(rig) == 0
    rig.apply(plan)
    assert left(rig.simulator.world) == [KEY_HOLDER]


def test_a_policy_attached_after_the_plan_stops_it_before_anything_is_deleted(rig: Rig) -> None:
    plan = rig.plan(canaries=(KEY_HOLDER,))
    bar(rig, "iam:Delete*")
    done = rig.apply(plan)
    assert [(each.target, each.kind) for each in done.surprises] == [(KEY_HOLDER, SurpriseKind.REFUSED)]
    assert "AccessDenied" in done.surprises[0].detail
    assert len(left(rig.simulator.world)) == 12
    (refused,) = [each for each in read_journal(rig.folder / "journal.jsonl").entries if each.kind is Kind.OUTCOME]
    assert refused.result == "refused"


def test_sessions_that_are_refused_after_the_plan_stop_it(rig: Rig) -> None:
    """Refused, and the account is there: so it is no account that left."""
    plan = rig.plan(canaries=(KEY_HOLDER,))
    rig.simulator.knobs.add(Deny(account=KEY_HOLDER, call="sts:AssumeRoot"))
    done = rig.apply(plan)
    assert [(each.target, each.kind) for each in done.surprises] == [(KEY_HOLDER, SurpriseKind.REFUSED)]
    assert (done.gone, len(left(rig.simulator.world))) == ({}, 12)


def test_an_account_that_leaves_between_the_removal_and_the_last_look(rig: Rig) -> None:
    plan = rig.plan(canaries=(KEY_HOLDER,))
    rig.simulator.calls.reset()
    rig.simulator.knobs.add(Leave(account=KEY_HOLDER, call="sts:AssumeRoot", after=1))
    done = rig.apply(plan)
    assert [(each.target, each.kind) for each in done.surprises] == [(KEY_HOLDER, SurpriseKind.GONE)]
    assert KEY_HOLDER not in done.removed
    assert len(done.untouched) == 11


def test_an_account_that_leaves_while_its_keys_sleep(rig: Rig) -> None:
    plan = rig.plan(hold=with_hold(rig), wait_days=14)
    rig.apply(plan)
    rig.simulator.world.account(KEY_HOLDER).state = "SUSPENDED"
    rig.sleep(14)
    done = rig.apply(plan)
    assert (done.surprises, done.gone) == ([], {KEY_HOLDER: "the account is SUSPENDED"})
    assert left(rig.simulator.world) == [KEY_HOLDER]


def test_no_room_for_the_policy_that_keys_sleep_under(rig: Rig) -> None:
    """An account takes ten service control policies; the eleventh is refused, and nothing is deleted."""
    plan = rig.plan(hold=with_hold(rig), wait_days=14, canaries=(KEY_HOLDER,))
    organization = rig.simulator.world.organization
    assert organization is not None
    for number in range(10):
        policy = deny_root_policy(f"p-filler{number:04d}", f"Filler{number}", action="s3:*", exempt_assumed_root=True)
        organization.policies[policy.policy_id] = policy
        if len(attached_to(rig, KEY_HOLDER)) < 10:
            organization.attachments.setdefault(KEY_HOLDER, []).append(policy.policy_id)
    done = rig.apply(plan)
    assert [(each.target, each.kind) for each in done.surprises] == [(KEY_HOLDER, SurpriseKind.REFUSED)]
    assert "ConstraintViolationException" in done.surprises[0].detail
    assert len(left(rig.simulator.world)) == 12


def filling(rig: Rig, plan: Plan, before: int) -> None:
    """A run whose disk is full from one write on."""
    with rig.journal(plan) as journal:
        append, done = journal._append, 0

        def counted(entry: Entry) -> Entry:
            nonlocal done
            done += 1
            if done == before:
                journal._file = os.open("/dev/full", os.O_WRONLY)
            return append(entry)

        journal._append = counted  # type: ignore[method-assign]  # stands where the disk is
        Applying(
            plan=plan, journal=journal, members=rig.members(), clock=rig.clock, stop=threading.Event(), workers=1
        ).run()


@pytest.mark.parametrize("before", range(2, 16, 3))
def test_a_full_disk_stops_it_and_no_call_is_made_that_is_not_on_it(rig: Rig, before: int) -> None:
    plan = rig.plan(canaries=(ALL_HOLDER,))
    with pytest.raises(StoreError, match="cannot be written"):
        filling(rig, plan, before)
    entries = read_journal(rig.folder / "journal.jsonl").entries
    assert changes(rig) <= len([entry for entry in entries if entry.kind is Kind.INTENT])
    assert rig.apply(plan).surprises == []
    assert left(rig.simulator.world) == []


def test_lines_cut_off_the_end_are_met_by_a_look(rig: Rig) -> None:
    """Nothing in the file tells that its end is gone: what AWS has tells it."""
    plan = rig.plan(canaries=(ALL_HOLDER,))
    rig.apply(plan, through=1)
    path = rig.folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if b'"kind":"intent"' in line)
    path.write_bytes(b"".join(lines[:first]))
    done = rig.apply(plan)
    assert {(each.target, each.kind) for each in done.surprises} == {(ALL_HOLDER, SurpriseKind.CHANGED)}
    assert "somebody else did what was planned" in done.surprises[0].detail
    assert len(left(rig.simulator.world)) == 11


def test_connections_that_break_without_an_answer(rig: Rig) -> None:
    """Whether the call was made is not known then: every run stops there, looks, and the last one ends."""
    plan = rig.plan()
    rig.simulator.knobs.add(Drop(every=5, call="iam:De*"))
    runs = 1
    while rig.apply(plan, workers=1).surprises:
        runs += 1
        assert runs < 40
    assert runs > 2
    assert left(rig.simulator.world) == []
    found = verify(rig.folder / "journal.jsonl", [KEY.public_key()])
    assert (found.holds, found.unsettled) == (True, ())


def test_throttling_while_the_hold_is_attached(rig: Rig) -> None:
    plan = rig.plan(hold=with_hold(rig), wait_days=14)
    rig.simulator.knobs.add(Throttle(every=2, call="organizations:*"))
    assert rig.apply(plan).surprises == []
    rig.sleep(14)
    assert rig.apply(plan).surprises == []
    assert left(rig.simulator.world) == []
