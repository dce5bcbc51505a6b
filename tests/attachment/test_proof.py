"""A plan whose proof is not what it should be is not made, unless somebody takes that in writing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest
from msgspec import structs
from tests.attachment import changing
from tests.attachment.changing import CANARY, ROOT

from rootwarden.attachment.applying import State
from rootwarden.attachment.drafting import Asked, attachment
from rootwarden.attachment.plan import printed, read_plan
from rootwarden.audit.guardrail_proof import Wanted
from rootwarden.errors import InputError, UsageError
from rootwarden.rollout.surprise import SurpriseError
from rootwarden.simulator import running
from rootwarden.simulator.parts import SECURITY_UNIT, WORKLOADS_UNIT
from rootwarden.simulator.world import Policy
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.simulator import Simulator

BARS: Final = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"organizations:*","Resource":"*"}}'
UNREAD: Final = "{"
SAID: Final = {
    BARS: "would be barred in account 000011110001: a role looks at the organization: denied by policy `Other`",
    UNREAD: "it is not known whether `deny-leaving-organization` would hold in account 000011110001: a role looks",
}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(make_world("central_root", 6)) as started:
        yield started


def stands(simulator: Simulator, document: str, *targets: str) -> None:
    """Another policy that is there already."""
    found = changing.organization(simulator)
    found.policies["p-other000"] = Policy(policy_id="p-other000", name="Other", document=document)
    for target in targets:
        found.attachments[target] = [*found.attachments.get(target, ()), "p-other000"]


@pytest.mark.parametrize("document", [BARS, UNREAD], ids=["bars too much", "unknown"])
def test_is_refused(simulator: Simulator, document: str) -> None:
    stands(simulator, document, "000011110001")
    with pytest.raises(UsageError, match=SAID[document]) as caught:
        changing.planned(changing.hand(simulator).look())
    assert "or give --waive-proof REASON" in caught.value.hint


@pytest.mark.parametrize("document", [BARS, UNREAD], ids=["bars too much", "unknown"])
def test_is_planned_and_carried_out_where_somebody_says_why(
    simulator: Simulator, tmp_path: Path, document: str
) -> None:
    stands(simulator, document, "000011110001")
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look(), proof_waived="the account is closed in May")
    assert plan.proof_waived is not None
    assert plan.proof_waived.reason == "the account is closed in May"
    assert changing.to_the_end(plan, tmp_path, hand)[-1].state is State.FINISHED


def test_what_somebody_waived_is_no_waiver_of_more(simulator: Simulator, tmp_path: Path) -> None:
    stands(simulator, BARS, "000011110001")
    hand = changing.hand(simulator)
    plan = changing.planned(hand.look(), proof_waived="the account is closed in May")
    runs = [changing.run(plan, tmp_path, hand)]
    while changing.where(simulator) != {ROOT, CANARY, SECURITY_UNIT, WORKLOADS_UNIT}:
        runs.append(changing.run(plan, tmp_path, hand))
    stands(simulator, BARS, "000011110005")
    with pytest.raises(SurpriseError, match="it is bars-too-much in 2 accounts; the plan said 1"):
        changing.run(plan, tmp_path, hand)


def test_elsewhere_is_not_what_the_plan_is_for(simulator: Simulator) -> None:
    stands(simulator, BARS, SECURITY_UNIT)
    assert changing.planned(changing.hand(simulator).look(), WORKLOADS_UNIT).proof_waived is None


def test_that_it_does_not_hold_is_not_waived(simulator: Simulator) -> None:
    one, other = changing.wanted(), changing.wanted("protect-contacts")
    more = structs.replace(one.guardrail, asks=(*one.guardrail.asks, *other.guardrail.asks))
    asked = Asked(targets=(ROOT,), canaries=(CANARY,), at=changing.AT, waived="so what", proof_waived="so what")
    with pytest.raises(
        UsageError, match="would not hold in 5 accounts, 000011110001 among them: a role changes the phone"
    ):
        attachment(changing.hand(simulator).look(), [Wanted(more, one.values)], asked)


def test_nothing_is_waived_that_holds(simulator: Simulator) -> None:
    with pytest.raises(UsageError, match="there is nothing to waive"):
        changing.planned(changing.hand(simulator).look(), proof_waived="to be on the safe side")


@pytest.mark.parametrize("name", ["waived", "proof_waived"])
def test_a_plan_that_waives_without_a_reason_is_refused(simulator: Simulator, tmp_path: Path, name: str) -> None:
    file = tmp_path / "plan.json"
    plan = json.loads(printed(changing.planned(changing.hand(simulator).look())))
    file.write_text(json.dumps(plan | {name: {"reason": " "}}), encoding="utf-8")
    with pytest.raises(InputError, match="waives something, and does not say why"):
        read_plan(file)
