"""Plans carried out against the simulated organization: waves, kills, surprises, roll-back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.attachment import changing
from tests.attachment.changing import CANARY, GUARDRAIL, ROOT, Killed

from rootwarden.attachment.applying import State
from rootwarden.attachment.denials import Denial, Watched
from rootwarden.attachment.plan import Verb, steps_of
from rootwarden.errors import AwsError, InputError, StoreError, UsageError
from rootwarden.rollout.journal import opened
from rootwarden.rollout.reading import verify
from rootwarden.rollout.seal import KeySeal
from rootwarden.rollout.surprise import SurpriseError, SurpriseKind
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Deny, Throttle
from rootwarden.simulator.parts import SECURITY_UNIT, WORKLOADS_UNIT
from rootwarden.simulator.policy_limits import PolicyLimit
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.simulator import Simulator
    from rootwarden.simulator.world import Policy

SCP = "SERVICE_CONTROL_POLICY"
LATER = changing.AT.replace(year=2027)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(make_world("central_root", 6)) as started:
        yield started


def seen(*denials: tuple[str, int, bool], complete: bool = True) -> Watched:
    found = tuple(Denial(group=group, calls=calls, clear=clear) for group, calls, clear in denials)
    return Watched(denials=found, until=LATER, complete=complete)


def test_one_wave_a_run_until_everything_is_where_it_shall_be(simulator: Simulator, tmp_path: Path) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    first = changing.run(plan, tmp_path, hand, None)
    assert (first.state, first.watching) == (State.WATCHING, (CANARY,))
    assert changing.where(simulator) == {CANARY}
    with pytest.raises(UsageError, match="nobody looked what it denies"):
        changing.run(plan, tmp_path, hand, None)
    assert changing.where(simulator) == {CANARY}
    runs = changing.to_the_end(plan, tmp_path, hand)
    assert runs[-1].state is State.FINISHED
    assert changing.where(simulator) == {ROOT}
    assert len(runs) == sum(bool(wave.accounts) for wave in plan.waves)
    (proof,) = runs[-1].proof
    assert proof.after == plan.proof[0].after
    assert set(proof.after) == {"holds", "not-bound"}
    verdict = verify(tmp_path / "journal", [changing.KEY.public_key()])
    assert verdict.holds
    assert verdict.signed == verdict.entries
    with pytest.raises(UsageError, match="nothing left to do"):
        changing.run(plan, tmp_path, hand)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_machine_that_stops_at_every_call(simulator: Simulator, tmp_path: Path, moment: str) -> None:
    plan = changing.planned(changing.hand(simulator).look())
    for step in steps_of(plan):
        hand = changing.hand(simulator)
        setattr(hand, moment, 0)
        done = False
        while not done:
            try:
                done = changing.run(plan, tmp_path, hand).state is State.FINISHED
            except Killed:
                break
        assert done is False, step
    assert changing.to_the_end(plan, tmp_path, changing.hand(simulator))[-1].state is State.FINISHED
    assert changing.where(simulator) == {ROOT}
    made = [one for one in changing.organization(simulator).policies.values() if one.name == GUARDRAIL]
    assert len(made) == 1


def test_an_answer_that_got_lost_is_found_out_by_the_next_run(simulator: Simulator, tmp_path: Path) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    hand.lost = 1
    with pytest.raises(AwsError, match="nobody knows whether AWS made organizations:AttachPolicy"):
        changing.run(plan, tmp_path, hand)
    assert changing.to_the_end(plan, tmp_path, changing.hand(simulator))[-1].state is State.FINISHED


def test_no_call_is_made_that_the_plan_does_not_name(simulator: Simulator, tmp_path: Path) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    simulator.calls.reset()
    changing.to_the_end(plan, tmp_path, changing.hand(simulator))
    made = {call for _, call in simulator.calls.snapshot()}
    assert made == {*plan.permissions}
    changing.run(plan, tmp_path, hand, back="to see which calls that takes")
    assert {call for _, call in simulator.calls.snapshot()} == made


@pytest.mark.parametrize("code", ["ConcurrentModificationException", "PolicyChangesInProgressException"])
def test_aws_busy_with_another_change_is_asked_again_and_not_for_ever(
    simulator: Simulator, tmp_path: Path, code: str
) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    hand.busy, hand.busy_with = 5, code
    changing.run(plan, tmp_path, hand)
    assert changing.where(simulator) == {CANARY}
    hand.busy = 6
    with pytest.raises(SurpriseError, match=f"AWS refused organizations:AttachPolicy: {code}"):
        changing.run(plan, tmp_path, hand)


def test_throttled_calls_are_made_once(simulator: Simulator, tmp_path: Path) -> None:
    simulator.knobs.add(Throttle(call="organizations:*Policy", every=2))
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.run(plan, tmp_path, hand)
    assert changing.where(simulator) == {CANARY}


def test_a_target_that_cannot_be_looked_at_is_not_changed(simulator: Simulator, tmp_path: Path) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    simulator.knobs.add(Deny(call="organizations:ListPoliciesForTarget"))
    with pytest.raises(SurpriseError, match="unreadable"):
        changing.run(plan, tmp_path, hand)
    assert changing.where(simulator) == set()


def test_denials_as_foretold_let_the_next_wave_begin(simulator: Simulator, tmp_path: Path) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.run(plan, tmp_path, hand)
    changing.run(plan, tmp_path, hand, seen())
    assert len(changing.where(simulator)) == 2


def test_more_denials_than_foretold_take_everything_back(simulator: Simulator, tmp_path: Path) -> None:
    before = changing.attachments(simulator)
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.run(plan, tmp_path, hand)
    changing.run(plan, tmp_path, hand)
    denied = seen(
        (f"{CANARY} arn:aws:iam::{CANARY}:role/Leaver organizations.amazonaws.com LeaveOrganization", 3, True)
    )
    with pytest.raises(SurpriseError) as caught:
        changing.run(plan, tmp_path, hand, denied, margin=2)
    (surprise,) = caught.value.surprises
    assert surprise.kind is SurpriseKind.EXCEEDED
    assert surprise.detail.endswith("LeaveOrganization; everything was taken back")
    assert changing.attachments(simulator) == before
    with pytest.raises(UsageError, match="was taken back"):
        changing.run(plan, tmp_path, hand)
    assert verify(tmp_path / "journal", [changing.KEY.public_key()]).holds


def test_a_margin_is_a_margin(simulator: Simulator, tmp_path: Path) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.run(plan, tmp_path, hand)
    changing.run(plan, tmp_path, hand, seen(("group", 2, True)), margin=2)
    assert len(changing.where(simulator)) == 2


@pytest.mark.parametrize(
    ("watched", "says"),
    [
        (seen(("group", 1, False)), "do not say what denied them"),
        (seen(complete=False), "denials may be missing"),
        (Watched(denials=(), until=changing.AT + timedelta(minutes=15), complete=True), "0:15:00 of it are needed"),
    ],
)
def test_what_is_not_known_is_neither_good_nor_taken_back(
    simulator: Simulator, tmp_path: Path, watched: Watched, says: str
) -> None:
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.run(plan, tmp_path, hand)
    with pytest.raises((UsageError, InputError), match=says):
        changing.run(plan, tmp_path, hand, watched)
    assert changing.where(simulator) == {CANARY}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_machine_that_stops_while_it_takes_back(simulator: Simulator, tmp_path: Path, moment: str) -> None:
    before = changing.attachments(simulator)
    plan = changing.planned(changing.hand(simulator).look())
    for _ in range(3):
        changing.run(plan, tmp_path, changing.hand(simulator))
    for _ in range(2):
        hand = changing.hand(simulator)
        setattr(hand, moment, 0)
        with pytest.raises(Killed):
            changing.run(plan, tmp_path, hand, seen(("group", 9, True)))
    with pytest.raises(UsageError, match="was taken back"):
        changing.run(plan, tmp_path, changing.hand(simulator))
    assert changing.attachments(simulator) == before


def test_taken_back_because_somebody_says_so(simulator: Simulator, tmp_path: Path) -> None:
    before = changing.attachments(simulator)
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look())
    changing.to_the_end(plan, tmp_path, hand)
    assert changing.run(plan, tmp_path, hand, back="it was a mistake").state is State.TAKEN_BACK
    assert changing.attachments(simulator) == before


class TestAge:
    def test_a_plan_that_is_too_old_is_not_begun(self, simulator: Simulator, tmp_path: Path) -> None:
        hand = changing.hand(simulator)
        plan = changing.planned(hand.look())
        with pytest.raises(UsageError, match="the plan was made 15 days ago, and at most 14 may pass"):
            changing.run(plan, tmp_path, hand, later=timedelta(days=15))
        assert GUARDRAIL not in {one.name for one in changing.organization(simulator).policies.values()}
        assert verify(tmp_path / "journal", [changing.KEY.public_key()]).holds
        changing.run(plan, tmp_path, hand, later=timedelta(days=15), days=16)
        assert changing.where(simulator) == {CANARY}

    def test_it_counts_from_the_wave_before(self, simulator: Simulator, tmp_path: Path) -> None:
        hand = changing.hand(simulator)
        plan = changing.planned(hand.look())
        changing.run(plan, tmp_path, hand, later=timedelta(days=13))
        changing.run(plan, tmp_path, hand, later=timedelta(days=26))
        with pytest.raises(UsageError, match="the wave before was applied 19 days ago"):
            changing.run(plan, tmp_path, hand, later=timedelta(days=46))
        assert len(changing.where(simulator)) == 2

    def test_denials_are_judged_and_everything_is_taken_back_at_any_age(
        self, simulator: Simulator, tmp_path: Path
    ) -> None:
        hand = changing.hand(simulator)
        plan = changing.planned(hand.look())
        changing.run(plan, tmp_path, hand)
        with pytest.raises(SurpriseError, match="exceeded"):
            changing.run(plan, tmp_path, hand, seen(("group", 1, True)), later=timedelta(days=99))
        assert changing.where(simulator) == set()

    def test_what_was_temporary_goes_at_any_age(self, simulator: Simulator, tmp_path: Path) -> None:
        hand = changing.hand(simulator)
        plan = changing.planned(hand.look())
        while changing.where(simulator) != {ROOT, CANARY, SECURITY_UNIT, WORKLOADS_UNIT}:
            changing.run(plan, tmp_path, hand)
        assert changing.run(plan, tmp_path, hand, later=timedelta(days=99)).state is State.FINISHED
        assert changing.where(simulator) == {ROOT}


class TestAnotherDocument:
    OLD = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*"}}'

    def made(self, simulator: Simulator, hand: changing.FragileHand, *targets: str) -> Policy:
        hand.change(Verb.CREATE, {"Name": GUARDRAIL, "Description": "", "Type": SCP, "Content": self.OLD})
        (policy,) = [one for one in changing.organization(simulator).policies.values() if one.name == GUARDRAIL]
        for target in targets:
            hand.change(Verb.ATTACH, {"PolicyId": policy.policy_id, "TargetId": target})
        return policy

    def test_and_the_old_one_back_where_it_is_attached_to_nothing(self, simulator: Simulator, tmp_path: Path) -> None:
        hand = changing.hand(simulator)
        policy = self.made(simulator, hand)
        with pytest.raises(UsageError, match="attached to nothing"):
            changing.planned(hand.look())
        plan = changing.planned(hand.look(), update=True)
        assert (plan.waves[0].steps[0].call, plan.waves[0].accounts) == (Verb.UPDATE, ())
        changing.to_the_end(plan, tmp_path, hand)
        assert "LeaveOrganization" in policy.document
        changing.run(plan, tmp_path, hand, back="it was better before")
        assert (policy.document, changing.where(simulator)) == (self.OLD, set())

    @pytest.mark.parametrize("update", [False, True])
    def test_is_refused_where_it_is_attached(self, simulator: Simulator, update: bool) -> None:
        hand = changing.hand(simulator)
        self.made(simulator, hand, WORKLOADS_UNIT)
        with pytest.raises(UsageError, match=f"attached to `{WORKLOADS_UNIT}`: a new document") as caught:
            changing.planned(hand.look(), update=update)
        assert "--as NAME" in caught.value.hint
        assert f"guardrails detach {GUARDRAIL}" in caught.value.hint

    def test_is_tried_beside_the_old_one_which_goes_afterwards(self, simulator: Simulator, tmp_path: Path) -> None:
        hand = changing.hand(simulator)
        self.made(simulator, hand, ROOT)
        for name in ("new", "old"):
            (tmp_path / name).mkdir()
        plan = changing.planned(hand.look(), name="leaving-2")
        assert [one.call for one in steps_of(plan)][:2] == [Verb.CREATE, Verb.ATTACH]
        changing.run(plan, tmp_path / "new", hand)
        assert (changing.where(simulator, "leaving-2"), changing.where(simulator)) == ({CANARY}, {ROOT})
        changing.to_the_end(plan, tmp_path / "new", hand)
        assert (changing.where(simulator, "leaving-2"), changing.where(simulator)) == ({ROOT}, {ROOT})
        changing.to_the_end(changing.detaching(hand.look(), GUARDRAIL), tmp_path / "old", hand)
        assert (changing.where(simulator, "leaving-2"), changing.where(simulator)) == ({ROOT}, set())

    def test_one_name_is_not_for_two(self, simulator: Simulator) -> None:
        present = changing.hand(simulator).look()
        with pytest.raises(UsageError, match="--as names one policy"):
            changing.planned(present, names=(GUARDRAIL, "deny-root-actions"), name="both")


class TestSurprises:
    def stopped(self, simulator: Simulator, tmp_path: Path, what: str) -> SurpriseError:
        hand = changing.hand(simulator)
        plan = changing.planned(hand.look())
        changing.run(plan, tmp_path, hand)
        simulated = changing.organization(simulator)
        if what == "detached":
            simulated.attachments[CANARY] = ["p-FullAWSAccess"]
        elif what == "attached":
            simulated.attachments[SECURITY_UNIT] = [*simulated.attachments[SECURITY_UNIT], "p-denyrootkeys"]
        elif what == "document":
            (policy,) = [one for one in simulated.policies.values() if one.name == GUARDRAIL]
            policy.document = policy.document.replace("Deny", "Allow")
        elif what == "gone":
            simulator.world.account(CANARY).state = "SUSPENDED"
        elif what == "refused":
            simulator.knobs.add(Deny(call="organizations:AttachPolicy"))
        elif what == "full":
            limits = simulated.limits | {SCP: PolicyLimit(10240, 1)}
            simulated.limits = limits
        with pytest.raises(SurpriseError) as caught:
            changing.run(plan, tmp_path, hand)
        assert verify(tmp_path / "journal", [changing.KEY.public_key()]).holds
        return caught.value

    @pytest.mark.parametrize(
        ("what", "target", "kind"),
        [
            ("detached", CANARY, SurpriseKind.CHANGED),
            ("attached", SECURITY_UNIT, SurpriseKind.CHANGED),
            ("document", GUARDRAIL, SurpriseKind.CHANGED),
            ("gone", CANARY, SurpriseKind.GONE),
            ("refused", SECURITY_UNIT, SurpriseKind.REFUSED),
            ("full", SECURITY_UNIT, SurpriseKind.REFUSED),
        ],
    )
    def test_ends_the_run(
        self, simulator: Simulator, tmp_path: Path, what: str, target: str, kind: SurpriseKind
    ) -> None:
        found = self.stopped(simulator, tmp_path, what).surprises
        assert (target, kind) in {(one.target, one.kind) for one in found}

    def test_two_operators_with_the_same_plan_on_two_machines(self, simulator: Simulator, tmp_path: Path) -> None:
        hand = changing.hand(simulator)
        plan = changing.planned(hand.look())
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
        changing.run(plan, tmp_path / "one", hand)
        with pytest.raises(SurpriseError) as caught:
            changing.run(plan, tmp_path / "two", hand)
        assert all(one.kind is SurpriseKind.CHANGED for one in caught.value.surprises)

    def test_two_operators_with_one_journal(self, simulator: Simulator, tmp_path: Path) -> None:
        hand = changing.hand(simulator)
        plan = changing.planned(hand.look())
        with (
            opened(
                tmp_path / "journal",
                plan=plan.digest,
                purpose="guardrails",
                by="somebody",
                seal=KeySeal(changing.KEY),
                clock=changing.Clock(),
            ),
            pytest.raises(StoreError, match="somebody"),
        ):
            changing.run(plan, tmp_path, hand)


class TestDetaching:
    def test_and_putting_back(self, simulator: Simulator, tmp_path: Path) -> None:
        hand = changing.hand(simulator)
        changing.to_the_end(changing.planned(hand.look()), tmp_path, hand)
        before = changing.attachments(simulator)
        (tmp_path / "off").mkdir()
        plan = changing.detaching(hand.look(), GUARDRAIL)
        changing.to_the_end(plan, tmp_path / "off", hand)
        assert changing.where(simulator) == set()
        changing.run(plan, tmp_path / "off", hand, back="it was needed")
        assert changing.attachments(simulator) == before

    def test_what_is_never_detached(self, simulator: Simulator) -> None:
        hand = changing.hand(simulator)
        with pytest.raises(UsageError, match="is never detached"):
            changing.detaching(hand.look(), "FullAWSAccess", ROOT)
        simulated = changing.organization(simulator)
        deny = next(one for one in simulated.policies.values() if not one.aws_managed)
        simulated.attachments[CANARY] = [deny.policy_id]
        with pytest.raises(UsageError, match="is the last policy of its kind"):
            changing.detaching(hand.look(), deny.name, CANARY)
        with pytest.raises(UsageError, match="is not attached to"):
            changing.detaching(hand.look(), deny.name, SECURITY_UNIT)
        with pytest.raises(UsageError, match="there is no policy `nothing`"):
            changing.detaching(hand.look(), "nothing")
