"""What can be taken back is, what cannot is said; a later look sees what is left; the organization goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import structs
from tests.credentials.rig import left
from tests.credentials.test_apply import ALL_HOLDER, KEY_HOLDER, attached_to, with_hold

from rootwarden.credentials.plan import State
from rootwarden.credentials.prepare import prepare
from rootwarden.credentials.undo import undo
from rootwarden.credentials.verify import Left, exit_code, look_again
from rootwarden.rollout.entry import Kind
from rootwarden.rollout.surprise import SurpriseError
from rootwarden.simulator.knobs import AllowTask, Deny, Truncate
from rootwarden.simulator.parts import certificate
from rootwarden.simulator.world import DelegatedAdministrator

if TYPE_CHECKING:
    from tests.credentials.rig import Rig

    from rootwarden.credentials.plan import Plan
    from rootwarden.credentials.undo import Undone


def taken_back(rig: Rig, plan: Plan, *accounts: str) -> Undone:
    with rig.journal(plan) as journal:
        return undo(plan, journal, rig.members(), accounts=accounts)


def test_a_sleeping_key_wakes_within_the_wait(rig: Rig) -> None:
    rig.simulator.knobs.add(AllowTask(call="iam:UpdateAccessKey"))
    plan = rig.plan(hold="deactivate", wait_days=14)
    rig.apply(plan)
    rig.sleep(3)
    done = taken_back(rig, plan, KEY_HOLDER)
    assert done.undone == [(KEY_HOLDER, f"deactivate key AKIAROOT{KEY_HOLDER}")]
    assert rig.simulator.world.account(KEY_HOLDER).root.keys[0].active
    assert not rig.simulator.world.account(ALL_HOLDER).root.keys[0].active


def test_a_detached_hold_begins_anew_when_applied_again(rig: Rig) -> None:
    hold = with_hold(rig)
    plan = rig.plan(hold=hold, wait_days=14)
    rig.apply(plan)
    taken_back(rig, plan, KEY_HOLDER)
    assert hold not in attached_to(rig, KEY_HOLDER)
    rig.sleep(14)
    again = rig.apply(plan)
    assert list(again.waiting) == [KEY_HOLDER]
    assert left(rig.simulator.world) == [KEY_HOLDER]


def test_a_password_may_be_recovered_again_and_a_key_stays_deleted(rig: Rig) -> None:
    plan = rig.plan()
    rig.apply(plan)
    done = taken_back(rig, plan, ALL_HOLDER)
    root = rig.simulator.world.account(ALL_HOLDER).root
    assert (root.password, root.keys, root.devices) == (True, [], [])
    assert done.undone == [(ALL_HOLDER, "delete password")]
    assert (ALL_HOLDER, f"delete key AKIAROOT{ALL_HOLDER}") in done.lasting
    assert taken_back(rig, plan, ALL_HOLDER).undone == []


def test_what_is_not_so_any_more_is_not_taken_back(rig: Rig) -> None:
    hold = with_hold(rig)
    plan = rig.plan(hold=hold, wait_days=14)
    rig.apply(plan)
    attached_to(rig, KEY_HOLDER).remove(hold)
    with pytest.raises(SurpriseError, match=f"it is not so any more: attach {hold}"):
        taken_back(rig, plan, KEY_HOLDER)


def test_an_undo_whose_outcome_was_lost_is_looked_up(rig: Rig) -> None:
    hold = with_hold(rig)
    plan = rig.plan(hold=hold, wait_days=14)
    rig.apply(plan)
    step = next(one for one in plan.ready() if one.account == KEY_HOLDER).steps[0]
    with rig.journal(plan) as journal:
        journal.intend(target=KEY_HOLDER, step=f"undo {step.id}", call=step.undo, parameters=step.undo_parameters)
        rig.members().do(step.undo, step.undo_parameters, None)
    assert taken_back(rig, plan, KEY_HOLDER).undone == []
    rig.sleep(14)
    assert list(rig.apply(plan).waiting) == [KEY_HOLDER]


def test_an_undo_without_an_answer_is_not_called_refused(rig: Rig) -> None:
    """AWS did it, and its answer was lost: the next run looks, and finds that it is done."""
    rig.simulator.knobs.add(AllowTask(call="iam:UpdateAccessKey"))
    plan = rig.plan(hold="deactivate", wait_days=14)
    rig.apply(plan)
    rig.simulator.knobs.add(Truncate(account=KEY_HOLDER, call="iam:UpdateAccessKey"))
    with pytest.raises(SurpriseError, match="AWS did not answer iam:UpdateAccessKey"):
        taken_back(rig, plan, KEY_HOLDER)
    with rig.journal(plan) as journal:
        assert [intent.target for intent in journal.unsettled()] == [KEY_HOLDER]
    rig.simulator.knobs.reset()
    assert taken_back(rig, plan, KEY_HOLDER).undone == []
    assert rig.simulator.world.account(KEY_HOLDER).root.keys[0].active


def test_what_is_known_to_be_left_is_told_though_a_look_was_refused(rig: Rig) -> None:
    plan = rig.plan()
    rig.apply(plan)
    rig.simulator.world.account(KEY_HOLDER).root.certificates = [certificate()]
    rig.simulator.knobs.add(Deny(account=KEY_HOLDER, call="iam:GetLoginProfile"))
    looked = look_again(plan, rig.members())
    (one,) = (one for one in looked if one.account == KEY_HOLDER)
    assert one.left is Left.SOMETHING
    assert one.detail.startswith("password not known, 1 certificate; the password: ")
    assert exit_code(looked) == 1


def test_a_later_look_tells_what_is_left(rig: Rig) -> None:
    plan = rig.plan()
    rig.apply(plan)
    assert exit_code(look_again(plan, rig.members())) == 0
    rig.simulator.world.account(KEY_HOLDER).root.certificates = [certificate()]
    rig.simulator.knobs.add(Deny(account=ALL_HOLDER, call="iam:GetLoginProfile"))
    rig.simulator.world.account("000011110002").state = "SUSPENDED"
    looked = {one.account: one for one in look_again(plan, rig.members())}
    assert (looked[KEY_HOLDER].left, looked[KEY_HOLDER].detail) == (Left.SOMETHING, "1 certificate")
    assert looked[ALL_HOLDER].left is Left.UNKNOWN
    assert looked["000011110002"].left is Left.GONE
    assert exit_code(tuple(looked.values())) == 1
    assert exit_code(tuple(one for one in looked.values() if one.left is not Left.SOMETHING)) == 3


def test_nothing_looked_at_is_not_clean() -> None:
    assert exit_code(()) == 3


def switched_off(rig: Rig) -> None:
    organization = rig.simulator.world.organization
    assert organization is not None
    organization.features.clear()
    organization.trusted_services = ()
    organization.delegated.clear()


def test_central_access_is_switched_on_and_then_the_members_are_seen(rig: Rig) -> None:
    switched_off(rig)
    first = rig.plan(delegate="000011110001")
    for _ in range(2):
        with rig.journal(first, "prepare.jsonl") as journal:
            prepare(first, journal, rig.members())
    with rig.journal(first, "prepare.jsonl") as journal:
        calls = [entry.call for entry in journal.entries if entry.kind is Kind.INTENT]
    assert calls == [step.call for step in first.prepare]
    second = rig.plan("again")
    assert second.prepare == ()
    assert len(second.ready()) == 12


@pytest.mark.parametrize(
    ("registered", "refused", "result"),
    [
        ("000011110001", "", ""),
        ("000011110004", "", "done"),
        ("000011110001", "organizations:ListDelegatedAdministrators", "found"),
        ("", "organizations:ListDelegatedAdministrators", "done"),
    ],
    ids=["it is so", "another one", "nobody may look, and it is so", "nobody may look"],
)
def test_a_delegated_administrator_is_looked_for_before_it_is_made(
    rig: Rig, registered: str, refused: str, result: str
) -> None:
    switched_off(rig)
    plan = rig.plan(delegate="000011110001")
    organization = rig.simulator.world.organization
    assert organization is not None
    if registered:
        delegated = DelegatedAdministrator(account_id=registered, service_principal="iam.amazonaws.com")
        organization.delegated.append(delegated)
    if refused:
        rig.simulator.knobs.add(Deny(call=refused))
    with rig.journal(plan) as journal:
        prepare(plan, journal, rig.members())
        made = [
            entry for entry in journal.entries if entry.kind is Kind.OUTCOME and entry.call.endswith("Administrator")
        ]
    assert [entry.result for entry in made] == ([result] if result else [])
    assert "000011110001" in {one.account_id for one in organization.delegated}


def test_a_refused_feature_is_a_surprise(rig: Rig) -> None:
    switched_off(rig)
    plan = rig.plan()
    rig.simulator.knobs.add(Deny(call="iam:EnableOrganizationsRootSessions"))
    with rig.journal(plan) as journal, pytest.raises(SurpriseError, match="AWS refused iam:EnableOrganizationsRoot"):
        prepare(plan, journal, rig.members())


def test_a_feature_whose_outcome_was_lost_is_looked_up(rig: Rig) -> None:
    switched_off(rig)
    plan = rig.plan()
    with rig.journal(plan) as journal:
        step = plan.prepare[0]
        journal.intend(target="organization", step=step.id, call=step.call, parameters=step.parameters)
        rig.members().step(step, None)
        prepare(plan, journal, rig.members())
        results = [entry.result for entry in journal.entries if entry.kind is Kind.OUTCOME]
    assert results == ["found", "done", "done"]


def test_a_feature_without_an_answer_is_not_called_refused(rig: Rig) -> None:
    """AWS did it, and its answer was lost; while nobody can look, nobody says what became of it."""
    switched_off(rig)
    plan = rig.plan()
    rig.simulator.knobs.add(Truncate(call="iam:EnableOrganizationsRootSessions"))
    with rig.journal(plan) as journal, pytest.raises(SurpriseError, match="AWS did not answer iam:EnableOrg"):
        prepare(plan, journal, rig.members())
    rig.simulator.knobs.reset()
    rig.simulator.knobs.add(Deny(call="iam:ListOrganizationsFeatures"))
    with rig.journal(plan) as journal, pytest.raises(SurpriseError, match="nobody knows what became of iam:EnableOrg"):
        prepare(plan, journal, rig.members())
    rig.simulator.knobs.reset()
    with rig.journal(plan) as journal:
        prepare(plan, journal, rig.members())
        results = [entry.result for entry in journal.entries if entry.kind is Kind.OUTCOME]
    assert "refused" not in results
    assert "failed" not in results
    assert results.count("found") == 1


@pytest.mark.parametrize("state", [State.BLOCKED, State.UNKNOWN])
def test_members_the_plan_left_alone_are_never_called_clean(rig: Rig, state: State) -> None:
    plan = rig.plan()
    rig.apply(plan)
    accounts = tuple(structs.replace(one, state=state) if one.account == KEY_HOLDER else one for one in plan.accounts)
    looked = look_again(structs.replace(plan, accounts=accounts), rig.members())
    (left_alone,) = (one for one in looked if one.account == KEY_HOLDER)
    assert left_alone.left is Left.UNKNOWN
    assert "not looked at" in left_alone.detail
    assert exit_code(looked) == 3
