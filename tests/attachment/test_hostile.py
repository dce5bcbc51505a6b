"""Plans that were edited, organizations that changed under a plan, and answers that tell nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.attachment import changing
from tests.attachment.changing import CANARY, GUARDRAIL, ROOT, FragileHand, Killed
from tests.attachment.test_applying import SCP

from rootwarden.attachment.applying import State
from rootwarden.attachment.drafting import Asked, detachment
from rootwarden.attachment.plan import Verb, printed, read_plan
from rootwarden.attachment.progress import Progress
from rootwarden.aws.calls import CallFailed
from rootwarden.errors import AwsError, InputError, UsageError
from rootwarden.rollout.reading import read_journal
from rootwarden.rollout.surprise import SurpriseError, SurpriseKind
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Deny
from rootwarden.simulator.parts import SECURITY_UNIT, WORKLOADS_UNIT
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from rootwarden.attachment.plan import Plan
    from rootwarden.simulator import Simulator
    from rootwarden.simulator.world import Policy

OLD = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*"}}'
THIRD = OLD.replace("ec2:RunInstances", "s3:*")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(make_world("central_root", 6)) as started:
        yield started


def another_document(plan: dict[str, Any]) -> None:
    plan["policies"][0]["document"] = OLD


def no_document(plan: dict[str, Any]) -> None:
    plan["policies"][0]["document"] = "{"


def another_kind(plan: dict[str, Any]) -> None:
    plan["policies"][0]["kind"] = "backup"


def a_name_twice(plan: dict[str, Any]) -> None:
    plan["policies"].append(plan["policies"][0])


def an_unseen_target(plan: dict[str, Any]) -> None:
    plan["waves"][1]["steps"][0]["target"] = "ou-fake-elsewhere"


def a_detachment_more(plan: dict[str, Any]) -> None:
    plan["waves"][1]["steps"][0] |= {"call": Verb.DETACH.value, "temporary": False}


def tidied_though_nothing_was(plan: dict[str, Any]) -> None:
    plan["waves"][-1]["steps"][0]["target"] = ROOT


def nothing_is_tidied(plan: dict[str, Any]) -> None:
    plan["waves"].pop()


def an_attachment_in_a_detachment(plan: dict[str, Any]) -> None:
    plan["operation"] = "detach"


def a_change_of_what_is_made(plan: dict[str, Any]) -> None:
    plan["waves"][0]["steps"][0]["call"] = Verb.UPDATE.value


def a_strange_type(plan: dict[str, Any]) -> None:
    plan["waves"][0]["steps"][0] |= {"call": Verb.ENABLE.value, "policy": "backup"}


@pytest.mark.parametrize(
    "edit",
    [
        another_document,
        no_document,
        another_kind,
        a_name_twice,
        an_unseen_target,
        a_detachment_more,
        tidied_though_nothing_was,
        nothing_is_tidied,
        an_attachment_in_a_detachment,
        a_change_of_what_is_made,
        a_strange_type,
    ],
)
def test_an_edited_plan_is_refused(
    simulator: Simulator,
    tmp_path: Path,
    edit: Callable[[dict[str, Any]], None],
) -> None:
    plan = json.loads(printed(changing.planned(changing.hand(simulator).look())))
    edit(plan)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    with pytest.raises(InputError, match="does not hold together"):
        read_plan(file)


def move(simulator: Simulator, account: str, target: str) -> None:
    for unit in changing.organization(simulator).root.walk():
        if account in unit.account_ids:
            unit.account_ids.remove(account)
        if unit.unit_id == target:
            unit.account_ids.append(account)


def test_an_account_that_came_to_a_unit_since_the_plan_is_not_changed_in_silence(
    simulator: Simulator,
    tmp_path: Path,
) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.run(plan, tmp_path, hand)
    move(simulator, "000011110005", SECURITY_UNIT)
    with pytest.raises(SurpriseError, match="000011110005: changed: the account "):
        changing.run(plan, tmp_path, hand)
    assert changing.where(simulator) == {CANARY}


def with_old(simulator: Simulator, hand: FragileHand, *targets: str) -> Policy:
    """A policy of the guardrail's name that says something else."""
    hand.change(Verb.CREATE, {"Name": GUARDRAIL, "Description": "", "Type": SCP, "Content": OLD})
    (policy,) = [one for one in changing.organization(simulator).policies.values() if one.name == GUARDRAIL]
    for target in targets:
        hand.change(Verb.ATTACH, {"PolicyId": policy.policy_id, "TargetId": target})
    return policy


def test_a_policy_that_somebody_attached_since_the_plan_is_not_changed(
    simulator: Simulator,
    tmp_path: Path,
) -> None:
    hand = changing.hand(simulator)
    policy = with_old(simulator, hand)
    plan = changing.planned(hand.look(), WORKLOADS_UNIT, update=True)
    hand.change(Verb.ATTACH, {"PolicyId": policy.policy_id, "TargetId": SECURITY_UNIT})
    with pytest.raises(SurpriseError, match="which is to get another document"):
        changing.run(plan, tmp_path, hand)
    assert policy.document == OLD


@pytest.mark.parametrize("what", ["third document", "unreadable"])
def test_a_document_that_is_not_back_is_not_said_to_be(
    simulator: Simulator,
    tmp_path: Path,
    what: str,
) -> None:
    hand = changing.hand(simulator)
    policy = with_old(simulator, hand)
    plan = changing.planned(hand.look(), WORKLOADS_UNIT, update=True)
    changing.run(plan, tmp_path, hand)
    assert policy.document != OLD
    if what == "unreadable":
        simulator.knobs.add(Deny(call="organizations:DescribePolicy"))
    else:
        policy.document = THIRD
    kind = SurpriseKind.UNREADABLE if what == "unreadable" else SurpriseKind.CHANGED
    with pytest.raises(SurpriseError) as caught:
        changing.run(plan, tmp_path, hand, back="it was better before")
    assert (GUARDRAIL, kind) in {(one.target, one.kind) for one in caught.value.surprises}
    simulator.knobs.reset()
    if what == "unreadable":
        assert changing.run(plan, tmp_path, hand, back="once more").state is State.TAKEN_BACK
        assert policy.document == OLD


def test_a_change_of_which_nobody_can_see_what_became_is_not_lost(
    simulator: Simulator,
    tmp_path: Path,
) -> None:
    hand = changing.hand(simulator)
    policy = with_old(simulator, hand)
    plan = changing.planned(hand.look(), WORKLOADS_UNIT, update=True)
    hand = changing.hand(simulator)
    hand.after = 0
    with pytest.raises(Killed):
        changing.run(plan, tmp_path, hand)
    simulator.knobs.add(Deny(call="organizations:DescribePolicy"))
    with pytest.raises(AwsError, match="nobody knows whether AWS made organizations:UpdatePolicy"):
        changing.run(plan, tmp_path, changing.hand(simulator), back="stop it")
    simulator.knobs.reset()
    changing.run(plan, tmp_path, changing.hand(simulator), back="stop it")
    assert policy.document == OLD


class _Answers(FragileHand):
    """Makes its next change, and is told something else."""

    code = ""

    def change(self, verb: Verb, parameters: Mapping[str, Any]) -> None:
        super().change(verb, parameters)
        if self.code and verb is Verb.ATTACH:
            raise CallFailed(self.code, "")


@pytest.mark.parametrize("code", ["ServiceUnavailable", "InternalServerError", "503", "Unknown", "RequestTimeout"])
def test_an_error_of_aws_does_not_say_that_nothing_was_changed(
    simulator: Simulator,
    tmp_path: Path,
    code: str,
) -> None:
    before = changing.attachments(simulator)
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    broken = _Answers(hand._door, simulator.state.clock)
    broken.code = code
    with pytest.raises(AwsError, match="nobody knows whether AWS made organizations:AttachPolicy"):
        changing.run(plan, tmp_path, broken)
    assert changing.run(plan, tmp_path, hand, back="AWS is ill").state is State.TAKEN_BACK
    assert changing.attachments(simulator) == before


def test_what_cannot_be_read_is_not_said_to_be_taken_back(simulator: Simulator, tmp_path: Path) -> None:
    """Without `organizations:DescribePolicy` policies have ids and no names: the journal tells which are ours."""
    before = changing.attachments(simulator)
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.run(plan, tmp_path, hand)
    simulator.knobs.add(Deny(call="organizations:DescribePolicy"))
    with pytest.raises(SurpriseError, match="its document cannot be read"):
        changing.run(plan, tmp_path, hand)
    assert changing.run(plan, tmp_path, hand, back="stop it").state is State.TAKEN_BACK
    assert changing.attachments(simulator) == before


def test_whether_a_policy_was_made_is_not_known_where_names_cannot_be_read(
    simulator: Simulator, tmp_path: Path
) -> None:
    plan = changing.planned(changing.hand(simulator).look())
    hand = changing.hand(simulator)
    hand.after = 0
    with pytest.raises(Killed):
        changing.run(plan, tmp_path, hand)
    simulator.knobs.add(Deny(call="organizations:DescribePolicy"))
    with pytest.raises(AwsError, match="nobody knows whether AWS made organizations:CreatePolicy"):
        changing.run(plan, tmp_path, changing.hand(simulator))
    simulator.knobs.reset()
    changing.run(plan, tmp_path, changing.hand(simulator))
    assert changing.where(simulator) == {CANARY}
    made = [one for one in changing.organization(simulator).policies.values() if one.name == GUARDRAIL]
    assert len(made) == 1


def test_a_policy_that_somebody_made_again_is_not_taken_for_ours(simulator: Simulator, tmp_path: Path) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.run(plan, tmp_path, hand)
    organization = changing.organization(simulator)
    (old,) = [one for one in organization.policies.values() if one.name == GUARDRAIL]
    again = type(old)(policy_id="p-again000", name=old.name, document=old.document)
    del organization.policies[old.policy_id]
    organization.policies[again.policy_id] = again
    organization.attachments[CANARY] = ["p-FullAWSAccess", again.policy_id]
    with pytest.raises(SurpriseError, match="p-again000 has its name"):
        changing.run(plan, tmp_path, hand)


def test_a_change_sent_twice_is_not_said_to_be_taken_back(
    simulator: Simulator,
    tmp_path: Path,
) -> None:
    """A connection that is closed has its request sent again; the second is told that it is so already."""
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    twice = _Answers(hand._door, simulator.state.clock)
    twice.code = "DuplicatePolicyAttachmentException"
    with pytest.raises(SurpriseError, match="somebody attached it in the meantime"):
        changing.run(plan, tmp_path, twice)
    with pytest.raises(SurpriseError, match=f"{CANARY}: changed: what is attached is not what it was before"):
        changing.run(plan, tmp_path, hand, back="stop it")


def test_denials_count_from_the_first_call_and_not_from_when_a_killed_run_was_gone_on_with(
    simulator: Simulator,
    tmp_path: Path,
) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    hand.after = 1
    with pytest.raises(Killed):
        changing.run(plan, tmp_path, hand)
    began = [one.at for one in read_journal(tmp_path / "journal").entries if one.call == Verb.ATTACH.value]
    changing.run(plan, tmp_path, changing.hand(simulator))
    progress = Progress(plan, read_journal(tmp_path / "journal").entries)
    assert progress.since() == began[0] != progress.applied[2]


def test_aws_own_policy_is_not_detached_by_a_plan_that_says_so(
    simulator: Simulator,
    tmp_path: Path,
) -> None:
    hand = changing.hand(simulator)
    policy = with_old(simulator, hand, WORKLOADS_UNIT)
    text = printed(changing.detaching(hand.look(), GUARDRAIL)).replace(policy.policy_id, "p-FullAWSAccess")
    document = json.loads(text)
    full = changing.organization(simulator).policies["p-FullAWSAccess"]
    present = hand.look().named("scp", "p-FullAWSAccess")
    assert present is not None
    document["policies"][0] |= {"name": full.name, "document": present.text, "sha256": present.sha256}
    document["waves"][0]["steps"][0]["policy"] = full.name
    document["seen"][0]["policies"] = sorted(changing.attachments(simulator)[WORKLOADS_UNIT])
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    plan: Plan = read_plan(file)
    with pytest.raises(SurpriseError, match="AWS's own"):
        changing.run(plan, tmp_path, hand)
    assert "p-FullAWSAccess" in changing.attachments(simulator)[WORKLOADS_UNIT]


def test_a_policy_named_twice_is_not_planned(simulator: Simulator) -> None:
    hand = changing.hand(simulator)
    policy = with_old(simulator, hand, WORKLOADS_UNIT)
    with pytest.raises(UsageError, match="the same name, or are the same"):
        detachment(
            hand.look(),
            [GUARDRAIL, policy.policy_id],
            Asked(targets=(), waived="it is not needed", at=changing.AT),
        )
    with pytest.raises(UsageError, match="named twice"):
        changing.planned(hand.look(), names=("deny-root-actions", "deny-root-actions"))


def test_a_policy_named_like_the_id_of_another_is_not_taken_for_it(simulator: Simulator) -> None:
    hand = changing.hand(simulator)
    policy = with_old(simulator, hand)
    organization = changing.organization(simulator)
    decoy = type(policy)(policy_id="p-aaaaaaaa", name=policy.policy_id, document=THIRD)
    organization.policies = {decoy.policy_id: decoy, **organization.policies}
    found = hand.look().named("scp", policy.policy_id)
    assert found is not None
    assert found.id == policy.policy_id


def test_a_plan_whose_guardrail_does_not_hold_in_the_end_is_not_carried_out(
    simulator: Simulator, tmp_path: Path
) -> None:
    """Another policy, which the plan is not about, cannot be read any more: what it allows is not known."""
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    while [run.state for run in [changing.run(plan, tmp_path, hand)]] == [State.WATCHING]:
        if changing.where(simulator) == {ROOT, CANARY, SECURITY_UNIT, WORKLOADS_UNIT}:
            break
    unread = "p-unread00"
    organization = changing.organization(simulator)
    organization.policies[unread] = type(next(iter(organization.policies.values())))(
        policy_id=unread, name="Unread", document="{"
    )
    organization.attachments["000011110005"] = [unread]
    with pytest.raises(SurpriseError, match="the plan said 0"):
        changing.run(plan, tmp_path, hand)
    organization.attachments["000011110005"] = ["p-FullAWSAccess"]
    assert changing.run(plan, tmp_path, hand).state is State.FINISHED
