"""Policies of an organization changed through real botocore, and every refusal by its code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.exceptions import ClientError
from tests.simulator.test_simulator_operations import problems

from rootwarden.simulator import running
from rootwarden.simulator.clients import client
from rootwarden.simulator.parts import SANDBOX_UNIT, WORKLOADS_UNIT
from rootwarden.simulator.policy_limits import PolicyLimit
from rootwarden.simulator.services.organization_policies import OPERATIONS
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMBER: Final = "000011110001"
ROOT: Final = "r-fake"
SCP: Final = "SERVICE_CONTROL_POLICY"
RCP: Final = "RESOURCE_CONTROL_POLICY"
DENY: Final = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}})


@pytest.fixture
def asking() -> Iterator[Any]:
    world = make_world("greenfield", 4)
    assert world.organization is not None
    world.organization.limits = world.organization.limits | {SCP: PolicyLimit(200, 3)}
    with running(world) as simulator:
        yield client(simulator, "organizations")


def created(asking: Any, name: str = "no-machines", kind: str = SCP) -> str:
    made = asking.create_policy(Name=name, Type=kind, Content=DENY, Description="no machines")
    assert problems(asking.meta.service_model.operation_model("CreatePolicy").output_shape, made) == []
    assert made["Policy"]["Content"] == DENY
    return str(made["Policy"]["PolicySummary"]["Id"])


def attached(asking: Any, target: str) -> list[str]:
    answer = asking.list_policies_for_target(TargetId=target, Filter=SCP)
    return [each["Id"] for each in answer["Policies"]]


def refused(code: str, call: Any, **parameters: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == code


def test_a_policy_from_its_making_to_its_end(asking: Any) -> None:
    policy = created(asking)
    asking.attach_policy(PolicyId=policy, TargetId=SANDBOX_UNIT)
    assert policy in attached(asking, SANDBOX_UNIT)
    refused("DuplicatePolicyAttachmentException", asking.attach_policy, PolicyId=policy, TargetId=SANDBOX_UNIT)
    refused("PolicyInUseException", asking.delete_policy, PolicyId=policy)
    other = DENY.replace("ec2", "rds")
    answer = asking.update_policy(PolicyId=policy, Content=other)
    assert problems(asking.meta.service_model.operation_model("UpdatePolicy").output_shape, answer) == []
    assert asking.describe_policy(PolicyId=policy)["Policy"]["Content"] == other
    asking.detach_policy(PolicyId=policy, TargetId=SANDBOX_UNIT)
    refused("PolicyNotAttachedException", asking.detach_policy, PolicyId=policy, TargetId=SANDBOX_UNIT)
    asking.delete_policy(PolicyId=policy)
    refused("PolicyNotFoundException", asking.describe_policy, PolicyId=policy)


def test_a_type_is_switched_on_with_the_policy_that_allows_everything(asking: Any) -> None:
    fence = created(asking, "fence", RCP)
    refused("PolicyTypeNotEnabledException", asking.attach_policy, PolicyId=fence, TargetId=ROOT)
    answer = asking.enable_policy_type(RootId=ROOT, PolicyType=RCP)
    assert problems(asking.meta.service_model.operation_model("EnablePolicyType").output_shape, answer) == []
    refused("PolicyTypeAlreadyEnabledException", asking.enable_policy_type, RootId=ROOT, PolicyType=RCP)
    found = asking.list_policies_for_target(TargetId=MEMBER, Filter=RCP)["Policies"]
    assert [each["Name"] for each in found] == ["RCPFullAWSAccess"]
    asking.attach_policy(PolicyId=fence, TargetId=ROOT)
    refused("ConstraintViolationException", asking.detach_policy, PolicyId="p-RCPFullAWSAccess", TargetId=ROOT)
    refused("RootNotFoundException", asking.enable_policy_type, RootId="r-none", PolicyType=RCP)


def test_limits_and_refusals(asking: Any) -> None:
    policy = created(asking)
    refused(
        "DuplicatePolicyException", asking.create_policy, Name="no-machines", Type=SCP, Content=DENY, Description=""
    )
    more = {"Name": "other", "Type": SCP, "Description": ""}
    refused("ConstraintViolationException", asking.create_policy, Content=DENY + " " * 200, **more)
    refused("MalformedPolicyDocumentException", asking.create_policy, Content="{}", **more)
    refused("PolicyNotFoundException", asking.update_policy, PolicyId="p-FullAWSAccess", Content=DENY)
    refused("TargetNotFoundException", asking.attach_policy, PolicyId=policy, TargetId="ou-fake-nowhere0")
    for name in ("second", "third"):
        asking.attach_policy(PolicyId=created(asking, name), TargetId=SANDBOX_UNIT)
    refused("ConstraintViolationException", asking.attach_policy, PolicyId=policy, TargetId=SANDBOX_UNIT)
    for one in attached(asking, WORKLOADS_UNIT)[1:]:
        asking.detach_policy(PolicyId=one, TargetId=WORKLOADS_UNIT)
    (last,) = attached(asking, WORKLOADS_UNIT)
    refused("ConstraintViolationException", asking.detach_policy, PolicyId=last, TargetId=WORKLOADS_UNIT)


def test_members_change_nothing() -> None:
    with running(make_world("greenfield", 4)) as simulator:
        asking = client(simulator, "organizations", account=MEMBER)
        refused("AccessDeniedException", asking.attach_policy, PolicyId="p-denyrootkeys", TargetId=ROOT)


def test_every_operation_is_asked_here() -> None:
    names = {"CreatePolicy", "UpdatePolicy", "DeletePolicy", "AttachPolicy", "DetachPolicy", "EnablePolicyType"}
    assert names == OPERATIONS.keys()
