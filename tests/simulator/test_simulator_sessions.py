from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from rootwarden.simulator import running
from rootwarden.simulator.clients import client
from rootwarden.simulator.knobs import ExpireSessions
from rootwarden.simulator.parts import SANDBOX_UNIT, attach, deny_root_policy
from rootwarden.simulator.task_policies import TASK_POLICIES
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.simulator import Simulator

MANAGEMENT, DELEGATE, MEMBER, SANDBOXED = "000011110000", "000011110001", "000011110004", "000011110003"
PREFIX = "arn:aws:iam::aws:policy/root-task/"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(make_world("greenfield", 6)) as started:
        yield started


def refusal(call: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as problem:
        call()
    response = problem.value.response
    return str(response["Error"]["Code"]), int(response["ResponseMetadata"]["HTTPStatusCode"])


def assume_root(simulator: Simulator, **changes: Any) -> Any:
    account = changes.pop("account", MANAGEMENT)
    given = {"TargetPrincipal": MEMBER, "TaskPolicyArn": {"arn": PREFIX + "IAMAuditRootUserCredentials"}} | changes
    return client(simulator, "sts", account=account).assume_root(**given)["Credentials"]


def test_role_session_acts_in_its_account(simulator: Simulator) -> None:
    sts = client(simulator, "sts")
    answer = sts.assume_role(RoleArn=f"arn:aws:iam::{MEMBER}:role/RootwardenAudit", RoleSessionName="audit")
    identity = client(simulator, "sts", credentials=answer["Credentials"]).get_caller_identity()
    assert identity["Account"] == MEMBER
    assert identity["Arn"] == f"arn:aws:sts::{MEMBER}:assumed-role/RootwardenAudit/audit"
    assert simulator.calls.of_account(MEMBER) == {"sts:GetCallerIdentity": 1}
    assert simulator.calls.of_call("sts:AssumeRole") == {MANAGEMENT: 1}


ROLE = "arn:aws:iam::{}:role/{}"
REFUSED_ROLES = {
    "no such role": (MANAGEMENT, ROLE.format(MEMBER, "Nobody"), {}, "AccessDenied"),
    "no such account": (MANAGEMENT, ROLE.format("999999999999", "RootwardenAudit"), {}, "AccessDenied"),
    "not trusted": (MEMBER, ROLE.format(DELEGATE, "RootwardenAudit"), {}, "AccessDenied"),
    "malformed": (MANAGEMENT, "arn:aws:iam::1:role/RootwardenAudit", {}, "ValidationError"),
    "too long": (MANAGEMENT, ROLE.format(MEMBER, "RootwardenAudit"), {"DurationSeconds": 90000}, "ValidationError"),
}


@pytest.mark.parametrize("case", REFUSED_ROLES.values(), ids=REFUSED_ROLES)
def test_roles_that_cannot_be_assumed(simulator: Simulator, case: tuple[str, str, dict[str, Any], str]) -> None:
    account, arn, more, code = case
    sts = client(simulator, "sts", account=account)
    assert refusal(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="audit", **more))[0] == code


@pytest.mark.parametrize(
    ("given", "works"), [({}, False), ({"ExternalId": "wrong"}, False), ({"ExternalId": "x-1"}, True)]
)
def test_external_id(given: dict[str, str], works: bool) -> None:
    with running(make_world("greenfield", 5, external_id="x-1")) as simulator:
        sts = client(simulator, "sts")
        arn = ROLE.format(MEMBER, "RootwardenAudit")
        if works:
            assert sts.assume_role(RoleArn=arn, RoleSessionName="audit", **given)["Credentials"]
        else:
            code = refusal(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="audit", **given))
            assert code == ("AccessDenied", 403)


def test_suspended_account_cannot_be_entered(simulator: Simulator) -> None:
    simulator.world.account(MEMBER).state = "SUSPENDED"
    sts = client(simulator, "sts")
    arn = ROLE.format(MEMBER, "RootwardenAudit")
    assert refusal(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="audit"))[0] == "AccessDenied"
    assert refusal(lambda: assume_root(simulator))[0] == "AccessDenied"


def test_delegated_administrator_may_assume_root(simulator: Simulator) -> None:
    session = assume_root(simulator, account=DELEGATE)
    identity = client(simulator, "sts", credentials=session).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{MEMBER}:root"


REFUSED_ROOTS = {
    "a member asks": ({"account": MEMBER}, "AccessDenied"),
    "into the management account": ({"TargetPrincipal": MANAGEMENT}, "AccessDenied"),
    "into nowhere": ({"TargetPrincipal": "999999999999"}, "AccessDenied"),
    "another policy": ({"TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}}, "ValidationError"),
    "unknown task": ({"TaskPolicyArn": {"arn": PREFIX + "Everything"}}, "ValidationError"),
    "too long": ({"DurationSeconds": 901}, "ValidationError"),
}


@pytest.mark.parametrize("case", REFUSED_ROOTS.values(), ids=REFUSED_ROOTS)
def test_root_that_cannot_be_assumed(simulator: Simulator, case: tuple[dict[str, Any], str]) -> None:
    changes, code = case
    assert refusal(lambda: assume_root(simulator, **changes))[0] == code


def test_root_sessions_must_be_on(simulator: Simulator) -> None:
    organization = simulator.world.organization
    assert organization is not None
    organization.features.discard("RootSessions")
    assert refusal(lambda: assume_root(simulator)) == ("AccessDenied", 403)


@pytest.mark.parametrize("task", sorted(TASK_POLICIES))
def test_a_task_policy_allows_its_own_actions_only(simulator: Simulator, task: str) -> None:
    session = assume_root(simulator, TaskPolicyArn={"arn": PREFIX + task})
    iam = client(simulator, "iam", credentials=session)
    calls = {
        "iam:GetAccountSummary": iam.get_account_summary,
        "iam:GetUser": iam.get_user,
        "iam:ListMFADevices": iam.list_mfa_devices,
        "iam:ListAccessKeys": iam.list_access_keys,
        "iam:ListVirtualMFADevices": iam.list_virtual_mfa_devices,
        "iam:GetCredentialReport": iam.get_credential_report,
        "iam:ListUsers": iam.list_users,
        "iam:GetAccountPasswordPolicy": iam.get_account_password_policy,
    }
    for action, call in calls.items():
        if action in TASK_POLICIES[task]:
            assert call()["ResponseMetadata"]["HTTPStatusCode"] == 200
        else:
            assert refusal(call) == ("AccessDenied", 403), action
    s3 = client(simulator, "s3", credentials=session)
    if "s3:ListAllMyBuckets" in TASK_POLICIES[task]:
        assert "Buckets" in s3.list_buckets()
    else:
        assert refusal(s3.list_buckets) == ("AccessDenied", 403)


@pytest.mark.parametrize(
    ("action", "exempt", "denied"),
    [("*", False, True), ("*", True, False), ("iam:CreateAccessKey", False, False), ("iam:Get*", False, True)],
)
def test_scp_binds_root_sessions_unless_exempt(simulator: Simulator, action: str, exempt: bool, denied: bool) -> None:
    organization = simulator.world.organization
    assert organization is not None
    policy = deny_root_policy("p-testpolicy", "Test", action=action, exempt_assumed_root=exempt)
    attach(organization, SANDBOX_UNIT, policy)
    iam = client(simulator, "iam", credentials=assume_root(simulator, TargetPrincipal=SANDBOXED))
    if denied:
        with pytest.raises(ClientError, match="explicit deny in a service control policy"):
            iam.get_account_summary()
    else:
        assert iam.get_account_summary()["SummaryMap"]
    elsewhere = client(simulator, "iam", credentials=assume_root(simulator, TargetPrincipal=MEMBER))
    assert elsewhere.get_account_summary()["SummaryMap"]


# Each service says it in its own words.
CODES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "iam": ("list_users", {}, "InvalidClientTokenId", "ExpiredToken"),
    "sts": ("get_caller_identity", {}, "InvalidClientTokenId", "ExpiredToken"),
    "organizations": ("describe_organization", {}, "UnrecognizedClientException", "ExpiredTokenException"),
    "account": ("get_contact_information", {}, "UnrecognizedClientException", "ExpiredTokenException"),
    "cloudtrail": ("describe_trails", {}, "UnrecognizedClientException", "ExpiredTokenException"),
    "cloudwatch": ("describe_alarms", {}, "InvalidClientTokenId", "ExpiredToken"),
    "ec2": ("describe_regions", {}, "AuthFailure", "RequestExpired"),
    "s3": ("list_buckets", {}, "InvalidAccessKeyId", "ExpiredToken"),
}


@pytest.mark.parametrize("service", CODES)
def test_unknown_key_and_expired_session(simulator: Simulator, service: str) -> None:
    method, parameters, unknown, expired = CODES[service]
    nobody = {"AccessKeyId": "AKIAFAKE999999999999", "SecretAccessKey": "x", "SessionToken": None}
    assert refusal(lambda: getattr(client(simulator, service, credentials=nobody), method)(**parameters))[0] == unknown
    sts = client(simulator, "sts")
    arn = ROLE.format(MEMBER, "RootwardenAudit")
    session = sts.assume_role(RoleArn=arn, RoleSessionName="audit")["Credentials"]
    stolen = session | {"SessionToken": "another"}
    assert refusal(lambda: getattr(client(simulator, service, credentials=stolen), method)(**parameters))[0] == unknown
    simulator.knobs.add(ExpireSessions(account=MEMBER, after=1))
    asking = client(simulator, service, credentials=session)
    assert getattr(asking, method)(**parameters)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert refusal(lambda: getattr(asking, method)(**parameters))[0] == expired


def test_worlds_share_no_policy() -> None:
    """A world that is changed changes no other."""
    from rootwarden.simulator.parts import organization

    one, other = organization([]), organization([])
    for policy in one.policies.values():
        policy.document = "no JSON"
    assert all(policy.document != "no JSON" for policy in other.policies.values())
