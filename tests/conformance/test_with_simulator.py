"""The simulator plays AWS: it must agree with itself, and whatever is changed in it must be found."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest
from botocore.credentials import Credentials
from tests.conformance.doors import compared, conformance_of, door_of, door_to

from rootwarden.aws.door import Door
from rootwarden.conformance.compare import Verdict
from rootwarden.conformance.place import Place
from rootwarden.conformance.simulated import simulated_outcomes
from rootwarden.conformance.steps import CallerKind, Standing
from rootwarden.errors import AccessError, AwsError, UsageError
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Deny, Drop, ReportPolls, Throttle, Truncate
from rootwarden.simulator.sessions import CallerKind as SimulatedCaller
from rootwarden.simulator.worlds import WORLDS, make_world

if TYPE_CHECKING:
    from rootwarden.simulator import Simulator

MANAGEMENT, DELEGATED, MEMBER = "000011110000", "000011110001", "000011110004"
PLAYED = [(world, MANAGEMENT) for world in WORLDS]
PLAYED += [("greenfield", MEMBER), ("patchwork", MEMBER), ("forgotten_mailbox", MEMBER), ("breached", DELEGATED)]


@pytest.mark.parametrize(("world", "account"), PLAYED)
def test_the_simulator_agrees_with_itself(world: str, account: str) -> None:
    with running(make_world(world)) as simulator:
        simulator.knobs.clear()
        result = conformance_of(door_of(simulator, account))
    assert [each.name for each in result.calls if each.judged.verdict is Verdict.DIFFERS] == []
    assert result.count(Verdict.NOT_COMPARED) == 0
    assert result.count(Verdict.AGREES) > 25
    assert result.exit_code == 0
    standing = Standing.MANAGEMENT if account == MANAGEMENT else Standing.MEMBER
    assert result.standing is (Standing.STANDALONE if world == "standalone" else standing)


@pytest.mark.parametrize("partition", ["aws-us-gov", "aws-cn"])
def test_other_partitions(partition: str) -> None:
    with running(make_world("standalone", partition=partition)) as simulator:
        result = conformance_of(door_of(simulator))
    assert (result.partition, result.exit_code) == (partition, 0)


def test_a_role_is_asked_nothing_about_itself(alone: Simulator) -> None:
    arn = alone.world.arn("sts", "", MANAGEMENT, "assumed-role/Admin/somebody")
    issued = alone.state.sessions.issue(
        account_id=MANAGEMENT, arn=arn, kind=SimulatedCaller.ROLE, name="somebody", seconds=900
    )
    caller = issued.caller
    result = conformance_of(
        door_to(alone.endpoint, caller.access_key_id, issued.secret_access_key, caller.session_token)
    )
    assert (result.caller, result.exit_code) == (CallerKind.ROLE, 0)
    assert compared(result, "sts:GetCallerIdentity").judged.verdict is Verdict.AGREES
    assert compared(result, "iam:GetUser").judged.verdict is Verdict.NOT_ASKED
    assert alone.calls.of_call("iam:GetUser") == {}


def test_only_reads_are_made_and_only_about_the_own_account() -> None:
    with running(make_world("greenfield", 4)) as simulator:
        conformance_of(door_of(simulator))
        made = {(account, call) for account, call in simulator.calls.snapshot()}
    assert {account for account, _ in made} == {MANAGEMENT}
    operations = {call.partition(":")[2] for _, call in made} - {"GenerateCredentialReport"}
    assert [each for each in operations if not each.startswith(("Get", "List", "Describe"))] == []


REFUSED = [
    (Deny(call="iam:GetAccountSummary"), "iam:GetAccountSummary", "refused (AccessDenied)"),
    (Deny(call="signin:GetResourcePolicy"), "signin:GetResourcePolicy", "refused (AccessDeniedException)"),
    (Deny(call="iam:GetCredentialReport"), "iam:GetCredentialReport", "refused (AccessDenied)"),
    (Truncate(call="cloudtrail:DescribeTrails"), "cloudtrail:DescribeTrails", "not answered (MalformedAnswer)"),
    (Truncate(call="iam:ListVirtual*"), "iam:ListVirtualMFADevices", "not answered (MalformedAnswer)"),
    (Drop(call="rds:*"), "rds:DescribeDBInstances", "not answered (ConnectionClosed)"),
]


@pytest.mark.parametrize(("knob", "name", "reason"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_not_answered_is_not_compared(
    alone: Simulator, knob: Deny | Truncate | Drop, name: str, reason: str
) -> None:
    alone.knobs.add(knob)
    result = conformance_of(door_of(alone))
    judged = compared(result, name).judged
    assert (judged.verdict, judged.reason) == (Verdict.NOT_COMPARED, reason)
    assert (result.count(Verdict.DIFFERS), result.count(Verdict.NOT_COMPARED), result.exit_code) == (0, 1, 3)


def test_an_organization_nobody_may_see(alone: Simulator) -> None:
    alone.knobs.add(Deny(call="organizations:*"))
    result = conformance_of(door_of(alone))
    assert (result.standing, result.exit_code) == (Standing.UNKNOWN, 3)
    assert compared(result, "organizations:DescribeOrganization").judged.verdict is Verdict.NOT_COMPARED
    assert compared(result, "organizations:ListAccounts").judged.verdict is Verdict.NOT_ASKED


def test_throttling_and_a_slow_report_are_waited_for(alone: Simulator) -> None:
    alone.knobs.add(Throttle(every=16), ReportPolls(polls=2))
    assert conformance_of(door_of(alone)).exit_code == 0


def test_nobody_and_nothing_there(alone: Simulator) -> None:
    with pytest.raises(AccessError, match="InvalidClientTokenId"):
        conformance_of(door_to(alone.endpoint, "AKIAFAKE999999999999"))
    with pytest.raises(AwsError, match="AWS cannot be reached"):
        conformance_of(door_to("http://127.0.0.1:9", "AKIAFAKE999999999999"))


def differences(alone: Simulator, name: str) -> list[tuple[str, str, tuple[str, ...]]]:
    result = conformance_of(door_of(alone))
    assert [each.name for each in result.calls if each.judged.verdict is Verdict.DIFFERS] == [name]
    assert result.exit_code == 1
    return [(each.what, each.path, each.aws) for each in compared(result, name).judged.differences]


@pytest.mark.parametrize(("spelling", "kind"), [("TRUE", "TRUE or FALSE"), ("not_supported", "not_supported")])
def test_another_spelling_in_the_root_row(alone: Simulator, spelling: str, kind: str) -> None:
    alone.world.management.root.password_spelling = spelling
    found = differences(alone, "iam:GetCredentialReport")
    assert found == [("kind", "Content.root{password_enabled}", (kind,))]


def change_contact(alone: Simulator, member: str, value: object) -> None:
    contact = alone.world.management.contact
    assert contact is not None
    msgspec.structs.force_setattr(contact, member, value)


def test_another_type(alone: Simulator) -> None:
    change_contact(alone, "full_name", 42)
    found = differences(alone, "account:GetContactInformation")
    assert found == [("type", "ContactInformation.FullName", ("number",))]


def test_a_required_member_that_is_gone(alone: Simulator) -> None:
    change_contact(alone, "city", None)
    found = differences(alone, "account:GetContactInformation")
    assert found == [("member", "ContactInformation.City", ("missing although required",))]


def test_an_optional_member_that_is_gone_is_no_difference(alone: Simulator) -> None:
    alone.world.management.trails[0].log_group = ""
    result = conformance_of(door_of(alone))
    one_sided = compared(result, "cloudtrail:DescribeTrails").judged.one_sided
    assert result.exit_code == 0
    assert ("trailList[].CloudWatchLogsLogGroupArn", "simulator") in {(each.path, each.side) for each in one_sided}


def test_an_arn_of_another_partition(alone: Simulator) -> None:
    device = alone.world.management.root.devices[0]
    device.serial_number = device.serial_number.replace("arn:aws:", "arn:aws-cn:")
    found = differences(alone, "iam:ListVirtualMFADevices")
    assert found == [("kind", "VirtualMFADevices[].SerialNumber", ("arn:aws-cn:iam::{account}:mfa/…",))]


def test_the_environment_is_left_alone_and_not_followed(alone: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    before = dict(os.environ)
    assert conformance_of(door_of(alone)).exit_code == 0
    assert dict(os.environ) == before


@pytest.mark.parametrize("caller", [CallerKind.ROOT, CallerKind.OTHER])
def test_a_caller_the_simulator_does_not_have(caller: CallerKind) -> None:
    place = Place(account=MANAGEMENT, partition="aws", region="us-east-1", standing=Standing.STANDALONE, caller=caller)
    simulated = simulated_outcomes(place)
    assert simulated["sts:GetCallerIdentity"].skipped == "the simulator has no long-term root caller"
    assert simulated["iam:GetUser"].skipped
    assert simulated["iam:GetAccountSummary"].shape


def test_a_partition_that_is_not_simulated() -> None:
    place = Place(
        account=MANAGEMENT,
        partition="aws-iso",
        region="us-iso-east-1",
        standing=Standing.STANDALONE,
        caller=CallerKind.USER,
    )
    with pytest.raises(UsageError, match="no partition `aws-iso`"):
        simulated_outcomes(place)


@pytest.mark.parametrize(("endpoint", "real"), [("", True), ("http://127.0.0.1:9", False)])
def test_what_is_asked_is_said(endpoint: str, real: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert Door(region="us-east-1", own=Credentials("AKIAFAKE", "not/a/secret")).asks_aws("iam") is real
