"""Every supported operation through real botocore, its parsed answer held against botocore's own service model."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, StructureShape

from rootwarden.simulator import running
from rootwarden.simulator.account import PasswordPolicy
from rootwarden.simulator.clients import client
from rootwarden.simulator.digests import SigningKey, publish
from rootwarden.simulator.identities import AccessKey, IAMUser
from rootwarden.simulator.knobs import ReportPolls
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.monitoring import (
    AdvancedEventSelector,
    Analyzer,
    CostSubscription,
    Detector,
    FieldSelector,
    Hub,
    Trail,
)
from rootwarden.simulator.parts import certificate, days_ago, root_key, virtual_device
from rootwarden.simulator.services import HANDLERS, central_root, iam_root, organization_policies
from rootwarden.simulator.services.native import detector_id
from rootwarden.simulator.world import DelegatedAdministrator
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import Shape

    from rootwarden.simulator import Simulator
    from rootwarden.simulator.world import World

MANAGEMENT, MEMBER = "000011110000", "000011110001"
AUDIT = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
ROOT_TRAIL = f"arn:aws:cloudtrail:us-east-1:{MANAGEMENT}:trail/organization-trail"
TOPIC = f"arn:aws:sns:us-east-1:{MANAGEMENT}:root-activity"

# What root answers leave out though the model calls it required (`services/iam.py` says why).
ROOT_USER_LEAVES_OUT = {"Path", "UserName"}


class Case(msgspec.Struct, frozen=True):
    """One call; `shows` is a member of the answer that must not be empty."""

    call: str
    shows: str
    parameters: dict[str, Any] = {}
    account: str = MANAGEMENT


FINDING = {
    "SchemaVersion": "2018-10-08",
    "Id": "finding-1",
    "ProductArn": f"arn:aws:securityhub:us-east-1:{MANAGEMENT}:product/{MANAGEMENT}/default",
    "GeneratorId": "root-mfa",
    "AwsAccountId": MANAGEMENT,
    "CreatedAt": "2026-03-02T12:00:00Z",
    "UpdatedAt": "2026-03-02T12:00:00Z",
    "Title": "root has no MFA",
    "Description": "root has no MFA",
    "Severity": {"Label": "HIGH"},
    "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{MANAGEMENT}"}],
    "Types": [],
}
METRIC = {"MetricName": "RootActivity", "Namespace": "Security"}
SCP = {"Filter": "SERVICE_CONTROL_POLICY"}

CASES = [
    Case("sts:GetCallerIdentity", "Arn"),
    Case(
        "sts:AssumeRole",
        "Credentials",
        {"RoleArn": f"arn:aws:iam::{MEMBER}:role/RootwardenAudit", "RoleSessionName": "test"},
    ),
    Case("sts:AssumeRoot", "Credentials", {"TargetPrincipal": MEMBER, "TaskPolicyArn": {"arn": AUDIT}}),
    Case("organizations:DescribeOrganization", "Organization", account=MEMBER),
    Case("organizations:ListAccounts", "Accounts"),
    Case("organizations:DescribeAccount", "Account", {"AccountId": MEMBER}),
    Case("organizations:ListRoots", "Roots"),
    Case("organizations:ListOrganizationalUnitsForParent", "OrganizationalUnits", {"ParentId": "r-fake"}),
    Case("organizations:ListAccountsForParent", "Accounts", {"ParentId": "ou-fake-security"}),
    Case("organizations:ListChildren", "Children", {"ParentId": "r-fake", "ChildType": "ORGANIZATIONAL_UNIT"}),
    Case("organizations:ListParents", "Parents", {"ChildId": MEMBER}),
    Case("organizations:ListPolicies", "Policies", SCP),
    Case("organizations:DescribePolicy", "Policy", {"PolicyId": "p-denyrootkeys"}),
    Case("organizations:ListTargetsForPolicy", "Targets", {"PolicyId": "p-FullAWSAccess"}),
    Case("organizations:ListPoliciesForTarget", "Policies", {"TargetId": "r-fake", **SCP}),
    Case("organizations:ListTagsForResource", "Tags", {"ResourceId": MEMBER}),
    Case("organizations:ListDelegatedAdministrators", "DelegatedAdministrators"),
    Case("organizations:ListAWSServiceAccessForOrganization", "EnabledServicePrincipals"),
    Case("iam:GenerateCredentialReport", "State", account=MEMBER),
    Case("iam:GetCredentialReport", "Content", account=MEMBER),
    Case("iam:GetAccountSummary", "SummaryMap", account=MEMBER),
    Case("iam:ListVirtualMFADevices", "VirtualMFADevices", {"AssignmentStatus": "Assigned"}, MEMBER),
    Case("iam:ListMFADevices", "MFADevices", {"UserName": "alice"}, MEMBER),
    Case("iam:GetUser", "User", {"UserName": "alice"}, MEMBER),
    Case("iam:ListAccessKeys", "AccessKeyMetadata", {"UserName": "alice"}, MEMBER),
    Case("iam:GetAccessKeyLastUsed", "AccessKeyLastUsed", {"AccessKeyId": "AKIAFAKEALICE0000001"}, MEMBER),
    Case("iam:GetLoginProfile", "LoginProfile", {"UserName": "alice"}, MEMBER),
    Case("iam:ListSigningCertificates", "ResponseMetadata", {"UserName": "alice"}, MEMBER),
    Case("iam:ListOrganizationsFeatures", "EnabledFeatures"),
    Case("iam:GetAccountPasswordPolicy", "PasswordPolicy", account=MEMBER),
    Case("iam:ListUsers", "Users", account=MEMBER),
    Case("iam:ListRoles", "Roles", account=MEMBER),
    Case("iam:ListAccountAliases", "AccountAliases", account=MEMBER),
    Case("iam:GetAccountAuthorizationDetails", "RoleDetailList", account=MEMBER),
    Case("account:GetContactInformation", "ContactInformation", {"AccountId": MEMBER}),
    Case("account:GetAlternateContact", "AlternateContact", {"AlternateContactType": "SECURITY"}, MEMBER),
    Case("account:GetPrimaryEmail", "PrimaryEmail", {"AccountId": MEMBER}),
    Case("account:ListRegions", "Regions"),
    Case("cloudtrail:DescribeTrails", "trailList", account=MEMBER),
    Case("cloudtrail:ListTrails", "Trails", account=MEMBER),
    Case("cloudtrail:ListPublicKeys", "PublicKeyList", {"StartTime": NOW, "EndTime": NOW}, MEMBER),
    Case("cloudtrail:GetTrailStatus", "IsLogging", {"Name": ROOT_TRAIL}, MEMBER),
    Case("cloudtrail:GetEventSelectors", "EventSelectors", {"TrailName": "organization-trail"}),
    Case("cloudtrail:GetEventSelectors", "AdvancedEventSelectors", {"TrailName": "advanced"}, MEMBER),
    Case("logs:DescribeLogGroups", "logGroups"),
    Case("logs:DescribeMetricFilters", "metricFilters", {"logGroupName": "organization-trail"}),
    Case("cloudwatch:DescribeAlarms", "MetricAlarms", {"AlarmNames": ["root-activity"], "MaxRecords": 100}),
    Case("cloudwatch:DescribeAlarmsForMetric", "MetricAlarms", METRIC),
    Case("events:ListRules", "Rules"),
    Case("events:ListTargetsByRule", "Targets", {"Rule": "root-activity"}),
    Case("events:ListEventBuses", "EventBuses"),
    Case("sns:ListSubscriptionsByTopic", "Subscriptions", {"TopicArn": TOPIC}),
    Case("sns:GetTopicAttributes", "Attributes", {"TopicArn": TOPIC}),
    Case("signin:GetResourcePolicy", "signinResourceBasedPolicy"),
    Case("signin:GetConsoleAuthorizationConfiguration", "consoleAuthorizationEnabled"),
    Case("rds:DescribeDBInstances", "DBInstances", {"MaxRecords": 20}, MEMBER),
    Case("s3:ListBuckets", "Buckets", {"MaxBuckets": 100}, MEMBER),
    Case("ec2:DescribeInstances", "Reservations", {"MaxResults": 5}, MEMBER),
    Case("ec2:DescribeRegions", "Regions", {"AllRegions": True}, MEMBER),
    Case("securityhub:DescribeHub", "HubArn", account=MEMBER),
    Case("securityhub:ListMembers", "Members", {"OnlyAssociated": True, "MaxResults": 10}, MEMBER),
    Case("guardduty:ListDetectors", "DetectorIds", account=MEMBER),
    Case("guardduty:GetDetector", "Status", {"DetectorId": detector_id(MEMBER)}, MEMBER),
    Case(
        "guardduty:DescribeOrganizationConfiguration",
        "AutoEnableOrganizationMembers",
        {"DetectorId": detector_id(MEMBER)},
        MEMBER,
    ),
    Case("accessanalyzer:ListAnalyzers", "analyzers", account=MEMBER),
    Case("ce:GetAnomalySubscriptions", "AnomalySubscriptions"),
    Case("securityhub:BatchImportFindings", "SuccessCount", {"Findings": [FINDING]}),
]


def full_world() -> World:
    world = make_world("greenfield", 4)
    account = world.account(MEMBER)
    key = AccessKey(access_key_id="AKIAFAKEALICE0000001", create_date=NOW, last_used=days_ago(1))
    device = virtual_device(MEMBER, "alice")
    account.users = [IAMUser(name="alice", create_date=NOW, password=True, keys=[key], devices=[device])]
    account.alias, account.password_policy = "example", PasswordPolicy()
    account.buckets = account.region("us-east-1").rds_instances = account.region("us-east-1").ec2_instances = 3
    management_events = FieldSelector(field="eventCategory", equals=("Management",))
    selector = AdvancedEventSelector(name="management", field_selectors=(management_events,))
    account.trails = [Trail(name="advanced", home_region="us-east-1", bucket="b", advanced_selectors=(selector,))]
    root = account.root
    root.password, root.password_last_used = True, days_ago(3)
    root.devices, root.certificates = [virtual_device(MEMBER)], [certificate()]
    root.keys = [root_key(MEMBER, created=days_ago(9), used=days_ago(2))]
    region = account.region("us-east-1")
    region.detector, region.hub = Detector(members="ALL"), Hub(members=(MANAGEMENT,))
    region.analyzers = [Analyzer(name="organization")]
    world.management.cost_subscriptions = [CostSubscription(name="bill", addresses=("bill@example.com",))]
    assert world.organization is not None
    world.organization.delegated += [
        DelegatedAdministrator(account_id=MEMBER, service_principal=f"{service}.amazonaws.com")
        for service in ("guardduty", "securityhub")
    ]
    return world


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(full_world()) as started:
        started.knobs.add(ReportPolls(polls=0))
        client(started, "iam", account=MEMBER).generate_credential_report()
        publish(started.state, SigningKey("us-east-1", days_ago(30), NOW))
        yield started


def method_name(client_: Any, operation: str) -> str:
    names: dict[str, str] = client_.meta.method_to_api_mapping
    return next(name for name, wire in names.items() if wire == operation)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.call)
def test_answer_fits_the_service_model(simulator: Simulator, case: Case) -> None:
    service, operation = case.call.split(":")
    asking = client(simulator, service, account=case.account)
    answer = getattr(asking, method_name(asking, operation))(**case.parameters)
    assert answer[case.shows]
    assert problems(asking.meta.service_model.operation_model(operation).output_shape, answer) == []


ROOT_CASES = [
    Case("iam:GetUser", "User"),
    Case("iam:ListMFADevices", "MFADevices"),
    Case("iam:ListAccessKeys", "AccessKeyMetadata"),
    Case("iam:GetAccessKeyLastUsed", "AccessKeyLastUsed", {"AccessKeyId": f"AKIAROOT{MEMBER}"}),
    Case("iam:GetLoginProfile", "LoginProfile"),
    Case("iam:ListSigningCertificates", "Certificates"),
    Case("iam:GetAccountSummary", "SummaryMap"),
]


@pytest.mark.parametrize("case", ROOT_CASES, ids=lambda case: case.call)
def test_root_session_sees_root(simulator: Simulator, case: Case) -> None:
    sts = client(simulator, "sts")
    session = sts.assume_root(TargetPrincipal=MEMBER, TaskPolicyArn={"arn": AUDIT})["Credentials"]
    asking = client(simulator, "iam", credentials=session)
    operation = case.call.split(":")[1]
    answer = getattr(asking, method_name(asking, operation))(**case.parameters)
    assert answer[case.shows]
    assert problems(asking.meta.service_model.operation_model(operation).output_shape, answer) == []


@pytest.mark.parametrize(("configured", "shown"), [(True, True), (False, False)])
def test_console_authorization_is_told_as_configured(simulator: Simulator, configured: bool, shown: bool) -> None:
    simulator.world.account(MEMBER).console_authorization = configured
    answer = client(simulator, "signin", account=MEMBER).get_console_authorization_configuration(targetId=MEMBER)
    assert (answer["targetId"], answer["consoleAuthorizationEnabled"]) == (MEMBER, shown)


@pytest.mark.parametrize(
    ("target", "code"), [(MEMBER, "ResourceNotFoundException"), (MANAGEMENT, "AccessDeniedException")]
)
def test_console_authorization_never_configured_or_of_another_account(
    simulator: Simulator, target: str, code: str
) -> None:
    simulator.world.account(MEMBER).console_authorization = None
    with pytest.raises(ClientError) as refused:
        client(simulator, "signin", account=MEMBER).get_console_authorization_configuration(targetId=target)
    assert refused.value.response["Error"]["Code"] == code


def test_every_operation_has_a_case() -> None:
    handled = {f"{service}:{operation}" for service, handlers in HANDLERS.items() for operation in handlers}
    changes = (*central_root.ORGANIZATIONS_OPERATIONS, *organization_policies.OPERATIONS)
    elsewhere = {f"iam:{one}" for one in (*iam_root.OPERATIONS, *central_root.IAM_OPERATIONS)}
    elsewhere |= {f"organizations:{one}" for one in changes}
    assert {case.call for case in CASES} == handled - elsewhere


def problems(shape: Shape, value: Any, where: str = "") -> list[str]:
    """Where a parsed answer is not as the model says: wrong type, unknown or missing member, value no enum has."""
    if isinstance(shape, StructureShape):
        return _structure_problems(shape, value, where)
    if isinstance(shape, ListShape):
        return [p for n, item in enumerate(value) for p in problems(shape.member, item, f"{where}[{n}]")]
    if isinstance(shape, MapShape):
        return [p for key, item in value.items() for p in problems(shape.value, item, f"{where}.{key}")]
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "integer": (int,),
        "long": (int,),
        "double": (float, int),
        "boolean": (bool,),
        "timestamp": (datetime,),
        "blob": (bytes,),
    }
    if shape.name == "policyDocumentType" and isinstance(value, dict):
        return []  # botocore decodes policy documents itself
    if not isinstance(value, kinds[shape.type_name]):
        return [f"{where}: {value!r} is no {shape.type_name}"]
    return _constraint_problems(shape, value, where) if isinstance(value, str) else []


def _constraint_problems(shape: Shape, value: str, where: str) -> list[str]:
    if shape.name == "idType" and value == MEMBER:
        return []  # root's user id is the account id, shorter than the model says
    allowed = getattr(shape, "enum", [])
    pattern, low = shape.metadata.get("pattern"), shape.metadata.get("min", 0)
    found = []
    if allowed and value not in allowed:
        found.append(f"{where}: {value!r} is none of {allowed}")
    if pattern and "\\p{" not in pattern and not re.search(pattern, value):  # Python knows no Unicode classes
        found.append(f"{where}: {value!r} does not match {pattern}")
    if not low <= len(value) <= shape.metadata.get("max", len(value)):
        found.append(f"{where}: {value!r} has the wrong length")
    return found


def _structure_problems(shape: StructureShape, value: dict[str, Any], where: str) -> list[str]:
    is_root = shape.name == "User" and str(value.get("Arn", "")).endswith(":root")
    required = set(shape.required_members) - (ROOT_USER_LEAVES_OUT if is_root else set())
    found = [f"{where}.{name} is missing" for name in required - set(value)]
    for name, item in value.items():
        if name == "ResponseMetadata":
            continue
        member = shape.members.get(name)
        found += [f"{where}.{name} is unknown"] if member is None else problems(member, item, f"{where}.{name}")
    return found


def test_findings_can_be_read_back(simulator: Simulator) -> None:
    hub = client(simulator, "securityhub")
    foreign = FINDING | {"Id": "finding-2", "AwsAccountId": MEMBER}
    wrong = {key: value for key, value in FINDING.items() if key != "Types"} | {"Id": "finding-3", "Resources": []}
    answer = hub.batch_import_findings(Findings=[FINDING, foreign, wrong])
    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 2)
    assert [(item["Id"], item["ErrorCode"]) for item in answer["FailedFindings"]] == [
        ("finding-2", "InvalidAccess"),
        ("finding-3", "InvalidInput"),
    ]
    assert [finding["Id"] for finding in simulator.state.findings] == ["finding-1"]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("guardduty", "get_detector", {"DetectorId": "fake"}, "BadRequestException"),
        ("guardduty", "describe_organization_configuration", {"DetectorId": "fake"}, "BadRequestException"),
        ("securityhub", "describe_hub", {}, "InvalidAccessException"),
        ("securityhub", "list_members", {}, "InvalidAccessException"),
    ],
)
def test_a_service_that_is_off_has_nothing_to_tell(
    simulator: Simulator, service: str, operation: str, parameters: dict[str, str], code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(client(simulator, service), operation)(**parameters)
    assert refused.value.response["Error"]["Code"] == code
