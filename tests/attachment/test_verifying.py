"""Is everything a plan did still there? What somebody changed since is named; what is not known is never good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs
from tests.attachment import changing
from tests.attachment.changing import CANARY, GUARDRAIL, ROOT, Killed

from rootwarden.attachment.plan import digests_of
from rootwarden.attachment.verifying import verify
from rootwarden.errors import UsageError
from rootwarden.rollout.reading import read_journal
from rootwarden.rollout.surprise import SurpriseError, SurpriseKind
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Deny
from rootwarden.simulator.parts import SECURITY_UNIT
from rootwarden.simulator.world import Policy
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rootwarden.attachment.plan import Plan
    from rootwarden.attachment.verifying import Verified
    from rootwarden.simulator import Simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(make_world("central_root", 6)) as started:
        yield started


def looked(simulator: Simulator, plan: Plan, tmp_path: Path) -> Verified:
    entries = read_journal(tmp_path / "journal").entries
    return verify(plan, entries, changing.hand(simulator).look(), digests_of(plan))


@pytest.fixture
def done(simulator: Simulator, tmp_path: Path) -> Plan:
    """A plan that is carried out."""
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.to_the_end(plan, tmp_path, hand)
    return plan


def policy(simulator: Simulator, name: str = GUARDRAIL) -> Policy:
    return next(one for one in changing.organization(simulator).policies.values() if one.name == name)


def test_what_is_as_the_journal_says(simulator: Simulator, done: Plan, tmp_path: Path) -> None:
    found = looked(simulator, done, tmp_path)
    assert (found.exit_code, found.differing, found.undecided) == (0, (), ())
    (standing,) = found.standing
    assert (standing.policy, standing.targets, standing.sha256) == (GUARDRAIL, (ROOT,), done.policies[0].sha256)
    assert found.state == "the plan is carried out"
    assert found.proof[0].after == done.proof[0].after


def detached(simulator: Simulator) -> None:
    changing.organization(simulator).attachments[ROOT].remove(policy(simulator).policy_id)


def other_attached(simulator: Simulator) -> None:
    changing.organization(simulator).attachments[CANARY].append("p-denyrootkeys")


def other_detached(simulator: Simulator) -> None:
    changing.organization(simulator).attachments[ROOT].remove("p-denyrootkeys")


def other_document(simulator: Simulator) -> None:
    policy(simulator).document = policy(simulator).document.replace("LeaveOrganization", "CloseAccount")


def left_in_a_unit(simulator: Simulator) -> None:
    changing.organization(simulator).attachments[SECURITY_UNIT].append(policy(simulator).policy_id)


def attached_elsewhere(simulator: Simulator) -> None:
    changing.organization(simulator).attachments["000011110005"].append(policy(simulator).policy_id)


def deleted(simulator: Simulator) -> None:
    identity = policy(simulator).policy_id
    detached(simulator)
    del changing.organization(simulator).policies[identity]


def made_again(simulator: Simulator) -> None:
    """Somebody deleted it and made one that says the same, and is attached where the old one was."""
    old = policy(simulator)
    again = Policy(policy_id="p-again000", name=old.name, document=old.document, description=old.description)
    organization = changing.organization(simulator)
    del organization.policies[old.policy_id]
    organization.policies[again.policy_id] = again
    organization.attachments[ROOT] = [
        again.policy_id if one == old.policy_id else one for one in organization.attachments[ROOT]
    ]


@pytest.mark.parametrize(
    ("change", "target", "says"),
    [
        (detached, ROOT, f"somebody detached `{GUARDRAIL}`"),
        (other_attached, CANARY, "somebody attached `DenyRootKeys`"),
        (other_detached, ROOT, "somebody detached `DenyRootKeys`"),
        (other_document, GUARDRAIL, "somebody gave the policy another document"),
        (left_in_a_unit, SECURITY_UNIT, f"somebody attached `{GUARDRAIL}`"),
        (attached_elsewhere, "000011110005", f"somebody attached `{GUARDRAIL}` here, too"),
        (deleted, GUARDRAIL, "the policy is not there any more"),
        (deleted, ROOT, f"somebody detached `{GUARDRAIL}`"),
        (made_again, GUARDRAIL, "p-again000 has its name"),
    ],
)
def test_what_somebody_changed_is_named(
    simulator: Simulator, done: Plan, tmp_path: Path, *, change: Callable[[Simulator], None], target: str, says: str
) -> None:
    change(simulator)
    found = looked(simulator, done, tmp_path)
    assert found.exit_code == 1
    assert [one for one in found.differing if one.target == target and says in one.detail], found.differing


def test_what_is_open_again_is_told(simulator: Simulator, done: Plan, tmp_path: Path) -> None:
    detached(simulator)
    assert "proven again, it is open in 5 accounts; the plan said 0" in {
        one.detail for one in looked(simulator, done, tmp_path).differing
    }


def test_a_document_that_cannot_be_read_is_not_known(simulator: Simulator, done: Plan, tmp_path: Path) -> None:
    simulator.knobs.add(Deny(call="organizations:DescribePolicy"))
    found = looked(simulator, done, tmp_path)
    assert found.exit_code == 3
    assert (GUARDRAIL, SurpriseKind.UNREADABLE) in {(one.target, one.kind) for one in found.undecided}
    assert found.standing == ()


def test_where_nobody_knows_what_is_attached_nothing_is_said_to_be_detached(
    simulator: Simulator, done: Plan, tmp_path: Path
) -> None:
    present = structs.replace(changing.hand(simulator).look(), told=frozenset())
    found = verify(done, read_journal(tmp_path / "journal").entries, present, digests_of(done))
    assert (found.exit_code, found.differing) == (3, ())
    assert {one.detail for one in found.undecided} == {"what is attached there cannot be read"}
    assert found.standing[0].targets == ()


def test_an_account_that_left_is_named_and_says_nothing_of_the_others(
    simulator: Simulator, done: Plan, tmp_path: Path
) -> None:
    simulator.world.account("000011110005").state = "SUSPENDED"
    found = looked(simulator, done, tmp_path)
    assert (found.exit_code, found.differing) == (3, ())
    assert [(one.target, one.kind) for one in found.undecided] == [("000011110005", SurpriseKind.GONE)]
    assert found.standing[0].targets == (ROOT,)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_call_of_which_the_journal_says_nothing_is_not_known(
    simulator: Simulator, tmp_path: Path, moment: str
) -> None:
    plan = changing.planned(changing.hand(simulator).look())
    hand = changing.hand(simulator)
    setattr(hand, moment, 1)
    with pytest.raises(Killed):
        changing.run(plan, tmp_path, hand)
    found = looked(simulator, plan, tmp_path)
    assert (found.exit_code, found.differing, found.state) == (3, (), "1 of 6 waves are applied, as far as is known")
    (one,) = found.undecided
    assert one.target == CANARY
    assert f"by what AWS shows it was {'not ' if moment == 'before' else ''}made" in one.detail


def test_in_the_middle_what_the_journal_has_counts(simulator: Simulator, tmp_path: Path) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.run(plan, tmp_path, hand)
    changing.run(plan, tmp_path, hand)
    found = looked(simulator, plan, tmp_path)
    assert (found.exit_code, found.state) == (0, "3 of 6 waves are applied")
    assert found.standing[0].targets == tuple(sorted((CANARY, SECURITY_UNIT)))
    assert found.proof == ()


def test_what_was_taken_back_stays_so(simulator: Simulator, done: Plan, tmp_path: Path) -> None:
    changing.run(done, tmp_path, changing.hand(simulator), back="it was a mistake")
    found = looked(simulator, done, tmp_path)
    assert (found.exit_code, found.state, found.standing[0].targets) == (0, "the plan was taken back", ())
    left_in_a_unit(simulator)
    assert looked(simulator, done, tmp_path).exit_code == 1


def test_what_could_not_be_taken_back_is_told_and_gone_on_with(
    simulator: Simulator, done: Plan, tmp_path: Path
) -> None:
    simulator.knobs.add(Deny(call="organizations:DetachPolicy"))
    with pytest.raises(SurpriseError, match="AWS refused organizations:DetachPolicy") as met:
        changing.run(done, tmp_path, changing.hand(simulator), back="it was a mistake")
    assert "run the same command again" in met.value.hint
    found = looked(simulator, done, tmp_path)
    assert found.state == "the plan was being taken back when its run ended: `guardrails apply` goes on with that"
    simulator.knobs.reset()
    with pytest.raises(UsageError, match="taken back, by this run to the end: everything is as it was before it"):
        changing.run(done, tmp_path, changing.hand(simulator))
    assert looked(simulator, done, tmp_path).state == "the plan was taken back"
    with pytest.raises(UsageError, match=r"the plan was taken back$"):
        changing.run(done, tmp_path, changing.hand(simulator))


def test_of_a_detachment(simulator: Simulator, done: Plan, tmp_path: Path) -> None:
    (tmp_path / "off").mkdir()
    hand = changing.hand(simulator)
    plan = changing.detaching(hand.look(), GUARDRAIL)
    changing.to_the_end(plan, tmp_path / "off", hand)
    assert looked(simulator, plan, tmp_path / "off").exit_code == 0
    assert looked(simulator, done, tmp_path).exit_code == 1
    changing.organization(simulator).attachments[ROOT].append(policy(simulator).policy_id)
    assert looked(simulator, plan, tmp_path / "off").exit_code == 1


@pytest.mark.parametrize("changed", [{"organization": "o-other00000"}, {"management": "000011110009"}])
def test_a_plan_of_another_organization_is_not_verified(
    simulator: Simulator, done: Plan, tmp_path: Path, changed: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="the plan is for the organization"):
        looked(simulator, structs.replace(done, **changed), tmp_path)
