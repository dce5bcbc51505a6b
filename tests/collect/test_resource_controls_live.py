"""Resource control policies looked at live: saved as evidence that guardrails are proven on, or not known at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.collect import looks

from rootwarden.aws.calls import CallFailed
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.guardrail_landscape import read_landscape, resource_controls
from rootwarden.collect.save import EvidenceWriter
from rootwarden.facts.fact import Known, Unknown
from rootwarden.guardrails.standing import landscape
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Deny
from rootwarden.simulator.parts import attach
from rootwarden.simulator.world import Policy
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from rootwarden.facts.organization import Organization
    from rootwarden.guardrails.standing import Landscape
    from rootwarden.simulator.world import World

RULE: Final = "root-deny-guardrail"
RCP: Final = "RESOURCE_CONTROL_POLICY"
FENCE: Final = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoot", "Resource": "*"},
}


def fenced() -> World:
    world = make_world("central_root", 4)
    organization = world.organization
    assert organization is not None
    organization.policy_types = (*organization.policy_types, RCP)
    fence = Policy(policy_id="p-fence", name="Fence", document=json.dumps(FENCE), kind="RESOURCE_CONTROL_POLICY")
    attach(organization, organization.root.unit_id, fence)
    return world


def saved(world: World, folder: Path, *knobs: Any) -> tuple[Landscape, Organization]:
    with running(world) as simulator:
        for knob in knobs:
            simulator.knobs.add(knob)
        looks.live(simulator, rules=(RULE,), writer=EvidenceWriter(folder))
    return read_landscape(EvidenceFolder(folder))


def test_what_is_saved_is_what_guardrails_are_proven_on(tmp_path: Path) -> None:
    landscape, organization = saved(fenced(), tmp_path / "e")
    member = next(one for one in landscape.standings if not one.management)
    assert isinstance(member.rcp, Known)
    assert [policy.name for level in member.rcp.value for policy in level.policies] == ["Fence"]
    assert "p-fence" not in organization.policies


def test_they_are_not_asked_for_where_the_type_is_off() -> None:
    with running(make_world("central_root", 4)) as simulator:
        looks.live(simulator, rules=(RULE,))
        assert simulator.calls.snapshot()[looks.MANAGEMENT, "organizations:ListPolicies"] == 1
    with running(fenced()) as simulator:
        looks.live(simulator, rules=(RULE,))
        assert simulator.calls.snapshot()[looks.MANAGEMENT, "organizations:ListPolicies"] == 2


def test_a_document_that_is_refused_keeps_its_type(tmp_path: Path) -> None:
    """It is no service control policy that may say anything, and its own kind stays unknown."""
    landscape, organization = saved(fenced(), tmp_path / "e", Deny(call="organizations:DescribePolicy"))
    assert isinstance(organization.attachments, Known)
    assert "p-fence" not in {each for ids in organization.attachments.value.values() for each in ids}
    member = next(one for one in landscape.standings if not one.management)
    assert isinstance(member.rcp, Known)
    (fence,) = [policy for level in member.rcp.value for policy in level.policies]
    assert "DescribePolicy" in str(fence.document)


def test_a_policy_that_cannot_be_placed_leaves_its_kind_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rootwarden.aws.door import Door

    asked = Door.ask

    def refusing(self: Door, call: Any, **more: Any) -> Any:
        if call.operation == "ListTargetsForPolicy" and call.parameters["PolicyId"] == "p-fence":
            raise CallFailed("AccessDeniedException", "ListTargetsForPolicy")
        return asked(self, call, **more)

    monkeypatch.setattr(Door, "ask", refusing)
    landscape, organization = saved(fenced(), tmp_path / "e")
    assert isinstance(organization.attachments, Known)
    member = next(one for one in landscape.standings if not one.management)
    assert isinstance(member.scp, Known)
    assert isinstance(member.rcp, Unknown)


def test_the_look_itself_tells_what_its_evidence_does(tmp_path: Path) -> None:
    with running(fenced()) as simulator:
        collected = looks.live(simulator, rules=(RULE,), writer=EvidenceWriter(tmp_path / "e"))
    folder = EvidenceFolder(tmp_path / "e")
    assert collected.resource_controls == resource_controls(folder.answer, folder.names("policies"))
    assert isinstance(collected.resource_controls.attachments, Known)
    others = {one.facts.id: one.facts.partition for one in collected.accounts}
    live = landscape(collected.organization, collected.resource_controls, {}, others)
    saved_ = read_landscape(folder)[0]
    assert [one.rcp for one in live.standings] == [one.rcp for one in saved_.standings]
