"""The page that compares is true of what was run, and what was run is true of the accounts as they are made today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.iam.compared.comparison import (
    ANYBODY,
    OURS,
    disagreements,
    explains,
    reasons,
    results,
)

from rootwarden.simulator.crowd.crowd import Crowd, Size
from rootwarden.simulator.ways_up import truth_of
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from tests.iam.compared.comparison import (
        Disagreement,
        Reason,
    )

FOUND = results()


def test_the_tools_were_run_on_the_crowd_as_it_is_made_today() -> None:
    place = FOUND.places["200 principals"]
    (filled,) = Crowd(Size(principals=200, seed=1)).accounts()
    truth = {arn.split(":", 5)[5]: one.standing for arn, one in filled.truth.items()}
    assert place.principals == len(truth)
    assert place.truth == {name: one for name, one in truth.items() if one != "none"}


def test_the_tools_were_run_on_breached_as_it_is_today() -> None:
    place, world = FOUND.places["breached"], make_world("breached")
    truth = {" ".join(arn.split(":", 5)[4:]): one.standing for arn, one in truth_of(world).items()}
    assert place.principals == len(truth)
    assert place.truth == {name: one for name, one in truth.items() if one != "none"}


def test_we_and_the_truth_agree() -> None:
    assert {one.kind for one in disagreements(FOUND) if one.tool == OURS} == set()


@pytest.mark.parametrize("one", sorted(disagreements(FOUND)), ids=lambda one: f"{one.tool} {one.side} {one.kind}")
def test_a_disagreement_has_one_reason(one: Disagreement) -> None:
    assert len([reason for reason in reasons() if explains(reason, one)]) == 1


@pytest.mark.parametrize("reason", reasons(), ids=lambda reason: reason.why[:40])
def test_a_reason_is_about_something(reason: Reason) -> None:
    found = [one for one in disagreements(FOUND) if explains(reason, one)]
    assert {one.tool for one in found} == set(reason.tools)
    assert {one.kind for one in found} == set(reason.who) or reason.who == (ANYBODY,)
    assert reason.missed is not reason.flagged


def test_every_tool_was_run_on_every_place() -> None:
    tools = {tool for place in FOUND.places.values() for tool in place.flagged}
    assert len(tools) == 7
    assert all(set(place.flagged) == tools for place in FOUND.places.values())
    assert set(FOUND.tools) == {"cloudsplaining", "parliament", "prowler", "principalmapper"}
